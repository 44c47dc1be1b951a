"""Rows of the descriptor tables, vectors and callbacks panes. Tables are read from guest memory, as they lie there."""

from __future__ import annotations

import struct
from typing import Final

from app.debug.snapshot import CallbackRow, DescriptorRow, VectorRow
from app.emu.address import Far
from app.emu.descriptor import Descriptor
from app.emu.host import traps
from app.emu.host.client import Client, Vector
from app.emu.host.exceptions import NAMES as EXCEPTION_NAMES
from app.emu.machine import Machine
from app.emu.memory import layout
from app.emu.memory.memory import PageNotPresent
from app.emu.real_mode_call import RealModeCall
from app.emu.registers import SEGMENTS
from app.emu.rom import SEGMENT as ROM

_GDT_OWNERS: Final = {
    layout.RING0_CODE: "host: ring-0 code",
    layout.RING0_DATA: "host: ring-0 data",
    layout.LDT_SELECTOR: "host: LDT of the current client",
    layout.TSS_SELECTOR: "host: TSS",
    layout.BIOS_DATA: "host: BIOS data area, for old clients",
    layout.TRAP_CODE16 & ~7: "host: trap addresses, 16-bit",
    layout.TRAP_CODE32 & ~7: "host: trap addresses, 32-bit",
}
_GDT_OWNERS_OF_SOME: Final = {
    **{
        (layout.LOCKED_STACK_SELECTORS & ~7) + index * 8: "host: locked protected-mode stack"
        for index in range(layout.MAX_CLIENTS)
    },
    layout.FLAT_DATA & ~7: "host: all addresses, for callbacks",
}
"""Those only some hosts use."""
_DPL3: Final = 0x60
INTERRUPT_NAMES: Final = {
    0x00: "divide error", 0x01: "single step", 0x02: "non-maskable interrupt", 0x03: "breakpoint", 0x04: "overflow",
    0x05: "print screen", 0x06: "invalid opcode", 0x07: "no coprocessor", 0x08: "timer (IRQ 0)",
    0x09: "keyboard (IRQ 1)", 0x0A: "IRQ 2", 0x0B: "IRQ 3", 0x0C: "IRQ 4", 0x0D: "IRQ 5", 0x0E: "IRQ 6", 0x0F: "IRQ 7",
    0x10: "video", 0x11: "equipment", 0x12: "memory size", 0x13: "disk", 0x14: "serial port", 0x15: "system services",
    0x16: "keyboard", 0x17: "printer", 0x18: "no boot device", 0x19: "boot", 0x1A: "time of day", 0x1B: "Ctrl-Break",
    0x1C: "timer tick", 0x1D: "video parameters", 0x1E: "diskette parameters", 0x1F: "graphics font",
    0x20: "terminate program", 0x21: "DOS", 0x22: "terminate address", 0x23: "Ctrl-C", 0x24: "critical error",
    0x25: "absolute disk read", 0x26: "absolute disk write", 0x27: "stay resident", 0x28: "DOS idle",
    0x29: "fast console output", 0x2F: "multiplex", 0x31: "DPMI", 0x33: "mouse", 0x41: "fixed disk parameters",
    0x4A: "alarm", 0x67: "EMS", 0x70: "clock (IRQ 8)", 0x71: "IRQ 9", 0x72: "IRQ 10", 0x73: "IRQ 11",
    0x74: "mouse (IRQ 12)", 0x75: "coprocessor (IRQ 13)", 0x76: "fixed disk (IRQ 14)", 0x77: "IRQ 15",
}  # fmt: skip


class TableView:
    """Reads the tables of a machine. Rows that did not change since the last picture are the same objects."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._idt: tuple[bytes, tuple[DescriptorRow, ...]] = (b"", ())
        self._real: tuple[tuple[bytes, object], tuple[VectorRow, ...]] = ((b"", None), ())

    # Descriptors

    def descriptors(self) -> tuple[DescriptorRow, ...]:
        """GDT, LDT of the current client, IDT."""
        machine = self._machine
        regs, client = machine.regs, machine.state.host.client
        held: dict[int, list[str]] = {}
        if not regs.is_v86:
            for name in SEGMENTS:
                held.setdefault(getattr(regs, name).selector & ~3, []).append(name)
        rows = []
        raw = machine.memory.read(layout.GDT, layout.GDT_SIZE)
        for selector, owner in (*_GDT_OWNERS.items(), *_GDT_OWNERS_OF_SOME.items()):
            data = raw[selector : selector + 8]
            if any(data) or selector in _GDT_OWNERS:
                rows.append(_row("GDT", selector >> 3, data, owner, held))
        if client is not None:
            memory, base = machine.memory.buffer, machine.memory.host_physical(client.ldt.linear)
            for index in sorted(client.ldt.entries):
                data = memory[base + index * 8 : base + index * 8 + 8]
                rows.append(_row("LDT", index, data, client.ldt.entries[index].label, held))
        return (*rows, *self._gates())

    def _gates(self) -> tuple[DescriptorRow, ...]:
        raw = self._machine.memory.read(layout.IDT, 8 * 256)
        if raw != self._idt[0]:
            self._idt = raw, tuple(_gate(vector, raw[8 * vector : 8 * vector + 8]) for vector in range(256))
        return self._idt[1]

    # Vectors

    def vectors(self) -> tuple[VectorRow, ...]:
        """The real-mode table, the client's protected-mode vectors and exception handlers."""
        client = self._machine.state.host.client
        rows = self._real_vectors()
        if client is None:
            return rows
        bases = {vector.selector: self._base(vector.selector) for vector in (*client.vectors, *client.exceptions)}
        protected = tuple(
            _vector("protected", number, vector, INTERRUPT_NAMES.get(number, ""), client, bases)
            for number, vector in enumerate(client.vectors)
        )
        exceptions = tuple(
            _vector("exception", number, vector, _exception_name(number), client, bases)
            for number, vector in enumerate(client.exceptions)
        )
        return (*rows, *protected, *exceptions)

    def _base(self, selector: int) -> int:
        found = self._machine.state.host.descriptor(selector)
        return found.base if found is not None else 0

    def _real_vectors(self) -> tuple[VectorRow, ...]:
        machine = self._machine
        raw = machine.memory.read(0, 1024)
        callbacks = {
            callback.real: f"callback {callback.slot}"
            for client in machine.state.host.clients
            for callback in client.callbacks.values()
        }
        key = (raw, tuple(callbacks.items()))
        if key != self._real[0]:
            rows = []
            for number, value in enumerate(struct.unpack("<256I", raw)):
                handler = Far.from_dword(value)
                owner = callbacks.get(handler) or self._real_owner(handler)
                name = INTERRUPT_NAMES.get(number, "")
                is_default = handler.segment == ROM and handler not in callbacks
                rows.append(VectorRow("real", number, handler, name, owner, is_default, handler.real_linear))
            self._real = key, tuple(rows)
        return self._real[1]

    def _real_owner(self, handler: Far) -> str:
        traps_at = self._machine.rom.traps
        linear = handler.real_linear
        trap = traps_at.get(linear) or traps_at.get(linear + 1)  # DOS has an STI in front of INT 21h's
        if trap is not None:
            return {"dos": "DOS", "bios": "BIOS"}.get(trap.component, "host")
        return "BIOS" if handler.segment == ROM else "program"

    # Callbacks

    def callbacks(self) -> tuple[CallbackRow, ...]:
        """Every registered real-mode callback, of all clients."""
        rows = []
        for client in self._machine.state.host.clients:
            for callback in client.callbacks.values():
                where = self._linear(client, callback.structure)
                try:
                    call = RealModeCall.decode(self._machine.memory.read(where, RealModeCall.SIZE))
                except PageNotPresent:
                    call = RealModeCall()
                rows.append(
                    CallbackRow(
                        client=client.number,
                        slot=callback.slot,
                        real=callback.real,
                        handler=callback.handler.far(client.bits),
                        handler_linear=self._linear(client, callback.handler),
                        structure=callback.structure.far(client.bits),
                        structure_linear=where,
                        depth=callback.depth,
                        hits=callback.hits,
                        last_caller=callback.last_caller,
                        call=call,
                        at_entry=callback.at_entry,
                    )
                )
        return tuple(rows)

    @staticmethod
    def _linear(client: Client, where: Vector) -> int:
        index = where.selector >> 3
        base = client.ldt.read(index).base if index in client.ldt.entries else 0
        return base + where.offset & 0xFFFFFFFF


def _row(table: str, index: int, data: bytes, owner: str, held: dict[int, list[str]]) -> DescriptorRow:
    selector = index << 3 | (7 if table == "LDT" else 0)
    descriptor = Descriptor.decode(data)
    if table == "GDT" and descriptor.access & _DPL3 == _DPL3 and descriptor.is_segment:
        selector |= 3
    return DescriptorRow(table, index, selector, descriptor, data, owner, tuple(held.get(selector & ~3, ())))


def _gate(vector: int, data: bytes) -> DescriptorRow:
    low, selector, _, _, high = struct.unpack("<HHBBH", data)
    name = EXCEPTION_NAMES[vector] if vector < len(EXCEPTION_NAMES) else INTERRUPT_NAMES.get(vector, "")
    handler = Far(selector, high << 16 | low, wide=True)
    return DescriptorRow(
        "IDT", vector, selector, Descriptor.decode(data), data, f"host: {name}".rstrip(": "), (), handler
    )


def _exception_name(number: int) -> str:
    return EXCEPTION_NAMES[number] if number < len(EXCEPTION_NAMES) else ""


def _vector(table: str, number: int, vector: Vector, name: str, client: Client, bases: dict[int, int]) -> VectorRow:
    is_default = traps.is_trap(vector.selector)
    owner = "host default" if is_default else f"client {client.number}"
    linear = bases[vector.selector] + vector.offset & 0xFFFFFFFF
    return VectorRow(table, number, vector.far(client.bits), name, owner, is_default, linear)

"""The code pane's lines: disassembly in the width of the mode, with what is known about each address."""

from __future__ import annotations

from typing import Final

from app.debug.snapshot import CodeLine
from app.emu.address import Far
from app.emu.disassembly import LONGEST, Flow, decode
from app.emu.host import traps
from app.emu.int31.table import INT31
from app.emu.machine import Machine
from app.emu.memory import layout
from app.emu.memory.memory import PageNotPresent
from app.emu.vmm.ordinals import VMM_DEVICE, service_name

_LEAD: Final = 6
"""Instructions shown in front of the current one."""
_LOOK_BACK: Final = 32
"""Bytes tried to find them."""
_KEEP_BELOW: Final = 4
"""Lines that stay below the current one before the view moves on."""


class CodeView:
    """Disassembles around CS:(E)IP or from a fixed address; keeps its place while the current line stays in view."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._start: int | None = None
        self._shown: list[int] = []

    def lines(self, start: int | None, count: int) -> tuple[CodeLine, ...]:
        """`count` lines from a linear address, or following the current instruction."""
        regs = self._machine.regs
        current = regs.code_linear
        if start is None:
            visible = self._shown[: max(len(self._shown) - _KEEP_BELOW, 0)]
            if self._start is None or current not in visible:
                self._start = self._before(current)
            lines = self._decode(self._start, count)
            if all(not line.is_current for line in lines):
                self._start = current
                lines = self._decode(current, count)
            self._shown = [line.linear for line in lines]
            return lines
        return self._decode(start, count)

    def _decode(self, start: int, count: int) -> tuple[CodeLine, ...]:
        regs = self._machine.regs
        data = self._read(start, count * 6 + LONGEST)
        wide = not regs.is_v86 and regs.cs.is_big
        lines: list[CodeLine] = []
        at = 0
        while len(lines) < count and at < len(data):
            linear = start + at & 0xFFFFFFFF
            offset = linear - regs.cs.base & (0xFFFFFFFF if wide else 0xFFFF)
            found = decode(data[at : at + LONGEST], offset, wide=wide, driver=linear >= layout.VXDS)
            size = found.size if found is not None else 1
            note = self._note(linear, data[at : at + size], is_current=linear == regs.code_linear)
            target = None if found is None or found.target is None else found.target + regs.cs.base & 0xFFFFFFFF
            lines.append(
                CodeLine(
                    linear=linear,
                    address=Far(regs.cs.selector, offset, wide=wide),
                    data=data[at : at + size],
                    mnemonic=found.mnemonic if found is not None else "db",
                    operands=found.operands if found is not None else f"{data[at]:02X}h",
                    note=note,
                    target=target,
                    is_jump=found is not None and found.flow in (Flow.JUMP, Flow.BRANCH),
                    is_current=linear == regs.code_linear,
                )
            )
            at += size
        return tuple(lines)

    def _read(self, start: int, size: int) -> bytes:
        """As many bytes as are present."""
        memory = self._machine.memory
        try:
            return memory.read(start, size)
        except PageNotPresent as absent:
            return memory.read(start, absent.linear - start) if absent.linear > start else b""

    def _before(self, current: int) -> int:
        """A place some instructions in front of an address from which decoding meets it."""
        regs = self._machine.regs
        wide = not regs.is_v86 and regs.cs.is_big
        first = max(current - _LOOK_BACK, regs.cs.base)
        data = self._read(first, current - first)
        best = current
        for start in range(len(data)):
            at, starts = start, []
            while at < len(data):
                found = decode(data[at:], 0, wide=wide, driver=first >= layout.VXDS)
                if found is None:
                    break
                starts.append(first + at)
                at += found.size
            if at == len(data) and starts:
                best = starts[max(len(starts) - _LEAD, 0)]
                break
        return best

    def _note(self, linear: int, data: bytes, *, is_current: bool) -> str:
        """What is known about an address or instruction: a trap, a callback, a service about to be called."""
        machine, regs = self._machine, self._machine.regs
        if layout.TRAPS <= linear < layout.TRAPS + 0x1000:
            name = traps.trap_name(linear - layout.TRAPS)
            return f"host!{name}" if name else ""
        label = machine.state.vmm.label(linear)
        if label:
            return label
        if data[:2] == b"\xcd\x20" and linear >= layout.VXDS:
            return self._dynalink(linear + 2)
        trap = machine.rom.traps.get(linear)
        if trap is not None:
            return f"host!{trap.name}"
        if data[:1] == b"\x9a" and len(data) == 5:
            known = machine.rom.traps.get(Far.from_dword(int.from_bytes(data[1:5], "little")).real_linear)
            return f"host!{known.name}" if known is not None else ""
        if is_current and data == b"\xcd\x31" and not regs.is_v86:
            row = INT31.find(regs.ax)
            return f"AX={regs.ax:04X}h {row.name.replace('_', ' ')}" if row is not None else f"AX={regs.ax:04X}h"
        return ""

    def _dynalink(self, linear: int) -> str:
        """The service a driver calls by the dword behind INT 20h."""
        machine = self._machine
        if not machine.memory.is_mapped(linear, 4):
            return ""
        link = machine.memory.read_u32(linear)
        device, ordinal = link >> 16, link & 0x7FFF
        if device == VMM_DEVICE:
            return f"VMM {service_name(ordinal) or f'{ordinal:04X}h'}"
        return f"device {device:04X}h, service {ordinal:04X}h"

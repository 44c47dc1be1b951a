"""Drivers as the window sees them: what leads to them from ring 3, and the registers of the VM while they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app.debug.snapshot import BreakRow, ClientFieldRow, DriverRow, DriversView
from app.emu.machine import Machine
from app.emu.registers import Mode
from app.emu.vmm.breaks import NestEnd, VmReturn, Win32Gate
from app.emu.vmm.client_registers import DWORDS, SEGMENTS
from app.emu.vmm.core import Vmm
from app.emu.vmm.device import Device
from app.emu.vmm.dispatch import BreakpointDone, CallbackDone
from app.emu.vmm.levels import Ring0Level, Sequel

BREAKPOINT: Final = "V86 breakpoint"
"""Kind of the rows that are no callbacks."""


def drivers(machine: Machine) -> DriversView:
    """Everything about the Virtual Machine Manager; empty without drivers."""
    vmm = machine.state.vmm
    if not vmm.devices:
        return DriversView()
    loaded = tuple(_driver(vmm, each) for each in vmm.devices)
    entered = (each for each in reversed(machine.state.host.levels) if isinstance(each, Ring0Level))
    level = next(entered, None)
    running = [call.then for each in machine.state.host.levels if isinstance(each, Ring0Level) for call in each.calls]
    breaks = (*_callbacks(vmm, running), *_breakpoints(vmm, running))
    if level is None:
        return DriversView(loaded, vmm.breaks.used, vmm.breaks.size, breaks)
    protected = Mode.PM32 if vmm.host.client is not None and vmm.host.client.wide else Mode.PM16
    mode = protected if level.in_pm else Mode.V86
    return DriversView(loaded, vmm.breaks.used, vmm.breaks.size, breaks, mode, tuple(_fields(machine, level)))


def _driver(vmm: Vmm, device: Device) -> DriverRow:
    memory = vmm.machine.memory
    return DriverRow(
        device.name, device.number, device.file, device.init_order, device.ddb, device.control_procedure(memory),
        device.api(memory, pm=False), device.api(memory, pm=True), device.is_dropped,
    )  # fmt: skip


def _callbacks(vmm: Vmm, running: list[Sequel]) -> Iterator[BreakRow]:
    memory = vmm.machine.memory
    for target in vmm.breaks.targets.values():
        if isinstance(target, (NestEnd, Win32Gate)):
            continue
        mode = "PM" if target.in_pm else "V86"
        procedure, hits, depth = target.procedure, 0, 0
        if isinstance(target, VmReturn):
            kind = "VM returns"
        else:
            kind, hits = f"{mode} callback" if target.api is None else f"{mode} API", target.hits
            procedure = target.called(memory)
            ways = (CallbackDone(target.in_pm, target.number, by_interrupt) for by_interrupt in (False, True))
            depth = sum(map(running.count, ways))
        yield BreakRow(
            kind, vmm.breaks.address(target), procedure, vmm.name_at(procedure), target.reference, hits, depth, None
        )


def _breakpoints(vmm: Vmm, running: list[Sequel]) -> Iterator[BreakRow]:
    for where, each in vmm.breaks.breakpoints.items():
        yield BreakRow(
            BREAKPOINT, each.address, each.procedure, vmm.name_at(each.procedure), each.reference, each.hits,
            running.count(BreakpointDone(where)), each.advanced,
        )  # fmt: skip


def _fields(machine: Machine, level: Ring0Level) -> Iterator[ClientFieldRow]:
    client = level.client_registers(machine.memory)
    offsets = sorted((at, name) for name, at in {**DWORDS, **SEGMENTS}.items() if not name.startswith("alt_"))
    for at, name in offsets:
        size = 2 if name in SEGMENTS else 4
        before = int.from_bytes(level.at_entry[at : at + size], "little")
        other = f"alt_{name}"
        alternate = client.get(other) if other in DWORDS or other in SEGMENTS else None
        shown = name.upper() if name not in {"eflags", "error"} else {"eflags": "EFlags", "error": "Error"}[name]
        yield ClientFieldRow(f"Client_{shown}", level.frame + at, before, client.get(name), alternate, size * 2)

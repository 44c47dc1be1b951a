"""Drivers as the window sees them: what leads to them from ring 3, and the registers of the VM while they run."""

from __future__ import annotations

from collections.abc import Iterator

from app.debug.snapshot import BreakRow, ClientFieldRow, DriversView
from app.emu.machine import Machine
from app.emu.registers import Mode
from app.emu.vmm.breaks import NestEnd, VmReturn, Win32Gate
from app.emu.vmm.client_registers import DWORDS, SEGMENTS
from app.emu.vmm.core import Vmm
from app.emu.vmm.levels import Ring0Level


def drivers(machine: Machine) -> DriversView:
    """Everything about the Virtual Machine Manager; empty without drivers."""
    vmm = machine.state.vmm
    if not vmm.devices:
        return DriversView()
    names = tuple(f"{each.name} {each.number:04X}h" for each in vmm.devices if not each.is_dropped)
    entered = (each for each in reversed(machine.state.host.levels) if isinstance(each, Ring0Level))
    level = next(entered, None)
    breaks = (*_callbacks(vmm), *_breakpoints(vmm))
    if level is None:
        return DriversView(names, vmm.breaks.used, vmm.breaks.size, breaks)
    protected = Mode.PM32 if vmm.host.client is not None and vmm.host.client.wide else Mode.PM16
    mode = protected if level.in_pm else Mode.V86
    return DriversView(names, vmm.breaks.used, vmm.breaks.size, breaks, mode, tuple(_fields(machine, level)))


def _callbacks(vmm: Vmm) -> Iterator[BreakRow]:
    memory = vmm.machine.memory
    for target in vmm.breaks.targets.values():
        if isinstance(target, (NestEnd, Win32Gate)):
            continue
        mode = "PM" if target.in_pm else "V86"
        procedure, hits = target.procedure, 0
        if isinstance(target, VmReturn):
            kind = "VM returns"
        else:
            kind, hits = f"{mode} callback" if target.api is None else f"{mode} API", target.hits
            procedure = target.called(memory)
        yield BreakRow(
            kind, vmm.breaks.address(target), procedure, vmm.name_at(procedure), target.reference, hits, None
        )


def _breakpoints(vmm: Vmm) -> Iterator[BreakRow]:
    for each in vmm.breaks.breakpoints.values():
        yield BreakRow(
            "V86 breakpoint", each.address, each.procedure, vmm.name_at(each.procedure), each.reference, each.hits,
            each.advanced,
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

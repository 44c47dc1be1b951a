"""From what the user watches to what the machine looks out for, and to what else tells of its use."""

from __future__ import annotations

from typing import Final

from app.debug.inputs import Input, MemoryWritten, RegisterSet
from app.debug.narrate import STACKS, counted
from app.debug.stack_view import stacks
from app.debug.watches import (
    DepthWatch,
    DescriptorWatch,
    MemoryWatch,
    RegisterWatch,
    SelectorWatch,
    Use,
    VectorWatch,
    Watch,
)
from app.emu.events import Event, VectorChanged
from app.emu.host.profile import Tables
from app.emu.machine import Machine
from app.emu.memory import layout
from app.emu.probes import LoadProbe, MemoryProbe, Probe, RegisterProbe
from app.emu.registers import GENERAL, SEGMENTS

_LDT: Final = 4
"""The bit of a selector that names the table."""
_DESCRIPTOR: Final = 8
_VECTOR: Final = 4


def probes_of(watch: Watch, use: Use, machine: Machine) -> frozenset[Probe]:
    """What the machine has to look out for; nothing where only events tell.

    Raises `ValueError` with a message for the user for what cannot be watched.
    """
    reads, writes = use is Use.READ, use is Use.WRITE
    match watch:
        case MemoryWatch(linear, size):
            return frozenset({MemoryProbe(linear, size, reads, writes)})
        case RegisterWatch(name):
            if name not in (*GENERAL, *SEGMENTS, "eflags"):
                raise ValueError(f"{name.upper()} cannot be watched: every instruction changes it")
            return frozenset({RegisterProbe(name, reads, writes)})
        case DescriptorWatch(selector):
            linear = descriptor_linear(selector, machine)
            if reads:
                return frozenset({LoadProbe(selector, linear)})
            return frozenset({MemoryProbe(linear, _DESCRIPTOR, reads, writes, is_descriptor=True)})
        case SelectorWatch(selector):
            return frozenset({LoadProbe(selector, descriptor_linear(selector, machine))})
        case VectorWatch("real", vector):
            return frozenset({MemoryProbe(vector * _VECTOR, _VECTOR, reads, writes)})
        case VectorWatch():
            if reads:
                raise ValueError(f"who uses the {watch} cannot be searched; look for its interrupt in the events")
            return frozenset()
        case DepthWatch(stack, depth):
            view = next(each for each in stacks(machine, 0) if each.stack is stack)
            if not view.exists or view.high - depth <= view.low:
                raise ValueError(f"the {STACKS[stack]} has no room for more than {counted(depth, 'byte', 'bytes')} now")
            return frozenset({MemoryProbe(view.low, view.high - depth - view.low, reads=False, writes=True)})
        case _:
            raise ValueError(f"{watch} cannot be watched")


def descriptor_linear(selector: int, machine: Machine) -> int:
    """Where the descriptor of a selector lies. Raises `ValueError` for an LDT selector without a client."""
    if not selector & _LDT:
        return layout.GDT + (selector & ~7)
    client = machine.state.host.client
    if client is None:
        raise ValueError(f"{selector:04X} is a selector of an LDT, and there is no client yet that has one")
    return client.ldt.linear + (selector & ~7)


def is_told_by(watch: Watch, use: Use, event: Event, machine: Machine) -> bool:
    """Does an event tell of the use of something that no memory or register shows? Only `VectorChanged` does.

    The vectors watched are those of the client that is current now, which other clients may have, too.
    """
    host = machine.state.host
    client = host.client
    return (
        use is Use.WRITE
        and isinstance(watch, VectorWatch)
        and watch.table != "real"
        and isinstance(event, VectorChanged)
        and client is not None
        and (event.client == client.number or host.profile.tables is Tables.SHARED)
        and (event.table, event.vector) == (watch.table, watch.vector)
    )


def was_changed_by(probes: frozenset[Probe], made: Input) -> bool:
    """Has the user written one of these himself?"""
    match made:
        case MemoryWritten(_, at, data):
            spans = [(each.linear, each.size) for each in probes if isinstance(each, MemoryProbe) and each.writes]
            return any(at < linear + size and linear < at + len(data) for linear, size in spans)
        case RegisterSet(_, name, _):
            return any(isinstance(each, RegisterProbe) and each.writes and each.name == name for each in probes)
        case _:
            return False

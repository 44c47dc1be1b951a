"""Interrupt hooks and vectors (VMM 3.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

from app.emu import events
from app.emu.address import Far
from app.emu.host.client import Vector
from app.emu.registers import CX, EAX, EDX, ESI, Flag
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import VMM, Refused

_VECTORS: Final = 0x100


class Handler(NamedTuple):
    """A handler's address: segment or selector, and offset."""

    segment: CX
    offset: EDX


def _checked(vector: int) -> int:
    if vector >= _VECTORS:
        raise Refused
    return vector


@VMM.service(0x41)
def hook_v86_int_chain(vmm: Vmm, vector: EAX, procedure: ESI) -> None:
    """Call a procedure for every interrupt of that number in V86 mode, before those hooked earlier. CF=1: no number."""
    vmm.interrupt_hooks.setdefault(_checked(vector), []).insert(0, procedure)


@VMM.service(0x118)
def unhook_v86_int_chain(vmm: Vmm, vector: EAX, procedure: ESI) -> None:
    """Call it no longer. CF=1: it was not hooked."""
    chain = vmm.interrupt_hooks.get(_checked(vector), [])
    if procedure not in chain:
        raise Refused
    chain.remove(procedure)
    if not chain:
        del vmm.interrupt_hooks[vector]


@VMM.service(0x42)
def get_v86_int_vector(vmm: Vmm, vector: EAX) -> Handler:
    """Return a vector of V86 mode."""
    return Handler(*vmm.machine.real_vector(_checked(vector))[:2])


@VMM.service(0x43)
def set_v86_int_vector(vmm: Vmm, vector: EAX, segment: CX, offset: EDX) -> None:
    """Set a vector of V86 mode."""
    before, after = vmm.machine.real_vector(_checked(vector)), Far(segment, offset & 0xFFFF)
    vmm.machine.memory.write_u32(vector * 4, after.to_dword())
    vmm.machine.emit(events.VectorChanged, table="real", vector=vector, before=before, after=after)


@VMM.service(0x44)
def get_pm_int_vector(vmm: Vmm, vector: EAX) -> Handler:
    """Return a vector of protected mode; ZF=1 if it is the default one, which reflects to V86 mode."""
    _checked(vector)
    client = vmm.host.client
    if client is not None:
        found, is_default = client.vectors[vector], not client.is_hooked(vector)
    else:
        found, is_default = vmm.pm_vectors.get(vector, Vector(0, 0)), vector not in vmm.pm_vectors
    vmm.machine.regs.set_flag(Flag.ZF, on=is_default)
    return Handler(*found)


@VMM.service(0x45)
def set_pm_int_vector(vmm: Vmm, vector: EAX, selector: CX, offset: EDX) -> None:
    """Set a vector of protected mode: of the running application, or of all that come when there is none."""
    _checked(vector)
    client, handler = vmm.host.client, Vector(selector, offset)
    if client is None:
        vmm.pm_vectors[vector] = handler
        return
    before, client.vectors[vector] = client.vectors[vector], handler
    vmm.machine.emit(
        events.VectorChanged, table="protected", vector=vector,
        before=before.far(client.bits), after=handler.far(client.bits),
    )  # fmt: skip


@VMM.service(0xCD)
def get_pm_int_type(vmm: Vmm, vector: EAX) -> EDX:
    """Say what a protected-mode interrupt does to IF: 0 nothing (a trap gate), 1 it is cleared (an interrupt gate)."""
    return int(_checked(vector) in vmm.interrupt_gates)


@VMM.service(0xCE)
def set_pm_int_type(vmm: Vmm, vector: EAX, gate: EDX) -> None:
    """Let a protected-mode interrupt clear IF (gate not 0), or leave it as it is."""
    if gate:
        vmm.interrupt_gates.add(_checked(vector))
    else:
        vmm.interrupt_gates.discard(_checked(vector))

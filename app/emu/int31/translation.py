"""INT 31h AX=0300h to 0306h: calling real mode, real-mode callbacks, raw mode switches."""

from __future__ import annotations

from typing import NamedTuple

from app.emu.address import Far
from app.emu.host import callbacks
from app.emu.host.host import Host
from app.emu.host.raw_switch import STATE_SIZE
from app.emu.host.translation import call_real_mode
from app.emu.host.traps import Trap
from app.emu.int31.table import INT31, PENDING
from app.emu.registers import AX, BL, BX_CX, CX, CX_DX, DS_SI, ES_DI, SI_EDI


@INT31.service(0x0300)
def simulate_real_mode_interrupt(host: Host, vector: BL, words: CX, structure: ES_DI) -> object:
    """Call a real-mode interrupt handler with the registers of a structure; CX words are copied to its stack."""
    call_real_mode(host, 0x0300, structure, words, vector)
    return PENDING


@INT31.service(0x0301)
def call_real_mode_far(host: Host, words: CX, structure: ES_DI) -> object:
    """Call a real-mode procedure that ends in RETF, at CS:IP of a structure."""
    call_real_mode(host, 0x0301, structure, words)
    return PENDING


@INT31.service(0x0302)
def call_real_mode_iret(host: Host, words: CX, structure: ES_DI) -> object:
    """Call a real-mode procedure that ends in IRET, at CS:IP of a structure."""
    call_real_mode(host, 0x0302, structure, words)
    return PENDING


@INT31.service(0x0303)
def allocate_real_mode_callback(host: Host, procedure: DS_SI, structure: ES_DI) -> CX_DX:
    """Return a real-mode address (CX:DX) that calls a protected-mode procedure."""
    return callbacks.allocate(host, procedure, structure).real.to_dword()


@INT31.service(0x0304)
def free_real_mode_callback(host: Host, address: CX_DX) -> None:
    """Give a real-mode callback address back."""
    callbacks.free(host, Far.from_dword(address))


class StateRoutines(NamedTuple):
    """size of the buffer in bytes; the routines to call in real and in protected mode."""

    size: AX
    real: BX_CX
    protected: SI_EDI


@INT31.service(0x0305)
def get_state_save_restore_addresses(host: Host) -> StateRoutines:
    """Return the routines that save and restore the state of the other mode around raw mode switches."""
    client = host.current
    real = host.machine.state_routine(client.index)
    size = STATE_SIZE if host.profile.saves_state else 0
    return StateRoutines(size, real.to_dword(), client.trap(Trap.SAVE_RESTORE_REAL_STATE))


class SwitchAddresses(NamedTuple):
    """to_protected: to be jumped to in real mode; to_real: in protected mode."""

    to_protected: BX_CX
    to_real: SI_EDI


@INT31.service(0x0306)
def get_raw_mode_switch_addresses(host: Host) -> SwitchAddresses:
    """Return the addresses that switch modes without saving anything."""
    client = host.current
    real = host.machine.raw_switch(client.index)
    return SwitchAddresses(real.to_dword(), client.trap(Trap.RAW_SWITCH_TO_REAL))

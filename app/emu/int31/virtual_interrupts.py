"""INT 31h AX=0900h to 0902h: the virtual interrupt flag, which is EFLAGS.IF here (clients run at IOPL 3)."""

from __future__ import annotations

from app.emu import events
from app.emu.host.host import Host
from app.emu.int31.table import INT31
from app.emu.registers import AL, Flag


def _set(host: Host, *, on: bool) -> int:
    regs = host.machine.regs
    previous = int(regs.interrupts_on)
    regs.set_flag(Flag.IF, on=on)
    if previous != on:
        host.machine.emit(events.InterruptFlagChanged, enabled=on)
    return previous


@INT31.service(0x0900)
def get_and_disable_virtual_interrupts(host: Host) -> AL:
    """Turn interrupts off; AL was the state before, AH stays: re-issuing INT 31h restores it."""
    return _set(host, on=False)


@INT31.service(0x0901)
def get_and_enable_virtual_interrupts(host: Host) -> AL:
    """Turn interrupts on; AL was the state before, AH stays."""
    return _set(host, on=True)


@INT31.service(0x0902)
def get_virtual_interrupt_state(host: Host) -> AL:
    """Return the virtual interrupt flag in AL."""
    return int(host.machine.regs.interrupts_on)

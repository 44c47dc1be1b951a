"""How a BIOS interrupt finds its function: a table keyed by AH."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.emu import events
from app.emu.registers import Flag
from app.emu.services import ServiceTable, arguments, hand_back

if TYPE_CHECKING:
    from app.emu.machine import Machine


class BiosFailed(Exception):
    """The service returns with CF set and `status` in AH."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status:02X}h")
        self.status = status


class NotOffered(BiosFailed):
    """The function exists on some computers; this one answers as an AT does to what it does not know (`_NOT_KNOWN`)."""

    def __init__(self) -> None:
        super().__init__(0)


def serve(machine: Machine, table: ServiceTable, context: Any) -> None:
    """Call the function AH names. Flags stay the caller's unless the service fails or says otherwise."""
    regs = machine.regs
    number = regs.ah
    row = table.find(number)
    carry = regs.eflags & Flag.CF
    try:
        if row is None or row.handler is None:
            raise NotOffered
        hand_back(row, regs, row.handler(context, **arguments(row, regs, wide=False)), wide=False)
        if table.interrupt not in _NOT_KNOWN:
            regs.set_flag(Flag.CF, on=bool(carry))
    except BiosFailed as failure:
        not_known = isinstance(failure, NotOffered)
        if not_known:
            report(machine, table.interrupt, number)
        if table.interrupt in _NOT_KNOWN:
            regs.ah = _NOT_KNOWN[table.interrupt] if not_known else failure.status
            regs.set_flag(Flag.CF, on=True)


_NOT_KNOWN = {0x13: 0x01, 0x15: 0x86, 0x1A: 0x86}
"""AH for what is not known, of the interrupts whose callers look at CF; the others leave it alone."""


def report(machine: Machine, interrupt: int, function: int) -> None:
    """Emit that a program asked for a function the BIOS does not have."""
    machine.emit(events.UnsupportedCalled, interrupt=interrupt, function=function, at=machine.caller())

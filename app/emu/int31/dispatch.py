"""INT 31h arrives: find the row, read the registers, call, hand back, announce.

Register rules: every register not named as an output is preserved; on failure CF=1 and AX is the error code (DPMI
1.0, chapter 4), or for hosts of 0.9 what it was.
"""

from __future__ import annotations

from typing import Any

from app.emu import events
from app.emu.host.failures import DosError, UnsupportedFunction
from app.emu.host.faults import GuestFault
from app.emu.host.host import Host, HostStackFull
from app.emu.host.profile import Profile
from app.emu.int31 import (  # noqa: F401 - importing fills the table
    coprocessor,
    descriptors,
    dos_memory,
    linear_memory,
    memory,
    pages,
    physical,
    resident_providers,
    shared_memory,
    translation,
    vectors,
    version,
    virtual_interrupts,
    watchpoints,
)
from app.emu.int31.table import INT31, PENDING
from app.emu.machine_errors import NotYet
from app.emu.registers import Flag
from app.emu.services import Service, ServiceFailed, arguments, hand_back, shown

_UNKNOWN = "unknown"
_INT_SIZE = 2


def call_int31(host: Host) -> None:
    """Serve the INT 31h the current client has just executed (EIP behind it)."""
    machine = host.machine
    regs, wide = machine.regs, host.current.wide
    number = regs.ax
    row = INT31.find(number) or Service(0x31, number, _UNKNOWN, "", "", {}, {}, None)
    if not host.is_waiting_here():
        machine.emit(
            events.ServiceCalled,
            interrupt=0x31,
            function=number,
            name=row.name,
            registers=shown(row.takes, regs, wide=wide),
        )
    machine.state.waiting = False
    before = regs.copy()
    try:
        if row.handler is None or not host.profile.offers(number):
            raise UnsupportedFunction
        result = row.handler(host, **arguments(row, regs, wide=wide))
    except ServiceFailed as failure:
        told = _is_told(host.profile, number, failure)
        if told:
            regs.ax = failure.code
        regs.set_flag(Flag.CF, on=True)
        host.service_done(row, carry=True, error=failure.code if told else None, registers={})
        return
    except NotYet:
        regs.eip = regs.eip - _INT_SIZE & 0xFFFFFFFF
        machine.wait()
        return
    except GuestFault as fault:
        # The pointer was bad: the exception is the client's, at its INT instruction.
        regs.assign(before)
        regs.eip = regs.eip - _INT_SIZE & 0xFFFFFFFF
        machine.fault(fault)
        return
    except HostStackFull:
        machine.terminate_client("the host's ring-0 stack is full: too many nested calls")
        return
    if result is not PENDING:
        complete(host, row, result)


def _is_told(profile: Profile, number: int, failure: ServiceFailed) -> bool:
    """Is the code of a failure put into AX? Codes of DOS are, by every host."""
    if isinstance(failure, UnsupportedFunction):
        return profile.tells_unknown
    return isinstance(failure, DosError) or number >> 8 not in profile.silent


def complete(host: Host, row: Service, result: Any) -> None:
    """Hand a successful service's result to the client, which runs again."""
    regs, wide = host.machine.regs, host.current.wide
    hand_back(row, regs, result, wide=wide)
    host.service_done(row, carry=False, error=None, registers=shown(row.gives, regs, wide=wide))

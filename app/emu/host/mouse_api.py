"""INT 33h issued in protected mode: pointers are translated, and event handlers are called in protected mode.

What a host that translates DOS does with the mouse (reference section 6.6). A client's event handler is a procedure of
its own: the driver gets an address of the host instead, far-calls it in real mode, and the host far-calls the client's
procedure on the locked stack with what the driver says in EAX to EDI, high halves 0; data segments are null. The
procedure returns by RETF.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.emu.address import Far
from app.emu.drivers.mouse_settings import Settings
from app.emu.events import Door
from app.emu.host.client import Client, Vector
from app.emu.host.host import Host, Level, null_segment
from app.emu.host.interrupts import jump, reflect
from app.emu.host.transfer import Copies, incoming, kept, offset_of, outgoing, through_buffer
from app.emu.host.traps import Trap
from app.emu.registers import Flag, Segment

if TYPE_CHECKING:
    from app.emu.host.transfer import Argument

VECTOR: Final = 0x33
_SET_HANDLER: Final = 0x000C
_EXCHANGE_HANDLER: Final = 0x0014
_ALTERNATE_HANDLER: Final = 0x0018
_FAILED: Final = 0xFFFF
_POINTERS: Final[dict[int, tuple[Argument, ...]]] = {
    0x0009: (incoming("es", "dx", 64),),
    0x0016: (outgoing("es", "dx", Settings.LAYOUT.size),),
    0x0017: (incoming("es", "dx", Settings.LAYOUT.size),),
}
_PASSED: Final = ("eax", "ebx", "ecx", "edx", "esi", "edi")


@dataclass(slots=True)
class Exchange:
    """AX=0014h is back: the client gets its own old handler, or null for one that was not its own."""

    before: Vector | None
    host_address: Far

    def finish(self, host: Host, level: Level) -> None:
        """Put the old handler into ES:(E)DX."""
        regs, answer = host.machine.regs, level.answer
        was_ours = answer is not None and Far(answer.es.selector, answer.low("dx")) == self.host_address
        old = self.before if was_ours and self.before is not None else Vector(0, 0)
        regs.es = host.load(old.selector)
        regs.edx = old.offset if level.client.wide else level.saved.edx & 0xFFFF0000 | old.offset


def translate(host: Host) -> bool:
    """Serve or start INT 33h for a client; False when the call has no pointers and is to be reflected as it is."""
    regs = host.machine.regs
    function = regs.ax
    arguments = _POINTERS.get(function)
    if arguments is not None:
        through_buffer(host, VECTOR, arguments, Copies(kept(arguments), only_if_done=False))
    elif function in (_SET_HANDLER, _EXCHANGE_HANDLER):
        _set_handler(host, exchange=function == _EXCHANGE_HANDLER)
    elif function == _ALTERNATE_HANDLER:
        regs.ax = _FAILED  # one handler a client
    else:
        return False
    return True


def _set_handler(host: Host, *, exchange: bool) -> None:
    client, regs = host.current, host.machine.regs
    before, address = client.mouse_handler, host.machine.mouse_handler(client.index)
    client.mouse_handler = Vector(regs.es.selector, offset_of(host, "dx")) if regs.low("cx") else None
    level = reflect(host, VECTOR)
    level.on_return = Exchange(before, address) if exchange else Copies(("edx",))
    regs.es = Segment.real(address.segment)
    regs.set_low("dx", address.offset)


def enter(host: Host, index: int) -> None:
    """The driver has called the address of a client's event handler: enter it in protected mode.

    index: the client's place among the clients. Without a handler the call returns at once.
    """
    machine = host.machine
    regs = machine.regs
    client = next((each for each in host.clients if each.index == index), None)
    if client is None or client.mouse_handler is None:
        machine.return_far()
        return
    before = host.standing()
    host.mark_far_call(Far.from_dword(machine.memory.read_u32(regs.stack_linear)))
    _enter(host, client, client.mouse_handler)
    host.switched(before, Door.MOUSE_HANDLER)


def _enter(host: Host, client: Client, handler: Vector) -> None:
    regs = host.machine.regs
    level = host.leave(Door.MOUSE_HANDLER, client)
    for name in _PASSED:
        setattr(regs, name, getattr(regs, name) & 0xFFFF)
    regs.ds = regs.es = regs.fs = regs.gs = null_segment()
    regs.eflags = regs.eflags & ~(Flag.VM | Flag.NT | Flag.TF | Flag.RF | Flag.IF) | Flag.IOPL
    host.enter_locked(level)
    level.stack_offset = regs.stack_offset
    back = client.trap(Trap.RETURN_FROM_MOUSE_HANDLER)
    fields = ("EIP", "CS") if client.wide else ("IP", "CS")
    host.push((back.offset, back.selector), "mouse event: return address", "host (mouse event)", fields, client.word)
    jump(host, handler)


def returned(host: Host) -> None:
    """An event handler has returned: real mode goes on behind the driver's call."""
    level = host.innermost(Door.MOUSE_HANDLER)
    if level is None:
        host.machine.weeds("returned from a mouse event handler although none was active")
        return
    host.resume(level, Door.MOUSE_HANDLER_RETURN)
    host.machine.return_far()

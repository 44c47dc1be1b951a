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
from app.emu.drivers.mouse_settings import SHIFTED, Settings
from app.emu.events import Door
from app.emu.host.client import Client, Vector
from app.emu.host.host import Host, Level, Sequel, null_segment
from app.emu.host.interrupts import jump, reflect
from app.emu.host.transfer import Copies, incoming, kept, offset_of, outgoing, through_buffer
from app.emu.host.traps import Trap
from app.emu.registers import Flag, Segment

if TYPE_CHECKING:
    from app.emu.host.transfer import Argument

VECTOR: Final = 0x33
_SET_HANDLER: Final = 0x000C
_EXCHANGE_HANDLER: Final = 0x0014
_SET_ALTERNATE: Final = 0x0018
_ASK_ALTERNATE: Final = 0x0019
SETS: Final = 8
"""Sets of shift keys that a handler can be for: none, and all of Shift (1), Ctrl (2) and Alt (4) together."""
_POINTERS: Final[dict[int, tuple[Argument, ...]]] = {
    0x0009: (incoming("es", "dx", 64),),
    0x0016: (outgoing("es", "dx", Settings.LAYOUT.size),),
    0x0017: (incoming("es", "dx", Settings.LAYOUT.size),),
}
_NONE: Final = Vector(0, 0)
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
        old = self.before if was_ours and self.before is not None else _NONE
        regs.es = host.load(old.selector)
        _set_edx(host, level, old.offset)


@dataclass(slots=True)
class AlternateSet:
    """AX=0018h is back: a handler the driver did not take is not the client's."""

    keys: int
    before: Vector | None

    def finish(self, host: Host, level: Level) -> None:
        """Keep (E)DX, and the handler of before if the call failed."""
        regs = host.machine.regs
        regs.edx = level.saved.edx
        if regs.ax != _SET_ALTERNATE:
            _remember(level.client, self.keys, self.before)


@dataclass(slots=True)
class AlternateTold:
    """AX=0019h is back: BX:(E)DX is the client's handler, or null for one that is not its own."""

    keys: int
    host_address: Far

    def finish(self, host: Host, level: Level) -> None:
        """Put it there, unless there is no handler for these keys."""
        regs = host.machine.regs
        if regs.ax != _ASK_ALTERNATE:
            return
        is_ours = Far(regs.low("bx"), regs.low("dx")) == self.host_address
        handler = level.client.mouse_handlers.get(self.keys, _NONE) if is_ours else _NONE
        regs.set_low("bx", handler.selector)
        _set_edx(host, level, handler.offset)


def translate(host: Host) -> bool:
    """Serve or start INT 33h for a client; False when the call has no pointers and is to be reflected as it is."""
    regs, client = host.machine.regs, host.current
    function, keys = regs.ax, (regs.low("cx") & SHIFTED) >> 5
    arguments = _POINTERS.get(function)
    if arguments is not None:
        through_buffer(host, VECTOR, arguments, Copies(kept(arguments), only_if_done=False))
        return True
    if function == _SET_HANDLER:
        _set_handler(host, 0, Copies(("edx",)))
    elif function == _EXCHANGE_HANDLER:
        _set_handler(host, 0, Exchange(client.mouse_handlers.get(0), host.machine.mouse_handler(client.index, 0)))
    elif function == _SET_ALTERNATE:
        _set_handler(host, keys, AlternateSet(keys, client.mouse_handlers.get(keys)))
    elif function == _ASK_ALTERNATE:
        reflect(host, VECTOR).on_return = AlternateTold(keys, host.machine.mouse_handler(client.index, keys))
    else:
        return False
    return True


def _set_handler(host: Host, keys: int, sequel: Sequel) -> None:
    """Have the driver call an address of the host for the handler at ES:(E)DX."""
    client, regs = host.current, host.machine.regs
    address = host.machine.mouse_handler(client.index, keys)
    is_wanted = regs.low("cx") & ~SHIFTED
    _remember(client, keys, Vector(regs.es.selector, offset_of(host, "dx")) if is_wanted else None)
    reflect(host, VECTOR).on_return = sequel
    regs.es = Segment.real(address.segment)
    regs.set_low("dx", address.offset)


def _remember(client: Client, keys: int, handler: Vector | None) -> None:
    if handler is None:
        client.mouse_handlers.pop(keys, None)
    else:
        client.mouse_handlers[keys] = handler


def _set_edx(host: Host, level: Level, offset: int) -> None:
    regs = host.machine.regs
    regs.edx = offset if level.client.wide else level.saved.edx & 0xFFFF0000 | offset


def enter(host: Host, number: int) -> None:
    """The driver has called the address of a client's event handler: enter it in protected mode.

    number: the client's place among the clients, and the set of shift keys. Without a handler the call returns at once.
    """
    machine = host.machine
    regs = machine.regs
    index, keys = divmod(number, SETS)
    client = next((each for each in host.clients if each.index == index), None)
    handler = client.mouse_handlers.get(keys) if client is not None else None
    if client is None or handler is None:
        machine.return_far()
        return
    before = host.standing()
    host.mark_far_call(Far.from_dword(machine.memory.read_u32(regs.stack_linear)))
    _enter(host, client, handler)
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

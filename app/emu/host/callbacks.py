"""Real-mode callbacks: real-mode addresses that call a client's protected-mode procedure.

Source: DPMI 0.9 and 1.0, INT 31h AX=0303h and 0304h, "Real mode callbacks"; reference section 5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from app.emu import events
from app.emu.address import Far
from app.emu.descriptor import sized
from app.emu.events import Door
from app.emu.host import failures
from app.emu.host.client import Callback, Client, Vector
from app.emu.host.host import Host
from app.emu.host.interrupts import KEPT_IN_REAL_FLAGS, iret_fields, jump
from app.emu.host.traps import Trap
from app.emu.real_mode_call import RealModeCall
from app.emu.registers import ALWAYS_SET, Flag, Segment

SLOTS: Final = 32
"""Addresses there are for each client; hosts have so many callbacks or fewer (the specification: at least 16)."""


def allocate(host: Host, procedure: tuple[int, int], structure: tuple[int, int]) -> Callback:
    """Register a procedure and its real mode call structure. Raises `CallbackUnavailable`."""
    client = host.current
    owners = host.clients if host.profile.pools_callbacks else [client]
    taken = host.kept_slots.union(*(owner.callbacks for owner in owners))
    slot = next((number for number in range(host.profile.callbacks) if number not in taken), None)
    if slot is None:
        raise failures.CallbackUnavailable
    real = host.machine.callback_address(client.index, slot)
    callback = Callback(slot, real, Vector(*procedure), Vector(*structure))
    client.callbacks[slot] = callback
    host.machine.emit(events.CallbackAllocated, **_fields(client, callback))
    return callback


def free(host: Host, real: Far) -> None:
    """Give a callback address back. Raises `InvalidCallback` for anything that is not a callback of this client."""
    client = host.current
    callback = next((each for each in client.callbacks.values() if each.real == real), None)
    if callback is None:
        own = (host.machine.callback_address(client.index, slot) for slot in range(host.profile.callbacks))
        if host.profile.frees_twice and real in own:
            return
        raise failures.InvalidCallback
    del client.callbacks[callback.slot]
    host.machine.emit(events.CallbackFreed, **_fields(client, callback))


def _fields(client: Client, callback: Callback) -> dict[str, int | Far]:
    return {
        "slot": callback.slot,
        "real": callback.real,
        "handler": callback.handler.far(client.bits),
        "structure": callback.structure.far(client.bits),
    }


def enter(host: Host, index: int, slot: int) -> None:
    """Real-mode code has reached a callback's address: fill the structure and enter the handler.

    index: the owner's place among the clients; slot: its callback. An address nobody has allocated behaves as a far
    procedure that returns at once.
    """
    machine = host.machine
    regs = machine.regs
    client = next((each for each in host.clients if each.index == index), None)
    callback = client.callbacks.get(slot) if client is not None else None
    if client is None or callback is None:
        machine.return_far()
        return
    caller = Far.from_dword(machine.memory.read_u32(regs.stack_linear))
    real_stack = Far(regs.ss.selector, regs.esp & 0xFFFF)
    call = RealModeCall.of(regs)
    if host.profile.shows_last_call and host.last_called is not None:
        call = replace(call, cs=host.last_called.segment, ip=host.last_called.offset)

    before = host.standing()
    host.mark_far_call(caller)
    level = host.leave(Door.CALLBACK, client)
    level.vector = slot
    callback.depth += 1
    where = host.linear(*callback.structure, RealModeCall.SIZE, write=True)
    machine.memory.write(where, call.encode())
    level.structure, level.structure_far = where, callback.structure.far(client.bits)
    callback.hits += 1
    callback.last_caller, callback.at_entry = caller, call
    if not host.profile.has_flat_callback_data:
        # The alias selector is one per client: a nested callback re-bases it, as on real hosts.
        alias = sized(real_stack.segment << 4, 0xFFFF, 0xF3, 4 if client.wide else 0)
        client.ldt.write(client.alias_selector >> 3, alias)

    regs.eflags = regs.eflags & ~(Flag.VM | Flag.NT | Flag.TF | Flag.RF | Flag.IF) | Flag.IOPL
    host.enter_locked(level)
    level.stack_offset = regs.stack_offset
    back = client.trap(Trap.RETURN_FROM_CALLBACK)
    host.push(
        (back.offset, back.selector, regs.eflags),
        f"callback entry (slot {slot}): interrupt frame",
        f"host (real-mode callback, slot {slot})",
        iret_fields(client),
        client.word,
    )
    regs.ds = host.load(client.alias_selector)
    regs.esi = real_stack.real_linear if host.profile.has_flat_callback_data else real_stack.offset
    regs.es = host.load(callback.structure.selector)
    regs.edi = callback.structure.offset
    regs.fs = regs.gs = Segment()
    jump(host, callback.handler)
    machine.emit(
        events.CallbackEntered,
        slot=slot,
        depth=sum(each.door is Door.CALLBACK for each in host.levels),
        handler=callback.handler.far(client.bits),
        structure=level.structure_far,
        real_stack=real_stack,
        caller=caller,
    )
    host.switched(before, Door.CALLBACK)


def returned(host: Host) -> None:
    """A handler executed its IRET: load all real-mode registers from the structure at ES:(E)DI and go on there."""
    machine = host.machine
    regs = machine.regs
    level = host.innermost(Door.CALLBACK)
    if level is None:
        machine.weeds("returned from a real-mode callback although none was active")
        return
    client = level.client
    offset = regs.edi if client.wide else regs.edi & 0xFFFF
    structure = Far(regs.es.selector, offset, wide=client.wide)
    where = host.linear(regs.es.selector, offset, RealModeCall.SIZE)
    call = RealModeCall.decode(machine.memory.read(where, RealModeCall.SIZE))
    depth = sum(each.door is Door.CALLBACK for each in host.levels)

    before = host.standing()
    host.resume_silently(level)
    regs.eflags = call.flags & KEPT_IN_REAL_FLAGS | ALWAYS_SET | Flag.VM | Flag.IOPL
    regs.edi, regs.esi, regs.ebp, regs.ebx = call.edi, call.esi, call.ebp, call.ebx
    regs.edx, regs.ecx, regs.eax = call.edx, call.ecx, call.eax
    regs.es, regs.ds = Segment.real(call.es), Segment.real(call.ds)
    regs.fs, regs.gs = Segment.real(call.fs), Segment.real(call.gs)
    regs.ss, regs.esp = Segment.real(call.ss), call.sp
    regs.cs, regs.eip = Segment.real(call.cs), call.ip
    machine.attention = True
    machine.emit(
        events.CallbackReturned,
        slot=level.vector,
        depth=depth,
        structure=structure,
        resumes=call.target,
        real_stack=call.stack,
    )
    host.switched(before, Door.CALLBACK_RETURN)

"""The four stacks as the window shows them: extents, live pointers, slots with their meaning, frames by who pushed
them, and the links from saved stack pointers on the ring-0 stack to the places they point at.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.debug.narrate import DOORS
from app.debug.snapshot import StackFrame, StackSlot, StackView
from app.emu.address import Far
from app.emu.cpu.frame import FIELDS, FRAME_SIZE
from app.emu.events import Stack
from app.emu.host.client import Client
from app.emu.host.host import Host, Level, Mark
from app.emu.machine import Machine
from app.emu.memory import layout
from app.emu.memory.memory import PageNotPresent
from app.emu.registers import Mode, Registers, Segment
from app.emu.vmm.levels import Ring0Level
from app.emu.vmm.places import RETURN

_FRAME_ESP: Final = FIELDS.index("esp")
_FRAME_NAMES: Final = tuple(name.upper() if name != "error code" else name for name in FIELDS)
_SAVED: Final = {"ESP": "saved ESP", "SS": "saved SS"}
_WAITING: Final = tuple(_SAVED.get(name, name) for name in _FRAME_NAMES)
_WAITING_V86: Final = tuple("saved SP" if name == "saved ESP" else name for name in _WAITING)
_ALTERNATE: Final = ("EIP", "CS", "EFLAGS", "ESP", "SS", "ES", "DS", "FS", "GS")
_CLIENT_NAMES: Final = (
    *(f"Client_{name}".replace("error code", "Error") for name in _FRAME_NAMES),
    *(f"Client_Alt_{name}" for name in _ALTERNATE),
)
_CALL_NEAR: Final = 0xE8
_CALL_FAR: Final = 0x9A


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a stack is: its segment, offset of the pointer, extent (linear, high exclusive), word in bytes."""

    segment: Segment
    offset: int
    low: int
    high: int
    word: int

    @property
    def linear(self) -> int:
        return self.segment.base + self.offset & 0xFFFFFFFF


def stacks(machine: Machine, slots: int) -> tuple[StackView, ...]:
    """Application, locked, real-mode and ring-0 stack, `slots` words of each."""
    host = machine.state.host
    client = host.client
    views = []
    for stack, place in (
        (Stack.APPLICATION, _application(machine, client)),
        (Stack.LOCKED, _locked(machine, client)),
        (Stack.REAL, _real(machine, host)),
    ):
        if place is None:
            views.append(StackView(stack, False, False, 0, 0, Far(0, 0), 0, 0, 0, (), ()))
        else:
            nesting = client.locked_depth if client is not None and stack is Stack.LOCKED else 0
            views.append(_view(machine, stack, place, nesting, slots))
    views.append(_ring0(machine, host, slots))
    return tuple(views)


# Where the stacks are


def _segment_place(segment: Segment, offset: int, word: int, top: int | None = None) -> _Place:
    """A stack somewhere in a segment; `top` is the highest offset it was seen at."""
    high = segment.base + (segment.limit + 1 if top is None else min(top, segment.limit + 1))
    return _Place(segment, offset, segment.base, max(high, segment.base + offset), word)


def _application(machine: Machine, client: Client | None) -> _Place | None:
    if client is None:
        return None
    host, regs = machine.state.host, machine.regs
    if host.live_stack is Stack.APPLICATION:
        segment, offset = regs.ss, regs.stack_offset
    else:
        left = (level for level in host.levels if level.left is client and not level.saved.is_v86)
        own = next((level for level in left if level.saved.ss.selector != client.locked_selector), None)
        if own is None:
            return None
        segment, offset = own.saved.ss, own.saved.stack_offset
        if isinstance(own, Ring0Level) and own.in_pm:  # the VM goes on with what the driver leaves there
            registers = own.client_registers(machine.memory)
            if registers.get("ss") == segment.selector:
                offset = registers.get("esp") & (0xFFFFFFFF if segment.is_big else 0xFFFF)
    top = machine.state.depths.tops.get((Stack.APPLICATION, segment.selector))
    return _segment_place(segment, offset, client.word, top)


def _locked(machine: Machine, client: Client | None) -> _Place | None:
    if client is None:
        return None
    host, regs = machine.state.host, machine.regs
    low = layout.LOCKED_STACKS + client.index * layout.LOCKED_STACK_SIZE
    own = host.segment(client.locked_selector)
    if not client.locked_depth:
        return _Place(own, layout.LOCKED_STACK_SIZE, low, low + layout.LOCKED_STACK_SIZE, client.word)
    if host.live_stack is Stack.LOCKED:
        segment, offset = regs.ss, regs.stack_offset
    else:
        segment, offset = host.segment(client.pm_pointer[0]), client.pm_pointer[1]
    if segment.selector == client.locked_selector:
        return _Place(segment, offset, low, low + layout.LOCKED_STACK_SIZE, client.word)
    return _segment_place(segment, offset, client.word)


def _real(machine: Machine, host: Host) -> _Place | None:
    regs, client = machine.regs, host.client
    level = host.levels[-1] if host.levels else None
    if regs.is_v86:
        segment, offset = regs.ss, regs.esp & 0xFFFF
    elif isinstance(level, Ring0Level) and not level.in_pm:  # the VM goes on with what the driver leaves there
        registers = level.client_registers(machine.memory)
        segment, offset = Segment.real(registers.get("ss")), registers.get("esp") & 0xFFFF
    elif client is not None:
        segment, offset = Segment.real(host.real_pointer.segment), host.real_pointer.offset
    else:
        return None
    if client is not None and segment.selector == client.private_stack.segment:
        return _Place(segment, offset, segment.base, client.private_stack.real_linear, 2)
    top = machine.state.depths.tops.get((Stack.REAL, segment.selector))
    return _segment_place(segment, offset, 2, top)


# One stack


def _view(machine: Machine, stack: Stack, place: _Place, nesting: int, count: int) -> StackView:
    host = machine.state.host
    marks = sorted(
        (
            mark
            for mark in host.marks
            if mark.stack is stack and place.linear <= mark.low < max(place.high, place.linear + 1)
        ),
        key=lambda mark: mark.low,
    )
    values = _words(machine, place, count)
    frames = [StackFrame(mark.label, mark.pushed_by, mark.low, mark.high, mark.level) for mark in marks]
    slots = []
    for number, value in enumerate(values):
        linear = place.linear + number * place.word
        index = next((at for at, mark in enumerate(marks) if mark.low <= linear < mark.high), None)
        meaning = _field(marks[index], linear) if index is not None else ""
        slots.append(_slot(place, number, value, meaning, index, None))
    _find_calls(machine, place, slots, frames)
    in_use = host.live_stack is stack
    wide = place.segment.is_big
    pointer = Far(place.segment.selector, place.offset, wide=wide)
    depth = max(place.high - place.linear, 0)
    return StackView(
        stack,
        True,
        in_use,
        place.low,
        place.high,
        pointer,
        place.linear,
        depth,
        nesting,
        tuple(frames),
        tuple(slots),
        is_hosts=_is_hosts(host, stack, place.segment.selector),
    )


def _is_hosts(host: Host, stack: Stack, selector: int) -> bool:
    """Is it the stack the host keeps for the purpose? Programs may have switched to one of their own."""
    match stack:
        case Stack.LOCKED:
            return host.client is not None and selector == host.client.locked_selector
        case Stack.REAL:
            return any(selector == client.private_stack.segment for client in host.clients)
        case _:
            return False


def _field(mark: Mark, linear: int) -> str:
    index = (linear - mark.low) // mark.word
    return mark.fields[index] if index < len(mark.fields) else ""


def _slot(place: _Place, number: int, value: int, meaning: str, frame: int | None, link: int | None) -> StackSlot:
    offset = place.offset + number * place.word
    address = Far(place.segment.selector, offset, wide=place.segment.is_big)
    return StackSlot(address, place.linear + number * place.word, value, place.word, meaning, frame, link)


def _words(machine: Machine, place: _Place, count: int) -> Sequence[int]:
    size = max(min(count * place.word, place.high - place.linear), 0) // place.word * place.word
    try:
        data = machine.memory.read(place.linear, size)
    except PageNotPresent as absent:
        present = max(absent.linear - place.linear, 0) // place.word * place.word
        data = machine.memory.read(place.linear, present) if present else b""
    return struct.unpack(f"<{len(data) // place.word}{'I' if place.word == 4 else 'H'}", data)


def _find_calls(machine: Machine, place: _Place, slots: list[StackSlot], frames: list[StackFrame]) -> None:
    """Name the return addresses of calls among the words nobody else explains."""
    regs, read = machine.regs, machine.memory.buffer
    real = place.word == 2 and place.segment.access == 0xF3 and place.segment.base == place.segment.selector << 4
    for number, slot in enumerate(slots):
        if slot.frame is not None or slot.meaning:
            continue
        following = slots[number + 1] if number + 1 < len(slots) else None
        if real and following is not None and following.frame is None:
            target = (following.value << 4) + slot.value
            if slot.value >= 5 and read[target - 5] == _CALL_FAR:
                frames.append(StackFrame("far call", "program", slot.linear, slot.linear + 4, 0))
                address = Far(following.value, slot.value)
                for at, meaning in ((number, f"return to {address}"), (number + 1, "return CS")):
                    old = slots[at]
                    slots[at] = StackSlot(old.address, old.linear, old.value, old.width, meaning, len(frames) - 1, None)
                continue
        base = regs.cs.base if regs.is_v86 == real else None
        if base is not None and 3 <= slot.value <= regs.cs.limit and _is_near_return(machine, base + slot.value):
            slots[number] = StackSlot(
                slot.address, slot.linear, slot.value, slot.width, "return address (near call)?", None, None
            )


def _is_near_return(machine: Machine, linear: int) -> bool:
    """Does an instruction that ends here look like a near call?"""
    memory = machine.memory
    try:
        size = 5 if machine.regs.cs.is_big and not machine.regs.is_v86 else 3
        return memory.read_u8(linear - size & 0xFFFFFFFF) == _CALL_NEAR
    except PageNotPresent:
        return False


# Ring 0


@dataclass(frozen=True, slots=True)
class _Context:
    """A context on the ring-0 stack: where its frame is, the names of its dwords, its registers, words for the pane."""

    linear: int
    fields: tuple[str, ...]
    registers: Registers
    label: str
    pusher: str
    level: int
    waits: bool
    """It will be resumed: its stack pointer is a link."""

    @property
    def end(self) -> int:
        return self.linear + 4 * len(self.fields)


def _contexts(machine: Machine, host: Host) -> list[_Context]:
    """The host's frames: the running context's on top, below it one for each context that will be resumed.

    While a driver runs there is no frame on top, but what the driver has pushed.
    """
    contexts = []
    if machine.regs.mode is not Mode.RING0:
        label = f"running context ({machine.regs.mode})"
        top = host.ring0_esp - FRAME_SIZE
        contexts.append(_Context(top, _FRAME_NAMES, machine.regs, label, "processor", len(host.levels), waits=False))
    for number, level in reversed(list(enumerate(host.levels))):
        label = f"saved client registers ({level.saved.mode})"
        names = _WAITING_V86 if level.saved.is_v86 else _WAITING
        if isinstance(level, Ring0Level):
            label, names = f"client register structure ({level.saved.mode})", _CLIENT_NAMES
        elif level.saved.mode is Mode.RING0:
            label = "driver that waits in nested execution"
        contexts.append(_Context(level.frame, names, level.saved, label, _pusher(level), number, waits=True))
    return contexts


def _ring0(machine: Machine, host: Host, count: int) -> StackView:
    high = layout.RING0_STACK_TOP
    contexts = _contexts(machine, host)
    driver = machine.regs.mode is Mode.RING0
    top = machine.regs.esp if driver else contexts[0].linear
    if not layout.RING0_STACK <= top <= high:
        top = high
    selector = machine.regs.ss.selector if driver else layout.RING0_DATA
    place = _Place(Segment(selector, 0, 0xFFFFFFFF, 0x93, 0xC), top, layout.RING0_STACK, high, 4)
    frames = [StackFrame(each.label, each.pusher, each.linear, each.end, each.level) for each in contexts]
    slots = []
    for number, value in enumerate(_words(machine, place, count)):
        linear = top + 4 * number
        index = next((at for at, each in enumerate(contexts) if each.linear <= linear < each.end), None)
        if index is None:
            slots.append(_slot(place, number, value, "return to the manager" if value == RETURN else "", None, None))
            continue
        context, link = contexts[index], None
        field = (linear - context.linear) // 4
        if field == _FRAME_ESP and context.waits:
            saved = context.registers
            link = saved.ss.base + (value if saved.ss.is_big else value & 0xFFFF) & 0xFFFFFFFF
        slots.append(_slot(place, number, value, context.fields[field], index, link))
    return StackView(
        Stack.RING0, True, host.live_stack is Stack.RING0, layout.RING0_STACK, high, Far(selector, top, wide=True), top,
        high - top, len(frames), tuple(frames), tuple(slots),
    )  # fmt: skip


def _pusher(level: Level) -> str:
    return f"host ({DOORS[level.door]})"

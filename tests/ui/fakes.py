"""A session without a machine: it plays a short story again and again, and is quick about it.

One round of the story takes `ROUND` ticks: a 32-bit client asks INT 31h AX=0300h, real-mode code runs and calls a
real-mode callback, the handler runs on the locked stack, real mode resumes, the service returns. Every snapshot has
all four stacks with frames, a callback, descriptors and vectors, so that each pane has something to show.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.debug.goals import (
    BackToCaller,
    GoBack,
    LastUse,
    NextUse,
    PreviousCallback,
    PreviousEvent,
    PreviousModeSwitch,
    PreviousStackSwitch,
    RunBack,
    StepBack,
    StepBackOver,
    ToStackSwitch,
)
from app.debug.history import DEFAULT_BUDGET
from app.debug.session import Goal, RunTo, StepInto, StepOver, ToCallback, ToEvent, ToModeSwitch, ToPosition
from app.debug.snapshot import (
    BranchRow,
    BreakpointRow,
    CallbackRow,
    CodeLine,
    Comparison,
    DescriptorRow,
    Difference,
    HistoryView,
    Interest,
    MemoryView,
    Part,
    RecordingView,
    Snapshot,
    StackFrame,
    StackSlot,
    StackView,
    Status,
    Stop,
    VectorRow,
)
from app.debug.watches import MemoryWatch, Use, Watch
from app.emu.address import Far
from app.emu.bios.screen import Screen
from app.emu.descriptor import Descriptor
from app.emu.event_log import EventLog, SavedLog
from app.emu.events import (
    CallbackEntered,
    CallbackReturned,
    ClientEntered,
    Door,
    Event,
    ModeSwitched,
    Moment,
    ProgramLoaded,
    RealModeCalled,
    RealModeReturned,
    ServiceCalled,
    ServiceReturned,
    Stack,
    StackSwitched,
)
from app.emu.real_mode_call import RealModeCall
from app.emu.registers import Mode, Registers, Segment

ROUND = 40
CALLED, ENTERED, RETURNED, BACK = 10, 18, 28, 34
"""Ticks of a round: real mode called, callback entered, callback returned, service returned."""
CLIENT, REAL, HANDLER = 0x0011_0000, 0x0001_2340, 0x0011_0200
"""Linear addresses of the three pieces of code."""
STRUCTURE = Far(0x00AF, 0x00000400, wide=True)
LOCKED = Far(0x00BF, 0x00000FF4, wide=True)

_CLIENT_CODE = (
    ("B80003", "mov", "ax, 0300h", ""),
    ("BB1000", "mov", "bx, 0010h", ""),
    ("31C9", "xor", "ecx, ecx", ""),
    ("8D3D00040000", "lea", "edi, [00000400h]", ""),
    ("C7471C34120000", "mov", "dword ptr es:[edi+1Ch], 00001234h", ""),
    ("CD31", "int", "31h", "simulate real mode interrupt"),
    ("7205", "jc", "0011002Ah", ""),
    ("8B471C", "mov", "eax, es:[edi+1Ch]", ""),
    ("EBDD", "jmp", "00110000h", ""),
    ("B8014C", "mov", "ax, 4C01h", ""),
    ("CD21", "int", "21h", "terminate"),
)
_REAL_CODE = (
    ("50", "push", "ax", ""),
    ("1E", "push", "ds", ""),
    ("9A0000E0FF", "call", "FFE0h:0000h", "callback 0"),
    ("83C404", "add", "sp, 4", ""),
    ("85C0", "test", "ax, ax", ""),
    ("75F4", "jnz", "12345h", ""),
    ("CF", "iret", "", "host!RETURN_FROM_REAL_PROCEDURE"),
)
_HANDLER_CODE = (
    ("FC", "cld", "", ""),
    ("66AD", "lodsw", "", "the real-mode IP"),
    ("26668907", "mov", "es:[edi+2Ah], ax", ""),
    ("66AD", "lodsw", "", "the real-mode CS"),
    ("26668947", "mov", "es:[edi+2Ch], ax", ""),
    ("26668347", "add", "word ptr es:[edi+2Eh], 4", ""),
    ("26C7471C", "mov", "dword ptr es:[edi+1Ch], 0", ""),
    ("CF", "iretd", "", "host!RETURN_FROM_CALLBACK"),
)


def phase(tick: int) -> tuple[int, int]:
    """Which round of the story a tick is in, and where in it."""
    return divmod(tick, ROUND)


def mode_at(tick: int) -> Mode:
    """The mode of the story."""
    place = phase(tick)[1]
    return Mode.V86 if CALLED <= place < ENTERED or RETURNED <= place < BACK else Mode.PM32


def live_stack_at(tick: int) -> Stack:
    """The stack the processor pushes to."""
    place = phase(tick)[1]
    if mode_at(tick) is Mode.V86:
        return Stack.REAL
    return Stack.LOCKED if ENTERED <= place < RETURNED else Stack.APPLICATION


def depths_at(tick: int) -> tuple[int, int, int, int]:
    """Bytes in use on the four stacks."""
    turn, place = phase(tick)
    inside = CALLED <= place < BACK
    return (
        0x40 + turn % 5 * 8 + place % 3 * 4,
        0x0C + place % 4 * 4 if ENTERED <= place < RETURNED else 0,
        6 + place % 4 * 2 if inside else 0,
        (72 if ENTERED <= place < RETURNED else 36) if inside else 0,
    )


def events_of_round(turn: int, seq: int) -> list[Event]:
    """What happens in one round, numbered from `seq` on."""
    tick, found = turn * ROUND, []

    def add(kind: type[Event], place: int, /, **fields: Any) -> None:
        found.append(kind(seq=seq + len(found), tick=tick + place, client=1, **fields))

    real_stack, client_stack = Far(0x0C00, 0x01FA), Far(0x00A7, 0x00000FC0, wide=True)
    call = {"structure": STRUCTURE, "words_copied": 0, "real_stack": real_stack}
    add(
        ServiceCalled,
        CALLED,
        interrupt=0x31,
        function=0x0300,
        name="simulate_real_mode_interrupt",
        registers={"BX": 16},
    )
    add(ModeSwitched, CALLED, from_=Mode.PM32, to=Mode.V86, door=Door.INT31_0300, at=Far(0x1234, 0), stack=real_stack)
    add(
        StackSwitched, CALLED, from_=Stack.APPLICATION, to=Stack.REAL, door=Door.INT31_0300, saved=client_stack,
        entered=real_stack, depth=0,
    )  # fmt: skip
    add(RealModeCalled, CALLED, function=0x0300, target=Far(0x1234, 0), **call)
    add(
        CallbackEntered, ENTERED, slot=0, depth=1, handler=Far(0x009F, 0x200, wide=True), structure=STRUCTURE,
        real_stack=real_stack, caller=Far(0x1234, 7),
    )  # fmt: skip
    add(
        ModeSwitched,
        ENTERED,
        from_=Mode.V86,
        to=Mode.PM32,
        door=Door.CALLBACK,
        at=Far(0x9F, 0x200, wide=True),
        stack=LOCKED,
    )
    add(
        StackSwitched, ENTERED, from_=Stack.REAL, to=Stack.LOCKED, door=Door.CALLBACK, saved=real_stack,
        entered=LOCKED, depth=1,
    )  # fmt: skip
    add(CallbackReturned, RETURNED, slot=0, depth=0, structure=STRUCTURE, resumes=Far(0x1234, 7), real_stack=real_stack)
    add(
        ModeSwitched,
        RETURNED,
        from_=Mode.PM32,
        to=Mode.V86,
        door=Door.CALLBACK_RETURN,
        at=Far(0x1234, 7),
        stack=real_stack,
    )
    add(RealModeReturned, BACK, function=0x0300, target=Far(0x1234, 0), **call)
    add(
        ModeSwitched,
        BACK,
        from_=Mode.V86,
        to=Mode.PM32,
        door=Door.INT31_0300,
        at=Far(0x9F, 0x1A, wide=True),
        stack=client_stack,
    )
    add(ServiceReturned, BACK, interrupt=0x31, function=0x0300, carry=False, error=None, registers={"ES": "00AF"})
    return found


def opening() -> list[Event]:
    """What happened before the first round."""
    return [
        ProgramLoaded(
            seq=0, tick=0, client=0, path="C:\\CALLBACK.COM", format="com", psp=0x0C10, entry=Far(0x0C10, 0x100)
        ),
        ClientEntered(seq=1, tick=0, client=1, bits=32, psp=0x0C10),
    ]


PER_ROUND = len(events_of_round(0, 0))


def events_until(tick: int) -> list[Event]:
    """All events of the story up to a tick."""
    found = opening()
    for turn in range(tick // ROUND + 1):
        found += events_of_round(turn, len(found))
    return [event for event in found if event.tick <= tick]


def registers_at(tick: int) -> Registers:
    """The registers of the story."""
    turn, place = phase(tick)
    mode = mode_at(tick)
    general = {
        "eax": 0x1234 + turn,
        "ebx": 0x10,
        "ecx": place,
        "edx": 0xDEAD0000,
        "esi": 0x1FA,
        "edi": 0x400,
        "ebp": 0x0FF8,
    }
    flags = 0x3202 | (0x40 if place % 2 else 0) | (0x1 if place % 7 == 0 else 0)
    code = code_at(tick)
    current = next(line for line in code if line.is_current)
    if mode is Mode.V86:
        paragraph = Segment.real(0x1234)
        return Registers(
            **general, esp=0x1FA - place % 4 * 2, eip=current.linear - REAL, eflags=flags | 0x20000, cs=paragraph,
            ss=Segment.real(0x0C00), ds=paragraph, es=paragraph, fs=Segment(), gs=Segment(),
        )  # fmt: skip
    on_locked = live_stack_at(tick) is Stack.LOCKED
    data = Segment(0x00A7, 0x110000, 0xFFFF, 0xF3, 4)
    return Registers(
        **general, esp=(0xFF4 if on_locked else 0xFC0) - place % 3 * 4, eip=current.address.offset,
        eflags=flags & ~0x200 if on_locked else flags,
        cs=Segment(0x009F, 0x110000, 0xFFFF, 0xFB, 4),
        ss=Segment(0x00BF, 0x120000, 0xFFF, 0xF3, 4) if on_locked else data,
        ds=Segment(0x00C7, 0xC000, 0xFFFF, 0xF3, 0) if on_locked else data,
        es=Segment(0x00AF, 0x110000, 0xFFFF, 0xF3, 4),
        fs=Segment(), gs=Segment(),
    )  # fmt: skip


def code_at(tick: int) -> tuple[CodeLine, ...]:
    """The disassembly around the current instruction."""
    place = phase(tick)[1]
    if mode_at(tick) is Mode.V86:
        start, table, first, segment, wide = REAL, _REAL_CODE, CALLED, 0x1234, False
    elif live_stack_at(tick) is Stack.LOCKED:
        start, table, first, segment, wide = HANDLER, _HANDLER_CODE, ENTERED, 0x9F, True
    else:
        start, table, first, segment, wide = CLIENT, _CLIENT_CODE, 0, 0x9F, True
    lines, linear = [], start
    for number, (data, mnemonic, operands, note) in enumerate(table * 4):
        base = 0x110000 if wide else REAL
        is_jump = mnemonic.startswith("j")
        target = start + (linear - start) // 2 if is_jump else None
        current = number == (place - first) % len(table)
        address = Far(segment, linear - base, wide)
        lines.append(CodeLine(linear, address, bytes.fromhex(data), mnemonic, operands, note, target, is_jump, current))
        linear += len(data) // 2
    return tuple(lines)


def stacks_at(tick: int) -> tuple[StackView, ...]:
    """The four stacks with their frames."""
    live = live_stack_at(tick)
    nesting = (0, int(live is Stack.LOCKED), 0, depths_at(tick)[3] // 36)
    places = (
        (Stack.APPLICATION, Far(0x00A7, 0x1000, wide=True), 0x111000, 4),
        (Stack.LOCKED, Far(0x00BF, 0x1000, wide=True), 0x121000, 4),
        (Stack.REAL, Far(0x0C00, 0x0200), 0x0C200, 2),
        (Stack.RING0, Far(0x0010, 0xC0002000, wide=True), 0xC0002000, 4),
    )
    return tuple(
        _stack(stack, top, linear, width, depth, nesting[number], live)
        for number, ((stack, top, linear, width), depth) in enumerate(zip(places, depths_at(tick), strict=True))
    )


def _stack(stack: Stack, top: Far, high: int, width: int, depth: int, nesting: int, live: Stack) -> StackView:
    pointer = Far(top.segment, top.offset - depth, top.wide)
    meanings, label, pushed_by, framed = {
        Stack.APPLICATION: ((), "", "", 0),
        Stack.LOCKED: (("EIP", "CS", "EFLAGS"), "callback entry", "host (real-mode callback, slot 0)", 12),
        Stack.REAL: (("IP", "CS", "FLAGS"), "interrupt frame", "host (INT 31h AX=0300h)", 6),
        Stack.RING0: (
            ("EIP", "CS", "EFLAGS", "saved ESP", "saved SS", "ES", "DS", "FS", "GS"),
            "interrupted context", "processor", 36,
        ),
    }[stack]  # fmt: skip
    frames = tuple(
        StackFrame(label, pushed_by, high - framed * (level + 1), high - framed * level, level)
        for level in range(depth // framed if framed else 0)
    )
    slots = []
    for offset in range(0, min(depth, 96 * width), width):
        linear = high - depth + offset
        level = (high - linear - 1) // framed if framed else None
        inside = level is not None and level < len(frames)
        meaning = meanings[(linear - frames[level].low) // width] if inside and level is not None else ""
        saved = 0x111000 - 0x40 if meaning == "saved ESP" else None
        value = (linear * 0x9E37 >> 3) & (1 << 8 * width) - 1
        address = Far(pointer.segment, pointer.offset + offset, pointer.wide)
        slots.append(StackSlot(address, linear, value, width, meaning, level if inside else None, saved))
    return StackView(
        stack, True, stack is live, high - 0x1000, high, pointer, high - depth, depth, nesting, frames, tuple(slots)
    )


_DESCRIPTORS = (
    ("GDT", 1, Descriptor(0, 0xFFFFF, 0x9B, 0xC), "host: ring-0 code"),
    ("GDT", 2, Descriptor(0, 0xFFFFF, 0x93, 0xC), "host: ring-0 data"),
    ("GDT", 3, Descriptor(0xC0004000, 0x67, 0x8B, 0), "host: task state"),
    ("LDT", 19, Descriptor(0x110000, 0xFFFF, 0xFB, 4), "client 1: initial CS"),
    ("LDT", 20, Descriptor(0x110000, 0xFFFF, 0xF3, 4), "client 1: INT 31h AX=0000h"),
    ("LDT", 21, Descriptor(0x110000, 0xFFFF, 0xF3, 4), "client 1: INT 31h AX=0000h"),
    ("LDT", 23, Descriptor(0x120000, 0xFFF, 0xF3, 4), "host: locked stack"),
    ("LDT", 24, Descriptor(0xC000, 0xFFFF, 0xF3, 0), "host: real-mode stack alias"),
)


def descriptors_at(tick: int) -> tuple[DescriptorRow, ...]:
    """The tables, with who holds what."""
    registers = registers_at(tick)
    held: dict[int, list[str]] = {}
    for name in ("cs", "ss", "ds", "es", "fs", "gs"):
        held.setdefault(getattr(registers, name).selector, []).append(name)
    rows = [
        DescriptorRow(
            table, index, index * 8 + (7 if table == "LDT" else 0), descriptor, descriptor.encode(), owner,
            tuple(held.get(index * 8 + 7, ())) if table == "LDT" and mode_at(tick) is not Mode.V86 else (),
        )
        for table, index, descriptor, owner in _DESCRIPTORS
    ]  # fmt: skip
    for vector in (0x08, 0x0D, 0x0E, 0x21, 0x31):
        gate = Descriptor(0, 0, 0xEE, 0)
        handler = Far(0x0008, 0xC0001000 + vector * 8, wide=True)
        rows.append(DescriptorRow("IDT", vector, vector, gate, gate.encode(), "host", (), handler))
    return tuple(rows)


def callbacks_at(tick: int) -> tuple[CallbackRow, ...]:
    """One callback in use, one ready."""
    turn, place = phase(tick)
    active = ENTERED <= place < RETURNED
    hits = turn + (place >= ENTERED)
    entry = RealModeCall(eax=0x1234, ip=7, cs=0x1234, sp=0x1FA, ss=0x0C00, ds=0x1234, es=0x1234, flags=0x3202)
    now = replace(entry, eax=turn, sp=0x1FE) if active and place > ENTERED + 4 else entry
    return (
        CallbackRow(
            1, 0, Far(0xFFE0, 0), Far(0x9F, 0x200, wide=True), 0x110200, STRUCTURE, 0x110400,
            int(active), hits, Far(0x1234, 7) if hits else None, now, entry if active else None,
        ),
        CallbackRow(
            1, 1, Far(0xFFE0, 4), Far(0x9F, 0x240, wide=True), 0x110240, Far(0xAF, 0x440, wide=True), 0x110440, 0, 0,
            None, RealModeCall(), None,
        ),
    )  # fmt: skip


VECTORS = (
    VectorRow("real", 0x08, Far(0xF000, 0xFEA5), "timer (IRQ 0)", "BIOS", True, 0xFFEA5),
    VectorRow("real", 0x21, Far(0x0070, 0x0210), "DOS", "DOS", True, 0x910),
    VectorRow("real", 0x33, Far(0xFFE0, 0), "mouse", "callback 0", False, 0xFFE00),
    VectorRow("protected", 0x1C, Far(0x9F, 0x300, wide=True), "timer tick", "client", False, 0x110300),
    VectorRow("protected", 0x31, Far(0x3B, 0x31, wide=True), "DPMI", "host default", True, 0xC0100031),
    VectorRow("exception", 0x0D, Far(0x3B, 0x90D, wide=True), "general protection", "host default", True, 0xC010090D),
    VectorRow("exception", 0x0E, Far(0x9F, 0x380, wide=True), "page fault", "client", False, 0x110380),
)


def screen_at(tick: int) -> Screen:
    """A text screen in colours."""
    cells = bytearray(b"\x20\x07" * 2000)
    lines = (
        "CALLBACK - a real-mode callback in 60 lines",
        f"round {tick // ROUND}",
        "\xda\xc4\xc4 line drawing \xc4\xc4\xbf",
    )
    for row, (line, attribute) in enumerate(zip(lines, (0x1F, 0x07, 0x0E), strict=True)):
        for column, character in enumerate(line.encode("latin-1")):
            at = (row * 80 + column) * 2
            cells[at : at + 2] = bytes((character, attribute))
    return Screen(80, 25, bytes(cells), (0, 3), True)


def log_of(events: Sequence[Event], moments: Sequence[Moment]) -> SavedLog:
    """A log of these."""
    log = EventLog()
    for event, moment in zip(events, moments, strict=True):
        log.append(event, moment)
    return log.save()


def known_events(window: Any) -> list[Event]:
    """What a window knows of a run."""
    return [] if window._snapshot is None else [event for event, _ in window._snapshot.log]


class FakeSession:
    """Plays the story. `calls` lists everything that was asked of it."""

    def __init__(self, *, seconds_per_slice: float = 0.002, fails: str = "") -> None:
        self.tick = 0
        self.serial = 0
        self.stop = Stop.STEPPED
        self.status = Status.STOPPED
        self.goal: Goal | None = None
        self.calls: list[tuple[Any, ...]] = []
        self.slices = 0
        self.changed: dict[str, int] = {}
        self.stops: list[BreakpointRow] = []
        self.branches = [BranchRow(0, None, "", "tick 0", (), 1, is_shown=True)]
        self.pinned: int | None = None
        self.budget, self.dropped = DEFAULT_BUDGET, 0
        self.recording: RecordingView | None = None
        self.finds: int | None = -2
        """Where a search ends, in ticks from where it began; None: it finds nothing."""
        self.search_slices = 2
        self._asked_at = self._searched = 0
        self._jumps: list[int] = []
        self._last_number = 0
        self._previous = registers_at(0)
        self.furthest, self.branch, self.valid = 0, 0, 1 << 60
        self._fails = fails
        self._seconds = seconds_per_slice
        self._events = events_until(ROUND * 4)

    # --- what the bridge drives --------------------------------------------------------------------------------------

    def begin(self, goal: Goal) -> None:
        self.calls.append(("begin", goal))
        self.goal = goal
        self.status = Status.RUNNING
        self._previous = self.registers()
        self.changed.clear()
        if isinstance(goal, LastUse | NextUse):
            self.status = Status.SEARCHING
            self._asked_at, self._searched = self.tick, 0
        if isinstance(goal, LastUse | NextUse | ToPosition):
            self._jumps.append(self.tick)

    def advance(self, instructions: int = 100_000) -> Stop | None:
        if self._fails:
            raise RuntimeError(self._fails)
        self.slices += 1
        if self.status is Status.SEARCHING:
            return self._search()
        if (back := self._go_back()) is not None:
            self.stop, self.status, self.goal = back, Status.STOPPED, None
            return back
        found, ticks = self._next_stop()
        if found is None:
            time.sleep(self._seconds)
        self.tick += ticks
        if found is not None:
            self.stop, self.status, self.goal = found, Status.STOPPED, None
        return found

    def _search(self) -> Stop | None:
        """One slice of a search: the machine is anywhere."""
        time.sleep(self._seconds)
        self.tick, self._searched = 0, self._searched + 1
        if self._searched < self.search_slices:
            return None
        self.tick = max(self._asked_at + (self.finds or 0), 0)
        self.stop = Stop.NOT_FOUND if self.finds is None else Stop.FOUND
        self.status, self.goal = Status.STOPPED, None
        return self.stop

    def _go_back(self) -> Stop | None:
        """What a way back leads to; None when the goal lies ahead."""
        events = self._events_now()
        match self.goal:
            case StepBack() | StepBackOver():
                self.tick = max(self.tick - 1, 0)
                return Stop.STEPPED
            case RunBack() | BackToCaller():
                self.tick = 0
                return Stop.BREAKPOINT
            case GoBack():
                self.tick = self._jumps.pop()
                return Stop.REACHED
            case ToPosition(text) if text.startswith("tick ") and int(text[5:]) <= self.tick:
                self.tick = int(text[5:])
                return Stop.REACHED
            case PreviousEvent() | PreviousCallback() | PreviousModeSwitch() | PreviousStackSwitch():
                self.tick = max((event.tick for event in events if event.tick < self.tick), default=0)
                return Stop.EVENT
            case ToPosition(text) if text.startswith("event ") and text[6:].isdigit():
                found = [event.tick for event in self._events if event.seq == int(text[6:])]
                if found and found[0] <= self.tick:
                    self.tick = found[0]
                    return Stop.REACHED
        return None

    def _next_stop(self) -> tuple[Stop | None, int]:
        place = phase(self.tick)[1]

        def until(*marks: int) -> int:
            return min((mark - place - 1) % ROUND + 1 for mark in marks)

        match self.goal:
            case StepInto() | StepOver():
                return Stop.STEPPED, 1
            case ToModeSwitch() | ToStackSwitch():
                return Stop.MODE_SWITCH, until(CALLED, ENTERED, RETURNED, BACK)
            case ToCallback():
                return Stop.CALLBACK, until(ENTERED)
            case ToEvent():
                return Stop.EVENT, until(CALLED, ENTERED, RETURNED, BACK)
            case RunTo() | ToPosition():
                return Stop.REACHED, 3
            case _:
                return None, 400

    def pause(self) -> None:
        self.calls.append(("pause",))
        if self.status is Status.SEARCHING:
            self.tick = self._asked_at
        self.stop, self.status, self.goal = Stop.PAUSED, Status.STOPPED, None

    def observe(self, interest: Interest) -> Snapshot:
        self.serial += 1
        happened = len(self._events_now())
        self.furthest = max(self.furthest, tick_now := self.tick)
        events = [event for event in self._events if event.tick <= self.furthest]
        first = min(interest.events_from, self.valid)
        self.valid = 1 << 60
        tick = self.tick
        live = live_stack_at(tick)
        return Snapshot(
            serial=self.serial, status=self.status, stop=self.stop, tick=tick, mode=mode_at(tick),
            registers=self.registers(), previous=self._previous, live_stack=live,
            locked_nesting=int(live is Stack.LOCKED), callback_depth=int(live is Stack.LOCKED), client=1,
            client_kind="32-bit", profile="spec", program="CALLBACK.COM", sentence=self.sentence(), code=code_at(tick),
            stacks=stacks_at(tick), descriptors=descriptors_at(tick) if interest.tables else (),
            callbacks=callbacks_at(tick), vectors=VECTORS if interest.vectors else (),
            memory=self._memory(interest), screen=screen_at(tick), pointer_area=(640, 200),
            breakpoints=tuple(self.stops), events_from=first,
            log=log_of(events, [Moment(e.tick, mode_at(e.tick), depths_at(e.tick)) for e in events]),
            exit_message="",
            at_end=tick_now >= self.furthest, branch=self.branch, happened=happened,
            branches=tuple(replace(row, is_shown=row.number == self.branch) for row in self.branches),
            history=HistoryView(42 << 20, self.budget, 7, self.dropped), comparison=self.comparison(),
            progress=self._searched / self.search_slices if self.status is Status.SEARCHING else 0.0,
            can_go_back=bool(self._jumps), recording=self.recording,
        )  # fmt: skip

    # --- what panes ask through the bridge ---------------------------------------------------------------------------

    def toggle_breakpoint(self, linear: int) -> None:
        self.calls.append(("toggle_breakpoint", linear))
        self._toggle("code", linear, f"linear {linear:08X}")

    def toggle_event_stop(self, kind: str) -> None:
        self.calls.append(("toggle_event_stop", kind))
        self._toggle("event", None, kind)

    def add_watchpoint(self, watch: Watch, use: Use) -> None:
        self.calls.append(("add_watchpoint", watch, use))
        self._add(use.value, watch.linear if isinstance(watch, MemoryWatch) else None, str(watch))

    def _toggle(self, kind: str, linear: int | None, label: str) -> None:
        others = [row for row in self.stops if (row.kind, row.label) != (kind, label)]
        if len(others) == len(self.stops):
            self._add(kind, linear, label)
        else:
            self.stops = others

    def _add(self, kind: str, linear: int | None, label: str) -> None:
        self._last_number += 1
        self.stops.append(BreakpointRow(self._last_number, kind, linear, label, enabled=True, hits=0))

    def enable_stop(self, number: int, on: bool) -> None:
        self.calls.append(("enable_stop", number, on))
        self.stops = [replace(row, enabled=on) if row.number == number else row for row in self.stops]

    def remove_stop(self, number: int) -> None:
        self.calls.append(("remove_stop", number))
        self.stops = [row for row in self.stops if row.number != number]

    def pin(self) -> None:
        self.calls.append(("pin",))
        self.pinned = self.tick

    def unpin(self) -> None:
        self.calls.append(("unpin",))
        self.pinned = None

    def show_branch(self, number: int) -> None:
        self.calls.append(("show_branch", number))
        self.branch = number
        self.valid = 0

    def drop_branch(self, number: int) -> None:
        self.calls.append(("drop_branch", number))
        self.branches = [row for row in self.branches if row.number != number]

    def set_budget(self, size: int) -> None:
        self.calls.append(("set_budget", size))
        self.budget = size

    def save_recording(self, path: str) -> None:
        self.calls.append(("save_recording", path))
        Path(path).write_bytes(b"a recording")

    def set_bookmarks(self, marks: Sequence[tuple[str, str]]) -> None:
        self.calls.append(("set_bookmarks", list(marks)))

    def close(self) -> None:
        self.calls.append(("close",))

    def set_register(self, name: str, value: int) -> None:
        self.calls.append(("set_register", name, value))
        if self.tick < self.furthest:
            old, number = self.branch, len(self.branches)
            self.branches.append(
                BranchRow(number, old, f"tick {self.tick}", f"tick {self.tick + 30}",
                          (f"tick {self.tick}: {name.upper()} := {value:08X}",), 3, is_shown=True)
            )  # fmt: skip
            self.branch, self.furthest, self.valid = number, self.tick, len(self._events_now())
        self.changed[name] = value

    def write_memory(self, linear: int, data: bytes) -> None:
        self.calls.append(("write_memory", linear, data))

    def type_keys(self, text: str) -> None:
        self.calls.append(("type_keys", text))

    def move_mouse(self, x: int, y: int) -> None:
        self.calls.append(("move_mouse", x, y))

    def hold_mouse_buttons(self, buttons: int) -> None:
        self.calls.append(("hold_mouse_buttons", buttons))

    def restart(self) -> None:
        self.calls.append(("restart",))
        self.tick, self.status, self.stop = 0, Status.STOPPED, Stop.STEPPED
        self._previous = registers_at(0)
        self.changed.clear()

    # --- inside ------------------------------------------------------------------------------------------------------

    def comparison(self) -> Comparison | None:
        """The pinned tick beside the present one."""
        if self.pinned is None or self.status not in {Status.STOPPED, Status.ENDED}:
            return None
        found: list[Difference] = []
        then, now = registers_at(self.pinned), self.registers()
        for name in ("eax", "ecx", "esp", "eip", "eflags"):
            before, after = getattr(then, name), getattr(now, name)
            if before != after:
                text = f"{before:08X}", f"{after:08X}"
                found.append(Difference(Part.REGISTERS, name.upper(), *text, None))
        for old, new in zip(stacks_at(self.pinned), stacks_at(self.tick), strict=True):
            known = {slot.linear: slot for slot in old.slots}
            found += [
                Difference(Part.STACKS, f"{new.stack} {slot.address}", "", f"{slot.value:08X}", slot.linear)
                for slot in new.slots
                if slot.linear not in known
            ]
        if self.pinned != self.tick:
            found.append(Difference(Part.MEMORY, "00110000, 4 bytes", "00 01 02 03", "00 01 FF 03", 0x110000))
        return Comparison(f"tick {self.pinned}", self.pinned, 0, tuple(found), left_out=3 if found else 0)

    def registers(self) -> Registers:
        return replace(registers_at(self.tick), **self.changed)

    def sentence(self) -> str:
        place = phase(self.tick)[1]
        if ENTERED <= place < RETURNED:
            return "Real-mode code called callback 0; its handler runs on the locked stack."
        if mode_at(self.tick) is Mode.V86:
            return "The host runs real-mode code for INT 31h AX=0300h."
        return "One instruction of the client was executed."

    def _events_now(self) -> list[Event]:
        if self.tick >= self._events[-1].tick:
            self._events = events_until(min(self.tick, 40_000) + ROUND * 4)
        low, high = 0, len(self._events)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._events[middle].tick <= self.tick else (low, middle)
        return self._events[:low]

    def _memory(self, interest: Interest) -> MemoryView:
        start, length = interest.memory_start, interest.memory_size
        data = bytes((start + index) * 7 & 0xFF for index in range(length))
        state = bytes(2 if index >= length * 7 // 8 else 0 for index in range(length))
        return MemoryView(interest.memory_space, start, start, data, state)


def snapshot_at(tick: int, **changes: Any) -> Snapshot:
    """The story's snapshot at a tick, for tests that need no session."""
    session = FakeSession()
    session.tick = tick
    session._previous = registers_at(max(tick - 1, 0))
    return replace(session.observe(Interest()), **changes)

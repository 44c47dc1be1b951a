"""What a snapshot shows, at places where it is known what there is to see."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from app.debug import narrate
from app.debug.goals import Run, RunTo, StepInto, ToCallback, ToEvent, ToModeSwitch, ToPosition
from app.debug.narrate import sentence
from app.debug.observe import ABSENT, PAST_LIMIT, READABLE
from app.debug.session import Session
from app.debug.snapshot import Interest, Snapshot, Status
from app.emu.address import Far
from app.emu.events import KINDS, Door, Stack
from app.emu.registers import Mode
from tests.debug.sessions import events, picture, session, stack, step_until
from tests.emu.runs import EXIT, SAMPLES, assert_same, com, whole_state
from tests.host.test_events import values

IRETD = b"\xcf"


@pytest.fixture
def in_callback() -> Session:
    """callback.com at the first instruction of its handler, called the second time."""
    here = session("callback.com")
    here.run(ToCallback())
    here.run(ToCallback())
    return here


# Looking changes nothing

INTERESTS = [
    Interest(),
    Interest(code_start=0, code_lines=200),
    Interest(code_start=0xFFFFFFF0, memory_start=0xFFFFFFF0),
    Interest(memory_space="linear", memory_start=0x10FF00, memory_size=4096),
    Interest(memory_space="seg:F000", memory_start=0xFF00),
    Interest(memory_space="sel:0087", memory_start=0xFFFFFF00),
    Interest(memory_space="sel:0000"),
    Interest(memory_space="sel:0010"),
    Interest(memory_space="sel:FFFF"),
    Interest(memory_space="sel:00A7", memory_start=0xF0, stack_slots=4000),
    Interest(tables=False, vectors=False, events_from=1000),
    Interest(stack_slots=0, code_lines=0, memory_size=0),
]


@pytest.mark.parametrize("name", ["callback.com", "nested.com", "exception.com", "timer.com"])
def test_looking_never_changes_the_machine(name: str) -> None:
    here = session(name)
    for goal in (StepInto(), ToModeSwitch(), ToCallback(), ToEvent(frozenset({"exception_raised"})), Run()):
        before = whole_state(here.machine)
        for interest in INTERESTS:
            here.observe(interest)
        assert_same(before, whole_state(here.machine))
        here.run(goal, most=2_000_000)
    assert here.machine.has_ended
    before = whole_state(here.machine)
    here.observe(Interest())
    assert_same(before, whole_state(here.machine))


def test_a_snapshot_is_not_changed_by_what_happens_later(in_callback: Session) -> None:
    shown = picture(in_callback)
    copy = repr(dataclasses.astuple(shown)[:9]), repr(shown.registers), repr(shown.stacks)
    in_callback.run(Run())
    assert (repr(dataclasses.astuple(shown)[:9]), repr(shown.registers), repr(shown.stacks)) == copy


def test_serial_numbers_rise() -> None:
    here = session("hello16.com")
    assert [picture(here).serial for _ in range(3)] == [1, 2, 3]


# The head


def test_the_head_of_a_snapshot_in_a_callback(in_callback: Session) -> None:
    shown = picture(in_callback)
    assert (shown.status, shown.mode, shown.live_stack) == (Status.STOPPED, Mode.PM32, Stack.LOCKED)
    assert (shown.locked_nesting, shown.callback_depth) == (1, 1)
    assert (shown.client, shown.client_kind) == (1, "32-bit")
    assert (shown.program, shown.profile) == ("callback.com", "spec")
    assert "callback 0" in shown.sentence
    assert shown.exit_message == ""
    assert shown.tick == in_callback.machine.tick


def test_the_head_of_a_snapshot_before_and_behind_the_run() -> None:
    here = session("hello16.com")
    shown = picture(here)
    assert (shown.client, shown.client_kind, shown.mode, shown.tick) == (0, "", Mode.V86, 0)
    assert "loaded" in shown.sentence
    here.run(Run())
    shown = picture(here)
    assert shown.status is Status.ENDED
    assert "code 0" in shown.exit_message


def test_the_exit_message_of_a_program_the_host_ended(tmp_path: Path) -> None:
    here = session(com(tmp_path, b"\x0f\x0b"))  # ud2
    here.run(Run())
    assert "invalid opcode" in picture(here).exit_message


# Stacks


def test_four_stacks_are_shown_in_order(in_callback: Session) -> None:
    for view, name in zip(picture(in_callback).stacks, ("application", "locked", "real", "ring0"), strict=True):
        assert view.stack == name
        assert view.exists
        assert view.low <= view.pointer_linear <= view.high
        assert view.depth == view.high - view.pointer_linear
        linears = [slot.linear for slot in view.slots]
        assert linears == sorted(linears)
        if view.slots:
            assert linears[0] == view.pointer_linear
            memory = in_callback.machine.memory
            for slot in view.slots:
                assert slot.value == int.from_bytes(memory.read(slot.linear, slot.width), "little")


def test_only_one_stack_is_in_use(in_callback: Session) -> None:
    assert [view.stack for view in picture(in_callback).stacks if view.in_use] == [Stack.LOCKED]
    in_callback.run(ToModeSwitch())
    assert [view.stack for view in picture(in_callback).stacks if view.in_use] == [Stack.REAL]


def test_the_locked_stack_in_a_callback_holds_the_interrupt_frame(in_callback: Session) -> None:
    view = stack(picture(in_callback), "locked")
    assert (view.nesting, view.depth, view.high - view.low) == (1, 12, 4096)
    (frame,) = view.frames
    assert "interrupt frame" in frame.label
    assert "callback" in frame.label
    assert "host" in frame.pushed_by
    assert (frame.low, frame.high) == (view.pointer_linear, view.high)
    assert [slot.meaning for slot in view.slots] == ["EIP", "CS", "EFLAGS"]
    assert [slot.frame for slot in view.slots] == [0, 0, 0]
    regs = in_callback.machine.regs
    assert (view.pointer.segment, view.pointer.offset) == (regs.ss.selector, regs.esp)


def test_the_real_mode_stack_in_a_callback_holds_the_far_call(in_callback: Session) -> None:
    """[return IP, return CS] and below it in memory order the two words real_code pushed: 10 and 5."""
    view = stack(picture(in_callback), "real")
    entered = events(in_callback, "callback_entered")[-1]
    assert view.pointer[:2] == entered.real_stack[:2]
    frame = next(frame for frame in view.frames if frame.low == view.pointer_linear)
    assert frame.label == "far call"
    assert frame.pushed_by == "program"
    assert [slot.value for slot in view.slots[:4]] == [entered.caller.offset, entered.caller.segment, 10, 5]
    assert str(entered.caller) in view.slots[0].meaning


def test_the_ring_0_stack_points_to_the_stacks_that_were_left(in_callback: Session) -> None:
    """One frame for the running context, one for each that waits: the caller in real mode, the main program."""
    shown = picture(in_callback)
    view, real, application = stack(shown, "ring0"), stack(shown, "real"), stack(shown, "application")
    assert view.nesting == len(view.frames) == 3
    assert "running" in view.frames[0].label
    links = [slot.points_to for slot in view.slots if slot.points_to is not None]
    assert links == [real.pointer_linear, application.pointer_linear]
    for slot in view.slots:
        if slot.points_to is not None:
            assert slot.frame in {1, 2}
            assert slot.meaning.startswith("saved")
    host = in_callback.machine.state.host
    assert view.pointer_linear + view.depth == view.high
    assert [level.frame for level in reversed(host.levels)] == [frame.low for frame in view.frames[1:]]


def test_nested_callbacks_put_a_frame_on_every_stack() -> None:
    here = session("nested.com")
    for depth in (1, 2, 3):
        here.run(ToCallback())
        shown = picture(here)
        locked = stack(shown, "locked")
        assert (shown.callback_depth, locked.nesting) == (depth, depth)
        assert sum("callback entry" in frame.label for frame in locked.frames) == depth
        assert stack(shown, "ring0").nesting == 2 * depth + 1
        assert sum(frame.label == "far call" for frame in stack(shown, "real").frames) == depth
    pointers = [event.real_stack.offset for event in events(here, "callback_entered")]
    assert pointers == sorted(pointers, reverse=True)


def test_the_host_knows_which_stack_it_pushed_on(in_callback: Session) -> None:
    """Coming from V86 mode, where CS says nothing about rings: a frame of another event lay there before."""
    pushed = [mark.stack for mark in in_callback.machine.state.host.marks if "callback entry" in mark.label]
    assert pushed == [Stack.LOCKED]


def test_stacks_that_do_not_exist_yet_say_so() -> None:
    application, locked, real, ring0 = picture(session("hello16.com")).stacks
    assert (application.exists, locked.exists) == (False, False)
    assert real.exists
    assert real.in_use
    assert ring0.exists


# Callbacks


def test_a_callback_row_shows_what_the_handler_changed(in_callback: Session) -> None:
    step_until(in_callback, IRETD)
    (row,) = picture(in_callback).callbacks
    allocated = events(in_callback, "callback_allocated")[0]
    entered = events(in_callback, "callback_entered")[-1]
    assert (row.client, row.slot, row.depth, row.hits) == (1, 0, 1, 2)
    assert (row.real, row.handler, row.structure) == (allocated.real, allocated.handler, allocated.structure)
    assert row.last_caller == entered.caller
    assert row.at_entry is not None
    before, now = dataclasses.asdict(row.at_entry), dataclasses.asdict(row.call)
    changed = {name: (before[name], now[name]) for name in before if before[name] != now[name]}
    assert changed == {
        "eax": (2, 2 * 10 + 5),
        "ip": (allocated.real.offset, entered.caller.offset),
        "cs": (allocated.real.segment, entered.caller.segment),
        "sp": (entered.real_stack.offset, entered.real_stack.offset + 4),
    }


def test_a_callback_row_between_two_calls_is_ready(in_callback: Session) -> None:
    in_callback.run(ToEvent(frozenset({"callback_returned"})))
    (row,) = picture(in_callback).callbacks
    assert (row.depth, row.hits) == (0, 2)
    in_callback.run(ToEvent(frozenset({"callback_freed"})))
    assert picture(in_callback).callbacks == ()


# Tables


def test_descriptors_are_those_in_memory_and_say_who_holds_them(in_callback: Session) -> None:
    shown = picture(in_callback)
    tables = {row.table for row in shown.descriptors}
    assert tables == {"GDT", "LDT", "IDT"}
    regs = in_callback.machine.regs
    for row in shown.descriptors:
        if row.table == "LDT":
            assert row.selector == row.index << 3 | 7
            assert row.raw == row.descriptor.encode()
            assert row.owner
    for name in ("cs", "ds", "es", "ss"):
        (row,) = [row for row in shown.descriptors if name in row.held_by]
        segment = getattr(regs, name)
        assert (row.selector, row.descriptor.base, row.descriptor.limit) == (
            segment.selector, segment.base, segment.limit,
        )  # fmt: skip
    assert sum(row.table == "IDT" for row in shown.descriptors) == 256


def test_vectors_name_their_owners() -> None:
    here = session("timer.com")
    here.run(ToEvent(frozenset({"vector_changed"})), most=2_000_000)
    (changed,) = [event for event in events(here, "vector_changed") if event.table == "protected"][-1:]
    rows = picture(here).vectors
    by_table = {table: [row for row in rows if row.table == table] for table in ("real", "protected", "exception")}
    assert {table: len(found) for table, found in by_table.items()} == {"real": 256, "protected": 256, "exception": 32}
    hooked = by_table["protected"][changed.vector]
    assert (hooked.handler, hooked.owner, hooked.is_default) == (changed.after, "client 1", False)
    assert sum(not row.is_default for row in by_table["protected"]) == 1
    assert by_table["real"][0x21].owner == "DOS"
    assert by_table["real"][0x10].owner == "BIOS"


# Memory


def test_memory_past_a_segments_limit_is_marked() -> None:
    here = session("hello16.com")
    here.run(ToModeSwitch())
    psp = here.machine.regs.es
    assert psp.limit == 0xFF
    view = picture(here, memory_space=f"sel:{psp.selector:04X}", memory_start=0xF0, memory_size=0x20).memory
    assert view.state == bytes([READABLE] * 16 + [PAST_LIMIT] * 16)
    assert view.data[:16] == here.machine.memory.read(psp.base + 0xF0, 16)
    assert view.linear == psp.base + 0xF0
    assert f"{psp.selector:04X}" in view.title
    assert "000000FF" in view.title


def test_memory_without_a_page_is_marked() -> None:
    here = session("hello16.com")
    view = picture(here, memory_start=0x10FFF0, memory_size=0x20).memory
    assert view.state == bytes([READABLE] * 16 + [ABSENT] * 16)
    assert view.data[16:] == bytes(16)
    assert view.title == "linear"


def test_memory_of_a_real_mode_segment() -> None:
    here = session("hello16.com")
    psp = here.machine.regs.es.selector
    view = picture(here, memory_space=f"seg:{psp:04X}", memory_start=0, memory_size=2).memory
    assert view.data == b"\xcd\x20"
    assert view.linear == psp << 4


# Code


def test_the_current_line_is_shown_once_and_names_services(in_callback: Session) -> None:
    here = session("callback.com")
    seen = set()
    for _ in range(140):
        lines = picture(here, code_lines=24).code
        current = [line for line in lines if line.is_current]
        assert len(current) == 1
        assert current[0].linear == here.machine.regs.code_linear
        assert current[0].data == here.machine.memory.read(current[0].linear, len(current[0].data))
        assert [line.linear for line in lines] == sorted({line.linear for line in lines})
        seen.add(current[0].note)
        here.run(StepInto())
    assert "AX=0303h allocate real mode callback" in seen
    assert "host!MODE_SWITCH_ENTRY" in seen
    assert any(note.startswith("host!CALLBACK") for note in seen)
    assert "host!RETURN_FROM_CALLBACK" in seen


def test_code_can_be_shown_from_any_address() -> None:
    here = session("callback.com")
    start = here.machine.regs.code_linear + 3
    lines = picture(here, code_start=start, code_lines=7).code
    assert len(lines) == 7
    assert lines[0].linear == start


# Screen, events, changes


def test_the_screen_shows_what_the_program_wrote() -> None:
    here = session("hello16.com")
    here.run(Run())
    screen = picture(here).screen
    assert (screen.columns, screen.rows, len(screen.cells)) == (80, 25, 4000)
    text = screen.cells[::2].decode("cp437")
    assert here.console.text().decode("cp437").split("\r")[0].strip() in text


def test_events_come_from_where_they_were_asked() -> None:
    here = session("callback.com")
    here.run(Run())
    everything = picture(here).events
    assert [event.seq for event in everything] == list(range(len(here.machine.log)))
    later = picture(here, events_from=100)
    assert (later.events_from, later.events) == (100, everything[100:])
    assert len(later.log) == len(here.machine.log)
    assert picture(here, events_from=10_000).events == ()


def test_previous_registers_are_those_of_the_stop_before(tmp_path: Path) -> None:
    here = session(com(tmp_path, b"\xb8\x34\x12" + EXIT))  # mov ax, 1234h
    here.run(StepInto())
    shown = picture(here)
    assert (shown.previous.ax, shown.registers.ax) == (0, 0x1234)
    here.run(StepInto())
    assert picture(here).previous.ax == 0x1234


# Sentences


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_event_has_a_sentence(name: str) -> None:
    made = values(KINDS[name])
    made |= {"how": "exit", "nature": "hardware", "handled_by": "client", "table": "real", "action": "freed"}
    fields = {field.name for field in dataclasses.fields(KINDS[name])}
    shared: dict[str, Any] = {"seq": 0, "tick": 0, "client": 1}
    event = KINDS[name](**{key: value for key, value in made.items() if key in fields} | shared)
    told = sentence(event)
    assert told.endswith(".")
    assert told[0].isupper() or told[0].isdigit()
    assert "None" not in told
    assert "<" not in told


@pytest.mark.parametrize(
    "interrupt, number, told, listed",
    [
        (0x21, 0x4C, "INT 21h AH=4Ch", "INT 21h 4Ch"),
        (0x21, 0x716C, "INT 21h AX=716Ch", "INT 21h 716Ch"),
        (0x31, 0x0002, "INT 31h AX=0002h", "INT 31h 0002h"),
        (0x33, 0x0003, "INT 33h AX=0003h", "INT 33h 0003h"),
        (0x20, 0x0009, "VMM service 0009h", "VMM 0009h"),
    ],
)
def test_functions_are_as_wide_as_their_register(interrupt: int, number: int, told: str, listed: str) -> None:
    fields: dict[str, Any] = {"interrupt": interrupt, "function": number, "seq": 0, "tick": 0, "client": 1}
    missing = KINDS["unsupported_called"](at=Far(0x1234, 0x5678), **fields)
    assert sentence(missing) == f"{told}, called at 1234:5678, does not exist here."
    assert narrate.brief(missing) == f"{listed} from 1234:5678"
    called = KINDS["service_called"](name="do_it", registers={}, **fields)
    assert told in sentence(called)
    assert narrate.brief(called) == f"{listed} do it"


def test_every_door_mode_and_stack_has_words() -> None:
    assert set(narrate.DOORS) == set(Door)
    assert set(narrate.MODES) == set(Mode)
    assert set(narrate.STACKS) == set(Stack)


def test_a_sentence_tells_every_stop_of_every_event() -> None:
    here = session("nested.com")
    told: list[str] = []
    while not here.machine.has_ended:
        here.run(ToEvent())
        shown: Snapshot = picture(here)
        assert shown.sentence.endswith(".")
        told.append(shown.sentence)
    assert len(set(told)) > 20


def test_a_run_to_a_place_without_events_says_that_nothing_else_ran(tmp_path: Path) -> None:
    here = session(com(tmp_path, b"\x90" * 8 + EXIT))
    here.run(RunTo(here.machine.regs.code_linear + 4))
    assert "own instructions" in picture(here).sentence


def test_whose_the_real_mode_stack_is() -> None:
    """The program's own before there is a client and after a raw switch, the host's in a translated call."""
    of = session("rawswitch.com")
    assert not stack(picture(of), "real").is_hosts
    of.run(ToPosition("end"))
    of.run(ToPosition("mode 2"))
    shown = picture(of)
    assert shown.mode is Mode.V86
    assert not stack(shown, "real").is_hosts
    called = session("callback.com")
    called.run(ToPosition("callback 1"))
    assert stack(picture(called), "real").is_hosts
    assert stack(picture(called), "locked").is_hosts


def test_the_real_mode_stack_while_a_driver_runs() -> None:
    drivers = SAMPLES / "drivers"
    of = session(drivers / "entry86.com", vxds=(str(drivers / "entry.vxd"),))
    of.run(ToCallback())
    view, ring0 = stack(picture(of), "real"), stack(picture(of), "ring0")
    assert view.exists
    assert not view.in_use
    link = next(slot.points_to for slot in ring0.slots if slot.meaning == "Client_ESP")
    assert view.pointer_linear == link
    assert {slot.address.segment for slot in ring0.slots} == {ring0.pointer.segment}


def test_the_application_stack_is_where_the_client_registers_say() -> None:
    """The far return of the call is simulated already: the stack pointer has moved."""
    drivers = SAMPLES / "drivers"
    of = session(drivers / "entrypm.com", vxds=(str(drivers / "entry.vxd"),))
    of.run(ToCallback())
    shown = picture(of)
    link = next(slot.points_to for slot in stack(shown, "ring0").slots if slot.meaning == "Client_ESP")
    assert stack(shown, "application").pointer_linear == link
    assert shown.callback_depth == 1
    assert shown.sentence.startswith("Protected-mode callback 003B:0002 was reached; the driver's procedure")

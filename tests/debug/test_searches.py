"""Who used this? A search finds the step that single steps with an eye on every access would have found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.debug.goals import (
    GoBack,
    LastUse,
    NextUse,
    PreviousStackSwitch,
    Run,
    RunBack,
    StepInto,
    ToCallback,
    ToEvent,
    ToPosition,
    ToStackSwitch,
)
from app.debug.pursuit import current
from app.debug.session import Session
from app.debug.snapshot import Interest, Status, Stop
from app.debug.watches import (
    DepthWatch,
    DescriptorWatch,
    MemoryWatch,
    RegisterWatch,
    SelectorWatch,
    Use,
    VectorWatch,
    Watch,
)
from app.emu.address import Far
from app.emu.cpu.verdict import general_registers, instruction_at, segment_registers
from app.emu.disassembly import effects
from app.emu.events import Stack, VectorChanged
from app.emu.machine import Machine, Place
from app.emu.memory import layout
from app.emu.memory.memory import Memory
from app.emu.registers import SEGMENTS
from tests.debug.sessions import events
from tests.debug.sessions import session as session_on
from tests.emu.programs import parent
from tests.emu.runs import client, com, int31
from tests.guest import build

SAMPLES = ("nested.com", "exception.com", "rawswitch.com")
GENERAL = ("eax", "ebx", "ecx", "esi", "ebp", "eflags", "ds", "es")


# What happened, step by step


@dataclass
class Step:
    """What one step accessed and wrote. Spans are linear (first, size)."""

    place: Place
    reads: list[tuple[int, int]]
    writes: list[tuple[int, int]]
    registers: set[str]
    by_host: bool


def steps(session: Session, monkeypatch: pytest.MonkeyPatch, end: Place) -> Iterator[Step]:
    """Step from here to a place and tell of each step."""
    machine = session.machine
    host: list[tuple[int, int]] = []
    plain = Memory.write

    def write(self: Memory, linear: int, data: bytes) -> None:
        host.append((linear, len(data)))
        plain(self, linear, data)

    monkeypatch.setattr(Memory, "write", write)
    while machine.place < end and not machine.has_ended:
        before, place = machine.regs.copy(), machine.place
        reads, writes = _accesses(machine)
        code = machine.memory.read(before.code_linear, 8)
        told = effects(code, wide=not before.is_v86 and before.cs.is_big)
        host.clear()
        session.history.slice(1)
        executed = machine.tick > place.tick
        if machine.place == place:
            continue
        names = {name for name in GENERAL if getattr(machine.regs, name) != getattr(before, name)}
        if executed and told is not None:
            names |= set(told.writes)
        served = machine.place.turn > place.turn
        writes = (writes if executed else []) + (list(host) if served else [])
        yield Step(place, reads if executed else [], writes, names, served)
    monkeypatch.undo()


def _accesses(machine: Machine) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    regs = machine.regs
    wide = not regs.is_v86 and regs.cs.is_big
    instruction = instruction_at(machine.memory, regs.code_linear, wide=wide)
    found = instruction.accesses(general_registers(regs), big_stack=not regs.is_v86 and regs.ss.is_big)
    segments = segment_registers(regs)
    spans = [(segments[each.segment].base + each.offset & 0xFFFFFFFF, each.size, each.write) for each in found]
    return [each[:2] for each in spans if not each[2]], [each[:2] for each in spans if each[2]]


def overlaps(spans: list[tuple[int, int]], linear: int, size: int) -> bool:
    return any(first < linear + size and linear < first + length for first, length in spans)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_last_writer_is_the_one_single_steps_show(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_on(name)
    session.run(ToPosition("end"))
    end = session.history.branch.end
    session.run(ToPosition("tick 0"))
    seen = list(steps(session, monkeypatch, end))
    # Without the tables: the processor marks descriptors as accessed, which no single step shows.
    tables = range(layout.LDTS, layout.LDTS + layout.LDT_SIZE)
    spans = sorted({span for step in seen for span in step.writes if span[1] <= 8 and span[0] not in tables})
    chosen = spans[:: max(len(spans) // 12, 1)]
    assert len(chosen) >= 10
    for linear, size in chosen:
        session.run(ToPosition("end"))
        expected = next(step.place for step in reversed(seen) if overlaps(step.writes, linear, size))
        assert session.run(LastUse(MemoryWatch(linear, size))) == Stop.FOUND
        assert session.machine.place == expected, (hex(linear), size)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_last_change_of_a_register_is_the_one_single_steps_show(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_on(name)
    session.run(ToPosition("end"))
    end = session.history.branch.end
    session.run(ToPosition("tick 0"))
    seen = list(steps(session, monkeypatch, end))
    for register in GENERAL:
        for position in ("end", f"tick {seen[len(seen) // 2].place.tick}"):
            session.run(ToPosition(position))
            here = session.machine.place
            expected = [step.place for step in seen if register in step.registers and step.place < here]
            stop = session.run(LastUse(RegisterWatch(register)))
            assert stop == (Stop.FOUND if expected else Stop.NOT_FOUND), register
            assert session.machine.place == (expected[-1] if expected else here), register


@pytest.mark.parametrize("name", SAMPLES)
def test_the_next_reader_is_the_one_single_steps_show(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_on(name)
    session.run(ToPosition("end"))
    end = session.history.branch.end
    session.run(ToPosition("tick 0"))
    # Without POPA: what it passes over on the stack (ESP) the engine does not read.
    seen = [step for step in steps(session, monkeypatch, end) if not step.by_host and len(step.reads) < 8]
    spans = sorted({span for step in seen for span in step.reads})
    start = seen[len(seen) // 3]
    found = 0
    for linear, size in spans[:: max(len(spans) // 10, 1)]:
        session.run(ToPosition(f"tick {start.place.tick}"))
        here = session.machine.place
        reads = [step.place for step in seen if step.place > here and overlaps(step.reads, linear, size)]
        stop = session.run(NextUse(MemoryWatch(linear, size), Use.READ))
        if reads:
            found += 1
            assert stop == Stop.FOUND
            assert session.machine.place <= reads[0]  # the host may have read it before
        elif stop == Stop.NOT_FOUND:
            assert session.machine.place == here
    assert found


# From the window's side


def test_a_chain_of_questions_is_returned_from() -> None:
    session = session_on("nested.com")
    session.run(ToPosition("callback 2"))
    asked = [session.machine.place]
    for watch in (RegisterWatch("esi"), RegisterWatch("eax"), RegisterWatch("ecx")):
        assert session.run(LastUse(watch)) == Stop.FOUND
        asked.append(session.machine.place)
    assert session.observe(Interest()).can_go_back
    for place in reversed(asked[:-1]):
        assert session.run(GoBack()) == Stop.REACHED
        assert session.machine.place == place
    session.run(GoBack())  # from the position itself
    assert session.machine.place == Place(0, 0)
    with pytest.raises(ValueError, match="no jump"):
        session.begin(GoBack())


def test_the_answer_names_the_instruction_and_what_it_writes() -> None:
    session = session_on("callback.com")
    session.run(ToPosition("callback 1"))
    structure = session.observe(Interest()).callbacks[0].structure_linear
    session.run(LastUse(MemoryWatch(structure, 4, "EDI in the structure of slot 0")))
    sentence = session.observe(Interest()).sentence
    assert sentence == "The host wrote EDI in the structure of slot 0 last, entered by hlt at F000:1017."
    assert session.machine.regs.is_v86, "the callback's HLT: the host wrote it"
    assert session.run(LastUse(MemoryWatch(0x180000, 4))) == Stop.NOT_FOUND
    assert session.observe(Interest()).sentence.startswith("Nothing writes 00180000, 4 bytes")


@pytest.mark.parametrize(
    "watch, mnemonic",
    [
        (DescriptorWatch(0xB7), "int"),  # a descriptor service
        (SelectorWatch(0xB7), "cmp"),  # the loop that the timer interrupted: the host enters the handler
        (VectorWatch("protected", 0x08), "int"),  # INT 31h AX=0205h
        (VectorWatch("real", 0x21), None),  # DOS set it before the run began
    ],
)
def test_descriptors_selectors_and_vectors_have_writers(watch: Watch, mnemonic: str | None) -> None:
    session = session_on("timer.com")
    session.run(ToPosition("tick 900000"))
    here = session.machine.place
    stop = session.run(LastUse(watch))
    if mnemonic is None:
        assert (stop, session.machine.place) == (Stop.NOT_FOUND, here)
        return
    assert stop == Stop.FOUND
    instruction = current(session.machine)
    assert instruction is not None
    assert instruction.mnemonic == mnemonic


def test_a_vector_set_by_dos_in_protected_mode_has_a_writer(tmp_path: Path) -> None:
    code = bytes.fromhex("BA3412 B86125 CD21 90")  # mov dx, 1234h / mov ax, 2561h / int 21h / nop
    session = session_on(com(tmp_path, client(16, code)))
    assert session.run(ToEvent(frozenset({"vector_changed"}))) == Stop.EVENT
    (changed,) = events(session, "vector_changed")
    assert isinstance(changed, VectorChanged)
    assert (changed.table, changed.vector) == ("protected", 0x61)
    assert changed.after == Far(session.machine.regs.ds.selector, 0x1234)
    session.run(StepInto())
    assert session.run(LastUse(VectorWatch("protected", 0x61))) == Stop.FOUND
    assert session.machine.memory.read(session.machine.regs.code_linear, 2) == b"\xcd\x21"


def test_a_vector_is_the_current_clients() -> None:
    session = session_on(build.BUILT / "child_client_leaves_the_parent_alone-16.com")
    session.run(ToEvent(frozenset({"client_left"})))
    set_vectors = [each for each in events(session, "vector_changed") if isinstance(each, VectorChanged)]
    of_parent, of_child = (
        [each.tick for each in set_vectors if each.client == number and each.vector == 0x66] for number in (1, 2)
    )
    session.run(StepInto())
    assert session.machine.state.host.current.number == 1
    assert of_child[0] > of_parent[-1], "the child set it later"
    assert session.run(LastUse(VectorWatch("protected", 0x66))) == Stop.FOUND
    assert session.machine.tick <= of_parent[-1]
    assert session.machine.memory.read(session.machine.regs.code_linear, 2) == b"\xcd\x31"


@pytest.mark.parametrize(("profile", "stop"), [("spec", Stop.NOT_FOUND), ("dpmi09", Stop.FOUND)])
def test_a_vector_that_all_clients_have_may_be_set_by_another_one(tmp_path: Path, profile: str, stop: Stop) -> None:
    com(tmp_path, client(16, b"\x8c\xc9" + int31(0x0205, bx=0x66, dx=0x100)), "CHILD.COM")  # mov cx, cs
    session = session_on(com(tmp_path, parent(16, b"CHILD.COM")), profile=profile)
    session.run(ToEvent(frozenset({"vector_changed"})))
    session.run(ToEvent(frozenset({"client_left"})))
    session.run(StepInto())
    assert session.run(LastUse(VectorWatch("protected", 0x66))) == stop
    assert (session.machine.state.host.current.number == 2) == (stop == Stop.FOUND)


@pytest.mark.parametrize(
    "watch, name",
    [
        (DepthWatch(Stack.REAL, 1), "real-mode stack deeper than 1 byte"),
        (DepthWatch(Stack.RING0, 72), "host's ring-0 stack deeper than 72 bytes"),
        (MemoryWatch(0x400, 1), "00000400, 1 byte"),
    ],
)
def test_watches_have_names_people_know(watch: Watch, name: str) -> None:
    assert str(watch) == name


def test_what_the_user_wrote_is_found_too(tmp_path: Path) -> None:
    session = session_on("callback.com")
    session.run(ToPosition("callback 1+2"))
    session.write_memory(0x180, b"\x11\x22")
    edited = session.machine.place
    session.run(ToPosition("callback 2"))
    assert session.run(LastUse(MemoryWatch(0x181, 1))) == Stop.FOUND | Stop.EDITED
    assert session.machine.place == edited
    assert session.observe(Interest()).sentence.startswith("You wrote 00000181, 1 byte last")
    session.write_memory(0x84, b"\x12")
    assert session.run(LastUse(VectorWatch("real", 0x21))) == Stop.FOUND | Stop.EDITED
    session.set_register("ebx", 7)
    here = session.machine.place
    assert session.run(LastUse(RegisterWatch("ebx"))) == Stop.FOUND | Stop.EDITED
    assert session.machine.place == here, "the change was made where it is asked for"
    with pytest.raises(ValueError, match="cannot be watched"):
        session.begin(LastUse(RegisterWatch("eip")))
    with pytest.raises(ValueError, match="LDT"):
        session_on("callback.com").begin(LastUse(DescriptorWatch(0xB7)))


def test_a_watchpoint_stops_behind_each_write_and_on_the_way_back_at_each() -> None:
    session = session_on("callback.com")
    session.run(ToPosition("callback 1"))
    structure = session.observe(Interest()).callbacks[0].structure_linear
    session.run(ToPosition("tick 0"))
    session.add_watchpoint(MemoryWatch(structure + 0x1C, 4, "EAX in the structure"), Use.WRITE)
    forward = []
    while (stop := session.run(Run())) is not None and Stop.WATCHPOINT in stop:
        forward.append(session.machine.place)
    assert len(forward) >= 6, "the host fills it at each of three callbacks, and each time the handler changes it"
    row = session.observe(Interest()).breakpoints[0]
    assert (row.kind, row.label, row.hits) == ("write", "EAX in the structure", len(forward))
    for place in reversed(forward):
        assert session.run(RunBack()) == Stop.WATCHPOINT
        assert session.machine.place < place
        session.run(StepInto())
        assert session.machine.place == place
        session.history.step_back()
    assert session.run(RunBack()) == Stop.REACHED
    assert session.machine.place == Place(0, 0)


def test_a_watchpoint_that_is_off_or_gone_stops_nothing() -> None:
    session = session_on("callback.com")
    session.run(ToPosition("callback 1"))
    session.add_watchpoint(RegisterWatch("eax"), Use.WRITE)
    session.enable_stop(1, on=False)
    assert session.run(Run()) == Stop.PROGRAM_ENDED
    session.run(ToPosition("callback 1"))
    session.enable_stop(1, on=True)
    assert session.run(Run()) == Stop.WATCHPOINT
    session.remove_stop(1)
    assert session.run(Run()) == Stop.PROGRAM_ENDED
    assert session.observe(Interest()).breakpoints == ()


def test_kinds_of_events_stop_runs_both_ways() -> None:
    session = session_on("nested.com")
    session.toggle_event_stop("callback_entered")
    forward = []
    while session.run(Run()) == Stop.EVENT:
        forward.append(session.machine.place)
    assert len(forward) == 3
    for place in reversed(forward):
        assert session.run(RunBack()) == Stop.EVENT
        assert session.machine.place == place
    session.toggle_event_stop("callback_entered")
    assert session.run(Run()) == Stop.PROGRAM_ENDED
    with pytest.raises(ValueError, match="no kind of event"):
        session.toggle_event_stop("nonsense")


def test_a_stack_that_grows_deeper_is_noticed() -> None:
    session = session_on("nested.com")
    session.run(ToCallback())
    session.add_watchpoint(DepthWatch(Stack.LOCKED, 40), Use.WRITE)
    assert Stop.WATCHPOINT in (session.run(Run()) or Stop(0))
    locked = next(each for each in session.observe(Interest()).stacks if each.stack is Stack.LOCKED)
    assert locked.depth > 40


def test_stack_switches_are_visited_both_ways() -> None:
    session = session_on("nested.com")
    forward = []
    while session.run(ToStackSwitch()) == Stop.STACK_SWITCH:
        forward.append(session.machine.place)
    for place in reversed(forward):
        assert session.run(PreviousStackSwitch()) == Stop.STACK_SWITCH
        assert session.machine.place == place


def test_a_search_tells_how_far_it_is_and_can_be_given_up() -> None:
    session = session_on("timer.com")
    session.run(ToPosition("end"))
    here = session.machine.place
    session.observe(Interest())
    session.begin(LastUse(MemoryWatch(0x180000, 4)))
    session.advance()
    first = session.observe(Interest())
    assert (first.status, first.tick) == (Status.SEARCHING, here.tick)
    seen = []
    for _ in range(3):
        session.advance()
        seen.append(session.observe(Interest()).progress)
    assert seen == sorted(seen)
    session.pause()
    assert session.machine.place == here
    assert session.observe(Interest()).status is Status.ENDED


def test_a_search_that_fails_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the way back fails as well, it ends at the checkpoint before."""
    session = session_on("callback.com")
    session.run(ToPosition("tick 900"))
    session.history.keep()
    kept = session.machine.place
    session.run(ToPosition("tick 950"))
    session.begin(LastUse(MemoryWatch(0x180000, 4)))
    with monkeypatch.context() as broken:

        def fail(instructions: int) -> int:
            raise RuntimeError("engine broke")

        broken.setattr(session.machine, "slice", fail)
        with pytest.raises(RuntimeError):
            session.advance()
        session.pause()
    assert session.observe(Interest()).status is Status.STOPPED
    assert session.machine.place == kept
    assert session.run(ToPosition("callback 3")) == Stop.REACHED


def test_a_register_that_no_instruction_uses_is_not_found() -> None:
    session = session_on("callback.com")
    session.run(ToPosition("tick 10"))
    here = session.machine.place
    assert session.run(LastUse(RegisterWatch("gs"))) == Stop.NOT_FOUND
    assert session.machine.place == here
    assert {"gs"} <= set(SEGMENTS)


def test_an_interrupt_that_writes_is_told_as_one(tmp_path: Path) -> None:
    session = session_on(com(tmp_path, bytes.fromhex("fb43ebfd")))  # sti / inc bx / jmp to it
    session.run(ToEvent(frozenset({"interrupt_reflected"})))
    asked = session.machine.place
    assert session.run(LastUse(MemoryWatch(session.machine.regs.stack_linear, 2))) == Stop.FOUND
    assert session.machine.place < asked
    assert session.observe(Interest()).sentence.startswith("The host wrote")
    assert "delivered an interrupt" in session.observe(Interest()).sentence

"""The verbs that go to what is known of the run, behind and ahead: each is a search that takes the machine there.

A search returns the reason to rest, with the machine where the verb leads. Where there is no such place it ends at the
start of the run, or, where that would be no answer, where it began.
"""

from __future__ import annotations

from typing import Final

from app.debug.breakpoints import Breakpoints
from app.debug.goals import (
    BackToCaller,
    Goal,
    LastUse,
    NextUse,
    PreviousCallback,
    PreviousEvent,
    PreviousModeSwitch,
    PreviousStackSwitch,
    RunBack,
    StepBack,
    StepBackOver,
)
from app.debug.history import START, History
from app.debug.positions import DISPATCHES, Position, event_of
from app.debug.pursuit import Context, current, on_trap
from app.debug.searching import Search, last_stop, last_use, next_use
from app.debug.snapshot import Stop
from app.debug.watches import Use, Watch
from app.debug.watching import is_told_by, probes_of, was_changed_by
from app.emu.disassembly import LONGEST, Flow, decode
from app.emu.events import ModeSwitched, StackSwitched, VectorChanged
from app.emu.machine import Machine, Place
from app.emu.memory.memory import PageNotPresent
from app.emu.plain_events import Row
from app.emu.probes import Probe
from app.emu.registers import Mode

_ENTERS: Final = (Flow.CALL, Flow.INTERRUPT)
_REACH: Final = (256, 4_096, 32_768)
"""How far back the search for a caller looks, in instructions, one after the other."""


def search(goal: Goal, history: History, stops: Breakpoints) -> Search[Stop] | None:
    """The search a goal asks for; None when the goal lies ahead. Raises `ValueError` for what cannot be searched."""
    match goal:
        case StepBack():
            return _step_back(history)
        case StepBackOver():
            return _step_back_over(history)
        case BackToCaller():
            return _back_to_caller(history)
        case RunBack():
            return _run_back(history, stops)
        case PreviousModeSwitch():
            return _previous(history, frozenset({ModeSwitched.kind}), Stop.MODE_SWITCH)
        case PreviousCallback():
            return _previous(history, DISPATCHES, Stop.CALLBACK)
        case PreviousStackSwitch():
            return _previous(history, frozenset({StackSwitched.kind}), Stop.STACK_SWITCH)
        case PreviousEvent(kinds):
            return _previous(history, kinds, Stop.EVENT)
        case LastUse(watch, use):
            return _last_use(history, watch, use, probes_of(watch, use, history.machine))
        case NextUse(watch, use):
            return _next_use(history, probes_of(watch, use, history.machine))
        case _:
            return None


def place_of(recorded: Row) -> Place:
    """The stop at which an event has just happened."""
    event, moment = recorded
    return START if event.tick == 0 and moment.turn == 0 and event.seq == 0 else Place(moment.tick, moment.turn + 1)


def known(position: Position, history: History) -> Place | None:
    """Where a position is that the run has come to before; None when it is new."""
    if position.kind == "tick":
        place = Place(position.number + position.plus, 0)
        return place if place <= history.branch.end else None
    found = event_of(position, history.events)
    if found is None:
        return None
    place = place_of(found)
    if position.plus:
        place = Place(place.tick + position.plus, 0)
    return place if place <= history.branch.end else None


# The verbs


def go(history: History, place: Place) -> Search[Stop]:
    """To a place of the branch shown."""
    start = history.machine.tick
    for here in history.going(place):
        yield min((here.tick - start) / (place.tick - start + 1), 1.0) if place.tick > start else 0.0
    return Stop.REACHED


def _step_back(history: History) -> Search[Stop]:
    history.step_back()
    yield 1.0
    return Stop.STEPPED


def _last_event(history: History, kinds: frozenset[str]) -> Place | None:
    """The stop of the last event of some kinds (none: any) before here."""
    here = history.machine.place
    places = map(place_of, history.machine.log.save().backwards(kinds))
    return next((place for place in places if place < here), None)


def _previous(history: History, kinds: frozenset[str], stop: Stop) -> Search[Stop]:
    yield from go(history, _last_event(history, kinds) or START)
    return stop


def _run_back(history: History, stops: Breakpoints) -> Search[Stop]:
    """To what would stop a run last: an instruction, the use of something, an event."""
    here = history.machine.place
    event = _last_event(history, stops.kinds) if stops.kinds else None
    place, stop = (event, Stop.EVENT) if event is not None else (START, Stop.REACHED)
    found = (yield from last_use(history, stops.probes, here, place)) if stops.probes else {}
    for probe, used in found.items():
        if used >= place:
            place, stop = used, stops.reason(probe)
    yield from go(history, place)
    return stop


def _step_back_over(history: History) -> Search[Stop]:
    """Back one step; when that lands in something that returned here, back to the instruction that began it."""
    machine = history.machine
    here, context = machine.place, Context(machine)
    candidates = _that_end_at(machine, machine.regs.code_linear)
    if not history.step_back():
        return Stop.STEPPED
    yield 0.0
    stepped = machine.place
    before = current(machine)
    same = context.is_beside(machine)
    returned = before is not None and before.flow is Flow.RETURN
    if same and not returned and not (before is not None and before.flow is Flow.REPEAT):
        return Stop.STEPPED
    history.go(here)
    found = yield from last_stop(history, candidates, context.is_beside)
    yield from go(history, found if found is not None else stepped)
    return Stop.STEPPED


def _that_end_at(machine: Machine, linear: int) -> frozenset[int]:
    """Addresses of calls, INTs and string instructions whose next instruction is at a linear address."""
    regs = machine.regs
    wide = not regs.is_v86 and regs.cs.is_big
    found = set()
    for size in range(1, LONGEST):
        try:
            data = machine.memory.read(linear - size & 0xFFFFFFFF, size)
        except PageNotPresent:
            break
        instruction = decode(data, 0, wide=wide, driver=regs.mode is Mode.RING0)
        if instruction is not None and instruction.size == size and instruction.flow in (*_ENTERS, Flow.REPEAT):
            found.add(linear - size & 0xFFFFFFFF)
    return frozenset(found)


def _back_to_caller(history: History) -> Search[Stop]:
    """Find the innermost call, INT or event that has not returned: by watching the stack on the way here again."""
    machine = history.machine
    here = machine.place
    for distance in _REACH:
        history.go(Place(max(here.tick - distance, 0), 0))
        entered: list[tuple[Place, Context]] = []
        steps = 0
        while machine.place < here:
            while entered and entered[-1][1].is_over(machine):
                entered.pop()
            instruction = current(machine)
            place, context = machine.place, Context(machine)
            levels = len(machine.state.host.levels)
            calls = instruction is not None and instruction.flow in _ENTERS and not on_trap(machine)
            while machine.place == place:
                history.slice(1)
            if calls or len(machine.state.host.levels) > levels:
                entered.append((place, context))
            steps += 1
            if steps % 500 == 0:
                yield steps / distance
        while entered and entered[-1][1].is_over(machine):
            entered.pop()
        if entered:
            yield from go(history, entered[-1][0])
            return Stop.RETURNED
        if distance >= here.tick:
            break
    yield from go(history, here)
    return Stop.NOT_FOUND


# Who used this?


def _last_use(history: History, watch: Watch, use: Use, probes: frozenset[Probe]) -> Search[Stop]:
    """To the instruction that used something last; where it was asked when there is none."""
    machine = history.machine
    here = machine.place
    edited = max(
        (each.place for each in history.branch.inputs if each.place <= here and was_changed_by(probes, each)),
        default=None,
    )
    changes = machine.log.save().backwards({VectorChanged.kind})
    told = next((place_of(each) for each in changes if is_told_by(watch, use, each[0], machine)), None)
    found = (yield from last_use(history, probes, here, edited or START)) if probes else {}
    place = max(found.values(), default=None)
    if told is not None and told <= here:
        history.go(told)
        history.step_back()
        place = max(machine.place, place or START)
    if place is None and edited is not None:
        yield from go(history, edited)
        return Stop.FOUND | Stop.EDITED
    yield from go(history, here if place is None else place)
    return Stop.NOT_FOUND if place is None else Stop.FOUND


def _next_use(history: History, probes: frozenset[Probe]) -> Search[Stop]:
    """To the instruction that uses something next; where it was asked when there is none before the end or a wait."""
    here = history.machine.place
    place = yield from next_use(history, probes)
    yield from go(history, here if place is None else place)
    return Stop.NOT_FOUND if place is None else Stop.FOUND

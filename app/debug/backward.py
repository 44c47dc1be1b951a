"""The verbs that go back. Each is a search: a generator that works in pieces, so that it can be shown and given up.

A search ends with the machine where the verb leads; when there is no such place it ends at the start of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Final

from app.debug.goals import (
    BackToCaller,
    Goal,
    PreviousCallback,
    PreviousEvent,
    PreviousModeSwitch,
    RunBack,
    StepBack,
    StepBackOver,
)
from app.debug.history import History
from app.debug.positions import Position
from app.debug.pursuit import Context, current, on_trap
from app.debug.snapshot import Stop
from app.emu.disassembly import LONGEST, Flow, decode
from app.emu.events import CallbackEntered, Event, ModeSwitched, Moment
from app.emu.machine import Machine, Place
from app.emu.memory.memory import PageNotPresent

Search = Iterator[None]
_ENTERS: Final = (Flow.CALL, Flow.INTERRUPT)
_REACH: Final = (256, 8_192, 131_072)
"""How far back the search for a caller looks, in instructions, one after the other."""
_START: Final = Place(0, 0)


def search(goal: Goal, history: History, breakpoints: frozenset[int]) -> tuple[Search, Stop] | None:
    """The search a goal asks for and the reason to rest it ends with; None when the goal lies ahead."""
    match goal:
        case StepBack():
            return _step_back(history), Stop.STEPPED
        case StepBackOver():
            return _step_back_over(history), Stop.STEPPED
        case BackToCaller():
            return _back_to_caller(history), Stop.RETURNED
        case RunBack():
            return _run_back(history, breakpoints), Stop.BREAKPOINT
        case PreviousModeSwitch():
            return _previous(history, frozenset({ModeSwitched.kind})), Stop.MODE_SWITCH
        case PreviousCallback():
            return _previous(history, frozenset({CallbackEntered.kind})), Stop.CALLBACK
        case PreviousEvent(kinds):
            return _previous(history, kinds), Stop.EVENT
        case _:
            return None


def place_of(recorded: tuple[Event, Moment]) -> Place:
    """The stop at which an event has just happened."""
    event, moment = recorded
    return _START if event.tick == 0 and moment.turn == 0 and event.seq == 0 else Place(moment.tick, moment.turn + 1)


def behind(position: Position, machine: Machine) -> Place | None:
    """Where a position is that the run has passed already; None when it lies ahead."""
    log = machine.log
    if position.kind == "tick":
        place = Place(position.number + position.plus, 0)
        return place if place.tick < machine.tick else None
    if position.kind == "event":
        found = log[position.number] if position.number < len(log) else None
    elif position.kind in ("callback", "mode"):
        kind = CallbackEntered if position.kind == "callback" else ModeSwitched
        hits = (each for each in log.since(0) if isinstance(each[0], kind))
        found = next((each for number, each in enumerate(hits, 1) if number == position.number), None)
    else:
        found = None
    if found is None:
        return None
    place = place_of(found)
    if position.plus:
        place = Place(place.tick + position.plus, 0)
    return place if place <= machine.place else None


# The verbs


def go(history: History, place: Place) -> Search:
    """To a place of the branch shown."""
    for _ in history.going(place):
        yield


def _step_back(history: History) -> Search:
    history.step_back()
    yield


def _previous(history: History, kinds: frozenset[str]) -> Search:
    log, here = history.machine.log, history.machine.place
    target = _START
    for seq in range(len(log) - 1, -1, -1):
        event, moment = log[seq]
        if (not kinds or event.kind in kinds) and (place := place_of((event, moment))) < here:
            target = place
            break
    yield from go(history, target)


def _run_back(history: History, breakpoints: frozenset[int]) -> Search:
    found = yield from _last_hit(history, breakpoints, lambda _: True)
    yield from go(history, found.place if found is not None else _START)


def _step_back_over(history: History) -> Search:
    """Back one step; when that lands in something that returned here, back to the instruction that began it."""
    machine = history.machine
    here, context = machine.place, Context(machine)
    candidates = _that_end_at(machine, machine.regs.code_linear)
    if not history.step_back():
        return
    yield
    stepped = machine.place
    before = current(machine)
    same = context.is_beside(machine)
    returned = before is not None and before.flow is Flow.RETURN
    if same and not returned and not (before is not None and before.flow is Flow.REPEAT):
        return
    history.go(here)
    found = yield from _last_hit(history, candidates, context.is_beside)
    yield from go(history, found.first if found is not None else stepped)


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
        instruction = decode(data, 0, wide=wide)
        if instruction is not None and instruction.size == size and instruction.flow in (*_ENTERS, Flow.REPEAT):
            found.add(linear - size & 0xFFFFFFFF)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Hit:
    """The last place at which an instruction is next, and the first of an unbroken row of them (a REP's start)."""

    place: Place
    first: Place


def _last_hit(
    history: History, addresses: frozenset[int], accept: Callable[[Machine], bool]
) -> Generator[None, None, _Hit | None]:
    """Search backwards from here for the last place one of some addresses is next, checkpoint by checkpoint."""
    machine = history.machine
    end = machine.place
    for start in reversed([kept.place for kept in history.branch.kept if kept.place < end]):
        history.go(start)
        machine.cpu.set_breakpoints(addresses)
        hit: _Hit | None = None
        limit = end
        while machine.place < limit:
            place = machine.place
            at = machine.regs.code_linear
            if at in addresses and accept(machine) and (hit is None or hit.place != place):
                in_row = hit is not None and hit.place.tick == place.tick - 1
                hit = _Hit(place, hit.first if in_row and hit is not None else place)
            history.slice(max(limit.tick - machine.tick, 1))
            yield
        if hit is not None:
            return hit
        end = start
    return None


def _back_to_caller(history: History) -> Search:
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
            if steps % 1000 == 0:
                yield
        while entered and entered[-1][1].is_over(machine):
            entered.pop()
        if entered:
            yield from go(history, entered[-1][0])
            return
        if distance >= here.tick:
            break
    yield from go(history, _START)

"""What checkpoints cost, and which are dropped when they cost too much."""

from __future__ import annotations

from app.debug.goals import Run, ToPosition
from app.debug.history import START, History
from app.debug.launch import CapturedConsole
from app.debug.session import Session
from tests.debug.sessions import session
from tests.emu.runs import SAMPLES, machine


def held(history: History) -> int:
    """Bytes of memory pages all checkpoints hold, each page counted once."""
    checkpoints = [each.checkpoint for branch in history.branches for each in branch.kept]
    pages = {id(page): len(page) for each in checkpoints for page in each.memory.pages if page is not None}
    return sum(pages.values())


def crowded(of: Session, count: int) -> None:
    """Run on, leaving a checkpoint after every few hundred instructions."""
    for _ in range(count):
        of.history._work += 1.0
        of.history.slice(300)


def test_the_size_is_never_less_than_what_the_pages_take() -> None:
    of = session("transfer.com")
    crowded(of, 60)
    assert held(of.history) <= of.history.size
    of.history.go(START)
    of.set_register("ebx", 1)
    crowded(of, 40)
    assert len(of.history.branches) == 2
    assert held(of.history) <= of.history.size


def test_a_smaller_budget_drops_and_every_place_stays_in_reach() -> None:
    of = session("transfer.com")
    crowded(of, 80)
    end, events = of.machine.place, len(of.machine.log)
    before, kept = of.history.size, len(of.history.branch.kept)
    of.set_budget(before // 4)
    history = of.history
    assert history.dropped >= kept // 3
    assert history.size <= before // 4 or len(history.branch.kept) == 2
    assert held(history) <= history.size
    assert history.branch.kept[0].place == START
    for tick in range(0, end.tick, end.tick // 9):
        of.run(ToPosition(f"tick {tick}"))
        assert of.machine.tick == tick
    of.run(ToPosition(f"event {events - 1}"))
    assert len(of.machine.log) >= events


def test_what_is_near_is_kept_denser_than_what_is_far() -> None:
    running = machine(SAMPLES / "timer.com", console=CapturedConsole())
    history = History(running, budget=1 << 40)
    for _ in range(200):
        history._work += 1.0
        history.slice(500)
    history.budget = history.size // 4
    history.stay_within_budget()
    ticks = [each.place.tick for each in history.branch.kept]
    middle = ticks[-1] // 2
    assert sum(tick > middle for tick in ticks) > sum(tick < middle for tick in ticks)


def test_other_branches_give_way_first() -> None:
    of = session("callback.com")
    crowded(of, 10)
    of.run(ToPosition("end"))
    of.run(ToPosition("tick 5"))
    of.set_register("ebx", 1)
    of.run(Run())
    shown = len(of.history.branch.kept)
    others = len(of.history.branches[0].kept)
    assert others > 3
    of.history.budget = of.history.size - 1
    of.history.stay_within_budget()
    assert len(of.history.branch.kept) == shown
    assert len(of.history.branches[0].kept) < others

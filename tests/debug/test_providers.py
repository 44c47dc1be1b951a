"""Resident service providers under the debugger: what the window is shown, and going back over their calls."""

from __future__ import annotations

from app.debug.goals import PreviousEvent, RunBack, StepBack
from app.debug.session import Launch, Run, Session, StepOut, StepOver, ToEvent
from app.debug.snapshot import Interest, Snapshot, Stop
from app.emu.descriptor import Descriptor
from app.emu.events import Door, Stack
from app.emu.registers import Mode
from app.resources import resource

NOTIFIED = ToEvent(frozenset({"resident_provider_notified"}))


def session() -> Session:
    """The provider, and behind it a 32-bit client that runs a 16-bit one."""
    return Session(Launch(str(resource("samples/provider.com")), then=((str(resource("samples/user32.com")),),)))


def look(running: Session) -> Snapshot:
    return running.observe(Interest())


def calls(running: Session) -> list[tuple[int, bool]]:
    return [(row.client, row.has_ended) for row in look(running).providers.told if row.in_progress]


def test_each_call_is_seen_while_it_is_in_progress() -> None:
    running = session()
    assert look(running).providers.procedures == ()
    seen = []
    for _ in range(4):
        running.run(NOTIFIED)
        seen.append(calls(running))
        shown = look(running)
        assert shown.live_stack is Stack.LOCKED
        assert running.machine.state.host.levels[-1].door is Door.RESIDENT_PROVIDER
        row = next(row for row in shown.providers.told if row.in_progress)
        assert shown.registers.ebx == row.client
        assert shown.registers.ds.selector == row.data
        assert (shown.registers.cs.selector, shown.registers.eip) == row.handler[:2]
    assert seen == [[(2, False)], [(3, False)], [(3, True)], [(2, True)]]
    running.run(Run())
    assert [(row.client, row.has_ended) for row in look(running).providers.told] == [(2, True), (3, True)]


def test_both_widths_are_shown_as_they_were_installed() -> None:
    running = session()
    running.run(NOTIFIED)
    narrow, wide = look(running).providers.procedures
    assert (narrow.bits, wide.bits) == (16, 32)
    assert narrow.code == Descriptor(0x10050, 0xFFFF, 0xFB, 0)
    assert wide.code.is_big
    assert wide.linear == wide.code.base + wide.offset
    assert (narrow.is_resident, narrow.clients, narrow.owner) == (True, 1, 1)


def test_going_back_over_calls_shows_what_was_there() -> None:
    running = session()
    places, pictures = [], []
    for _ in range(4):
        running.run(NOTIFIED)
        places.append(running.machine.place)
        pictures.append(look(running).providers)
    running.run(Run())
    back = PreviousEvent(NOTIFIED.kinds)
    for place, picture in zip(reversed(places), reversed(pictures), strict=True):
        running.run(back)
        assert (running.machine.place, look(running).providers) == (place, picture)
    running.run(RunBack())
    assert look(running).providers.procedures == ()


def test_stepping_over_the_entry_runs_the_providers() -> None:
    running = session()
    running.run(NOTIFIED)
    running.run(StepBack())
    running.run(StepBack())
    assert running.machine.regs.is_v86, "in front of the far call"
    behind = running.machine.regs.code_linear + 4
    assert running.run(StepOver()) == Stop.STEPPED
    assert running.machine.regs.code_linear == behind
    assert look(running).mode is Mode.PM16
    assert calls(running) == []


def test_running_until_return_leaves_a_procedure_for_the_client() -> None:
    running = session()
    running.run(NOTIFIED)
    entered = running.machine.tick
    running.run(StepOut())
    assert running.machine.tick > entered
    assert running.machine.regs.cs.selector == 0x97
    assert look(running).live_stack is Stack.APPLICATION

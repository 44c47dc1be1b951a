"""The mouse: reports on IRQ 12, one period apart."""

from __future__ import annotations

from app.emu.devices.mouse import PERIOD, Gesture, Report
from tests.devices.fake_machine import FakeMachine

SLAVE_IMR = 0xA1
IRQ_12 = 0x74


def unmask(machine: FakeMachine) -> None:
    machine.devices.port_out(SLAVE_IMR, 1, 0)


def test_a_movement_is_a_report_with_irq_12(machine: FakeMachine) -> None:
    unmask(machine)
    machine.devices.mouse.do(Gesture(place=(10, 20)))
    machine.run_until(0)
    assert machine.devices.pic.pending() == IRQ_12
    assert machine.devices.mouse.take() == Report(10, 20, 0)
    assert machine.devices.pic.pending() is None
    assert machine.devices.mouse.take() is None


def test_movements_that_wait_are_joined_but_clicks_are_not(machine: FakeMachine) -> None:
    mouse = machine.devices.mouse
    for gesture in (
        Gesture(place=(1, 1)), Gesture(place=(2, 2)), Gesture(press=1), Gesture(place=(3, 3)), Gesture(place=(4, 4)),
        Gesture(release=1), Gesture(press=4),
    ):  # fmt: skip
        mouse.do(gesture)
    reports = []
    while mouse.is_reporting:
        reports.append(mouse.take())
    assert reports == [(2, 2, 0), (2, 2, 1), (4, 4, 1), (4, 4, 0), (4, 4, 4)]


def test_the_next_report_comes_a_period_after_the_last_was_taken(machine: FakeMachine) -> None:
    unmask(machine)
    mouse = machine.devices.mouse
    mouse.do(Gesture(press=1))
    mouse.do(Gesture(release=1))
    machine.run_until(3 * PERIOD)
    mouse.take()
    assert machine.devices.next_due() == 4 * PERIOD
    machine.run_until(4 * PERIOD - 1)
    assert machine.devices.pic.pending() is None
    machine.run_until(4 * PERIOD)
    assert machine.devices.pic.pending() == IRQ_12


def test_what_changes_nothing_is_no_report(machine: FakeMachine) -> None:
    machine.devices.mouse.do(Gesture(place=(0, 0), release=7))
    assert not machine.devices.mouse.is_reporting

"""The coprocessor's error line."""

from __future__ import annotations

from tests.devices.fake_machine import FakeMachine


def test_an_error_is_irq_13_until_port_f0(machine: FakeMachine) -> None:
    machine.devices.coprocessor.error()
    assert machine.devices.pic.pending() == 0x75
    machine.devices.port_out(0xF0, 1, 0)
    assert machine.devices.pic.pending() is None

"""A machine with its BIOS and the drivers installed."""

from __future__ import annotations

import pytest

from tests.devices.fake_machine import FakeMachine


@pytest.fixture
def machine() -> FakeMachine:
    machine = FakeMachine()
    machine.bios.install()
    machine.mouse.install()
    return machine

"""A machine with its BIOS installed."""

from __future__ import annotations

import pytest

from tests.devices.fake_machine import FakeMachine


@pytest.fixture
def machine() -> FakeMachine:
    machine = FakeMachine()
    machine.bios.install()
    return machine

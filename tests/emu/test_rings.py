"""A client gives the host selectors of its handlers and returns: none of them leads to another ring."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.emu.events import ExceptionRaised
from app.emu.host.client import Vector
from app.emu.host.interrupts import jump
from app.emu.memory import layout
from app.emu.registers import Mode
from tests.emu.runs import client, com, forward, machine

BAD = {
    "null": 0,
    "beyond the table": 0xFFFF,
    "ring-0 code": layout.RING0_CODE,
    "ring-0 code with RPL 3": layout.RING0_CODE | 3,
    "ring-0 data": layout.RING0_DATA,
    "drivers' code": layout.VXD_CODE,
    "data": layout.BIOS_DATA | 3,
    "no segment": layout.TSS_SELECTOR,
}


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("selector", BAD.values(), ids=BAD)
def test_a_handler_nowhere_raises_general_protection_in_the_client(tmp_path: Path, bits: int, selector: int) -> None:
    running = forward(machine(com(tmp_path, client(bits, b"\xeb\xfe"))), 10_000)
    assert running.regs.mode is not Mode.V86
    jump(running.state.host, Vector(selector, 0x100))
    assert running.regs.mode in (Mode.PM16, Mode.PM32)
    forward(running, 1000)
    raised = [event for event, _ in running.log.since(0) if isinstance(event, ExceptionRaised)]
    assert [(event.vector, event.client) for event in raised] == [(13, 1)]
    assert running.state.end is not None
    assert running.state.end.how == "terminated"

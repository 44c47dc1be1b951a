"""Drivers of random bytes: whatever they do, the machine goes on or the VM ends with a report."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.emu.machine import Checkpoint, Machine
from app.emu.machine_errors import LoadError
from app.emu.vmm.table import VMM
from tests.emu.runs import fuzz, machine
from tests.vmm.lab import DRIVERS

_REACH = 30_000


@cache
def ready(program: str) -> tuple[Machine, Checkpoint, int]:
    """A program in front of its first call of a driver, and the driver's API procedure."""
    running = machine(DRIVERS / program, vxds=(str(DRIVERS / "entry.vxd"),))
    while not running.state.vmm.breaks.callbacks:
        running.slice(1)
    return running, running.save(), running.state.vmm.devices[0].api(running.memory, pm=program == "entrypm.com")


def run_driver(program: str, code: bytes, *, initialising: bool = False) -> Machine:
    running, checkpoint, procedure = ready(program)
    running.restore(checkpoint)
    running.state.vmm.is_initialised = not initialising
    running.memory.write(procedure, code)
    turns = still = 0
    while running.state.end is None and running.tick < _REACH and turns < 3000:
        clock = running.clock
        running.slice(10_000)
        turns, still = turns + 1, still + 1 if running.clock == clock else 0
        assert still < 300, "neither instructions nor time pass"
    return running


@pytest.mark.parametrize("program", ["entry86.com", "entrypm.com"])
@fuzz(60)
@example(bytes.fromhex("00004df8"))  # leaves garbage beside a segment register
@given(st.binary(min_size=1, max_size=40))
def test_random_code(program: str, code: bytes) -> None:
    run_driver(program, code)


OFFERED: Final = [row.number for row in VMM if row.offered]
INTERESTING: Final = (
    0, 1, 2, 4, 0x10, 0x21, 0x60, 0xFF, 0x300, 0xFFFF, 0x10000, 0x1000D, 0x7F100000, 0x80000400, 0xC0000000, 0xC0340000,
    0xC0340400, 0xC0342000, 0xC0343000, 0xC000FF00, 0xC0500000, 0xC0800000, 0xC0C00000, 0x80080000, 0xFFFFFFFF,
)  # fmt: skip
"""Values for registers and parameters: numbers, handles, addresses of the manager, of drivers, and of nothing."""


@pytest.mark.parametrize("program", ["entry86.com", "entrypm.com"])
@fuzz(100)
@example(1066)  # overwrites the memory chain of DOS
@example(761)  # and ends by INT 20h
@given(st.integers(0, 1 << 32))
def test_random_calls_of_services_with_random_registers(program: str, seed: int) -> None:
    """Every call comes back, ends the VM with a reason, or has the program go on elsewhere: nothing hangs."""
    chosen, code = random.Random(seed), b""
    for _ in range(chosen.randrange(1, 8)):
        for register in chosen.sample(range(8), chosen.randrange(6)):
            if register != 4:
                code += bytes((0xB8 + register,)) + chosen.choice(INTERESTING).to_bytes(4, "little")
        service = chosen.choice(OFFERED)
        pushed = len(VMM[service].pushed)
        for _ in range(pushed):
            code += b"\x68" + chosen.choice(INTERESTING).to_bytes(4, "little")
        code += b"\xcd\x20" + service.to_bytes(2, "little") + b"\1\0"
        code += b"\x83\xc4" + bytes((4 * pushed,)) if chosen.random() < 0.9 else b""
    ended = run_driver(program, code + b"\xc3", initialising=chosen.random() < 0.5)
    assert ended.tick > 0
    if ended.state.vmm.has_crashed:
        assert "ended its VM: " in ended.state.host_message or ended.state.end is not None
    if ended.state.end is not None and ended.state.end.how != "exit":
        assert ended.state.end.message


@fuzz(25)
@given(st.data())
def test_drivers_from_damaged_files(tmp_path: Path, data: st.DataObject) -> None:
    """A file is refused with a reason, or its driver runs or ends its VM with a report. DPMISCOPE_FUZZ: how many."""
    image = bytearray((DRIVERS / data.draw(st.sampled_from(["entry.vxd", "returns.vxd", "later.vxd"]))).read_bytes())
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(image) - 1), st.integers(0, 255)), max_size=8)):
        image[at] = value
    file = tmp_path / "damaged.vxd"
    file.write_bytes(image[: data.draw(st.integers(0, len(image)))] if data.draw(st.booleans()) else image)
    try:
        running = machine(DRIVERS / "entry86.com", vxds=(str(file),))
    except LoadError as refused:
        assert "damaged.vxd" in str(refused)  # noqa: PT017 - most files are fine
        return
    turns = 0
    while running.state.end is None and running.tick < _REACH and turns < 3000:
        running.slice(10_000)
        turns += 1

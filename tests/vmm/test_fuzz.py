"""Drivers of random bytes: whatever they do, the machine goes on or the VM ends with a report."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.emu.machine import Checkpoint, Machine
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


def run_driver(program: str, code: bytes) -> Machine:
    running, checkpoint, procedure = ready(program)
    running.restore(checkpoint)
    running.memory.write(procedure, code)
    turns = 0
    while running.state.end is None and running.tick < _REACH and turns < 3000:
        running.slice(10_000)
        turns += 1
    return running


@pytest.mark.parametrize("program", ["entry86.com", "entrypm.com"])
@fuzz(60)
@example(bytes.fromhex("00004df8"))  # leaves garbage beside a segment register
@given(st.binary(min_size=1, max_size=40))
def test_random_code(program: str, code: bytes) -> None:
    run_driver(program, code)


@pytest.mark.parametrize("program", ["entry86.com", "entrypm.com"])
@fuzz(100)
@example(1066)  # overwrites the memory chain of DOS
@given(st.integers(0, 1 << 32))
def test_random_calls_of_services_with_random_registers(program: str, seed: int) -> None:
    chosen, code = random.Random(seed), b""
    services = [*range(0x0E), 0x1A, 0x1B, 0x1C, *range(0x41, 0x4F), *range(0x82, 0x8F), 0x91, 0x92, 0x93, 0x146]
    interesting = [0, 1, 0x21, 0x60, 0xFF, 0xFFFF, 0x10000, 0xC0340000, 0xC0342000, 0xC000FF00, 0xFFFFFFFF]
    for _ in range(chosen.randrange(1, 8)):
        for register in chosen.sample(range(8), chosen.randrange(3)):
            if register != 4:
                code += bytes((0xB8 + register,)) + chosen.choice(interesting).to_bytes(4, "little")
        code += b"\xcd\x20" + chosen.choice(services).to_bytes(2, "little") + b"\1\0"
    run_driver(program, code + b"\xc3")

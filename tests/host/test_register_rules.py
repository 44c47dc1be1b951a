"""The general rules for INT 31h: a service changes its outputs and nothing else (reference, G1 to G6).

Each function is called many times with registers of all kinds, in a client of either width.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.events import ExceptionRaised, ServiceReturned
from app.emu.host import failures
from app.emu.int31.dispatch import call_int31
from app.emu.int31.table import INT31
from app.emu.machine import Checkpoint, Machine
from app.emu.registers import GENERAL, SEGMENTS, Byte, Flag, Full, Low, Pair, Pointer, Registers
from app.emu.services import Service, ServiceFailed
from tests.emu.runs import client, com, forward, fuzz, machine

LEAVES = (0x0300, 0x0301, 0x0302, 0x0C01)
"""They go on in real mode, or end the client."""
LOADS_ES = (0x0A00,)
FREES_SELECTORS = (0x0001, 0x0101, 0x0102)
FUNCTIONS = [row for row in INT31 if row.number not in LEAVES]
CODES = {
    0x8001, 0x8002, 0x8003, 0x8004, 0x8005, 0x8010, 0x8011, 0x8012, 0x8013, 0x8014, 0x8015, 0x8016, 0x8017, 0x8018,
    0x8019, 0x8021, 0x8022, 0x8023, 0x8024, 0x8025, 0x8026,
}  # fmt: skip
"""Reference, 2.0."""

Client = tuple[Machine, Checkpoint]


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Client]:
    """A client of each width behind its first INT 31h."""
    folder, ready = tmp_path_factory.mktemp("clients"), {}
    for bits in (16, 32):
        running = forward(machine(com(folder, client(bits, b"\xcd\x31"), f"C{bits}.COM")), 0)
        while running.state.host.client is None:
            running.slice(1)
        running.regs.eip += 2
        ready[bits] = (running, running.save())
    return ready


small = st.integers(0, 0x30)
selectors = st.sampled_from([0, 4, 7, 0x57, 0x7F, 0x84, 0x87, 0x8F, 0x97, 0x9F, 0xA7, 0xFFFF])
values = st.one_of(
    small, selectors, st.sampled_from([0x1000, 0x10000, 0x400000, 0x7FFFF000, 0xFFFFF000]), st.integers(0, 0xFFFFFFFF)
)


def outputs(row: Service, regs: Registers, *, failed: bool) -> set[str]:
    """The registers a call may have changed."""
    names = {"eax"} if failed else set()
    for view in row.gives.values():
        match view:
            case Low(name):
                names.add("e" + name)
            case Full(name):
                names.add(name)
            case Byte(name):
                names.add(f"e{name[0]}x")
            case Pair(high, low):
                names |= {"e" + high, "e" + low}
            case Pointer(segment, offset):
                names |= {"e" + segment, "e" + offset}
    if failed and row.number in (0x0100, 0x0102):
        names.add("ebx")  # the largest block
    if failed and row.number in (0x000E, 0x000F, 0x0507):
        names.add("ecx")  # how many were done
    if row.number in LOADS_ES and not failed:
        names |= {"es", "edi"}
    return names


def halves(row: Service, *, failed: bool) -> set[str]:
    """Those of them whose high half has to stay."""
    narrow = {"eax"} if failed else set()
    for view in row.gives.values():
        match view:
            case Low(name):
                narrow.add("e" + name)
            case Byte(name):
                narrow.add(f"e{name[0]}x")
            case Pair(high, low):
                narrow |= {"e" + high, "e" + low}
    return narrow


@pytest.mark.parametrize("bits", [16, 32])
@given(data=st.data())
@fuzz(6)
def test_a_service_changes_its_outputs_only(clients: dict[int, Client], bits: int, data: st.DataObject) -> None:
    running, saved = clients[bits]
    for row in FUNCTIONS:
        running.restore(saved)
        regs = running.regs
        for name in GENERAL:
            if name != "esp":
                setattr(regs, name, data.draw(values))
        regs.set_low("ax", row.number)
        regs.eflags |= data.draw(st.sampled_from([0, Flag.CF, Flag.DF | Flag.ZF | Flag.OF]))
        before = regs.copy()
        call_int31(running.state.host)
        events = [event for event, _ in running.log.since(len(running.log) - 8)]
        if running.state.waiting or any(isinstance(event, ExceptionRaised) for event in events) or regs.is_v86:
            continue  # a bad pointer: the client's exception; or the client has ended by it
        done = next(event for event in reversed(events) if isinstance(event, ServiceReturned))
        where = f"{row.number:04X}h in a {bits}-bit client"
        assert done.function == row.number
        assert done.carry == bool(regs.eflags & Flag.CF), where
        assert regs.eflags & ~Flag.CF & ~Flag.IF == before.eflags & ~Flag.CF & ~Flag.IF, where
        if row.number & 0xFF00 != 0x0900:
            assert regs.interrupts_on == before.interrupts_on, where
        if done.carry:
            assert regs.ax in CODES or regs.ax < 0x8000, where
            assert done.error == regs.ax
        changed = {name for name in (*GENERAL, "eip") if getattr(regs, name) != getattr(before, name)}
        assert changed <= outputs(row, regs, failed=done.carry), where
        for name in changed & halves(row, failed=done.carry):
            assert getattr(regs, name) >> 16 == getattr(before, name) >> 16, f"{where}: the high half of {name}"
        if row.number not in FREES_SELECTORS:
            moved = {name for name in SEGMENTS if getattr(regs, name).selector != getattr(before, name).selector}
            assert moved <= outputs(row, regs, failed=done.carry), where


def test_every_code_a_service_gives_is_in_the_specification() -> None:
    ours = {each.code for each in vars(failures).values() if isinstance(each, type) and issubclass(each, ServiceFailed)
            and hasattr(each, "code")}  # fmt: skip
    assert ours <= CODES

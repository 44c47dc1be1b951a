"""Version, time, country, DOS's own variables, and the interrupts beside INT 21h."""

from __future__ import annotations

import pytest

from app.emu.devices.clock import RATE
from app.emu.dos.data_area import LIST_OF_LISTS
from app.emu.machine_errors import NotYet
from tests.dos.fake_machine import FakeMachine


def test_version(machine: FakeMachine) -> None:
    regs = machine.int21(0x3000)
    assert (regs.ax, regs.low("bx"), regs.low("cx")) == (5, 0, 0)


def test_time_runs_with_the_machine(machine: FakeMachine) -> None:
    machine.clock = RATE * 3661 + RATE // 4
    regs = machine.int21(0x2C00)
    assert (regs.low("cx"), regs.low("dx")) == (0x0D01, 0x0119)
    regs = machine.int21(0x2A00)
    assert (regs.al, regs.low("cx"), regs.low("dx")) == (6, 1994, 0x0101)


def test_time_can_be_set(machine: FakeMachine) -> None:
    assert machine.int21(0x2B00, cx=1999, dx=0x0C1F).al == 0
    assert machine.int21(0x2D00, cx=0x173B, dx=0x3B00).al == 0
    machine.clock += RATE * 2
    regs = machine.int21(0x2A00)
    assert (regs.low("cx"), regs.low("dx")) == (2000, 0x0101)
    assert machine.int21(0x2C00).low("dx") == 0x0100


@pytest.mark.parametrize(
    "date", [(1979, 0x0101), (1995, 0x021D), (1995, 0x0D01), (1995, 0x0100), (2100, 0x0101), (50043, 0x0101)]
)
def test_impossible_dates_are_refused(machine: FakeMachine, date: tuple[int, int]) -> None:
    assert machine.int21(0x2B00, cx=date[0], dx=date[1]).al == 0xFF
    assert machine.int21(0x2A00).low("cx") == 1994


def test_impossible_time_is_refused(machine: FakeMachine) -> None:
    assert machine.int21(0x2D00, cx=0x1800, dx=0).al == 0xFF


def test_in_dos_flag_is_set_while_waiting(machine: FakeMachine) -> None:
    regs = machine.int21(0x3400)
    address = (regs.es.selector << 4) + regs.low("bx")
    assert machine.memory.read_u8(address) == 0
    with pytest.raises(NotYet):
        machine.int21(0x0700)
    assert machine.memory.read_u8(address) == 1
    machine.bios.type("x")
    machine.trap()
    assert machine.memory.read_u8(address) == 0


def test_list_of_lists_leads_to_the_first_memory_block(machine: FakeMachine) -> None:
    regs = machine.int21(0x5200)
    address = (regs.es.selector << 4) + regs.low("bx")
    assert address == LIST_OF_LISTS.real_linear
    assert machine.memory.read_u8(machine.memory.read_u16(address - 2) << 4) == ord("M")
    assert machine.memory.read(address + 0x2C, 8) == b"NUL     "


def test_country(machine: FakeMachine) -> None:
    at = machine.put(bytes(64), 0x3000)
    assert machine.int21(0x3800, **at).low("bx") == 1
    assert machine.memory.read((at["ds"] << 4) + 0x3000, 11) == b"\0\0$\0\0\0\0,\0.\0"
    assert machine.int21(0x3831, **at).ax == 2
    machine.int21(0x6501, es=at["ds"], di=0x3000, cx=64, bx=0xFFFF, dx=0xFFFF)
    assert machine.memory.read((at["ds"] << 4) + 0x3000, 7) == b"\x01\x26\0\x01\0\xb5\x01"


def test_upper_case(machine: FakeMachine) -> None:
    assert machine.int21(0x6520, dx=ord("q")).low("dx") == ord("Q")
    at = machine.put(b"abc\x81\0")
    machine.int21(0x6522, **at)
    assert machine.memory.read((at["ds"] << 4) + at["dx"], 4) == b"ABC\x9a"


def test_parse_name(machine: FakeMachine) -> None:
    at = machine.put(b"  c:foo*.t rest\r")
    psp = machine.dos.current_psp
    regs = machine.int21(0x2901, ds=psp, si=at["dx"], es=psp, di=0x3000)
    assert regs.al == 1
    assert machine.memory.read((psp << 4) + 0x3000, 12) == b"\x03FOO?????T  "
    assert regs.low("si") == at["dx"] + 10


def test_break_flag_and_small_answers(machine: FakeMachine) -> None:
    machine.int21(0x3301, dx=1)
    assert machine.int21(0x3300, dx=0).low("dx") == 1
    assert machine.int21(0x3306).low("bx") == 5
    assert machine.int21(0x0E00, dx=2).al == 3
    assert machine.int21(0x3600, dx=0).ax == 64
    assert machine.int21(0x3600, dx=1).ax == 0xFFFF
    assert machine.int21(0x6601).low("bx") == 437
    machine.int21(0x2E01)
    assert machine.int21(0x5400).al == 1


@pytest.mark.parametrize("letter, answer", [("y", 1), ("N", 0), ("x", 2)])
def test_letters_mean_yes_and_no(machine: FakeMachine, letter: str, answer: int) -> None:
    assert machine.int21(0x6523, dx=ord(letter)).ax == answer


def test_file_names_become_upper_case(machine: FakeMachine) -> None:
    at = machine.put(b"read.me\0", 0x3000)
    machine.int21(0x65A2, **at)
    assert machine.memory.read((at["ds"] << 4) + 0x3000, 8) == b"READ.ME\0"


@pytest.mark.parametrize("function", [0x18, 0x1D, 0x1E, 0x20, 0x61, 0x6B])
def test_reserved_functions_do_nothing(machine: FakeMachine, function: int) -> None:
    assert machine.int21(function << 8 | 0x42).al == 0
    assert not machine.of_kind("UnsupportedCalled")


@pytest.mark.parametrize("function, drive", [(0x1B, 9), (0x1C, 0), (0x1C, 3)])
def test_allocation_is_that_of_free_space(machine: FakeMachine, function: int, drive: int) -> None:
    regs = machine.int21(function << 8, dx=drive)
    assert (regs.al, regs.low("cx"), regs.low("dx")) == (64, 512, 32768)
    assert machine.memory.read_u8((regs.ds.selector << 4) + regs.low("bx")) == 0xF8


def test_allocation_of_no_drive(machine: FakeMachine) -> None:
    assert machine.int21(0x1C00, dx=1).al == 0xFF


def test_multiplex_asks_host_and_driver(machine: FakeMachine) -> None:
    assert machine.interrupt(0x2F, ax=0x1687).ax == 0x1687
    assert machine.xms.asked == 0
    machine.interrupt(0x2F, ax=0x4310)
    assert machine.xms.asked == 1
    assert machine.interrupt(0x2F, ax=0x4A01).low("di") == 0xFFFF


def test_fast_putchar_is_on_the_screen_only(machine: FakeMachine) -> None:
    machine.interrupt(0x29, ax=ord("!"))
    assert (machine.bios.screen, machine.written[1]) == (b"!", b"")


def test_idle_and_network_do_nothing(machine: FakeMachine) -> None:
    for vector in (0x28, 0x2A):
        address = machine.memory.read_u32(vector * 4)
        assert machine.memory.read_u8((address >> 16 << 4) + (address & 0xFFFF)) == 0xCF


@pytest.mark.parametrize("vector", [0x25, 0x26])
def test_absolute_disk_calls_fail_and_are_told(machine: FakeMachine, vector: int) -> None:
    assert machine.interrupt(vector, ax=0x0002).ax == 0x8002
    assert [event["interrupt"] for event in machine.of_kind("UnsupportedCalled")] == [vector]

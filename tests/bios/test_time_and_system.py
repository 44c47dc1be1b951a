"""The time services, and the small interrupts."""

from __future__ import annotations

import pytest

from app.emu.bios.time_of_day import START_TICKS, TICKS_PER_DAY
from app.emu.devices.clock import RATE
from app.emu.machine_errors import NotYet
from app.emu.registers import Flag, Registers
from tests.devices.fake_machine import FakeMachine


def failed(regs: Registers) -> bool:
    return bool(regs.eflags & Flag.CF)


def test_ticks_start_at_noon_and_count(machine: FakeMachine) -> None:
    assert START_TICKS == 43200 * 1193182 // 65536
    machine.bios.timer_tick()
    regs = machine.call(0x1A, 0x0000)
    assert regs.low("cx") << 16 | regs.low("dx") == START_TICKS + 1
    assert regs.al == 0


def test_midnight_is_told_once(machine: FakeMachine) -> None:
    machine.call(0x1A, 0x0100, cx=TICKS_PER_DAY - 1 >> 16, dx=TICKS_PER_DAY - 1 & 0xFFFF)
    machine.bios.timer_tick()
    regs = machine.call(0x1A, 0x0000)
    assert (regs.al, regs.low("cx"), regs.low("dx")) == (1, 0, 0)
    assert machine.call(0x1A, 0x0000).al == 0


def test_date_and_time_are_bcd(machine: FakeMachine) -> None:
    machine.clock = (3600 * 11 + 60 * 47 + 39) * RATE
    regs = machine.call(0x1A, 0x0200)
    assert (regs.low("cx"), regs.low("dx")) == (0x2347, 0x3900)
    machine.clock = 86400 * 58 * RATE
    regs = machine.call(0x1A, 0x0400)
    assert (regs.low("cx"), regs.low("dx")) == (0x1994, 0x0228)


def test_date_and_time_are_set(machine: FakeMachine) -> None:
    assert not failed(machine.call(0x1A, 0x0300, cx=0x2359, dx=0x5800))
    assert not failed(machine.call(0x1A, 0x0500, cx=0x1999, dx=0x1231))
    machine.clock += 2 * RATE
    assert machine.call(0x1A, 0x0400).low("cx") == 0x2000
    assert machine.call(0x1A, 0x0200).low("cx") == 0
    assert failed(machine.call(0x1A, 0x0500, cx=0x1999, dx=0x0231))
    assert failed(machine.call(0x1A, 0x0300, cx=0x2500, dx=0))


def test_alarm_is_set_once_and_reset(machine: FakeMachine) -> None:
    assert not failed(machine.call(0x1A, 0x0600, cx=0x1201, dx=0x0000))
    assert failed(machine.call(0x1A, 0x0600, cx=0x1202, dx=0x0000))
    machine.run_until(60 * RATE)
    machine.bios.clock_interrupt()
    assert failed(machine.regs), "CF tells the ROM to issue INT 4Ah"
    machine.call(0x1A, 0x0700)
    assert not failed(machine.call(0x1A, 0x0600, cx=0x1202, dx=0x0000))


def test_equipment_and_memory(machine: FakeMachine) -> None:
    assert machine.call(0x11, 0).ax == 0x0022
    assert machine.call(0x12, 0).ax == 640
    assert machine.call(0x15, 0x8800).ax == 0


def test_there_are_no_disks_ports_and_printers(machine: FakeMachine) -> None:
    regs = machine.call(0x13, 0x0201, cx=1, dx=0x80)
    assert failed(regs)
    assert regs.ah == 1
    assert machine.call(0x13, 0x0100).ah == 1
    assert not failed(machine.call(0x13, 0x0000))
    assert machine.call(0x13, 0x1500, dx=0x80).ah == 0
    assert failed(machine.call(0x13, 0x0800, dx=0x80))
    assert machine.call(0x14, 0x0300).ah == 0x80
    assert machine.call(0x17, 0x0200).ah == 0x01


def test_wait_takes_its_time(machine: FakeMachine) -> None:
    with pytest.raises(NotYet):
        machine.call(0x15, 0x8600, cx=0x0000, dx=0x4000)
    until = 0x4000 * RATE // 1_000_000
    assert until == machine.devices.next_due()
    machine.clock = until - 1
    with pytest.raises(NotYet):
        machine.call(0x15, 0x8600)
    machine.clock = until
    assert not failed(machine.call(0x15, 0x8600))


def test_a_second_wait_is_refused_while_one_is_in_progress(machine: FakeMachine) -> None:
    with pytest.raises(NotYet):
        machine.call(0x15, 0x8600, cx=1, dx=0)
    machine.regs.esp -= 6
    regs = machine.call(0x15, 0x8600, cx=1, dx=0)
    assert failed(regs)
    assert regs.ah == 0x83


def test_system_table(machine: FakeMachine) -> None:
    regs = machine.call(0x15, 0xC000)
    table = machine.memory.read(regs.es.base + regs.low("bx"), 10)
    assert (table[0], table[2], table[5]) == (8, 0xFC, 0x70)
    assert machine.memory.read_u8(0xFFFFE) == 0xFC


def test_a20_services(machine: FakeMachine) -> None:
    machine.call(0x15, 0x2400)
    assert machine.call(0x15, 0x2402).ax == 0
    machine.call(0x15, 0x2401)
    assert machine.call(0x15, 0x2402).ax == 1
    assert machine.call(0x15, 0x2403).low("bx") == 3


@pytest.mark.parametrize("function", [0x4100, 0x8700, 0x8900, 0xC100, 0xE801, 0xE820, 0x24FF])
def test_functions_an_at_lacks_fail_with_86h_and_are_reported(machine: FakeMachine, function: int) -> None:
    regs = machine.call(0x15, function)
    assert failed(regs)
    assert regs.ah == 0x86
    assert machine.events[-1][0] == "UnsupportedCalled"


def test_a_disk_function_there_is_not_is_an_invalid_command(machine: FakeMachine) -> None:
    regs = machine.call(0x13, 0x4100)
    assert failed(regs)
    assert regs.ah == 0x01
    assert machine.events[-1][0] == "UnsupportedCalled"


def test_key_intercept_lets_the_key_through(machine: FakeMachine) -> None:
    machine.regs.set_flag(Flag.CF, on=True)
    regs = machine.call(0x15, 0x4F1E)
    assert failed(regs)
    assert regs.ax == 0x4F1E


def test_restarts_end_the_run(machine: FakeMachine) -> None:
    machine.bios.int18()
    machine.bios.int19()
    assert len(machine.ended) == 2

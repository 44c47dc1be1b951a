"""The clock chip: time by the clock, its formats, its interrupts."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.emu.devices.clock import RATE
from app.emu.devices.cmos import START, bcd, from_bcd
from tests.devices.fake_machine import FakeMachine

IRQ_8 = 0x70


def read(machine: FakeMachine, register: int) -> int:
    machine.devices.port_out(0x70, 1, register)
    return machine.devices.port_in(0x71, 1)


def write(machine: FakeMachine, register: int, value: int) -> None:
    machine.devices.port_out(0x70, 1, register)
    machine.devices.port_out(0x71, 1, value)


def shown(machine: FakeMachine) -> list[int]:
    return [read(machine, register) for register in (0x32, 9, 8, 7, 4, 2, 0)]


def allow_irq_8(machine: FakeMachine, enable: int) -> None:
    machine.devices.port_out(0xA1, 1, 0)
    write(machine, 0x0B, 0x02 | enable)


def interrupts(machine: FakeMachine, until: int) -> list[int]:
    devices, moments = machine.devices, []
    machine.devices.port_out(0x21, 1, 0xFB)
    while (due := devices.next_due()) <= until:
        machine.clock = due
        devices.advance(due)
        if devices.pic.pending() == IRQ_8:
            devices.pic.acknowledge()
            devices.port_out(0xA0, 1, 0x20)
            devices.port_out(0x20, 1, 0x20)
            read(machine, 0x0C)
            moments.append(due)
    return moments


def test_time_starts_fixed_and_runs_with_the_clock(machine: FakeMachine) -> None:
    assert shown(machine) == [0x19, 0x94, 0x01, 0x01, 0x12, 0x00, 0x00]
    machine.clock = (86400 + 59) * RATE + RATE // 2
    assert shown(machine) == [0x19, 0x94, 0x01, 0x02, 0x12, 0x00, 0x59]
    assert read(machine, 6) == 1, "2 January 1994 was a Sunday"


@given(st.integers(0, 99))
def test_bcd_and_back(value: int) -> None:
    assert f"{value:02}" == f"{bcd(value):02x}"
    assert value == from_bcd(bcd(value))


def test_binary_and_twelve_hours(machine: FakeMachine) -> None:
    write(machine, 0x0B, 0x04)
    machine.clock = 37 * RATE
    assert [read(machine, 4), read(machine, 0)] == [0x8C, 37]
    machine.clock = 13 * 3600 * RATE
    assert read(machine, 4) == 1


def test_setting_the_time_while_the_clock_is_stopped(machine: FakeMachine) -> None:
    write(machine, 0x0B, 0x82)
    for register, value in ((7, 0x31), (8, 0x12), (9, 0x99), (4, 0x23), (2, 0x59), (0, 0x58)):
        write(machine, register, value)
    machine.clock = 10 * RATE
    assert shown(machine) == [0x19, 0x99, 0x12, 0x31, 0x23, 0x59, 0x58]
    write(machine, 0x0B, 0x02)
    machine.clock = 12 * RATE
    assert shown(machine) == [0x20, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00]


def test_impossible_dates_become_possible(machine: FakeMachine) -> None:
    write(machine, 8, 0x02)
    write(machine, 7, 0x31)
    assert [read(machine, 8), read(machine, 7)] == [0x02, 0x28]


def test_update_in_progress_announces_the_next_second(machine: FakeMachine) -> None:
    machine.clock = RATE - RATE // 1000
    assert read(machine, 0x0A) & 0x80
    machine.clock = RATE
    assert not read(machine, 0x0A) & 0x80


def test_periodic_interrupt_has_the_selected_rate(machine: FakeMachine) -> None:
    allow_irq_8(machine, 0x40)
    moments = interrupts(machine, RATE)
    assert len(moments) == 1024
    assert moments[-1] == RATE


def test_update_interrupt_comes_every_second(machine: FakeMachine) -> None:
    allow_irq_8(machine, 0x10)
    assert interrupts(machine, 3 * RATE) == [RATE, 2 * RATE, 3 * RATE]


def test_alarm_rings_at_its_time(machine: FakeMachine) -> None:
    for register, value in ((5, 0x12), (3, 0x01), (1, 0x05)):
        write(machine, register, value)
    allow_irq_8(machine, 0x20)
    assert interrupts(machine, 300 * RATE) == [65 * RATE]


def test_alarm_with_any_minute(machine: FakeMachine) -> None:
    for register, value in ((5, 0xFF), (3, 0xFF), (1, 0x30)):
        write(machine, register, value)
    allow_irq_8(machine, 0x20)
    assert interrupts(machine, 100 * RATE) == [30 * RATE, 90 * RATE]


def test_no_more_interrupts_until_register_c_is_read(machine: FakeMachine) -> None:
    allow_irq_8(machine, 0x10)
    machine.run_until(3 * RATE)
    assert read(machine, 0x0C) & 0x90 == 0x90
    assert read(machine, 0x0C) == 0


def test_memory_sizes_and_plain_memory(machine: FakeMachine) -> None:
    assert read(machine, 0x15) | read(machine, 0x16) << 8 == 640
    assert [read(machine, register) for register in (0x17, 0x30)] == [0, 0]
    assert read(machine, 0x0D) == 0x80
    write(machine, 0x40, 0x5A)
    assert read(machine, 0x40) == 0x5A


@pytest.mark.parametrize("clock", [0, RATE - 1, 86400 * RATE])
def test_now_is_a_function_of_the_clock(machine: FakeMachine, clock: int) -> None:
    machine.clock = clock
    assert START.replace(day=1 + clock // (86400 * RATE)) == machine.devices.cmos.now
    assert isinstance(machine.devices.cmos.now, datetime)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3 * RATE), max_size=10), st.sampled_from([0x40, 0x10, 0x50, 0x20]))
def test_asking_often_changes_nothing(stops: list[int], enable: int) -> None:
    results = []
    for visits in (sorted(stops), []):
        machine = FakeMachine()
        allow_irq_8(machine, enable)
        for machine.clock in [*visits, 3 * RATE]:
            machine.devices.advance(machine.clock)
        results.append((machine.devices.next_due(), machine.devices.pic.pending(), read(machine, 0x0C)))
    assert results[0] == results[1]

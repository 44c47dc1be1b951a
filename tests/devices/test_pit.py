"""The interval timer: exact rates, counts as programs read them, the speaker channel."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.emu.devices.clock import RATE
from app.emu.devices.pit import FREQUENCY, clock_of, pulses_at
from tests.devices.fake_machine import FakeMachine

HOUR = 3600 * RATE


def timer_requests(machine: FakeMachine, until: int) -> list[int]:
    """Clocks at which IRQ 0 was requested, each served at once."""
    pic, moments = machine.devices.pic, []
    while (due := machine.devices.next_due()) <= until:
        machine.clock = due
        machine.devices.advance(due)
        if pic.pending() == 0x08:
            pic.acknowledge()
            pic.write(0x20, 0x20)
            moments.append(due)
    return moments


def program(machine: FakeMachine, control: int, count: int) -> None:
    machine.devices.port_out(0x43, 1, control)
    port = 0x40 + (control >> 6)
    machine.devices.port_out(port, 1, count & 0xFF)
    machine.devices.port_out(port, 1, count >> 8)


def latched(machine: FakeMachine, channel: int = 0) -> int:
    machine.devices.port_out(0x43, 1, channel << 6)
    low = machine.devices.port_in(0x40 + channel, 1)
    return low | machine.devices.port_in(0x40 + channel, 1) << 8


def test_an_hour_has_as_many_ticks_as_the_crystal_says(machine: FakeMachine) -> None:
    """1193182/65536 Hz without drift: tick n comes at the first clock that has seen n * 65536 pulses."""
    moments = timer_requests(machine, HOUR)
    assert len(moments) == 3600 * FREQUENCY // 65536
    assert [-(-n * 65536 * RATE // FREQUENCY) for n in range(1, len(moments) + 1)] == moments


def test_a_new_rate_starts_with_its_count(machine: FakeMachine) -> None:
    machine.run_until(1_000_000)
    program(machine, 0x34, 11932)  # 100 Hz
    start = pulses_at(1_000_000)
    machine.devices.pic.acknowledge()
    machine.devices.port_out(0x20, 1, 0x20)
    moments = timer_requests(machine, 1_000_000 + RATE)
    assert [clock_of(start + n * 11932) for n in range(1, 100)] == moments[:99]


def test_a_count_without_control_word_waits_for_the_end_of_the_period(machine: FakeMachine) -> None:
    machine.clock = 1000
    machine.devices.port_out(0x40, 1, 0)
    machine.devices.port_out(0x40, 1, 0x80)
    moments = timer_requests(machine, RATE)
    assert [clock_of(65536 + n * 32768) for n in range(5)] == moments[:5]


def test_mode_0_interrupts_once(machine: FakeMachine) -> None:
    program(machine, 0x30, 1000)
    assert [clock_of(1000)] == timer_requests(machine, RATE)


def test_count_falls_and_latch_holds_it(machine: FakeMachine) -> None:
    program(machine, 0x34, 50000)
    assert latched(machine) == 50000
    machine.clock = clock_of(20000)
    machine.devices.port_out(0x43, 1, 0)
    machine.clock = clock_of(30000)
    low, high = machine.devices.port_in(0x40, 1), machine.devices.port_in(0x40, 1)
    assert high << 8 | low == 30000
    assert latched(machine) == 20000


def test_square_wave_counts_by_two(machine: FakeMachine) -> None:
    machine.clock = clock_of(100)
    assert latched(machine) == 65536 - 200


def test_single_byte_access(machine: FakeMachine) -> None:
    machine.devices.port_out(0x43, 1, 0x14)  # low byte only, mode 2
    machine.devices.port_out(0x40, 1, 200)
    assert machine.devices.port_in(0x40, 1) == 200
    machine.clock = clock_of(50)
    assert machine.devices.port_in(0x40, 1) == 150
    machine.devices.port_out(0x43, 1, 0x24)  # high byte only
    machine.devices.port_out(0x40, 1, 0x10)
    assert machine.devices.port_in(0x40, 1) == 0x10


def test_bcd_counts(machine: FakeMachine) -> None:
    program(machine, 0x35, 0x1000)
    machine.clock = clock_of(1)
    assert latched(machine) == 0x0999


def test_read_back_gives_status_then_count(machine: FakeMachine) -> None:
    program(machine, 0x34, 5000)
    machine.devices.port_out(0x43, 1, 0xC2)
    assert machine.devices.port_in(0x40, 1) == 0x80 | 0x34
    assert machine.devices.port_in(0x40, 1) | machine.devices.port_in(0x40, 1) << 8 == 5000


def test_status_shows_a_count_that_is_not_loaded(machine: FakeMachine) -> None:
    machine.devices.port_out(0x43, 1, 0x34)
    machine.devices.port_out(0x43, 1, 0xE2)
    assert machine.devices.port_in(0x40, 1) & 0x40


def test_channel_2_counts_while_its_gate_is_open(machine: FakeMachine) -> None:
    """The usual delay loop: mode 0 on channel 2, wait for bit 5 of port 61h."""
    machine.devices.port_out(0x61, 1, 0)
    program(machine, 0xB0, 1000)
    machine.clock = clock_of(5000)
    assert not machine.devices.port_in(0x61, 1) & 0x20
    machine.devices.port_out(0x61, 1, 1)
    machine.clock = clock_of(5999)
    assert not machine.devices.port_in(0x61, 1) & 0x20
    machine.clock = clock_of(6000)
    assert machine.devices.port_in(0x61, 1) & 0x20


def test_refresh_bit_toggles_every_fifteen_microseconds(machine: FakeMachine) -> None:
    changes, before = 0, machine.devices.port_in(0x61, 1) & 0x10
    for machine.clock in range(0, RATE // 1000, 7):
        now = machine.devices.port_in(0x61, 1) & 0x10
        changes += now != before
        before = now
    assert changes == 1193 // 18


@settings(max_examples=50, deadline=None)
@given(
    control=st.sampled_from([0x30, 0x34, 0x36, 0x38]),
    count=st.integers(2, 65535),
    stops=st.lists(st.integers(0, 200_000), max_size=20),
)
def test_asking_often_changes_nothing(control: int, count: int, stops: list[int]) -> None:
    """However many times `advance` is called on the way, the machine is in the same state at the end."""
    results = []
    for visits in (sorted(stops), []):
        machine = FakeMachine()
        machine.bios.install()
        program(machine, control, count)
        for machine.clock in [*visits, 200_000]:
            machine.devices.advance(machine.clock)
        results.append((machine.devices.next_due(), machine.devices.pic.pending(), latched(machine)))
    assert results[0] == results[1]

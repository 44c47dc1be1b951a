"""The bus, and that devices can be saved and go on identically."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.emu.devices.clock import RATE, from_microseconds
from tests.devices.fake_machine import FakeMachine


def test_ports_without_a_device_read_ones(machine: FakeMachine) -> None:
    assert machine.devices.port_in(0x300, 1) == 0xFF
    assert machine.devices.port_in(0x300, 4) == 0xFFFFFFFF
    machine.devices.port_out(0x300, 4, 0x12345678)


def test_wide_accesses_are_byte_accesses_at_following_ports(machine: FakeMachine) -> None:
    machine.devices.port_out(0x21, 1, 0x12)
    assert machine.devices.port_in(0x20, 2) == 0x1200
    assert machine.devices.port_in(0xFFFF, 2) & 0xFF == 0xFF


def test_wake_is_an_appointment_without_an_interrupt(machine: FakeMachine) -> None:
    machine.devices.wake_at(1000)
    machine.devices.wake_at(2000)
    assert machine.devices.next_due() == 1000
    machine.run_until(1000)
    assert machine.devices.next_due() > 1000
    assert machine.devices.pic.pending() is None


def test_microseconds_are_rounded_up() -> None:
    assert [from_microseconds(span) for span in (0, 1, 1_000_000)] == [0, 4, RATE]
    assert from_microseconds(976) == 3904


Action = tuple[str, int, int]
ACTIONS = st.one_of(
    st.tuples(st.just("pass"), st.integers(1, RATE // 4), st.just(0)),
    st.tuples(st.just("in"), st.sampled_from([0x20, 0x40, 0x60, 0x61, 0x64, 0x71, 0xA0, 0x3DA, 0x3C9]), st.just(0)),
    st.tuples(
        st.just("out"),
        st.sampled_from([0x20, 0x21, 0x40, 0x42, 0x43, 0x60, 0x61, 0x70, 0x71, 0xA0, 0xA1, 0x3C0, 0x3C8, 0x3D4]),
        st.integers(0, 255),
    ),
    st.tuples(st.just("type"), st.integers(0, 255), st.just(0)),
    st.tuples(st.just("acknowledge"), st.just(0), st.just(0)),
)


def perform(machine: FakeMachine, action: Action) -> object:
    verb, first, second = action
    devices = machine.devices
    match verb:
        case "pass":
            machine.run_until(machine.clock + first)
        case "in":
            return devices.port_in(first, 1)
        case "out":
            devices.port_out(first, 1, second)
        case "type":
            devices.keyboard.type_bytes(bytes((first,)))
        case _ if devices.pic.pending() is not None:
            return devices.pic.acknowledge()
    return devices.next_due(), devices.pic.pending()


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTIONS, max_size=25), st.lists(ACTIONS, max_size=25))
def test_restored_devices_go_on_identically(before: list[Action], behind: list[Action]) -> None:
    """Save at any moment: the copy answers every later action as the original does."""
    machine = FakeMachine()
    machine.bios.install()
    for action in before:
        perform(machine, action)
    other = machine.copy()
    assert [perform(machine, action) for action in behind] == [perform(other, action) for action in behind]
    assert machine.copy().memory.bytes == other.memory.bytes

"""The interrupt controllers: who interrupts whom, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.devices.pic import Pic
from tests.devices.fake_machine import FakeMachine

NONSPECIFIC_EOI = 0x20


@pytest.fixture
def pic(machine: FakeMachine) -> Pic:
    """Nothing masked."""
    pic = machine.devices.pic
    pic.write(0x21, 0)
    pic.write(0xA1, 0)
    return pic


def test_vectors_are_the_bios_ones(pic: Pic) -> None:
    for irq, vector in {0: 0x08, 1: 0x09, 7: 0x0F, 8: 0x70, 15: 0x77}.items():
        pic.raise_irq(irq)
        assert vector == pic.pending()
        assert vector == pic.acknowledge()
        for port in (0xA0, 0x20):
            pic.write(port, NONSPECIFIC_EOI)
        pic.lower_irq(irq)
    assert pic.pending() is None


def test_lower_numbers_come_first_and_the_slave_sits_at_irq_2(pic: Pic) -> None:
    for irq in (7, 3, 15, 8, 1, 0):
        pic.raise_irq(irq)
    order = []
    while pic.pending() is not None:
        order.append(pic.acknowledge())
        pic.write(0xA0, NONSPECIFIC_EOI)
        pic.write(0x20, NONSPECIFIC_EOI)
    assert order == [0x08, 0x09, 0x70, 0x77, 0x0B, 0x0F]


def test_a_service_blocks_its_own_and_lower_priorities_until_eoi(pic: Pic) -> None:
    pic.raise_irq(1)
    pic.acknowledge()
    pic.raise_irq(3)
    pic.pulse_irq(1)
    assert pic.pending() is None
    pic.raise_irq(0)
    assert pic.pending() == 0x08
    pic.acknowledge()
    pic.write(0x20, NONSPECIFIC_EOI)
    assert pic.pending() is None
    pic.write(0x20, NONSPECIFIC_EOI)
    assert pic.pending() == 0x09


def test_specific_eoi_ends_the_named_service(pic: Pic) -> None:
    for irq in (3, 1):
        pic.raise_irq(irq)
        pic.acknowledge()
    pic.write(0x20, 0x60 | 3)
    pic.write(0x20, 0x0B)  # OCW3: read ISR
    assert pic.read(0x20) == 0b0010


def test_mask_holds_a_request_back(pic: Pic) -> None:
    pic.write(0x21, 0b0001)
    pic.raise_irq(0)
    assert pic.pending() is None
    pic.write(0x20, 0x0A)  # OCW3: read IRR
    assert pic.read(0x20) == 0b0001
    assert pic.read(0x21) == 0b0001
    pic.write(0x21, 0)
    assert pic.pending() == 0x08


def test_masking_the_cascade_silences_the_slave(pic: Pic) -> None:
    pic.raise_irq(8)
    pic.write(0x21, 0b0100)
    assert pic.pending() is None


def test_a_line_that_falls_takes_its_request_back(pic: Pic) -> None:
    for irq in (1, 8):
        pic.raise_irq(irq)
        pic.lower_irq(irq)
    assert pic.pending() is None
    assert pic.acknowledge() == 0x0F, "an acknowledge without a request is a spurious IRQ 7"


def test_a_line_that_stays_high_requests_once(pic: Pic) -> None:
    pic.raise_irq(4)
    pic.acknowledge()
    pic.write(0x20, NONSPECIFIC_EOI)
    pic.raise_irq(4)
    assert pic.pending() is None
    pic.pulse_irq(4)
    assert pic.pending() == 0x0C


def test_initialization_sets_vectors_and_automatic_eoi(pic: Pic) -> None:
    for port, value in ((0x20, 0x11), (0x21, 0x50), (0x21, 0x04), (0x21, 0x03)):
        pic.write(port, value)
    pic.raise_irq(5)
    assert pic.acknowledge() == 0x55
    pic.raise_irq(6)
    assert pic.pending() == 0x56, "nothing stays in service"


def test_icw4_is_expected_only_when_icw1_says_so(pic: Pic) -> None:
    for port, value in ((0x20, 0x12), (0x21, 0x30), (0x21, 0xFE)):  # single, no ICW4; then the mask
        pic.write(port, value)
    assert pic.read(0x21) == 0xFE


def test_rotation_moves_the_served_input_to_the_end(pic: Pic) -> None:
    for irq in (3, 4):
        pic.raise_irq(irq)
    assert pic.acknowledge() == 0x0B
    pic.write(0x20, 0xA0)  # rotate on non-specific EOI
    pic.pulse_irq(3)
    assert pic.pending() == 0x0C


def test_special_mask_lets_lower_priorities_in(pic: Pic) -> None:
    pic.raise_irq(1)
    pic.acknowledge()
    pic.raise_irq(6)
    pic.write(0x21, 0b0010)
    assert pic.pending() is None
    pic.write(0x20, 0x68)  # OCW3: special mask mode
    assert pic.pending() == 0x0E


def test_special_fully_nested_mode_lets_the_slave_interrupt_itself(pic: Pic) -> None:
    for port, value in ((0x20, 0x11), (0x21, 0x08), (0x21, 0x04), (0x21, 0x11)):
        pic.write(port, value)
    pic.raise_irq(14)
    assert pic.acknowledge() == 0x76
    pic.raise_irq(8)
    assert pic.pending() == 0x70
    pic.acknowledge()
    pic.raise_irq(15)
    assert pic.pending() is None


def test_poll_command_acknowledges(pic: Pic) -> None:
    pic.raise_irq(3)
    pic.write(0x20, 0x0C)
    assert pic.read(0x20) == 0x83
    assert pic.pending() is None
    pic.write(0x20, 0x0C)
    assert pic.read(0x20) == 0


@given(st.lists(st.integers(0, 15).filter(lambda irq: irq != 2), min_size=1, unique=True))
def test_every_request_is_served_once(irqs: list[int]) -> None:
    pic = FakeMachine().devices.pic
    pic.write(0x21, 0)
    pic.write(0xA1, 0)
    for irq in irqs:
        pic.raise_irq(irq)
    served = []
    while (vector := pic.pending()) is not None:
        assert vector == pic.acknowledge()
        served.append(vector)
        if vector >= 0x70:
            pic.write(0xA0, NONSPECIFIC_EOI)
        pic.write(0x20, NONSPECIFIC_EOI)
    assert sorted(irq + 8 if irq < 8 else irq + 0x68 for irq in irqs) == sorted(served)

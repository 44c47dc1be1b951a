"""What the guard remembers of descriptors has an end, however many a program makes up."""

from __future__ import annotations

from app.emu.cpu.operands import DS
from app.emu.descriptor import Descriptor, sized
from tests.cpu.conftest import CODE, CODE_ACCESS, DATA, PRESENT_DATA, Lab

MANY = 10_000
MOST = 5000


def raw(descriptor: Descriptor) -> int:
    return int.from_bytes(descriptor.encode(), "little")


def test_code_segments() -> None:
    loads = Lab("pm16").cpu._guard._loads
    looks = 0
    for number in range(MANY):
        looks += loads.note_code(sized(CODE + number, 0xFFFFFFFF - 0xFFF, CODE_ACCESS, 0x8).segment(7), 0xFFFFFFFF)
    assert len(loads._ends) < MOST
    assert looks == MANY // 4096, "blocks are looked at again when it was forgotten what they were looked at for"


def test_data_segments() -> None:
    loads = Lab("pm16").cpu._guard._loads
    for number in range(MANY):
        descriptor = sized(DATA + number, 0xFFFFF, PRESENT_DATA)
        assert loads.is_prepared(raw(descriptor), descriptor.segment(7), (DS,), set(), wide=False)
    assert loads.is_known_data(raw(descriptor))
    assert len(loads._data) < MOST

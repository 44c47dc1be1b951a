"""What people may type as an address."""

from __future__ import annotations

import pytest

from app.emu.registers import Flag, Registers, Segment
from app.ui.panes.memory_place import Place, parse_place

PROTECTED = Registers(esi=0x12345678, esp=0xFF0, ds=Segment(0x87, 0x110000, 0xFFFF, 0xF3, 4), cs=Segment(0xA7))
REAL = Registers(eflags=Flag.VM | 2, esi=0x12345678, ds=Segment.real(0x1234), ss=Segment.real(0x2000), esp=0x1_0100)


@pytest.mark.parametrize(
    "text, registers, place",
    [
        ("00110000", PROTECTED, Place("linear", 0x110000)),
        ("b8000h", PROTECTED, Place("linear", 0xB8000)),
        ("0x400", REAL, Place("linear", 0x400)),
        ("0087:0100", PROTECTED, Place("sel:0087", 0x100)),
        ("1234:0100", REAL, Place("seg:1234", 0x100)),
        ("seg:40:17", PROTECTED, Place("seg:0040", 0x17)),
        ("sel:87:110000", REAL, Place("sel:0087", 0x110000)),
        ("sel:87", REAL, Place("sel:0087", 0)),
        ("ds:esi", PROTECTED, Place("sel:0087", 0x12345678)),
        ("DS : SI", REAL, Place("seg:1234", 0x5678)),
        ("ss:esp", REAL, Place("seg:2000", 0x0100)),
        ("esp", PROTECTED, Place("linear", 0xFF0)),
    ],
)
def test_an_address_is_understood(text: str, registers: Registers, place: Place) -> None:
    assert place == parse_place(text, registers)


@pytest.mark.parametrize("text", ["", "xyz", "1:2:3", "12345:0", "0:123456789", "seg:", ":", "ds"])
def test_anything_else_is_explained(text: str) -> None:
    with pytest.raises(ValueError, match="linear address"):
        parse_place(text, PROTECTED)


def test_a_place_prints_as_it_can_be_typed() -> None:
    assert [
        str(Place("linear", 0x400)),
        str(Place("seg:0040", 0x17)),
        str(Place("sel:0087", 0x110000)),
    ] == ["00000400", "0040:0017", "0087:00110000"]

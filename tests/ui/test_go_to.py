"""What people type into Go to."""

from __future__ import annotations

from typing import Any

import pytest

from app.debug.session import ToPosition
from app.ui.go_to import destination
from tests.ui.fakes import CALLED, snapshot_at

PLACES = [
    ("00110000", 0x110000), ("0x110000", 0x110000), ("110000h", 0x110000), ("9F:200", 0x110200), ("00bf:10", 0x120010),
    ("cs:eip", 0x110000), ("seg:1234:0005", 0x12345),
]  # fmt: skip
POSITIONS = [("event 41", "event 41"), ("Event  41 + 7", "event 41+7"), ("tick 120345", "tick 120345"), ("END", "end")]


@pytest.mark.parametrize("text, expected", PLACES)
def test_addresses_in_protected_mode(text: str, expected: Any) -> None:
    assert destination(text, snapshot_at(0)) == expected


def test_a_pair_is_a_segment_in_v86_mode() -> None:
    assert destination("1234:0005", snapshot_at(CALLED)) == 0x12345


@pytest.mark.parametrize("text, expected", POSITIONS)
def test_positions(text: str, expected: Any) -> None:
    assert destination(text, snapshot_at(0)) == ToPosition(expected)


@pytest.mark.parametrize("text", ["", "hello", "event", "event x", "1234:", "zz:10", "FFF7:0", "123456789"])
def test_nonsense_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(ValueError, match=r"[Ww]rite"):
        destination(text, snapshot_at(0))

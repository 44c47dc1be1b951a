"""What the BIOS makes of a key: the word it puts into the buffer, scan code high, character low.

Source: IBM AT and PS/2 BIOS, INT 16h tables, US layout.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from app.emu.devices.scan_codes import EXTENDED, PAD_DIGITS

ENTER_GREY: Final = 0xE00D


class Key(NamedTuple):
    """The four words of a key; None where the key makes nothing. letter: Caps Lock acts on it."""

    plain: int | None
    shift: int | None
    ctrl: int | None
    alt: int | None
    letter: bool = False


def _letters(first: int, letters: str) -> dict[int, Key]:
    keys = {}
    for scan, letter in enumerate(letters, first):
        high, code = scan << 8, ord(letter)
        keys[scan] = Key(high | code, high | code - 32, high | code & 0x1F, high, letter=True)
    return keys


def _signs(first: int, plain: str, shift: str, ctrl: dict[str, int], alt: int | None = None) -> dict[int, Key]:
    """Keys in a row; `alt` is the high byte of the first one's Alt word when it is not the scan code."""
    keys = {}
    for offset, (low, high) in enumerate(zip(plain, shift, strict=True)):
        scan = first + offset
        control = scan << 8 | ctrl[low] if low in ctrl else None
        keys[scan] = Key(
            scan << 8 | ord(low), scan << 8 | ord(high), control, (scan if alt is None else alt + offset) << 8
        )
    return keys


def _coded(offset: int, plain: int, shift: int, ctrl: int, alt: int) -> Key:
    """A key without a character: its four high bytes, counted up along the row."""
    return Key(plain + offset << 8, shift + offset << 8, ctrl + offset << 8, alt + offset << 8)


def _function_keys() -> dict[int, Key]:
    keys = {}
    for offset in range(10):
        keys[0x3B + offset] = _coded(offset, 0x3B, 0x54, 0x5E, 0x68)
    for offset in range(2):
        keys[0x57 + offset] = _coded(offset, 0x85, 0x87, 0x89, 0x8B)
    return keys


_CTRL_PAD: Final = {
    0x47: 0x77, 0x48: 0x8D, 0x49: 0x84, 0x4B: 0x73, 0x4C: 0x8F, 0x4D: 0x74,
    0x4F: 0x75, 0x50: 0x91, 0x51: 0x76, 0x52: 0x92, 0x53: 0x93,
}  # fmt: skip


def _pad() -> dict[int, Key]:
    """The keypad (its plain and shift words are exchanged by Num Lock) and the grey keys that mean the same."""
    keys = {}
    for scan, ctrl in _CTRL_PAD.items():
        character = 0x2E if scan == 0x53 else 0x30 + PAD_DIGITS.index(scan)
        keys[scan] = Key(scan << 8, scan << 8 | character, ctrl << 8, None)
        keys[EXTENDED | scan] = Key(scan << 8 | 0xE0, scan << 8 | 0xE0, ctrl << 8 | 0xE0, scan + 0x50 << 8)
    return keys


KEYS: Final[dict[int, Key]] = {
    0x01: Key(0x011B, 0x011B, 0x011B, 0x0100),
    **_signs(0x02, "1234567890-=", "!@#$%^&*()_+", {"2": 0x00, "6": 0x1E, "-": 0x1F}, alt=0x78),
    0x0E: Key(0x0E08, 0x0E08, 0x0E7F, 0x0E00),
    0x0F: Key(0x0F09, 0x0F00, 0x9400, 0xA500),
    **_letters(0x10, "qwertyuiop"),
    **_signs(0x1A, "[]", "{}", {"[": 0x1B, "]": 0x1D}),
    0x1C: Key(0x1C0D, 0x1C0D, 0x1C0A, 0x1C00),
    **_letters(0x1E, "asdfghjkl"),
    **_signs(0x27, ";'`", ':"~', {}),
    **_signs(0x2B, "\\", "|", {"\\": 0x1C}),
    **_letters(0x2C, "zxcvbnm"),
    **_signs(0x33, ",./", "<>?", {}),
    0x37: Key(0x372A, 0x372A, 0x9600, 0x3700),
    0x39: Key(0x3920, 0x3920, 0x3920, 0x3920),
    **_function_keys(),
    **_pad(),
    0x4A: Key(0x4A2D, 0x4A2D, 0x8E00, 0x4A00),
    0x4E: Key(0x4E2B, 0x4E2B, 0x9000, 0x4E00),
    EXTENDED | 0x1C: Key(ENTER_GREY, ENTER_GREY, 0xE00A, 0xA600),
    EXTENDED | 0x35: Key(0xE02F, 0xE02F, 0x9500, 0xA400),
}
"""By scan code, E000h added behind the prefix E0h."""


def without_extensions(word: int) -> int | None:
    """A buffered word as INT 16h AH=00h hands it out; None for keys that programs of the PC's time do not know."""
    high, low = word >> 8, word & 0xFF
    if high == 0xE0:
        return 0x352F if low == 0x2F else 0x1C00 | low
    if high > 0x84:
        return None
    return word & 0xFF00 if low == 0xE0 and high else word

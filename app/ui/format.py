"""How numbers, addresses and names are written: the one place of the window that knows about hexadecimal."""

from __future__ import annotations

from app.debug import narrate
from app.emu.address import Far
from app.emu.registers import Mode

_THIN = "\N{NARROW NO-BREAK SPACE}"

MODE_NAMES = narrate.MODE_NAMES
"""Short names of the modes, as badges show them."""

MODE_WORDS = {
    Mode.V86: "real mode (virtual 8086)",
    Mode.PM16: "protected mode, 16-bit code",
    Mode.PM32: "protected mode, 32-bit code",
    Mode.RING0: "the host, at ring 0",
}
"""The modes in words, for tooltips."""

STACK_NAMES = narrate.STACK_NAMES
"""Names of the four stacks."""


def byte(value: int) -> str:
    """Two hex digits: `0F`."""
    return f"{value & 0xFF:02X}"


def word(value: int) -> str:
    """Four hex digits: `0087`."""
    return f"{value & 0xFFFF:04X}"


def dword(value: int) -> str:
    """Eight hex digits: `00110000`. Linear addresses are written so, too."""
    return f"{value & 0xFFFFFFFF:08X}"


def sized(value: int, width: int) -> str:
    """As many hex digits as `width` bytes have."""
    return f"{value:0{width * 2}X}"


def interrupt(number: int) -> str:
    """An interrupt as people say it: `INT 31h`."""
    return f"INT {number:02X}h"


def data(values: bytes) -> str:
    """Bytes side by side: `B8 03 03`."""
    return values.hex(" ").upper()


def far(segment: int, offset: int, *, wide: bool = False) -> str:
    """A far address: `0087:0100`, or with eight digits for 32-bit offsets."""
    return str(Far(segment, offset, wide))


def count(number: int) -> str:
    """A decimal number with its thousands apart: `1 204 551`."""
    return f"{number:,}".replace(",", _THIN)


def size(number: int) -> str:
    """A size in bytes, in the unit one reads best: `640 B`, `4 KiB`, `1.5 MiB`."""
    units = ("B", "KiB", "MiB", "GiB")
    step = min(max(number.bit_length() - 1, 0) // 10, len(units) - 1)
    return f"{number / (1 << 10 * step):.1f}".removesuffix(".0") + f" {units[step]}"


def parse_number(text: str) -> int:
    """Read a hexadecimal number as people type one: `1F`, `0x1F`, `1Fh`.

    Raises `ValueError` with a message for the user when it is none.
    """
    digits = text.strip().replace("_", "").removesuffix("h").removesuffix("H")
    try:
        return int(digits, 16)
    except ValueError:
        raise ValueError(f"{text!r} is no hexadecimal number; write for example 1F or 1Fh") from None

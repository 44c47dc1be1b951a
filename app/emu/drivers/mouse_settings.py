"""What a program can set in the mouse driver, and the bytes it is saved as (INT 33h AX=0015h to 0017h)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import ClassVar, Final

from app.emu.address import Far
from app.emu.drivers.mouse_cursor import ARROW

NO_ADDRESS: Final = Far(0, 0)
DOUBLE_SPEED: Final = 64
"""Mickeys per second of AX=0013h with DX=0."""

SHIFTED: Final = 0xE0
"""Bits of an alternate handler's mask: Shift (20h), Ctrl (40h) and Alt (80h) are held."""


@dataclass(slots=True)
class Button:
    """What AX=0005h and 0006h tell of a button: how often pressed (or released), and where last."""

    count: int = 0
    x: int = 0
    y: int = 0


@dataclass(slots=True)
class Handler:
    """An event handler: which conditions it wants, and its address."""

    mask: int = 0
    address: Far = NO_ADDRESS


@dataclass(slots=True)
class Settings:
    """Everything AX=0000h resets, 0016h saves and 0017h restores. Coordinates in pixels of the virtual screen."""

    x: int
    y: int
    left: int
    right: int
    top: int
    bottom: int
    buttons: int = 0
    mickeys_x: int = 0
    mickeys_y: int = 0
    ratio_x: int = 8
    """Mickeys for eight pixels."""
    ratio_y: int = 16
    threshold: int = DOUBLE_SPEED
    """Mickeys per second from which the speed doubles: remembered; a tablet has no speed."""
    sensitivity: tuple[int, int] = (50, 50)
    pressed: list[Button] = field(default_factory=lambda: [Button(), Button(), Button()])
    released: list[Button] = field(default_factory=lambda: [Button(), Button(), Button()])
    handler: Handler = field(default_factory=Handler)
    alternates: list[Handler] = field(default_factory=lambda: [Handler(), Handler(), Handler()])
    hidden: int = 1
    """How many AX=0001h are missing until the pointer is shown."""
    excluded: tuple[int, int, int, int] | None = None
    """Left, top, right, bottom of the region the pointer is hidden in (AX=0010h)."""
    page: int = 0
    hardware_cursor: bool = False
    text_masks: tuple[int, int] = (0x77FF, 0x7700)
    """What is kept of a cell and what is exclusive-ored to it; the scan lines of the hardware cursor."""
    hot_spot: tuple[int, int] = (-1, -1)
    shape: bytes = ARROW
    """Screen mask and cursor mask, sixteen words each."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<6h6H2HH2H18HHIHIHIHIH?4h?2h64s")

    def encode(self) -> bytes:
        """The bytes of AX=0016h."""
        buttons = (number for each in self.pressed + self.released for number in (each.count, each.x, each.y))
        handlers = (part for each in (self.handler, *self.alternates) for part in (each.mask, each.address.to_dword()))
        return self.LAYOUT.pack(
            self.x, self.y, self.left, self.right, self.top, self.bottom, self.buttons, self.mickeys_x, self.mickeys_y,
            self.ratio_x, self.ratio_y, self.threshold, *self.sensitivity, self.page, *self.text_masks, *buttons,
            *handlers, self.hidden, self.excluded is not None, *(self.excluded or (0, 0, 0, 0)), self.hardware_cursor,
            *self.hot_spot, self.shape,
        )  # fmt: skip

    @classmethod
    def decode(cls, data: bytes) -> Settings:
        """Read them back; any bytes are some settings."""
        values = iter(cls.LAYOUT.unpack(data))

        def take(count: int) -> list[int]:
            return [next(values) for _ in range(count)]

        x, y, left, right, top, bottom, buttons, mickeys_x, mickeys_y, ratio_x, ratio_y, threshold = take(12)
        sensitivity, page, text_masks = take(2), next(values), take(2)
        counted = [Button(*take(3)) for _ in range(6)]
        handlers = [Handler(next(values), Far.from_dword(next(values))) for _ in range(4)]
        hidden, is_excluded, excluded, hardware_cursor = next(values), next(values), take(4), next(values)
        hot_spot, shape = take(2), next(values)
        return cls(
            x, y, left, right, top, bottom, buttons, mickeys_x, mickeys_y, ratio_x, ratio_y, threshold,
            (sensitivity[0], sensitivity[1]), counted[:3], counted[3:], handlers[0], handlers[1:], hidden,
            (excluded[0], excluded[1], excluded[2], excluded[3]) if is_excluded else None, page, hardware_cursor,
            (text_masks[0], text_masks[1]), (hot_spot[0], hot_spot[1]), shape,
        )  # fmt: skip

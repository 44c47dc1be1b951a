"""The BIOS data area: linear addresses of its fields (IBM AT Technical Reference; the 40:8xh fields are EGA's)."""

from __future__ import annotations

from typing import Final

BASE: Final = 0x400
SIZE: Final = 0x100

EQUIPMENT: Final = 0x410
MEMORY_KILOBYTES: Final = 0x413
SHIFT_FLAGS: Final = 0x417
SHIFT_FLAGS_2: Final = 0x418
ALT_NUMBER: Final = 0x419
"""What has been typed on the keypad with Alt held."""
BUFFER_HEAD: Final = 0x41A
BUFFER_TAIL: Final = 0x41C
BUFFER: Final = 0x1E
"""Offset of the keyboard buffer in the segment: 16 words, one always free."""
BUFFER_END: Final = 0x3E
VIDEO_MODE: Final = 0x449
COLUMNS: Final = 0x44A
PAGE_SIZE: Final = 0x44C
PAGE_START: Final = 0x44E
CURSORS: Final = 0x450
"""Eight words, one per page: column, row."""
CURSOR_SHAPE: Final = 0x460
ACTIVE_PAGE: Final = 0x462
CRTC_PORT: Final = 0x463
MODE_CONTROL: Final = 0x465
COLOR_SELECT: Final = 0x466
TICKS: Final = 0x46C
MIDNIGHT: Final = 0x470
BREAK: Final = 0x471
"""Bit 7: Ctrl-Break was pressed."""
BUFFER_FIRST: Final = 0x480
BUFFER_LAST: Final = 0x482
LAST_ROW: Final = 0x484
CHARACTER_HEIGHT: Final = 0x485
VIDEO_OPTIONS: Final = 0x487
VIDEO_SWITCHES: Final = 0x488
VIDEO_FLAGS: Final = 0x489
DISPLAY_COMBINATION: Final = 0x48A
KEYBOARD_MODE: Final = 0x496
"""Bit 0 last code was E1h, 1 last code was E0h, 2 right Ctrl, 3 right Alt, 4 enhanced keyboard."""
KEYBOARD_LIGHTS: Final = 0x497

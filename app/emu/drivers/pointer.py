"""The mouse driver's pointer: where it is, what it counts, which handler wants to hear of it, how it is drawn.

Source: Microsoft Mouse Programmer's Reference, second edition; Ralf Brown's Interrupt List, INT 33h. Coordinates are
those of the virtual screen: 640 wide, eight to a row of text high, 200 high in mode 13h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from app.emu.bios import data_area
from app.emu.devices.mouse import IRQ, Report
from app.emu.drivers.mouse_cursor import WIDTH, Cursor
from app.emu.drivers.mouse_settings import SHIFTED, Settings

if TYPE_CHECKING:
    from app.emu.address import Far
    from app.emu.bios.video import Video
    from app.emu.machine import Machine

_SLAVE_MASK_PORT: Final = 0xA1
MOVED: Final = 0x01
"""Condition bit: the pointer moved. Bits 1 to 6: left, right, middle button pressed and released."""


class Size(NamedTuple):
    """The virtual screen of a video mode: height, and the steps in which the pointer is told."""

    height: int
    step_x: int
    step_y: int


class Pointer:
    """The pointer and what the program has set for it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.cursor = Cursor(machine)
        self.enabled = True
        self.is_used = False
        """A program has asked for the mouse since the machine was switched on."""
        self._mode = (-1, -1)
        """Video mode and rows `settings` was made for."""
        self._last = Report(0, 0, 0)
        self._rest = [0, 0]
        """Eighths of mickeys not counted yet."""
        self.settings = Settings(0, 0, 0, 0, 0, 0)

    # The screen

    @property
    def video(self) -> Video:
        """The BIOS's screen."""
        return self.machine.state.bios.video

    @property
    def size(self) -> Size:
        """The virtual screen of the video mode that is set."""
        video = self.video
        if video.is_text:
            return Size(video.rows * 8, max(WIDTH // video.columns, 1), 8)
        return Size(200, 2, 1)

    @property
    def area(self) -> tuple[int, int] | None:
        """Width and height a picture of the screen stands for when somebody points at it; None: nobody cares.

        In text that is the virtual screen; in graphics as far as the program lets the pointer go, for many programs
        make the driver count their own pixels that way.
        """
        if not self.is_used:
            return None
        if self.video.is_text:
            return WIDTH, self.size.height
        return max(self.settings.right, 0) + 1, max(self.settings.bottom, 0) + 1

    def notice_mode(self) -> None:
        """A new video mode hides the pointer and gives it the whole screen."""
        mode = self.video.mode, self.video.rows
        if mode == self._mode:
            return
        self._mode = mode
        settings = self.settings
        self.cursor.forget()
        settings.left, settings.right, settings.top, settings.bottom = 0, WIDTH - 1, 0, self.size.height - 1
        settings.hidden, settings.excluded, settings.page = 1, None, 0
        self.move(settings.x, settings.y)

    # Settings

    def reset(self) -> None:
        """AX=0000h and 0021h: the pointer in the middle, hidden, no handler; IRQ 12 on."""
        self.hide_now()
        self._mode = self.video.mode, self.video.rows
        height = self.size.height
        held = self._last.buttons
        self.settings = Settings(WIDTH // 2, height // 2, 0, WIDTH - 1, 0, height - 1, buttons=held)
        self._rest = [0, 0]
        self.enabled = True
        devices = self.machine.state.devices
        devices.port_out(_SLAVE_MASK_PORT, 1, devices.port_in(_SLAVE_MASK_PORT, 1) & ~(1 << IRQ - 8))

    def move(self, x: int, y: int) -> None:
        """Put the pointer somewhere within its range."""
        settings = self.settings
        settings.x = min(max(x, settings.left), settings.right)
        settings.y = min(max(y, settings.top), settings.bottom)

    @property
    def told(self) -> tuple[int, int]:
        """Where the pointer is, in the steps of the video mode."""
        size = self.size
        return self.settings.x // size.step_x * size.step_x, self.settings.y // size.step_y * size.step_y

    def restore(self, saved: bytes) -> None:
        """Take settings `Settings.encode` has written; the pointer stays within its range."""
        self.hide_now()
        self.settings = Settings.decode(saved)
        self.move(self.settings.x, self.settings.y)
        self.show_now()

    # Reports

    def take(self, report: Report) -> int:
        """Move the pointer, count, and say what has happened."""
        settings, conditions = self.settings, 0
        if report[:2] != self._last[:2]:
            conditions |= MOVED
            settings.mickeys_x = self._counted(0, settings.mickeys_x, report.x - self._last.x, settings.ratio_x)
            settings.mickeys_y = self._counted(1, settings.mickeys_y, report.y - self._last.y, settings.ratio_y)
            self.hide_now()
            self.move(report.x, report.y)
            self.show_now()
        changed = report.buttons ^ settings.buttons
        x, y = self.told
        for number in range(3):
            if changed >> number & 1:
                is_down = report.buttons >> number & 1
                conditions |= 2 << 2 * number if is_down else 4 << 2 * number
                button = (settings.pressed if is_down else settings.released)[number]
                button.count, button.x, button.y = button.count + 1 & 0xFFFF, x, y
        settings.buttons, self._last = report.buttons, report
        return conditions

    def _counted(self, axis: int, counter: int, pixels: int, ratio: int) -> int:
        """A mickey counter after a movement, 16 bits."""
        mickeys, self._rest[axis] = divmod(self._rest[axis] + pixels * ratio, 8)
        return counter + mickeys & 0xFFFF

    def wanted(self, conditions: int) -> Far | None:
        """The handler to call: an alternate one whose shift keys are held goes first."""
        held = self.machine.memory.read_u8(data_area.SHIFT_FLAGS)
        keys = (0x20 if held & 0x03 else 0) | (0x40 if held & 0x04 else 0) | (0x80 if held & 0x08 else 0)
        for each in self.settings.alternates:
            if keys and each.mask & SHIFTED == keys and conditions & each.mask & ~SHIFTED:
                return each.address
        handler = self.settings.handler
        return handler.address if conditions & handler.mask else None

    # The pointer on the screen

    def hide_now(self) -> None:
        """Take the pointer off the screen before something under it changes."""
        self.cursor.erase()

    def show_now(self) -> None:
        """Draw the pointer where it is, unless it is hidden."""
        settings = self.settings
        if settings.hidden or self._is_excluded():
            return
        self.cursor.draw(settings, self.told)

    def _is_excluded(self) -> bool:
        if self.settings.excluded is None:
            return False
        left, top, right, bottom = self.settings.excluded
        return left <= self.settings.x <= right and top <= self.settings.y <= bottom

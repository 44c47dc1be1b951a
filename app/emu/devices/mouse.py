"""The mouse on IRQ 12: what a hand does with it, passed on as reports a hundredth of a second apart.

It is a tablet rather than a ball: a report says where the pointer is to be, in the mouse driver's coordinates, so
that a script or a window can point at what is on the screen. Only the driver (app/emu/drivers/mouse.py) reads
reports; there is no mouse port behind the keyboard controller and no INT 15h AH=C2h.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from app.emu.devices.clock import RATE
from app.emu.devices.device import NEVER, Device

if TYPE_CHECKING:
    from app.emu.machine import Machine

IRQ: Final = 12
PERIOD: Final = RATE // 100
"""Clocks between two reports."""
BUTTONS: Final = {"left": 1, "right": 2, "middle": 4}
"""Bits of the button mask by name."""
ALL_BUTTONS: Final = 7


@dataclass(frozen=True, slots=True)
class Gesture:
    """One thing a hand does: move to a place (None: stay), press and release buttons (masks)."""

    place: tuple[int, int] | None = None
    press: int = 0
    release: int = 0


class Report(NamedTuple):
    """Where the pointer is to be and which buttons are down."""

    x: int
    y: int
    buttons: int


class Mouse(Device):
    """The mouse. Reports wait until the driver takes them; movements that wait are joined."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self._now = Report(0, 0, 0)
        """The last report made, taken or not."""
        self._reports: deque[Report] = deque()
        self._last_is_movement = False
        self._next = 0
        """Clock of the next report."""
        self._announced = False
        """IRQ 12 was requested for the first report that waits."""

    @property
    def is_reporting(self) -> bool:
        """Has the driver still to hear of something?"""
        return bool(self._reports)

    def do(self, gesture: Gesture) -> None:
        """Let the hand do something now."""
        before = self._now
        x, y = gesture.place if gesture.place is not None else before[:2]
        self._now = Report(x, y, (before.buttons | gesture.press) & ~gesture.release & ALL_BUTTONS)
        if self._now == before:
            return
        is_movement = self._now.buttons == before.buttons
        if is_movement and self._reports and self._last_is_movement:
            self._reports.pop()  # one movement to the last place instead of two
        self._last_is_movement = is_movement
        self._reports.append(self._now)
        self._next = max(self._next, self.clock)

    def take(self) -> Report | None:
        """The first report that waits; the next comes a period later."""
        if not self._reports:
            return None
        self._announced = False
        self._next = self.clock + PERIOD
        self.pic.lower_irq(IRQ)
        return self._reports.popleft()

    def next_due(self) -> int:
        """When the next report is announced."""
        return self._next if self._reports and not self._announced else NEVER

    def advance(self, clock: int) -> None:
        """Announce a report that is due."""
        if self.next_due() <= clock:
            self._announced = True
            self.pic.raise_irq(IRQ)

"""Positions: places in a run that can be typed: `event 41+7`, `tick 120345`, `callback 2`, `mode 5`, `end`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from app.emu.event_log import SavedLog
from app.emu.events import CallbackEntered, ModeSwitched, VxdCallbackEntered
from app.emu.machine import Machine
from app.emu.plain_events import Row

DISPATCHES: Final = frozenset({CallbackEntered.kind, VxdCallbackEntered.kind})
"""Callback dispatches, those of the DPMI host and those of drivers, counted together."""
KINDS: Final = ("event", "tick", "callback", "mode", "end")
_PATTERN: Final = re.compile(r"\s*(event|tick|callback|mode)\s+(\d+)\s*(?:\+\s*(\d+))?\s*|\s*end\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a run.

    kind is one of `KINDS`; number an event's seq, a tick, or the n-th (from 1) callback dispatch or mode switch; plus:
    instructions behind that.
    """

    kind: str
    number: int = 0
    plus: int = 0

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read a position. Raises `ValueError` with a message for the user."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            examples = "event 41, event 41+7, tick 120345, callback 2, mode 5 or end"
            message = f"{text!r} is no position; write for example {examples}"
            raise ValueError(message)
        if match[1] is None:
            return cls("end")
        return cls(match[1].lower(), int(match[2]), int(match[3] or 0))

    def __str__(self) -> str:
        if self.kind == "end":
            return "end"
        return f"{self.kind} {self.number}" + (f"+{self.plus}" if self.plus else "")


def event_of(position: Position, log: SavedLog) -> Row | None:
    """The event a position counts from; None when it has not happened, or the position counts from none."""
    match position.kind:
        case "event":
            return log[position.number] if position.number < len(log) else None
        case "callback":
            return log.nth(DISPATCHES, position.number)
        case "mode":
            return log.nth({ModeSwitched.kind}, position.number)
        case _:
            return None


def position_of(machine: Machine) -> str:
    """Where a machine is, as it can be typed: the event that has just happened, else the tick."""
    log = machine.log
    if len(log) and log[len(log) - 1][0].tick == machine.tick:
        return f"event {len(log) - 1}"
    return f"tick {machine.tick}"

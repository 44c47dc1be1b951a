"""A stack as rows of text: slots from the live pointer up, frames announced by a line of their own. No Qt.

Rows all have the same height. A frame's label stands above its lowest slot; a last row says where the stack ends, or
how much of it is not shown. Long frames are folded to the slots that say where execution and stack go on, until the
user unfolds them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from typing import Final

from app.debug.snapshot import StackFrame, StackSlot, StackView
from app.emu.events import Stack
from app.ui.format import count, dword, sized, word

_OWNERS = {
    (Stack.LOCKED, True): "host's, for callbacks, interrupts",
    (Stack.LOCKED, False): "a handler's own, the host's waits",
    (Stack.REAL, True): "host's, for real-mode calls",
    (Stack.REAL, False): "the program's own",
    (Stack.RING0, True): "host's, hidden from the client",
}
ABSENT = {
    Stack.APPLICATION: "There is no client in protected mode.",
    Stack.LOCKED: "The host provides it when a client enters protected mode.",
    Stack.REAL: "There is none while no program runs in real mode.",
    Stack.RING0: "The host provides it when a client enters protected mode.",
}
EMPTY = "empty"


def owner(view: StackView) -> str:
    """Whose a stack is."""
    return _OWNERS.get((view.stack, view.is_hosts), "the client's own")


_LONG: Final = 8
"""Frames of more slots can be folded."""
_ESSENTIAL: Final = re.compile(r"\b(E?IP|CS|E?SP|SS)\b")
"""What stays of a folded frame, by meaning."""


class Change(Enum):
    """How a slot differs from the picture before."""

    NONE = auto()
    PUSHED = auto()
    """It was free before."""
    WRITTEN = auto()
    """It held another value."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a stack column: exactly one of slot and frame is set, neither in the last row."""

    linear: int
    text: str
    """The whole row as one would read it aloud, or copy it."""
    slot: StackSlot | None = None
    address: str = ""
    """The slot's address, without the selector all slots share."""
    frame: StackFrame | None = None
    """The frame this line announces."""
    inside: StackFrame | None = None
    """The frame the line belongs to."""
    folded: int | None = None
    """In a frame's line: how many of its slots are hidden; None when the frame is too short for that."""
    change: Change = Change.NONE
    is_top: bool = False
    """The slot the live pointer stands at."""

    @property
    def is_end(self) -> bool:
        """The row behind the last slot."""
        return self.slot is None and self.frame is None


def frame_title(frame: StackFrame) -> str:
    """What a frame's line says: `interrupt frame · host (real-mode callback, slot 0)`."""
    return f"{frame.label} · {frame.pushed_by}" if frame.pushed_by else frame.label


def offset_text(view: StackView, slot: StackSlot) -> str:
    """A slot's address, short: the selector is in the column's head already."""
    if slot.address.segment != view.pointer.segment:
        return str(slot.address)
    return dword(slot.address.offset) if slot.address.wide and _is_long(view) else word(slot.address.offset)


def _is_long(view: StackView) -> bool:
    """Whether the offsets in use differ in their high halves; else the column's head says that half once."""
    return view.pointer.offset >> 16 != max(view.pointer.offset, view.pointer.offset + view.depth - 1) >> 16


def value_text(slot: StackSlot) -> str:
    """A slot's value at its width."""
    return sized(slot.value, slot.width)


def rows_of(view: StackView, before: StackView | None = None, unfolded: Container[int] = ()) -> list[Row]:
    """All rows of a stack; `before` is the picture to compare with, `unfolded` names frames by their upper end."""
    if not view.exists:
        return []
    known = _values(before) if before is not None and _is_same(view, before) else None
    rows: list[Row] = []
    for number, group in groupby(view.slots, key=lambda slot: slot.frame):
        slots, frame = list(group), None if number is None else view.frames[number]
        if frame is not None:
            shown = slots if len(slots) <= _LONG or frame.high in unfolded else _essential(slots)
            folded = len(slots) - len(shown) if len(slots) > _LONG else None
            rows.append(Row(slots[0].linear, frame_title(frame), frame=frame, inside=frame, folded=folded))
            slots = shown
        rows += (_slot_row(view, slot, frame, _change(slot, known)) for slot in slots)
    rows.append(_last_row(view))
    return rows


def _essential(slots: list[StackSlot]) -> list[StackSlot]:
    """Where execution goes on, and on which stack."""
    return [slot for slot in slots if slot.points_to is not None or _ESSENTIAL.search(slot.meaning)]


def _slot_row(view: StackView, slot: StackSlot, frame: StackFrame | None, change: Change) -> Row:
    return Row(
        slot.linear,
        f"{slot.address}  {value_text(slot)}  {slot.meaning}".rstrip(),
        slot=slot,
        address=offset_text(view, slot),
        inside=frame,
        change=change,
        is_top=slot.linear == view.pointer_linear,
    )


def _last_row(view: StackView) -> Row:
    reached = view.slots[-1].linear + view.slots[-1].width if view.slots else view.pointer_linear
    missing = view.high - reached
    if missing > 0:
        return Row(reached, f"… {count(missing)} more bytes")
    return Row(view.high, "end of the stack" if view.slots else EMPTY)


def _is_same(view: StackView, before: StackView) -> bool:
    """Whether two pictures show the same memory as a stack: a client may load another SS."""
    return before.exists and before.pointer.segment == view.pointer.segment and before.high == view.high


def _values(view: StackView) -> dict[int, int]:
    return {slot.linear: slot.value for slot in view.slots}


def _change(slot: StackSlot, known: dict[int, int] | None) -> Change:
    if known is None:
        return Change.NONE
    old = known.get(slot.linear)
    if old is None:
        # Far from the pointer a slot is new only because the pointer moved up and the window reaches further.
        return Change.PUSHED if slot.linear < min(known, default=slot.linear + 1) else Change.NONE
    return Change.NONE if old == slot.value else Change.WRITTEN


def row_at(rows: list[Row], linear: int) -> int | None:
    """The row of the slot at a linear address (or of the end it points to); None when it is not among them."""
    for index, row in enumerate(rows):
        if row.slot is not None and row.slot.linear <= linear < row.slot.linear + row.slot.width:
            return index
    if rows and rows[-1].is_end and rows[-1].linear == linear:
        return len(rows) - 1
    return None


def nearest_row(rows: list[Row], linear: int) -> int:
    """Where a linear address would be among the rows: before the first is 0, behind the last the last."""
    return max(0, bisect_right([row.linear for row in rows], linear) - 1)

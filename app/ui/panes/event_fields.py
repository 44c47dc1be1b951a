"""All fields of one event, as the table below the list of events shows them."""

from __future__ import annotations

from typing import Any

from app.debug.narrate import name_of
from app.emu.events import Event
from app.ui import format as fmt


def fields(event: Event) -> list[tuple[str, str]]:
    """Every field with its value; numbers in hex and decimal."""
    found = [("kind", name_of(event.kind)), ("seq", str(event.seq)), ("tick", str(event.tick))]
    found.append(("client", str(event.client) if event.client else "none yet"))
    for name, value in event.details().items():
        found += _written(name_of(name), value)
    return found


def _written(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for inner, item in value.items() for pair in _written(f"{name} {inner}", item)]
    if isinstance(value, bool):
        return [(name, "yes" if value else "no")]
    if isinstance(value, int):
        digits = fmt.word(value) if value <= 0xFFFF else fmt.dword(value)
        return [(name, f"{digits}h  ({fmt.count(value)})" if value > 9 else str(value))]
    return [(name, "none" if value is None else str(value))]

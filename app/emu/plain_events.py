"""Events as JSON and back, many at a time: how the log packs them, and recordings keep them.

A row is the event's kind, its fields and those of its moment. JSON writes far addresses as lists and names as texts;
the annotations of the fields say what they were.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from app.emu.address import Far
from app.emu.events import KINDS, Door, Event, Moment, Reason, Stack
from app.emu.registers import Mode

Row = tuple[Event, Moment]
"""An event and the moment it happened in."""

_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "Far": lambda given: Far(*given),
    "Far | None": lambda given: None if given is None else Far(*given),
    "Door": Door,
    "Mode": Mode,
    "Reason | None": lambda given: None if given is None else Reason(given),
    "Stack": Stack,
    "tuple[int, int, int, int]": tuple,
    "tuple[int, ...]": tuple,
}
"""By annotation; other values are themselves."""


def _shape(kind: type[Event | Moment]) -> tuple[tuple[str, ...], list[tuple[str, Callable[[Any], Any]]]]:
    """The names of a class's fields, and how those are read that are not themselves."""
    found = fields(kind)
    return tuple(each.name for each in found), [
        (each.name, _READERS[str(each.type)]) for each in found if str(each.type) in _READERS
    ]


_SHAPES: Final = {name: (kind, *_shape(kind)) for name, kind in KINDS.items()}
_MOMENT, _MOMENT_READERS = _shape(Moment)
_VALUES: Final = {name: attrgetter(*names) for name, (_, names, _) in _SHAPES.items()}
_MOMENT_VALUES: Final = attrgetter(*_MOMENT)


def write(rows: Iterable[Row]) -> bytes:
    """Events and their moments as JSON."""
    made = [(event.kind, _VALUES[event.kind](event), _MOMENT_VALUES(at)) for event, at in rows]
    return json.dumps(made, separators=(",", ":")).encode()


def read(data: bytes) -> list[Row]:
    """What `write` has written. Raises `ValueError`, `TypeError` or `KeyError` for anything else."""
    rows = []
    for name, values, at in json.loads(data):
        kind, names, readers = _SHAPES[name]
        given = dict(zip(names, values, strict=True))
        for field, reader in readers:
            given[field] = reader(given[field])
        moment = dict(zip(_MOMENT, at, strict=True))
        for field, reader in _MOMENT_READERS:
            moment[field] = reader(moment[field])
        rows.append((kind(**given), Moment(**moment)))
    return rows

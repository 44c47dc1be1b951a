"""Checkpoints in recordings, so that bookmarks open at once.

Believed only when the same build has written them, and then read with care (`plain_state.py`, `cpu/fpu.py`): whatever
is not right about one only means that its place is reached by replaying.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import inf
from typing import Any, Final

from app.debug import plain_state
from app.debug.checkpoints import Kept
from app.debug.history import Branch, History
from app.debug.journal import Record
from app.emu import plain_events
from app.emu.event_log import EventLog, SavedLog
from app.emu.machine import Checkpoint, MachineState, Place
from app.emu.memory.layout import PAGE
from app.emu.plain_events import Row

_SIZES: Final = struct.Struct("<III")
"""Bytes of state, bytes of the processor's part, number of pages."""
_UNSOUND: Final = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, struct.error)


def records(history: History, branch: Branch, kept: Kept, written: int, build: str) -> list[Record]:
    """EVNT and CKPT: what a checkpoint needs. written: how many events of the branch are in the file already.

    Pages are those that differ from the start of the run, before anything was changed there. Raises `TypeError` when
    state holds something `plain_state` does not know.
    """
    machine, checkpoint, start = history.machine, kept.checkpoint, history.start.checkpoint
    log = checkpoint.log
    made = []
    if len(log) > written:
        fields: dict[str, Any] = {"branch": branch.number, "first": written, "build": build}
        made.append(Record("EVNT", fields, plain_events.write(log[written:])))
    state = plain_state.write(machine.unpickled(checkpoint.state), machine.named())
    pages = list(checkpoint.memory.changed_since(start.memory))
    bulk = [_SIZES.pack(len(state), len(checkpoint.fpu), len(pages)), state, checkpoint.fpu]
    bulk.append(struct.pack(f"<{len(pages)}I", *pages))
    bulk += map(checkpoint.memory.page, pages)
    fields = {
        "branch": branch.number, "place": kept.place, "inputs": kept.inputs_done, "events": len(log),
        "work": round(kept.work, 4), "build": build,
    }  # fmt: skip
    return [*made, Record("CKPT", fields, b"".join(bulk))]


class Shortcuts:
    """The checkpoints of a recording, for a history that begins with it."""

    def __init__(self, found: Sequence[Record], build: str, history: History) -> None:
        self._machine = history.machine
        self._start = history.start.checkpoint
        believed = [record for record in found if record.fields.get("build") == build]
        self._events = [record for record in believed if record.kind == "EVNT"]
        self._checkpoints = [record for record in believed if record.kind == "CKPT"]
        self.are_sound = True
        """Could all be read that have been asked for?"""

    def of(self, branch: Branch) -> tuple[list[Kept], SavedLog]:
        """A branch's checkpoints in order, and the events up to the last of them."""
        own = [record for record in self._checkpoints if record.fields.get("branch") == branch.number]
        log = EventLog()
        if not own:
            return [], log.save()
        kept: list[Kept] = []
        try:
            rows = self._rows(branch.number)
            for record in sorted(own, key=lambda each: int(each.fields["events"])):
                count = int(record.fields["events"])
                if count > len(rows):
                    raise ValueError(f"{count} events are needed, {len(rows)} are there")
                for event, moment in rows[len(log) : count]:
                    log.append(event, moment)
                kept.append(self._kept(record, log.save(), len(branch.inputs)))
        except _UNSOUND:
            self.are_sound = False
        return sorted(kept, key=lambda each: each.place), log.save()

    def _rows(self, branch: int) -> list[Row]:
        rows: list[Row] = []
        for record in self._events:
            if record.fields.get("branch") == branch and record.fields["first"] == len(rows):
                rows += plain_events.read(record.bulk)
        if any(event.seq != seq for seq, (event, _) in enumerate(rows)):
            raise ValueError("these are no events in order")
        return rows

    def _kept(self, record: Record, log: SavedLog, inputs: int) -> Kept:
        machine = self._machine
        bulk, fields = record.bulk, record.fields
        state_size, fpu_size, count = _SIZES.unpack_from(bulk)
        at = _SIZES.size
        state: MachineState = plain_state.read(bulk[at : at + state_size], machine.named())
        at += state_size
        fpu = bulk[at : at + fpu_size]
        at += fpu_size
        numbers = struct.unpack_from(f"<{count}I", bulk, at)
        at += 4 * count
        if len(bulk) != at + count * PAGE or not machine.cpu.is_sound(fpu):
            raise ValueError("sizes or modes are wrong")
        pages = {
            number: bulk[start : start + PAGE]
            for number, start in zip(numbers, range(at, len(bulk), PAGE), strict=True)
        }
        if {type(state), type(state.tick), type(state.turn)} != {MachineState, int}:
            raise ValueError("no state of a machine")
        if [state.tick, state.turn] != list(fields["place"]):
            raise ValueError("state of another place")
        if not 0 <= fields["inputs"] <= inputs:
            raise ValueError("inputs that are not there")
        if not 0 <= fields["work"] < inf:
            raise ValueError("no time to come there")
        place, memory = Place(state.tick, state.turn), self._start.memory.with_pages(pages)
        checkpoint = Checkpoint(memory, fpu, machine.pickled(state), log, place)
        return Kept(checkpoint, fields["inputs"], float(fields["work"]))

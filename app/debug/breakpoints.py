"""What the user wants runs to stop at, forwards and backwards: instructions, uses of something, kinds of events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

from app.debug.snapshot import BreakpointRow, Stop
from app.debug.watches import MemoryWatch, Use, Watch
from app.emu.events import KINDS, Event
from app.emu.probes import AddressProbe, Probe


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row, and what makes it stop."""

    row: BreakpointRow
    probes: frozenset[Probe] = frozenset()
    event: str = ""


@dataclass(slots=True)
class Breakpoints:
    """The stops of a session, oldest first; the numbers of removed ones are not given again."""

    _entries: dict[int, _Entry] = field(default_factory=dict)
    _last: int = 0
    addresses: frozenset[int] = frozenset()
    """Linear addresses of the instructions to stop at."""
    watched: frozenset[Probe] = frozenset()
    """What to stop behind the use of."""
    kinds: frozenset[str] = frozenset()
    """Kinds of events to stop at."""

    @property
    def probes(self) -> frozenset[Probe]:
        """All that a search has to look out for."""
        return self.watched | {AddressProbe(linear) for linear in self.addresses}

    def rows(self) -> tuple[BreakpointRow, ...]:
        """All of them, oldest first."""
        return tuple(entry.row for entry in self._entries.values())

    # Changing

    def toggle(self, linear: int, label: str) -> None:
        """Set a breakpoint at an instruction, or remove the one that is there."""
        self._toggle(
            lambda entry: (entry.row.kind, entry.row.linear) == ("code", linear),
            _Entry(self._row("code", linear, label), frozenset({AddressProbe(linear)})),
        )

    def toggle_event(self, kind: str) -> None:
        """Stop at every event of a kind, or no longer. Raises `ValueError` for a kind there is not."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of event; kinds are those of the trace, such as mode_switched")
        self._toggle(lambda entry: entry.event == kind, _Entry(self._row("event", None, kind), event=kind))

    def watch(self, watch: Watch, use: Use, probes: frozenset[Probe]) -> None:
        """Stop behind each use of something. Raises `ValueError` when that is watched already."""
        if any(entry.probes == probes for entry in self._entries.values()):
            raise ValueError(f"there is a watchpoint already: {use.value} {watch}")
        linear = watch.linear if isinstance(watch, MemoryWatch) else None
        self._add(_Entry(self._row(use.value, linear, str(watch)), probes))

    def remove(self, number: int) -> None:
        """Forget one; nothing happens when there is none with this number."""
        self._entries.pop(number, None)
        self._settle()

    def enable(self, number: int, *, on: bool) -> None:
        """Let one stop runs, or not, without forgetting it."""
        if number in self._entries:
            entry = self._entries[number]
            self._entries[number] = replace(entry, row=replace(entry.row, enabled=on))
            self._settle()

    def _row(self, kind: str, linear: int | None, label: str) -> BreakpointRow:
        return BreakpointRow(self._last + 1, kind, linear, label, enabled=True, hits=0)

    def _toggle(self, is_same: Callable[[_Entry], bool], new: _Entry) -> None:
        there = [number for number, entry in self._entries.items() if is_same(entry)]
        for number in there:
            self.remove(number)
        if not there:
            self._add(new)

    def _add(self, entry: _Entry) -> None:
        self._last = entry.row.number
        self._entries[entry.row.number] = entry
        self._settle()

    def _settle(self) -> None:
        enabled = [entry for entry in self._entries.values() if entry.row.enabled]
        code = [entry.row.linear for entry in enabled if entry.row.kind == "code"]
        self.addresses = frozenset(linear for linear in code if linear is not None)
        watching = [entry.probes for entry in enabled if entry.row.kind != "code"]
        self.watched = frozenset(probe for probes in watching for probe in probes)
        self.kinds = frozenset(entry.event for entry in enabled if entry.event)

    # Stopping

    def hit_address(self, linear: int) -> Stop | None:
        """An instruction is next: the reason to stop, if it is one; counts the hit."""
        return self._hit(lambda entry: entry.row.kind == "code" and entry.row.linear == linear, Stop.BREAKPOINT)

    def hit_probes(self, used: Collection[Probe]) -> Stop | None:
        """Something was used."""
        return self._hit(lambda entry: not entry.probes.isdisjoint(used), Stop.WATCHPOINT) if used else None

    def hit_events(self, events: Iterable[Event]) -> Stop | None:
        """Events have happened."""
        happened = {event.kind for event in events} & self.kinds
        return self._hit(lambda entry: entry.event in happened, Stop.EVENT) if happened else None

    def _hit(self, is_hit: Callable[[_Entry], bool], stop: Stop) -> Stop | None:
        hit = [entry for entry in self._entries.values() if entry.row.enabled and is_hit(entry)]
        for entry in hit:
            self._entries[entry.row.number] = replace(entry, row=replace(entry.row, hits=entry.row.hits + 1))
        return stop if hit else None

    @staticmethod
    def reason(probe: Probe) -> Stop:
        """Why a search ends at the use of something."""
        return Stop.BREAKPOINT if isinstance(probe, AddressProbe) else Stop.WATCHPOINT

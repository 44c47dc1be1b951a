"""What a run can be for."""

from __future__ import annotations

from dataclasses import dataclass

from app.debug.watches import Use, Watch


@dataclass(frozen=True, slots=True)
class Goal:
    """What a run is for. Base of the goals below."""


@dataclass(frozen=True, slots=True)
class Run(Goal):
    """Until a breakpoint, the end, or a pause."""


@dataclass(frozen=True, slots=True)
class StepInto(Goal):
    """One instruction; an INT, callback or interrupt is followed to its first instruction."""


@dataclass(frozen=True, slots=True)
class StepOver(Goal):
    """One instruction; calls, INTs and whatever they cause run to the instruction behind, same mode and stack."""


@dataclass(frozen=True, slots=True)
class StepOut(Goal):
    """Until the current procedure, interrupt handler or callback handler has returned."""


@dataclass(frozen=True, slots=True)
class RunTo(Goal):
    """Until the instruction at a linear address is next."""

    linear: int


@dataclass(frozen=True, slots=True)
class ToModeSwitch(Goal):
    """Until the first instruction after the next mode switch."""


@dataclass(frozen=True, slots=True)
class ToCallback(Goal):
    """Until the first instruction of the next callback handler dispatched, the DPMI host's or a driver's."""


@dataclass(frozen=True, slots=True)
class ToEvent(Goal):
    """Until the next event (of the kinds named, or any)."""

    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StepBack(Goal):
    """Back to the stop of the single step before this one."""


@dataclass(frozen=True, slots=True)
class StepBackOver(Goal):
    """Back one instruction; over a call, INT or REP that ended here, to the instruction that began it."""


@dataclass(frozen=True, slots=True)
class BackToCaller(Goal):
    """Back to the call, INT or event that entered the current procedure or handler."""


@dataclass(frozen=True, slots=True)
class RunBack(Goal):
    """Back to the last breakpoint before here, or the start."""


@dataclass(frozen=True, slots=True)
class PreviousModeSwitch(Goal):
    """Back to the first instruction after the last mode switch before here."""


@dataclass(frozen=True, slots=True)
class PreviousCallback(Goal):
    """Back to the first instruction of the last callback handler dispatched before here."""


@dataclass(frozen=True, slots=True)
class PreviousEvent(Goal):
    """Back to the stop of the last event before here (of the kinds named, or any)."""

    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ToStackSwitch(Goal):
    """Until the first instruction after the next stack switch."""


@dataclass(frozen=True, slots=True)
class PreviousStackSwitch(Goal):
    """Back to the first instruction after the last stack switch before here."""


@dataclass(frozen=True, slots=True)
class LastUse(Goal):
    """Back to the instruction that used something last: who wrote this? It is the next one then."""

    watch: Watch
    use: Use = Use.WRITE


@dataclass(frozen=True, slots=True)
class NextUse(Goal):
    """Ahead to the instruction that uses something next: who reads this? It is the next one then."""

    watch: Watch
    use: Use = Use.READ


@dataclass(frozen=True, slots=True)
class GoBack(Goal):
    """Return to where the last jump began: that of a search, or to a position."""


@dataclass(frozen=True, slots=True)
class ToPosition(Goal):
    """At a position of the outside interface, ahead or behind: `event 41+7`, `tick 120345`, `callback 2`, `end`."""

    text: str

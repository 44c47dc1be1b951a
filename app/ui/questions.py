"""What can be asked about something that can be watched: who wrote it, who reads it next, stop whenever it is used.

Panes say what is selected in them as watches (`Pane.watched`); the questions, their words and their keys are the same
for all of them and stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from app.debug.goals import Goal, LastUse, NextUse
from app.debug.watches import DepthWatch, DescriptorWatch, SelectorWatch, Use, VectorWatch, Watch
from app.ui.format import STACK_NAMES


class Ask(StrEnum):
    """The kinds of questions. The value is the key that asks it about the first thing selected that knows an answer."""

    WHO_WROTE = "W"
    WHO_READS = "R"
    STOP_WRITES = "Shift+W"
    STOP_READS = "Shift+R"


class Question(NamedTuple):
    """One question, or the wish to stop at each use. Exactly one of goal and stop is set."""

    ask: Ask
    text: str
    goal: Goal | None = None
    """What to run for."""
    stop: tuple[Watch, Use] | None = None
    """What a watchpoint is made of."""


def questions(watches: Iterable[Watch]) -> Iterator[Question]:
    """All that can be asked about some things, in the order of a menu."""
    for watch in watches:
        yield from _about(watch)


def first(watches: Iterable[Watch], ask: Ask) -> Question | None:
    """What a key asks; None when nothing that is selected can be asked so."""
    return next((question for question in questions(watches) if question.ask is ask), None)


def _about(watch: Watch) -> Iterator[Question]:
    last, following = LastUse(watch, Use.WRITE), NextUse(watch, Use.WRITE)
    written, read = (watch, Use.WRITE), (watch, Use.READ)
    match watch:
        case SelectorWatch(selector):
            yield Question(Ask.WHO_WROTE, f"Who loaded selector {selector:04X} last?", LastUse(watch, Use.READ))
            yield Question(Ask.WHO_READS, f"Who loads selector {selector:04X} next?", NextUse(watch, Use.READ))
            yield Question(Ask.STOP_READS, f"Stop when selector {selector:04X} is loaded", stop=read)
        case DescriptorWatch():
            yield Question(Ask.WHO_WROTE, f"Who changed {watch}?", last)
            yield Question(Ask.STOP_WRITES, f"Stop when {watch} is changed", stop=written)
        case VectorWatch(table) if table != "real":  # the host's own: what it reads there is no use by an instruction
            yield Question(Ask.WHO_WROTE, f"Who set {watch}?", last)
        case DepthWatch(stack, depth):
            name = f"the {STACK_NAMES[stack].lower()} stack"
            yield Question(Ask.WHO_WROTE, f"When was {name} last deeper than now, {depth} bytes?", last)
            yield Question(Ask.WHO_READS, f"When is {name} deeper than now, {depth} bytes, next?", following)
            yield Question(Ask.STOP_WRITES, f"Stop when {name} is deeper than now, {depth} bytes", stop=written)
        case _:
            yield Question(Ask.WHO_WROTE, f"Who wrote {watch}?", last)
            yield Question(Ask.WHO_READS, f"Who reads {watch} next?", NextUse(watch, Use.READ))
            yield Question(Ask.STOP_WRITES, f"Stop when {watch} is written", stop=written)
            yield Question(Ask.STOP_READS, f"Stop when {watch} is read", stop=read)

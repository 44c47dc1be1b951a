"""Rows of the benchmark: a name, a function that measures, what it is compared with.

Add a row with `@row("what")`; the function returns a `Measure` or several. Numbers are per second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """So many per second; ratio against the row named `against` of the same function.

    is_duration: one at a time, and how long it takes is of interest.
    """

    name: str
    rate: float
    against: str | None = None
    is_duration: bool = False

    @property
    def shown(self) -> str:
        """The number with its unit."""
        return f"{1000 / self.rate:.1f} ms" if self.is_duration else f"{readable(self.rate)}/s"


Row = Callable[[], Iterable[Measure]]
ROWS: dict[str, Row] = {}


def row(name: str) -> Callable[[Row], Row]:
    """Register a function under a group's name."""

    def register(function: Row) -> Row:
        ROWS[name] = function
        return function

    return register


def rate(work: Callable[[], int], *, seconds: float = 0.5) -> float:
    """How many per second `work` does; it returns how many it did. The best of three."""
    work()
    best = 0.0
    for _ in range(3):
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds / 3:
            done += work()
        best = max(best, done / (time.perf_counter() - start))
    return best


def readable(number: float) -> str:
    """12.3 M, 45.6 k, 7.8."""
    for limit, letter in ((1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.1f} {letter}"
    return f"{number:.1f}"


def show(names: list[str]) -> None:
    """Measure and print; no names: everything."""
    for group, function in ROWS.items():
        if names and not any(name in group for name in names):
            continue
        print(group)
        measures = list(function())
        rates = {measure.name: measure.rate for measure in measures}
        for measure in measures:
            ratio = f"{measure.rate / rates[measure.against]:6.2f} of {measure.against}" if measure.against else ""
            print(f"  {measure.name:<52}{measure.shown:>11} {ratio}", flush=True)

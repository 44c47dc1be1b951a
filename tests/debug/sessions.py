"""Sessions for tests, and the steps many of them take first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.debug.goals import StepInto
from app.debug.launch import Launch
from app.debug.session import Session
from app.debug.snapshot import Interest, Snapshot, Stop
from app.debug.snapshot import StackView as View
from app.emu.events import Event
from tests.emu.runs import SAMPLES

SHORT = ["callback.com", "exception.com", "hello16.com", "mouse.com", "nested.com", "rawswitch.com", "vector.com"]
"""Samples of a few thousand instructions."""


def session(program: Path | str, **launch: Any) -> Session:
    """A session on a sample (by its name) or a program."""
    path = SAMPLES / program if isinstance(program, str) else program
    return Session(Launch(str(path), memory=8, **launch))


def picture(of: Session, **interest: Any) -> Snapshot:
    return of.observe(Interest(**interest))


def events(of: Session, kind: str = "") -> list[Event]:
    return [event for event, _ in of.machine.log.since(0) if not kind or event.kind == kind]


def step_until(of: Session, data: bytes, *, ax: int | None = None, most: int = 5000) -> None:
    """Step into until the next instruction is these bytes (and AX has this value)."""
    for _ in range(most):
        regs = of.machine.regs
        if of.machine.memory.read(regs.code_linear, len(data)) == data and ax in {None, regs.ax}:
            return
        stop = of.run(StepInto())
        assert stop == Stop.STEPPED, stop
    raise AssertionError(f"{data.hex()} was not reached")


def stack(snapshot: Snapshot, name: str) -> View:
    return next(view for view in snapshot.stacks if view.stack == name)

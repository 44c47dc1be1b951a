"""Runs one program through the machine inside this process, as `dpmiscope run` and `trace` do."""

from __future__ import annotations

import io
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from app import headless
from app.debug.launch import Launch

ENOUGH = 40_000_000
"""Instructions no test needs."""


@dataclass(slots=True)
class Console:
    """Keeps what the guest prints; nobody types."""

    output: bytearray = field(default_factory=bytearray)

    def write(self, handle: int, data: bytes) -> None:
        self.output += data

    def read_input(self) -> bytes | None:
        return None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: exit code and status as the command gives them, what the guest printed, the events of `trace`."""

    code: int
    reason: str
    message: str
    output: str
    trace: bytes


def run(program: Path, options: str = "", *, trace: bool = False) -> Ended:
    """Run a program to its end. options: as in a test's header, `--max-instructions N`."""
    words = shlex.split(options)
    limit = int(words[words.index("--max-instructions") + 1]) if words else ENOUGH
    console, events = Console(), io.BytesIO()
    limits = headless.Limits(limit, seconds=100)
    outcome = headless._run(Launch(str(program)), limits, console, events if trace else None)  # type: ignore[arg-type]
    return Ended(outcome.exit_code, outcome.reason, outcome.message, console.output.decode("cp437"), events.getvalue())

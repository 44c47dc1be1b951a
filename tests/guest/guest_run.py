"""Runs one program through the machine inside this process, to the end `dpmiscope run` would report."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.debug.inputs import InputEnded
from app.debug.launch import Launch, start
from app.emu.machine import Machine

ENOUGH: Final = 40_000_000
"""Instructions no program here needs."""
SECONDS: Final = 100
SLICE: Final = 100_000


@dataclass(slots=True)
class Console:
    """Keeps what the guest prints; nobody types."""

    printed: dict[int, bytearray] = field(default_factory=lambda: {1: bytearray(), 2: bytearray()})

    def write(self, handle: int, data: bytes) -> None:
        self.printed[handle] += data


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: exit code and status as the command gives them, what was printed, the events of `trace`."""

    code: int
    reason: str
    message: str
    output: str
    errors: str
    trace: bytes
    left: tuple[str, ...] = ()
    """What the host still holds although the last program has ended."""


def run(program: Path, options: str = "") -> Ended:
    """Run a program to its end. options: as in a test's header.

    These are `--max-instructions N --keys TEXT --then NAME --paging HOW`.
    """
    words = shlex.split(options)
    given = dict(zip(words[::2], words[1::2], strict=True))
    limit = int(given.get("--max-instructions", ENOUGH))
    console = Console()
    then = ((str(program.parent / given["--then"]),),) if "--then" in given else ()
    machine = start(
        Launch(str(program), keys=given.get("--keys", ""), then=then, paging=given.get("--paging", "off")), console
    )
    deadline = time.monotonic() + SECONDS
    while machine.state.end is None and machine.tick < limit and time.monotonic() < deadline:
        machine.slice(min(limit - machine.tick, SLICE))
        if machine.state.devices.keyboard.wants_input:
            InputEnded(machine.place).do(machine)
    output, errors = (console.printed[handle].decode("cp437") for handle in (1, 2))
    trace = b"".join(event.to_json().encode() + b"\n" for event, _ in machine.log.since(0))
    end = machine.state.end
    if end is None:
        return Ended(124, "limit", f"stopped after {machine.tick} instructions", output, errors, trace)
    left = what_is_left(machine)
    if end.how == "terminated":
        return Ended(123, "terminated", end.message, output, errors, trace, left)
    return Ended(end.code, "exited", end.message, output, errors, trace, left)


def what_is_left(machine: Machine) -> tuple[str, ...]:
    """Clients, contexts and extended memory that nobody has given back."""
    host = machine.state.host
    return (
        *(f"client {client.number}" for client in host.clients),
        *(f"level {level.door}" for level in host.levels),
        *(f"provider {provider.number}" for provider in host.providers),
        *(f"block of {block.size} bytes" for block in host.arena.blocks),
    )

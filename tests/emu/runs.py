"""Runs for tests: machines over a folder, programs made of a few bytes, traces, and the whole state as plain values."""

from __future__ import annotations

import itertools
import os
import struct
from collections import deque
from dataclasses import dataclass, field, is_dataclass
from datetime import date, time
from enum import Enum
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings

from app.debug.inputs import standard_input
from app.debug.launch import Launch, start
from app.emu.machine import Checkpoint, Machine

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = ROOT / "resources" / "samples"
SAMPLE_PROGRAMS = sorted([*SAMPLES.glob("*.com"), *SAMPLES.glob("*.exe")])
MORE = int(os.environ.get("DPMISCOPE_FUZZ", "0"))
"""Examples of each property to try at random; without it a few, always the same."""


def fuzz(examples: int) -> settings:
    """Settings of a property test: the same examples in every run unless more are asked for, which are then shrunk."""
    return settings(
        phases=list(Phase) if MORE else [Phase.explicit, Phase.generate],
        max_examples=MORE or examples,
        derandomize=not MORE,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@dataclass(slots=True)
class Console:
    """Keeps what the guest writes; nobody types, unless there are lines to be read."""

    lines: list[bytes] = field(default_factory=list)
    written: dict[int, bytearray] = field(default_factory=lambda: {1: bytearray(), 2: bytearray()})

    def write(self, handle: int, data: bytes) -> None:
        self.written[handle] += data

    def read(self) -> bytes:
        return self.lines.pop(0) if self.lines else b""

    def text(self, handle: int = 1) -> str:
        return self.written[handle].decode("cp437")


def machine(program: Path, *, console: Console | None = None, **launch: Any) -> Machine:
    """A small machine with the program loaded. launch: as `Launch` takes it."""
    launch.setdefault("memory", 8)
    return start(Launch(str(program), **launch), console or Console())


def com(folder: Path, code: bytes, name: str = "PROG.COM") -> Path:
    """A .COM program of these bytes in a folder."""
    path = folder / name
    path.write_bytes(code)
    return path


def is_stuck(running: Machine) -> bool:
    """The program has ended, or waits for a key that cannot come."""
    return running.has_ended or (running.state.waiting and running.state.bios.input_ended)


def forward(running: Machine, instructions: int, *, slices: int = 1_000_000) -> Machine:
    """Run so many instructions, at most `slices` of them in one go; fewer when the program ends or waits for ever."""
    target = running.tick + instructions
    idle = 0
    while running.tick < target and not is_stuck(running):
        idle = 0 if running.slice(min(slices, target - running.tick)) else idle + 1
        if running.state.devices.keyboard.wants_input and isinstance(running.console, Console):
            standard_input(running.place, running.console.read()).do(running)
        assert idle < 100_000, "the machine turns without executing anything"
    return running


def trace(running: Machine) -> bytes:
    """What `dpmiscope trace` writes."""
    return b"".join(event.to_json().encode() + b"\n" for event, _ in running.log.since(0))


# A program that enters protected mode as a 16-bit or 32-bit client and goes on in 16-bit code:
#
#   mov bx, 1000h / mov ah, 4Ah / int 21h           keep 64 KiB
#   mov ax, 1687h / int 2Fh / push es / push di     the mode switch entry
#   mov bx, si / mov ah, 48h / int 21h / mov es, ax  the host's private memory
#   mov bp, sp / mov ax, WIDTH / call far [bp]
#   push ds / pop es
_ENTER = "BB0010 B44A CD21 B88716 CD2F 06 57 89F3 B448 CD21 8EC0 89E5 B8{width:02X}00 FF5E00 1E 07"
EXIT = bytes.fromhex("B8004C CD21")
"""mov ax, 4C00h / int 21h"""


def client(bits: int, code: bytes) -> bytes:
    """A .COM program that enters protected mode, runs the code there and ends with code 0."""
    return bytes.fromhex(_ENTER.format(width=bits == 32)) + code + EXIT


def word(value: int) -> bytes:
    return struct.pack("<H", value & 0xFFFF)


def int31(function: int, **registers: int) -> bytes:
    """Mov bx, … / mov cx, … / … / mov ax, FUNCTION / int 31h"""
    codes = {"cx": 0xB9, "dx": 0xBA, "bx": 0xBB, "si": 0xBE, "di": 0xBF}
    loads = b"".join(bytes([codes[name]]) + word(value) for name, value in registers.items())
    return loads + b"\xb8" + word(function) + b"\xcd\x31"


# State


def whole_state(running: Machine) -> dict[str, Any]:
    """Everything a checkpoint holds, as values that compare and print well."""
    return described(running.save(), running)


def described(saved: Checkpoint, running: Machine) -> dict[str, Any]:
    state = running.unpickled(saved.state)
    return {
        "memory": saved.memory.pages,
        "fpu": saved.fpu,
        "log": [(event.to_json(), repr(moment)) for event, moment in saved.log],
        "state": plain(state, running, {}),
    }


def plain(value: Any, running: Machine, seen: dict[int, int]) -> Any:
    """An object as nested tuples: type, attributes by name, contents in order; shared mutable objects by number."""
    if value is running or value is running.memory or value is running.folder:
        return type(value).__name__
    if value is None or isinstance(value, bool | int | float | str | bytes | Enum | type | date | time):
        return value
    kind = type(value).__name__
    if isinstance(value, frozenset):
        return kind, tuple(sorted((plain(each, running, seen) for each in value), key=repr))
    if isinstance(value, tuple):
        return kind, tuple(plain(each, running, seen) for each in value)
    frozen = is_dataclass(value) and type(value).__dataclass_params__.frozen  # type: ignore[attr-defined]
    if not frozen:
        if id(value) in seen:
            return f"#{seen[id(value)]}"
        seen[id(value)] = len(seen)
    if isinstance(value, bytearray):
        return kind, bytes(value)
    if isinstance(value, set):
        return kind, tuple(sorted((plain(each, running, seen) for each in value), key=repr))
    if isinstance(value, list | deque):
        return kind, tuple(plain(each, running, seen) for each in value)
    if isinstance(value, dict):
        return kind, tuple((plain(key, running, seen), plain(each, running, seen)) for key, each in value.items())
    attributes = attributes_of(value)
    assert attributes or frozen or is_dataclass(value), f"{kind} keeps nothing that can be compared"
    return kind, tuple((name, plain(attributes[name], running, seen)) for name in sorted(attributes))


def attributes_of(value: Any) -> dict[str, Any]:
    """All attributes an object holds, in `__dict__` and in slots."""
    found = dict(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in {"__dict__", "__weakref__"} and hasattr(value, name):
                found[name] = getattr(value, name)
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where two states differ, in words a person can use."""
    found = [
        f"page {page:05X}: {_first_difference(a or bytes(4096), b or bytes(4096), page)}"
        for page, (a, b) in enumerate(zip(one["memory"], other["memory"], strict=True))
        if a != b
    ]
    found += [name for name in ("fpu",) if one[name] != other[name]]
    if one["log"] != other["log"]:
        pairs = zip(one["log"], other["log"], strict=False)
        at = next((f"{a} / {b}" for a, b in pairs if a != b), f"{len(one['log'])} / {len(other['log'])} events")
        found.append(f"log: {at}")
    return found + list(_walk("state", one["state"], other["state"]))


def _first_difference(one: bytes, other: bytes, page: int) -> str:
    at = next(index for index, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    return f"physical {page * 4096 + at:08X}: {one[at : at + 8].hex()} / {other[at : at + 8].hex()}"


def _walk(where: str, one: Any, other: Any) -> list[str]:
    if one == other:
        return []
    both = isinstance(one, tuple) and isinstance(other, tuple)
    if both and len(one) == len(other):
        found = []
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            name = a[0] if isinstance(a, tuple) and a and isinstance(a[0], str) else str(index)
            found += _walk(f"{where}.{name}", a, b)
        return found
    return [f"{where}: {one!r:.200} / {other!r:.200}"]


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = differences(one, other)
    assert not found, "\n".join(found[:20])


# Runs in pieces


def save_run_restore_run(program: Path, first: int, second: int, **launch: Any) -> None:
    """Run, save, run on, go back, run on again: the same trace and the same state, twice."""
    running = forward(machine(program, **launch), first)
    saved = running.save()
    at_save = described(saved, running)
    forward(running, second)
    ended, told = whole_state(running), trace(running)
    for _ in range(2):
        running.restore(saved)
        assert_same(at_save, whole_state(running))
        forward(running, second)
        assert trace(running) == told
        assert_same(ended, whole_state(running))


def run_in_slices(program: Path, sizes: tuple[int, ...], most: int, **launch: Any) -> tuple[bytes, dict[str, Any]]:
    """Run in slices of these sizes, over and over; the trace and the state at the end, or after `most` instructions."""
    running = machine(program, **launch)
    for size in itertools.cycle(sizes):
        before = running.tick, len(running.log), running.clock
        forward(running, min(size, most - running.tick), slices=size)
        if running.tick >= most or (running.tick, len(running.log), running.clock) == before:
            break
    return trace(running), whole_state(running)

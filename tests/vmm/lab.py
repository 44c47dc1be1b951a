"""Drivers and programs written for one test: assembled, linked, loaded together."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from app.debug.launch import Launch, start
from app.emu.events import Event
from app.emu.machine import End, Machine
from tests.emu.runs import SAMPLES, Console

GUEST: Final = Path(__file__).resolve().parent.parent / "guest"
DRIVERS: Final = SAMPLES / "drivers"
ID: Final = 0x7F01
"""Device id of the drivers here."""
ENOUGH: Final = 200_000
needs_nasm = pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm assembles the drivers")

CONTROL = "control: clc\n ret\n"
"""A control procedure that agrees to everything."""
V86_CLIENT = """
        org     100h
        mov     ax, 1684h
        mov     bx, 7F01h
        xor     di, di
        mov     es, di
        int     2Fh
        mov     [entry], di
        mov     [entry + 2], es
        {body}
        mov     ah, 4Ch
        int     21h
entry   dd      0
"""
PM_CLIENT = """
%include "guest.inc"
        call    enter_protected_mode
        mov     ax, 1684h
        mov     bx, 7F01h
        xor     xdi, xdi
        int     2Fh
        mov     [entry], xdi
        mov     [entry + W], es
        {body}
        mov     ah, 4Ch
        int     21h
        section .bss
entry   resd    2
"""


@cache
def linker(name: str) -> ModuleType:
    """link_vxd or link_pe: scripts that find each other in their own folder."""
    sys.path.insert(0, str(DRIVERS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(DRIVERS))


@dataclass(slots=True)
class Bench:
    """A folder to build in."""

    folder: Path

    def driver(self, body: str, *, v86: str = "0", pm: str = "0", name: str = "TESTVXD ", number: int = ID) -> Path:
        """A driver in assembly with a procedure `control`; v86, pm: labels of its API procedures."""
        source = self.folder / f"{name.strip()}.asm"
        source.write_text(
            f'%include "vxd.inc"\n driver "{name}", {number:#x}, control, {v86}, {pm}\n{body}', encoding="ascii"
        )
        linker("link_vxd").build(source, source.with_suffix(".vxd"))
        return source.with_suffix(".vxd")

    def program(self, text: str, *, width: int = 16, name: str = "client") -> Path:
        """A .COM program in assembly; width: of the DPMI client guest.inc makes."""
        source, built = self.folder / f"{name}.asm", self.folder / f"{name}.com"
        source.write_text(text, encoding="ascii")
        bits = ["-DBITS32"] if width == 32 else []
        subprocess.run(["nasm", "-f", "bin", f"-I{GUEST}/", *bits, str(source), "-o", str(built)], check=True)
        return built

    def win32(self, body: str, *, name: str = "CLIENT") -> Path:
        """A Win32 program in assembly; it begins at `start`."""
        source, built = self.folder / f"{name}.asm", self.folder / f"{name}.exe"
        source.write_text(f'%include "win32.inc"\n{body}', encoding="ascii")
        linker("link_pe").build(source, built)
        return built

    def start(self, program: Path, *drivers: Path, **launch: Any) -> tuple[Machine, Console]:
        console = Console()
        launch.setdefault("memory", 8)
        return start(Launch(str(program), vxds=tuple(map(str, drivers)), **launch), console), console

    def run(self, program: Path, *drivers: Path, step: int = ENOUGH, **launch: Any) -> Run:
        """To the end of the program, or far enough."""
        machine, console = self.start(program, *drivers, **launch)
        while machine.state.end is None and machine.tick < ENOUGH:
            machine.slice(step)
        return Run(machine, console)


@dataclass(slots=True)
class Run:
    """A run that is over."""

    machine: Machine
    console: Console

    @property
    def end(self) -> End:
        assert self.machine.state.end is not None, f"still running after {self.machine.tick} instructions"
        return self.machine.state.end

    @property
    def code(self) -> int:
        assert self.end.how == "exit", self.end.message
        return self.end.code

    def events(self, *kinds: str) -> Iterator[Event]:
        return (event for event, _ in self.machine.log.since(0) if event.kind in kinds)

    def trace(self) -> bytes:
        return b"".join(event.to_json().encode() for event, _ in self.machine.log.since(0))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)

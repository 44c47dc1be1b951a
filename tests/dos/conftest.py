"""Fixtures: a folder to be drive C:, and machines over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dos.fake_machine import FakeMachine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The host folder behind drive C:, with a .COM program that is one RET."""
    inside = tmp_path / "drive"
    inside.mkdir()
    (inside / "prog.com").write_bytes(b"\xc3")
    return inside


@pytest.fixture
def machine(folder: Path) -> FakeMachine:
    """A machine on which `PROG.COM` has been loaded and shrunk to 64 KiB. The program has not looked at C: yet."""
    machine = FakeMachine(folder)
    machine.dos.load_program("prog.com", "", {"PATH": "C:\\"})
    machine.int21(0x4A00, es=machine.dos.current_psp, bx=0x1000)
    machine.forget_the_folder()
    return machine


@pytest.fixture
def new_machine(folder: Path) -> Callable[..., FakeMachine]:
    """Make machines over the same folder."""
    return lambda **options: FakeMachine(folder, **options)

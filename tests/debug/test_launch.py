"""What a program is started with: environment, current directory, redirected handles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.debug.launch import CapturedConsole, Launch, start
from app.debug.replay import begin
from app.emu.dos import psp
from app.emu.host.profiles import PROFILES
from app.emu.machine import Machine
from app.emu.machine_errors import LoadError
from tests.cli.commands import here

COPY = bytes.fromhex("B43F 31DB B94000 BA0002 CD21 09C0 740D 91 B440 BB0100 BA0002 CD21 EBE3 B8004C CD21")
"""again: mov ah, 3Fh / xor bx, bx / mov cx, 64 / mov dx, 200h / int 21h / or ax, ax / jz end / xchg ax, cx
mov ah, 40h / mov bx, 1 / mov dx, 200h / int 21h / jmp again / end: mov ax, 4C00h / int 21h"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "COPY.COM").write_bytes(COPY)
    (tmp_path / "IN.TXT").write_bytes(b"from a file\r\n")
    (tmp_path / "SUB").mkdir()
    return tmp_path


def started(folder: Path, *arguments: str, **options: Any) -> Machine:
    return start(Launch(str(folder / "COPY.COM"), arguments, **options), CapturedConsole())


def to_the_end(machine: Machine) -> str:
    for _ in range(100):
        machine.slice(10_000)
    assert machine.state.end is not None
    console = machine.console
    assert isinstance(console, CapturedConsole)
    return console.text().decode("cp437")


def environment(machine: Machine) -> list[str]:
    segment = psp.environment(machine.memory, machine.state.dos.current_psp)
    return machine.memory.read(segment << 4, 0x400).split(b"\0\0")[0].decode("cp437").split("\0")


def contents(machine: Machine, path: str) -> bytes:
    file = machine.state.dos.mount.file(path)
    return file.read(0, file.size)


def test_environment_is_the_usual_and_what_is_set(folder: Path) -> None:
    machine = started(folder, environment=("djgpp=C:\\DJGPP.ENV", "PROMPT=", "Path=C:\\BIN;C:\\", "EQ=a=b"))
    assert environment(machine) == ["COMSPEC=C:\\COMMAND.COM", "DJGPP=C:\\DJGPP.ENV", "PATH=C:\\BIN;C:\\", "EQ=a=b"]


@pytest.mark.parametrize("setting", ["NAME", "=VALUE", ""])
def test_what_sets_nothing_is_refused(folder: Path, setting: str) -> None:
    with pytest.raises(LoadError, match="NAME=VALUE"):
        started(folder, environment=(setting,))


def test_current_directory(folder: Path) -> None:
    assert started(folder, directory="sub").state.dos.mount.current == ("SUB",)
    with pytest.raises(LoadError, match="--directory OTHER: no such folder"):
        started(folder, directory="OTHER")
    with pytest.raises(LoadError, match="--directory"):
        started(folder, directory="..")


def test_handles_are_redirected_and_the_tail_is_clean(folder: Path) -> None:
    machine = started(folder, "a", "<IN.TXT", "b", ">", "OUT.TXT")
    tail = machine.memory.read((machine.state.dos.current_psp << 4) + 0x80, 6)
    assert tail == b"\x04 a b\r"
    assert to_the_end(machine) == ""
    assert contents(machine, "OUT.TXT") == b"from a file\r\n"
    assert not (folder / "OUT.TXT").exists()


def test_output_is_appended(folder: Path) -> None:
    machine = started(folder, "<SUB\\..\\IN.TXT", ">>SUB\\NEW.TXT")
    to_the_end(machine)
    assert contents(machine, "SUB\\NEW.TXT") == b"from a file\r\n"
    (folder / "OLD.TXT").write_bytes(b"old ")
    machine = started(folder, "<IN.TXT", ">>OLD.TXT")
    to_the_end(machine)
    assert contents(machine, "OLD.TXT") == b"old from a file\r\n"


def test_devices_are_files_too(folder: Path) -> None:
    assert to_the_end(started(folder, "<NUL", ">NUL")) == ""


@pytest.mark.parametrize(
    "words, reason",
    [
        (("<NONE.TXT",), "file not found"),
        ((">NO\\OUT.TXT",), "path not found"),
        ((">SUB",), "denied"),
        (("<",), "must"),
    ],
)
def test_files_that_cannot_be_are_named(folder: Path, words: tuple[str, ...], reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        started(folder, *words)


def test_the_command_takes_all_of_it(folder: Path) -> None:
    done = here("run", "--env", "A=1", "--env=B=2", folder / "COPY.COM", "--directory", "SUB", "<..\\IN.TXT")
    assert (done.code, done.output, done.errors) == (0, b"from a file\r\n", "")
    done = here("run", folder / "COPY.COM", "<NONE.TXT")
    assert done.code == 125
    assert "NONE.TXT: file not found on drive C:" in done.errors


def test_a_recording_starts_the_same_way(folder: Path, tmp_path: Path) -> None:
    recording = tmp_path / "RUN.dpmirec"
    options = ("--env", "A=1", "--directory", "SUB", "--profile", "hdpmi", "--record", recording)
    done = here("run", *options, folder / "COPY.COM", "<..\\IN.TXT")
    assert (done.code, done.output) == (0, b"from a file\r\n")
    opened = begin(Launch(str(recording)), CapturedConsole()).history.machine
    assert "A=1" in environment(opened)
    assert opened.state.dos.mount.current == ("SUB",)
    assert opened.options.profile is PROFILES["hdpmi"]
    assert to_the_end(opened) == "from a file\r\n"


def test_programs_in_a_row_have_their_own_files(folder: Path) -> None:
    machine = started(folder, "<IN.TXT", ">OUT.TXT", then=((str(folder / "COPY.COM"), "<OUT.TXT"),))
    assert to_the_end(machine) == "from a file\r\n"

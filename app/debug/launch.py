"""What is started and how: the part of the command line the machine needs, and the way from there to a machine."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from app.emu.dos import redirection
from app.emu.dos.dos import Dos
from app.emu.dos.failures import DosFailed
from app.emu.machine import Console, Machine, MachineOptions
from app.emu.machine_errors import LoadError

ENVIRONMENT = {"COMSPEC": "C:\\COMMAND.COM", "PATH": "C:\\", "PROMPT": "$P$G"}
"""The guest's environment, unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One program and how to run it.

    arguments may redirect as COMMAND.COM does it (`<FILE`, `>FILE`, `>>FILE`). mount: the folder that is drive C:, None
    for the program's own; memory in MiB; environment: NAME=VALUE beside the usual, NAME= takes a name out; directory:
    the current one at the start, as DOS spells it, "" for the root.
    """

    program: str
    arguments: tuple[str, ...] = ()
    mount: str | None = None
    memory: int = 32
    write_through: bool = False
    limit_checks: bool = True
    keys: str = ""
    environment: tuple[str, ...] = ()
    directory: str = ""

    @property
    def folder(self) -> str:
        """The folder mounted as drive C:."""
        return self.mount if self.mount is not None else str(Path(self.program).resolve().parent)

    @property
    def name(self) -> str:
        """The program's file name."""
        return Path(self.program).name


def spare_the_collector() -> None:
    """For a process that runs one program: look for reference cycles rarely.

    A run makes many small lasting values without cycles (events, checkpoints); at its usual pace Python's collector
    spends a fifth of the time walking over them. A machine that is no longer used is a cycle, and a large one: not
    for processes that make many.
    """
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)


def start(launch: Launch, console: Console) -> Machine:
    """Build a machine and load the program. Raises `LoadError` with a message for the user."""
    path = Path(launch.program)
    if not path.exists():
        raise LoadError(f"{launch.program}: no such file; give the path of a .COM or .EXE program")
    if path.is_dir():
        raise LoadError(f"{launch.program}: is a folder; give the path of a .COM or .EXE program in it")
    options = MachineOptions(launch.folder, launch.memory, launch.write_through, launch.limit_checks)
    machine = Machine(options, console)
    dos = machine.state.dos
    words, redirected = redirection.split(launch.arguments)
    dos.load_program(dos.mount.guest_path(launch.program), " ".join(words), environment(launch.environment))
    _change_directory(dos, launch.directory)
    redirection.apply(dos, redirected)
    if launch.keys:
        try:
            machine.state.devices.keyboard.type_text(launch.keys)
        except ValueError as error:
            raise LoadError(f"--keys: {error}") from None
    return machine


def environment(settings: Iterable[str]) -> dict[str, str]:
    """The guest's environment: the usual strings, changed as by SET NAME=VALUE. Raises `LoadError`."""
    strings = dict(ENVIRONMENT)
    for setting in settings:
        name, is_setting, value = setting.partition("=")
        if not is_setting or not name.strip():
            raise LoadError(f"--env {setting}: write NAME=VALUE (NAME= takes a name out of the environment)")
        strings.pop(name.strip().upper(), None)
        if value:
            strings[name.strip().upper()] = value
    return strings


def _change_directory(dos: Dos, directory: str) -> None:
    if directory:
        try:
            dos.mount.change_directory(directory)
        except DosFailed:
            where = f"a folder on drive C: ({dos.mount.folder})"
            raise LoadError(f"--directory {directory}: no such folder; give {where}, such as SRC\\LIB") from None


@dataclass(slots=True)
class CapturedConsole:
    """A console for windows and tests: output is kept, input comes only from typed keys."""

    output: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=10_000))
    ended: bool = False
    """Nobody will type any more."""

    def write(self, handle: int, data: bytes) -> None:
        """Keep what the guest writes."""
        self.output.append((handle, data))

    def read_input(self) -> bytes | None:
        """Nothing is typed here."""
        return None if self.ended else b""

    def text(self, handle: int = 1) -> bytes:
        """Everything written to a handle so far."""
        return b"".join(data for number, data in self.output if number == handle)

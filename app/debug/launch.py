"""What is started and how: the part of the command line the machine needs, and the way from there to a machine."""

from __future__ import annotations

import gc
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from app.emu.dos.host_folder import HostFolder
from app.emu.machine import Console, Machine, MachineOptions
from app.emu.machine_errors import LoadError
from app.emu.paging_policy import OFF, PagingOption

ENVIRONMENT = {"COMSPEC": "C:\\COMMAND.COM", "PATH": "C:\\", "PROMPT": "$P$G"}
"""The guest's environment."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One program and how to run it. mount: the folder that is drive C:, None for the program's own; memory in MiB."""

    program: str
    arguments: tuple[str, ...] = ()
    mount: str | None = None
    memory: int = 32
    write_through: bool = False
    limit_checks: bool = True
    keys: str = ""
    paging: PagingOption = OFF

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
    options = MachineOptions(launch.memory, launch.write_through, launch.limit_checks, launch.paging)
    machine = Machine(options, HostFolder(launch.folder), console)
    dos = machine.state.dos
    dos.load_program(dos.mount.guest_path(launch.program), " ".join(launch.arguments), ENVIRONMENT)
    if launch.keys:
        try:
            machine.state.devices.keyboard.type_text(launch.keys)
        except ValueError as error:
            raise LoadError(f"--keys: {error}") from None
    return machine


@dataclass(slots=True)
class CapturedConsole:
    """A console for windows and tests: output is kept."""

    output: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=10_000))

    def write(self, handle: int, data: bytes) -> None:
        """Keep what the guest writes."""
        self.output.append((handle, data))

    def text(self, handle: int = 1) -> bytes:
        """Everything written to a handle so far."""
        return b"".join(data for number, data in self.output if number == handle)

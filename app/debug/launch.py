"""What is started and how: the part of the command line the machine needs, and the way from there to a machine."""

from __future__ import annotations

import gc
from base64 import b64decode
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.emu.dos.host_folder import HostFolder
from app.emu.machine import Console, Machine, MachineOptions
from app.emu.machine_errors import LoadError

MEMORY: Final = 32
"""MiB a machine has unless somebody wants another size."""
FAR_RETURN: Final = "ddk95"
"""Who does the far return of drivers' callbacks unless somebody wants the other way."""
ENVIRONMENT = {"COMSPEC": "C:\\COMMAND.COM", "PATH": "C:\\", "PROMPT": "$P$G"}
"""The guest's environment."""


Programs = tuple[tuple[str, ...], ...]
"""Programs in a row: path and arguments of each."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A program and how to run it. mount: the folder that is drive C:, None for the program's own; memory in MiB.

    then: programs that follow when it has ended or stays resident, each with its arguments.
    """

    program: str
    arguments: tuple[str, ...] = ()
    mount: str | None = None
    memory: int = MEMORY
    write_through: bool = False
    limit_checks: bool = True
    keys: str = ""
    then: Programs = ()
    record: str | None = None
    """The file to record into from the start."""
    vxds: tuple[str, ...] = ()
    """Files of device drivers to load."""
    drivers: tuple[tuple[str, str], ...] = ()
    """The same from a recording: file name and contents in base64."""
    far_return: str = FAR_RETURN
    """Who does the far return of drivers' callbacks: the manager (ddk95) or the procedure (classic)."""

    @property
    def folder(self) -> str:
        """The folder mounted as drive C:."""
        return self.mount if self.mount is not None else str(Path(self.program).resolve().parent)

    @property
    def programs(self) -> Programs:
        """All programs in their order."""
        return ((self.program, *self.arguments), *self.then)

    @property
    def name(self) -> str:
        """The programs' file names."""
        return ", ".join(Path(program).name for program in (self.program, *(program for program, *_ in self.then)))


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


def _check(program: str) -> None:
    path = Path(program)
    if not path.exists():
        raise LoadError(f"{program}: no such file; give the path of a .COM or .EXE program")
    if path.is_dir():
        raise LoadError(f"{program}: is a folder; give the path of a .COM or .EXE program in it")


def start(launch: Launch, console: Console) -> Machine:
    """Build a machine and load the program. Raises `LoadError` with a message for the user."""
    for program, *_ in launch.programs:
        _check(program)
    machine = _machine(launch, HostFolder(launch.folder), console)
    return _load(machine, launch, guest_programs(launch, machine), ENVIRONMENT)


def guest_programs(launch: Launch, machine: Machine) -> Programs:
    """The programs of a launch as the guest names them. Raises `LoadError` for one outside drive C:."""
    mount = machine.state.dos.mount
    return tuple((mount.guest_path(program), *arguments) for program, *arguments in launch.programs)


def start_again(
    launch: Launch, programs: Programs, environment: Mapping[str, str], folder: HostFolder, console: Console
) -> Machine:
    """`start` from a recording: the programs as the guest names them, in a folder that was recorded."""
    return _load(_machine(launch, folder, console), launch, programs, environment)


def _machine(launch: Launch, folder: HostFolder, console: Console) -> Machine:
    return Machine(MachineOptions(launch.memory, launch.write_through, launch.limit_checks), folder, console)


def _load(machine: Machine, launch: Launch, programs: Programs, environment: Mapping[str, str]) -> Machine:
    dos = machine.state.dos
    for program, *arguments in programs:
        dos.load_afterwards(program, " ".join(arguments), environment)
    _load_drivers(machine, launch)
    dos.load_next()
    machine.state.vmm.begin()
    if launch.keys:
        try:
            machine.state.devices.keyboard.type_text(launch.keys)
        except ValueError as error:
            raise LoadError(f"--keys: {error}") from None
    return machine


def _load_drivers(machine: Machine, launch: Launch) -> None:
    vmm = machine.state.vmm
    vmm.classic = launch.far_return == "classic"
    for name in launch.vxds:
        try:
            vmm.load(Path(name).read_bytes(), Path(name).name)
        except OSError as error:
            raise LoadError(f"--vxd {name}: {error.strerror}; give the path of a device driver (.386, .VXD)") from None
    for name, contents in launch.drivers:
        try:
            image = b64decode(contents, validate=True)
        except ValueError:
            raise LoadError(f"{name}: the recording's copy of this driver is damaged") from None
        vmm.load(image, name)


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

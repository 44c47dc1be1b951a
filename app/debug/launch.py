"""What is started and how: the part of the command line the machine needs, and the way from there to a machine."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.emu.dos import redirection
from app.emu.dos.dos import Dos
from app.emu.dos.failures import DosFailed
from app.emu.dos.host_folder import HostFolder
from app.emu.host.profile import VirtualMemory
from app.emu.host.profiles import PROFILES, SPEC
from app.emu.machine import Console, Machine, MachineOptions
from app.emu.machine_errors import LoadError
from app.emu.paging_policy import OFF, PagingOption
from app.resources import resource

MEMORY: Final = 32
"""MiB a machine has unless somebody wants another size."""
MEMORY_SIZES: Final = range(8, 1025)
"""MiB a machine can have."""
MEMORY_RULE: Final = f"the machine's memory is {MEMORY_SIZES[0]} to {MEMORY_SIZES[-1]} MiB"
FAR_RETURN: Final = "ddk95"
"""Who does the far return of drivers' callbacks unless somebody wants the other way."""
INTERPRETER: Final = "COMMAND.COM"
"""What run-times start for a line of commands: there is one of our own where the folder has none."""
ENVIRONMENT = {"COMSPEC": f"C:\\{INTERPRETER}", "PATH": "C:\\", "PROMPT": "$P$G"}
"""The guest's environment, unless it is told otherwise."""


DriverFile = tuple[str, bytes]
"""Name and contents of a device driver's file."""
Programs = tuple[tuple[str, ...], ...]
"""Programs in a row: path and arguments of each."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A program and how to run it. mount: the folder that is drive C:, None for the program's own; memory in MiB.

    arguments may redirect as COMMAND.COM does it (`<FILE`, `>FILE`, `>>FILE`). environment: NAME=VALUE beside the
    usual, NAME= takes a name out; directory: the current one at the start, as DOS spells it, "" for the root. then:
    programs that follow when it has ended or stays resident, each with its arguments.
    """

    program: str
    arguments: tuple[str, ...] = ()
    mount: str | None = None
    memory: int = MEMORY
    write_through: bool = False
    limit_checks: bool = True
    keys: str = ""
    environment: tuple[str, ...] = ()
    directory: str = ""
    then: Programs = ()
    record: str | None = None
    """The file to record into from the start."""
    paging: str = "off"
    """What pages are taken, as `PagingOption.parse` reads it."""
    vxds: tuple[str, ...] = ()
    """Files of device drivers to load."""
    far_return: str = FAR_RETURN
    """Who does the far return of drivers' callbacks: the manager (ddk95) or the procedure (classic)."""
    profile: str = SPEC.name
    """The name of the DPMI host that is played."""

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
    return _load(machine, launch, guest_programs(launch, machine), environment_of(launch), driver_files(launch.vxds))


def guest_programs(launch: Launch, machine: Machine) -> Programs:
    """The programs of a launch as the guest names them. Raises `LoadError` for one outside drive C:."""
    mount = machine.state.dos.mount
    return tuple((mount.guest_path(program), *arguments) for program, *arguments in launch.programs)


def start_again(
    launch: Launch,
    programs: Programs,
    environment: Mapping[str, str],
    drivers: Iterable[DriverFile],
    folder: HostFolder,
    console: Console,
) -> Machine:
    """`start` from a recording: programs as the guest names them, drivers and a folder that were recorded."""
    return _load(_machine(launch, folder, console), launch, programs, environment, drivers)


def _machine(launch: Launch, folder: HostFolder, console: Console) -> Machine:
    try:
        paging = PagingOption.parse(launch.paging)
    except ValueError as error:
        raise LoadError(f"--paging: {error}") from None
    if launch.memory not in MEMORY_SIZES:
        raise LoadError(f"--memory {launch.memory}: {MEMORY_RULE}")
    profile = PROFILES.get(launch.profile)
    if profile is None:
        raise LoadError(f"--profile {launch.profile}: no such host; choose one of {', '.join(PROFILES)}")
    if profile.virtual_memory is VirtualMemory.NONE and paging != OFF:
        raise LoadError(f"--paging {launch.paging}: the host {profile.name} has no virtual memory, leave this out")
    options = MachineOptions(launch.memory, launch.write_through, launch.limit_checks, paging, profile)
    machine = Machine(options, folder, console)
    dos = machine.state.dos
    with suppress(DosFailed):  # of a folder that cannot be read the program is missed next
        dos.mount.provide(INTERPRETER, resource("dos/command.com").read_bytes(), dos.time.stamp(machine.clock))
    return machine


def _load(
    machine: Machine,
    launch: Launch,
    programs: Programs,
    environment: Mapping[str, str],
    drivers: Iterable[DriverFile],
) -> Machine:
    dos = machine.state.dos
    _change_directory(dos, launch.directory)
    for program, *arguments in programs:
        words, redirected = redirection.split(arguments)
        dos.load_afterwards(program, " ".join(words), environment, redirected)
    vmm = machine.state.vmm
    vmm.classic = launch.far_return == "classic"
    for name, contents in drivers:
        vmm.load(contents, name)
    dos.load_next()
    vmm.begin()
    if launch.keys:
        try:
            machine.state.devices.keyboard.type_text(launch.keys)
        except ValueError as error:
            raise LoadError(f"--keys: {error}") from None
    return machine


def driver_files(paths: Iterable[str]) -> list[DriverFile]:
    """Names and contents of device drivers. Raises `LoadError`."""
    found = []
    for name in paths:
        try:
            found.append((Path(name).name, Path(name).read_bytes()))
        except OSError as error:
            wanted = "give the path of a device driver (.386, .VXD, .py)"
            raise LoadError(f"--vxd {name}: {error.strerror}; {wanted}") from None
    return found


def environment_of(launch: Launch) -> dict[str, str]:
    """The guest's environment: the usual strings, changed as by SET NAME=VALUE. Raises `LoadError`."""
    strings = dict(ENVIRONMENT)
    for setting in launch.environment:
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
            where = f"a folder on drive C: ({dos.mount.folder.path})"
            raise LoadError(f"--directory {directory}: no such folder; give {where}, such as SRC\\LIB") from None


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

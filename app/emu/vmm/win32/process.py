"""Win32 programs: loading one, making it a client, placing it in memory."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.emu import events
from app.emu.address import Far
from app.emu.descriptor import sized
from app.emu.dos import psp
from app.emu.dos.loader import Program, ProgramInfo
from app.emu.events import Door
from app.emu.host.client import Client
from app.emu.host.entry import CODE, DATA, free_index, new_client
from app.emu.host.host import null_segment
from app.emu.host.tables import Owner
from app.emu.machine_errors import LoadError
from app.emu.memory.layout import PAGE
from app.emu.registers import Flag, Segment
from app.emu.services import ServiceFailed
from app.emu.vmm.breaks import Win32Gate
from app.emu.vmm.win32.kernel32 import FUNCTIONS, number_of
from app.emu.vmm.win32.pe import PeImage, read_pe

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm
    from app.emu.vmm.device import Device

_BIG: Final = 4
_STUB: Final = 0x10
"""Bytes behind the PSP, in front of the host's private area: the jump to the manager."""
_REAL_STACK: Final = 0x400
_THUNK: Final = struct.Struct("<BIBIH")
"""mov eax, number of the function / call far the gate."""
_MOV_EAX, _CALL_FAR = 0xB8, 0x9A
_EXIT: Final = 0x800
"""Offset of the code the program's entry returns to: push eax / call ExitProcess."""


class _NoRoom(Exception):
    """A program cannot lie where it has to."""


@dataclass(slots=True, eq=False)
class Process:
    """What a Win32 program has of the manager. handles: the devices it has opened; error: GetLastError."""

    handles: dict[int, Device] = field(default_factory=dict)
    opened: int = 0
    """Handles it ever had."""
    function: int = 0
    """The function of KERNEL32 it has called last, by its number."""
    error: int = 0


def load(vmm: Vmm, data: bytes, path: str) -> Program:
    """A Win32 program as DOS loads it: a jump to the manager, and the real-mode memory it needs. Raises `LoadError`."""
    image = _checked(data, path)
    vmm.win32_path = path
    start = vmm.win32_start
    stub = struct.pack("<BHH", 0xEA, start.offset, start.segment)
    size = _STUB + vmm.host.profile.private_paragraphs * 16 + _REAL_STACK
    info = ProgramInfo(
        name=path, format="PE", file_size=len(data), image_size=len(image.image), entry=Far(0, 0), stack=Far(0, size),
        max_paragraphs=0xFFFF - size // 16,
    )  # fmt: skip
    return Program(info=info, image=stub.ljust(size, b"\0"))


def _checked(data: bytes, path: str) -> PeImage:
    image = read_pe(data, path)
    unknown = sorted({name for name, _ in image.imports} - {each.name for each in FUNCTIONS})
    if unknown:
        known = ", ".join(each.name for each in FUNCTIONS)
        raise LoadError(f"{path}: it imports {', '.join(unknown)} of KERNEL32, which are not there; there are {known}")
    return image


def begin(vmm: Vmm) -> None:
    """The program's first instruction was executed in V86 mode: it goes on in protected mode, at its entry point."""
    machine, host = vmm.machine, vmm.host
    regs = machine.regs
    try:
        index = free_index(host)
        file = machine.state.dos.mount.file(vmm.win32_path)
        image = _checked(file.read(0, file.size), vmm.win32_path)
    except (LoadError, ServiceFailed) as failure:  # the file is another one than it was; or no place for a client
        machine.terminate_client(f"{vmm.win32_path} cannot be started: {failure}")
        return
    before = host.standing()
    regs.es = Segment.real(machine.state.dos.current_psp + (psp.SIZE + _STUB) // 16)
    client = new_client(host, index, 32)
    client.is_win32 = True
    vmm.processes[client.number] = Process()
    try:
        entry, esp = _place(vmm, client, image)
    except (ServiceFailed, _NoRoom) as failure:
        machine.terminate_client(f"{vmm.win32_path} finds no room in memory: {failure}")
        return
    code, data = (_flat(client, access, name) for access, name in ((CODE, "code"), (DATA, "data")))
    machine.emit(events.ClientEntered, bits=client.bits, psp=client.psp)
    regs.eflags = regs.eflags & ~(Flag.VM | Flag.CF | Flag.NT | Flag.TF) | Flag.IOPL
    regs.cs, regs.eip = host.load(code), entry
    regs.ds = regs.es = regs.ss = host.load(data)
    regs.fs = regs.gs = null_segment()
    regs.esp = esp
    machine.attention = True
    host.switched(before, Door.ENTRY)


def _flat(client: Client, access: int, name: str) -> int:
    entry = client.ldt.allocate(1, Owner.HOST, f"client {client.number}: flat {name}")
    client.ldt.write(entry, sized(0, 0xFFFFFFFF, access, _BIG))
    return client.ldt.selector(entry)


def _place(vmm: Vmm, client: Client, image: PeImage) -> tuple[int, int]:
    """Put image, stack and thunks into the client's memory; entry point and ESP. Raises `ServiceFailed`, `_NoRoom`."""
    memory, blocks = vmm.machine.memory, client.blocks
    is_free = any(at <= image.base and image.base + len(image.image) <= at + size for at, size in blocks.arena.gaps())
    if not is_free and image.relocations is None:
        raise _NoRoom(f"it has no relocations, and its place at {image.base:08X}h is taken")
    base = blocks.allocate(len(image.image), at=image.base if is_free else 0).linear
    stack = blocks.allocate(image.stack).linear + image.stack
    thunks = blocks.allocate(PAGE).linear
    memory.write(base, image.image)
    for place in image.relocations or ():
        memory.write_u32(base + place, memory.read_u32(base + place) + base - image.base & 0xFFFFFFFF)
    memory.write(thunks, b"".join(_thunks(vmm)))
    memory.write(thunks + _EXIT, b"\x50\xe8" + struct.pack("<i", number_of("ExitProcess") * 0x10 - _EXIT - 6))
    for name, slot in image.imports:
        memory.write_u32(base + slot, thunks + number_of(name) * 0x10)
    memory.write_u32(stack - 4, thunks + _EXIT)
    return base + image.entry, stack - 4


def _thunks(vmm: Vmm) -> list[bytes]:
    gate = next((each for each in vmm.breaks.targets.values() if isinstance(each, Win32Gate)), None)
    if gate is None:
        gate = Win32Gate(vmm.breaks.private())
        vmm.breaks.add(gate)
    where = vmm.breaks.address(gate)
    return [
        _THUNK.pack(_MOV_EAX, number, _CALL_FAR, where.offset, where.segment).ljust(0x10, b"\xcc")
        for number in range(len(FUNCTIONS))
    ]

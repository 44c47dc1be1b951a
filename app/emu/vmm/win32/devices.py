"""How Win32 programs reach drivers: CreateFile, DeviceIoControl and CloseHandle become messages (VMM 6).

W32_DeviceIoControl: EAX 23h, EBX the VM handle, ESI the parameters (DIOCParams). EAX on return: 0, FFFFFFFFh for
"pending" (only if the call is overlapped), or an error code.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from app.emu import events
from app.emu.dos.failures import DosFailed
from app.emu.events import Door
from app.emu.host.client import Client
from app.emu.host.host import Sequel
from app.emu.machine_errors import LoadError
from app.emu.registers import Flag, Registers
from app.emu.vmm import loading
from app.emu.vmm.device import Device
from app.emu.vmm.levels import Ring0Level
from app.emu.vmm.messages import Message
from app.emu.vmm.places import DIOC_PARAMETERS
from app.emu.vmm.win32 import errors
from app.emu.vmm.win32.errors import GATE, INVALID_HANDLE_VALUE, Win32Failed

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm
    from app.emu.vmm.levels import Sequel as Returned
    from app.emu.vmm.win32.process import Process

_OPEN: Final = 0
"""DIOC_Open, which is DIOC_GetVersion too."""
_CLOSE: Final = 0xFFFFFFFF
"""DIOC_CloseHandle."""
_PENDING: Final = 0xFFFFFFFF
_PARAMETERS: Final = struct.Struct("<12I")
_FIRST_HANDLE: Final = 0x100
_NO_BUFFERS: Final = (0, 0, 0, 0, 0, 0)


class After(Protocol):
    """What goes on when a driver has been closed; part of the state, so a plain value."""

    def go_on(self, vmm: Vmm, level: Ring0Level) -> None:
        """The driver is closed, and unloaded if nobody needs it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A function is over: EAX, and for GetLastError what failed, 0 for nothing."""

    result: int
    error: int = 0

    def go_on(self, vmm: Vmm, level: Ring0Level) -> None:
        """The program goes on."""
        process = vmm.processes[vmm.host.current.number]
        process.error = self.error or process.error
        level.client_registers(vmm.machine.memory).set("eax", self.result)
        announce(vmm, process.function, self.result)
        vmm.leave(level)


def announce(vmm: Vmm, number: int, result: int) -> None:
    """A function of KERNEL32 has ended."""
    vmm.machine.emit(
        events.ServiceReturned, interrupt=GATE, function=number, carry=False, error=None, registers={"EAX": result}
    )


def _in_ring0(vmm: Vmm, work: Callable[[Ring0Level], None]) -> None:
    """Leave the program for a driver."""
    before = vmm.host.standing()
    level = vmm.enter(Door.VXD_CALLBACK)
    work(level)
    if level in vmm.host.levels:
        vmm.host.switched(before, Door.VXD_CALLBACK)


def _tell(vmm: Vmm, level: Ring0Level, device: Device, message: Message, then: Returned, esi: int = 0) -> None:
    vmm.call(level, device.control_procedure(vmm.machine.memory), then, eax=message, esi=esi)


def _send(vmm: Vmm, level: Ring0Level, device: Device, then: Returned, code: int, handle: int,
          buffers: tuple[int, ...] = _NO_BUFFERS) -> None:  # fmt: skip
    """W32_DeviceIoControl. buffers: input and its size, output and its size, bytes returned, overlapped."""
    tag = vmm.host.current.psp
    parameters = _PARAMETERS.pack(0, vmm.handle, 0, code, *buffers, handle, tag)
    vmm.machine.memory.write(DIOC_PARAMETERS, parameters)
    _tell(vmm, level, device, Message.W32_DeviceIoControl, then, DIOC_PARAMETERS)


# CreateFile


def open_device(vmm: Vmm, process: Process, name: str) -> None:
    r"""Open a driver by what stands behind \.\; one that is named as a file is loaded first, unless it is there."""
    device = _loaded(vmm, name)
    if device is not None:
        opened = Opened(device, _FIRST_HANDLE + process.opened)
        _in_ring0(vmm, lambda level: _send(vmm, level, opened.device, opened, _OPEN, opened.handle))
        return
    fresh = _load(vmm, name)
    initialised = Initialised(Opened(fresh, _FIRST_HANDLE + process.opened))
    _in_ring0(vmm, lambda level: _tell(vmm, level, fresh, Message.Sys_Dynamic_Device_Init, initialised))


def _loaded(vmm: Vmm, name: str) -> Device | None:
    stem, is_file, _ = name.rpartition("\\")[2].upper().partition(".")
    there = (each for each in vmm.devices if not each.is_dropped)
    return next((each for each in there if stem == (each.module if is_file else each.name)), None)


def _load(vmm: Vmm, name: str) -> Device:
    """Load a driver from drive C:. Raises `Win32Failed`."""
    if "." not in name:
        raise Win32Failed(errors.FILE_NOT_FOUND, INVALID_HANDLE_VALUE)
    try:
        file = vmm.machine.state.dos.mount.file(name)
        device = loading.load_le(vmm, file.read(0, file.size), name.rpartition("\\")[2])
    except DosFailed as failed:
        raise Win32Failed(failed.code, INVALID_HANDLE_VALUE) from None
    except LoadError as error:
        vmm.machine.console.write(2, f"dpmiscope: {error}\n".encode())
        raise Win32Failed(errors.BAD_FORMAT, INVALID_HANDLE_VALUE) from None
    device.note_dynamic(vmm.machine.memory)
    return device


@dataclass(frozen=True, slots=True)
class Opened:
    """A driver has had DIOC_Open."""

    device: Device
    handle: int

    def returned(self, vmm: Vmm, level: Ring0Level, regs: Registers) -> None:
        """EAX=0: the program has a handle."""
        if regs.eax:
            _release(vmm, level, self.device, Answer(INVALID_HANDLE_VALUE, regs.eax))
            return
        process = vmm.processes[vmm.host.current.number]
        process.handles[self.handle] = self.device
        process.opened += 1
        self.device.opened += 1
        Answer(self.handle).go_on(vmm, level)


@dataclass(frozen=True, slots=True)
class Initialised:
    """A driver that was loaded for a program has had Sys_Dynamic_Device_Init."""

    then: Opened

    def returned(self, vmm: Vmm, level: Ring0Level, regs: Registers) -> None:
        """CF=1: it does not want to be loaded."""
        device = self.then.device
        if regs.eflags & Flag.CF:
            loading.unload(vmm, device)
            Answer(INVALID_HANDLE_VALUE, errors.GENERAL_FAILURE).go_on(vmm, level)
        else:
            loading.discard(vmm, device)
            _send(vmm, level, device, self.then, _OPEN, self.then.handle)


# DeviceIoControl


def control(vmm: Vmm, process: Process, handle: int, code: int, buffers: tuple[int, ...]) -> None:
    """Send a driver that is open a control code. Raises `Win32Failed`."""
    device = process.handles.get(handle)
    if device is None:
        raise Win32Failed(errors.INVALID_HANDLE)
    done = ControlDone(is_overlapped=bool(buffers[-1]))
    _in_ring0(vmm, lambda level: _send(vmm, level, device, done, code, handle, buffers))


@dataclass(frozen=True, slots=True)
class ControlDone:
    """A driver has had W32_DeviceIoControl."""

    is_overlapped: bool

    def returned(self, vmm: Vmm, level: Ring0Level, regs: Registers) -> None:
        """EAX: 0, pending, or why it failed."""
        if regs.eax != _PENDING:
            Answer(int(not regs.eax), regs.eax).go_on(vmm, level)
        elif self.is_overlapped:
            Answer(0, errors.IO_PENDING).go_on(vmm, level)
        else:
            vmm.fail("it answered W32_DeviceIoControl with FFFFFFFFh (pending), and the call is not overlapped")


# CloseHandle, and the end of a program


def close(vmm: Vmm, process: Process, handle: int) -> None:
    """Close a driver. Raises `Win32Failed`."""
    device = process.handles.pop(handle, None)
    if device is None:
        raise Win32Failed(errors.INVALID_HANDLE)
    _in_ring0(vmm, lambda level: _send(vmm, level, device, Closed(device, Answer(1)), _CLOSE, handle))


@dataclass(frozen=True, slots=True)
class Closed:
    """A driver has had DIOC_CloseHandle."""

    device: Device
    after: After

    def returned(self, vmm: Vmm, level: Ring0Level, _regs: Registers) -> None:
        """Its answer does not matter."""
        self.device.opened -= 1
        _release(vmm, level, self.device, self.after)


def _release(vmm: Vmm, level: Ring0Level, device: Device, after: After) -> None:
    """Unload a driver that was loaded for programs, if none has it open."""
    if device.is_dynamic and not device.opened:
        _tell(vmm, level, device, Message.Sys_Dynamic_Device_Exit, Exited(device, after))
    else:
        after.go_on(vmm, level)


@dataclass(frozen=True, slots=True)
class Exited:
    """A driver has had Sys_Dynamic_Device_Exit."""

    device: Device
    after: After

    def returned(self, vmm: Vmm, level: Ring0Level, regs: Registers) -> None:
        """CF=1: it wants to stay."""
        if not regs.eflags & Flag.CF:
            loading.unload(vmm, self.device)
        self.after.go_on(vmm, level)


@dataclass(frozen=True, slots=True)
class NextHandle:
    """A program ends: its handles are closed one by one, then its end goes on."""

    client: Client
    ending: Sequel

    def go_on(self, vmm: Vmm, level: Ring0Level) -> None:
        """The next handle, or the end."""
        handles = vmm.processes[self.client.number].handles
        if handles:
            handle, device = handles.popitem()
            _send(vmm, level, device, Closed(device, self), _CLOSE, handle)
        else:
            vmm.leave_silently(level)
            self.ending.finish(vmm.host, level)


def program_ends(vmm: Vmm, client: Client, ending: Sequel) -> bool:
    """A Win32 program ends. True: drivers are told that it closes them first."""
    process = vmm.processes.get(client.number)
    if process is None or not process.handles:
        vmm.processes.pop(client.number, None)
        return False
    _in_ring0(vmm, lambda level: NextHandle(client, ending).go_on(vmm, level))
    return True

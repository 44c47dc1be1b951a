"""The functions of KERNEL32 there are: rows of a table, called through the gate. Parameters are those of the Win32 API.

Source for what concerns drivers: VMM 6. The rest does what the Win32 API says, as far as a console program without
windows, threads and memory of its own needs it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.emu import events
from app.emu.dos.failures import DosFailed
from app.emu.host import termination
from app.emu.vmm.win32 import devices
from app.emu.vmm.win32.errors import (
    GATE,
    INVALID_HANDLE,
    INVALID_HANDLE_VALUE,
    INVALID_PARAMETER,
    NOT_SUPPORTED,
    Win32Failed,
)

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm
    from app.emu.vmm.win32.process import Process

_RETURN_ADDRESSES: Final = 12
"""Bytes on the stack above the parameters: EIP and CS of the far call, EIP of the call of the function."""
_STANDARD: Final = 0x10
"""Handles of standard input, output and error are 10h, 11h and 12h."""
_CHUNK: Final = 0x8000
_NAME: Final = 260
TRUE, FALSE = 1, 0


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its name and the names of its parameters. handler returns EAX, or None when that comes later."""

    name: str
    parameters: tuple[str, ...]
    handler: Callable[..., int | None]


FUNCTIONS: Final[list[Function]] = []


def _function(handler: Callable[..., int | None]) -> Callable[..., int | None]:
    name = "".join(word.capitalize() for word in handler.__name__.split("_"))
    FUNCTIONS.append(Function(name, tuple(inspect.signature(handler).parameters)[2:], handler))
    return handler


def number_of(name: str) -> int:
    """The number of a function in EAX at the gate."""
    return next(number for number, each in enumerate(FUNCTIONS) if each.name == name)


def call(vmm: Vmm) -> None:
    """A program has come to the gate: take both return addresses and the parameters off its stack, and perform it."""
    machine, host, regs = vmm.machine, vmm.host, vmm.machine.regs
    process = vmm.processes.get(host.current.number)
    if process is None or regs.eax >= len(FUNCTIONS):
        machine.weeds("the program called the gate of KERNEL32, which is for Win32 programs and their thunks")
        return
    row, number = FUNCTIONS[regs.eax], regs.eax
    process.function = number
    size = _RETURN_ADDRESSES + 4 * len(row.parameters)
    stack = host.read_pointer(regs.ss.selector, regs.stack_offset, size)
    words = [int.from_bytes(stack[at : at + 4], "little") for at in range(0, size, 4)]
    regs.cs, regs.eip = host.load_code(words[1] & 0xFFFF), words[2]
    regs.esp = regs.esp + size & 0xFFFFFFFF
    given = dict(zip(row.parameters, words[3:], strict=True))
    machine.emit(events.ServiceCalled, interrupt=GATE, function=number, name=row.name, registers=dict(given))
    try:
        result = row.handler(vmm, process, **given)
    except Win32Failed as failed:
        process.error, result = failed.code, failed.result
    if result is not None:
        regs.eax = result
        devices.announce(vmm, number, result)


@_function
def exit_process(vmm: Vmm, _process: Process, uExitCode: int) -> int | None:  # noqa: N803 - names of the Win32 API
    """End the program."""
    termination.terminate(vmm.host, vmm.host.current, uExitCode & 0xFF)
    return None


@_function
def get_last_error(_vmm: Vmm, process: Process) -> int | None:
    """Why the last function that failed did."""
    return process.error


@_function
def get_std_handle(_vmm: Vmm, _process: Process, nStdHandle: int) -> int | None:  # noqa: N803
    """The handle of standard input (-10), output (-11) or error (-12)."""
    number = -10 - (nStdHandle - (1 << 32)) if nStdHandle >> 31 else -1
    if number not in (0, 1, 2):
        raise Win32Failed(INVALID_PARAMETER, INVALID_HANDLE_VALUE)
    return _STANDARD + number


@_function
def write_file(
    vmm: Vmm, _process: Process,
    hFile: int, lpBuffer: int, nNumberOfBytesToWrite: int, lpNumberOfBytesWritten: int, lpOverlapped: int,  # noqa: N803
) -> int | None:  # fmt: skip
    """Write to standard output or error."""
    host, dos = vmm.host, vmm.machine.state.dos
    handle = hFile - _STANDARD
    if handle not in (0, 1, 2):
        raise Win32Failed(INVALID_HANDLE)
    if lpOverlapped or not lpNumberOfBytesWritten:
        raise Win32Failed(INVALID_PARAMETER)
    flat, written = vmm.machine.regs.ds.selector, 0
    host.write_pointer(flat, lpNumberOfBytesWritten, bytes(4))
    try:
        while written < nNumberOfBytesToWrite:
            size = min(nNumberOfBytesToWrite - written, _CHUNK)
            taken = dos.write_handle(handle, host.read_pointer(flat, lpBuffer + written & 0xFFFFFFFF, size))
            written += taken
            if taken < size:
                break
    except DosFailed as failed:
        raise Win32Failed(failed.code) from None
    host.write_pointer(flat, lpNumberOfBytesWritten, written.to_bytes(4, "little"))
    return TRUE


@_function
def create_file_a(
    vmm: Vmm, process: Process,
    lpFileName: int, dwDesiredAccess: int, dwShareMode: int, lpSecurityAttributes: int,  # noqa: N803
    dwCreationDisposition: int, dwFlagsAndAttributes: int, hTemplateFile: int,  # noqa: N803
) -> int | None:  # fmt: skip
    r"""Open a driver: \\.\NAME for one that is loaded, \\.\FILE.VXD to load it. Other names are not supported."""
    del dwDesiredAccess, dwShareMode, lpSecurityAttributes, dwCreationDisposition, dwFlagsAndAttributes, hTemplateFile
    name = _text(vmm, lpFileName)
    if not name.startswith("\\\\.\\"):
        raise Win32Failed(NOT_SUPPORTED, INVALID_HANDLE_VALUE)
    devices.open_device(vmm, process, name[4:])
    return None


@_function
def device_io_control(
    vmm: Vmm, process: Process,
    hDevice: int, dwIoControlCode: int, lpInBuffer: int, nInBufferSize: int, lpOutBuffer: int,  # noqa: N803
    nOutBufferSize: int, lpBytesReturned: int, lpOverlapped: int,  # noqa: N803
) -> int | None:  # fmt: skip
    """Send a driver W32_DeviceIoControl."""
    buffers = (lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesReturned, lpOverlapped)
    devices.control(vmm, process, hDevice, dwIoControlCode, buffers)
    return None


@_function
def close_handle(vmm: Vmm, process: Process, hObject: int) -> int | None:  # noqa: N803
    """Close a driver; one that was loaded for it and that nobody has open any more is unloaded."""
    devices.close(vmm, process, hObject)
    return None


def _text(vmm: Vmm, linear: int) -> str:
    """A text of the program's that ends with a zero byte."""
    found = bytearray()
    while len(found) < _NAME:
        byte: Any = vmm.host.read_pointer(vmm.machine.regs.ds.selector, linear + len(found) & 0xFFFFFFFF, 1)
        if byte == b"\0":
            break
        found += byte
    return found.decode("cp437")

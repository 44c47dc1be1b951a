"""INT 21h functions on handles: open, read, write, seek, duplicate, device control."""

from __future__ import annotations

from typing import Final, NamedTuple

from app.emu.dos import far_memory, psp
from app.emu.dos.date_time import Stamp
from app.emu.dos.failures import (
    AccessDenied,
    FileExists,
    FileNotFound,
    InvalidAccess,
    InvalidDrive,
    InvalidFunction,
    TooManyOpenFiles,
)
from app.emu.dos.files import READ_ONLY, File
from app.emu.dos.handles import BOTH, READ, OpenFile, Part
from app.emu.dos.kernel import Kernel
from app.emu.dos.mount import DRIVE
from app.emu.dos.table import INT21, SINCE
from app.emu.registers import AL, AX, BL, BX, CX, CX_DX, DS_DX, DX, SI, SI_DI, Registers

_DEVICE: Final = 0x80
_RAW: Final = 0x20
_DEVICE_BITS: Final = {"CON": 0x03, "NUL": 0x04, "CLOCK$": 0x08}
_NOT_AT_END: Final = 0x40


def _opened(dos: Kernel, path: str, mode: int, file: File | None = None) -> int:
    device = dos.mount.device_of(path)
    if device is not None:
        return dos.handles.open(dos.current_psp, OpenFile(device, mode, device=device))
    return dos.handles.open(dos.current_psp, OpenFile(dos.mount.components(path)[-1], mode, file=file))


def open_existing(dos: Kernel, path: str, mode: int) -> int:
    """Open a file or device; mode as in AL of AH=3Dh."""
    if mode & 7 > BOTH:
        raise InvalidAccess
    if dos.mount.device_of(path) is not None:
        return _opened(dos, path, mode)
    file = dos.mount.file(path)
    if mode & 7 != READ and file.attributes & READ_ONLY:
        raise AccessDenied
    return _opened(dos, path, mode, file)


def create(
    dos: Kernel, path: str, attributes: int, mode: int = BOTH, *, must_be_new: bool = False, long_name: str = ""
) -> int:
    """Create or empty a file and open it; a device is only opened. long_name: as `Mount.create` takes it."""
    if dos.mount.device_of(path) is not None:
        return _opened(dos, path, mode)
    dos.handles.check_free(dos.current_psp)  # before the file is emptied
    stamp = dos.time.stamp(dos.machine.clock)
    file = dos.mount.create(path, stamp, attributes, must_be_new=must_be_new, long_name=long_name)
    return _opened(dos, path, mode, file)


@INT21.service(0x3C, since=SINCE)
def create_file(dos: Kernel, attributes: CX, path: DS_DX) -> AX:
    """Create a file, or empty it, and open it for reading and writing."""
    return create(dos, dos.path(path), attributes)


@INT21.service(0x5B, since=SINCE)
def create_new_file(dos: Kernel, attributes: CX, path: DS_DX) -> AX:
    """Create a file that must not exist yet."""
    return create(dos, dos.path(path), attributes, must_be_new=True)


@INT21.service(0x5A, since=SINCE)
def create_temporary_file(dos: Kernel, attributes: CX, path: DS_DX) -> AX:
    """Create a file of a new name in a directory; the name is appended to the path."""
    folder = dos.path(path)
    if folder and folder[-1] not in "\\/:":
        folder += "\\"
    serial = dos.machine.clock
    while True:
        name = f"{folder}{serial & 0xFFFFFFFF:08X}"
        try:
            handle = create(dos, name, attributes, must_be_new=True)
        except FileExists:
            serial += 1
        else:
            far_memory.write(dos.memory, path, name.encode("cp437") + b"\0")
            return handle


@INT21.service(0x3D, since=SINCE)
def open_file(dos: Kernel, mode: AL, path: DS_DX) -> AX:
    """Open a file or device."""
    return open_existing(dos, dos.path(path), mode)


@INT21.service(0x6C, since=SINCE)
def extended_open(dos: Kernel, mode: BX, attributes: CX, action: DX) -> AX:
    """Open or create the file at DS:SI; CX tells what was done (1 opened, 2 created, 3 emptied)."""
    path = dos.path((dos.regs.ds.selector, dos.regs.low("si")))
    return open_or_create(dos, path, mode & 0xFF, attributes, action)


def open_or_create(dos: Kernel, path: str, mode: int, attributes: int, action: int, long_name: str = "") -> int:
    """Do what the action asks for: of a file that exists 1 open it, 2 empty it; of another 10h create it."""
    exists = dos.mount.device_of(path) is not None or dos.mount.locate(path).node is not None
    if exists:
        match action & 0x0F:
            case 1:
                handle, done = open_existing(dos, path, mode), 1
            case 2:
                handle, done = create(dos, path, attributes, mode), 3
            case _:
                raise FileExists
    elif action & 0xF0 == 0x10:
        handle, done = create(dos, path, attributes, mode, long_name=long_name), 2
    else:
        raise FileNotFound
    dos.regs.set_low("cx", done)
    return handle


@INT21.service(0x3E, since=SINCE)
def close_handle(dos: Kernel, handle: BX) -> None:
    """Close a handle."""
    dos.handles.close(dos.current_psp, handle)


@INT21.service(0x68, since=SINCE)
def commit(dos: Kernel, handle: BX) -> None:
    """Write a file's buffers to disk: there are none."""
    dos.open_file(handle)


@INT21.service(0x3F, since=SINCE)
def read_handle(dos: Kernel, handle: BX, size: CX, buffer: DS_DX) -> AX:
    """Read from a handle; AX is the number of bytes, 0 at the end."""
    data = dos.read_handle(handle, size)
    far_memory.write(dos.memory, buffer, data)
    return len(data)


@INT21.service(0x40, since=SINCE)
def write_handle(dos: Kernel, handle: BX, size: CX, buffer: DS_DX) -> AX:
    """Write to a handle; 0 bytes cut a file at its position. AX smaller than CX: the disk is full."""
    entry = dos.open_file(handle)
    if entry.device == "CON" and not entry.raw:
        dos.con.check_break()
    if size == 0 and not entry.device:
        entry.writable_file().truncate(entry.position)
        return 0
    return dos.write_handle(handle, far_memory.read(dos.memory, buffer, size))


@INT21.service(0x42, since=SINCE)
def seek(dos: Kernel, handle: BX, method: AL, offset: CX_DX) -> AX:
    """Set the position from the start (AL=0), the position (1) or the end (2); DX:AX is the new one."""
    entry = dos.open_file(handle)
    if method > 2:
        raise InvalidFunction
    if entry.file is None:
        dos.regs.set_low("dx", 0)
        return 0
    signed = offset - (1 << 32) if method and offset >> 31 else offset
    origin = (0, entry.position, entry.file.size)[method]
    entry.position = origin + signed & 0xFFFFFFFF
    dos.regs.set_low("dx", entry.position >> 16)
    return entry.position & 0xFFFF


@INT21.service(0x45, since=SINCE)
def duplicate_handle(dos: Kernel, handle: BX) -> AX:
    """A second handle for the same open file."""
    return dos.handles.duplicate(dos.current_psp, handle)


@INT21.service(0x46, since=SINCE)
def redirect_handle(dos: Kernel, handle: BX, second: CX) -> None:
    """Make CX another handle of what BX stands for, closing it first."""
    dos.handles.redirect(dos.current_psp, handle, second)


@INT21.service(0x57, since=SINCE)
def file_time(dos: Kernel, function: AL, handle: BX, time: CX, date: DX, hundredths: SI) -> None:
    """A file's time (CX) and date (DX) written (AL=0 get, 1 set), accessed (4, 5) and created (6, 7, SI hundredths)."""
    entry, regs = dos.open_file(handle), dos.regs
    file, now = entry.file, dos.time.stamp(dos.machine.clock)
    match function:
        case 0:
            _give(regs, file.stamp if file else now)
        case 4:
            _give(regs, (file.accessed if file else now[0], 0))
        case 6:
            _give(regs, file.created if file else now)
            regs.set_low("si", file.created_hundredths if file else 0)
        case 1 | 5 | 7:
            if file:
                _set_times(file, function, (date, time), hundredths)
        case _:
            raise InvalidFunction


def _give(regs: Registers, stamp: Stamp) -> None:
    date, time = stamp
    regs.set_low("dx", date)
    regs.set_low("cx", time)


def _set_times(file: File, function: int, stamp: Stamp, hundredths: int) -> None:
    if function == 1:
        file.stamp = stamp
    elif function == 5:
        file.accessed = stamp[0]
    else:
        file.created, file.created_hundredths = stamp, min(hundredths, 199)


@INT21.service(0x5C, since=SINCE)
def lock_region(dos: Kernel, function: AL, handle: BX, start: CX_DX, size: SI_DI) -> None:
    """Lock (AL=0) or unlock (AL=1) a part of a file against other handles that were not duplicated from this one."""
    entry = dos.open_file(handle)
    if function > 1 or entry.file is None:
        raise InvalidFunction
    part = Part(start, start + size)
    if function == 0:
        dos.handles.lock(entry, part)
    else:
        dos.handles.unlock(entry, part)


class Ioctl(NamedTuple):
    """AX and DX of the device control functions that give both."""

    status: AX
    information: DX


@INT21.service(0x44, since=SINCE)
def device_control(dos: Kernel, function: AL, handle: BX, drive: BL, information: DX) -> Ioctl:
    """Device information (AL=0, 1), input and output status (6, 7), drives (8, 9, 0Eh, 0Fh), retries (0Bh)."""
    regs = dos.regs
    match function:
        case 0:
            word = device_information(dos, dos.open_file(handle))
            return Ioctl(word, word)
        case 1:
            entry = dos.open_file(handle)
            if not entry.device or information >> 8:
                raise InvalidFunction
            entry.raw = bool(information & _RAW)
            return Ioctl(regs.ax, information)
        case 6 | 7:
            ready = _ready(dos, dos.open_file(handle), reading=function == 6)
            return Ioctl(regs.ax & 0xFF00 | (0xFF if ready else 0), information)
        case 8 | 9 | 0x0E | 0x0F:
            if drive not in {0, DRIVE + 1}:
                raise InvalidDrive
            # 8: 1, a fixed disk; 0Eh, 0Fh: 0, the only name of its disk; 9: attribute word 0, a local drive
            return Ioctl(1 if function == 8 else regs.ax & 0xFF00, 0 if function == 9 else information)
        case 0x0B:  # how often a locked file is tried again: nobody else runs who could unlock it meanwhile
            return Ioctl(regs.ax, information)
        case 0x0A:
            return Ioctl(regs.ax, device_information(dos, dos.open_file(handle)))
        case _:
            raise InvalidFunction


def device_information(dos: Kernel, entry: OpenFile) -> int:
    """The device information word: bit 7 device, 5 raw, 0-3 which; of a file bit 6 not written to, 0-5 drive."""
    if entry.file:
        return _NOT_AT_END | DRIVE
    bits = _DEVICE | _DEVICE_BITS.get(entry.device, 0) | (_RAW if entry.raw else 0)
    at_end = entry.device == "CON" and dos.machine.state.bios.input_ended and not dos.con.ready()
    return bits | (0 if at_end else _NOT_AT_END) | (0x10 if entry.device == "CON" else 0)


def _ready(dos: Kernel, entry: OpenFile, *, reading: bool) -> bool:
    if not reading:
        return True
    if entry.file:
        return entry.position < entry.file.size
    return entry.device == "CON" and dos.con.ready()


@INT21.service(0x67, since=SINCE)
def set_handle_count(dos: Kernel, count: BX) -> None:
    """Let the program have more (or fewer) handles; a longer table gets a memory block of its own."""
    handles, segment = dos.handles, dos.current_psp
    if any(handles.is_open(segment, handle) for handle in range(count, handles.count(segment))):
        raise TooManyOpenFiles
    count = max(count, psp.JFT_SIZE)
    if count <= handles.count(segment):
        dos.memory.write_u16((segment << 4) + psp.JFT_COUNT, count)
        return
    block = dos.blocks.allocate((count + 15) // 16, segment, dos.strategy & 3)
    before = handles.table(segment)
    dos.memory.write(block << 4, before + bytes([psp.CLOSED]) * (count - len(before)))
    old = psp.read_far(dos.memory, segment, psp.JFT_POINTER)
    dos.memory.write_u16((segment << 4) + psp.JFT_COUNT, count)
    dos.memory.write_u32((segment << 4) + psp.JFT_POINTER, block << 16)
    if old.segment != segment and old.offset == 0:
        dos.blocks.free(old.segment)

"""INT 21h AH=71h: the functions on long names, by AX (Windows 95 and DOSLFN; Ralf Brown's Interrupt List, AX=7100h on).

Paths take long names and DOS names alike, up to 260 letters.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple
from zlib import crc32

from app.emu.dos import far_memory, names
from app.emu.dos.date_time import Stamp, file_time, stamp_of
from app.emu.dos.failures import (
    FileNotFound,
    InvalidDrive,
    InvalidFunction,
    InvalidHandle,
    NoMoreFiles,
    PathNotFound,
)
from app.emu.dos.far_memory import Pointer
from app.emu.dos.files import DIRECTORY, Directory, File
from app.emu.dos.int21_directories import delete, entry_of, rename, set_attributes
from app.emu.dos.int21_files import open_or_create
from app.emu.dos.kernel import Kernel
from app.emu.dos.mount import DRIVE, SERIAL, Found, LongPath, spelled
from app.emu.dos.table import INT21, SINCE
from app.emu.registers import AX, BH, BL, BX, CH, CL, CX, DH, DI, DL, DS_DX, DS_SI, DX, ES_DI, SI, Byte

PATH_LIMIT: Final = 260
"""Bytes of a path, its zero included."""
FOUND: Final = struct.Struct("<I3Q2I8x260s14s")
"""Attributes; created, accessed, written; size (high half first); long name, DOS name if it is another."""
FILE_INFORMATION: Final = struct.Struct("<I3QI2II2I")
"""Attributes; created, accessed, written; serial number; size (high half first); links; number of the file."""
FILE_SYSTEM: Final = b"FAT\0"
_KEEPS_CASE_AND_LONG_NAMES: Final = 0x4002
_DOS_TIMES: Final = 1
"""SI of searches: times as DOS has them, in the low half of eight bytes, not as file times."""
_LINKS: Final = 1
_BH: Final = Byte("bh")


def _path(dos: Kernel, pointer: Pointer) -> str:
    return dos.path(pointer, PATH_LIMIT)


def _known(dos: Kernel, pointer: Pointer) -> LongPath:
    return dos.mount.from_long(_path(dos, pointer))


class SearchStarted(NamedTuple):
    """Its number; no letter of the names had to be replaced."""

    number: AX
    replaced: CX


@INT21.service(0x710D, since=SINCE)
def reset_drive(dos: Kernel) -> None:
    """Write a drive's buffers: there are none."""


@INT21.service(0x7139, since=SINCE)
def make_long_directory(dos: Kernel, path: DS_DX) -> None:
    """Make a directory."""
    wanted = _known(dos, path)
    dos.mount.make_directory(wanted.path, dos.time.stamp(dos.machine.clock), wanted.name)


@INT21.service(0x713A, since=SINCE)
def remove_long_directory(dos: Kernel, path: DS_DX) -> None:
    """Remove an empty directory."""
    dos.mount.remove_directory(_known(dos, path).path)


@INT21.service(0x713B, since=SINCE)
def change_long_directory(dos: Kernel, path: DS_DX) -> None:
    """Make a directory the current one."""
    dos.mount.change_directory(_known(dos, path).path)


@INT21.service(0x7147, since=SINCE)
def current_long_directory(dos: Kernel, drive: DL, buffer: DS_SI) -> None:
    """The current directory in long names, without drive and leading backslash, into 260 bytes."""
    if drive not in {0, DRIVE + 1}:
        raise InvalidDrive
    _answer(dos, buffer, "\\".join(dos.mount.in_long(dos.mount.current)))


def _answer(dos: Kernel, buffer: Pointer, text: str) -> None:
    """Write a text that callers have 260 bytes for. Raises `PathNotFound` for a longer one."""
    if len(text) >= PATH_LIMIT:
        raise PathNotFound
    far_memory.write(dos.memory, buffer, text.encode("cp437") + b"\0")


@INT21.service(0x7141, since=SINCE)
def delete_long_file(dos: Kernel, path: DS_DX, wildcards: SI, attributes: CL, required: CH) -> None:
    """Delete a file, or with SI=1 all of a name with wildcards and those attributes."""
    if wildcards == 0:
        delete(dos, _known(dos, path).path)
        return
    search = dos.mount.search_long(_path(dos, path), attributes & ~DIRECTORY, required, dos.current_psp)
    found = dos.mount.found(search)
    if found is None:
        raise FileNotFound
    while found is not None:
        delete(dos, spelled((*search.path, found.name)))
        found = dos.mount.found(search)


@INT21.service(0x7143, since=SINCE)
def long_file_attributes(dos: Kernel, function: BL, attributes: CX, date: DI, hundredths: SI, path: DS_DX) -> None:
    """Attributes (BL=0 get, 1 set: CX), size (2: DX:AX), times (3 to 8, CX and date DI) written, accessed, created."""
    regs, node = dos.regs, entry_of(dos, _known(dos, path).path)
    match function:
        case 0:
            regs.set_low("cx", node.attributes)
        case 1:
            set_attributes(node, attributes)
        case 2:
            size = node.size if isinstance(node, File) else 0
            regs.ax = size & 0xFFFF
            regs.set_low("dx", size >> 16)
        case 3:
            node.stamp = date, attributes
        case 5:
            node.accessed = date
        case 7:
            node.created, node.created_hundredths = (date, attributes), min(hundredths, 199)
        case 4 | 6 | 8:
            _give_time(dos, node, function)
        case _:
            raise InvalidFunction


def _give_time(dos: Kernel, node: File | Directory, function: int) -> None:
    date, time = {4: node.stamp, 6: (node.accessed, 0), 8: node.created}[function]
    dos.regs.set_low("di", date)
    if function != 6:
        dos.regs.set_low("cx", time)
    if function == 8:
        dos.regs.set_low("si", node.created_hundredths)


@INT21.service(0x714E, since=SINCE)
def find_first_long(dos: Kernel, attributes: CL, required: CH, times: SI, path: DS_DX, buffer: ES_DI) -> SearchStarted:
    """Find the first entry of a name with wildcards; AX is the search, which AX=71A1h ends."""
    search = dos.mount.search_long(_path(dos, path), attributes, required, dos.current_psp)
    found = dos.mount.found(search)
    if found is None:
        raise FileNotFound
    number = dos.mount.keep_search_long(search)
    _tell(dos, found, times, buffer)
    return SearchStarted(number, 0)


@INT21.service(0x714F, since=SINCE)
def find_next_long(dos: Kernel, number: BX, times: SI, buffer: ES_DI) -> CX:
    """Find the next entry; CX: no letter of its names had to be replaced."""
    search = dos.mount.kept_search_long(number)
    found = dos.mount.found(search)
    if found is None:
        raise NoMoreFiles
    _tell(dos, found, times, buffer)
    return 0


def _tell(dos: Kernel, found: Found, times: int, buffer: Pointer) -> None:
    node, size = found.node, found.size
    stamps = ((node.created, node.created_hundredths), ((node.accessed, 0), 0), (node.stamp, 0))
    moments = [_moment(stamp, hundredths, times) for stamp, hundredths in stamps]
    alias = found.name if found.long_name != found.name else ""
    names_found = found.long_name.encode("cp437"), alias.encode("cp437")
    entry = FOUND.pack(node.attributes, *moments, size >> 32, size & 0xFFFFFFFF, *names_found)
    far_memory.write(dos.memory, buffer, entry)


def _moment(stamp: Stamp, hundredths: int, times: int) -> int:
    return stamp[0] << 16 | stamp[1] if times == _DOS_TIMES else file_time(stamp, hundredths)


@INT21.service(0x71A1, since=SINCE)
def end_long_search(dos: Kernel, number: BX) -> None:
    """End a search."""
    dos.mount.end_search_long(number)


@INT21.service(0x7156, since=SINCE)
def rename_long_file(dos: Kernel, old: DS_DX, new: ES_DI) -> None:
    """Rename a file or directory, or move a file to another directory."""
    before, after = _known(dos, old), _known(dos, new)
    rename(dos, before.path, after.path, after.name)


@INT21.service(0x7160, since=SINCE)
def long_true_name(dos: Kernel, form: CL, path: DS_SI, buffer: ES_DI) -> None:
    """The whole path of a name (CL=0), of something that exists in DOS names (1) or in long names (2)."""
    text = _path(dos, path)
    if not text:
        raise FileNotFound
    known = dos.mount.from_long(text)
    parts = dos.mount.components(known.path)
    if dos.mount.device_of(text) is not None:
        _answer(dos, buffer, dos.mount.true_name(text))
    elif form == 0 and parts and dos.mount.locate(known.path).node is None:
        _answer(dos, buffer, spelled((*dos.mount.in_long(parts[:-1]), known.name)))
    elif form in {0, 2}:
        _answer(dos, buffer, spelled(dos.mount.in_long(parts)))
    elif form == 1:
        dos.mount.in_long(parts)
        _answer(dos, buffer, known.path)
    else:
        raise InvalidFunction


@INT21.service(0x716C, since=SINCE)
def open_long_file(dos: Kernel, mode: BX, attributes: CX, action: DX, path: DS_SI) -> AX:
    """Open or create a file; CX tells what was done (1 opened, 2 created, 3 emptied)."""
    wanted = _known(dos, path)
    return open_or_create(dos, wanted.path, mode & 0xFF, attributes, action, wanted.name)


class Volume(NamedTuple):
    """What the file system can do, longest name, longest path."""

    abilities: BX
    name: CX
    path: DX


@INT21.service(0x71A0, since=SINCE)
def volume_information(dos: Kernel, root: DS_DX, buffer: ES_DI, size: CX) -> Volume:
    """About the drive of a root directory: it keeps the case of letters and has these functions; its name is FAT."""
    dos.mount.components(_path(dos, root))
    far_memory.write(dos.memory, buffer, FILE_SYSTEM[:size])
    return Volume(_KEEPS_CASE_AND_LONG_NAMES, names.LONGEST, PATH_LIMIT)


@INT21.service(0x71A6, since=SINCE)
def file_information(dos: Kernel, handle: BX, buffer: DS_DX) -> None:
    """About an open file: attributes, times, size, and a number that tells it from the others."""
    file = dos.open_file(handle).file
    if file is None:
        raise InvalidHandle
    size = file.size
    times = file_time(file.created, file.created_hundredths), file_time((file.accessed, 0)), file_time(file.stamp)
    number = crc32(file.host_path.encode("utf-8", "surrogatepass"))
    information = FILE_INFORMATION.pack(
        file.attributes, *times, SERIAL, size >> 32, size & 0xFFFFFFFF, _LINKS, 0, number
    )
    far_memory.write(dos.memory, buffer, information)


@INT21.service(0x71A7, since=SINCE)
def convert_time(
    dos: Kernel, function: BL, file_times: DS_SI, buffer: ES_DI, time: CX, date: DX, hundredths: BH
) -> None:
    """The file time at DS:SI into CX, DX and BH (BL=0), or those into a file time at ES:DI (1)."""
    match function:
        case 0:
            data = far_memory.read(dos.memory, file_times, 8)
            (found_date, found_time), found_hundredths = stamp_of(int.from_bytes(data, "little"))
            dos.regs.set_low("dx", found_date)
            dos.regs.set_low("cx", found_time)
            _BH.write(dos.regs, found_hundredths, wide=False)
        case 1:
            far_memory.write(dos.memory, buffer, file_time((date, time), hundredths).to_bytes(8, "little"))
        case _:
            raise InvalidFunction


@INT21.service(0x71A8, since=SINCE)
def generate_short_name(dos: Kernel, name: DS_SI, buffer: ES_DI, form: DH) -> None:
    """The DOS name of a long name where no other is like it: eleven letters (DH=0), or as it is written (1)."""
    short = names.short_form(_path(dos, name))
    if form == 0:
        stem, _, extension = short.partition(".")
        far_memory.write(dos.memory, buffer, (stem.ljust(8) + extension.ljust(3)).encode("cp437"))
    else:
        _answer(dos, buffer, short)

"""INT 21h functions on names: directories, deleting, renaming, attributes, drives."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from app.emu.address import Far
from app.emu.dos import data_area, far_memory, names
from app.emu.dos.failures import AccessDenied, FileNotFound, InvalidDrive, InvalidFunction, PathNotFound
from app.emu.dos.files import ARCHIVE, HIDDEN, READ_ONLY, SYSTEM, Directory, File
from app.emu.dos.kernel import Kernel
from app.emu.dos.mount import DRIVE, SERIAL
from app.emu.dos.table import INT21, SINCE
from app.emu.registers import AL, AX, BL, BX, CX, DL, DS_DX, DS_SI, DX, ES_DI, Segment

_NO_DRIVE: Final = 0xFFFF
_CHANGEABLE: Final = READ_ONLY | HIDDEN | SYSTEM | ARCHIVE
_NAME_SEPARATORS: Final = b":.;,=+ \t"
_NAME_ENDS: Final = b'/\\"[]<>|:.;,=+ \t'


@INT21.service(0x0D, since=SINCE)
def reset_disks(dos: Kernel) -> None:
    """Write all disk buffers: there are none."""


@INT21.service(0x0E, since=SINCE)
def select_drive(dos: Kernel, drive: DL) -> AL:  # noqa: ARG001 - the only drive stays selected
    """Select a drive; AL is the number of drives. A drive there is not changes nothing."""
    return DRIVE + 1


@INT21.service(0x19, since=SINCE)
def current_drive(dos: Kernel) -> AL:  # noqa: ARG001
    """The current drive: C: (2)."""
    return DRIVE


class FreeSpace(NamedTuple):
    """Sectors per cluster, free clusters, bytes per sector, clusters."""

    sectors: AX
    free: BX
    sector_size: CX
    clusters: DX


@INT21.service(0x36, since=SINCE)
def free_space(dos: Kernel, drive: DL) -> FreeSpace:
    """Space on a drive; AX is FFFFh when there is no such drive. It is the same 512 MiB on every host."""
    if drive not in {0, DRIVE + 1}:
        return FreeSpace(_NO_DRIVE, dos.regs.low("bx"), dos.regs.low("cx"), dos.regs.low("dx"))
    return FreeSpace(64, 16384, 512, 32768)


EXTENDED_SPACE: Final = struct.Struct("<HH10I")
"""Size, version; sectors per cluster, bytes per sector, free and all clusters, the same in sectors and clusters of the
disk itself, 8 bytes."""


@INT21.service(0x7303, since=SINCE)
def extended_free_space(dos: Kernel, path: DS_DX, buffer: ES_DI, size: CX) -> None:
    """Space on the drive of a path, in words of 32 bits."""
    dos.mount.components(dos.path(path))
    space = free_space(dos, 0)
    sectors = space.free * space.sectors, space.clusters * space.sectors
    clusters = space.free, space.clusters
    answer = EXTENDED_SPACE.pack(
        EXTENDED_SPACE.size, 0, space.sectors, space.sector_size, *clusters, *sectors, *clusters, 0, 0
    )
    far_memory.write(dos.memory, buffer, answer[:size])


@INT21.service(0x69, since=SINCE)
def serial_number(dos: Kernel, function: AL, drive: BL, buffer: DS_DX) -> None:
    """Serial number, label and file system of a drive into 25 bytes (AL=0); they cannot be changed."""
    if drive not in {0, DRIVE + 1}:
        raise InvalidDrive
    if function != 0:
        raise AccessDenied
    far_memory.write(dos.memory, buffer, b"\0\0" + SERIAL.to_bytes(4, "little") + b"NO NAME    FAT16   ")


class Allocation(NamedTuple):
    """Sectors per cluster, bytes per sector, clusters; DS:BX is the media descriptor byte."""

    sectors: AL
    sector_size: CX
    clusters: DX


@INT21.service(0x1B, since=SINCE)
def default_allocation(dos: Kernel) -> Allocation:
    """How the current drive is divided."""
    return allocation(dos, 0)


@INT21.service(0x1C, since=SINCE)
def allocation(dos: Kernel, drive: DL) -> Allocation:
    """How a drive is divided; AL is FFh when there is no such drive."""
    space = free_space(dos, drive)
    if space.sectors == _NO_DRIVE:
        return Allocation(0xFF, space.sector_size, space.clusters)
    dos.regs.ds = Segment.real(data_area.MEDIA.segment)
    dos.regs.set_low("bx", data_area.MEDIA.offset)
    return Allocation(space.sectors, space.sector_size, space.clusters)


@INT21.service(0x39, since=SINCE)
def make_directory(dos: Kernel, path: DS_DX) -> None:
    """Make a directory."""
    dos.mount.make_directory(dos.path(path), dos.time.stamp(dos.machine.clock))


@INT21.service(0x3A, since=SINCE)
def remove_directory(dos: Kernel, path: DS_DX) -> None:
    """Remove an empty directory."""
    dos.mount.remove_directory(dos.path(path))


@INT21.service(0x3B, since=SINCE)
def change_directory(dos: Kernel, path: DS_DX) -> None:
    """Make a directory the current one."""
    dos.mount.change_directory(dos.path(path))


@INT21.service(0x47, since=SINCE)
def current_directory(dos: Kernel, drive: DL, buffer: DS_SI) -> AX:
    """The current directory, without drive and leading backslash, into 64 bytes."""
    if drive not in {0, DRIVE + 1}:
        raise InvalidDrive
    far_memory.write(dos.memory, buffer, "\\".join(dos.mount.current).encode("cp437") + b"\0")
    return 0x0100  # what MS-DOS leaves in AX


@INT21.service(0x41, since=SINCE)
def delete_file(dos: Kernel, path: DS_DX) -> None:
    """Delete a file."""
    delete(dos, dos.path(path))


def delete(dos: Kernel, path: str) -> None:
    """Delete the file at a path; a device cannot be."""
    if dos.mount.device_of(path) is not None:
        raise AccessDenied
    dos.mount.delete(path)


@INT21.service(0x56, since=SINCE)
def rename_file(dos: Kernel, old: DS_DX, new: ES_DI) -> None:
    """Rename a file, or move it to another directory."""
    rename(dos, dos.path(old), dos.path(new))


def rename(dos: Kernel, old: str, new: str, long_name: str = "") -> None:
    """Rename what is at a path, as `Mount.rename` does; a device cannot be."""
    if dos.mount.device_of(old) is not None:
        raise AccessDenied
    dos.mount.rename(old, new, long_name)


@INT21.service(0x43, since=SINCE)
def file_attributes(dos: Kernel, function: AL, attributes: CX, path: DS_DX) -> CX:
    """Get (AL=0) or set (AL=1) the attributes of a file or directory."""
    name = dos.path(path)
    if function > 1:
        raise InvalidFunction
    node = entry_of(dos, name)
    if function == 1:
        set_attributes(node, attributes)
        return attributes
    return node.attributes


def entry_of(dos: Kernel, path: str) -> File | Directory:
    """The file or directory at a path, which has an entry: no device, and not the root."""
    if dos.mount.device_of(path) is not None:
        raise FileNotFound
    if not dos.mount.components(path):
        raise PathNotFound
    node = dos.mount.locate(path).node
    if node is None:
        raise FileNotFound
    return node


def set_attributes(node: File | Directory, attributes: int) -> None:
    """Change a file's attributes; those of a directory stay as they are."""
    if isinstance(node, Directory) or attributes & ~_CHANGEABLE & 0xFF:
        raise AccessDenied
    node.attributes = attributes & _CHANGEABLE


@INT21.service(0x60, since=SINCE)
def true_name(dos: Kernel, path: DS_SI, buffer: ES_DI) -> None:
    """The whole path of a name, in upper case."""
    name = dos.path(path)
    if not name:
        raise FileNotFound
    far_memory.write(dos.memory, buffer, dos.mount.true_name(name).encode("cp437") + b"\0")


@INT21.service(0x2F, since=SINCE)
def get_transfer_area(dos: Kernel) -> BX:
    """ES:BX is the disk transfer area."""
    dos.regs.es = Segment.real(dos.dta.segment)
    return dos.dta.offset


@INT21.service(0x1A, since=SINCE)
def set_transfer_area(dos: Kernel, area: DS_DX) -> None:
    """Set the disk transfer area."""
    dos.dta = Far(*area)


@INT21.service(0x29, since=SINCE)
def parse_name(dos: Kernel, options: AL, text: DS_SI, fcb: ES_DI) -> AL:
    """Read a file name into a file control block and move SI behind it; AL=1: it has wildcards, FFh: no such drive."""
    data = far_memory.read(dos.memory, text, 128)
    at = 0
    if options & 1:
        while data[at : at + 1] and data[at] in _NAME_SEPARATORS:
            at += 1
    else:
        while data[at : at + 1] and data[at] in b" \t":
            at += 1
    old = far_memory.read(dos.memory, fcb, 12)
    drive = 0 if not options & 2 else old[0]
    result = 0
    if data[at + 1 : at + 2] == b":":
        drive = (data[at] & 0xDF) - 0x40
        result = 0 if drive == DRIVE + 1 else 0xFF
        at += 2
    name, at = _part(data, at, 8)
    extension = b""
    if data[at : at + 1] == b".":
        extension, at = _part(data, at + 1, 3)
    stem_field = name.ljust(8) if name or not options & 4 else old[1:9]
    extension_field = extension.ljust(3) if extension or not options & 8 else old[9:12]
    far_memory.write(dos.memory, fcb, bytes([drive]) + stem_field + extension_field)
    dos.regs.set_low("si", text[1] + at)
    return result or int(b"?" in stem_field + extension_field)


def _part(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    """Letters of a name up to a separator, `*` widened to `?`, and where they end."""
    end = at
    while end < len(data) and data[end] > 0x20 and data[end] not in _NAME_ENDS:
        end += 1
    letters = names.upper(data[at:end].decode("cp437"))
    head, star, _ = letters.partition("*")
    return ((head + "?" * size)[:size] if star else head[:size]).encode("cp437"), end

"""Program files: .COM images and MZ executables, checked before anything of them reaches the guest.

`identify` is for people: it refuses what is no DOS program and says what it is instead. `parse` is what DOS itself
does (INT 21h AX=4B00h): whatever does not start with MZ is a .COM image. Windows and OS/2 programs carry an MZ stub;
it is refused as "not a DOS program" unless the stub itself looks for a DPMI host, as those of DOS extenders do.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final

from app.emu.address import Far
from app.emu.machine_errors import LoadError

COM_LIMIT: Final = 0x10000 - 0x100 - 2
"""Most bytes of a .COM file: one segment with the PSP before and a word of stack behind it."""
_FOREIGN: Final = (
    (b"\x7fELF", "a Linux or Unix (ELF) program"),
    (b"\xfe\xed\xfa", "a macOS program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"#!", "a Unix script"),
    (b"PK\x03\x04", "a ZIP archive; unpack it first"),
    (b"\x4c\x01", "a COFF image without a loader stub; put a stub (such as go32's) before it"),
    (b"PE\0\0", "a Windows (PE) image without its MZ header"),
)
_NEW_HEADERS: Final = {
    b"PE": "Windows (PE)",
    b"NE": "Windows or OS/2 (NE)",
    b"LX": "OS/2 (LX)",
    b"LE": "LE",
    b"L\1": "COFF",
}
_GO32_STUB: Final = b"go32stub, v 2"
"""Begins the image of a stub whose COFF is a go32-v2 program."""
_NOT_DOS: Final = frozenset({"Windows (PE)", "Windows or OS/2 (NE)", "OS/2 (LX)"})
_EXTENDER_MARKS: Final = (b"\xb8\x87\x16", b"DPMI", b"RTM.EXE")
"""In the stub: `mov ax, 1687h`, or the name of what it starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MzHeader:
    """The header of an MZ executable (MS-DOS Programmer's Reference, ".EXE File Header Structure").

    00h 'MZ'  02h bytes in the last page  04h pages of 512 bytes  06h relocations  08h header paragraphs
    0Ah paragraphs needed behind the image  0Ch paragraphs wanted  0Eh SS  10h SP  12h checksum  14h IP  16h CS
    18h offset of the relocation table  1Ah overlay number; 3Ch offset of a new header, if there is one
    """

    last_page: int
    pages: int
    relocations: int
    header_paragraphs: int
    min_paragraphs: int
    max_paragraphs: int
    ss: int
    sp: int
    ip: int
    cs: int
    relocation_table: int

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<2s8HH2HHH")
    SIZE: ClassVar[int] = 0x1C

    @classmethod
    def decode(cls, data: bytes) -> MzHeader:
        """Read the header from the file's first 28 bytes."""
        _mz, last, pages, relocations, header, low, high, ss, sp, _sum, ip, cs, table, _overlay = cls.LAYOUT.unpack(
            data
        )
        return cls(
            last_page=last, pages=pages, relocations=relocations, header_paragraphs=header, min_paragraphs=low,
            max_paragraphs=high, ss=ss, sp=sp, ip=ip, cs=cs, relocation_table=table,
        )  # fmt: skip

    @property
    def file_end(self) -> int:
        """Where the image ends in the file, says the header."""
        return self.pages * 512 - (512 - self.last_page if self.last_page else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramInfo:
    """What a program file is, without running it. Sizes in bytes; entry and stack relative to the load segment."""

    name: str
    format: str
    """`COM` or `MZ`; `PE` for a Win32 program beside drivers."""
    file_size: int
    image_size: int
    entry: Far
    stack: Far | None = None
    relocations: int = 0
    min_paragraphs: int = 0
    max_paragraphs: int = 0xFFFF
    appended: str = ""
    """What follows the MZ image: `COFF`, `go32-v2 COFF`, `LE` …, or empty."""
    appended_at: int = 0
    """Where in the file that begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A checked program file: its image and what to add the load segment to."""

    info: ProgramInfo
    image: bytes
    fixups: list[int] = field(default_factory=list)
    """Offsets into the image of words that receive the load segment."""

    @property
    def paragraphs(self) -> int:
        """Paragraphs of the image."""
        return (len(self.image) + 15) // 16

    def relocated(self, segment: int) -> bytes:
        """The image for a load segment (or relocation factor)."""
        image = bytearray(self.image)
        for offset in self.fixups:
            word = int.from_bytes(image[offset : offset + 2], "little")
            image[offset : offset + 2] = (word + segment & 0xFFFF).to_bytes(2, "little")
        return bytes(image)


def identify(data: bytes, name: str) -> ProgramInfo:
    """What the file is. Raises `LoadError` when it is no program DOS can run, or is damaged."""
    return program(data, name).info


def program(data: bytes, name: str) -> Program:
    """A program a person asked for: checked, and refused when it is something else."""
    if not data:
        raise LoadError(f"{name}: the file is empty")
    if data[:2] in {b"MZ", b"ZM"}:
        parsed = parse(data, name)
        kind = parsed.info.appended
        if kind in _NOT_DOS and not _stub_is_extender(data):
            raise LoadError(
                f"{name}: this is a {kind} program, not a DOS program; DOS would only run its stub message; "
                "Win32 console programs run where a driver is (--vxd)"
            )
        return parsed
    for signature, meaning in _FOREIGN:
        if data.startswith(signature):
            raise LoadError(f"{name}: this is {meaning}; dpmiscope runs DOS programs (.COM, MZ .EXE)")
    extension = name.rpartition(".")[2].upper() if "." in name else ""
    if extension == "EXE":
        raise LoadError(
            f"{name}: named .EXE, but does not start with the letters MZ; the file is damaged or no program"
        )
    if extension not in {"COM", "BIN", ""}:
        raise LoadError(f"{name}: no DOS program: it neither starts with the letters MZ nor is named .COM")
    return parse(data, name)


def parse(data: bytes, name: str) -> Program:
    """The program as DOS takes it: MZ, or else a .COM image."""
    return _mz(data, name) if data[:2] in {b"MZ", b"ZM"} else _com(data, name)


def _com(data: bytes, name: str) -> Program:
    if not data:
        raise LoadError(f"{name}: the file is empty")
    if len(data) > COM_LIMIT:
        raise LoadError(f"{name}: {len(data)} bytes are too many for a .COM program, which has at most {COM_LIMIT}")
    info = ProgramInfo(name=name, format="COM", file_size=len(data), image_size=len(data), entry=Far(0xFFF0, 0x100))
    return Program(info=info, image=data)


def _mz(data: bytes, name: str) -> Program:
    fail = _complain(name)
    if len(data) < MzHeader.SIZE:
        raise fail(f"cut off inside its MZ header ({len(data)} bytes of {MzHeader.SIZE})")
    header = MzHeader.decode(data[: MzHeader.SIZE])
    start, end = header.header_paragraphs * 16, header.file_end
    if header.last_page > 512 or start < MzHeader.SIZE or end <= start:
        raise fail(f"its MZ header makes no sense (image from {start:X}h to {end:X}h)")
    missing = end - len(data)
    if missing > 0 and (header.last_page or missing >= 512):
        raise fail(f"cut off: its MZ header promises {end} bytes, the file has {len(data)}")
    image = data[start:end]
    table_end = header.relocation_table + header.relocations * 4
    if header.relocations and table_end > len(data):
        raise fail(f"its relocation table ends at {table_end:X}h, behind the end of the file ({len(data):X}h)")
    fixups = [
        (segment << 4) + offset
        for offset, segment in struct.iter_unpack("<HH", data[header.relocation_table : table_end])
    ] if header.relocations else []  # fmt: skip
    if any(offset + 2 > len(image) for offset in fixups):
        raise fail(f"a relocation points behind its image of {len(image)} bytes")
    entry = (header.cs << 4) + header.ip & 0xFFFFF
    if entry >= len(image):
        raise fail(f"its entry point {Far(header.cs, header.ip)} lies outside of its image of {len(image)} bytes")
    appended, appended_at = _appended(data, end)
    if appended == "COFF" and image.startswith(_GO32_STUB):
        appended = "go32-v2 COFF"
    info = ProgramInfo(
        name=name, format="MZ", file_size=len(data), image_size=len(image), entry=Far(header.cs, header.ip),
        stack=Far(header.ss, header.sp), relocations=header.relocations, min_paragraphs=header.min_paragraphs,
        max_paragraphs=header.max_paragraphs, appended=appended, appended_at=appended_at,
    )  # fmt: skip
    return Program(info=info, image=image, fixups=fixups)


def _complain(name: str) -> Callable[[str], LoadError]:
    return lambda what: LoadError(f"{name}: a damaged DOS program: {what}; get a fresh copy of the file")


def _appended(data: bytes, end: int) -> tuple[str, int]:
    """What follows the image, and where: named by the new header 3Ch points to, or by the first bytes behind the image.

    Empty and 0 when nothing follows that is known.
    """
    pointer = int.from_bytes(data[0x3C:0x40], "little")
    for where in (pointer, end) if pointer >= 0x40 else (end,):
        kind = _NEW_HEADERS.get(data[where : where + 2])
        if kind:
            return kind, where
    return "", 0


def _stub_is_extender(data: bytes) -> bool:
    stub = data[: int.from_bytes(data[0x3C:0x40], "little")]
    return any(mark in stub for mark in _EXTENDER_MARKS)

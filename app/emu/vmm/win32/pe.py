"""PE32 files: the format of Win32 programs, as far as small console programs need it.

A file is checked here as a whole, so that it is refused before anything of it reaches the guest. (`pefile` reads far
more than is wanted, and refuses far less.)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.emu.machine_errors import LoadError
from app.emu.memory.layout import PAGE

MOST: Final = 4 << 20
"""Bytes an image and a stack may have."""
_I386, _PE32, _CONSOLE = 0x14C, 0x10B, 3
_NO_RELOCATIONS, _DLL = 0x0001, 0x2000
_IMPORTS, _RELOCATIONS, _THREAD_STORAGE, _DELAYED, _MANAGED = 1, 5, 9, 13, 14
_LIBRARY: Final = "KERNEL32"
_ABSOLUTE, _HIGH_LOW = 0, 3
_BY_ORDINAL: Final = 1 << 31
_LEAST_STACK: Final = 0x4000


@dataclass(frozen=True, slots=True)
class PeImage:
    """A program as its file describes it. image: its bytes from `base` on; entry and the rest count from there.

    imports: names of functions of KERNEL32, and the dwords that are to hold their addresses; relocations: the dwords
    that hold addresses, None if there is no list of them; stack: its size in bytes.
    """

    base: int
    image: bytes
    entry: int
    imports: tuple[tuple[str, int], ...]
    relocations: tuple[int, ...] | None
    stack: int


class _Bad(Exception):
    """What is wrong with a file."""


def is_pe(data: bytes) -> bool:
    """Is this a PE file, whatever is in it?"""
    at = int.from_bytes(data[0x3C:0x40], "little")
    return data[:2] == b"MZ" and data[at : at + 4] == b"PE\0\0"


def read_pe(data: bytes, name: str) -> PeImage:
    """Read a program. name: of the file, for messages. Raises `LoadError` with a message for the user."""
    try:
        return _Reader(data).program()
    except _Bad as bad:
        raise LoadError(f"{name}: no Win32 program that can be run here: {bad}") from None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pe = self._u32(data, 0x3C, "the PE header")
        machine, self._sections, *_, size, flags = struct.unpack("<HHIIIHH", self._take(self._pe + 4, 20, "its header"))
        if machine != _I386:
            raise _Bad(f"it is for processor {machine:04X}h, not for a 386 (014Ch)")
        if flags & _DLL:
            raise _Bad("it is a library (DLL)")
        self._is_fixed = bool(flags & _NO_RELOCATIONS)
        self._optional, self._table = self._pe + 24, self._pe + 24 + size
        header = self._take(self._optional, 96, "its optional header")
        if int.from_bytes(header[:2], "little") != _PE32:
            raise _Bad("it is no PE32 file")
        system = int.from_bytes(header[0x44:0x46], "little")
        if system != _CONSOLE:
            raise _Bad(f"it is for subsystem {system}; only console programs (3) run, without windows")
        self._entry, self._base = (int.from_bytes(header[at : at + 4], "little") for at in (0x10, 0x1C))
        self._size, self._headers = (int.from_bytes(header[at : at + 4], "little") for at in (0x38, 0x3C))
        self._stack = int.from_bytes(header[0x48:0x4C], "little")
        self._directories = min(int.from_bytes(header[0x5C:0x60], "little"), 16)
        if not 0 < self._size <= MOST or self._stack > MOST:
            raise _Bad(f"its image or its stack is larger than {MOST >> 20} MiB")
        if self._base % PAGE or self._base + self._size > 1 << 31:
            raise _Bad(f"it wants to lie at {self._base:08X}h")

    def program(self) -> PeImage:
        """All of it."""
        image = self._image()
        for number, what in (
            (_THREAD_STORAGE, "thread-local storage"),
            (_DELAYED, "imports when it runs"),
            (_MANAGED, "the .NET runtime"),
        ):
            if self._directory(number)[0]:
                raise _Bad(f"it needs {what}, which is not there")
        if not 0 < self._entry < self._size:
            raise _Bad(f"its entry point {self._entry:X}h lies outside of its image")
        relocations = None if self._is_fixed else tuple(self._relocated(image))
        stack = max(self._stack, _LEAST_STACK) + PAGE - 1 & -PAGE
        return PeImage(self._base, image, self._entry, tuple(self._imported(image)), relocations, stack)

    def _take(self, at: int, size: int, what: str) -> bytes:
        return self._part(self._data, at, size, what)

    @staticmethod
    def _part(data: bytes, at: int, size: int, what: str) -> bytes:
        if at + size > len(data):
            raise _Bad(f"{what} would lie outside of it, at {at:X}h")
        return data[at : at + size]

    def _u32(self, data: bytes, at: int, what: str) -> int:
        return int.from_bytes(self._part(data, at, 4, what), "little")

    def _directory(self, number: int) -> tuple[int, int]:
        """A data directory: where in the image, and its size."""
        if number >= self._directories:
            return 0, 0
        at, size = struct.unpack("<II", self._take(self._optional + 96 + 8 * number, 8, "its data directories"))
        return at, size

    def _image(self) -> bytes:
        image = bytearray(self._size)
        headers = self._data[: min(self._headers, self._size)]
        image[: len(headers)] = headers
        for number in range(self._sections):
            what = f"section {number + 1}"
            header = self._take(self._table + 40 * number, 40, f"the header of {what}")
            virtual, at, raw, place = struct.unpack_from("<4I", header, 8)
            contents = self._take(place, raw, what)[: virtual or raw] if raw else b""
            if at + max(virtual, len(contents)) > self._size:
                raise _Bad(f"{what} lies outside of its image")
            image[at : at + len(contents)] = contents
        return bytes(image)

    def _relocated(self, image: bytes) -> Iterator[int]:
        """The dwords that hold addresses."""
        at, size = self._directory(_RELOCATIONS)
        end = at + size
        while at < end:
            page, length = struct.unpack("<II", self._part(image, at, 8, "a block of relocations"))
            if length < 8 or length % 2:
                raise _Bad(f"a block of relocations has {length} bytes")
            for (entry,) in struct.iter_unpack("<H", self._part(image, at + 8, length - 8, "a block of relocations")):
                kind, place = entry >> 12, page + (entry & 0xFFF)
                if kind == _HIGH_LOW:
                    self._u32(image, place, "a relocated address")
                    yield place
                elif kind != _ABSOLUTE:
                    raise _Bad(f"a relocation is of kind {kind}; there are addresses of 32 bits (3)")
            at += length

    def _imported(self, image: bytes) -> Iterator[tuple[str, int]]:
        """Functions, and the dwords for their addresses."""
        at = self._directory(_IMPORTS)[0]
        while at:
            names, _, _, library, slots = struct.unpack("<5I", self._part(image, at, 20, "its table of imports"))
            if not library:
                return
            from_ = self._text(image, library)
            if from_.upper().removesuffix(".DLL") != _LIBRARY:
                raise _Bad(f"it imports from {from_}; there is {_LIBRARY}.DLL alone")
            number = 0
            while entry := self._u32(image, (names or slots) + 4 * number, "an import"):
                if entry & _BY_ORDINAL:
                    raise _Bad(f"it imports function {entry & 0xFFFF} of {from_} by number")
                self._u32(image, slots + 4 * number, "an import")
                yield self._text(image, entry + 2), slots + 4 * number
                number += 1
            at += 20

    def _text(self, image: bytes, at: int) -> str:
        end = image.find(b"\0", at)
        if not at <= end < at + 0x100:
            raise _Bad("the name of an import has no end")
        return image[at:end].decode("ascii", "replace")

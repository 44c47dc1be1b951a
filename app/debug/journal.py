"""The file format of recordings: an append-only row of framed records behind a magic.

    magic     8 bytes, `DPMIREC` and 1Ah
    format    dword: the number of the format, raised when older versions could misread it
    record    kind (4 letters), length, CRC32 of the payload, CRC32 of these 12 bytes; then the payload

All numbers are little-endian dwords. A payload is JSON, or a line of JSON and then bytes compressed by zlib. Kinds a
version does not know are skipped. A writer that is killed leaves at most one record cut off at the end, which is
dropped; damage anywhere else is refused.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.emu.machine_errors import LoadError

MAGIC: Final = b"DPMIREC\x1a"
FORMAT: Final = 1
SUFFIX: Final = ".dpmirec"
"""Of the names of recordings."""
KINDS: Final = ("HEAD", "LIST", "FILE", "CHNG", "FORK", "INPT", "MARK", "SHOW", "DROP", "NOTE", "EVNT", "CKPT", "DONE")
"""Head; the host folder's answers: listing, contents, change; branches: fork, input, mark, the one shown, dropped;
bookmarks; what opens at them at once: events, checkpoint; how a run without a window ended."""
_HEADER: Final = struct.Struct("<4sIII")
_FORMAT: Final = struct.Struct("<I")
_ANY_KIND: Final = re.compile(b"|".join(kind.encode() for kind in KINDS))
_LARGEST: Final = 1 << 30
"""Bytes a payload may unpack to."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its kind, its fields and, where it has some, its bulk. at: offset in the file."""

    kind: str
    fields: dict[str, Any]
    bulk: bytes = b""
    at: int = 0


def is_recording(path: str) -> bool:
    """Is a file a recording, by its name or its first bytes?"""
    if Path(path).suffix.lower() == SUFFIX:
        return True
    try:
        with Path(path).open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def beginning() -> bytes:
    """What a recording begins with."""
    return MAGIC + _FORMAT.pack(FORMAT)


def pack(record: Record) -> bytes:
    """A record as it stands in the file."""
    payload = json.dumps(record.fields, separators=(",", ":")).encode()
    if record.bulk:
        payload += b"\n" + zlib.compress(record.bulk, 1)
    head = struct.pack("<4sII", record.kind.encode(), len(payload), zlib.crc32(payload))
    return head + struct.pack("<I", zlib.crc32(head)) + payload


def unpack(data: bytes, name: str) -> tuple[list[Record], str]:
    """The records of a file, and what to tell the user about a missing end ("" when it is whole).

    Raises `LoadError` for a file that is no recording, is of a newer format, or is damaged before its end.
    """
    if not data.startswith(MAGIC):
        raise LoadError(f"{name}: is no recording of dpmiscope (or its first bytes are damaged)")
    start = len(MAGIC) + _FORMAT.size
    if len(data) < start:
        raise LoadError(f"{name}: the recording is cut off behind its first bytes: there is nothing in it")
    number = int(_FORMAT.unpack_from(data, len(MAGIC))[0])
    if number != FORMAT:
        raise LoadError(
            f"{name}: a recording of format {number}; this dpmiscope reads format {FORMAT}, use the one that wrote it"
        )
    records: list[Record] = []
    at = start
    while at < len(data):
        frame = _frame(data, at)
        if frame is None:
            if _is_intact_behind(data, at + 1):
                raise LoadError(f"{name}: damaged at byte {at}, in the middle; fetch another copy of the file")
            return records, (
                f"{name}: the end of the recording is missing or damaged (from byte {at} on, {len(data) - at} bytes); "
                "what stands before it was opened"
            )
        kind, first, end = frame
        if kind in KINDS:
            records.append(_record(kind, data[first:end], at, name))
        at = end
    return records, ""


def _frame(data: bytes, at: int) -> tuple[str, int, int] | None:
    """Kind, start and end of the payload of an intact record at an offset; None where there is none."""
    if len(data) - at < _HEADER.size:
        return None
    kind, length, crc, own = _HEADER.unpack_from(data, at)
    if zlib.crc32(data[at : at + 12]) != own:
        return None
    start, end = at + _HEADER.size, at + _HEADER.size + length
    if end > len(data) or zlib.crc32(data[start:end]) != crc or not kind.isalnum():
        return None
    return kind.decode(), start, end


def _record(kind: str, payload: bytes, at: int, name: str) -> Record:
    """A record of its payload. Raises `LoadError`."""
    text, line, packed = payload.partition(b"\n")
    try:
        fields = json.loads(text)
        bulk = _inflate(packed) if line else b""
    except (ValueError, RecursionError, zlib.error) as error:
        raise damaged(name, at, str(error)) from None
    if not isinstance(fields, dict):
        raise damaged(name, at, "no fields")
    return Record(kind, fields, bulk, at)


def _inflate(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    bulk = unpacker.decompress(packed, _LARGEST)
    if not unpacker.eof:
        raise ValueError("the compressed part is too large or has no end")
    return bulk


def _is_intact_behind(data: bytes, at: int) -> bool:
    """Is there an intact record at or behind an offset?"""
    return any(_frame(data, match.start()) is not None for match in _ANY_KIND.finditer(data, at))


def damaged(name: str, at: int, what: str) -> LoadError:
    """The refusal of a record whose frame is intact but whose contents make no sense."""
    return LoadError(f"{name}: the record at byte {at} cannot be read ({what}); fetch another copy of the file")

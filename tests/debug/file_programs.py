"""Random programs that do things to files, and the drive as their guest sees it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from app.debug.launch import INTERPRETER
from app.emu.dos.files import Directory, File
from app.emu.dos.mount import Mount
from tests.emu.runs import EXIT, word

NAMES = (
    "ONE.TXT",
    "TWO.TXT",
    "NEW.TXT",
    "SUB",
    "SUB\\IN.TXT",
    "SUB\\NEW",
    "DIR",
    "DIR\\NEW.TXT",
    "*.*",
    "SUB\\*.*",
    "A long name",
    "SUB\\Other Name",
)
TABLE = 0x900
BUFFER = 0xA00
FOUND = {"ONE.TXT": b"the first file", "TWO.TXT": b"2" * 700, "SUB/IN.TXT": b"inside"}
"""What the host folder holds when a program begins."""


def _name(index: int) -> bytes:
    return word(TABLE + 0x10 * index)


_FIND_LONG = bytes.fromhex("B84E71 B91000 BA")
"""mov ax, 714Eh / mov cx, 10h / mov dx, name; behind it mov di, buffer"""
_FIND_NEXT_LONG = bytes.fromhex("CD21 89C3 B84F71 CD21")
"""int 21h / mov bx, ax / mov ax, 714Fh / int 21h"""
names = st.integers(0, len(NAMES) - 1).map(_name)
sizes = st.sampled_from([0, 1, 5, 300]).map(word)
operations = st.one_of(
    st.builds(lambda name: b"\xb4\x3c\x31\xc9\xba" + name + b"\xcd\x21\x89\xc3", names),  # create; mov bx, ax
    st.builds(lambda name: b"\xb8\x02\x3d\xba" + name + b"\xcd\x21\x89\xc3", names),  # open; mov bx, ax
    st.builds(lambda size: b"\xb4\x40\xb9" + size + b"\xba\x00\x01\xcd\x21", sizes),  # write; 0 bytes cut the file
    st.builds(lambda size: b"\xb4\x3f\xb9" + size + b"\xba" + word(BUFFER) + b"\xcd\x21", sizes),  # read
    st.builds(  # seek
        lambda method, offset: bytes([0xB8, method, 0x42]) + b"\x31\xc9\xba" + offset + b"\xcd\x21",
        st.integers(0, 2),
        sizes,
    ),
    st.just(b"\xb4\x3e\xcd\x21"),  # close
    st.builds(lambda name: b"\xb4\x41\xba" + name + b"\xcd\x21", names),  # delete
    st.builds(lambda old, new: b"\xb4\x56\xba" + old + b"\xbf" + new + b"\xcd\x21", names, names),  # rename
    st.builds(
        lambda function, name: bytes([0xB4, function, 0xBA]) + name + b"\xcd\x21", st.integers(0x39, 0x3B), names
    ),
    st.builds(lambda name: b"\xb4\x4e\xb9\x10\x00\xba" + name + b"\xcd\x21\xb4\x4f\xcd\x21", names),  # find two
    st.just(b"\xb8\x00\x57\xcd\x21"),  # the file's time
    st.builds(  # create by AX=716Ch; mov bx, ax
        lambda name: b"\xb8\x6c\x71\xbb\x02\x00\x31\xc9\xba\x12\x00\xbe" + name + b"\xcd\x21\x89\xc3", names
    ),
    st.builds(lambda old, new: b"\xb8\x56\x71\xba" + old + b"\xbf" + new + b"\xcd\x21", names, names),
    st.builds(  # AX=7139h, 713Ah, 713Bh; 7141h for one file or all that fit
        lambda function, all_, name: bytes([0xB8, function, 0x71, 0xBE, all_, 0, 0xBA]) + name + b"\xcd\x21",
        st.sampled_from([0x39, 0x3A, 0x3B, 0x41]),
        st.integers(0, 1),
        names,
    ),
    st.builds(lambda name: _FIND_LONG + name + b"\xbf" + word(BUFFER) + _FIND_NEXT_LONG, names),
)


_CLOSE_ALL = bytes.fromhex("31DB B43E CD21 43 83FB05 72F6")
"""xor bx, bx / next: mov ah, 3Eh / int 21h / inc bx / cmp bx, 5 / jb next: nothing waits for a key then"""


def program(pieces: list[bytes], *, before: bytes = b"") -> bytes:
    """A .COM program of these operations, which ends then. before: what it does while it has its handles."""
    code = before + _CLOSE_ALL + b"".join(pieces) + EXIT
    assert len(code) < TABLE - 0x100
    table = b"".join(name.encode().ljust(16, b"\0") for name in NAMES)
    return code.ljust(TABLE - 0x100, b"\x90") + table


programs = st.lists(operations, min_size=4, max_size=40).map(program)


def fill(folder: Path) -> Path:
    """Put the files into a new folder."""
    folder.mkdir()
    (folder / "SUB").mkdir()
    for name, data in FOUND.items():
        (folder / name).write_bytes(data)
    return folder


def on_host(folder: Path) -> dict[str, bytes | None]:
    """{path: contents} of a host folder; folders have none."""
    paths = sorted(folder.rglob("*"))
    return {
        path.relative_to(folder).as_posix().upper(): path.read_bytes() if path.is_file() else None for path in paths
    }


def in_guest(mount: Mount) -> dict[str, bytes | None]:
    """The same of drive C:, as the guest sees it, without the interpreter that only it has."""
    found: dict[str, bytes | None] = {}

    def walk(directory: Directory, above: str) -> None:
        for name, full in directory.long_names().items():
            node, path = directory.find(name), above + full.upper()
            if isinstance(node, File):
                found[path] = node.read(0, 1 << 20)
            elif node is not None:
                found[path] = None
                walk(node, f"{path}/")

    walk(mount.root, "")
    found.pop(INTERPRETER, None)
    return found

"""Redirection as COMMAND.COM does it: `<FILE`, `>FILE` and `>>FILE` in a command line are not the program's.

Files are the guest's: paths on drive C: or devices. A program started so has them as handles 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.emu.dos.failures import DosFailed
from app.emu.dos.handles import BOTH, READ
from app.emu.dos.int21_files import create, open_existing
from app.emu.machine_errors import LoadError

if TYPE_CHECKING:
    from app.emu.dos.kernel import Kernel

_STANDARD_INPUT: Final = 0
_STANDARD_OUTPUT: Final = 1


@dataclass(frozen=True, slots=True)
class Redirection:
    """Where standard input comes from and standard output goes; None: the console."""

    source: str | None = None
    target: str | None = None
    appends: bool = False
    """What is written is put behind what the file holds."""


NONE: Final = Redirection()
"""Handles 0 and 1 are the console."""


def split(words: Iterable[str]) -> tuple[list[str], Redirection]:
    """A command line's words without its redirections, and these. Raises `LoadError` when a name is missing."""
    rest: list[str] = []
    source = target = None
    appends = False
    left = iter(words)
    for word in left:
        sign = next((sign for sign in ("<", ">>", ">") if word.startswith(sign)), "")
        if not sign:
            rest.append(word)
            continue
        name = word.removeprefix(sign) or next(left, "")
        if not name:
            raise LoadError(f"{sign}: the name of a file on drive C: must follow")
        if sign == "<":
            source = name
        else:
            target, appends = name, sign == ">>"
    return rest, Redirection(source, target, appends)


def apply(dos: Kernel, redirection: Redirection) -> None:
    """Give the current program its handles 0 and 1. Raises `LoadError`."""
    if redirection.source is not None:
        _redirect(dos, _STANDARD_INPUT, "<", redirection.source, appends=False)
    if redirection.target is not None:
        _redirect(dos, _STANDARD_OUTPUT, ">", redirection.target, appends=redirection.appends)


def _redirect(dos: Kernel, handle: int, sign: str, name: str, *, appends: bool) -> None:
    try:
        if sign == "<":
            opened = open_existing(dos, name, READ)
        elif appends and dos.mount.device_of(name) is None and dos.mount.locate(name).node is not None:
            opened = open_existing(dos, name, BOTH)
            entry = dos.open_file(opened)
            entry.position = entry.file.size if entry.file is not None else 0
        else:
            opened = create(dos, name, 0)
        dos.handles.redirect(dos.current_psp, opened, handle)
        dos.handles.close(dos.current_psp, opened)
    except DosFailed as failure:
        raise LoadError(f"{sign}{name}: {failure.__doc__} on drive C: ({dos.mount.folder.path})") from None

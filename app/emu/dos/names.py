"""DOS file names: 8.3, upper case, code page 437; what a host's name is called under DOS; wildcards; devices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

DEVICES: Final = frozenset({
    "CON", "NUL", "AUX", "PRN", "CLOCK$", "COM1", "COM2", "COM3", "COM4", "LPT1", "LPT2", "LPT3",
})  # fmt: skip
"""Names that are devices in every directory and with every extension."""
_LEGAL: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'()-@^_`{}~")


def upper(text: str) -> str:
    """Upper case as DOS has it for code page 437: one letter stays one letter."""
    return "".join(_upper_letter(letter) for letter in text)


def _upper_letter(letter: str) -> str:
    raised = letter.upper()
    if len(raised) != 1:
        return letter
    return raised if raised.isascii() or _in_code_page(raised) else letter


def _in_code_page(letter: str) -> bool:
    try:
        letter.encode("cp437")
    except UnicodeEncodeError:
        return False
    return True


def is_legal(letter: str) -> bool:
    """May this (upper-case) letter stand in a file name?"""
    return letter in _LEGAL or (not letter.isascii() and _in_code_page(letter))


def device_of(component: str) -> str | None:
    """The device a path's last component names: `con.txt` and `CON` are both CON."""
    stem = upper(component).partition(".")[0].rstrip(" ").removesuffix(":")
    return stem if stem in DEVICES else None


def normal(component: str) -> str | None:
    """A path component as DOS understands it: upper case, cut to 8.3; None when it is no name at all."""
    stem, _, extension = upper(component).partition(".")
    stem, extension = stem.rstrip(" ")[:8], extension.rstrip(" ")[:3]
    if not stem or not all(map(is_legal, stem + extension)):
        return None
    return f"{stem}.{extension}" if extension else stem


def from_host(names: Iterable[str]) -> dict[str, str]:
    """DOS names of a host folder's entries, as {DOS name: host name}.

    A name that is no 8.3 name, is a device, or differs from an earlier one only in case gets an alias `NAME~1.EXT`.
    Hidden files (a leading dot) stay invisible. The same set of names always gives the same aliases.
    """
    visible = sorted(name for name in names if not name.startswith("."))
    found: dict[str, str] = {}
    without: list[str] = []
    for name in visible:
        plain = normal(name)
        if plain is not None and plain == upper(name) and device_of(name) is None and plain not in found:
            found[plain] = name
        else:
            without.append(name)
    for name in without:
        alias = next(candidate for candidate in _aliases(name) if candidate not in found)
        found[alias] = name
    return found


def _aliases(name: str) -> Iterator[str]:
    stem, dot, extension = upper(name).rpartition(".")
    if not dot:
        stem, extension = extension, ""
    stem = "".join(letter if is_legal(letter) else "_" for letter in stem if letter not in " .") or "_"
    extension = "".join(letter if is_legal(letter) else "_" for letter in extension if letter != " ")[:3]
    number = 0
    while True:
        number += 1
        mark = f"~{number}"
        short = stem[: 8 - len(mark)] + mark
        yield f"{short}.{extension}" if extension else short


def pattern(component: str) -> str | None:
    """A name with `*` and `?` as the eleven letters DOS compares, or None when it is no name."""
    stem, _, extension = upper(component).partition(".")
    whole = _widen(stem, 8) + _widen(extension, 3)
    if stem.strip() in {"", "."} or not all(letter in " ?" or is_legal(letter) for letter in whole):
        return None
    return whole


def _widen(part: str, size: int) -> str:
    head, star, _ = part.partition("*")
    return (head[:size] + "?" * size)[:size] if star else part[:size].ljust(size)


def matches(wanted: str, name: str) -> bool:
    """Does a DOS name fit an eleven-letter pattern?"""
    stem, _, extension = name.partition(".")
    letters = stem.ljust(8) + extension.ljust(3)
    return all(want in {"?", letter} for want, letter in zip(wanted, letters, strict=True))

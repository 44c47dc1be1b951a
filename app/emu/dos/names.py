"""DOS file names: 8.3, upper case, code page 437; long names and their aliases; wildcards; devices."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Final

DEVICES: Final = frozenset({
    "CON", "NUL", "AUX", "PRN", "CLOCK$", "COM1", "COM2", "COM3", "COM4", "LPT1", "LPT2", "LPT3",
})  # fmt: skip
"""Names that are devices in every directory and with every extension."""
_LEGAL: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'()-@^_`{}~")
_NEVER: Final = frozenset('"*/:<>?\\|')
"""No part of a long name."""
LONGEST: Final = 255
"""Letters of a long name."""


def upper(text: str) -> str:
    """Upper case as DOS has it for code page 437: one letter stays one letter."""
    return text.upper() if text.isascii() else "".join(_upper_letter(letter) for letter in text)


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
    return _joined(stem, extension)


def from_host(names: Iterable[str]) -> dict[str, str]:
    """DOS names of a host folder's entries, as {DOS name: host name}.

    A name that is no 8.3 name, is a device, or differs from an earlier one only in case gets an alias `NAME~1.EXT`.
    Hidden files (a leading dot) stay invisible. The same set of names always gives the same aliases.
    """
    visible = sorted(name for name in names if not name.startswith("."))
    found: dict[str, str] = {}
    without: list[str] = []
    for name in visible:
        plain = _plain(name, found)
        if plain is not None:
            found[plain] = name
        else:
            without.append(name)
    for name in without:
        found[alias(name, found)] = name
    return found


def alias(name: str, taken: Container[str]) -> str:
    """The DOS name of a long one beside others: its own letters if they are an 8.3 name, else `NAME~1.EXT`."""
    return _plain(name, taken) or next(candidate for candidate in _aliases(name) if candidate not in taken)


def _plain(name: str, taken: Container[str]) -> str | None:
    """A name's own letters, if they are an 8.3 name nobody else has."""
    plain = normal(name)
    return plain if plain == upper(name) and device_of(name) is None and plain not in taken else None


def _aliases(name: str) -> Iterator[str]:
    stem, extension = _basis(name)
    number = 0
    while True:
        number += 1
        mark = f"~{number}"
        yield _joined(stem[: 8 - len(mark)] + mark, extension)


def _basis(name: str) -> tuple[str, str]:
    """What an alias is made of: legal letters, any number before the dot and up to three behind it."""
    stem, dot, extension = upper(name).lstrip(".").rpartition(".")
    if not dot:
        stem, extension = extension, ""
    stem = "".join(letter if is_legal(letter) else "_" for letter in stem if letter not in " .") or "_"
    return stem, "".join(letter if is_legal(letter) else "_" for letter in extension if letter != " ")[:3]


def _joined(stem: str, extension: str) -> str:
    return f"{stem}.{extension}" if extension else stem


def short_form(name: str) -> str:
    """A long name as an 8.3 name without a number (INT 21h AX=71A8h)."""
    stem, extension = _basis(name)
    return _joined(stem[:8], extension)


def long_form(component: str) -> str | None:
    """A component of a long path without the dots and blanks behind it; None when it is no name."""
    name = component.rstrip(". ")
    if not name or len(name) > LONGEST or any(letter < " " or letter in _NEVER for letter in name):
        return None
    return name if all(letter.isascii() or _in_code_page(letter) for letter in name) else None


def fits(wanted: str, name: str) -> bool:
    """Does a long name fit a pattern? `*` stands for any letters, `?` for one; `*.*` fits names without a dot, too."""
    wanted, name = "*" if wanted == "*.*" else upper(wanted), upper(name)
    at = star = here = 0
    retry = -1
    while at < len(name):
        if here < len(wanted) and wanted[here] == "*":
            star, retry, here = here, at, here + 1
        elif here < len(wanted) and wanted[here] in {"?", name[at]}:
            at, here = at + 1, here + 1
        elif retry >= 0:  # the last star takes one letter more
            retry += 1
            at, here = retry, star + 1
        else:
            return False
    return not wanted[here:].strip("*")


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

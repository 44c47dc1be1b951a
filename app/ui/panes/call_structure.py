"""The 50 bytes of a real mode call structure as rows: what a callback's handler found there, and what it made of it."""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

from app.debug.snapshot import CallbackRow
from app.emu.address import Far
from app.emu.real_mode_call import RealModeCall
from app.emu.registers import Flag
from app.ui.format import dword

_WIDE = 8
"""How many of the fields, from the first on, are dwords."""
_LETTERS = (Flag.OF, Flag.DF, Flag.IF, Flag.TF, Flag.SF, Flag.ZF, Flag.AF, Flag.PF, Flag.CF)


class FieldRow(NamedTuple):
    """One field of the structure."""

    offset: int
    name: str
    width: int
    """Bytes."""
    entry: int | None
    """The value the host wrote at the last dispatch, None when there was none."""
    now: int
    meaning: str

    @property
    def is_changed(self) -> bool:
        """The handler, or somebody else since, wrote another value here."""
        return self.entry is not None and self.entry != self.now


def structure_rows(row: CallbackRow) -> list[FieldRow]:
    """The structure of a callback, field by field in memory order."""
    result = []
    offset = 0
    for index, field in enumerate(fields(RealModeCall)):
        width = 4 if index < _WIDE else 2
        entry = None if row.at_entry is None else int(getattr(row.at_entry, field.name))
        now = int(getattr(row.call, field.name))
        result.append(FieldRow(offset, field.name.upper(), width, entry, now, _meaning(field.name, row)))
        offset += width
    return result


def flag_letters(value: int) -> str:
    """The flags that are set, by name: `IF ZF PF`."""
    return " ".join(str(flag.name) for flag in _LETTERS if value & flag) or "none set"


def _meaning(name: str, row: CallbackRow) -> str:
    match name:
        case "reserved":
            return "not used; zero in most structures"
        case "flags":
            return flag_letters(row.call.flags)
        case "ip":
            return _target(row)
        case "cs":
            return "segment of the line above"
        case "sp":
            return _stack_pointer(row)
        case "ss":
            return "segment of the line above: a paragraph, never a selector"
        case "es" | "ds" | "fs" | "gs":
            return f"paragraph, linear {dword(getattr(row.call, name) << 4)}"
        case _:
            return ""


def _target(row: CallbackRow) -> str:
    """Where an IRET of the handler would resume real-mode code."""
    target = row.call.target
    if row.at_entry is None:
        return "real-mode code would resume here; no dispatch yet"
    if target == Far(row.real.segment, row.real.offset):
        return "callback's own address (unchanged: returning now re-enters the callback)"
    if row.last_caller is not None and target == Far(row.last_caller.segment, row.last_caller.offset):
        return f"returns to the caller, {target}"
    if target == row.at_entry.target:
        return f"unchanged: returning now goes to {target}"
    return f"changed: returning now goes to {target}"


def _stack_pointer(row: CallbackRow) -> str:
    """What the handler did to the real-mode stack pointer."""
    if row.at_entry is None:
        return "real-mode stack pointer"
    taken = (row.call.sp - row.at_entry.sp + 0x8000 & 0xFFFF) - 0x8000
    match taken:
        case 0:
            return "unchanged: the caller's return address is still on the stack"
        case 4:
            return "+4: the far return address is taken off, as after RETF"
        case 6:
            return "+6: the interrupt frame is taken off, as after IRET"
        case _ if taken > 0:
            return f"+{taken}: {taken} bytes taken off the caller's stack"
        case _:
            return f"{taken}: {-taken} bytes pushed for the real-mode code"

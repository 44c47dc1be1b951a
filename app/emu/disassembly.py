"""Bytes to instructions: the only importer of capstone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import capstone


class Flow(Enum):
    """What an instruction does to the flow of control."""

    NEXT = auto()
    JUMP = auto()
    BRANCH = auto()
    CALL = auto()
    INTERRUPT = auto()
    RETURN = auto()
    REPEAT = auto()
    """A string instruction with a REP prefix: it runs again until it is done."""


LONGEST: Final = 15
"""Bytes of the longest instruction."""
_ENGINES: Final = {bits: capstone.Cs(capstone.CS_ARCH_X86, mode) for bits, mode in (
    (16, capstone.CS_MODE_16), (32, capstone.CS_MODE_32),
)}  # fmt: skip
_FAR: Final = frozenset({"lcall", "ljmp"})
_RETURNS: Final = frozenset({"ret", "retf", "iret", "iretd"})
_CALLS: Final = frozenset({"call", "lcall"})
_JUMPS: Final = frozenset({"jmp", "ljmp"})
_LOOPS: Final = frozenset({"loop", "loope", "loopne", "jcxz", "jecxz"})
_NAMES: Final = {"lcall": "call far", "ljmp": "jmp far"}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One decoded instruction. target: offset a near jump or call goes to, where it is fixed."""

    size: int
    mnemonic: str
    operands: str
    flow: Flow
    target: int | None


def decode(data: bytes, offset: int, *, wide: bool) -> Instruction | None:
    """Decode the first instruction of some bytes as 32-bit (wide) or 16-bit code; None when they are no instruction.

    offset is the instruction's own (E)IP, which relative targets are counted from.
    """
    engine = _ENGINES[32 if wide else 16]
    found = next(engine.disasm_lite(data[:LONGEST], offset, 1), None)
    if found is None:
        return None
    _, size, mnemonic, operands = found
    prefix, _, bare = mnemonic.rpartition(" ")
    flow = _flow(prefix, bare)
    target = None
    if flow in (Flow.JUMP, Flow.BRANCH, Flow.CALL) and bare not in _FAR and operands.startswith("0x"):
        target = int(operands, 16) & (0xFFFFFFFF if wide else 0xFFFF)
    shown = operands.replace(" ptr", "") if bare not in _FAR else operands
    name = _NAMES.get(bare, bare)
    return Instruction(size, f"{prefix} {name}".strip(), _hex(shown), flow, target)


def _flow(prefix: str, mnemonic: str) -> Flow:
    if mnemonic in _RETURNS:
        return Flow.RETURN
    if mnemonic in _CALLS:
        return Flow.CALL
    if mnemonic in _JUMPS:
        return Flow.JUMP
    if mnemonic.startswith("int"):
        return Flow.INTERRUPT
    if mnemonic in _LOOPS or mnemonic.startswith("j"):
        return Flow.BRANCH
    return Flow.REPEAT if prefix.startswith("rep") else Flow.NEXT


def _hex(operands: str) -> str:
    """Numbers as DOS programmers write them: 1234h, with a leading zero before a letter."""
    parts = operands.split("0x")
    text = parts[0]
    for part in parts[1:]:
        digits = part[: len(part) - len(part.lstrip("0123456789abcdef"))].upper()
        text += ("0" if digits[0] in "ABCDEF" else "") + digits + "h" + part[len(digits) :]
    return text

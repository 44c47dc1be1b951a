"""Hooks on single instructions: which ones need a look before each execution, and putting the hooks there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import unicorn

from app.emu.cpu.hooks import Hooks
from app.emu.cpu.operands import DS, ES, UNKNOWN, Instruction, walk

_REMARKABLE: Final = re.compile(
    rb"[\x07\x0f\x1f\x26\x2e\x60\x64\x65\x67\x8e\xa4-\xa7\xaa\xab\xae\xaf\x6c\x6d\xc4\xc5\xc8\xcf\xd8-\xe1]"
)
"""Bytes without which no instruction of a block needs a precise check."""
_TOP: Final = 0xFFFFFFFF
MOST: Final = 96
"""Code hooks at a time: each one slows every instruction down."""


@dataclass(slots=True)
class Wanted:
    """What calls for a check: accesses through these segment registers; several or large stores."""

    segments: set[int]
    many_stores: bool = False
    large_operands: bool = False

    def calls_for(self, instruction: Instruction, *, wide: bool, v86: bool) -> bool:
        """Does an instruction need a look before each execution?"""
        if instruction.is_flag_loop:
            return True
        if not wide or v86:
            far = instruction.address_size == 4 and any(not operand.stack for operand in instruction.operands)
            if far or v86:
                return far
        if instruction.is_iretd or instruction.writes_code:
            return True
        if self.many_stores and (instruction.many_stores or (self.large_operands and instruction.has_large_operand)):
            return True
        return not self.segments.isdisjoint(instruction.segments)


class Planting:
    """The hooks planted. `scan` notes what is missing while the engine runs, `apply` plants while it stands still."""

    def __init__(self, uc: unicorn.Uc, on_instruction: Callable[..., None], on_loaded: Callable[..., None]) -> None:
        self._instructions = Hooks(uc, unicorn.UC_HOOK_CODE, on_instruction)
        self._blocks = Hooks(uc, unicorn.UC_HOOK_BLOCK, on_loaded)

    @property
    def is_crowded(self) -> bool:
        """There are, or are about to be, too many code hooks."""
        return len(self._instructions) > MOST

    def scan(self, code: bytes, place: int, eip: int, end: int, wanted: Wanted, *, wide: bool, v86: bool) -> bool:
        """Look through a block at linear address `place`; end: the last offset code may have. True: hooks are missing.

        32-bit code that loads DS or ES ends its block; the next one is watched for null selectors.
        """
        if eip + len(code) - 1 <= end and not _REMARKABLE.search(code):
            return False
        for at, instruction in walk(code, wide=wide):
            beyond = eip + at + max(instruction.length, 1) - 1 > end
            if beyond or instruction is UNKNOWN or wanted.calls_for(instruction, wide=wide, v86=v86):
                self._instructions.want(place + at & _TOP)
            if wide and instruction.loads in ((ES,), (DS,)):
                self._blocks.want(place + at + instruction.length & _TOP)
        return self._instructions.are_missing or self._blocks.are_missing

    def apply(self) -> None:
        """Plant what `scan` found missing."""
        self._instructions.plant()
        self._blocks.plant()

    def clear(self) -> None:
        """Remove all; `scan` finds them again as code is translated again."""
        self._instructions.clear()
        self._blocks.clear()

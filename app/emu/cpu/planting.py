"""Hooks on single instructions: which ones need a look before each execution, and putting the hooks there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import unicorn

from app.emu.cpu.operands import DS, ES, UNKNOWN, Instruction, decode

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


@dataclass(slots=True)
class Planting:
    """The hooks planted. `scan` notes what is missing while the engine runs, `apply` plants while it stands still."""

    uc: unicorn.Uc
    on_instruction: Callable[..., None]
    on_loaded: Callable[..., None]
    _instructions: dict[int, Any] = field(default_factory=dict)
    _blocks: dict[int, Any] = field(default_factory=dict)
    _new_instructions: set[int] = field(default_factory=set)
    _new_blocks: set[int] = field(default_factory=set)

    @property
    def is_crowded(self) -> bool:
        """There are, or are about to be, too many code hooks."""
        return len(self._instructions) + len(self._new_instructions) > MOST

    def scan(self, code: bytes, place: int, eip: int, end: int, wanted: Wanted, *, wide: bool, v86: bool) -> bool:
        """Look through a block at linear address `place`; end: the last offset code may have. True: hooks are missing.

        32-bit code that loads DS or ES ends its block; the next one is watched for null selectors.
        """
        if eip + len(code) - 1 <= end and not _REMARKABLE.search(code):
            return False
        at = 0
        while at < max(len(code), 1):
            instruction = decode(code[at : at + 15], wide=wide)
            beyond = eip + at + max(instruction.length, 1) - 1 > end
            linear = place + at & _TOP
            if beyond or instruction is UNKNOWN or wanted.calls_for(instruction, wide=wide, v86=v86):
                self._new_instructions.add(linear)
            if not instruction.length:
                break
            at += instruction.length
            if wide and instruction.loads in ((ES,), (DS,)):
                self._new_blocks.add(place + at & _TOP)
        self._new_instructions -= self._instructions.keys()
        self._new_blocks -= self._blocks.keys()
        return bool(self._new_instructions or self._new_blocks)

    def apply(self) -> None:
        """Plant what `scan` found missing."""
        for linear in self._new_instructions:
            self._instructions[linear] = self._hook(unicorn.UC_HOOK_CODE, self.on_instruction, linear)
        for linear in self._new_blocks:
            self._blocks[linear] = self._hook(unicorn.UC_HOOK_BLOCK, self.on_loaded, linear)
        self._new_instructions.clear()
        self._new_blocks.clear()

    def _hook(self, kind: int, callback: Callable[..., None], linear: int) -> Any:
        hook = self.uc.hook_add(kind, callback, None, linear, linear)
        self.uc.ctl_remove_cache(linear, linear + 1)
        return hook

    def clear(self) -> None:
        """Remove all; `scan` finds them again as code is translated again."""
        for hook in (*self._instructions.values(), *self._blocks.values()):
            self.uc.hook_del(hook)
        self._instructions.clear()
        self._blocks.clear()
        self._new_instructions.clear()
        self._new_blocks.clear()

"""What code of ring 0 must not do here: change the processor's system registers, or leave its code segment.

The monitor owns CR0, CR3, the descriptor table registers and the way between rings. A real one shares a ring with
drivers and could not stop them; here the instruction raises #GP before it happens, so that no driver can get at the
machine and every run is the same however it is sliced.
"""

from __future__ import annotations

from typing import Any, Final

import unicorn

from app.emu.cpu.engine import Engine
from app.emu.cpu.exits import Exit, Why
from app.emu.cpu.operands import decode

_PROTECTION: Final = 13
_LONGEST: Final = 15
_PREFIXES: Final = b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3"
_FAR: Final = b"\x9a\xca\xcb\xcf\xea"
"""CALL FAR, RETF n, RETF, IRET, JMP FAR."""
_FAR_BY_POINTER: Final = (3, 5)
"""The forms of FFh that call and jump far."""
_SYSTEM: Final = b"\x06\x22\x23\x24\x26\x30"
"""Behind 0Fh: CLTS, MOV to CR, DR, TR; WRMSR."""
_TABLES: Final = {0x00: (2, 3), 0x01: (2, 3, 6)}
"""Behind 0Fh: LLDT, LTR; LGDT, LIDT, LMSW."""


def is_forbidden(code: bytes) -> bool:
    """Is the first instruction of some bytes one of these?"""
    bare = code.lstrip(_PREFIXES)[:3].ljust(3, b"\0")
    if bare[0] in _FAR:
        return True
    if bare[0] == 0xFF:
        return bare[1] >> 3 & 7 in _FAR_BY_POINTER
    return bare[0] == 0x0F and (bare[1] in _SYSTEM or bare[2] >> 3 & 7 in _TABLES.get(bare[1], ()))


class Privileged:
    """Finds these instructions as blocks of ring 0 are translated and stops in front of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._hooks: dict[int, Any] = {}
        self._found: set[int] = set()
        self.active = False
        """Code of ring 0 runs."""
        engine.uc.hook_add(unicorn.UC_HOOK_EDGE_GENERATED, self._on_translated)

    @property
    def pending(self) -> bool:
        """The engine was stopped because `settle` has work to do."""
        return bool(self._found)

    def settle(self) -> None:
        """Put hooks on what was found."""
        for linear in self._found:
            self._hooks[linear] = self._engine.uc.hook_add(
                unicorn.UC_HOOK_CODE, self._on_instruction, None, linear, linear
            )
            self._engine.uc.ctl_remove_cache(linear, linear + 1)
        self._found.clear()

    def _on_translated(self, _uc: unicorn.Uc, block: Any, _previous: object, _data: object) -> None:
        if not self.active or self._engine.hit:
            return
        code, at = self._engine.memory.read(block.pc, block.size), 0
        while at < len(code):
            linear = block.pc + at & 0xFFFFFFFF
            if linear not in self._hooks and is_forbidden(code[at : at + _LONGEST]):
                self._found.add(linear)
            length = decode(code[at : at + _LONGEST], wide=True).length
            if not length:
                break
            at += length
        if self._found:
            self._engine.cut_short()

    def _on_instruction(self, _uc: unicorn.Uc, address: int, _size: int, _data: object) -> None:
        if self.active and not self._engine.hit and is_forbidden(self._engine.memory.read(address, 3)):
            self._engine.stop(Exit(Why.FAULT, 0, _PROTECTION))

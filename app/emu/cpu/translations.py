"""What Unicorn made of guest code: dropping it when memory changes, and code that overwrites itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import unicorn

from app.emu.cpu.engine import Engine
from app.emu.cpu.operands import CS, SS
from app.emu.cpu.verdict import instruction_at
from app.emu.memory.memory import Memory
from app.emu.registers import Flag

_MASK: Final = 0xFFFFFFFF
_PAGE: Final = 0x1000


class Translations:
    """The blocks of translated code, as far as they need looking after."""

    def __init__(self, engine: Engine, memory: Memory, on_page_tables: Callable[[], None]) -> None:
        self._engine = engine
        self._memory = memory
        self._on_page_tables = on_page_tables
        self._starts: dict[int, int] = {}
        """The first start of the blocks translated that end at an address."""
        self._restarted: set[int] = set()
        engine.uc.hook_add(unicorn.UC_HOOK_EDGE_GENERATED, self._on_translated)

    def forget_overwritten(self) -> None:
        """Drop translations of code the host has changed, and address translations when page tables changed."""
        if self._memory.tables_changed:
            self._engine.uc.ctl(unicorn.UC_CTL_TLB_FLUSH, unicorn.UC_CTL_IO_WRITE)
            self._memory.tables_changed = False
            self._on_page_tables()
        stale = self._memory.take_stale()
        if stale:
            self._engine.go_to_ring0()
        if all(self._memory.is_mapped(*each) for each in stale):
            for linear, size in stale:
                self._engine.uc.ctl_remove_cache(linear, linear + size)
        else:  # what was written has no address any more, or another one
            self._engine.uc.ctl_flush_tb()

    def forget_everything(self) -> None:
        """Drop all translations."""
        self._engine.uc.ctl_flush_tb()
        self._starts.clear()
        self._memory.code_pages.clear()
        self._memory.tables_changed = True

    def settle(self) -> bool:
        """Drop the blocks of instructions that started anew, so that they are noticed again. False: there were none."""
        if not self._restarted:
            return False
        for linear in self._restarted:
            self._engine.uc.ctl_remove_cache(linear, linear + 1)
        self._restarted.clear()
        return True

    def _on_translated(self, _uc: unicorn.Uc, block: Any, _previous: Any, _data: object) -> None:
        end = block.pc + block.size
        if self._engine.hit:
            self._engine.cut_short()
        elif block.icount == 1 and not self._engine.is_own_code(block.pc) and self._starts_anew(block.pc, end):
            self._engine.count_again()
            self._restarted.add(block.pc)
        self._starts[end] = min(block.pc, self._starts.get(end, block.pc))
        for page in range(block.pc & ~0xFFF, end, _PAGE):
            self._memory.code_pages.add((self._memory.translate(page) or page) >> 12)

    def _starts_anew(self, linear: int, end: int) -> bool:
        """Does this block of one instruction exist because it overwrote the block it stood in?

        Unicorn then executes it again, in a block of its own, and counts it twice.
        """
        state, flags = self._engine.look(), self._engine.eflags()
        segments, v86 = state.segments(), bool(flags & Flag.VM)
        instruction = instruction_at(self._memory, linear, wide=segments[CS].is_big and not v86)
        first, last = linear - _PAGE, end + _PAGE
        if flags & Flag.TF or instruction.repeat or instruction.is_call or state.is_shadowed:
            # It may well stand alone by nature: look at what it was part of.
            first, last = self._starts.get(end, linear), end
        accesses = instruction.accesses(state.general(), big_stack=segments[SS].is_big and not v86)
        places = ((segments[number].base + offset & _MASK, size) for number, offset, size, write in accesses if write)
        return any(place < last and place + size > first for place, size in places)

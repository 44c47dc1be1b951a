"""When does the processor let interrupts in? Told to whoever waits for it with a request, exactly and at no cost else.

Only STI, POPF and IRET can turn IF on: clients run at IOPL 3, and there are no task switches. Each of them ends its
block of translated code; so blocks are looked at when they are translated, the addresses are kept, and code hooks are
there only while a request waits. Behind STI, MOV SS and POP SS interrupts have to wait for one more instruction; the
engine marks that (`State.is_shadowed`). Roads not taken: a look at IF every so many instructions (late, and slow).
"""

from __future__ import annotations

from typing import Any, Final

import unicorn

from app.emu.cpu.engine import Engine
from app.emu.cpu.hooks import Hooks
from app.emu.cpu.operands import ESP, PREFIXES, SS, walk
from app.emu.memory.memory import Memory
from app.emu.registers import Flag

_OPENERS: Final = (b"\xfb", b"\x9d", b"\xcf")
"""STI, POPF, IRET."""
_MOST: Final = 256
"""Addresses kept: code that is gone is among them."""
_TOP: Final = 0xFFFFFFFF


class Interruptible:
    """The instructions that may turn IF on, and the run's end behind one that did."""

    def __init__(self, engine: Engine, memory: Memory) -> None:
        self._engine = engine
        self._memory = memory
        self.pending = False
        """The engine was stopped because `settle` has work to do."""
        self.ends_run = False
        """IF is on, or an instruction in the interrupt shadow has to run by itself: leave the engine."""
        self.waits = False
        """A request waits: the run ends where interrupts are let in."""
        self._is_watching = False
        """The hooks that tell are planted."""
        self._known: dict[int, int | None] = {}
        """Those met, by linear address: where the flags they pop lie above the stack pointer, None for STI."""
        self._openers = Hooks(engine.uc, unicorn.UC_HOOK_CODE, self._on_opener)
        self._repeats = Hooks(engine.uc, unicorn.UC_HOOK_BLOCK, self._on_repeat)
        engine.uc.hook_add(unicorn.UC_HOOK_EDGE_GENERATED, self._on_translated)

    # Around a run

    def enter(self) -> None:
        """The engine is about to be entered."""
        self.pending = self.ends_run = False
        if self.waits and not self._is_watching:
            self._watch()
        elif self._is_watching and not self.waits:
            self.unwatch()

    def _watch(self) -> None:
        self._is_watching = True
        self._engine.go_to_ring0()
        if len(self._known) > _MOST:
            self._known.clear()
            self._engine.uc.ctl_flush_tb()
        for linear in self._known:
            if self._memory.is_mapped(linear, 1):
                self._openers.want(linear)
        self._openers.plant()

    def settle(self) -> None:
        """Do what a hook had the engine stopped for."""
        self.pending = False
        self._openers.plant()
        self._repeats.plant()
        self.ends_run = self._engine.look().is_shadowed or (self.waits and bool(self._engine.eflags() & Flag.IF))

    def unwatch(self) -> None:
        """Watch no longer, or anew: page tables were changed, and other code may lie at the addresses."""
        self._openers.clear()
        self._is_watching = False

    def forget(self) -> None:
        """All translations were dropped; look at code again as it is translated again."""
        self._known.clear()
        self._repeats.clear()
        self.unwatch()

    def _pend(self) -> None:
        self.pending = True
        self._engine.cut_short()

    # Hooks

    def _on_translated(self, _uc: unicorn.Uc, block: Any, _previous: object, _data: object) -> None:
        """A block is about to run for the first time."""
        if block.pc == self._engine.iretd:
            return
        code = self._memory.read(block.pc, block.size)
        if code.endswith(_OPENERS):
            *_, (at, last) = walk(code, wide=self._engine.is_wide())
            if len(code[at:].lstrip(PREFIXES)) == 1:
                self._learn(block.pc + at & _TOP, last.operands[-1].displacement if last.operands else None)
        if block.icount == 1 and self._engine.look().is_shadowed:
            _, first = next(walk(code, wide=self._engine.is_wide()))
            if first.repeat:
                self._repeats.want(block.pc)
        if self._openers.are_missing or self._repeats.are_missing:
            self._pend()

    def _learn(self, linear: int, above: int | None) -> None:
        """There is such an instruction; above: as in `_known`."""
        if self._known.setdefault(linear, above) != above:
            self._known[linear] = None  # other code than before
        if self.waits:
            self._openers.want(linear)

    def _on_opener(self, _uc: unicorn.Uc, address: int, _size: int, _data: object) -> None:
        """An instruction that may turn IF on is next: see behind it."""
        if self._engine.hit is None and not self._leaves_if_off(self._known[address]):
            self._pend()

    def _leaves_if_off(self, above: int | None) -> bool:
        """Do the flags to be popped, so many bytes above the stack pointer, leave IF off? Loops that lock do that."""
        if above is None:
            return False
        state = self._engine.look()
        stack = state.segments()[SS]
        offset = state.general()[ESP] + above & (_TOP if stack.is_big else 0xFFFF)
        flags = self._memory.translate(stack.base + offset + 1 & _TOP)
        return flags is not None and not self._memory.buffer[flags] & Flag.IF >> 8

    def _on_repeat(self, _uc: unicorn.Uc, _address: int, _size: int, _data: object) -> None:
        """A repeated string instruction is next.

        WORKAROUND(unicorn 2.1): in the interrupt shadow it counts one pass less; after an entry there is no shadow.
        """
        if self._engine.hit is None and self._engine.look().is_shadowed:
            self._pend()

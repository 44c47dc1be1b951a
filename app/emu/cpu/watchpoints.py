"""The debug registers: exception 1 behind an instruction that accessed watched bytes, or before a watched instruction.

The error code of that exception is the virtual DR6 of DPMI 1.0: a bit for each handle, bit 15 for the trap flag. RF in
EFLAGS lets the instruction pass at which a run begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import unicorn

from app.emu.cpu.engine import Engine
from app.emu.cpu.exits import Exit, Why
from app.emu.cpu.lookout import Lookout
from app.emu.memory.memory import Memory
from app.emu.watchpoint import NO_WATCHPOINTS, Watchpoint, WatchType

DEBUG: Final = 1
"""The exception."""


class Watchpoints:
    """The watchpoints in force; `clock` tells the instructions completed before the current one."""

    def __init__(
        self, engine: Engine, memory: Memory, *, clock: Callable[[], int], cut_short: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._data = Lookout(engine, memory, clock=clock, cut_short=cut_short)
        self.points = NO_WATCHPOINTS
        self._hooks: list[Any] = []
        self._resumes = False
        self.is_before = False
        """A run has ended in front of a watched instruction."""

    def set(self, points: tuple[Watchpoint, ...]) -> bool:
        """Watch these and nothing else. True: everything translated must be dropped."""
        if points == self.points:
            return False
        self.points = points
        uc = self._engine.uc
        for hook in self._hooks:
            uc.hook_del(hook)
        self._hooks = [
            uc.hook_add(unicorn.UC_HOOK_CODE, self._on_execute, None, linear, linear)
            for linear in {each.linear for each in points if each.kind is WatchType.EXECUTE}
        ]
        data = frozenset(each.probe for each in points if each.kind is not WatchType.EXECUTE)
        self._data.set_probes(data, stops=True)
        return True

    def remap(self) -> None:
        """Page tables were changed."""
        self._data.remap()

    def begin(self, *, resumes: bool) -> None:
        """A run begins; resumes: RF is set, its first instruction passes."""
        self._resumes = resumes
        self.is_before = False
        self._data.begin()

    def take(self, executed: int) -> int:
        """The virtual DR6 for data accessed in a run of so many instructions; 0: nothing was."""
        seen = self._data.take(executed)
        return sum(
            1 << each.handle for each in self.points if each.kind is not WatchType.EXECUTE and each.probe in seen
        )

    def _on_execute(self, _uc: unicorn.Uc, address: int, _size: int, _data: object) -> None:
        if self._engine.hit is None and not (self._resumes and self._clock() == 0):
            found = (each for each in self.points if each.kind is WatchType.EXECUTE and each.linear == address)
            self.is_before = True
            self._engine.stop(Exit(Why.FAULT, 0, DEBUG, sum(1 << each.handle for each in found)))

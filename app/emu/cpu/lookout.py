"""Looking out for the uses of something, for a debugger: which instruction accessed these bytes or that register?

Memory is watched by memory hooks on its physical addresses; an access may begin before a range and still reach into
it. Addresses and uses of registers are watched by code hooks: each block of code is looked through when it is
translated, and an instruction that qualifies gets one. So code that has nothing to do with a probe runs at full speed.
What an instruction did that was then taken back by a fault does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import unicorn

from app.emu.cpu.engine import Engine
from app.emu.cpu.hooks import Hooks
from app.emu.cpu.mending import mend_far_return
from app.emu.cpu.operands import ECX, Instruction, walk
from app.emu.cpu.verdict import instruction_at
from app.emu.descriptor import ACCESSED
from app.emu.disassembly import effects
from app.emu.memory.memory import Memory
from app.emu.probes import AddressProbe, LoadProbe, MemoryProbe, Probe, RegisterProbe
from app.emu.registers import SEGMENTS, Flag

_TOP: Final = 0xFFFFFFFF
_LARGEST: Final = 15
"""Bytes before a range at which an access can begin and still reach it: one of 16 bytes."""
_ACCESS_BYTE: Final = 5
_DESCRIPTOR: Final = 8


class Lookout:
    """Where probes were used last in a run; `clock` tells the instructions completed before the current one."""

    def __init__(
        self, engine: Engine, memory: Memory, *, clock: Callable[[], int], cut_short: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._memory = memory
        self._clock = clock
        self._cut_short = cut_short
        self.stops = False
        """A use ends the run, behind the instruction."""
        self.pending = False
        """The engine was stopped because `settle` has work to do."""
        self._probes: frozenset[Probe] = frozenset()
        self._registers: tuple[RegisterProbe, ...] = ()
        self._hooks: list[Any] = []
        self._planted = Hooks(engine.uc, unicorn.UC_HOOK_CODE, self._on_planted)
        self._seen: dict[Probe, int] = {}

    # What to look out for. Everything translated must be dropped afterwards.

    def set_probes(self, probes: frozenset[Probe], *, stops: bool) -> bool:
        """Look out for these from now on, and for nothing else. False: nothing has changed."""
        self.stops = stops
        self._seen.clear()
        if probes == self._probes:
            return False
        self._probes = probes
        self._registers = tuple(probe for probe in probes if isinstance(probe, RegisterProbe))
        self._planted.clear()
        self.remap()
        return True

    def remap(self) -> None:
        """Page tables or probes were changed: hook what has to be hooked."""
        uc = self._engine.uc
        for hook in self._hooks:
            uc.hook_del(hook)
        self._hooks = []
        for probe in self._probes:
            if isinstance(probe, MemoryProbe):
                self._watch(probe, probe.linear, probe.size, reads=probe.reads, writes=probe.writes)
            elif isinstance(probe, LoadProbe):
                self._watch(probe, probe.linear, _DESCRIPTOR, reads=True, writes=False)
            elif isinstance(probe, AddressProbe):
                self._hooks.append(
                    uc.hook_add(unicorn.UC_HOOK_CODE, self._on_address, probe, probe.linear, probe.linear)
                )
        if self._registers:
            self._hooks.append(uc.hook_add(unicorn.UC_HOOK_EDGE_GENERATED, self._on_translated))

    def _watch(self, probe: Probe, linear: int, size: int, *, reads: bool, writes: bool) -> None:
        uc = self._engine.uc
        for span in self._memory.spans(linear, size):
            first = max(span.start - _LARGEST, 0)
            if reads:
                self._hooks.append(uc.hook_add(unicorn.UC_HOOK_MEM_READ, self._on_read, (probe, span), first, span[-1]))
            if writes:
                self._hooks.append(
                    uc.hook_add(unicorn.UC_HOOK_MEM_WRITE, self._on_write, (probe, span), first, span[-1])
                )

    # Around a run

    def begin(self) -> None:
        """A run begins."""
        self._seen.clear()
        self.pending = False

    def take(self, executed: int) -> dict[Probe, int]:
        """The probes used in the run that is over: instructions completed before the last use of each.

        executed: instructions the run completed. An instruction it did not complete has used nothing; that it was next
        is another matter.
        """
        return {probe: done for probe, done in self._seen.items() if done < executed or isinstance(probe, AddressProbe)}

    def settle(self) -> None:
        """Plant the hooks that were found missing."""
        self.pending = False
        self._planted.plant()

    # Hooks

    def _note(self, probe: Probe) -> None:
        if self._engine.hit is None:
            self._seen[probe] = self._clock()
            if self.stops:
                self._cut_short()

    @property
    def _is_entering(self) -> bool:
        """The monitor's IRETD is still under way: what it touches the guest has not used."""
        return self._engine.is_entering and self._engine.counted == 1

    def _on_read(
        self, _uc: unicorn.Uc, _kind: int, address: int, size: int, _value: int, watched: tuple[Probe, range]
    ) -> None:
        self._engine.straighten_flags()
        if self._engine.eflags() & Flag.VM:
            mend_far_return(self._engine, self._memory, address)
        probe, span = watched
        if address + size > span.start and not self._is_entering:
            self._note(probe)

    def _on_write(
        self, _uc: unicorn.Uc, _kind: int, address: int, size: int, value: int, watched: tuple[MemoryProbe, range]
    ) -> None:
        self._engine.straighten_flags()
        probe, span = watched
        if address + size > span.start and not self._is_entering:
            if probe.is_descriptor and self._only_marks_accessed(address, size, value, span.start):
                return
            self._note(probe)

    def _only_marks_accessed(self, address: int, size: int, value: int, descriptor: int) -> bool:
        """Does a write change nothing but the accessed bit?"""
        old = int.from_bytes(self._memory.buffer[address : address + size], "little")
        bit = 8 * (descriptor + _ACCESS_BYTE - address)
        return bit >= 0 and old ^ value & (1 << 8 * size) - 1 == ACCESSED << bit

    def _on_address(self, _uc: unicorn.Uc, _address: int, _size: int, probe: AddressProbe) -> None:
        self._note(probe)

    def _on_translated(self, _uc: unicorn.Uc, block: Any, _previous: object, _data: object) -> None:
        """A block is about to run for the first time: find the instructions that use a register."""
        if self._engine.is_own_code(block.pc):
            return
        code, wide = self._memory.read(block.pc, block.size), self._engine.is_wide()
        for at, instruction in walk(code, wide=wide):
            if self._uses(instruction, code[at:], wide=wide):
                self._planted.want(block.pc + at & _TOP)
        if self._planted.are_missing:
            self.pending = True
            self._engine.cut_short()

    def _uses(self, instruction: Instruction, code: bytes, *, wide: bool) -> list[RegisterProbe]:
        """The probes whose register an instruction uses; reaching memory through a segment register reads that."""
        found = effects(code[: instruction.length], wide=wide)
        if found is None:
            return []
        through = {SEGMENTS[number] for number in instruction.segments}
        return [
            probe
            for probe in self._registers
            if (probe.writes and probe.name in found.writes)
            or (probe.reads and (probe.name in found.reads or probe.name in through))
        ]

    def _on_planted(self, _uc: unicorn.Uc, address: int, _size: int, _data: object) -> None:
        wide = self._engine.is_wide()
        instruction = instruction_at(self._memory, address, wide=wide)
        if instruction.repeat and not self._engine.look().general()[ECX] & instruction.repeat:
            return  # the last pass of a string instruction, which only finds out that it is done
        code = self._memory.read(address, instruction.length or 1)
        for probe in self._uses(instruction, code, wide=wide):  # the code may have changed since it was looked through
            self._note(probe)

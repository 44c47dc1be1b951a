"""Taking back an instruction that broke a rule: Unicorn cannot be stopped within one, so it runs to its end first."""

from __future__ import annotations

from collections.abc import Sequence

from app.emu.cpu.engine import Engine
from app.emu.cpu.operands import SS, Instruction
from app.emu.memory import layout
from app.emu.memory.memory import Memory
from app.emu.registers import Segment

_TABLES = [(layout.GDT, layout.GDT_SIZE), (layout.LDTS, layout.LDT_SIZE * layout.MAX_CLIENTS)]
"""Loading a segment register sets the accessed bit of a descriptor."""


class Undo:
    """The state before an instruction, from a memory hook at its first forbidden access, and how to get back there."""

    def __init__(
        self, engine: Engine, instruction: Instruction, general: Sequence[int], segments: Sequence[Segment]
    ) -> None:
        self._engine = engine
        self._memory = engine.memory
        self._state = engine.photograph()
        places = list(_TABLES) if instruction.loads else []
        for number, offset, size, write in instruction.accesses(general, big_stack=segments[SS].is_big):
            if write:
                places.append((segments[number].base + offset & 0xFFFFFFFF, size))
        self._old = [part for place, size in places for part in _read(self._memory, place, size)]

    def take_back(self) -> None:
        """As if the instruction had not run. The engine must stand still."""
        self._engine.go_back(self._state)
        for linear, old in self._old:
            self._memory.write(linear, old)


def _read(memory: Memory, linear: int, size: int) -> list[tuple[int, bytes]]:
    """What lies there, byte by byte where pages are missing."""
    if memory.is_mapped(linear, size):
        return [(linear, memory.read(linear, size))]
    places = (linear + at & 0xFFFFFFFF for at in range(size))
    return [(place, memory.read(place, 1)) for place in places if memory.is_mapped(place, 1)]

"""Watched addresses that some instructions reach rightly: remembered, so that they cost little the next time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from app.emu.cpu.arming import Arming
from app.emu.cpu.limits import inside
from app.emu.cpu.operands import Instruction
from app.emu.cpu.state import State
from app.emu.memory.memory import Memory
from app.emu.registers import Segment

_MOST: Final = 4096
_TOP: Final = 0xFFFFFFFF


class _Permit(NamedTuple):
    """What an instruction may reach, as long as its bytes and the segment registers stay what they are."""

    segments: bytes
    place: int
    code: bytes
    first: int
    last: int
    size: int


class Legitimate:
    """Permits by EIP and direction. Only single accesses get one: those whose segment the address tells."""

    def __init__(self, memory: Memory, arming: Arming) -> None:
        self._memory = memory
        self._arming = arming
        self._permits: dict[tuple[int, bool], _Permit] = {}

    def forget(self) -> None:
        """Page tables were changed."""
        self._permits.clear()

    def allows(self, state: State, address: int, size: int, *, write: bool) -> bool:
        """Is the access known to be right?"""
        permit = self._permits.get((state.eip, write))
        return (
            permit is not None
            and permit.first <= address <= permit.last
            and size == permit.size
            and state.raw_segments == permit.segments
            and self._memory.buffer[permit.place : permit.place + len(permit.code)] == permit.code
        )

    def remember(
        self,
        state: State,
        instruction: Instruction,
        general: Sequence[int],
        segments: Sequence[Segment],
        *,
        write: bool,
    ) -> None:
        """An instruction has been judged to be right; permit it, if possible, all it may do."""
        accesses = instruction.accesses(general, big_stack=segments[2].is_big)
        matching = [access for access in accesses if access.write == write]
        place = self._memory.translate(segments[1].base + state.eip & _TOP)
        if len(matching) != 1 or matching[0].size > 8 or place is None or place % 0x1000 + instruction.length > 0x1000:
            return
        number, offset, size, _ = matching[0]
        segment = segments[number]
        first, last = inside(segment)
        run = self._arming.run_of(segment.base + offset & _TOP)
        if run is None or segment.base + last > _TOP:
            return
        linear, physical, length = run
        low, high = max(segment.base + first, linear), min(segment.base + last, linear + length - 1)
        code = self._memory.buffer[place : place + instruction.length]
        if len(self._permits) >= _MOST:
            self._permits.clear()
        self._permits[state.eip, write] = _Permit(
            state.raw_segments, place, code, low - linear + physical, high - linear + physical - size + 1, size
        )

"""How deep each of the four stacks is, for the timeline: measured from the highest stack pointer seen per segment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.emu.cpu.frame import FRAME_SIZE
from app.emu.events import Moment, Stack
from app.emu.host.host import Host
from app.emu.memory import layout

if TYPE_CHECKING:
    from app.emu.registers import Registers


@dataclass(slots=True)
class Depths:
    """The tops of the stacks seen so far: (stack, SS selector or paragraph) -> highest offset."""

    tops: dict[tuple[Stack, int], int] = field(default_factory=dict)
    last: dict[Stack, int] = field(default_factory=lambda: dict.fromkeys(Stack, 0))

    def moment(self, tick: int, turn: int, regs: Registers, host: Host) -> Moment:
        """The depths now. A stack that is not live keeps its last depth until it is empty."""
        live = host.live_stack
        if live is not Stack.RING0:
            self.last[live] = self._used(live, regs.ss.selector, regs.stack_offset, host)
        client = host.client
        if client is None:
            self.last[Stack.APPLICATION] = self.last[Stack.LOCKED] = 0
        elif live is not Stack.REAL:
            pointer = host.real_pointer
            self.last[Stack.REAL] = self._used(Stack.REAL, pointer.segment, pointer.offset, host)
        elif client.pm_pointer[0]:
            left = Stack.LOCKED if client.locked_depth else Stack.APPLICATION
            self.last[left] = self._used(left, *client.pm_pointer, host)
        if client is not None and not client.locked_depth:
            self.last[Stack.LOCKED] = 0
        lowest = regs.esp if live is Stack.RING0 else host.ring0_esp - FRAME_SIZE
        is_there = layout.RING0_STACK <= lowest <= layout.RING0_STACK_TOP  # a driver may load ESP with anything
        ring0 = layout.RING0_STACK_TOP - lowest if is_there else 0
        last = self.last
        return Moment(tick, regs.mode, (last[Stack.APPLICATION], last[Stack.LOCKED], last[Stack.REAL], ring0), turn)

    def _used(self, stack: Stack, selector: int, offset: int, host: Host) -> int:
        client = host.client
        if stack is Stack.LOCKED and client is not None and selector == client.locked_selector:
            return layout.LOCKED_STACK_SIZE - offset
        top = max(self.tops.get((stack, selector), 0), offset)
        self.tops[stack, selector] = top
        return top - offset

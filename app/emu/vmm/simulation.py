"""What a processor does, done to the client registers of a VM (VMM 3.2, 3.3).

Width: 2 bytes in V86 mode and for 16-bit applications, 4 for 32-bit ones; SP wraps at 64 KB unless SS is 32-bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.emu.events import Stack
from app.emu.host.host import Mark
from app.emu.registers import Flag

if TYPE_CHECKING:
    from app.emu.host.host import Host
    from app.emu.vmm.levels import Ring0Level


class Simulation:
    """The moves on one VM's client registers."""

    def __init__(self, host: Host, level: Ring0Level) -> None:
        self._host, self._level = host, level
        self.client = level.client_registers(host.machine.memory)

    @property
    def width(self) -> int:
        """Bytes of a stack word."""
        return self._host.current.word if self._level.in_pm else 2

    def linear(self, segment: int, offset: int) -> int:
        """Linear address of the client's pointer in its mode."""
        if self._level.in_pm:
            return self._host.segment(segment).base + offset & 0xFFFFFFFF
        return (segment << 4) + (offset & 0xFFFF)

    def _pointer(self) -> tuple[int, int]:
        """The stack pointer, and the mask it wraps with."""
        big = self._level.in_pm and self._host.segment(self.client.get("ss")).is_big
        mask = 0xFFFFFFFF if big else 0xFFFF
        return self.client.get("esp") & mask, mask

    def _move(self, distance: int) -> int:
        """Add to the stack pointer; its new value."""
        offset, mask = self._pointer()
        offset = offset + distance & mask
        self.client.set("esp", self.client.get("esp") & ~mask & 0xFFFFFFFF | offset)
        return offset

    def _stack(self, offset: int, *, write: bool) -> int:
        """Linear address of a stack word. Raises `GuestFault` as the processor would: no stack, or a full one."""
        segment = self.client.get("ss")
        if self._level.in_pm:
            return self._host.linear(segment, offset, self.width, write=write)
        return self.linear(segment, offset)

    def push(self, value: int) -> None:
        """PUSH: Simulate_Push."""
        width = self.width
        offset = self._move(-width)
        data = (value & (1 << 8 * width) - 1).to_bytes(width, "little")
        self._host.machine.memory.write(self._stack(offset, write=True), data)

    def pop(self) -> int:
        """POP: Simulate_Pop."""
        width = self.width
        linear = self._stack(self._pointer()[0], write=False)
        value = int.from_bytes(self._host.machine.memory.read(linear, width), "little")
        self._move(width)
        return value

    def jump(self, segment: int, offset: int) -> None:
        """JMP FAR: Simulate_Far_Jmp."""
        self.client.set("cs", segment & 0xFFFF)
        self.client.set("eip", offset if self.width == 4 else offset & 0xFFFF)

    def _mark(self, label: str, *fields: str) -> None:
        """Say for the stack pane what was pushed."""
        host, width = self._host, self.width
        low = self.linear(self.client.get("ss"), self._pointer()[0])
        stack = Stack.REAL
        if self._level.in_pm:
            stack = Stack.LOCKED if host.current.locked_depth else Stack.APPLICATION
        host.mark(Mark(stack, low, low + width * len(fields), label, "driver", len(host.levels), fields, width))

    def call(self, segment: int, offset: int) -> None:
        """CALL FAR: Simulate_Far_Call."""
        self._level.frames += 1
        self._level.far_returns -= 1
        self.push(self.client.get("cs"))
        self.push(self.client.get("eip"))
        self.jump(segment, offset)
        self._mark("simulated far call", "return IP", "return CS")

    def far_return(self, parameters: int = 0) -> None:
        """RETF n: Simulate_Far_Ret and Simulate_Far_Ret_N."""
        self._level.frames -= 1
        self._level.far_returns += 1
        offset, segment = self.pop(), self.pop()
        self.jump(segment, offset)
        if parameters:
            self._move(parameters)

    def interrupt_frame(self, segment: int, offset: int) -> None:
        """What INT pushes: Build_Int_Stack_Frame."""
        self.push(self.client.get("eflags"))
        self.call(segment, offset)
        self._level.far_returns += 1
        self._mark("simulated interrupt frame", "IP", "CS", "FLAGS")

    def interrupt(self, segment: int, offset: int, *, trap_gate: bool = False) -> None:
        """INT through a vector: TF is cleared, and IF but by the trap gates of protected mode."""
        self.interrupt_frame(segment, offset)
        self.client.set_flag(Flag.TF if trap_gate else Flag.IF | Flag.TF, on=False)

    def interrupt_return(self) -> None:
        """IRET: Simulate_Iret. VM and IOPL are the manager's."""
        self._level.frames -= 1
        offset, segment, flags = self.pop(), self.pop(), self.pop()
        self.jump(segment, offset)
        kept = self.client.get("eflags") & ~0x0FFF
        self.client.set("eflags", kept | flags & 0x0FD7 | 2)

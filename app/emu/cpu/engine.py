"""One Unicorn engine, booted, with the parts of it that dpmiscope reaches directly.

What the interrupt and memory hooks, the guard and the run loop share: counters, contexts, and why the engine stopped.
"""

from __future__ import annotations

import ctypes
from typing import Final

import unicorn
from unicorn import x86_const as x86

from app.emu.cpu import boot
from app.emu.cpu.exits import Exit
from app.emu.cpu.offsets import Offsets, discover
from app.emu.cpu.operands import CS
from app.emu.cpu.state import State
from app.emu.memory import layout
from app.emu.memory.memory import OPEN_BUS, Memory
from app.emu.registers import Flag

_FOREVER: Final = 0xFFFFFFFFFFFFFFFF
_PHYSICAL_END: Final = 1 << 32
ROOM_FOR_TRANSLATIONS: Final = 32 << 20
"""Bytes. When they are used up all translations are dropped; Unicorn's own measure is a GiB, which programs that are
loaded and overwrite code again and again would really fill."""


def _read_nothing(_uc: unicorn.Uc, _offset: int, size: int, _data: object) -> int:
    """Physical addresses where there is no memory."""
    return int.from_bytes(OPEN_BUS * size, "little")


def _write_nothing(_uc: unicorn.Uc, _offset: int, _size: int, _value: int, _data: object) -> None:
    """A write there is lost."""


class Engine:
    """The engine over one `Memory`; `hit` is set by whoever stops it for a reason."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.hit: Exit | None = None
        self.is_entering = False
        """The run began with the IRETD, which may still be going on: it is while `counted` is 1."""
        self.uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_32)
        self.uc.ctl_set_cpu_model(x86.UC_CPU_X86_486)
        self.uc.ctl_set_tcg_buffer_size(ROOM_FOR_TRANSLATIONS)
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory.buffer))
        self.uc.mem_map_ptr(0, memory.size, unicorn.UC_PROT_ALL, address)
        self.uc.mmio_map(memory.size, _PHYSICAL_END - memory.size, _read_nothing, None, _write_nothing, None)
        boot.write_tables(memory)
        self.iretd = boot.write_iretd(memory)
        self._move_to_cr0 = boot.write_move_to_cr0(memory)
        self._has_coprocessor = True
        start, end = boot.boot_code(memory)
        self.uc.reg_write(x86.UC_X86_REG_ESP, layout.RING0_STACK_TOP)
        self.uc.emu_start(start, end)
        boot.erase_boot_code(memory)
        boot.protect_tables(memory)
        self._discover()

    def _discover(self) -> None:
        self._clean = self.uc.context_save()
        probed = self.uc.context_save()

        def stop(uc: unicorn.Uc, _vector: int, _data: object) -> None:
            uc.context_update(probed)
            uc.emu_stop()

        def probe(code: bytes, count: int) -> bytes:
            where = layout.BOOT + 0x100
            self.uc.context_restore(self._clean)
            self.memory.write(where, code)
            self.uc.ctl_flush_tb()
            self.uc.emu_start(where, where + 0x80, 0, count)
            return bytes(probed)

        hook = self.uc.hook_add(unicorn.UC_HOOK_INTR, stop)
        at, structure = discover(self.uc, probe, layout.BOOT + 0x100), self.uc._uch.value  # noqa: SLF001
        self.uc.hook_del(hook)
        self.memory.write(layout.BOOT + 0x100, bytes(0x80))
        self.uc.context_restore(self._clean)
        self.at = at
        self._counter = ctypes.c_uint64.from_address(structure + at.counter)
        self._count = ctypes.c_uint64.from_address(structure + at.count)
        self._entry_context = self.uc.context_save()
        self._exit_context = self.uc.context_save()
        self._look_context = self.uc.context_save()
        self.entry = self._state(self._entry_context, at)
        self.exit = self._state(self._exit_context, at)
        self._looked = self._state(self._look_context, at)
        self._ring0_context = self.uc.context_save()
        self.ring0 = self._state(self._ring0_context, at)
        if not self.ring0.is_ring0:
            raise RuntimeError("this build of Unicorn keeps its mode bits elsewhere; install unicorn 2.1")
        # Without an end address: Unicorn would look it up after each run, and remember the page fault.
        self.uc.ctl_exits_enabled(True)
        self.uc.ctl_flush_tb()

    @staticmethod
    def _state(context: unicorn.UcContext, at: Offsets) -> State:
        """A context's bytes, writable."""
        holder = (ctypes.c_char * context.size).from_address(context.context.value)
        return State(memoryview(holder).cast("B"), at)

    # Running

    def enter(self, instructions: int) -> int:
        """Run from the entry context through the IRETD, which counts; how many instructions began without stopping."""
        self.uc.context_restore(self._entry_context)
        self.is_entering = True
        return self._start(self.iretd, instructions)

    def enter_ring0(self, instructions: int) -> int:
        """Run from the context in `ring0`; how many instructions began without stopping."""
        self.uc.context_restore(self._ring0_context)
        self.is_entering = False
        return self._start(self.ring0.eip, instructions)

    def resume(self, instructions: int) -> int:
        """Go on from where the engine stopped."""
        self.is_entering = False
        return self._start(self.look().eip, instructions)

    def _start(self, eip: int, instructions: int) -> int:
        try:
            self.uc.emu_start(eip, _FOREVER, 0, instructions)
        except unicorn.UcError as error:
            if error.errno != unicorn.UC_ERR_FETCH_PROT or self.hit is None:
                raise
        return min(self._counter.value, self._count.value)

    def enable_coprocessor(self, *, on: bool) -> None:
        """Between runs: with it off, coprocessor instructions raise exception 7.

        CR0 counts only when it is written by an instruction: that runs from the entry context, which then keeps it.
        """
        if on == self._has_coprocessor:
            return
        self._has_coprocessor = on
        self.hit = None
        self.is_entering = True
        self.uc.context_restore(self._entry_context)
        self.uc.reg_write(x86.UC_X86_REG_EAX, boot.CR0 if on else boot.CR0 | boot.CR0_EM)
        self._start(self._move_to_cr0, 1)
        self.uc.context_update(self._entry_context)

    @property
    def control_register_0(self) -> int:
        """CR0, the same as SMSW shows."""
        return int(self.uc.reg_read(x86.UC_X86_REG_CR0))

    def go_to_ring0(self) -> None:
        """Between runs: drop translations with the monitor's rights, else supervisor pages are out of sight."""
        self.uc.context_restore(self._clean)

    def is_own_code(self, linear: int) -> bool:
        """Does the monitor's own code lie there?"""
        return layout.BOOT <= linear < layout.BOOT + layout.PAGE

    def leave(self) -> State:
        """The state at the exit; it stays readable until the next exit."""
        self.uc.context_update(self._exit_context)
        return self.exit

    def straighten_flags(self) -> State:
        """Within an instruction: Unicorn restores how the flags were kept before it, though they are kept anew by then.

        It does so on faults, for each memory hook it calls, and when an instruction overwrites its own block.
        """
        state = self.look()
        if not state.flags_are_straight:
            state.straighten_flags()
            self.uc.context_restore(self._look_context)
        return state

    def go_on_at(self, eip: int) -> None:
        """From a memory hook: the running instruction leads to this (E)IP."""
        self.look().set_eip(eip)
        self.uc.context_restore(self._look_context)

    def eflags(self) -> int:
        """EFLAGS, put together from where the engine spreads them."""
        flags = self.look().eflags()
        return int(self.uc.reg_read(x86.UC_X86_REG_EFLAGS)) if flags is None else flags

    def is_wide(self) -> bool:
        """32-bit code runs."""
        return self.look().segments()[CS].is_big and not self.eflags() & Flag.VM

    # From inside hooks

    @property
    def counted(self) -> int:
        """Instructions begun since the start, the running one included."""
        return int(self._counter.value)

    def cut_short(self) -> None:
        """Stop before the next instruction, exactly."""
        self._count.value = self._counter.value

    def count_again(self) -> None:
        """The running instruction starts anew: it counts once, and the engine stops behind it."""
        self._count.value = self._counter.value
        self._counter.value -= 1
        self.straighten_flags()

    def look(self) -> State:
        """The state now; the next look overwrites it."""
        self.uc.context_update(self._look_context)
        return self._looked

    def photograph(self) -> unicorn.UcContext:
        """A copy of the state before the running instruction, for `go_back`; from memory hooks."""
        state = self.uc.context_save()
        self._state(state, self.at).straighten_flags()
        return state

    def go_back(self, photograph: unicorn.UcContext) -> None:
        """Make an earlier state the current one."""
        self.uc.context_restore(photograph)

    def stop(self, hit: Exit) -> None:
        """Stop at the running instruction; exact in interrupt and code hooks only."""
        self.hit = hit
        self.uc.emu_stop()

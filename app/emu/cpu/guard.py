"""The checks Unicorn leaves out: limits, types and null selectors at each access, and the end of the code segment.

The choice: watch the physical addresses outside the loaded segments' limits, judge an access there from the decoded
instruction, and undo it when a 386 would have faulted. Accesses through FS and GS (and through ES and CS when they get
in the way of others) are judged before they happen, by a code hook on the instruction. Which of the two notices an
access never changes the verdict. A hook on the descriptor tables tells when a program loads a segment register.
Roads not taken: a code hook on everything (50 times slower), unmapping pages (limits end within pages).

Accepted holes: a null FS or GS loaded by 32-bit code that has more than `planting.MOST` instructions to check, used
with an offset of 64 KiB and more; a word across offset FFFFh in V86 mode; a far call whose second push wraps around
below offset 0 leaves its first push on the stack; PUSHF shows TF in the last block before a missing page. Slow, not
wrong: 32-bit code whose data and stack segments both have limits and lie apart (each access is judged).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

import unicorn

from app.emu.cpu.arming import Arming, Use
from app.emu.cpu.engine import Engine
from app.emu.cpu.exits import Exit, Why
from app.emu.cpu.legitimate import Legitimate
from app.emu.cpu.limits import NARROW, WIDE
from app.emu.cpu.loads import Loads, can_reach_memory, plain
from app.emu.cpu.mending import mend_far_return
from app.emu.cpu.operands import CS, DS, ECX, ES, FS, GS, SS, UNKNOWN, Access
from app.emu.cpu.planting import Planting, Wanted
from app.emu.cpu.undo import Undo
from app.emu.cpu.verdict import general_registers, instruction_at, segment_registers, violation
from app.emu.descriptor import Descriptor
from app.emu.memory import layout
from app.emu.registers import Flag, Registers, Segment

_INVALID_OPCODE: Final = 6
_PAGE_FAULT: Final = 14
_TOP: Final = 0xFFFFFFFF
_SAMPLE: Final = 64
"""Every so many accesses that turn out legitimate, find out why their address is watched."""


class Guard:
    """Raises #GP(0) and #SS(0) as a 386 does."""

    def __init__(self, engine: Engine, is_breakpoint: Callable[[int], bool]) -> None:
        self._engine = engine
        self._memory = engine.memory
        self._is_breakpoint = is_breakpoint
        self.active = False
        """Client code runs, in V86 or at ring 3."""
        self.pending = False
        """The engine was stopped because `settle` has work to do."""
        self._v86 = False
        self._wide = False
        self._entered: tuple[object, ...] = ()
        self._segments: tuple[Segment, ...] = ()
        self._arming = Arming(engine.uc, engine.memory, self._on_memory)
        self._legitimate = Legitimate(engine.memory, self._arming)
        self._planting = Planting(engine.uc, self._on_planted, self._on_loaded)
        self._wanted = Wanted({FS, GS}, large_operands=True)
        self._wasted = {ES: 0, CS: 0}
        self._false_hits = 0
        self._hits_in_v86 = 0
        """The same since V86 mode was entered: a short stay is not worth changing what is watched."""
        self._stale: set[Use] = set()
        self._loads = Loads(self._arming)
        self._flush = False
        self._undo: Undo | None = None
        self._hidden_vm: int | None = None
        self._crooked_flags = False
        tables = ((layout.GDT, layout.GDT_SIZE), (layout.LDTS, layout.LDT_SIZE * layout.MAX_CLIENTS))
        for linear, size in tables:
            first = self._memory.host_physical(linear)
            engine.uc.hook_add(unicorn.UC_HOOK_MEM_READ, self._on_table, None, first, first + size - 1)
        engine.uc.hook_add(unicorn.UC_HOOK_EDGE_GENERATED, self._on_translated)

    # Around a run

    def enter(self, regs: Registers) -> None:
        """Get ready for a run from these registers."""
        self._undo = None
        self.pending = False
        self._v86 = regs.is_v86
        self.active = self._v86 or regs.cs.selector & 3 == 3
        if not self.active:
            return
        if not self._v86:
            self._hits_in_v86 = 0
        segments = segment_registers(regs)
        entered = (self._v86, *segments)
        if entered != self._entered:
            self._prepare(segments)
            self._apply()
        self._entered = entered

    def settle(self) -> None:
        """Do what a hook had the engine stopped for."""
        self.pending = False
        self._entered = ()
        self._show_vm()
        if self._crooked_flags:
            self._crooked_flags = False
            self._engine.straighten_flags()
        if self._stale:
            self._arming.disarm(self._stale)
            self._stale.clear()
            self._loads.forget()
        if self._v86:
            self._arming.suspend()  # V86 code has no limits to watch
        else:
            self._prepare(self._engine.look().segments())
        self._apply()

    def remap(self) -> None:
        """Page tables were changed."""
        self._arming.remap()
        self._legitimate.forget()
        self._loads.forget()

    def forget(self) -> None:
        """All translations were dropped; plant again as code is translated again."""
        self._planting.clear()

    def undo(self) -> None:
        """Take back the instruction that broke a rule, if one ran."""
        self._show_vm()
        if self._undo is not None:
            self._undo.take_back()
            self._undo = None

    def judge(self, regs: Registers, hit: Exit) -> int:
        """The vector a 386 raises where the engine reports a fault: the checks of segments come first."""
        instruction = instruction_at(self._memory, regs.code_linear, wide=not self._v86 and regs.cs.is_big)
        segments, general = segment_registers(regs), general_registers(regs)
        cr2 = hit.cr2 if hit.vector == _PAGE_FAULT else None
        vector = violation(
            self._memory, instruction, regs.eip, general, segments, v86=self._v86, page_fault=cr2
        )  # fmt: skip
        return vector or hit.vector

    # What has to be watched

    def _uses(self, segments: tuple[Segment, ...]) -> list[Use]:
        reach = _TOP if self._wide else 0xFFFF
        stack = _TOP if segments[SS].is_big else reach
        uses = [plain(segments[DS], reach), plain(segments[SS], stack)]
        others = {ES, CS, FS, GS} - self._wanted.segments
        return uses + [plain(segments[number], reach, reads_only=number == CS) for number in others]

    def _arm(self, segments: tuple[Segment, ...]) -> bool:
        # Null selectors: 32-bit code that loads DS or ES is looked after by itself, FS and GS while planted.
        low = not self._wide or not self._wanted.segments >= {FS, GS}
        return self._arming.arm(self._uses(segments), low=low)

    def _prepare(self, segments: tuple[Segment, ...]) -> None:
        """Watch what these segments call for."""
        code = segments[CS]
        if not can_reach_memory(code):
            return
        self._segments = segments
        if not self._v86:
            if self._wide != code.is_big:
                self._wide = code.is_big
                self._loads.forget()
            if self._arm(segments):
                self._loads.forget()
            if not self._wanted.many_stores and not self._arming.is_idle:
                self._wanted.many_stores = self._flush = True
        self._flush |= self._loads.note_code(code, self._end(code))

    def _apply(self) -> None:
        """Plant hooks and drop translations as decided."""
        if self._planting.is_crowded:
            self._plant_less()
        if self._flush:
            self._flush = False
            self._planting.clear()
            self._engine.uc.ctl_flush_tb()
        else:
            self._planting.apply()

    def _plant_less(self) -> None:
        """Too many code hooks: watch wider margins for the FPU's operands, then FS and GS like other segments."""
        if self._arming.margin == NARROW:
            self._arming.margin = WIDE
            self._wanted.large_operands = False
            self.remap()
        elif self._wanted.segments:
            self._wanted.segments.clear()
            self._wasted.clear()
        else:
            return
        self._flush = True
        if not self._v86:
            self._arm(self._segments)

    def _pend(self) -> None:
        self.pending = True
        self._engine.cut_short()

    # Hooks

    def _end(self, code: Segment) -> int:
        """The last offset instructions may have."""
        return 0xFFFF if self._v86 else code.limit

    def _on_memory(self, _uc: unicorn.Uc, kind: int, address: int, size: int, _value: int, _data: object) -> None:
        """An access to a watched address."""
        state = self._engine.straighten_flags()
        if self._v86:
            mend_far_return(self._engine, self._memory, address)
            self._hits_in_v86 += 1
            if self._hits_in_v86 >= _SAMPLE and not self._engine.hit:
                self._pend()
            return
        if not self.active or self._engine.hit:
            return
        write = kind == unicorn.UC_MEM_WRITE
        if self._legitimate.allows(state, address, size, write=write):
            self._false_hits += 1
            if self._false_hits % _SAMPLE == 0:
                self._reconsider(address, state.segments(), write=write)
            return
        segments, general, eip = state.segments(), state.general(), state.eip
        code = segments[CS]
        instruction = instruction_at(self._memory, code.base + eip & _TOP, wide=code.is_big)
        vector = violation(self._memory, instruction, eip, general, segments, v86=False)
        if vector:
            self._undo = Undo(self._engine, instruction, general, segments)
            self._engine.hit = Exit(Why.FAULT, 0, vector)
            self._engine.cut_short()
            return
        self._false_hits += 1
        if self._false_hits % _SAMPLE == 0:
            self._reconsider(address, segments, write=write)
        self._legitimate.remember(state, instruction, general, segments, write=write)

    def _reconsider(self, address: int, segments: tuple[Segment, ...], *, write: bool) -> None:
        """Why is a legitimate access watched? Change the way of watching when it costs too much."""
        watching = self._arming.watching(address, write=write)
        current = set(self._uses(segments))
        self._stale = watching - current
        for number in self._wasted.keys() - self._wanted.segments:
            segment = plain(segments[number], 0)[0]
            if any(use[0] == segment for use in watching & current):
                self._wasted[number] += 1
                if self._wasted[number] == 8:
                    self._wanted.segments.add(number)
                    self._flush = True
        if self._stale or self._flush:
            self._pend()

    def _on_table(self, _uc: unicorn.Uc, _kind: int, address: int, _size: int, _value: int, _data: object) -> None:
        """The processor reads a descriptor: some segment register is being loaded."""
        if self._engine.is_entering and self._engine.counted == 1:
            return
        state = self._engine.straighten_flags()
        if address & 4 or self._v86 or not self.active or self._engine.hit:
            return
        raw = int(struct.unpack_from("<Q", self._memory.buffer, address)[0])
        if self._loads.is_known_data(raw):
            return
        code = state.segments()[CS]
        loads = instruction_at(self._memory, code.base + state.eip & _TOP, wide=code.is_big).loads
        segment = Descriptor.decode(self._memory.buffer[address : address + 8]).segment(0)
        if not self._loads.is_prepared(raw, segment, loads, self._wanted.segments, wide=self._wide):
            self._pend()

    def _on_translated(self, _uc: unicorn.Uc, block: Any, _previous: object, _data: object) -> None:
        """A block is about to run for the first time: find the instructions that need a precise check."""
        if not self.active or self._engine.is_own_code(block.pc):
            return
        code = self._engine.look().segments()[CS]
        eip, wide = block.pc - code.base & _TOP, not self._v86 and code.is_big
        content = self._memory.read(block.pc, block.size)
        if self._planting.scan(content, block.pc, eip, self._end(code), self._wanted, wide=wide, v86=self._v86):
            self._pend()

    def _on_planted(self, _uc: unicorn.Uc, address: int, _size: int, _data: object) -> None:
        """An instruction that needs a precise check is next."""
        if not self.active or self._engine.hit or self._is_breakpoint(address):
            return
        state = self._engine.look()
        segments, eip = state.segments(), state.eip
        instruction = instruction_at(self._memory, address, wide=not self._v86 and segments[CS].is_big)
        vector = violation(self._memory, instruction, eip, state.general(), segments, v86=self._v86)
        if not vector and instruction is UNKNOWN:
            vector = _INVALID_OPCODE  # Unicorn would carry out MMX
        if vector:
            self._engine.stop(Exit(Why.FAULT, 0, vector))
        elif instruction.is_flag_loop:
            # WORKAROUND(unicorn 2.1): it forgets how it keeps the flags when the count ends the loop.
            mask = 0xFFFFFFFF if instruction.address_size == 4 else 0xFFFF
            if state.general()[ECX] - 1 & mask == 0:
                self._crooked_flags = True
                self._pend()
        elif instruction.is_iretd and not self._v86:
            self._hide_vm(instruction.accesses(state.general(), big_stack=segments[SS].is_big)[2], segments[SS])

    def _hide_vm(self, flags: Access, stack: Segment) -> None:
        """A client's IRETD leaves VM alone, whatever lies on its stack; Unicorn would enter V86 mode."""
        linear = stack.base + flags.offset & _TOP
        if self._memory.is_mapped(linear, 4) and self._memory.read_u32(linear) & Flag.VM:
            self._hidden_vm = linear + 2
            self._memory.write_u8(linear + 2, self._memory.read_u8(linear + 2) & ~2)
            self._pend()

    def _show_vm(self) -> None:
        if self._hidden_vm is not None:
            self._memory.write_u8(self._hidden_vm, self._memory.read_u8(self._hidden_vm) | 2)
            self._hidden_vm = None

    def _on_loaded(self, _uc: unicorn.Uc, _address: int, _size: int, _data: object) -> None:
        """32-bit code has loaded DS or ES: a null selector reads no descriptor, so look for it here."""
        if self._v86 or not self.active or self._engine.hit:
            return
        segments = self._engine.look().segments()
        if not (segments[ES].access and segments[DS].access) and not all(
            map(self._arming.covers, self._uses(segments))
        ):
            self._pend()

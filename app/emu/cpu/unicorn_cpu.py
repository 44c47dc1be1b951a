"""The processor over Unicorn: enter the guest with some registers, run a number of instructions, come back exactly.

Every entry writes the interrupted context as a monitor's frame on the ring-0 stack in guest memory and executes the
one IRETD at `layout.BOOT`; that lets the CPU itself change ring, mode and code width. Code of ring 0 (device drivers)
is entered directly: an IRETD that stays in its ring would pop from the driver's own stack. A clean context is restored
first, because Unicorn remembers the last fault. All stops are exact: by count, in the interrupt hook, or by cutting
the count short. Only one thread may use an instance.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

import unicorn
from unicorn import x86_const as x86

from app.emu.cpu import boot, emulated, fpu
from app.emu.cpu.engine import Engine
from app.emu.cpu.exits import Exit, Why
from app.emu.cpu.frame import FRAME_SIZE, write_frame
from app.emu.cpu.guard import Guard
from app.emu.cpu.interruptible import Interruptible
from app.emu.cpu.lookout import Lookout
from app.emu.cpu.privileged import Privileged
from app.emu.cpu.translations import Translations
from app.emu.cpu.verdict import instruction_at
from app.emu.cpu.watchpoints import DEBUG, Watchpoints
from app.emu.memory import layout
from app.emu.memory.memory import Memory, PageNotPresent
from app.emu.probes import Probe
from app.emu.registers import Flag, Mode, Registers
from app.emu.watchpoint import SINGLE_STEP, Watchpoint

_INVALID_OPCODE: Final = 6
_SEGMENT_FAULTS: Final = range(10, 15)
_PROTECTION: Final = 13
_PAGE_FAULT: Final = 14
_MASK: Final = 0xFFFFFFFF
_LDTR: Final = 6
_PAGE: Final = 0x1000
SAVED: Final = struct.Struct("<Q?")
"""What is saved in front of the FPU: instructions executed, `in_shadow`."""
_PREFIXES: Final = b"\x26\x2e\x36\x3e\x64\x65\x66\x67"

PortIn = Callable[[int, int], int]
PortOut = Callable[[int, int, int], None]


class UnicornCpu:
    """One engine over one `Memory`. limit_checks: check segment limits, types and null selectors (`Guard`)."""

    def __init__(self, memory: Memory, *, limit_checks: bool = True) -> None:
        self.memory = memory
        self.port_in: PortIn = lambda _port, size: (1 << 8 * size) - 1
        self.port_out: PortOut = lambda _port, _size, _value: None
        self._breakpoints: dict[int, int] = {}
        self._resume_at = -1
        self._done = 0
        self._before = 0
        """Instructions of this run before the engine was entered last."""
        self._total = 0
        self.sightings: dict[Probe, int] = {}
        """What was looked out for and used in the last run: instructions completed before the last use."""
        self.in_shadow = False
        """Interrupts have to wait for one more instruction, whatever IF says: STI, MOV SS or POP SS was the last."""
        self._cut = False
        self._exit_eip: int | None = None
        self._failure: Exception | None = None
        self._within = False
        """The engine raised a fault within an instruction …"""
        self._fetching = False
        """… or while fetching one, which was not counted then …"""
        self._early = False
        """… and is not the next one."""
        self._engine = Engine(memory)
        self._uc = self._engine.uc
        self._guard = Guard(self._engine, self._stops_at) if limit_checks else None
        self._privileged = Privileged(self._engine)
        self._uc.hook_add(unicorn.UC_HOOK_INTR, self._on_interrupt)
        self._uc.hook_add(unicorn.UC_HOOK_INSN_INVALID, self._on_invalid)
        self._uc.hook_add(unicorn.UC_HOOK_MEM_FETCH_PROT, self._on_fetch_from_nowhere)
        self._uc.hook_add(unicorn.UC_HOOK_INSN, self._on_in, None, 1, 0, x86.UC_X86_INS_IN)
        self._uc.hook_add(unicorn.UC_HOOK_INSN, self._on_out, None, 1, 0, x86.UC_X86_INS_OUT)
        for instruction in (x86.UC_X86_INS_SYSCALL, x86.UC_X86_INS_SYSENTER):
            self._uc.hook_add(unicorn.UC_HOOK_INSN, self._on_later_instruction, None, 1, 0, instruction)
        self._lookout = Lookout(self._engine, memory, clock=lambda: self.executed, cut_short=self.cut_short)
        self._watchpoints = Watchpoints(self._engine, memory, clock=lambda: self.executed, cut_short=self.cut_short)
        self._interruptible = Interruptible(self._engine, memory)
        self._translations = Translations(self._engine, memory, self._remap)

    def _remap(self) -> None:
        """Page tables were changed."""
        if self._guard:
            self._guard.remap()
        self._lookout.remap()
        self._watchpoints.remap()
        self._interruptible.unwatch()

    # Running

    def run(self, regs: Registers, ring0_esp: int, instructions: int, *, until_interruptible: bool = False) -> Exit:
        """Run at most so many guest instructions from `regs` and leave the result in `regs`.

        ring0_esp: linear address of the top of the ring-0 stack for this context (TSS.ESP0): the frame goes below it.
        until_interruptible: stop as soon as IF is on and nothing delays interrupts (`in_shadow`); not at once, though.
        """
        self._resume_at = regs.code_linear
        self._lookout.begin()
        self._watchpoints.begin(resumes=bool(regs.eflags & Flag.RF))
        self._interruptible.waits = until_interruptible
        self._before = 0
        while True:
            result = self._run(regs, ring0_esp, 1 if self.in_shadow else instructions - self._before)
            self._before += result.executed
            if self._early:
                result = self._step(regs, ring0_esp)
                self._before += result.executed
            elif self._is_emulated(result, regs):
                self.in_shadow = False
                result = Exit(Why.FAULT, 1, DEBUG, SINGLE_STEP) if regs.eflags & Flag.TF else Exit(Why.BUDGET, 1)
                self._before += 1
            if result.why is not Why.BUDGET or self._before >= instructions or self._cut:
                break
            if until_interruptible and regs.interrupts_on and not self.in_shadow:
                break
        if result.why in (Why.INTERRUPT, Why.FAULT):
            self.in_shadow = False
        ended = Exit(result.why, self._before, result.vector, result.error_code, result.cr2)
        result = self._with_watchpoints(ended, regs)
        self._total += result.executed
        self.sightings = self._lookout.take(result.executed)
        if regs.mode is not Mode.RING0:
            frame = self.memory.host_physical(ring0_esp - FRAME_SIZE)
            write_frame(self.memory.buffer, frame, regs, result.error_code)
        return result

    def _with_watchpoints(self, result: Exit, regs: Registers) -> Exit:
        """What the debug registers make of a run that is over."""
        if self._watchpoints.is_before:
            regs.eflags |= Flag.RF
            return result
        if result.executed:
            regs.eflags &= ~Flag.RF  # WORKAROUND(unicorn 2.1): it keeps RF to the end of the block
        hit = self._watchpoints.take(result.executed)
        return Exit(Why.FAULT, result.executed, DEBUG, result.error_code | hit) if hit else result

    def _run(self, regs: Registers, ring0_esp: int, instructions: int) -> Exit:
        """One entry and everything up to the exit."""
        engine, guard, shadowed = self._engine, self._guard, self.in_shadow
        self._translations.forget_overwritten()
        self._interruptible.enter()
        in_ring0 = self._privileged.active = regs.mode is Mode.RING0
        if in_ring0:
            engine.ring0.load_ring0(regs)
            engine.ring0.fpu[:] = engine.exit.fpu
        else:
            frame = ring0_esp - FRAME_SIZE
            write_frame(self.memory.buffer, self.memory.host_physical(frame), regs, 0)
            engine.entry.load(regs, frame + 0x24)
            engine.entry.fpu[:] = engine.exit.fpu
        engine.hit = None
        self._cut = False
        self._exit_eip = None
        self._within = self._fetching = self._early = False
        if guard:
            guard.enter(regs)
            if guard.active and regs.eip > (0xFFFF if regs.is_v86 else regs.cs.limit):
                return Exit(Why.FAULT, 0, _PROTECTION)
        self._done = 0 if in_ring0 else -1  # the IRETD counts
        self._done += engine.enter_ring0(instructions) if in_ring0 else engine.enter(instructions + 1)
        while self._settle() and not self._is_over(instructions):
            self._done += engine.resume(instructions - self._done)
        if guard:
            guard.undo()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        if self._within:
            engine.straighten_flags()
        engine.leave().store(regs)
        regs.eflags = engine.eflags()
        result = self._result(regs)
        if result.executed:
            self.in_shadow = engine.exit.is_shadowed and not shadowed
        return result

    def _is_over(self, instructions: int) -> bool:
        return self._engine.hit is not None or self._cut or self._interruptible.ends_run or self._done >= instructions

    def _settle(self) -> bool:
        """Do what a hook stopped the engine for; False: it did not, the run is over."""
        again = self._translations.settle()
        if self._privileged.pending:
            self._privileged.settle()
            again = True
        if self._guard and self._guard.pending:
            self._guard.settle()
            again = True
        if self._lookout.pending:
            self._lookout.settle()
            again = True
        if self._interruptible.pending:
            self._interruptible.settle()
            again = True
        return again

    def _result(self, regs: Registers) -> Exit:
        """The reason the engine stopped, with the exact number of instructions completed."""
        hit, done = self._engine.hit, max(self._done, 0)
        if self._exit_eip is not None:
            regs.eip = self._exit_eip & _MASK
        if hit is None:
            return Exit(Why.BUDGET, done)
        is_trap = hit.why is Why.FAULT and hit.vector == DEBUG and not self._watchpoints.is_before
        if hit.why is Why.INTERRUPT or is_trap:
            stepped = is_trap and self._exit_eip is None  # and no INT1
            return Exit(hit.why, done, hit.vector, SINGLE_STEP if stepped else 0)
        done = done if self._fetching else max(done - 1, 0)
        if self._guard and self._guard.active and hit.why is Why.FAULT and hit.vector in _SEGMENT_FAULTS:
            vector = self._guard.judge(regs, hit)
            if vector != hit.vector:
                return Exit(Why.FAULT, done, vector)
        return Exit(hit.why, done, hit.vector, hit.error_code, hit.cr2)

    def _is_emulated(self, result: Exit, regs: Registers) -> bool:
        """Was the instruction that faulted one to be carried out here? It is then."""
        if result.why is not Why.FAULT or result.vector != _PROTECTION:
            return False
        try:
            code = self._code_at(regs.code_linear)
        except PageNotPresent:
            return False
        control = {0: self._engine.control_register_0, 3: self.memory.directory}
        return emulated.carry_out(code, regs, self._total + self._before + 1, control)

    def _step(self, regs: Registers, ring0_esp: int) -> Exit:
        """One instruction in a block of its own: the trap flag sees to it."""
        traps = regs.eflags & Flag.TF
        regs.eflags |= Flag.TF
        result = self._run(regs, ring0_esp, 1)
        if traps:
            return result
        regs.eflags &= ~Flag.TF
        stepped = result.why is Why.FAULT and (result.vector, result.error_code) == (DEBUG, SINGLE_STEP)
        return Exit(Why.BUDGET, result.executed) if stepped else result

    @property
    def executed(self) -> int:
        """Instructions completed since the entry, for hooks that run inside one (port reads)."""
        return self._before + max(self._done + self._engine.counted - 1, 0)

    def general_registers(self) -> list[int]:
        """EAX to EDI, for hooks that run inside an instruction (port accesses): what it has not changed yet."""
        return self._engine.look().general()

    def cut_short(self) -> None:
        """From inside a hook: stop before the next instruction, exactly."""
        self._cut = True
        self._engine.cut_short()

    def look_out(self, probes: frozenset[Probe], *, stops: bool = False) -> None:
        """Look out for uses of these in the runs to come: `sightings`. stops: a use ends its run."""
        if self._lookout.set_probes(probes, stops=stops):
            self.forget_everything()

    # What the engine tells us

    def _on_interrupt(self, uc: unicorn.Uc, vector: int, _data: object) -> None:
        if self._engine.hit is None:
            error_code, is_int = self._engine.look().interrupt()
            if is_int:
                self._engine.hit = Exit(Why.INTERRUPT, 0, vector)
            else:
                cr2 = int(uc.reg_read(x86.UC_X86_REG_CR2)) & _MASK if vector == _PAGE_FAULT else 0
                if vector == _PAGE_FAULT:
                    self._fetching, self._early = self._fetched_from(cr2)
                self._within = vector != DEBUG and not self._fetching
                self._engine.hit = Exit(Why.FAULT, 0, vector, error_code, cr2)
        uc.emu_stop()

    def _on_invalid(self, uc: unicorn.Uc, _data: object) -> bool:
        """An invalid opcode, or INT 6 or INT1, which Unicorn reports here too and leaves EIP at."""
        if self._engine.hit is None:
            state = self._engine.look()
            code = self._code_at(state.segments()[1].base + state.eip)
            hit = Exit(Why.FAULT, 0, _INVALID_OPCODE)
            if state.interrupt()[1]:
                hit, self._exit_eip = Exit(Why.INTERRUPT, 0, _INVALID_OPCODE), state.eip + 2
            elif code.lstrip(_PREFIXES)[:1] == b"\xf1":
                length = len(code) - len(code.lstrip(_PREFIXES)) + 1
                hit, self._exit_eip = Exit(Why.FAULT, 0, DEBUG), state.eip + length
            self._engine.hit = hit
        uc.emu_stop()
        return True

    def _on_fetch_from_nowhere(
        self, _uc: unicorn.Uc, _kind: int, address: int, _size: int, _value: int, _data: object
    ) -> bool:
        """Code where there is no memory reads as FFFFh, which is no instruction. address: physical."""
        if self._engine.hit is None:
            state = self._engine.look()
            linear = state.segments()[1].base + state.eip & _MASK
            is_here = self.memory.translate(linear) == address
            self._fetching, self._early = self._fetched_from(linear if is_here else (linear | _PAGE - 1) + 1)
            self._engine.hit = Exit(Why.FAULT, 0, _INVALID_OPCODE)
        return False

    def _on_later_instruction(self, _uc: unicorn.Uc, _data: object) -> None:
        """SYSCALL and SYSENTER: a 486 has neither, Unicorn would step over them."""
        if self._engine.hit is None:
            self._exit_eip = self._engine.look().eip
            self._engine.hit = Exit(Why.FAULT, 0, _INVALID_OPCODE)
            self._engine.cut_short()

    def _code_at(self, linear: int) -> bytes:
        """The bytes at an instruction, as far as its page goes when the next one is absent."""
        try:
            return self.memory.read(linear, 15)
        except PageNotPresent:
            return self.memory.read(linear, 0x1000 - (linear & 0xFFF))

    def _on_in(self, _uc: unicorn.Uc, port: int, size: int, _data: object) -> int:
        try:
            return 0 if self._engine.hit else self.port_in(port, size)
        except Exception as error:  # noqa: BLE001 - Unicorn would lose it; `_run` raises it
            self._failure = error
            self.cut_short()
            return 0

    def _on_out(self, _uc: unicorn.Uc, port: int, size: int, value: int, _data: object) -> None:
        if self._engine.hit is None:
            self.port_out(port, size, value)
            self.cut_short()

    def _fetched_from(self, cr2: int) -> tuple[bool, bool]:
        """Was an address that faulted fetched from, and is that early: for an instruction behind the next one?

        Unicorn translates whole blocks, so it may meet a missing page before the code gets there.
        """
        state = self._engine.look()
        segments = state.segments()
        v86 = bool(self._engine.eflags() & Flag.VM)
        linear = segments[1].base + state.eip & _MASK
        instruction = instruction_at(self.memory, linear, wide=segments[1].is_big and not v86)
        if cr2 - linear & _MASK < (instruction.length or 15):
            return True, False
        touched = any(
            cr2 - segments[number].base - offset & _MASK < size
            for number, offset, size, _ in instruction.accesses(
                state.general(), big_stack=segments[2].is_big and not v86
            )
        )
        early = not touched and not instruction.loads and 0 < (cr2 - linear & _MASK) < 2 * _PAGE
        return early, early

    # Translations and breakpoints

    def forget_everything(self) -> None:
        """Drop all translations: memory was replaced as a whole."""
        if self._guard:
            self._guard.forget()
        self._interruptible.forget()
        self._translations.forget_everything()

    def set_breakpoints(self, addresses: frozenset[int]) -> None:
        """Stop before the instruction at any of these linear addresses (not at the one a run starts from)."""
        if addresses == self._breakpoints.keys():
            return
        self._engine.go_to_ring0()
        for address in self._breakpoints.keys() - addresses:
            self._uc.hook_del(self._breakpoints.pop(address))
            self._uc.ctl_remove_cache(address, address + 1)
        for address in addresses - self._breakpoints.keys():
            self._breakpoints[address] = self._uc.hook_add(
                unicorn.UC_HOOK_CODE, self._on_breakpoint, None, address, address
            )
            self._uc.ctl_remove_cache(address, address + 1)

    def has_breakpoint(self, address: int) -> bool:
        """Is there a breakpoint at a linear address?"""
        return address in self._breakpoints

    def _stops_at(self, address: int) -> bool:
        """Is there a breakpoint, and not merely where the run began?"""
        return address in self._breakpoints and not (address == self._resume_at and self.executed == 0)

    def _on_breakpoint(self, _uc: unicorn.Uc, address: int, _size: int, _data: object) -> None:
        if self._engine.hit is None and self._stops_at(address):
            self._engine.stop(Exit(Why.BREAKPOINT, 0))

    def set_watchpoints(self, points: tuple[Watchpoint, ...]) -> None:
        """What the debug registers hold from now on."""
        if self._watchpoints.set(points):
            self.forget_everything()

    def set_ldt(self, client_index: int) -> None:
        """LLDT: make the LDT of the client at this index the current one, in the GDT and in the hidden part of LDTR."""
        descriptor = boot.ldt_descriptor(client_index)
        self.memory.write(layout.GDT + layout.LDT_SELECTOR, descriptor.encode())
        for context in (self._engine.entry, self._engine.ring0):
            context.load_segment(_LDTR, descriptor.segment(layout.LDT_SELECTOR))

    def clear_fpu_exceptions(self) -> None:
        """What FNCLEX does, between slices: no floating-point exception waits any more."""
        self._engine.exit.clear_fpu_exceptions()

    def enable_coprocessor(self, *, on: bool) -> None:
        """Let coprocessor instructions be executed, or raise exception 7 (CR0.EM)."""
        self._engine.enable_coprocessor(on=on)

    # Checkpoints

    def save(self) -> bytes:
        """What the processor holds beside `Registers`: the FPU, the instructions executed (RDTSC), `in_shadow`."""
        return SAVED.pack(self._total, self.in_shadow) + self._engine.exit.fpu_content()

    def is_sound(self, saved: bytes) -> bool:
        """May something from a file be restored? What is saved goes into the engine as it is."""
        return len(saved) == len(self.save()) and fpu.is_sound(saved[SAVED.size :])

    def restore(self, saved: bytes) -> None:
        """Go back to a saved state; memory must have been restored before."""
        self._total, self.in_shadow = SAVED.unpack_from(saved)
        self._engine.exit.fpu[:] = saved[SAVED.size :]
        self.forget_everything()

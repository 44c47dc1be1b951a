"""The processor over Unicorn: enter the guest with some registers, run a number of instructions, come back exactly.

Every entry writes the interrupted context as a monitor's frame on the ring-0 stack in guest memory and executes the
one IRETD at `layout.BOOT`; that lets the CPU itself change ring, mode and code width. A clean context is restored
first, because Unicorn remembers the last fault. All stops are exact: by count, in the interrupt hook, or by cutting
the count short. Only one thread may use an instance.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from typing import Any, Final

import unicorn
from unicorn import x86_const as x86

from app.emu.cpu import boot
from app.emu.cpu.exits import Exit, Why
from app.emu.cpu.frame import FRAME_SIZE, write_frame
from app.emu.cpu.offsets import discover
from app.emu.memory import layout
from app.emu.memory.memory import Memory
from app.emu.registers import Registers, Segment

_DEBUG_TRAP: Final = 1
_INVALID_OPCODE: Final = 6
_PAGE_FAULT: Final = 14
_NULL_RIGHTS: Final = 0x6000
"""DPL 3, not present: what a null segment register carries so that IRETD leaves its base alone."""

PortIn = Callable[[int, int], int]
PortOut = Callable[[int, int, int], None]


class UnicornCpu:
    """One engine over one `Memory`."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.port_in: PortIn = lambda _port, size: (1 << 8 * size) - 1
        self.port_out: PortOut = lambda _port, _size, _value: None
        self._hit: Exit | None = None
        self._breakpoints: dict[int, int] = {}
        self._resume_at = -1
        self._uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_32)
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory.buffer))
        self._uc.mem_map_ptr(0, memory.size, unicorn.UC_PROT_ALL, address)
        self._boot()

    def _boot(self) -> None:
        boot.write_tables(self.memory)
        iretd = boot.write_iretd(self.memory)
        start, end = boot.boot_code(self.memory)
        self._uc.reg_write(x86.UC_X86_REG_ESP, layout.RING0_STACK_TOP)
        self._uc.emu_start(start, end)
        boot.erase_boot_code(self.memory)
        self._uc.hook_add(unicorn.UC_HOOK_INTR, self._on_interrupt)
        self._clean = self._uc.context_save()
        self._scratch = self._uc.context_save()
        self._at_exit = self._uc.context_save()
        clean = bytes(self._clean)
        at, engine = discover(self._uc, self._probe, layout.BOOT + 0x100), self._uc._uch.value  # noqa: SLF001
        self.memory.write(layout.BOOT + 0x100, bytes(0x80))
        self._counter = ctypes.c_uint64.from_address(engine + at.counter)
        self._count = ctypes.c_uint64.from_address(engine + at.count)
        self._entry_context = self._uc.context_save()
        self._entry = self._blob(self._entry_context)
        self._entry[:] = clean
        self._exit = self._blob(self._at_exit)
        self._hook_state = self._blob(self._scratch)
        self._iretd, self._at = iretd, at
        self._flags = ctypes.c_uint64()
        self._uc.ctl_flush_tb()
        self._uc.hook_add(unicorn.UC_HOOK_INSN_INVALID, self._on_invalid)
        self._uc.hook_add(unicorn.UC_HOOK_INSN, self._on_in, None, 1, 0, x86.UC_X86_INS_IN)
        self._uc.hook_add(unicorn.UC_HOOK_INSN, self._on_out, None, 1, 0, x86.UC_X86_INS_OUT)
        self._uc.hook_add(unicorn.UC_HOOK_EDGE_GENERATED, self._on_translated)

    def _probe(self, code: bytes, count: int) -> bytes:
        """Run a few bytes at ring 0, for `discover`."""
        where = layout.BOOT + 0x100
        self._uc.context_restore(self._clean)
        self.memory.write(where, code)
        self._uc.ctl_flush_tb()
        self._uc.emu_start(where, where + 0x80, 0, count)
        return bytes(self._scratch)

    def _blob(self, context: unicorn.UcContext) -> memoryview:
        """The bytes of a context, writable."""
        holder = (ctypes.c_char * context.size).from_address(context.context.value)
        return memoryview(holder).cast("B")

    # Running

    def run(self, regs: Registers, ring0_esp: int, instructions: int) -> Exit:
        """Run at most so many guest instructions from `regs` and leave the result in `regs`.

        ring0_esp: linear address of the top of the ring-0 stack for this context (TSS.ESP0): the frame goes below it.
        """
        memory = self.memory
        self._forget_overwritten()
        frame = ring0_esp - FRAME_SIZE
        physical = memory.host_physical(frame)
        write_frame(memory.buffer, physical, regs, 0)
        self._load(regs, frame)
        self._hit = None
        self._resume_at = regs.code_linear
        self._uc.context_restore(self._entry_context)
        self._uc.emu_start(self._iretd, 0xFFFFFFFFFFFFFFFF, 0, instructions + 1)
        counted = self._counter.value
        self._uc.context_update(self._at_exit)
        self._store(regs)
        result = self._result(counted, instructions)
        if result.why is Why.INTERRUPT and result.vector == _INVALID_OPCODE:
            regs.eip += 2
        write_frame(memory.buffer, physical, regs, result.error_code)
        return result

    def _result(self, counted: int, instructions: int) -> Exit:
        """The reason the engine stopped, with the exact number of instructions completed."""
        hit = self._hit
        if hit is None:
            return Exit(Why.BUDGET, min(counted - 1, instructions, self._count.value - 1))
        # The IRETD counts; so does the instruction that caused the exit, which only an INT and a TF trap completed.
        completed = hit.why is Why.INTERRUPT or (hit.why is Why.FAULT and hit.vector == _DEBUG_TRAP)
        executed = counted - 1 if completed else counted - 2
        return Exit(hit.why, executed, hit.vector, hit.error_code, hit.cr2)

    def _load(self, regs: Registers, frame: int) -> None:
        """Fill the entry context: general registers, data segments with their hidden parts, FPU from the last run."""
        at, blob = self._at, self._entry
        struct.pack_into(
            "<8Q", blob, at.general, regs.eax, regs.ecx, regs.edx, regs.ebx, frame + 0x24, regs.ebp, regs.esi, regs.edi
        )
        if not regs.is_v86:
            size = at.segment_size
            for index, segment in ((0, regs.es), (3, regs.ds), (4, regs.fs), (5, regs.gs)):
                self._load_segment(at.segments + index * size, segment)
        blob[at.fpu : at.fpu_end] = self._exit[at.fpu : at.fpu_end]

    def _load_segment(self, offset: int, segment: Segment) -> None:
        if segment.is_null:
            values = (segment.selector, 0, segment.base, 0, _NULL_RIGHTS)
        else:
            rights = segment.access << 8 | segment.flags << 20
            values = (segment.selector, 0, segment.base, segment.limit, rights)
        struct.pack_into("<IIQII", self._entry, offset, *values)

    def _store(self, regs: Registers) -> None:
        at, blob = self._at, self._exit
        eax, ecx, edx, ebx, esp, ebp, esi, edi = struct.unpack_from("<8Q", blob, at.general)
        regs.eax, regs.ecx, regs.edx, regs.ebx = eax & _MASK, ecx & _MASK, edx & _MASK, ebx & _MASK
        regs.esp, regs.ebp, regs.esi, regs.edi = esp & _MASK, ebp & _MASK, esi & _MASK, edi & _MASK
        regs.eip = int(struct.unpack_from("<Q", blob, at.eip)[0]) & _MASK
        regs.eflags = int(self._uc.reg_read(x86.UC_X86_REG_EFLAGS))
        size, base = at.segment_size, at.segments
        regs.es = self._segment(regs.es, base)
        regs.cs = self._segment(regs.cs, base + size)
        regs.ss = self._segment(regs.ss, base + 2 * size)
        regs.ds = self._segment(regs.ds, base + 3 * size)
        regs.fs = self._segment(regs.fs, base + 4 * size)
        regs.gs = self._segment(regs.gs, base + 5 * size)

    def _segment(self, old: Segment, offset: int) -> Segment:
        """The segment register at an offset of the exit context; `old` itself when nothing changed."""
        selector, _, base, limit, rights = struct.unpack_from("<IIQII", self._exit, offset)
        if rights & 0xFF00 == _NULL_RIGHTS:
            rights = 0
        access, flags = rights >> 8 & 0xFF, rights >> 20 & 0xF
        if (
            selector == old.selector
            and base == old.base
            and limit == old.limit
            and access == old.access
            and flags == old.flags
        ):
            return old
        return Segment(selector, base & _MASK, limit, access, flags)

    @property
    def executed(self) -> int:
        """Instructions completed since the entry, for hooks that run inside one (port reads)."""
        return max(self._counter.value - 2, 0)

    def cut_short(self) -> None:
        """From inside a hook: stop before the next instruction, exactly."""
        self._count.value = self._counter.value

    # What the engine tells us

    def _on_interrupt(self, uc: unicorn.Uc, vector: int, _data: object) -> None:
        uc.context_update(self._scratch)
        if not hasattr(self, "_at"):
            uc.emu_stop()
            return
        error_code, is_int = struct.unpack_from("<II", self._hook_state, self._at.error_code)
        if is_int:
            self._hit = Exit(Why.INTERRUPT, 0, vector)
        else:
            cr2 = int(uc.reg_read(x86.UC_X86_REG_CR2)) & _MASK if vector == _PAGE_FAULT else 0
            self._hit = Exit(Why.FAULT, 0, vector, error_code, cr2)
        uc.emu_stop()

    def _on_invalid(self, uc: unicorn.Uc, _data: object) -> bool:
        """An invalid opcode, or INT 6, which Unicorn reports here too and leaves EIP at."""
        uc.context_update(self._scratch)
        is_int = struct.unpack_from("<I", self._hook_state, self._at.error_code + 4)[0]
        self._hit = Exit(Why.INTERRUPT if is_int else Why.FAULT, 0, _INVALID_OPCODE)
        uc.emu_stop()
        return True

    def _on_in(self, _uc: unicorn.Uc, port: int, size: int, _data: object) -> int:
        return self.port_in(port, size)

    def _on_out(self, _uc: unicorn.Uc, port: int, size: int, value: int, _data: object) -> None:
        self.port_out(port, size, value)
        self.cut_short()

    def _on_translated(self, _uc: unicorn.Uc, block: Any, _previous: Any, _data: object) -> None:
        self.memory.code_pages.update(range(block.pc >> 12, (block.pc + block.size + 0xFFF) >> 12))

    # Translations and breakpoints

    def _forget_overwritten(self) -> None:
        """Drop translations of code the host has changed, and address translations when page tables changed."""
        if self.memory.tables_changed:
            self._uc.ctl(unicorn.UC_CTL_TLB_FLUSH, unicorn.UC_CTL_IO_WRITE)
            self.memory.tables_changed = False
        for linear, size in self.memory.take_stale():
            self._uc.ctl_remove_cache(linear, linear + size)

    def forget_everything(self) -> None:
        """Drop all translations: memory was replaced as a whole."""
        self._uc.ctl_flush_tb()
        self.memory.code_pages.clear()
        self.memory.tables_changed = True

    def set_breakpoints(self, addresses: frozenset[int]) -> None:
        """Stop before the instruction at any of these linear addresses (not at the one a run starts from)."""
        for address in self._breakpoints.keys() - addresses:
            self._uc.hook_del(self._breakpoints.pop(address))
            self._uc.ctl_remove_cache(address, address + 1)
        for address in addresses - self._breakpoints.keys():
            self._breakpoints[address] = self._uc.hook_add(
                unicorn.UC_HOOK_CODE, self._on_breakpoint, None, address, address
            )
            self._uc.ctl_remove_cache(address, address + 1)

    def _on_breakpoint(self, uc: unicorn.Uc, address: int, _size: int, _data: object) -> None:
        if address == self._resume_at and self._counter.value == 2:  # noqa: PLR2004 - IRETD and this one
            return
        self._hit = Exit(Why.BREAKPOINT, 0)
        uc.emu_stop()

    def set_ldt(self, client_index: int) -> None:
        """LLDT: make the LDT of the client at this index the current one, in the GDT and in the hidden part of LDTR."""
        descriptor = boot.ldt_descriptor(client_index)
        self.memory.write(layout.GDT + layout.LDT_SELECTOR, descriptor.encode())
        offset = self._at.segments + 6 * self._at.segment_size
        values = (layout.LDT_SELECTOR, 0, descriptor.base, descriptor.limit, descriptor.access << 8)
        struct.pack_into("<IIQII", self._entry, offset, *values)

    # Checkpoints

    def save(self) -> bytes:
        """What the processor holds beside `Registers`: the FPU."""
        return bytes(self._exit[self._at.fpu : self._at.fpu_end])

    def restore(self, saved: bytes) -> None:
        """Go back to a saved state; memory must have been restored before."""
        self._exit[self._at.fpu : self._at.fpu_end] = saved
        self.forget_everything()


_MASK: Final = 0xFFFFFFFF

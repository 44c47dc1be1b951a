"""The host's own state and the few moves everything else in `host/` is made of.

Control leaves a context only through `Host.leave` (which keeps it as a nesting level, with its frame on the ring-0
stack) and comes back through `Host.resume`. A level is data, so any number of them can be saved and restored.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from app.emu import events
from app.emu.address import Far
from app.emu.cpu.frame import FRAME, FRAME_SIZE, write_frame
from app.emu.descriptor import ACCESSED, Descriptor, sized
from app.emu.events import Door, Stack
from app.emu.host.arena import Arena
from app.emu.host.client import COPROCESSOR_ENABLED, Call, Client, PendingSerialization
from app.emu.host.faults import GuestFault
from app.emu.host.memory_blocks import MemoryBlocks
from app.emu.host.pager import Pager
from app.emu.host.profile import Profile
from app.emu.host.provider import Provider, Told
from app.emu.host.shared_memory import SharedMemory
from app.emu.host.tables import Owner
from app.emu.memory import layout
from app.emu.registers import SEGMENTS, Flag, Mode, Registers, Segment
from app.emu.watchpoint import NO_WATCHPOINTS, Watchpoint

if TYPE_CHECKING:
    from app.emu.machine import Machine
    from app.emu.services import Service

LDT_ALIAS: Final = "host: LDT alias (MS-DOS API)"
_L = TypeVar("_L", bound="Level")
NOWHERE: Final = Far(0, 0)
_CODE_OF_RING3: Final = 0xF8
"""Bits of an access byte: present, DPL 3, segment, code."""
RING0_RESERVE: Final = 8 * FRAME_SIZE
"""Bytes of the ring-0 stack kept free for ending a client that has used the rest."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A block of stack somebody pushed as one thing: linear extent (high exclusive), words for the panes."""

    stack: Stack
    low: int
    high: int
    label: str
    pushed_by: str
    level: int
    fields: tuple[str, ...]
    """Meaning of each word from `low` upwards."""
    word: int
    """Bytes of one word."""


class Standing(NamedTuple):
    """Where the guest stands: mode, live stack and its SS:(E)SP."""

    mode: Mode
    stack: Stack
    pointer: Far


class Sequel(Protocol):
    """Work that waits for a context to be resumed; part of the state, so a plain value with a method."""

    def finish(self, host: Host, level: Level) -> None:
        """The level's client runs again: do the rest."""


@dataclass(slots=True, eq=False)
class Level:
    """A context that was left and will be resumed. frame: linear address of its frame on the ring-0 stack."""

    door: Door
    left: Client | None
    """Whose context was left: it is current again when the level is resumed. None: there was no client."""
    owner: Client | None
    """Whom the event is for: `left`, or the owner of a callback, or the primary client."""
    saved: Registers
    frame: int
    real_pointer: Far
    """The host's real-mode stack pointer at that moment."""
    pm_pointers: tuple[tuple[int, int], tuple[int, int]]
    """The protected-mode stack pointers of `left` and of `client` at that moment."""
    psp: int
    """The program that DOS ran at that moment."""
    on_locked: bool = False
    """This level counts on the locked stack."""
    stack_offset: int = 0
    """(E)SP before the host pushed the frame of this event."""
    vector: int = -1
    """Interrupt or exception number, or the callback's slot."""
    function: int = 0
    """INT 31h function for the translation services."""
    structure: int = 0
    """Linear address of the real mode call structure in use."""
    structure_far: Far = NOWHERE
    target: Far = NOWHERE
    words: int = 0
    is_hardware: bool = False
    """A reflected interrupt request: registers do not pass back."""
    on_return: Sequel | None = None
    """What is left to do when a reflected interrupt or a resident provider is back."""
    answer: Registers | None = None
    """The registers a reflected interrupt's handler came back with."""
    told: Told | None = None
    """The resident provider that was called, and for which client."""
    cr2: int = 0
    """Linear address of a page fault."""

    @property
    def client(self) -> Client:
        """Whom the event is for, in levels that only clients have."""
        if self.owner is None:
            raise RuntimeError("there is no client")
        return self.owner


@dataclass(slots=True, eq=False)
class Host:
    """The DPMI host of one virtual machine."""

    machine: Machine
    arena: Arena
    shared: SharedMemory
    pager: Pager
    clients: list[Client] = field(default_factory=list)
    """Alive: first those that stay resident, then, in order of entry, those whose programs still run."""
    client: Client | None = None
    """The current client: its code runs, or ran last; its LDT is in use."""
    levels: list[Level] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    real_pointer: Far = NOWHERE
    """SS:SP the host uses when it next enters real mode (rules R1 and R2 of the reference)."""
    entered: int = 0
    """Clients that ever entered: the number of the last one."""
    providers: list[Provider] = field(default_factory=list)
    """Resident service providers, in order of installation."""
    installed: int = 0
    """Providers that were ever installed: the number of the last one."""
    kept_slots: set[int] = field(default_factory=set)
    """Callbacks of clients that have ended and that nobody gets any more, under hosts that forget to free them."""
    last_called: Far | None = None
    """Target of the last 0301h."""

    # Who and where

    @property
    def profile(self) -> Profile:
        """Which host is played: what differs between hosts is asked of it."""
        return self.machine.options.profile

    @property
    def current(self) -> Client:
        """The current client, for code that runs only when there is one."""
        if self.client is None:
            raise RuntimeError("there is no client")
        return self.client

    @property
    def primary(self) -> Client | None:
        """The client that entered last: it gets hardware interrupts and the exceptions of real mode (DPMI 1.0)."""
        return self.clients[-1] if self.clients else None

    def run_as(self, client: Client | None) -> None:
        """Make a client the current one: its LDT is in use from now on."""
        if client is not self.client:
            self.client = client
            if client is not None:
                self.machine.use_ldt(client.ldt.place)

    @property
    def has_coprocessor(self) -> bool:
        """Protected-mode code may use the coprocessor now."""
        client = self.client
        return client is None or client.coprocessor == COPROCESSOR_ENABLED

    @property
    def ring0_esp(self) -> int:
        """Linear address the next ring-0 frame ends at (TSS.ESP0); a driver that runs has pushed things of its own."""
        regs = self.machine.regs
        if regs.mode is Mode.RING0:
            return regs.esp
        return self.levels[-1].frame if self.levels else layout.RING0_STACK_TOP

    @property
    def live_stack(self) -> Stack:
        """The stack the guest pushes on now. On the way from V86 mode CS says nothing about rings yet, SS does."""
        regs = self.machine.regs
        if regs.is_v86:
            return Stack.REAL
        if regs.mode is Mode.RING0 and not regs.ss.selector & 3:
            return Stack.RING0
        client = self.client
        return Stack.LOCKED if client is not None and client.locked_depth else Stack.APPLICATION

    # Memory

    @property
    def holders(self) -> list[MemoryBlocks]:
        """Everybody's memory: that of the clients alive, and what resident providers have kept."""
        kept = [provider.blocks for provider in self.providers if provider.blocks is not None]
        return [*(client.blocks for client in self.clients), *kept]

    @property
    def locked_pages(self) -> set[int]:
        """Linear page numbers anybody has locked."""
        return {page for blocks in self.holders for page in blocks.locks}

    # Debug watchpoints

    @property
    def watchpoints(self) -> tuple[Watchpoint, ...]:
        """What the debug registers hold now: the current client's watchpoints, whatever mode it runs in."""
        client = self.client
        return client.watchpoints if client is not None else NO_WATCHPOINTS

    def note_watchpoints(self, hit: int) -> None:
        """Watchpoints were triggered: a bit for each handle."""
        for point in self.watchpoints:
            if hit >> point.handle & 1:
                self.current.triggered.add(point.handle)
                regs = self.machine.regs
                self.machine.emit(
                    events.WatchpointHit,
                    handle=point.handle,
                    linear=point.linear,
                    access=point.kind.name.lower(),
                    at=far(regs, regs.cs, regs.eip),
                )

    # Services that wait

    def place_of_call(self) -> Call:
        """Where the running service was called."""
        regs = self.machine.regs
        return Call(len(self.levels), regs.cs.selector, regs.eip)

    def is_waiting_here(self) -> bool:
        """Was the running service called before, and had to wait?"""
        here = self.place_of_call()
        return any(each.call == here for each in self.current.pending)

    def take_pending(self, client: Client) -> PendingSerialization | None:
        """What the running service has waited for, if it was called before. Requests the guest gave up are dropped."""
        here = self.place_of_call()
        found = next((each for each in client.pending if each.call == here), None)
        client.pending = [each for each in client.pending if each.call.levels < here.levels]
        return found

    # Segment registers

    def descriptor(self, selector: int) -> Descriptor | None:
        """The descriptor a selector means now: current LDT or GDT; None beyond the tables."""
        index = selector >> 3
        if selector & 4:
            client = self.client
            return client.ldt.read(index) if client is not None else None
        if index * 8 >= layout.GDT_SIZE:
            return None
        memory = self.machine.memory
        return Descriptor.decode_at(memory.buffer, memory.host_physical(layout.GDT) + index * 8)

    def segment(self, selector: int) -> Segment:
        """A segment register loaded with a selector by the host; null (with its guard base) when it is not usable."""
        found = self.descriptor(selector) if selector & 0xFFFC else None
        if found is None or not found.is_present or not found.is_segment:
            return null_segment(selector if selector < 4 else 0)
        return found.segment(selector)

    def load(self, selector: int) -> Segment:
        """`segment` for a register the client will run with: as the processor does, mark the descriptor accessed."""
        loaded = self.segment(selector)
        if loaded.is_null or loaded.access & ACCESSED:
            return loaded
        if selector & 4:
            self.current.ldt.mark_accessed(selector >> 3)
        return loaded._replace(access=loaded.access | ACCESSED)

    def load_code(self, selector: int) -> Segment:
        """`load` for CS. What is no code of ring 3 is null and keeps its selector: the first instruction faults.

        Clients give the host selectors of their handlers and returns; none of them leads to another ring.
        """
        loaded = self.load(selector)
        is_code = loaded.access & _CODE_OF_RING3 == _CODE_OF_RING3
        return loaded if is_code and selector & 3 == 3 else null_segment(selector | 3)

    def _load_into(self, regs: Registers, name: str, selector: int) -> None:
        """Load a segment register of a client's context, in the context's mode."""
        load = Segment.real if regs.is_v86 else self.load_code if name == "cs" else self.load
        setattr(regs, name, load(selector))

    def reload(self, selector: int) -> None:
        """A descriptor changed: segment registers that hold it take the new one at once (DPMI 1.0).

        Where the host does not see to that, the return to the client still does, for CS and SS.
        """
        for regs in self._contexts():
            for name in SEGMENTS if self._follows(regs) else ("cs", "ss"):
                if getattr(regs, name).selector & ~3 == selector & ~3 and selector & 0xFFFC:
                    self._load_into(regs, name, getattr(regs, name).selector)

    def drop(self, selector: int) -> None:
        """A descriptor was freed: data segment registers that hold it become null (DPMI 1.0)."""
        for regs in self._contexts():
            for name in ("ds", "es", "fs", "gs") if self._follows(regs) else ():
                if getattr(regs, name).selector & ~3 == selector & ~3:
                    setattr(regs, name, null_segment())

    def _follows(self, regs: Registers) -> bool:
        """Do all segment registers of a context follow their descriptors? Those that were left are loaded anew."""
        return self.profile.follows_segments or regs is not self.machine.regs

    def _contexts(self) -> Iterator[Registers]:
        """The registers that hold selectors of the current client: the running ones, and those of contexts it left.

        A host loads those anew when it goes back, and so finds what has become of the descriptors meanwhile.
        """
        yield self.machine.regs
        yield from (level.saved for level in self.levels if level.left is self.client and not level.saved.is_v86)

    # Pointers of the client

    def linear(self, selector: int, offset: int, size: int, *, write: bool = False) -> int:
        """Linear address of a client's pointer, checked as the processor would. Raises `GuestFault`."""
        segment = self.segment(selector)
        check_access(segment, offset, size, write=write)
        return self._present(segment.base + offset & 0xFFFFFFFF, size, write=write)

    def _present(self, linear: int, size: int, *, write: bool) -> int:
        while (fault := self.machine.memory.touch(linear, size, write=write)) is not None:
            if not self.pager.serve(self, fault.linear):
                raise GuestFault(14, error_code=fault.error_code, cr2=fault.linear)
        return linear

    def read_pointer(self, selector: int, offset: int, size: int) -> bytes:
        """Bytes at a client's pointer. Raises `GuestFault`."""
        return self.machine.memory.read(self.linear(selector, offset, size), size)

    def write_pointer(self, selector: int, offset: int, data: bytes) -> None:
        """Write at a client's pointer. Raises `GuestFault`."""
        self.machine.memory.write(self.linear(selector, offset, len(data), write=True), data)

    # Pushing

    def push(self, values: tuple[int, ...], label: str, pushed_by: str, fields: tuple[str, ...], word: int) -> None:
        """Push a block on the live stack; values and fields from the lowest address upwards, `word` bytes each.

        Raises `GuestFault` #SS when it does not fit, or a page fault.
        """
        regs = self.machine.regs
        size = len(values) * word
        wrap = 0xFFFFFFFF if regs.ss.is_big else 0xFFFF
        offset = regs.stack_offset - size & wrap
        if not regs.is_v86:
            try:
                check_access(regs.ss, offset, size, write=True)
            except GuestFault as fault:
                raise GuestFault(12 if fault.vector == 13 else fault.vector, fault.error_code) from None
        linear = self._present(regs.ss.base + offset & 0xFFFFFFFF, size, write=True)
        mask = (1 << 8 * word) - 1
        data = struct.pack(f"<{len(values)}{'I' if word == 4 else 'H'}", *(value & mask for value in values))
        self.machine.memory.write(linear, data)
        regs.set_stack_offset(offset)
        self.mark(Mark(self.live_stack, linear, linear + size, label, pushed_by, len(self.levels), fields, word))

    def mark_far_call(self, caller: Far) -> None:
        """Real-mode code has far-called the host: its return address on top of the stack is a block of its own.

        Unless the host already knows better: an INT through the table pushed a whole interrupt frame.
        """
        low = self.machine.regs.stack_linear
        if not any(mark.stack is Stack.REAL and mark.low <= low < mark.high for mark in self.marks):
            fields = (f"return IP ({caller})", "return CS")
            self.mark(Mark(Stack.REAL, low, low + 4, "far call", "program", len(self.levels), fields, 2))

    def mark(self, mark: Mark) -> None:
        """Remember who pushed a block; older blocks on the same stack that lie below its top are gone by now."""
        base = mark.high - 0x10000
        self.marks = [old for old in self.marks if old.stack is not mark.stack or not base <= old.low < mark.high]
        self.marks.append(mark)

    # Leaving and resuming contexts

    def leave(self, door: Door, client: Client | None = None) -> Level:
        """Keep the running context as a new level and return it; the caller then sets the registers to go on with.

        client: whom the event is for, when that is not the current client; it is the current one afterwards.
        """
        return self.keep(Level, door, client or self.current)

    def keep(self, kind: type[_L], door: Door, client: Client | None, size: int = FRAME_SIZE) -> _L:
        """`leave` with a level of a certain kind, and a frame of so many bytes, of which the first are `FRAME`."""
        machine, left = self.machine, self.client
        frame = self.ring0_esp - size
        if frame < layout.RING0_STACK + RING0_RESERVE:
            raise HostStackFull
        regs = machine.regs
        machine.memory.note_use(frame, FRAME_SIZE, write=True)
        write_frame(machine.memory.buffer, machine.memory.host_physical(frame), regs, 0)
        pointers = tuple((0, 0) if each is None else each.pm_pointer for each in (left, client))
        psp = machine.state.dos.current_psp
        level = kind(door, left, client, regs.copy(), frame, self.real_pointer, (pointers[0], pointers[1]), psp)
        self.levels.append(level)
        if regs.is_v86:
            self.real_pointer = Far(regs.ss.selector, regs.esp & 0xFFFF)
        elif left is not None and regs.mode is not Mode.RING0:
            left.pm_pointer = (regs.ss.selector, regs.stack_offset)
        machine.set_ring0_stack(frame)
        self.run_as(client)
        return level

    def resume(self, level: Level, door: Door) -> None:
        """Go back to a level's context as its frame says now, and say so; everything above it is dropped."""
        before = self.standing()
        self.resume_silently(level)
        self.switched(before, door)

    def resume_silently(self, level: Level) -> None:
        """`resume` for callers that change the context further before they announce the switch."""
        while self.levels[-1] is not level:
            self.unwind()
        self.levels.pop()
        regs = self.machine.regs
        self.run_as(level.left)
        saved = self.registers_of(level)
        self._unwind(level)
        regs.assign(saved)
        self.machine.set_ring0_stack(self.ring0_esp)
        self.machine.attention = True

    def unwind(self) -> None:
        """Drop the innermost level without going back to it: its client ends, or the guest skipped it."""
        self._unwind(self.levels.pop())

    def return_far(self) -> None:
        """RETF in a client to whoever far-called a host routine in protected mode."""
        regs, word = self.machine.regs, self.current.word
        data = self.read_pointer(regs.ss.selector, regs.stack_offset, 2 * word)
        regs.set_stack_offset(regs.stack_offset + 2 * word)
        regs.eip = int.from_bytes(data[:word], "little")
        regs.cs = self.load_code(int.from_bytes(data[word : word + 2], "little"))

    def ldt_alias(self, client: Client) -> int:
        """A selector for a read/write alias of the client's LDT (vendor API `MS-DOS`)."""
        for index, entry in client.ldt.entries.items():
            if entry.label == LDT_ALIAS:
                return client.ldt.selector(index)
        index = client.ldt.allocate(1, Owner.HOST, LDT_ALIAS)
        self.machine.memory.share_with_user(client.ldt.linear, layout.LDT_SIZE)
        client.ldt.write(index, sized(client.ldt.linear, layout.LDT_SIZE - 1, 0xF3))
        return client.ldt.selector(index)

    def _unwind(self, level: Level) -> None:
        self.real_pointer = level.real_pointer
        for each, pointer in zip((level.left, level.owner), level.pm_pointers, strict=True):
            if each is not None:
                each.pm_pointer = pointer
        if level.on_locked:
            level.client.locked_depth -= 1
        if level.door is Door.CALLBACK and level.vector in level.client.callbacks:
            level.client.callbacks[level.vector].depth -= 1

    def registers_of(self, level: Level) -> Registers:
        """A level's registers, read back from the ring-0 stack; hidden parts from when it was left."""
        memory = self.machine.memory
        memory.note_use(level.frame, FRAME_SIZE, write=False)
        values = FRAME.unpack_from(memory.buffer, memory.host_physical(level.frame))
        edi, esi, ebp, _, ebx, edx, ecx, eax, _, eip, cs, eflags, esp, ss, es, ds, fs, gs = values
        saved = level.saved.copy()
        saved.edi, saved.esi, saved.ebp, saved.ebx = edi, esi, ebp, ebx
        saved.edx, saved.ecx, saved.eax, saved.eip, saved.eflags, saved.esp = edx, ecx, eax, eip, eflags, esp
        for name, dword in (("cs", cs), ("ss", ss), ("es", es), ("ds", ds), ("fs", fs), ("gs", gs)):
            selector = dword & 0xFFFF
            if getattr(saved, name).selector != selector:
                self._load_into(saved, name, selector)
        return saved

    def innermost(self, *doors: Door) -> Level | None:
        """The most recent level entered through one of these doors."""
        return next((level for level in reversed(self.levels) if level.door in doors), None)

    # The locked protected-mode stack (rules L1 to L8 of the reference)

    def enter_locked(self, level: Level, *, is_last: bool = False) -> None:
        """Put SS:(E)SP on the locked stack for an event of the level's client.

        The first event switches to its top; a nested one goes on where protected mode was left. is_last: the client
        ends, nothing of what lies on the stack is needed any more.
        """
        client, regs = level.client, self.machine.regs
        elsewhere = level.saved.is_v86 or level.left is not client
        locked = self.load(client.locked_selector)
        if client.locked_depth == 0:
            regs.ss = locked
            top = layout.LOCKED_STACK_SIZE
            if not elsewhere and not is_last and level.saved.ss.selector == client.locked_selector:
                top = level.saved.stack_offset
            regs.esp = top
        elif elsewhere:
            selector, offset = client.pm_pointer
            regs.ss, regs.esp = self.load(selector), offset
        client.locked_depth += 1
        level.on_locked = True

    # Telling

    def standing(self) -> Standing:
        """Where the guest stands, for `switched` to compare with: take it before registers are changed."""
        regs = self.machine.regs
        return Standing(regs.mode, self.live_stack, far(regs, regs.ss, regs.stack_offset))

    def switched(self, before: Standing, door: Door) -> None:
        """Announce what changed between then and now: mode, live stack."""
        now, machine = self.standing(), self.machine
        if before.mode is not now.mode:
            regs = machine.regs
            at = far(regs, regs.cs, regs.eip)
            machine.emit(events.ModeSwitched, from_=before.mode, to=now.mode, door=door, at=at, stack=now.pointer)
        if before.stack is not now.stack:
            client = self.client
            machine.emit(
                events.StackSwitched,
                from_=before.stack,
                to=now.stack,
                door=door,
                saved=before.pointer,
                entered=now.pointer,
                depth=client.locked_depth if client is not None else 0,
            )

    def service_done(self, row: Service, carry: bool, error: int | None, registers: dict[str, int | str]) -> None:
        """Announce the end of a service."""
        self.machine.emit(
            events.ServiceReturned,
            interrupt=row.interrupt,
            function=row.number,
            carry=carry,
            error=error,
            registers=registers,
        )


class HostStackFull(Exception):
    """The ring-0 stack has no room for another nesting level."""


def null_segment(selector: int = 0) -> Segment:
    """A segment register the host leaves null: based where nothing is mapped, so that any use faults."""
    return Segment(selector, layout.NULL_BASE, 0, 0, 0)


def far(regs: Registers, segment: Segment, offset: int) -> Far:
    """An address in one of a context's segments, wide where offsets are 32-bit."""
    return Far(segment.selector, offset, not regs.eflags & Flag.VM and (segment.is_big or offset > 0xFFFF))


def check_access(segment: Segment, offset: int, size: int, *, write: bool) -> None:
    """The processor's checks of a data access: null, type, limit. Raises `GuestFault` #GP(0)."""
    data_code = segment.access & 0x08
    if segment.is_null or (write and (data_code or not segment.access & 2)) or (data_code and not segment.access & 2):
        raise GuestFault(13)
    last = offset + max(size, 1) - 1
    if segment.access & 0x0C == 0x04:
        top = 0xFFFFFFFF if segment.is_big else 0xFFFF
        if offset <= segment.limit or last > top:
            raise GuestFault(13)
    elif last > segment.limit:
        raise GuestFault(13)

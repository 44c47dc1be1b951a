"""The machine: run, trap, serve, resume.

Everything that changes while a program runs is in guest memory, in the processor's FPU, or in `MachineState`. `save`
takes these three and nothing else, so a component cannot be forgotten: what it keeps in attributes is state, because
the whole tree is pickled; what cannot be pickled cannot be kept.

Time is the instruction count (`tick`). Devices follow `clock`, which also counts time skipped while the guest waits.
An interrupt is delivered only at points that are the same in every run of the program, however it is sliced: when a
device's appointment is reached, after an exit to the host, and where the processor lets a waiting request in.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from app.emu import events
from app.emu.address import Far
from app.emu.bios.bios import Bios
from app.emu.cpu.exits import Exit, Why
from app.emu.cpu.frame import FRAME_SIZE, write_frame
from app.emu.cpu.unicorn_cpu import UnicornCpu
from app.emu.cpu.watchpoints import DEBUG
from app.emu.depths import Depths
from app.emu.descriptor import ACCESSED
from app.emu.devices.clock import RATE
from app.emu.devices.device import NEVER
from app.emu.devices.devices import Devices
from app.emu.dos.blocks import Block
from app.emu.dos.dos import Dos
from app.emu.dos.failures import DosFailed
from app.emu.dos.host_folder import HostFolder
from app.emu.dos.mount import Mount
from app.emu.drivers.mouse import MouseDriver
from app.emu.drivers.xms import XmsDriver
from app.emu.event_log import EventLog, SavedLog
from app.emu.host import mouse_api, traps
from app.emu.host.arena import Arena
from app.emu.host.callbacks import SLOTS
from app.emu.host.dpmi import STACK_FULL, DpmiHost
from app.emu.host.exceptions import COPROCESSOR_ERROR, WITHIN_HOST, describe
from app.emu.host.faults import GuestFault
from app.emu.host.host import HostStackFull, far
from app.emu.host.pager import Pager
from app.emu.host.profile import Profile
from app.emu.host.profiles import SPEC
from app.emu.host.shared_memory import SharedMemory
from app.emu.host.termination import ENDED_BY_HOST
from app.emu.machine_errors import LoadError, NotYet
from app.emu.memory import layout
from app.emu.memory.memory import Memory, MemoryImage, PageNotPresent
from app.emu.paging_policy import OFF, PagingOption
from app.emu.probes import LoadProbe, MemoryProbe, Probe, RegisterProbe
from app.emu.registers import ALWAYS_SET, SEGMENTS, Flag, Mode, Registers, Segment
from app.emu.rom import After, RealTrap, Rom
from app.emu.vmm.breaks import BREAK
from app.emu.vmm.manager import Manager
from app.emu.vmm.ports import Access
from app.emu.watchpoint import SINGLE_STEP, WatchType

_HLT: Final = 0xF4
_IRET: Final = 0xCF
_INT3: Final = 0xCC
_INTO: Final = 0xCE
_INT1: Final = 0xF1
_INT_SIZE: Final = 2
_INVALID_OPCODE: Final = 6
_PAGE_FAULT: Final = 14
_E = TypeVar("_E", bound=events.Event)

__all__ = ["RATE", "Checkpoint", "Console", "End", "Machine", "MachineOptions", "MachineState"]


class Console(Protocol):
    """Where the guest's output goes. No part of the state; what comes from outside is given to the machine."""

    def write(self, handle: int, data: bytes) -> None:
        """Take what the guest writes to standard output (1) or standard error (2)."""


@dataclass(frozen=True, slots=True)
class MachineOptions:
    """What a machine is built with. memory in MiB; write_through lets guest writes reach the mounted folder."""

    memory: int = 32
    write_through: bool = False
    limit_checks: bool = True
    paging: PagingOption = OFF
    profile: Profile = SPEC
    """Which DPMI host is played."""


@dataclass(frozen=True, slots=True)
class End:
    """How the run ended. how: exit, resident, terminated (by the host), failed (the next program cannot be loaded)."""

    code: int
    how: str
    message: str


@dataclass(slots=True)
class MachineState:
    """All state outside guest memory and FPU."""

    regs: Registers
    devices: Devices
    bios: Bios
    dos: Dos
    mouse: MouseDriver
    xms: XmsDriver
    host: DpmiHost
    vmm: Manager
    tick: int = 0
    idle: int = 0
    """Clocks skipped while the guest waited."""
    turn: int = 0
    """Changes of context so far: exits served, interrupts delivered, waits. With `tick` it names every stop exactly."""
    attention: bool = False
    """Look for interrupt requests before the next instruction."""
    waiting: bool = False
    """A service waits for input, or for serialization on shared memory."""
    end: End | None = None
    depths: Depths = field(default_factory=Depths)
    host_message: str = ""
    """Why the host ended a program, and that program's PSP: the run ends so only when it was the first program."""
    host_ended: int = 0


class Place(NamedTuple):
    """A point between two slices: instructions executed and changes of context so far."""

    tick: int
    turn: int


class SavedState(NamedTuple):
    """State pickled, and the blocks of files it refers to: those are shared between checkpoints."""

    pickled: bytes
    blocks: tuple[Block, ...]

    def size_beside(self, before: SavedState | None) -> int:
        """Bytes it holds that another one does not."""
        shared = {id(block) for block in before.blocks} if before is not None else set()
        return len(self.pickled) + sum(len(block.data) for block in self.blocks if id(block) not in shared)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A machine at one moment, immutable."""

    memory: MemoryImage
    fpu: bytes
    state: SavedState
    log: SavedLog
    place: Place


class Machine:
    """One emulated PC with DOS and a DPMI host."""

    def __init__(self, options: MachineOptions, folder: HostFolder, console: Console) -> None:
        self.options = options
        self.folder = folder
        self.console = console
        self.memory = Memory(options.memory)
        self.cpu = UnicornCpu(self.memory, limit_checks=options.limit_checks)
        self.cpu.port_in, self.cpu.port_out = self._port_in, self._port_out
        self.rom = Rom(self.memory)
        self.log = EventLog()
        self.scripts: list[bytes] = []
        """The files of drivers in Python. No part of the state: a recording's checkpoint could name other code."""
        self._running = False
        self.at_breakpoint = False
        """The last slice has arrived in front of a breakpoint's instruction."""
        self._access: Access | None = None
        """The access to a trapped port that the instruction which ends this slice makes."""
        self._probes: frozenset[Probe] = frozenset()
        self.sightings: dict[Probe, Place] = {}
        """Where each thing looked out for was used last: the stop at which the instruction was next that used it."""
        traps.write_traps(self.memory)
        arena = Arena(self.memory)
        self._place_rom()
        mount = Mount(folder, write_through=options.write_through)
        self.state = MachineState(
            regs=Registers(eflags=Flag.VM | Flag.IOPL | ALWAYS_SET),
            devices=Devices(self),
            bios=Bios(self),
            dos=Dos(self, mount),
            mouse=MouseDriver(self),
            xms=XmsDriver(self),
            host=DpmiHost(self, arena, SharedMemory(arena), Pager(options.paging)),
            vmm=Manager(self),
        )
        self.state.bios.install()
        self.state.dos.install()
        self.state.mouse.install()
        self.state.xms.install()
        self._mouse_handlers = [
            self.rom.trap(RealTrap("MOUSE_EVENT", "host", "mouse_event", After.NOTHING, number))
            for number in range(layout.MAX_CLIENTS * mouse_api.SETS)
        ]

    def _place_rom(self) -> None:
        """Put the host's real-mode addresses into the ROM."""

        def host(name: str, method: str, argument: int | None = None) -> Far:
            return self.rom.trap(RealTrap(name, "host", method, After.NOTHING, argument))

        self.mode_switch_entry = host("MODE_SWITCH_ENTRY", "mode_switch")
        self.real_return = host("RETURN_FROM_REAL_PROCEDURE", "real_returned")
        self.end_program = self.rom.code(b"\xcd\x21\xf4")  # int 21h / hlt
        self._iret = self.rom.code(b"\xcf")
        self._retf = self.rom.code(b"\xcb")
        clients = range(layout.MAX_CLIENTS)
        self._raw = [host("RAW_SWITCH_TO_PROTECTED", "raw_to_protected", index) for index in clients]
        self._state = [host("SAVE_RESTORE_PROTECTED_STATE", "save_restore_protected", index) for index in clients]
        self._callbacks = [
            [host(f"CALLBACK client {index + 1} slot {slot}", "callback", index << 8 | slot) for slot in range(SLOTS)]
            for index in clients
        ]

    # What everybody asks

    @property
    def regs(self) -> Registers:
        """The live registers."""
        return self.state.regs

    @property
    def tick(self) -> int:
        """Guest instructions executed so far."""
        return self.state.tick + (self.cpu.executed if self._running else 0)

    @property
    def place(self) -> Place:
        """Where the run is: no two stops have the same place, and places only grow."""
        return Place(self.state.tick, self.state.turn)

    @property
    def clock(self) -> int:
        """The devices' time: instructions executed or skipped while waiting."""
        return self.tick + self.state.idle

    @property
    def attention(self) -> bool:
        """Look for interrupt requests before the next instruction."""
        return self.state.attention

    @attention.setter
    def attention(self, value: bool) -> None:
        self.state.attention = value

    @property
    def has_ended(self) -> bool:
        """The run is over."""
        return self.state.end is not None

    def emit(self, kind: type[_E], /, **fields: Any) -> None:
        """Append an event; seq, tick and client are filled in."""
        host = self.state.host
        number = host.client.number if host.client is not None else 0
        event = kind(seq=len(self.log), tick=self.tick, client=number, **fields)
        self.log.append(event, self.state.depths.moment(self.tick, self.state.turn, self.regs, host))

    # Addresses

    def real_vector(self, vector: int) -> Far:
        """A vector of the real-mode interrupt table."""
        return Far.from_dword(self.memory.read_u32(vector * 4))

    def is_bare_return(self, vector: int) -> bool:
        """Is a real-mode vector's handler nothing but IRET, as the BIOS leaves the unused ones?"""
        return self.memory.read_u8(self.real_vector(vector).real_linear) == _IRET

    def callback_address(self, index: int, slot: int) -> Far:
        """The real-mode address of a callback slot of the client at `index`."""
        return self._callbacks[index][slot]

    def raw_switch(self, index: int) -> Far:
        """The raw switch to protected mode of the client at `index`."""
        return self._raw[index]

    def state_routine(self, index: int) -> Far:
        """The real-mode state routine of the client at `index`."""
        return self._state[index]

    def mouse_handler(self, index: int, keys: int) -> Far:
        """The real-mode address the mouse driver calls for the client at `index` and a set of shift keys."""
        return self._mouse_handlers[index * mouse_api.SETS + keys]

    def use_ldt(self, index: int) -> None:
        """Make the LDT at `index` the current one (LLDT)."""
        self.cpu.set_ldt(index)

    def set_ring0_stack(self, esp: int) -> None:
        """Set TSS.ESP0: where the processor's frame of the running context ends."""
        self.memory.write_u32(layout.TSS + 4, esp)

    # Moves in V86 mode

    def interrupt_real(self, vector: int) -> None:
        """An interrupt in real mode: to the drivers that have hooked it, else through the table."""
        if self.state.vmm.has_hooked(vector):
            self.state.vmm.interrupt_v86(vector)
        else:
            self.interrupt_through_table(vector)

    def interrupt_through_table(self, vector: int) -> None:
        """What the processor does on INT n in real mode: push FLAGS, CS, IP; clear IF and TF; go through the table."""
        regs, host = self.regs, self.state.host
        frame = (regs.eip, regs.cs.selector, regs.eflags)
        host.push(frame, f"INT {vector:02X}h: interrupt frame", "program", ("IP", "CS", "FLAGS"), 2)
        regs.set_flag(Flag.IF | Flag.TF, on=False)
        if host.hooks(vector):
            self._jump_real(self._iret)
            self._guard(lambda: host.real_to_protected(vector))
        else:
            self._jump_real(self.real_vector(vector))
            self.state.vmm.interrupted = self.tick

    def caller(self, size: int = 2) -> Far:
        """Who has called the real-mode service that runs, by an instruction of so many bytes.

        It is in a client when the host has reflected the INT, or calls on the client's behalf (INT 31h AX=0300h).
        """
        returns_to = Far.from_dword(self.memory.read_u32(self.regs.stack_linear))
        levels = self.state.host.levels
        if returns_to == self.real_return and levels:
            left = levels[-1].saved
            return far(left, left.cs, left.eip - _INT_SIZE & 0xFFFFFFFF)
        return Far(returns_to.segment, returns_to.offset - size & 0xFFFF)

    def _jump_real(self, where: Far) -> None:
        self.regs.cs, self.regs.eip = Segment.real(where.segment), where.offset

    def return_far(self) -> None:
        """RETF in V86 mode."""
        regs = self.regs
        where = Far.from_dword(self.memory.read_u32(regs.stack_linear))
        regs.set_stack_offset(regs.stack_offset + 4)
        self._jump_real(where)

    def return_far_from_real_interrupt(self) -> None:
        """A protected-mode INT 23h handler returned by RETF: so does the real-mode side, flags left on the stack."""
        self._jump_real(self._retf)

    def _return_from_service(self) -> None:
        """IRET in V86 mode; the service's status flags replace those pushed."""
        regs = self.regs
        linear = regs.stack_linear
        ip, cs, flags = (self.memory.read_u16(linear + at) for at in (0, 2, 4))
        status = int(Flag.CF | Flag.ZF)
        regs.set_stack_offset(regs.stack_offset + 6)
        self._jump_real(Far(cs, ip))
        merged = flags & ~status | regs.eflags & status
        regs.eflags = regs.eflags & ~0xFFFF | merged & 0x0FD7 | 0x3002

    # Running

    def slice(self, instructions: int) -> int:
        """Run one uninterrupted stretch of guest code, at most so many instructions, and serve what ended it.

        Returns the number executed; 0 when only the context changed (an interrupt was delivered) or time passed.
        """
        state = self.state
        place = self.place
        self.at_breakpoint = False
        if state.end is not None:
            return 0
        if state.regs.mode is not Mode.RING0 and self._run_events():
            return 0
        if state.attention and self.cpu.in_shadow:
            instructions = min(instructions, 1)
        elif state.attention and self._deliver():
            self.at_breakpoint = self.cpu.has_breakpoint(state.regs.code_linear)
            return 0
        devices = state.devices
        clock = state.tick + state.idle
        due = devices.next_due()
        regs = state.regs
        before = regs.copy()
        in_ring0 = before.mode is Mode.RING0
        event = None if in_ring0 else state.vmm.next_due()  # which nobody interrupts a driver for
        budget = min(instructions, max(min(due, event or due) - clock, 1))
        self._running = True
        try:
            self.cpu.set_watchpoints(state.host.watchpoints)
            self.cpu.enable_coprocessor(on=regs.is_v86 or state.host.has_coprocessor)
            waits = not in_ring0 and (devices.pic.pending() is not None or state.vmm.waits_for_interrupts())
            ended = self.cpu.run(regs, state.host.ring0_esp, budget, until_interruptible=waits)
        finally:
            self._running = False
        if regs.mode is Mode.RING0 and not in_ring0:
            # The IRETD itself faulted: CS or SS is nothing to run with, which is the client's doing.
            regs.assign(before)
        if not regs.cs.access & ACCESSED:
            # WORKAROUND(unicorn 2.1): a far transfer keeps CS without the accessed bit until it is loaded again, so
            # that what is kept would tell how the run was sliced.
            regs.cs = regs.cs._replace(access=regs.cs.access | ACCESSED)
        state.tick += ended.executed
        for probe, executed in self.cpu.sightings.items():
            self.sightings[probe] = Place(place.tick + executed, place.turn)
        self.at_breakpoint = ended.why is Why.BREAKPOINT
        clock += ended.executed
        if clock >= due or (state.attention and clock >= devices.next_due()):
            devices.advance(clock)
            state.attention = True
        elif regs.interrupts_on and not self.cpu.in_shadow and devices.pic.pending() is not None:
            state.attention = True
        if self._access is not None:
            access, self._access = self._access, None
            self._on_behalf_of(Place(state.tick - 1, state.turn), lambda: self._guard(lambda: state.vmm.port(access)))
        elif ended.why in (Why.INTERRUPT, Why.FAULT):
            last = state.tick - (ended.why is Why.INTERRUPT)
            self._on_behalf_of(Place(last, state.turn), lambda: self._serve(ended))
        # The next slice passes over a breakpoint it starts at: one that is reached by a change of context, or when
        # the budget is used up, has to stop here.
        self.at_breakpoint |= not state.waiting and self.cpu.has_breakpoint(regs.code_linear)
        return ended.executed

    def _on_behalf_of(self, place: Place, work: Callable[[], None]) -> None:
        """The host, DOS or the BIOS do something, called by the instruction that was next at a place."""
        points = self.state.host.watchpoints
        if not self._probes and not points:
            work()
            self.state.turn += 1
            self.expose_frame()
            return
        before = self.regs.copy()
        watched = {each.probe for each in points if each.kind is not WatchType.EXECUTE}
        self.memory.look_out((*watched, *(probe for probe in self._probes if isinstance(probe, MemoryProbe))))
        work()
        self.state.turn += 1
        self.expose_frame()
        used: set[Probe] = {*self.memory.take_uses(), *self._used_registers(before)}
        self.memory.look_out(())
        self.state.host.note_watchpoints(sum(1 << each.handle for each in points if each.probe in used))
        self.sightings.update(dict.fromkeys(used & self._probes, place))

    def _used_registers(self, before: Registers) -> Iterator[Probe]:
        """What was looked out for and is different in the registers now."""
        regs = self.regs
        for probe in self._probes:
            if isinstance(probe, RegisterProbe):
                if probe.writes and getattr(regs, probe.name) != getattr(before, probe.name):
                    yield probe
            elif isinstance(probe, LoadProbe) and not regs.is_v86:
                loaded = [name for name in SEGMENTS if getattr(regs, name).selector == probe.selector]
                if any(getattr(regs, name) != getattr(before, name) for name in loaded):
                    yield probe

    def look_out(self, probes: frozenset[Probe], *, stops: bool = False) -> None:
        """Look out for the uses of these from now on, and of nothing else; see `sightings`.

        stops: a slice ends behind an instruction that uses one.
        """
        self._probes = probes
        self.sightings.clear()
        self.cpu.look_out(probes, stops=stops)

    def expose_frame(self) -> None:
        """Write the context that runs next to the top of the ring-0 stack, where the IRETD will find it.

        A driver in ring 0 is entered without one: what lies there is its own.
        """
        if self.regs.mode is Mode.RING0:
            return
        frame = self.state.host.ring0_esp - FRAME_SIZE
        self.memory.note_use(frame, FRAME_SIZE, write=True)
        write_frame(self.memory.buffer, self.memory.host_physical(frame), self.regs, 0)

    @property
    def interrupt_is_next(self) -> bool:
        """The next thing to happen is no instruction but the delivery of an interrupt request."""
        state = self.state
        waits = state.attention and state.devices.pic.pending() is not None
        return waits and state.regs.interrupts_on and not self.cpu.in_shadow

    def _deliver(self) -> bool:
        """Deliver a pending interrupt request if IF allows it."""
        state = self.state
        if state.regs.mode is Mode.RING0:
            return False
        state.attention = False
        if not state.regs.interrupts_on or state.devices.pic.pending() is None:
            return False
        vector = state.devices.pic.acknowledge()
        state.waiting = False
        self._on_behalf_of(self.place, lambda: self._guard(lambda: self._interrupt(vector)))
        self.state.host.pager.take_pages(self.state.host)
        return True

    def _run_events(self) -> bool:
        """Leave ring 3 for a driver's event or time-out that is ready."""
        if not self.state.vmm.is_ready:
            return False
        self._on_behalf_of(self.place, lambda: self._guard(self.state.vmm.run_event))
        return True

    def _interrupt(self, vector: int) -> None:
        if self.state.host.hardware_interrupt(vector):
            return
        before = self.regs.mode
        self.interrupt_real(vector)
        self.emit(
            events.InterruptReflected,
            vector=vector,
            nature="hardware",
            from_=before,
            to=self.regs.mode,
            handler=self.real_vector(vector),
        )

    def _serve(self, ended: Exit) -> None:
        regs, host = self.regs, self.state.host
        if ended.why is Why.FAULT and ended.vector == _PAGE_FAULT and host.pager.serve(host, ended.cr2):
            return
        if ended.why is Why.FAULT and ended.vector == DEBUG:
            host.note_watchpoints(ended.error_code & ~SINGLE_STEP)
        if regs.mode is Mode.RING0:
            self._guard(lambda: self.state.vmm.serve(ended))
        elif ended.why is Why.INTERRUPT:
            self.state.attention = True
            if regs.is_v86:
                self._guard(lambda: self.interrupt_real(ended.vector))
            elif host.client is not None:
                self._guard(lambda: self._software_interrupt(ended.vector))
        elif ended.why is Why.FAULT:
            self.state.attention = True
            if regs.is_v86:
                self._guard(lambda: self._fault_real(ended))
            else:
                self._guard(lambda: self._fault(ended))
        host.pager.take_pages(host)

    def _guard(self, action: Any) -> None:
        """Do something on the guest's behalf; what the guest's own state makes impossible ends its program."""
        try:
            action()
        except GuestFault as fault:
            why = self.state.host.pager.explain(self.state.host, fault.cr2) if fault.vector == _PAGE_FAULT else ""
            self.terminate_client(f"{fault} while the host was serving the program{why}")
        except PageNotPresent as absent:
            self.terminate_client(f"the host met an absent page: {absent}")
        except HostStackFull:
            self.terminate_client(STACK_FULL)
        except DosFailed as failure:
            self.terminate_client(f"DOS failed: {failure}")

    # Protected mode

    def _software_interrupt(self, vector: int) -> None:
        regs, host = self.regs, self.state.host
        opcode = self.memory.read_u8(regs.cs.base + regs.eip - 1 & 0xFFFFFFFF)
        is_exception = (vector, opcode) in ((3, _INT3), (4, _INTO), (1, _INT1))
        if is_exception or vector in host.profile.raised_by_int:
            self._raise(vector, 0, 0)
            return
        if regs.cs.selector == layout.BREAK_CODE and vector == BREAK and self.state.vmm.trap_protected():
            return
        if self.state.vmm.refuse_win32(vector):
            return
        before = regs.copy()
        try:
            host.software_interrupt(vector)
        except GuestFault as fault:
            regs.assign(before)
            regs.eip = regs.eip - 2 & 0xFFFFFFFF
            self.fault(fault)

    def _fault(self, ended: Exit) -> None:
        regs = self.regs
        if ended.vector == 13 and traps.is_trap(regs.cs.selector) and self.state.host.trap(regs.eip):
            return
        self._raise(ended.vector, ended.error_code, ended.cr2)

    def _raise(self, vector: int, error_code: int, cr2: int) -> None:
        """An exception of ring 3: drivers that have hooked it come first."""
        if not self.state.vmm.fault(vector, error_code, cr2):
            self.default_fault(vector, error_code, cr2)

    def default_fault(self, vector: int, error_code: int, cr2: int) -> None:
        """What is done with an exception of ring 3 that no driver handles."""
        if self.regs.is_v86:
            self.real_exception(vector, error_code, cr2)
        else:
            self.state.host.fault(vector, error_code, cr2)

    def fault(self, fault: GuestFault) -> None:
        """Raise an exception the host ran into on behalf of the client, at the client's instruction."""
        self.state.host.fault(fault.vector, fault.error_code, fault.cr2, WITHIN_HOST)

    # V86 mode

    def _fault_real(self, ended: Exit) -> None:
        regs = self.regs
        if ended.vector == 13:
            trap = self.rom.traps.get(regs.code_linear)
            if trap is not None:
                self._enter_trap(trap)
                return
            if self.memory.read_u8(regs.code_linear) == _HLT:
                self._halt()
                return
        elif ended.vector == _INVALID_OPCODE and self.state.vmm.trap_v86():
            return
        self._raise(ended.vector, ended.error_code, ended.cr2)

    def _enter_trap(self, trap: RealTrap) -> None:
        state = self.state
        method = getattr(getattr(state, trap.component), trap.method)
        try:
            if trap.argument is None:
                method()
            else:
                method(trap.argument)
        except NotYet:
            state.regs.set_flag(Flag.IF, on=True)
            self.wait()
            return
        state.waiting = False
        if trap.after is After.IRET:
            self._return_from_service()
        elif trap.after is After.CONTINUE:
            state.regs.eip = state.regs.eip + 1 & 0xFFFF

    def wait(self) -> None:
        """A service is to be entered again when something has happened: let time pass."""
        self.state.waiting = True
        self._idle()

    def _halt(self) -> None:
        """HLT in V86 mode: wait for an interrupt, then go on behind it."""
        regs = self.regs
        if not regs.interrupts_on:
            self.weeds("the program executed HLT with interrupts off: nothing can wake it")
            return
        if self.state.devices.pic.pending() is None:
            self._idle()
        if self.state.devices.pic.pending() is not None:
            regs.eip = regs.eip + 1 & 0xFFFF

    def _idle(self) -> None:
        """Let time pass to the next appointment of a device."""
        state = self.state
        due = min(state.devices.next_due(), state.vmm.next_due() or NEVER)
        state.idle += max(due - self.clock, 0)
        state.devices.advance(self.clock)
        state.attention = True

    def real_exception(self, vector: int, error_code: int = 0, cr2: int = 0) -> None:
        """An exception in V86 mode nobody handles in protected mode: the interrupt table, or the program's end.

        General protection and the like have no handler in the table that could mend them (their vectors belong to
        IRQs), and the BIOS's own stub for the others only returns: both would loop for ever.
        """
        host, regs = self.state.host, self.regs
        if host.primary is not None and regs.is_v86 and host.primary.handles_real_exception(vector):
            host.fault(vector, error_code, cr2)
            return
        if vector == DEBUG and error_code & ~SINGLE_STEP and self.is_bare_return(vector):
            return  # a watchpoint nobody asked to be told of: an IRET would even forget RF
        if vector == COPROCESSOR_ERROR:
            self.coprocessor_error()
        elif vector in (1, 3, 4) or (vector in (0, 5, 6, 7) and not self.is_bare_return(vector)):
            self.interrupt_real(vector)
        elif not self.state.vmm.fault(vector, error_code, cr2, is_final=True):
            self.terminate_client(describe(vector, error_code, cr2, str(Far(regs.cs.selector, regs.eip))))

    def coprocessor_error(self) -> None:
        """A floating-point exception becomes IRQ 13; the instruction that met it waits for that, as on an AT."""
        if not self.regs.interrupts_on:
            self.weeds("a floating-point exception with interrupts off: IRQ 13 cannot come")
            return
        self.state.devices.coprocessor.error()
        if self.state.devices.pic.pending() is None:
            self._idle()

    # Ends

    def weeds(self, what: str) -> None:
        """The guest has done something after which it cannot go on."""
        regs = self.regs
        where = Far(regs.cs.selector, regs.eip, wide=regs.mode is Mode.PM32)
        self.terminate_client(f"{what} (at {where})")

    def give_up(self, reason: str, regs: Registers, ending: End | None) -> None:
        """A driver has failed, with these registers: its VM ends, and the run with it.

        ending: how the run was ending already, while drivers were told of it.
        """
        if ending is None:
            self.terminate_client(reason, regs)
        else:
            self.console.write(2, f"dpmiscope: {reason}\n{dump(regs)}\n".encode())
            self.state.end = End(ENDED_BY_HOST, "terminated", reason)

    def terminate_client(self, reason: str, shown: Registers | None = None) -> None:
        """The host ends the running program, client or not: reason and registers to standard error.

        shown: other registers than those of the program.
        """
        state = self.state
        state.host_message, state.host_ended = reason, state.dos.current_psp
        self.console.write(2, f"dpmiscope: {reason}\n{dump(shown or self.regs)}\n".encode())
        client, regs = state.host.client, self.regs
        # A real-mode child of a client ends alone: the client waits for it. A client that is called while it is
        # resident takes the running program with it.
        if client is not None and not client.is_resident and (client.psp == state.dos.current_psp or not regs.is_v86):
            state.host_ended = client.psp
            state.host.end_client(state.host.profile.failure_code)
        else:
            if client is not None and not regs.is_v86:
                state.host.end_resident(client)
            psp = Segment.real(state.dos.current_psp)
            regs.eflags = int(Flag.VM | Flag.IOPL | Flag.IF) | 2
            regs.ss, regs.esp = psp, 0x100
            try:
                state.dos.end_program(ENDED_BY_HOST, reason)
            except DosFailed as failure:  # DOS itself is damaged: nothing can go on
                state.end = End(ENDED_BY_HOST, "terminated", f"{reason}; then DOS failed: {failure.__doc__}")

    def end(self, code: int, how: str, message: str) -> None:
        """A program nobody in the machine waits for has ended: the next one is loaded, or the run is over."""
        state = self.state
        if state.host_message and state.host_ended == state.dos.current_psp:
            how, message = "terminated", state.host_message
        state.host_message = ""
        try:
            goes_on = state.dos.load_next()
        except LoadError as error:
            how, message, goes_on = "failed", str(error), False
        if not goes_on and not state.vmm.ends(End(code, how, message)):
            state.end = End(code, how, message)

    # Ports

    def _port_in(self, port: int, size: int) -> int:
        """A read may bring a device's next appointment nearer: then the slice must not run past it."""
        if self._is_trapped(port, size):
            self._trap(port, size, None)
            return 0
        devices = self.state.devices
        due = devices.next_due()
        value = devices.port_in(port, size)
        if devices.next_due() < due:
            self.state.attention = True
            self.cpu.cut_short()
        return value

    def _port_out(self, port: int, size: int, value: int) -> None:
        if self._is_trapped(port, size):
            self._trap(port, size, value)
            return
        self.state.devices.port_out(port, size, value)
        self.state.attention = True

    def _is_trapped(self, port: int, size: int) -> bool:
        return self.regs.mode is not Mode.RING0 and self.state.vmm.traps(port, size)

    def _trap(self, port: int, size: int, value: int | None) -> None:
        """The instruction is completed, but for what a driver will say that it has read; then the slice ends."""
        eax, *_, edi = self.cpu.general_registers()
        self._access = Access(port, size, value is not None, value or 0, eax=eax, edi=edi)
        self.cpu.cut_short()

    # Checkpoints

    def save(self) -> Checkpoint:
        """The whole machine as it is between two slices."""
        state = self.pickled(self.state)
        return Checkpoint(self.memory.save(), self.cpu.save(), state, self.log.save(), self.place)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back (or forward) to a checkpoint of this machine."""
        self.memory.restore(checkpoint.memory)
        self.cpu.restore(checkpoint.fpu)
        self.log.restore(checkpoint.log)
        self.state = self.unpickled(checkpoint.state)
        if self.state.host.client is not None:
            self.use_ldt(self.state.host.client.ldt.place)

    def named(self) -> dict[str, object]:
        """What state refers to and does not contain."""
        return {"machine": self, "memory": self.memory, "folder": self.folder}

    def pickled(self, state: MachineState) -> SavedState:
        """State as a checkpoint holds it."""
        target = io.BytesIO()
        pickler = _Pickler(target, self)
        pickler.dump(state)
        return SavedState(target.getvalue(), tuple(pickler.blocks))

    def unpickled(self, saved: SavedState) -> MachineState:
        """The state a checkpoint of this process holds."""
        state: MachineState = _Unpickler(saved, self).load()
        return state


class _Pickler(pickle.Pickler):
    """Pickles state; the machine, its memory and what is outside of it are named, blocks of files numbered."""

    def __init__(self, target: io.BytesIO, machine: Machine) -> None:
        super().__init__(target, pickle.HIGHEST_PROTOCOL)
        self._names: dict[int, str | int] = {id(thing): name for name, thing in machine.named().items()}
        self.blocks: list[Block] = []

    def persistent_id(self, obj: object) -> str | int | None:
        if type(obj) is Block and id(obj) not in self._names:
            self._names[id(obj)] = len(self.blocks)
            self.blocks.append(obj)
        return self._names.get(id(obj))


class _Unpickler(pickle.Unpickler):
    def __init__(self, saved: SavedState, machine: Machine) -> None:
        super().__init__(io.BytesIO(saved.pickled))
        self._things = machine.named()
        self._blocks = saved.blocks

    def persistent_load(self, name: str | int) -> object:
        return self._blocks[name] if isinstance(name, int) else self._things[name]


def dump(regs: Registers) -> str:
    """All registers in four lines, for messages."""
    names = ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "eflags")
    general = " ".join(f"{name.upper()}={getattr(regs, name):08X}" for name in names)
    segments = " ".join(
        f"{name.upper()}={getattr(regs, name).selector:04X}" for name in ("cs", "ds", "es", "fs", "gs", "ss")
    )
    return f"mode {regs.mode}\n{general}\n{segments}"

"""Interrupts: software interrupts in protected mode, reflection to real mode, hardware interrupts, and the three
software interrupts that travel from real mode to protected mode (1Ch, 23h, 24h).

Source: DPMI 1.0, chapter 2.4 and 3; INT 31h AX=0204h, 0205h.
"""

from __future__ import annotations

from typing import Final

from app.emu import events
from app.emu.address import Far
from app.emu.events import Door
from app.emu.host import traps
from app.emu.host.client import Client, Vector
from app.emu.host.host import Host, Level, null_segment
from app.emu.host.traps import Trap
from app.emu.registers import ALWAYS_SET, STATUS, Flag, Mode, Segment

TO_PROTECTED: Final = frozenset({0x1C, 0x23, 0x24})
"""Software interrupts in real mode that reach a protected-mode hook."""
CONTROL_C: Final = 0x23
CRITICAL_ERROR: Final = 0x24
FAIL: Final = 3
"""The answer to a critical error that has the call fail."""
KEPT_IN_REAL_FLAGS: Final = int(STATUS | Flag.IF | Flag.DF)
_IRET_FIELDS: Final = {False: ("IP", "CS", "FLAGS"), True: ("EIP", "CS", "EFLAGS")}


def iret_fields(client: Client) -> tuple[str, str, str]:
    """Names of the words of an IRET frame of a client's width."""
    return _IRET_FIELDS[client.wide]


def software_interrupt(host: Host, vector: int) -> None:
    """A client executed INT n: its hook, or what the host does by default. EIP is behind the instruction."""
    client = host.current
    handler = client.vectors[vector]
    if traps.is_trap(handler.selector) and handler == client.trap(Trap.DEFAULT_INTERRUPT, vector):
        from app.emu.host.defaults import default_interrupt

        default_interrupt(host, vector)
        return
    call_handler(host, handler, f"INT {vector:02X}h", "client")
    gates = host.machine.state.vmm.interrupt_gates
    if vector <= 7 or vector in gates or host.profile.interrupts_disabled:
        host.machine.regs.set_flag(Flag.IF, on=False)


def call_handler(host: Host, handler: Vector, label: str, pushed_by: str) -> None:
    """Push an IRET frame of the client's width on the current stack and go to a handler. TF and NT are cleared."""
    client, regs = host.current, host.machine.regs
    host.push(
        (regs.eip, regs.cs.selector, regs.eflags),
        f"{label}: interrupt frame",
        pushed_by,
        iret_fields(client),
        client.word,
    )
    regs.set_flag(Flag.TF | Flag.NT, on=False)
    jump(host, handler)
    host.machine.state.vmm.interrupted = host.machine.tick


def jump(host: Host, handler: Vector) -> None:
    """Load CS:(E)IP with a handler's address. A selector that is no code faults when the handler's first byte runs."""
    regs = host.machine.regs
    regs.cs = host.load_code(handler.selector)
    regs.eip = handler.offset


def pop_iret_frame(host: Host) -> None:
    """What IRET does with a frame of the client's width on the current stack; IOPL is not the client's to change."""
    client, regs = host.current, host.machine.regs
    word = client.word
    data = host.read_pointer(regs.ss.selector, regs.stack_offset, 3 * word)
    eip, cs, flags = (int.from_bytes(data[at : at + word], "little") for at in range(0, 3 * word, word))
    regs.set_stack_offset(regs.stack_offset + 3 * word)
    regs.eip, regs.cs = eip, host.load_code(cs & 0xFFFF)
    keep = ~0xFFFF | Flag.IOPL
    regs.eflags = regs.eflags & keep | flags & 0x0FFF & ~Flag.TF | ALWAYS_SET


# Protected mode to real mode


def enter_real(host: Host, stack: Far, target: Far, flags: int, pushes: tuple[tuple[int, str], ...], by: str) -> None:
    """Go to V86 code with words pushed on a real-mode stack; data segments are the stack's. Registers stay."""
    machine, regs = host.machine, host.machine.regs
    regs.eflags = flags & KEPT_IN_REAL_FLAGS | ALWAYS_SET | Flag.VM | Flag.IOPL
    regs.ss = Segment.real(stack.segment)
    regs.esp = stack.offset & 0xFFFF
    regs.ds = regs.es = Segment.real(stack.segment)
    regs.fs = regs.gs = Segment.real(0)
    if pushes:
        host.push(tuple(value for value, _ in pushes), by, "host", tuple(name for _, name in pushes), 2)
    regs.cs, regs.eip = Segment.real(target.segment), target.offset & 0xFFFF
    machine.attention = True


def real_return_frame(host: Host, flags: int | None) -> tuple[tuple[int, str], ...]:
    """The words of a return frame to the host: IP, CS and, for interrupt handlers, FLAGS."""
    back = host.machine.real_return
    frame: tuple[tuple[int, str], ...] = ((back.offset, "IP"), (back.segment, "CS"))
    return frame if flags is None else (*frame, (flags & 0xFFFF, "FLAGS"))


def reflect(host: Host, vector: int, *, hardware: bool = False) -> Level:
    """Run the real-mode handler of an interrupt and come back (default of most vectors); the level it waits in.

    General registers and status flags pass both ways, for hardware interrupts neither way. DPMI 0.9, 2.4.
    """
    machine, regs = host.machine, host.machine.regs
    before = host.standing()
    level = host.leave(Door.REFLECTION)
    level.vector, level.is_hardware = vector, hardware
    handler = machine.real_vector(vector)
    flags = regs.eflags
    hooked = machine.state.vmm.has_hooked(vector)
    if hooked:
        enter_real(host, level.real_pointer, machine.real_return, flags, (), "")
    else:
        enter_real(
            host,
            level.real_pointer,
            handler,
            flags & ~(Flag.IF | Flag.TF),
            real_return_frame(host, flags),
            f"INT {vector:02X}h reflected: interrupt frame",
        )
    host.machine.emit(
        events.InterruptReflected,
        vector=vector,
        nature="hardware" if hardware else "software",
        from_=before.mode,
        to=Mode.V86,
        handler=handler,
    )
    host.switched(before, Door.REFLECTION)
    machine.state.vmm.interrupted = machine.tick
    if hooked:
        machine.interrupt_real(vector)
    return level


def reflected(host: Host, level: Level) -> None:
    """The real-mode handler of a reflected interrupt has returned."""
    regs = host.machine.regs
    back = regs.copy()
    host.resume(level, Door.REFLECTION_RETURN)
    if level.is_hardware:
        return
    wide = 0xFFFFFFFF if level.client.wide else 0xFFFF
    for name in ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"):
        old, new = getattr(regs, name), getattr(back, name)
        setattr(regs, name, old & ~wide | new & wide)
    regs.eflags = regs.eflags & ~STATUS | back.eflags & STATUS
    if level.on_return is not None:
        level.answer = back
        level.on_return.finish(host, level)


# Hardware interrupts and real mode to protected mode


def hardware_interrupt(host: Host, vector: int) -> bool:
    """Deliver an interrupt request to the primary client if it has hooked the vector; False: nobody did.

    In protected mode an unhooked request is reflected, in V86 it is the caller's to deliver through the IVT.
    """
    client = host.primary
    if client is None:
        return False
    if client.is_hooked(vector):
        to_protected(host, vector, Door.HARDWARE_INTERRUPT)
        return True
    if host.machine.regs.is_v86:
        return False
    reflect(host, vector, hardware=True)
    return True


def to_protected(host: Host, vector: int, door: Door) -> None:
    """Interrupt whatever runs and enter a protected-mode handler on the locked stack.

    The handler is the primary client's for hardware interrupts, the current client's for the others (DPMI 1.0, 3).
    """
    machine = host.machine
    regs = machine.regs
    if vector == CRITICAL_ERROR and host.profile.answers_critical_errors:
        regs.al = FAIL
        return
    before = host.standing()
    hardware = door is Door.HARDWARE_INTERRUPT
    level = host.leave(door, host.primary if hardware else None)
    client = level.client
    level.vector = vector
    from_real = regs.is_v86
    if from_real:
        regs.ds = regs.es = regs.fs = regs.gs = null_segment()
    regs.eflags = regs.eflags & ~(Flag.VM | Flag.NT | Flag.TF | Flag.RF) | Flag.IOPL
    host.enter_locked(level)
    level.stack_offset = regs.stack_offset
    back = client.trap(Trap.RETURN_FROM_INTERRUPT)
    label = f"{'IRQ' if hardware else 'INT'} {vector:02X}h: interrupt frame"
    host.push((back.offset, back.selector, regs.eflags), label, "host", iret_fields(client), client.word)
    regs.set_flag(Flag.IF, on=False)
    handler = client.vectors[vector]
    jump(host, handler)
    machine.state.vmm.interrupted = machine.tick
    machine.emit(
        events.InterruptReflected,
        vector=vector,
        nature="hardware" if hardware else "software",
        from_=before.mode,
        to=regs.mode,
        handler=handler.far(client.bits),
    )
    host.switched(before, door)


def returned_from_interrupt(host: Host) -> None:
    """The handler of a hardware interrupt, or of 1Ch, 23h or 24h from real mode, has returned to the host.

    INT 23h may also return by RETF, its flags still on the stack: CF=1 then aborts the program (DPMI 1.0, 2.4).
    """
    doors = (Door.HARDWARE_INTERRUPT, Door.REFLECTION)
    level = next((each for each in reversed(host.levels) if each.on_locked and each.door in doors), None)
    regs = host.machine.regs
    if level is None:
        host.machine.weeds("returned from an interrupt handler although none was active")
        return
    answer = regs.copy()
    host.resume(level, Door.INTERRUPT_RETURN)
    if level.vector == CRITICAL_ERROR and level.door is Door.REFLECTION:
        host.machine.regs.ax = answer.ax
    if level.vector == CONTROL_C and answer.stack_offset < level.stack_offset:
        host.machine.regs.set_flag(Flag.CF, on=bool(answer.eflags & Flag.CF))
        host.machine.return_far_from_real_interrupt()

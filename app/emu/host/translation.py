"""Translation services: a client calls real-mode code with a whole register set (INT 31h AX=0300h to 0302h).

Source: DPMI 0.9 and 1.0, INT 31h AX=0300h, 0301h, 0302h; reference sections 2.4 and 4.2.
"""

from __future__ import annotations

from typing import Final

from app.emu import events
from app.emu.address import Far
from app.emu.events import Door
from app.emu.host import failures
from app.emu.host.host import Host, Level
from app.emu.host.interrupts import KEPT_IN_REAL_FLAGS, enter_real, real_return_frame
from app.emu.real_mode_call import RealModeCall
from app.emu.registers import ALWAYS_SET, Flag, Segment

DOORS: Final = {0x0300: Door.INT31_0300, 0x0301: Door.INT31_0301, 0x0302: Door.INT31_0302}


def call_real_mode(host: Host, function: int, structure: tuple[int, int], words: int, vector: int = 0) -> None:
    """Start real-mode code with the registers of a real mode call structure.

    function 0300h (vector from the IVT), 0301h (CS:IP, far frame) or 0302h (CS:IP, interrupt frame); structure
    selector:offset; words to copy from the client's stack. Raises `InvalidValue` when they do not fit.
    """
    machine, regs, client = host.machine, host.machine.regs, host.current
    linear = host.linear(*structure, RealModeCall.SIZE, write=True)
    call = RealModeCall.decode(machine.memory.read(linear, RealModeCall.SIZE))
    copied = host.read_pointer(regs.ss.selector, regs.stack_offset, words * 2) if words else b""
    own_stack = call.ss or (call.sp and not host.profile.judges_stack_by_segment)
    stack = Far(call.ss, call.sp) if own_stack else host.real_pointer
    frame = 2 if function == 0x0301 else 3
    if own_stack and words * 2 + frame * 2 > (call.sp or 0x10000):
        raise failures.InvalidValue
    target = machine.real_vector(vector) if function == 0x0300 else call.target

    before = host.standing()
    level = host.leave(DOORS[function])
    level.function, level.structure, level.words = function, linear, words
    level.structure_far = Far(structure[0], structure[1], wide=client.wide)
    level.target = target
    flags = call.flags & KEPT_IN_REAL_FLAGS | ALWAYS_SET
    arguments = tuple(
        (int.from_bytes(copied[at : at + 2], "little"), f"argument {at // 2}") for at in range(0, len(copied), 2)
    )
    if function == 0x0301:
        host.last_called = target
    keeps_flag = function == 0x0301 or (function == 0x0302 and host.profile.keeps_flag_in_0302)
    entry_flags = flags if keeps_flag else flags & ~Flag.IF
    back = real_return_frame(host, None if function == 0x0301 else flags)
    name = f"INT 31h AX={function:04X}h"
    hooked = function == 0x0300 and machine.state.vmm.has_hooked(vector)
    if hooked:
        enter_real(host, stack, machine.real_return, flags, arguments, f"{name}: arguments")
    else:
        enter_real(host, stack, target, entry_flags, (*back, *arguments), f"{name}: return frame")
    regs.edi, regs.esi, regs.ebp, regs.ebx = call.edi, call.esi, call.ebp, call.ebx
    regs.edx, regs.ecx, regs.eax = call.edx, call.ecx, call.eax
    regs.es, regs.ds = Segment.real(call.es), Segment.real(call.ds)
    regs.fs, regs.gs = Segment.real(call.fs), Segment.real(call.gs)
    machine.emit(
        events.RealModeCalled,
        function=function,
        target=target,
        structure=level.structure_far,
        words_copied=words,
        real_stack=Far(regs.ss.selector, regs.esp & 0xFFFF),
    )
    host.switched(before, DOORS[function])
    if function != 0x0301:
        machine.state.vmm.interrupted = machine.tick
    if hooked:
        machine.interrupt_real(vector)


def returned_from_real_mode(host: Host, level: Level) -> None:
    """The real-mode code has returned: store its registers (all but CS:IP and SS:SP) and go on in the client."""
    machine = host.machine
    regs = machine.regs
    result = RealModeCall.of(regs).encode()[: RealModeCall.UPDATED]
    real_stack = Far(regs.ss.selector, regs.esp & 0xFFFF)
    machine.memory.write(level.structure, result)
    host.resume(level, DOORS[level.function])
    machine.emit(
        events.RealModeReturned,
        function=level.function,
        target=level.target,
        structure=level.structure_far,
        words_copied=level.words,
        real_stack=real_stack,
    )

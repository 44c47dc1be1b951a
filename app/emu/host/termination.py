"""The end of a client: everything it held is released, then DOS ends the program.

Source: DPMI 1.0, INT 21h AH=4Ch; reference section 9.
"""

from __future__ import annotations

from typing import Final

from app.emu import events
from app.emu.address import Far
from app.emu.events import Door
from app.emu.host.client import Client
from app.emu.host.host import Host
from app.emu.host.multiplex import PRIVATE_PARAGRAPHS
from app.emu.registers import ALWAYS_SET, Flag, Segment

ENDED_BY_HOST: Final = 0xFF
"""Return code of a program the host ended."""


def terminate(host: Host, client: Client, code: int) -> None:
    """End a client and run INT 21h AH=4Ch with its return code in real mode, on its private stack."""
    before = host.standing()
    stack = Far(client.private, PRIVATE_PARAGRAPHS * 16)
    release(host, client)
    machine = host.machine
    regs = machine.regs
    regs.eflags = ALWAYS_SET | Flag.VM | Flag.IOPL | Flag.IF
    regs.eax = 0x4C00 | code & 0xFF
    paragraph = Segment.real(client.psp)
    regs.ds = regs.es = paragraph
    regs.fs = regs.gs = Segment.real(0)
    regs.ss, regs.esp = Segment.real(stack.segment), stack.offset & 0xFFFF
    end = machine.end_program
    regs.cs, regs.eip = Segment.real(end.segment), end.offset
    host.switched(before, Door.TERMINATION)


def release(host: Host, client: Client) -> None:
    """Give back everything of a client: levels, memory, callbacks, descriptors, vectors, the PSP's environment.

    Clients that entered after it are its children and go with it.
    """
    machine = host.machine
    while host.clients[-1] is not client:
        release(host, host.clients[-1])
    while len(host.levels) > client.base_level:
        host.unwind()
    client.blocks.release()
    host.shared.leave(client.number)
    client.callbacks.clear()
    machine.memory.write_u16((client.psp << 4) + 0x2C, client.environment)
    host.clients.remove(client)
    host.real_pointer = client.outer_real_pointer
    machine.set_ring0_stack(host.ring0_esp)
    if host.client is not None:
        machine.use_ldt(host.current.index)
    machine.emit(events.ClientLeft, bits=client.bits, psp=client.psp)


def program_ending(host: Host, psp: int) -> None:
    """DOS ends a program: a client that is still alive with it is released (4Ch from real mode)."""
    for client in reversed(list(host.clients)):
        if client.psp == psp:
            release(host, client)

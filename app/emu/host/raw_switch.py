"""Raw mode switches and state save/restore (INT 31h AX=0305h, 0306h); reference sections 3.6 and 3.7.

The host keeps nothing over a raw switch but two stack pointers: where it goes on in real mode, and where the client
left protected mode. They are the state that 0305h saves: 8 bytes.
"""

from __future__ import annotations

import struct
from typing import Final

from app.emu.address import Far
from app.emu.events import Door
from app.emu.host.client import Client
from app.emu.host.exceptions import GENERAL_PROTECTION, raise_exception
from app.emu.host.host import Host, null_segment
from app.emu.registers import Flag, Segment

STATE_SIZE: Final = 8
_REAL: Final = struct.Struct("<HHI")
_PROTECTED: Final = struct.Struct("<HHI")


def to_real(host: Host) -> None:
    """A client jumped to the switch from protected to real mode: AX DS, CX ES, DX SS, BX SP, SI CS, DI IP."""
    regs, client = host.machine.regs, host.current
    before = host.standing()
    client.pm_pointer = (regs.ss.selector, regs.stack_offset)
    regs.eflags = regs.eflags & ~(Flag.NT | Flag.TF) | Flag.VM | Flag.IOPL
    regs.ds, regs.es = Segment.real(regs.ax), Segment.real(regs.low("cx"))
    regs.ss, regs.esp = Segment.real(regs.low("dx")), regs.ebx & 0xFFFF
    regs.cs, regs.eip = Segment.real(regs.low("si")), regs.edi & 0xFFFF
    regs.fs = regs.gs = Segment.real(0)
    host.machine.attention = True
    host.switched(before, Door.RAW_SWITCH)


def to_protected(host: Host, client: Client) -> None:
    """Real-mode code jumped to the switch to protected mode: as above, with selectors and (E)BX, (E)DI."""
    regs = host.machine.regs
    before = host.standing()
    host.run_as(client)
    host.real_pointer = Far(regs.ss.selector, regs.esp & 0xFFFF)
    mask = 0xFFFFFFFF if client.wide else 0xFFFF
    regs.eflags = regs.eflags & ~(Flag.VM | Flag.NT | Flag.TF) | Flag.IOPL
    ds, es, ss, cs = (regs.low(name) for name in ("ax", "cx", "dx", "si"))
    regs.ds, regs.es, regs.ss = (host.load(selector) for selector in (ds, es, ss))
    regs.cs = host.load_code(cs)
    regs.esp, regs.eip = regs.ebx & mask, regs.edi & mask
    regs.fs = regs.gs = null_segment()
    if host.profile.switches_disabled:
        regs.set_flag(Flag.IF, on=False)
    host.machine.attention = True
    host.switched(before, Door.RAW_SWITCH)


def save_restore_real(host: Host) -> None:
    """Far-called in protected mode: AL=0 saves the real-mode state to ES:(E)DI, AL=1 restores it."""
    regs, client = host.machine.regs, host.current
    if not host.profile.saves_state:
        if client.wide:
            raise_exception(host, GENERAL_PROTECTION, 0, 0, 0)
        else:
            host.return_far()
        return
    offset = regs.edi if client.wide else regs.edi & 0xFFFF
    if regs.al == 0:
        host.write_pointer(regs.es.selector, offset, _REAL.pack(*host.real_pointer[:2], 0))
    else:
        segment, pointer, _ = _REAL.unpack(host.read_pointer(regs.es.selector, offset, STATE_SIZE))
        host.real_pointer = Far(segment, pointer)
    host.return_far()


def save_restore_protected(host: Host, client: Client) -> None:
    """Far-called in real mode: AL=0 saves the protected-mode state to ES:DI, AL=1 restores it."""
    machine = host.machine
    regs = machine.regs
    linear = regs.es.base + (regs.edi & 0xFFFF)
    if not host.profile.saves_state:
        pass
    elif regs.al == 0:
        selector, offset = client.pm_pointer
        machine.memory.write(linear, _PROTECTED.pack(selector, client.locked_depth, offset))
    else:
        selector, client.locked_depth, offset = _PROTECTED.unpack(machine.memory.read(linear, STATE_SIZE))
        client.pm_pointer = (selector, offset)
    machine.return_far()

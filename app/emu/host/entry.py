"""The mode switch entry: a real-mode program becomes a client.

Source: DPMI 0.9/1.0, INT 2Fh AX=1687h, "Switching to protected mode"; reference sections 1.3 and 1.4.
"""

from __future__ import annotations

from typing import Final

from app.emu import events
from app.emu.address import Far
from app.emu.descriptor import sized
from app.emu.events import Door
from app.emu.host import failures, providers
from app.emu.host.client import Client
from app.emu.host.host import Host, null_segment
from app.emu.host.memory_blocks import MemoryBlocks
from app.emu.host.multiplex import PRIVATE_PARAGRAPHS
from app.emu.host.tables import Ldt, Owner
from app.emu.memory import layout
from app.emu.registers import Flag

CODE: Final = 0xFA
DATA: Final = 0xF2
PSP_SIZE: Final = 0x100


def enter_protected_mode(host: Host) -> None:
    """Real-mode code has far-called the entry: AX bit 0 chooses 32 bits, ES is the private data block.

    On failure CF=1 and AX = 8011h or 8021h, still in real mode.
    """
    machine, regs = host.machine, host.machine.regs
    ip, cs = machine.memory.read_u16(regs.stack_linear), machine.memory.read_u16(regs.stack_linear + 2)
    index = free_index(host)
    if index is None or regs.ax > 1:
        regs.ax = failures.DescriptorUnavailable.code if index is None else failures.InvalidValue.code
        regs.set_flag(Flag.CF, on=True)
        machine.return_far()
        return
    before = host.standing()
    client = new_client(host, index, 32 if regs.ax & 1 else 16)
    big = 4 if client.wide else 0
    ldt = client.ldt
    number = f"client {client.number}: initial"

    def allocate(paragraph: int, limit: int, access: int, flags: int, owner: Owner, label: str) -> int:
        entry = ldt.allocate(1, owner, label)
        ldt.write(entry, sized(paragraph << 4, limit, access, flags))
        return ldt.selector(entry)

    code = allocate(cs, 0xFFFF, CODE, 0, Owner.CLIENT, f"{number} CS")
    data = allocate(regs.ds.selector, 0xFFFF, DATA, big, Owner.CLIENT, f"{number} DS")
    same = regs.ss.selector == regs.ds.selector
    stack = data if same else allocate(regs.ss.selector, 0xFFFF, DATA, big, Owner.CLIENT, f"{number} SS")
    psp = allocate(client.psp, PSP_SIZE - 1, DATA, 0, Owner.HOST, "host: PSP")
    if client.environment:
        limit = _environment_limit(host, client.environment)
        environment = allocate(client.environment, limit, DATA, 0, Owner.HOST, "host: environment")
        machine.memory.write_u16((client.psp << 4) + 0x2C, environment)

    machine.emit(events.ClientEntered, bits=client.bits, psp=client.psp)
    sp = regs.esp + 4 & 0xFFFF
    regs.eflags = regs.eflags & ~(Flag.VM | Flag.CF | Flag.NT | Flag.TF) | Flag.IOPL
    regs.cs, regs.eip = host.load(code), ip
    regs.ds, regs.ss, regs.es = host.load(data), host.segment(stack), host.segment(psp)
    regs.fs = regs.gs = null_segment()
    regs.esp = sp
    machine.attention = True
    host.switched(before, Door.ENTRY)
    if not machine.state.vmm.application_begins(client):
        providers.client_entered(host, client)


def free_index(host: Host) -> int | None:
    """The place of another client; None when there are as many as there can be."""
    return next((n for n in range(layout.MAX_CLIENTS) if all(client.index != n for client in host.clients)), None)


def new_client(host: Host, index: int, bits: int) -> Client:
    """The running program becomes a client, which is the current one; ES is its private data block."""
    machine, regs = host.machine, host.machine.regs
    psp = machine.state.dos.current_psp
    host.entered += 1
    client = Client(
        number=host.entered,
        index=index,
        bits=bits,
        psp=psp,
        ldt=Ldt(machine.memory, index),
        blocks=MemoryBlocks(host.arena),
        environment=machine.memory.read_u16((psp << 4) + 0x2C),
        private=regs.es.selector,
        base_level=len(host.levels),
        outer_real_pointer=host.real_pointer,
        outer=host.client,
    )
    client.reset_vectors()
    machine.state.vmm.set_default_vectors(client)
    host.clients.append(client)
    host.run_as(client)
    host.real_pointer = Far(client.private, PRIVATE_PARAGRAPHS * 16)
    big = 4 if client.wide else 0
    locked = client.ldt.allocate(1, Owner.HOST, "host: locked protected-mode stack")
    base = layout.LOCKED_STACKS + index * layout.LOCKED_STACK_SIZE
    client.ldt.write(locked, sized(base, layout.LOCKED_STACK_SIZE - 1, 0xF3, big))
    client.locked_selector = Ldt.selector(locked)
    machine.memory.write(base, bytes(layout.LOCKED_STACK_SIZE))
    alias = client.ldt.allocate(1, Owner.HOST, "host: real-mode stack alias of callbacks")
    client.ldt.write(alias, sized(0, 0xFFFF, DATA, big))
    client.alias_selector = Ldt.selector(alias)
    return client


def _environment_limit(host: Host, paragraph: int) -> int:
    """Last offset of the environment: the size of its memory block, from the MCB in front of it."""
    paragraphs = host.machine.memory.read_u16((paragraph - 1 << 4) + 3)
    return min(max(paragraphs * 16, 1), 0x10000) - 1

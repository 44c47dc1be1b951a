"""The mode switch entry: a real-mode program becomes a client.

Source: DPMI 0.9/1.0, INT 2Fh AX=1687h, "Switching to protected mode"; reference sections 1.3 and 1.4.
"""

from __future__ import annotations

from typing import Final

from app.emu import events
from app.emu.address import Far
from app.emu.descriptor import ACCESSED, Descriptor, sized
from app.emu.events import Door
from app.emu.host import client_tables, failures, providers
from app.emu.host.client import Client
from app.emu.host.host import Host, null_segment
from app.emu.host.memory_blocks import MemoryBlocks
from app.emu.host.tables import Owner
from app.emu.memory import layout
from app.emu.registers import Flag
from app.emu.services import ServiceFailed

CODE: Final = 0xFA
DATA: Final = 0xF2
PSP_SIZE: Final = 0x100
_FLAT: Final = sized(0, 0xFFFFFFFF, DATA | ACCESSED, 4)
_INITIAL_DESCRIPTORS: Final = 7
"""What a client needs: CS, DS, SS, PSP, environment, locked stack, data of callback handlers."""


def enter_protected_mode(host: Host) -> None:
    """Real-mode code has far-called the entry: AX bit 0 chooses 32 bits, ES is the private data block.

    On failure CF=1 and AX = 8011h or 8021h, still in real mode.
    """
    machine, regs = host.machine, host.machine.regs
    ip, cs = machine.memory.read_u16(regs.stack_linear), machine.memory.read_u16(regs.stack_linear + 2)
    bits = 32 if regs.ax & 1 else 16
    try:
        index = free_index(host)
        _check_width(host, bits, regs.ax)
    except ServiceFailed as failure:
        regs.ax = failure.code
        regs.set_flag(Flag.CF, on=True)
        machine.return_far()
        return
    before = host.standing()
    client = new_client(host, index, bits)
    big = 4 if client.wide else 0
    ldt, profile = client.ldt, host.profile
    number = f"client {client.number}: initial"

    def allocate(paragraph: int, limit: int, access: int, flags: int, owner: Owner, label: str) -> int:
        entry = ldt.allocate(1, owner, label)
        ldt.write(entry, sized(paragraph << 4, 0xFFFF if profile.has_whole_limits else limit, access, flags))
        return ldt.selector(entry)

    code = allocate(cs, 0xFFFF, CODE, 0, Owner.CLIENT, f"{number} CS")
    data = allocate(regs.ds.selector, 0xFFFF, DATA, big, Owner.CLIENT, f"{number} DS")
    same = regs.ss.selector == regs.ds.selector
    stack = data if same else allocate(regs.ss.selector, 0xFFFF, DATA, big, Owner.CLIENT, f"{number} SS")
    psp = client.psp_selector = allocate(client.psp, PSP_SIZE - 1, DATA, 0, Owner.HOST, "host: PSP")
    if client.environment:
        limit = _environment_limit(host, client.environment)
        environment = allocate(client.environment, limit, DATA, 0, Owner.HOST, "host: environment")
        machine.memory.write_u16((client.psp << 4) + 0x2C, environment)

    machine.emit(events.ClientEntered, bits=client.bits, psp=client.psp)
    sp = regs.esp + 4 & 0xFFFF
    regs.eflags = regs.eflags & ~(Flag.VM | Flag.CF | Flag.NT | Flag.TF) | Flag.IOPL
    if profile.enters_enabled:
        regs.set_flag(Flag.IF, on=True)
    regs.cs, regs.eip = host.load(code), ip
    regs.ds, regs.ss, regs.es = host.load(data), host.segment(stack), host.segment(psp)
    regs.fs = regs.gs = null_segment()
    regs.esp = sp
    machine.attention = True
    host.switched(before, Door.ENTRY)
    if not machine.state.vmm.application_begins(client):
        providers.client_entered(host, client)


def free_index(host: Host) -> int:
    """A place among the clients alive. Raises `DescriptorUnavailable` without one, or if their table is full."""
    taken = {client.index for client in host.clients}
    index = next((number for number in range(layout.MAX_CLIENTS) if number not in taken), None)
    if index is None or not client_tables.has_room(host, _INITIAL_DESCRIPTORS):
        raise failures.DescriptorUnavailable
    return index


def _check_width(host: Host, bits: int, ax: int) -> None:
    """Raises `InvalidValue` for a client the host does not take."""
    others = {client.bits for client in host.clients}
    is_other = not host.profile.mixes_widths and bool(others - {bits})
    if ax > 1 or is_other or (bits == 16 and not host.profile.takes_16_bits):
        raise failures.InvalidValue


def new_client(host: Host, index: int, bits: int) -> Client:
    """The running program becomes a client, which is the current one; ES is its private data block."""
    machine, private = host.machine, host.machine.regs.es.selector
    psp = machine.state.dos.current_psp
    host.entered += 1
    client = Client(
        number=host.entered,
        index=index,
        bits=bits,
        psp=psp,
        ldt=client_tables.new_table(host, index, host.entered),
        blocks=MemoryBlocks(host.arena),
        environment=machine.memory.read_u16((psp << 4) + 0x2C),
        private_stack=Far(private, host.profile.private_paragraphs * 16),
        buffer=layout.TRANSFER_BUFFER >> 4 if host.profile.has_own_buffer else private,
        base_level=len(host.levels),
        outer_real_pointer=host.real_pointer,
        outer=host.client,
    )
    client_tables.give_vectors(host, client)
    host.clients.append(client)
    host.run_as(client)
    host.real_pointer = client.private_stack
    big = 4 if client.wide else 0
    base = layout.LOCKED_STACKS + index * layout.LOCKED_STACK_SIZE
    machine.memory.write(base, bytes(layout.LOCKED_STACK_SIZE))
    locked = sized(base, layout.LOCKED_STACK_SIZE - 1, DATA | ACCESSED, big)
    if host.profile.locks_stack_in_gdt:
        client.locked_selector = layout.LOCKED_STACK_SELECTORS + index * 8
        machine.memory.write(layout.GDT + (client.locked_selector & ~7), locked.encode())
    else:
        client.locked_selector = _host_selector(client, locked, "host: locked protected-mode stack")
    if host.profile.has_flat_callback_data:
        client.alias_selector = layout.FLAT_DATA
        machine.memory.write(layout.GDT + (layout.FLAT_DATA & ~7), _FLAT.encode())
    else:
        alias = sized(0, 0xFFFF, DATA, big)
        client.alias_selector = _host_selector(client, alias, "host: real-mode stack alias of callbacks")
    return client


def _host_selector(client: Client, descriptor: Descriptor, label: str) -> int:
    index = client.ldt.allocate(1, Owner.HOST, label)
    client.ldt.write(index, descriptor)
    return client.ldt.selector(index)


def _environment_limit(host: Host, paragraph: int) -> int:
    """Last offset of the environment: the size of its memory block, from the MCB in front of it."""
    paragraphs = host.machine.memory.read_u16((paragraph - 1 << 4) + 3)
    return min(max(paragraphs * 16, 1), 0x10000) - 1

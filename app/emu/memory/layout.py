"""Where everything lies, in linear addresses.

    00000000  conventional memory, IVT and BIOS data at its foot, video at A0000h, ROM at F0000h; then the HMA
    00400000  clients' extended memory (INT 31h AX=0501h)
    C0000000  the host: tables, boot code, ring-0 stack (supervisor pages)
    C0100000  what clients may see of the host: trap addresses (read-only), locked protected-mode stacks
    C0110000  the host's page tables (supervisor pages)
    C0340000  with device drivers: the Virtual Machine Manager's structures, the drivers' objects (supervisor pages)
    C0400000  with device drivers: conventional memory again, as drivers see that of a virtual machine
    C0800000  with device drivers: their heap, and behind it the pages they allocate (supervisor pages)

Conventional memory is mapped one to one, clients' memory to any frames of the machine's memory (to the same address
where that is free); the host's pages lie behind the machine's memory physically.
"""

from __future__ import annotations

from typing import Final

PAGE: Final = 0x1000
TRANSFER_BUFFER: Final = 0xE000
"""Below the programs, a page for hosts that put translated calls through memory of their own."""
CONVENTIONAL_END: Final = 0x110000
"""End of the first MiB with the HMA: always mapped one to one, user, writable."""
VIDEO: Final = 0xA0000
"""End of the memory for programs."""
EXTENDED_BASE: Final = 0x400000
"""First linear address the host hands to clients."""
CLIENTS_END: Final = 0x80000000
"""End of the linear addresses for clients: below 2 GiB, which old clients take for negative."""

HOST: Final = 0xC0000000
GDT: Final = HOST
IDT: Final = HOST + 0x1000
TSS: Final = HOST + 0x2000
TSS_LIMIT: Final = 0x2067
BOOT: Final = HOST + 0x5000
RING0_STACK: Final = HOST + 0x8000
RING0_STACK_SIZE: Final = 0x8000
RING0_STACK_TOP: Final = RING0_STACK + RING0_STACK_SIZE
LDTS: Final = HOST + 0x10000
LDT_SIZE: Final = 0x10000
"""Bytes of one LDT: 8192 descriptors."""
MAX_CLIENTS: Final = 8

HOST_USER: Final = HOST + 0x100000
TRAPS: Final = HOST_USER
LOCKED_STACKS: Final = HOST_USER + 0x1000
LOCKED_STACK_SIZE: Final = 0x1000
BREAKS: Final = HOST_USER + 0x9000
"""Protected-mode addresses that lead to the Virtual Machine Manager: a page of INT 30h."""
PAGE_TABLES: Final = HOST + 0x110000
PAGE_TABLES_SIZE: Final = 0x210000
"""The directory and a table for every 4 MiB up to `CLIENTS_END` and for the host."""
VMM: Final = HOST + 0x340000
"""The Virtual Machine Manager's page: VM control blocks, what it calls drivers with."""
VMM_TRAPS: Final = HOST + 0x341000
"""Where drivers' procedures return to."""
VXDS: Final = HOST + 0x342000
HOST_SIZE: Final = 0x400000
"""Bytes of physical memory behind the machine's own that the host takes."""

VXDS_END: Final = HOST + HOST_SIZE
"""Objects of drivers lie between these two."""
HIGH_LINEAR: Final = HOST + 0x400000
"""CB_High_Linear: what drivers add to a V86 linear address."""
VXD_HEAP: Final = HOST + 0x800000
"""The heap of drivers (_HeapAllocate)."""
VXD_PAGES: Final = HOST + 0xC00000
"""Pages of drivers (_PageAllocate), behind the end of the heap."""
VXD_PAGES_END: Final = HOST + 0x1C00000
GLOBAL_V86: Final = 0xD0000
"""The global V86 data area: upper memory nothing else uses, up to `ROM`."""
ROM: Final = 0xF0000
ROM_SIZE: Final = 0x10000

NULL_BASE: Final = 0xE0000000
"""Base the host gives a segment register it leaves null: nothing is mapped there, so any use faults."""
LOW_GUARD: Final = 0x10000
"""Below this programs have no memory of their own: null selectors loaded by the guest are caught here."""

# Fixed GDT selectors.
RING0_CODE: Final = 0x08
RING0_DATA: Final = 0x10
LDT_SELECTOR: Final = 0x18
TSS_SELECTOR: Final = 0x20
VXD_CODE: Final = 0x28
VXD_DATA: Final = 0x30
BREAK_CODE: Final = 0x38 | 3
BIOS_DATA: Final = 0x40
"""Old clients use 40h as a selector for the BIOS data area."""
TRAP_CODE16: Final = 0x50 | 3
TRAP_CODE32: Final = 0x58 | 3
LOCKED_STACK_SELECTORS: Final = 0x60 | 3
"""One for each client, under hosts that have their locked stacks here; else empty."""
FLAT_DATA: Final = LOCKED_STACK_SELECTORS + MAX_CLIENTS * 8
"""All linear addresses, for callback handlers of hosts that give them that; else empty."""
GDT_SIZE: Final = (FLAT_DATA & ~7) + 8

"""The tables and the few ring-0 instructions the machine boots with."""

from __future__ import annotations

import struct
from typing import Final

from app.emu.descriptor import Descriptor, sized
from app.emu.memory import layout
from app.emu.memory.memory import WRITABLE, Memory

CR0: Final = 0x80010023
"""PG, WP, NE, MP, PE."""
CR0_EM: Final = 4
"""Coprocessor instructions raise exception 7."""


def write_tables(memory: Memory) -> None:
    """Fill the GDT, IDT and TSS."""
    gdt = {
        layout.RING0_CODE: sized(0, 0xFFFFFFFF, 0x9B, 4),
        layout.RING0_DATA: sized(0, 0xFFFFFFFF, 0x93, 4),
        layout.LDT_SELECTOR: sized(layout.LDTS, layout.LDT_SIZE - 1, 0x82),
        layout.TSS_SELECTOR: sized(layout.TSS, layout.TSS_LIMIT, 0x89),
        layout.BIOS_DATA: sized(0x400, 0x2FF, 0xF3),
        layout.TRAP_CODE16 & ~7: sized(layout.TRAPS, 0xFFF, 0xFB),
        layout.TRAP_CODE32 & ~7: sized(layout.TRAPS, 0xFFF, 0xFB, 4),
    }
    for selector, descriptor in gdt.items():
        memory.write(layout.GDT + selector, descriptor.encode())
    memory.write(layout.TSS + 4, struct.pack("<II", layout.RING0_STACK_TOP, layout.RING0_DATA))
    memory.write(layout.TSS + 0x66, struct.pack("<H", 0x68))
    # The I/O permission bitmap behind the TSS stays zero: clients and V86 code reach every port.
    for vector in range(256):
        entry = layout.BOOT + 0x800 + vector
        gate = struct.pack("<HHBBH", entry & 0xFFFF, layout.RING0_CODE, 0, 0xEE, entry >> 16)
        memory.write(layout.IDT + 8 * vector, gate)
    memory.write(layout.BOOT + 0x800, b"\xf4" * 256)


def boot_code(memory: Memory) -> tuple[int, int]:
    """Write the boot code; return where it starts and where its IRETD stands (both physical: paging is still off).

    CR3, paging on, CR4, lgdt, lidt, far jump to ring-0 code, flat data segments, LDT, task register, IRETD. It runs
    with paging off at first, so it lies one to one in conventional memory for that moment.
    """
    start = 0x8000
    tables = start + 0x80
    memory.write(tables, struct.pack("<HI", layout.GDT_SIZE - 1, layout.GDT))
    memory.write(tables + 8, struct.pack("<HI", 0x7FF, layout.IDT))
    code = b"".join(
        (
            b"\xb8" + struct.pack("<I", memory.directory) + b"\x0f\x22\xd8",  # mov eax, directory / mov cr3, eax
            b"\x0f\x20\xc0\x0d" + struct.pack("<I", CR0) + b"\x0f\x22\xc0",  # cr0 |= PG, WP, NE, MP
            b"\xb8\x04\x00\x00\x00\x0f\x22\xe0",  # cr4 = TSD: RDTSC would read the host's clock
            b"\x0f\x01\x15" + struct.pack("<I", tables),  # lgdt
            b"\x0f\x01\x1d" + struct.pack("<I", tables + 8),  # lidt
        )
    )
    jump_to = start + len(code) + 7
    code += b"\xea" + struct.pack("<IH", jump_to, layout.RING0_CODE)
    code += b"\x66\xb8" + struct.pack("<H", layout.RING0_DATA)
    code += b"\x8e\xd0\x8e\xd8\x8e\xc0\x8e\xe0\x8e\xe8"  # ss, ds, es, fs, gs
    code += b"\x66\xb8" + struct.pack("<H", layout.LDT_SELECTOR) + b"\x0f\x00\xd0"  # lldt
    code += b"\x66\xb8" + struct.pack("<H", layout.TSS_SELECTOR) + b"\x0f\x00\xd8"  # ltr
    memory.write(start, code)
    return start, start + len(code)


def erase_boot_code(memory: Memory) -> None:
    """Give conventional memory back as it was."""
    memory.write(0x8000, bytes(0x100))


def protect_tables(memory: Memory) -> None:
    """Read-only from now on, for drivers in ring 0 too: GDT, IDT, TSS, the boot page, page tables."""
    for start, end in (
        (layout.GDT, layout.BOOT + 0x1000),
        (layout.PAGE_TABLES, layout.PAGE_TABLES + layout.PAGE_TABLES_SIZE),
    ):
        for page in range(start, end, 0x1000):
            memory.set_page_entry(page, memory.page_entry(page) & ~WRITABLE)


def write_iretd(memory: Memory) -> int:
    """Place the one IRETD every entry into the guest goes through; return its linear address."""
    memory.write(layout.BOOT, b"\xcf")
    return layout.BOOT


def write_move_to_cr0(memory: Memory) -> int:
    """Place `mov cr0, eax` and return its linear address."""
    memory.write(layout.BOOT + 0x10, b"\x0f\x22\xc0")
    return layout.BOOT + 0x10


def ldt_descriptor(client_index: int) -> Descriptor:
    """The GDT entry of a client's LDT."""
    return sized(layout.LDTS + client_index * layout.LDT_SIZE, layout.LDT_SIZE - 1, 0x82)

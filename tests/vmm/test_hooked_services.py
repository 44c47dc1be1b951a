"""Hook_Device_Service, Exec_VxD_Int, and what services do to the program afterwards."""

from __future__ import annotations

import pytest

from app.emu.memory import layout
from app.emu.registers import Flag
from app.emu.vmm.control_block import PM_EXEC, VXD_EXEC
from app.emu.vmm.places import DEFAULT_FAULT, SERVICES
from tests.vmm.stand import MODES, Ended, Stand, kept, loaded
from tests.vmm.test_faults import program


def near(address: int) -> str:
    return "B8" + address.to_bytes(4, "little").hex() + "FFD0"  # mov eax, address / call eax


def test_a_service_of_the_manager_is_hooked_and_called() -> None:
    stand = Stand.of("v86")
    hook = stand.procedure(f"{near(SERVICES)} 40 C3")  # Get_VMM_Version / inc eax
    assert stand.call(0x90, eax=0x10000, esi=hook).esi == SERVICES
    assert stand.call(0x00).eax == 0x401
    second = stand.put(bytes.fromhex(f"{near(hook)} 40 C3"), 0x40)
    assert stand.call(0x90, eax=0x10000, esi=second).esi == hook
    assert stand.call(0x00).eax == 0x402
    stand.call(0x11C, eax=0x10000, esi=second)
    assert stand.call(0x00).eax == 0x401


def test_listings_name_the_managers_addresses() -> None:
    vmm = Stand.of("v86").vmm
    assert vmm.label(SERVICES + 2 * 0x4F) == "vmm!_HeapAllocate"
    assert vmm.label(DEFAULT_FAULT) == "vmm!DEFAULT_FAULT"
    assert not vmm.label(SERVICES - 2)


def test_a_hooked_service_with_parameters_on_the_stack() -> None:
    stand = Stand.of("v86")
    at = SERVICES + 2 * 0x52  # _HeapGetSize: push the parameters again, as the hook has to
    hook = stand.procedure(f"FF742408 FF742408 {near(at)} 83C408 40 C3")
    block = stand.call(0x4F, 50, 0).eax
    stand.call(0x90, eax=0x10052, esi=hook)
    assert stand.call(0x52, block, 0).eax == 51


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("state", [0, Flag.CF])
def test_exec_vxd_int(mode: str, state: int) -> None:
    """INT 60h of the program adds to BX and sets CF; client registers stay, and so do the driver's stack and EBP."""
    stand = Stand.of(mode)
    handler = 0x30000
    code = f"83C305 {'F9' if state else 'F8'} CA0200"  # add bx, 5 / stc or clc / retf 2
    stand.machine.memory.write(handler, bytes.fromhex(code.replace(" ", "")))
    stand.machine.memory.write_u32(0x60 * 4, handler >> 4 << 16)
    given = {"eax": 1, "ebx": 0x00010002, "ecx": 3, "edx": 4, "esi": 5, "edi": 6}
    before, client = loaded(given, stand.regs), stand.machine.memory.read(stand.level.frame, 0x6C)
    after = stand.call(0x8F, 0x60, **given)
    assert not kept(before, after, {"ebx"})
    assert after.ebx == 0x00010007
    assert after.eflags & Flag.CF == state
    assert stand.machine.memory.read(stand.level.frame, 0x6C) == client
    status = stand.u32(stand.vmm.handle)
    assert not status & VXD_EXEC
    assert bool(status & PM_EXEC) == (mode != "v86")


@pytest.mark.parametrize("mode", MODES)
def test_dos_reads_and_writes_files_for_drivers(mode: str) -> None:
    stand = Stand.of(mode)
    name, data = stand.put(b"NEW.TXT\0"), stand.put(b"data of ring 0", 0x40)
    handle = stand.call(0x8F, 0x21, eax=0x3C00, ecx=0, edx=name).eax & 0xFFFF
    assert stand.call(0x8F, 0x21, eax=0x4000, ebx=handle, ecx=14, edx=data).eax & 0xFFFF == 14
    stand.call(0x8F, 0x21, eax=0x3E00, ebx=handle)
    handle = stand.call(0x8F, 0x21, eax=0x3D00, edx=name).eax & 0xFFFF
    back = stand.put(b"." * 32, 0x80)
    done = stand.call(0x8F, 0x21, eax=0x3F00, ebx=handle, ecx=32, edx=back)
    assert (done.eax & 0xFFFF, done.edx, done.eflags & Flag.CF) == (14, back, 0)
    assert stand.machine.memory.read(back, 32) == b"data of ring 0" + b"." * 18
    failed = stand.call(0x8F, 0x21, eax=0x3D00, edx=stand.put(b"NOT.TXT\0"))
    assert (failed.eax & 0xFFFF, failed.eflags & Flag.CF) == (2, 1)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"eax": 0x3500}, "AX=3500h by Exec_VxD_Int, which is not translated"),
        ({"eax": 0x4700, "edx": 0, "esi": 0xDEAD0000}, "had the manager write to DEAD0000h"),
        ({"eax": 0x4000, "ecx": 0x10000}, "at once"),
    ],
)
def test_what_exec_vxd_int_does_not_do(given: dict[str, int], says: str) -> None:
    with pytest.raises(Ended, match=says):
        Stand.of("v86").call(0x8F, 0x21, **given)


def test_selectors_of_map_lin_to_vm_addr_are_used_again() -> None:
    stand = Stand.of("pm16")
    first = stand.call(0x1D, eax=0x12345, ecx=0xFF)
    again = stand.call(0x1D, eax=0x12345, ecx=0xFF)
    other = stand.call(0x1D, eax=0x12345, ecx=0xFE)
    assert first.ecx == again.ecx != other.ecx
    made = stand.vmm.host.segment(first.ecx & 0xFFFF)
    assert (made.base, made.limit, made.access & 0x60) == (0x12345, 0xFF, 0x60)


def test_interrupt_gates_clear_the_flag_of_the_programs_interrupts() -> None:
    for gate, flag in ((0, Flag.IF), (1, 0)):
        stand = Stand.of("pm16")
        stand.client.set_flag(Flag.IF, on=True)
        cs, eip = stand.client.get("cs"), stand.client.get("eip")
        stand.call(0x45, eax=0x60, ecx=cs, edx=eip + 4)
        stand.call(0xCE, eax=0x60, edx=gate)
        program(stand, "CD60 9090 EBFE".replace(" ", ""))
        stand.run(30)
        assert stand.regs.eflags & Flag.IF == flag


def test_memory_of_drivers_is_there_and_out_of_the_programs_reach() -> None:
    stand = Stand.of("pm32")
    block = stand.call(0x53, 1, 1, 0, 0, 0, 0, 0, 0).eax
    stand.machine.memory.write(stand.base, b"\xc6\x05" + block.to_bytes(4, "little") + b"\x5a\xc3")
    stand.regs.eip = stand.base
    stand.go(1)
    assert stand.machine.memory.read_u8(block) == 0x5A
    assert stand.machine.memory.touch(block, 1, write=False) is not None, "a page fault for user code"


def test_the_heap_gives_back_what_was_freed() -> None:
    stand = Stand.of("v86")
    blocks = [stand.call(0x4F, size, 0).eax for size in (100, 5000, 7)]
    assert blocks == sorted(blocks)
    stand.machine.memory.write(blocks[1], b"x" * 5000)
    stand.call(0x51, blocks[0], 0)
    assert stand.call(0x4F, 50, 1).eax == blocks[0]
    moved = stand.call(0x50, blocks[1], 6000, 1).eax
    assert stand.machine.memory.read(moved, 6000) == b"x" * 5000 + bytes(1000)
    assert layout.VXD_HEAP <= moved < layout.VXD_PAGES

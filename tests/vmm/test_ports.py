"""Trapped ports: what programs read and write there is a driver's (Install_IO_Handler)."""

from __future__ import annotations

import pytest

from tests.emu.runs import save_run_restore_run
from tests.vmm.lab import DRIVERS
from tests.vmm.stand import MODES, Stand
from tests.vmm.test_faults import EXIT, program

PORT = 0x300
ACCESSES = 0x40
"""Where the handler below leaves (type, data), 8 bytes each, in bytes from `Stand.data`; their number is at `data`."""


def trapped(stand: Stand, *ports: int, reads: int = 0x44332211) -> None:
    """Trap ports: the handler notes type and data, and answers reads with a number."""
    stand.put(bytes(ACCESSES))
    count, first = (place.to_bytes(4, "little").hex() for place in (stand.data, stand.data + ACCESSES))
    code = f"8B35{count} 890CF5{first} 8904F5" + (stand.data + ACCESSES + 4).to_bytes(4, "little").hex()
    handler = stand.procedure(f"{code} FF05{count} B8{reads.to_bytes(4, 'little').hex()} C3".replace(" ", ""))
    stand.vmm.is_initialised = False
    for port in ports:
        stand.call(0x96, edx=port, esi=handler)
    stand.vmm.is_initialised = True


def accesses(stand: Stand) -> list[tuple[int, int]]:
    place = stand.data + ACCESSES
    return [(stand.u32(place + 8 * at), stand.u32(place + 8 * at + 4)) for at in range(stand.u32(stand.data))]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("code", "kind", "ax"),
    [("EC", 0, 0x9911), ("ED", 8, 0x2211), ("66ED", 0x10, 0x2211), ("EE", 4, 0x9988), ("EF", 0xC, 0x9988)],
)
@pytest.mark.parametrize("step", [1, 1000])
def test_in_and_out(mode: str, code: str, kind: int, ax: int, step: int) -> None:
    stand = Stand.of(mode)
    trapped(stand, PORT)
    stand.client.set("eax", 0x12349988)
    stand.client.set("edx", PORT)
    program(stand, code + "EBFE")
    stand.run(0)
    for _ in range(60):
        stand.machine.slice(step)
    data = {4: 0x88, 0xC: 0x9988}.get(kind, 0)
    assert accesses(stand) == [(kind, data)]
    assert stand.regs.ax == ax
    assert stand.regs.eax >> 16 == (0x4433 if kind == 0x10 else 0x1234)


@pytest.mark.parametrize("mode", MODES)
def test_a_word_at_the_port_before_is_made_of_bytes(mode: str) -> None:
    stand = Stand.of(mode)
    trapped(stand, 0x22)
    stand.client.set("eax", 0)
    stand.client.set("edx", 0x21)  # the interrupt controller's mask, then the driver's
    program(stand, "ED" + "EBFE")
    stand.run(60)
    assert accesses(stand) == [(0, 0)]
    assert stand.regs.ax == 0x1100 | stand.machine.state.devices.pic.master.imr


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("step", [1, 1000])
def test_string_instructions_come_element_by_element(mode: str, step: int) -> None:
    stand = Stand.of(mode)
    trapped(stand, PORT)
    base = stand.vmm.simulation.linear(stand.client.get("ds"), 0)
    stand.machine.memory.write(base + 0x300, b"ABC" + b"...")
    for name, value in (("esi", 0x300), ("edi", 0x303), ("edx", PORT), ("ecx", 3), ("eax", 0x5555)):
        stand.client.set(name, value)
    program(stand, "FC F36E B90300 F36C EBFE".replace(" ", ""))  # cld / rep outsb / mov cx, 3 / rep insb / jmp $
    stand.run(0)
    for _ in range(200):
        stand.machine.slice(step)
    assert accesses(stand) == [(4, 0x41), (4, 0x42), (4, 0x43), (0, 0), (0, 0), (0, 0)]
    assert stand.machine.memory.read(base + 0x303, 3) == b"\x11" * 3
    assert stand.regs.ax == 0x5555
    assert (stand.regs.esi & 0xFFFF, stand.regs.edi & 0xFFFF, stand.regs.ecx & 0xFFFF) == (0x303, 0x306, 0)


def test_simulate_io_makes_bytes_of_a_word() -> None:
    stand = Stand.of("v86")
    trapped(stand, PORT + 1)
    stand.vmm.is_initialised = False
    # test ecx, 8 / jz byte / int 20h Simulate_IO by jump / byte: mov al, 77h / ret
    stand.call(
        0x96, edx=PORT, esi=stand.put(bytes.fromhex("F6C108 7406 CD20 94800100 B077 C3".replace(" ", "")), 0x100)
    )
    stand.vmm.is_initialised = True
    stand.client.set("edx", PORT)
    program(stand, "ED" + "EBFE")
    stand.run(80)
    assert stand.regs.ax == 0x1177
    assert accesses(stand) == [(0, 0)]


def test_disabled_trapping_reaches_the_device() -> None:
    stand = Stand.of("v86")
    trapped(stand, 0x21)
    stand.call(0x99, edx=0x21)
    program(stand, "E421" + "EBFE")  # in al, 21h
    stand.run(40)
    assert not accesses(stand)
    assert stand.regs.al == stand.machine.state.devices.pic.master.imr


def test_drivers_themselves_reach_the_device() -> None:
    stand = Stand.of("v86")
    trapped(stand, 0x21)
    stand.machine.memory.write(stand.base, bytes.fromhex("E421 88451C C3".replace(" ", "")))  # in al, 21h
    stand.regs.eip = stand.base
    program(stand, EXIT)
    stand.go(10)
    assert not accesses(stand)


@pytest.mark.parametrize("program_", ["trap86.com", "trappm.com"])
def test_a_run_with_a_trapped_port_can_be_gone_back_in(program_: str) -> None:
    for first in (700, 9_000):
        save_run_restore_run(DRIVERS / program_, first, 12_000, vxds=(str(DRIVERS / "trap.vxd"),))

"""Hooks of faults: eaten, passed on, behind the manager, in ring 0 (VMM 3.2)."""

from __future__ import annotations

import pytest

from app.emu.registers import Flag
from app.emu.vmm.messages import Message, Sending
from app.emu.vmm.places import DEFAULT_FAULT
from tests.vmm.stand import MODES, Stand

HOOKS = {"v86": 0x7F, "pm16": 0x80, "pm32": 0x80}
UD2 = "0F0B"
EXIT = "B82A4CCD21"
"""Mov ax, 4C2Ah / int 21h"""


def program(stand: Stand, code: str) -> None:
    linear = stand.vmm.simulation.linear(stand.client.get("cs"), stand.client.get("eip"))
    stand.machine.memory.write(linear, bytes.fromhex(code))


def skips(stand: Stand) -> int:
    """A handler that moves Client_EIP over UD2, and notes its flags."""
    return stand.procedure("9C 8F05" + stand.data.to_bytes(4, "little").hex() + "83452402 C3")


@pytest.mark.parametrize("mode", MODES)
def test_a_handler_eats_a_fault(mode: str) -> None:
    stand = Stand.of(mode)
    stand.call(HOOKS[mode], eax=6, esi=skips(stand))
    program(stand, UD2 + EXIT)
    stand.run(2000)
    assert stand.machine.state.end is not None
    assert (stand.machine.state.end.how, stand.machine.state.end.code) == ("exit", 0x2A)
    assert not stand.u32(stand.data) & Flag.IF, "interrupts are disabled"
    (told,) = stand.events("vxd_procedure_called")
    assert (told.to_object()["kind"], told.to_object()["reference"]) == ("fault", 6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", ["jump", "call"])
def test_a_handler_passes_a_fault_on(mode: str, way: str) -> None:
    stand = Stand.of(mode)
    address = DEFAULT_FAULT.to_bytes(4, "little").hex()
    handler = stand.procedure({"jump": f"68{address}C3", "call": f"B8{address}FFD0C3"}[way])
    assert stand.call(HOOKS[mode], eax=6, esi=handler).esi == DEFAULT_FAULT
    program(stand, UD2 + EXIT)
    stand.run(2000)
    assert stand.machine.state.end is not None
    assert "06h (invalid opcode)" in stand.machine.state.end.message
    assert len(stand.events("vxd_procedure_called")) == 1


def test_the_last_hook_is_the_first_called() -> None:
    stand = Stand.of("v86")
    first = skips(stand)
    stand.call(0x7F, eax=6, esi=first)
    second = stand.put(b"\x68" + first.to_bytes(4, "little") + b"\xc3", 0x40)
    assert stand.call(0x7F, eax=6, esi=second).esi == first
    program(stand, UD2 + EXIT)
    stand.run(2000)
    assert [event.to_object()["procedure"] for event in stand.events("vxd_procedure_called")] == [second]
    assert stand.machine.state.end is not None
    assert stand.machine.state.end.code == 0x2A


@pytest.mark.parametrize("mode", MODES)
def test_hooks_of_sys_critical_init_come_behind_the_manager(mode: str) -> None:
    stand = Stand.of(mode)
    stand.vmm.agenda = [Sending(Message.Sys_Critical_Init, 1)]
    assert stand.call(HOOKS[mode], eax=6, esi=skips(stand)).esi == 0
    assert stand.call(HOOKS[mode], eax=0, esi=5).esi == 0
    stand.vmm.agenda = []
    program(stand, UD2 + EXIT)
    stand.run(2000)
    assert stand.machine.state.end is not None
    assert stand.machine.state.end.code == 0x2A


def test_exceptions_the_client_handles_are_not_theirs() -> None:
    stand = Stand.of("pm16")
    stand.vmm.agenda = [Sending(Message.Sys_Critical_Init, 1)]
    stand.call(0x80, eax=6, esi=skips(stand))
    stand.vmm.agenda = []
    # mov ax, 0203h / mov bl, 6 / mov cx, cs / mov dx, 0 / int 31h, then UD2: the handler is at offset 0, an INT 20h
    program(stand, "B80302B3068CC9BA0000CD31" + UD2 + EXIT)
    stand.run(300)
    assert not stand.events("vxd_procedure_called")
    assert [event.to_object()["handled_by"] for event in stand.events("exception_raised")][:1] == ["client"]


def test_a_driver_mends_its_own_fault() -> None:
    stand = Stand.of("v86")
    handler = stand.procedure("83452402 C745 1C 78563412 C3")  # add [ebp+24h], 2 / mov [ebp+1Ch], 12345678h / ret
    stand.call(0x81, eax=6, esi=handler)
    stand.machine.memory.write(stand.base, bytes.fromhex("0F0B A3" + stand.data.to_bytes(4, "little").hex() + "C3"))
    stand.regs.eip = stand.base
    stand.go(40)
    assert stand.u32(stand.data) == 0x12345678
    assert not stand.vmm.has_crashed


def test_a_fault_of_ring_0_that_is_passed_on_ends_the_vm() -> None:
    stand = Stand.of("v86")
    stand.call(0x81, eax=6, esi=stand.procedure("68" + DEFAULT_FAULT.to_bytes(4, "little").hex() + "C3"))
    stand.machine.memory.write(stand.base, b"\x0f\x0b\xc3")
    stand.regs.eip = stand.base
    stand.go(40)
    assert stand.vmm.has_crashed
    assert stand.findings() == ["vxd_failed"]


def test_the_managers_handler_is_for_faults_only() -> None:
    stand = Stand.of("v86")
    stand.machine.memory.write(stand.base, b"\x68" + DEFAULT_FAULT.to_bytes(4, "little") + b"\xc3")
    stand.regs.eip = stand.base
    stand.go(40)
    assert stand.vmm.has_crashed


def test_fault_handlers_that_fault_end_the_vm() -> None:
    stand = Stand.of("v86")
    stand.call(0x81, eax=6, esi=stand.procedure(UD2))
    stand.machine.memory.write(stand.base, bytes.fromhex(UD2))
    stand.regs.eip = stand.base
    stand.go(2000)
    assert stand.machine.state.end is not None
    assert "invalid opcode" in stand.machine.state.end.message

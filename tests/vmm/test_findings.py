"""What drivers do wrong is told as findings (VMM 8)."""

from __future__ import annotations

import pytest

from app.emu.events import Finding, V86BreakpointHit, V86BreakpointInstalled
from app.emu.registers import Flag
from app.emu.vmm.breaks import POOL_SIZE
from tests.vmm.stand import MODES, Ended, Stand
from tests.vmm.test_faults import program

SPOT = 4
"""Where the patched instruction is, in bytes behind the program's call."""


def patched(code: str, handler: str) -> Stand:
    """A program with a breakpoint on its second instruction, which is `code`; the driver's handler."""
    stand = Stand.of("v86")
    cs, ip = stand.client.get("cs"), stand.client.get("eip") & 0xFFFF
    program(stand, "90" * SPOT + code + "EBFE")
    stand.call(0x09, eax=cs << 16 | ip + SPOT, esi=stand.procedure(handler))
    stand.run(60)
    return stand


MOVES = "83452402"
"""Add dword [ebp+24h], 2: to Client_EIP"""


@pytest.mark.parametrize(
    ("code", "handler", "rules"),
    [
        ("90", "FF4524C3", []),  # a NOP is reserved and skipped
        ("B80500", "83452403 C7451C05000000 C3", []),  # mov ax, 5, emulated
        ("B80500", "83452403 C3", ["vxd_breakpoint_not_emulated"]),
        ("B80500", "FF4524C3", ["vxd_breakpoint_length"]),
        ("B80500", f"{MOVES}C3", ["vxd_breakpoint_length"]),
        ("A30003", "83452403 C3", []),  # mov [300h], ax: memory is not looked at
        ("90", "C3", ["vxd_breakpoint_not_advanced"] * 3 + ["vxd_breakpoint_endless"]),
    ],
)
def test_what_handlers_of_breakpoints_forget(code: str, handler: str, rules: list[str]) -> None:
    assert patched(code, handler).findings() == rules


def test_a_finding_refers_to_the_events_it_is_about() -> None:
    """The breakpoint's installation, and the hit."""
    log = [event for event, _ in patched("90", "C3").machine.log.since(0)]
    finding = next(event for event in log if isinstance(event, Finding))
    assert [type(log[seq]) for seq in finding.refs] == [V86BreakpointInstalled, V86BreakpointHit]


def test_the_same_byte_under_another_segment() -> None:
    stand = Stand.of("v86")
    cs, ip = stand.client.get("cs"), stand.client.get("eip") & 0xFFFF
    program(stand, "90" * 32)
    stand.call(0x09, eax=(cs - 1) << 16 | ip + SPOT + 16, esi=stand.procedure("C3"))
    stand.run(60)
    assert stand.findings()[0] == "vxd_breakpoint_alias"


def test_a_byte_patched_twice() -> None:
    stand = Stand.of("v86")
    stand.call(0x09, eax=0x30000004, esi=1)
    stand.call(0x09, eax=0x2FFF0014, esi=1)
    assert stand.findings() == ["vxd_patched_twice"]


def test_breakpoints_left_behind() -> None:
    stand = Stand.of("v86")
    stand.call(0x09, eax=0x30000004, esi=1)
    program(stand, "B44CCD21")
    stand.run(2000)
    assert stand.machine.has_ended
    assert stand.findings() == ["vxd_breakpoint_left"]


@pytest.mark.parametrize("service", [0x0B, 0x0C])
def test_the_same_callback_again(service: int) -> None:
    stand = Stand.of("v86")
    for _ in range(4):
        stand.call(service, esi=stand.procedure(), edx=5)
    stand.call(service, esi=stand.procedure(), edx=6)
    assert stand.findings() == ["vxd_callback_again"]


@pytest.mark.parametrize("mode", MODES)
def test_the_address_of_an_empty_pool_is_called(mode: str) -> None:
    stand = Stand.of(mode)
    stand.vmm.breaks.callbacks = POOL_SIZE
    assert stand.call(0x0B, esi=5).eax == 0xFFFFFFFF
    program(stand, "9A" + "FF" * 4 if mode != "pm32" else "669A" + "FF" * 6)  # call FFFF:FFFF
    stand.run(300)
    (found,) = stand.events("finding")
    told = found.to_object()
    assert (told["rule"], told["severity"]) == ("vxd_pool_not_tested", "error")
    (refused,) = (event for event, _ in stand.machine.log.since(told["refs"][0]) if event.seq == told["refs"][0])
    assert refused.to_object()["function"] == 0x0B


def raw(stand: Stand, procedure: str) -> str:
    """A far call of a callback that leads to a procedure, as the program's code."""
    service = 0x0B if stand.mode == "v86" else 0x0C
    address = stand.call(service, esi=stand.procedure(procedure)).eax
    offset, segment = (address & 0xFFFF).to_bytes(2, "little").hex(), (address >> 16).to_bytes(2, "little").hex()
    return f"669A{offset}0000{segment}" if stand.mode == "pm32" else f"9A{offset}{segment}"


FAR_RET = "CD20 4A000100"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("classic", "procedure", "rules"),
    [
        (False, "C3", []),
        (False, f"{FAR_RET} C3", ["vxd_far_return_twice"]),
        (True, f"{FAR_RET} C3", []),
    ],
)
def test_who_does_the_far_return(mode: str, classic: bool, procedure: str, rules: list[str]) -> None:
    stand = Stand.of(mode)
    stand.vmm.classic = classic
    program(stand, "6A00" * 8 + raw(stand, procedure) + "EBFE")
    stand.run(60)
    assert stand.findings()[:1] == rules


def test_nobody_does_it() -> None:
    stand = Stand.of("v86")
    stand.vmm.classic = True
    program(stand, raw(stand, "C3") + "EBFE")
    stand.run(60)
    assert stand.findings()[0] == "vxd_no_far_return"


def test_a_callback_on_a_vector_that_returns_by_retf() -> None:
    stand = Stand.of("v86")
    stand.machine.memory.write_u32(0x60 * 4, stand.call(0x0B, esi=stand.procedure(f"{FAR_RET} C3")).eax)
    program(stand, "CD60EBFE")
    stand.run(60)
    assert stand.findings() == ["vxd_far_return_of_interrupt"]


@pytest.mark.parametrize(
    ("code", "what"), [("45C3", "EBP"), ("FDC3", "direction flag"), ("668CC88ED8C3", "segment register")]
)
def test_what_procedures_have_to_keep(code: str, what: str) -> None:
    stand = Stand.of("v86")
    stand.call(0x0E, esi=stand.procedure(code))
    stand.run(60)
    (found,) = stand.events("finding")
    assert what in found.to_object()["message"]


def test_call_when_vm_returns_behind_a_frame() -> None:
    stand = Stand.of("v86")
    stand.call(0x48, ecx=0x3000, edx=0)
    stand.call(0x0D, eax=0, esi=stand.procedure())
    assert stand.findings() == ["vxd_returns_after_frame"]
    stand = Stand.of("v86")
    stand.call(0x0D, eax=0, esi=stand.procedure())
    stand.call(0x48, ecx=0x3000, edx=0)
    assert not stand.findings()


def test_frames_that_nested_execution_has_popped_are_gone() -> None:
    stand = Stand.of("v86")
    stand.call(0x82)
    stand.call(0x84, eax=0x12)
    stand.call(0x86)
    stand.call(0x0D, eax=0, esi=stand.procedure())
    assert not stand.findings()


def test_flags_changed_in_front_of_simulate_iret() -> None:
    stand = Stand.of("v86")
    stand.vmm.simulation.interrupt_frame(0x3000, 0)
    stand.client.set_flag(Flag.CF, on=not stand.client.get("eflags") & Flag.CF)
    stand.call(0x47)
    assert stand.findings() == ["vxd_flags_lost"]


def test_the_locked_stack_is_kept_to_the_end() -> None:
    stand = Stand.of("pm16")
    stand.call(0x8B)
    program(stand, "B8004CCD21")
    stand.run(2000)
    assert stand.machine.has_ended
    assert stand.findings() == ["vxd_locked_stack_kept"]


def test_services_that_are_not_asynchronous_in_a_fault_handler() -> None:
    stand = Stand.of("v86")
    handler = "6A006A64 CD20 4F000100 83C408 CD20 01000100 83452402 C3"  # _HeapAllocate, Get_Cur_VM_Handle
    stand.call(0x81, eax=6, esi=stand.procedure(handler))
    stand.machine.memory.write(stand.base, b"\x0f\x0b\x90\x90")
    stand.regs.eip = stand.base
    stand.go(20)
    assert stand.findings() == ["vxd_not_asynchronous"]


@pytest.mark.parametrize(
    ("ordinal", "rule"),
    [
        (0x85, "vxd_nest_rules"),
        (0x86, "vxd_nest_rules"),
        (0x84, "vxd_nest_rules"),
        (0x8B, "vxd_locked_stack"),
        (0x8C, "vxd_locked_stack"),
        (0x2F, "vxd_failed"),
    ],
)
def test_what_ends_the_vm_is_a_finding(ordinal: int, rule: str) -> None:
    stand = Stand.of("v86")
    with pytest.raises(Ended):
        stand.call(ordinal, eax=0x60)
    assert stand.findings() == [rule]


def test_a_full_locked_stack_ends_the_vm() -> None:
    stand = Stand.of("pm16")
    stand.call(0x8B)
    with pytest.raises(Ended, match="it had the manager use the client's memory: exception 0Dh"):
        for _ in range(0x1000 // 2 + 1):
            stand.call(0x4D, eax=1)

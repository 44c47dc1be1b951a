"""Events and time-outs of drivers: when they run, and what their procedures find (VMM 0, 3.2, 5.2)."""

from __future__ import annotations

import pytest

from app.debug import plain_state
from app.emu.devices.clock import RATE
from app.emu.memory import layout
from app.emu.registers import Flag, Mode
from app.emu.vmm.schedule import ALWAYS_SCHED, TIME_OUT, WAIT_FOR_STI, WAIT_NOT_CRIT
from tests.emu.runs import assert_same, plain, whole_state
from tests.vmm.stand import MODES, Stand

EBX, EDX, ECX, CARRY, COUNT, EBP = range(0, 24, 4)
"""Where `noting` leaves what it found, in bytes from `Stand.data`."""
NOT_LOCKED = 0x40
VM = layout.VMM + 0x400
WAITS = "EBFE"
"""Jmp $"""


def noting(stand: Stand) -> int:
    """A procedure that leaves its registers in memory and counts."""
    at = {name: (stand.data + offset).to_bytes(4, "little").hex() for name, offset in
          (("ebx", EBX), ("edx", EDX), ("ecx", ECX), ("cf", CARRY), ("count", COUNT), ("ebp", EBP))}  # fmt: skip
    stand.put(bytes(24))
    code = "0F9205{cf} 891D{ebx} 8915{edx} 890D{ecx} 892D{ebp} FF05{count} C3".format(**at)
    return stand.procedure(code.replace(" ", ""))


def found(stand: Stand, what: int) -> int:
    return stand.u32(stand.data + what)


def program(stand: Stand, code: str) -> None:
    """What the program does when the driver has returned."""
    linear = stand.vmm.simulation.linear(stand.client.get("cs"), stand.client.get("eip"))
    stand.machine.memory.write(linear, bytes.fromhex(code))


@pytest.mark.parametrize("mode", MODES)
def test_events_run_between_the_return_and_ring_3(mode: str) -> None:
    stand = Stand.of(mode)
    procedure = noting(stand)
    first = stand.call(0x0E, esi=procedure, edx=0x11).esi
    second = stand.call(0x0F, ebx=VM, esi=procedure, edx=0x22).esi
    assert first != second
    frame = stand.level.frame
    seq = len(stand.machine.log)
    stand.run(60)
    told = [event.to_object() for event, _ in stand.machine.log.since(seq)]
    kinds = [each["event"] for each in told if each["event"] not in {"service_called", "service_returned"}]
    assert kinds[:4] == ["vxd_callback_returned", "vxd_procedure_called", "vxd_procedure_called", "mode_switched"]
    assert [each["reference"] for each in told if each["event"] == "vxd_procedure_called"] == [0x11, 0x22]
    assert (found(stand, EBX), found(stand, EDX), found(stand, EBP)) == (VM, 0x22, frame)
    assert found(stand, COUNT) == 2


def test_an_event_may_ask_for_another_one() -> None:
    stand = Stand.of("v86")
    other = stand.procedure("C3")
    again = stand.put(b"\xbe" + other.to_bytes(4, "little") + b"\xcd\x20\x0e\0\1\0\xc3")
    stand.call(0x0E, esi=again, edx=1)
    stand.run(60)
    assert [event.to_object()["procedure"] for event in stand.events("vxd_procedure_called")] == [again, other]


def test_cancelled_events_do_not_run() -> None:
    stand = Stand.of("v86")
    handle = stand.call(0x0E, esi=noting(stand)).esi
    stand.call(0x12, esi=handle)
    stand.run(60)
    assert found(stand, COUNT) == 0


@pytest.mark.parametrize("mode", MODES)
def test_an_event_called_at_once_runs_within_the_service(mode: str) -> None:
    stand = Stand.of(mode)
    assert stand.call(0x10, esi=noting(stand), edx=5, ebx=77).ebx == 77
    assert (found(stand, COUNT), found(stand, EDX), found(stand, EBX)) == (1, 5, VM)


def test_an_event_for_the_other_vm_finds_its_handle() -> None:
    stand = Stand.of("v86")
    stand.call(0x11, ebx=layout.VMM, esi=noting(stand))
    assert found(stand, COUNT) == 0
    stand.run(60)
    assert (found(stand, COUNT), found(stand, EBX), stand.vmm.handle) == (1, layout.VMM, VM)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("service", [0x14, 0x19])
@pytest.mark.parametrize("step", [1, 1000])
def test_an_event_that_waits_for_interrupts_runs_behind_sti(mode: str, service: int, step: int) -> None:
    stand = Stand.of(mode)
    stand.client.set_flag(Flag.IF, on=False)
    stand.call(service, ebx=VM, ecx=WAIT_FOR_STI, esi=noting(stand))
    program(stand, "9090FB4090" + WAITS)  # nop / nop / sti / inc ax / nop / jmp $
    ax = stand.client.get("eax") & 0xFFFF
    stand.run(1)
    while stand.regs.mode is Mode.RING0:
        stand.machine.slice(1)
    start = stand.machine.tick
    while stand.regs.mode is not Mode.RING0:
        stand.machine.slice(step)
    assert stand.machine.tick - start == 4, "behind the instruction in the shadow of STI"
    assert stand.client.get("eax") & 0xFFFF == ax + 1
    stand.go(40)
    assert found(stand, COUNT) == 1


def test_an_event_waits_for_the_critical_section() -> None:
    stand = Stand.of("v86")
    stand.call(0x1F, ecx=0)
    stand.call(0x14, ebx=VM, ecx=WAIT_NOT_CRIT, esi=noting(stand))
    stand.call(0x0E, esi=stand.put(b"\xcd\x20\x20\0\1\0\xc3", 0x40))  # an event that ends it
    stand.run(60)
    assert found(stand, COUNT) == 1
    order = [event.to_object()["procedure"] for event in stand.events("vxd_procedure_called")]
    assert order[0] == stand.data + 0x40


def test_an_event_waits_for_the_locked_stack() -> None:
    stand = Stand.of("pm16")
    stand.call(0x8B)
    stand.call(0x14, ebx=VM, ecx=NOT_LOCKED | ALWAYS_SCHED, esi=noting(stand))
    ends = stand.put(b"\xcd\x20\x8c\0\1\0\xc3", 0x40)
    stand.call(0x3C, eax=1, esi=ends)
    program(stand, WAITS)
    stand.run(60)
    assert found(stand, COUNT) == 0
    stand.machine.slice(RATE // 500)
    stand.go(60)
    assert found(stand, COUNT) == 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("step", [41, 1_000_000])
def test_time_outs(mode: str, step: int) -> None:
    stand = Stand.of(mode)
    stand.client.set_flag(Flag.IF, on=False)
    handle = stand.call(0x3C, eax=1, edx=0x33, esi=noting(stand)).esi
    assert handle
    program(stand, WAITS)
    due = stand.vmm.next_due()
    stand.run(40)
    while not found(stand, COUNT):
        stand.machine.slice(step)
        assert stand.machine.clock < due + 100
    called = stand.events("vxd_procedure_called")
    assert [
        (event.to_object()["kind" if "kind" in event.to_object() else "nature"], event.tick) for event in called
    ] == [("time_out", due - stand.machine.state.idle)]
    assert (found(stand, EDX), found(stand, ECX), found(stand, EBX)) == (0x33, 0, VM)
    assert not stand.vmm.schedule.waiting


def test_a_time_out_comes_in_time_while_the_program_waits() -> None:
    stand = Stand.of("v86")
    stand.client.set_flag(Flag.IF, on=True)
    stand.call(0x3C, eax=3, esi=noting(stand))
    due = stand.vmm.next_due()
    program(stand, "F4" + "EBFD")  # hlt, for ever
    stand.run(1)
    while not found(stand, COUNT):
        stand.machine.slice(1000)
    assert due <= stand.machine.clock < due + 50


def test_a_driver_that_is_busy_is_called_late() -> None:
    stand = Stand.of("v86")
    stand.call(0x3C, eax=1, esi=noting(stand))
    stand.machine.memory.write(stand.base, bytes.fromhex("B900000100 E2FE C3"))  # 65536 rounds: 16 ms
    stand.regs.eip = stand.base
    while not found(stand, COUNT):
        stand.machine.slice(1000)
    assert found(stand, ECX) == 15


def test_an_event_with_a_time_out_runs_in_any_case() -> None:
    stand = Stand.of("v86")
    stand.client.set_flag(Flag.IF, on=False)
    stand.call(0x14, ebx=VM, ecx=WAIT_FOR_STI | TIME_OUT, edi=1, esi=noting(stand))
    program(stand, WAITS)
    stand.run(40)
    assert found(stand, COUNT) == 0
    stand.machine.slice(RATE // 500)
    stand.go(40)
    assert (found(stand, COUNT), found(stand, CARRY) & 1) == (1, 1)


def test_what_waits_is_part_of_a_checkpoint() -> None:
    stand = Stand.of("pm16")
    procedure = noting(stand)
    stand.call(0x3C, eax=1, esi=procedure)
    stand.call(0x14, ebx=VM, ecx=ALWAYS_SCHED, esi=procedure)
    stand.call(0x4F, 100, 1)
    program(stand, WAITS)
    saved = stand.machine.save()
    ends = []
    for step in (10_000, 13):
        stand.machine.restore(saved)
        stand.run(0)
        while stand.machine.tick < 9000:
            stand.machine.slice(min(step, 9000 - stand.machine.tick))
        assert found(stand, COUNT) == 2
        state = whole_state(stand.machine)
        state["state"] = None  # turns differ: they count slices
        ends.append(state)
    assert_same(*ends)


def test_all_that_drivers_have_is_written_and_read() -> None:
    """Bookmarks of recordings keep the state as JSON (`plain_state`)."""
    stand = Stand.of("pm16")
    procedure, machine = noting(stand), stand.machine
    stand.call(0x14, ebx=VM, ecx=WAIT_FOR_STI, esi=procedure)
    stand.call(0x3C, eax=5, esi=procedure)
    stand.call(0x53, 2, 1, 0, 0, 0, 0, 0, 0)
    handle = stand.call(0x9B, eax=0, ecx=8).esi
    stand.call(0x9E, esi=handle, eax=stand.call(0x9D, esi=handle).eax)
    stand.call(0x96, edx=0x300, esi=procedure)
    stand.call(0x80, eax=6, esi=procedure)
    stand.call(0x90, eax=0x10000, esi=procedure)
    stand.call(0x6C, 0x500000, 16, 0)
    read = plain_state.read(plain_state.write(machine.state, machine.named()), machine.named())
    assert plain(read, machine, {}) == plain(machine.state, machine, {})

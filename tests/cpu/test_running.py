"""Counting, breakpoints, self-modifying code, ports, checkpoints: the processor as the debugger uses it."""

import pytest

from app.emu.cpu.exits import Exit, Why
from app.emu.cpu.unicorn_cpu import UnicornCpu
from app.emu.descriptor import BIG, sized
from app.emu.host.traps import write_traps
from app.emu.memory import layout
from app.emu.memory.memory import Memory
from tests.cpu.conftest import CODE, CODE_ACCESS, CS, DATA, DS, FREE, TOP, Lab


def done(count: int) -> Exit:
    return Exit(Why.BUDGET, count)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 999])
def test_counts_are_exact(lab: Lab, count: int) -> None:
    assert lab.run("4043ebfc", count) == done(count)
    assert lab.regs.eax == (count + 2) // 3


def test_a_repetition_counts_each_time(lab: Lab) -> None:
    lab.regs.ecx, lab.regs.edi = 5, 0x100
    lab.put("f3aacd21")
    lab.regs.eip = 0
    assert lab.run(count=3) == done(3)
    assert (lab.regs.ecx, lab.regs.eip) == (2, 0)
    result = lab.run()
    assert (result.why, lab.regs.ecx) == (Why.INTERRUPT, 0)


@pytest.mark.parametrize("loop", ["e0", "e1"])
def test_flags_after_loope_are_those_before(lab: Lab, loop: str) -> None:
    """Unicorn 2.1 forgets them when the counter ends the loop."""
    lab.regs.eax, lab.regs.ecx = 0xFF, 1
    assert lab.run("3c01 04f0" + loop + "fa 9090cd21").vector == 0x21
    assert lab.regs.eflags & 0x8D5 == 0x81, "FFh + F0h = EFh: carry and sign"


# Breakpoints


def test_breakpoints_stop_before_the_instruction(lab: Lab) -> None:
    lab.put("9040cd21")
    lab.cpu.set_breakpoints(frozenset({lab.base + 1}))
    assert lab.run() == Exit(Why.BREAKPOINT, 1)
    assert (lab.regs.eip, lab.regs.eax) == (1, 0)
    assert lab.run() == Exit(Why.INTERRUPT, 2, 0x21)
    lab.regs.eip = 0
    lab.cpu.set_breakpoints(frozenset())
    assert lab.run() == Exit(Why.INTERRUPT, 3, 0x21)


def test_a_loop_comes_back_to_the_breakpoint_it_started_from(lab: Lab) -> None:
    lab.cpu.set_breakpoints(frozenset({lab.base}))
    assert lab.run("4043ebfc") == Exit(Why.BREAKPOINT, 3)
    assert lab.run("4043ebfc") == Exit(Why.BREAKPOINT, 3)


def test_a_breakpoint_on_a_repeated_instruction_stops_at_each_repetition(lab: Lab) -> None:
    lab.regs.ecx, lab.regs.edi = 3, 0x100
    lab.cpu.set_breakpoints(frozenset({lab.base + 1}))
    assert lab.run("90f3aacd21") == Exit(Why.BREAKPOINT, 1)
    assert lab.run() == Exit(Why.BREAKPOINT, 1)
    assert lab.regs.ecx == 2


def test_a_breakpoint_comes_before_the_fault_of_its_instruction(pm: Lab) -> None:
    for code in ("2ea300000000", "a300200000" if pm.wide else "a30020"):
        pm.cpu.set_breakpoints(frozenset({pm.base + 1}))
        assert pm.run("90" + code) == Exit(Why.BREAKPOINT, 1)
        assert pm.run() == Exit(Why.FAULT, 0, 13)


# Code that changes


def test_an_instruction_that_changes_the_next_one(lab: Lab) -> None:
    """MOV CS:[…], AL before INT, as old C libraries do; through a writable alias in protected mode."""
    if lab.mode == "v86":
        code = "b021" + "2ea20700" + "cd00"
    else:
        lab.define(FREE, sized(CODE, 0xFFFF, 0xF3, BIG if lab.wide else 0))
        lab.regs.ds = lab.segment(FREE)
        code = "b021" + ("a208000000" if lab.wide else "a20600") + "cd00"
    for step in (0, 1, 7):
        assert lab.run(code, step=step) == Exit(Why.INTERRUPT, 3, 0x21)


def test_code_written_by_the_host(lab: Lab) -> None:
    assert lab.run("90cd21") == Exit(Why.INTERRUPT, 2, 0x21)
    assert lab.run("90cd22") == Exit(Why.INTERRUPT, 2, 0x22)
    lab.memory.write(lab.base + 2, b"\x23")
    lab.regs.eip = 0
    assert lab.run() == Exit(Why.INTERRUPT, 2, 0x23)


def test_code_copied_by_the_guest(lab: Lab) -> None:
    """A copy over code that was executed before."""
    lab.put("90cd21", 0x200)
    lab.regs.eip = 0x200
    assert lab.run() == Exit(Why.INTERRUPT, 2, 0x21)
    if lab.mode == "v86":
        lab.regs.es = lab.regs.cs
    else:
        lab.define(FREE, sized(CODE, 0xFFFF, 0xF3))
        lab.regs.es = lab.segment(FREE)
    lab.memory.write(lab.regs.ds.base, bytes.fromhex("40cd33"))
    jump = "e9f9010000" if lab.wide else "e9fb01"
    lab.regs.esi, lab.regs.edi, lab.regs.ecx = 0, 0x200, 3
    assert lab.run("f3a4" + jump) == Exit(Why.INTERRUPT, 7, 0x33)


def test_a_missing_page_is_met_only_when_the_code_gets_there() -> None:
    pm = Lab("pm32")
    pm.define(FREE, sized(0x4F0000, 0xFFFFF, CODE_ACCESS, BIG))
    pm.regs.cs = pm.segment(FREE)
    pm.memory.write(0x4FFFF0, b"\x90" * 16)
    for step in (0, 1):
        pm.regs.eip = 0xFFF0
        result = pm.run(step=step)
        assert (result.vector, result.executed, result.cr2, pm.regs.eip) == (14, 16, 0x500000, 0x10000)


# Ports


def test_ports_know_the_time_and_end_the_run(lab: Lab) -> None:
    times: list[object] = []
    lab.cpu.port_in = lambda port, size: times.append(lab.cpu.executed) or port + size
    lab.cpu.port_out = lambda port, size, value: times.append((port, size, value))
    lab.put("9090e460e46190e67790")
    assert lab.cpu.run(lab.regs, layout.RING0_STACK_TOP, 1000) == done(6)
    assert times == [2, 3, (0x77, 1, 0x62)]
    assert lab.regs.eip == 9


# Determinism and checkpoints


def test_the_time_stamp_counter_counts_instructions(lab: Lab) -> None:
    assert lab.run("90900f3190cd21") == Exit(Why.INTERRUPT, 5, 0x21)
    assert (lab.regs.eax, lab.regs.edx) == (3, 0)
    saved = lab.cpu.save()
    lab.run("0f31cd21")
    first = lab.regs.eax
    lab.cpu.restore(saved)
    lab.run("0f31cd21")
    assert lab.regs.eax == first == 6


@pytest.mark.parametrize("lab", ["v86"], indirect=True)
def test_control_registers_in_v86_mode(lab: Lab) -> None:
    """Mov ebx, cr0 / smsw cx / mov cr0, ebx / mov esi, cr3 / clts / int 21h"""
    assert lab.run("0f20c3 0f01e1 0f22c3 0f20de 0f06 cd21") == Exit(Why.INTERRUPT, 6, 0x21)
    assert lab.regs.ebx & 0xFFFF == lab.regs.ecx & 0xFFFF
    assert lab.regs.ebx & (1 << 31 | 1) == 1 << 31 | 1  # paging, protected mode
    assert lab.regs.esi == lab.memory.directory


@pytest.mark.parametrize("lab", ["v86"], indirect=True)
@pytest.mark.parametrize("code", ["0f20d0", "0f22d8", "0f22c0", "0f23c0"])
def test_other_control_registers_are_refused(lab: Lab, code: str) -> None:
    """Mov eax, cr2 / mov cr3, eax / mov cr0, eax, which leaves protected mode / mov dr0, eax"""
    lab.regs.eax = 0
    assert lab.run(code) == Exit(Why.FAULT, 0, 13)
    assert lab.regs.eax == lab.regs.eip == 0


def test_control_register_0_in_protected_mode(pm: Lab) -> None:
    """Mov ebx, cr0 / mov cr0, ebx / int 21h: what extenders do around an EXEC"""
    assert pm.run("0f20c3 0f22c3 cd21") == Exit(Why.INTERRUPT, 3, 0x21)
    assert pm.regs.ebx & (1 << 31 | 1) == 1 << 31 | 1  # paging, protected mode


@pytest.mark.parametrize("code", ["0f20d8", "0f22d8", "0f22c0", "0f06"])
def test_other_privileged_instructions_in_protected_mode(pm: Lab, code: str) -> None:
    """Mov eax, cr3 / mov cr3, eax / mov cr0, eax with other bits / clts"""
    assert pm.run(code) == Exit(Why.FAULT, 0, 13)


def test_cpuid_tells_of_a_486(lab: Lab) -> None:
    lab.regs.eax = 1
    lab.run("0fa2cd21")
    assert lab.regs.eax >> 8 & 0xF == 4


def test_the_fpu_survives(lab: Lab) -> None:
    lab.run("dbe3d9ebcd21")
    saved = lab.cpu.save()
    lab.run("dbe3cd21")
    lab.cpu.restore(saved)
    place = "1d00010000" if lab.wide else "1e0001"
    lab.run("dd" + place + "cd21")
    assert lab.memory.read(lab.regs.ds.base + 0x100, 8).hex() == "182d4454fb210940"


def test_16_bit_stacks_leave_the_high_half_of_esp() -> None:
    pm = Lab("pm16")
    pm.regs.esp = 0xABCD0800
    pm.run("5058cd21")
    assert pm.regs.esp == 0xABCD0800


def test_errors_in_hooks_do_not_pass_silently(lab: Lab) -> None:
    def fail(_port: int, _size: int) -> int:
        raise ZeroDivisionError

    lab.cpu.port_in = fail
    with pytest.raises(ZeroDivisionError):
        lab.run("e460cd21")


def test_many_engines() -> None:
    for _ in range(3):
        UnicornCpu(Memory(2))


def test_a_flat_program_can_be_written_to() -> None:
    """Flat segments: nothing to watch, and code is written through DS."""
    pm = Lab("pm32")
    pm.define(FREE, sized(0, 0xFFFFFFFF, 0xF3, BIG))
    pm.define(FREE + 8, sized(0, 0xFFFFFFFF, CODE_ACCESS, BIG))
    pm.regs.ds = pm.regs.es = pm.regs.ss = pm.segment(FREE)
    pm.regs.cs = pm.segment(FREE + 8)
    pm.regs.esp, pm.regs.eip, pm.regs.ebx = DATA + 0x1000, CODE, DATA
    pm.put("8903 a16c040000 c6050f004000 21 cd00")
    assert pm.run() == Exit(Why.INTERRUPT, 4, 0x21)


def test_without_a_coprocessor_its_instructions_raise_exception_7(lab: Lab) -> None:
    code = "90 D9E8 CD80"  # nop / fld1 / int 80h
    assert lab.run(code).why is Why.INTERRUPT
    for _ in range(2):
        lab.cpu.enable_coprocessor(on=False)
        ended = lab.run(code)
        assert (ended.why, ended.vector, ended.executed, lab.regs.eip) == (Why.FAULT, 7, 1, 1)
        lab.cpu.enable_coprocessor(on=True)
        assert lab.run(code).why is Why.INTERRUPT


def test_the_way_back_to_the_host_needs_no_watching(pm: Lab) -> None:
    """PUSHF, PUSH 5Bh, PUSH 140h, IRET: what a callback's handler does, often. The host's page holds HLT only."""
    pm.put("9c 6a5b 6840010000 cf" if pm.wide else "669c 666a5b 666840010000 66cf")
    write_traps(pm.memory)
    guard = pm.cpu._guard
    assert guard is not None
    for _ in range(2):
        pm.regs.cs, pm.regs.eip, pm.regs.esp = pm.segment(CS), 0, TOP
        assert pm.run() == Exit(Why.FAULT, 4, 13)
        assert (pm.regs.cs.selector, pm.regs.eip) == (layout.TRAP_CODE32, 0x140)
        assert guard._wide == pm.wide
        assert not any(segment.base == layout.TRAPS for segment, _, _ in guard._arming._uses)


def test_a_segment_that_only_begins_like_the_hosts_page_is_watched() -> None:
    lab = Lab("pm16")
    lab.define(FREE, sized(layout.TRAPS, 0xFFFFFFFF, CODE_ACCESS, BIG))
    lab.regs.ds = lab.segment(DS)
    at = CODE + 0x100 - layout.TRAPS & 0xFFFFFFFF
    lab.put("8b0500100000", 0x100)  # mov eax, [1000h]: past the limit
    assert lab.run("66ea" + at.to_bytes(4, "little").hex() + FREE.to_bytes(2, "little").hex()) == Exit(Why.FAULT, 1, 13)


@pytest.mark.parametrize("mode", ["v86", "pm32"])
def test_running_out_of_room_for_translations_changes_nothing(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that is written anew before each of its two passes, with a checked access and a port among it."""
    monkeypatch.setattr("app.emu.cpu.engine.ROOM_FOR_TRANSLATIONS", 1 << 20)
    lab = Lab(mode)
    for number in range(250):
        lab.put(f"b0{number & 0xFF:02x}" + "4048" * 40 + "26ac e421" + "434b" * 20)
        for _ in range(2):
            lab.regs.eip, lab.regs.eax, lab.regs.esi = 0, 0x1200, 0
            assert lab.run(count=100) == done(100)
            assert (lab.regs.eip, lab.regs.eax) == (103, 0x12FF)
        assert lab.run(count=23) == done(23)

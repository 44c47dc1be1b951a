"""The debug registers: which instruction raises exception 1, where it stands then, and what the error code says."""

from __future__ import annotations

import pytest

from app.emu.cpu.exits import Exit, Why
from app.emu.probes import MemoryProbe
from app.emu.registers import Flag
from app.emu.watchpoint import SINGLE_STEP, Watchpoint, WatchType
from tests.cpu.conftest import CODE, DATA, Lab

WRITE, READ_WRITE, EXECUTE = WatchType.WRITE, WatchType.READ_WRITE, WatchType.EXECUTE


def watch(lab: Lab, *points: tuple[int, int, WatchType]) -> None:
    """Watchpoints with the handles 0, 1, …: offset in the data or code segment, bytes, type."""
    base = {True: lab.base, False: lab.regs.ds.base}
    lab.cpu.set_watchpoints(
        tuple(
            Watchpoint(handle, base[kind is EXECUTE] + offset, size, kind)
            for handle, (offset, size, kind) in enumerate(points)
        )
    )


def hit(ended: Exit, code: int, executed: int) -> bool:
    return (ended.why, ended.vector, ended.error_code, ended.executed) == (Why.FAULT, 1, code, executed)


def store(offset: int, *, wide: bool) -> str:
    """Mov [offset], al"""
    return "A2" + offset.to_bytes(4 if wide else 2, "little").hex()


def load(offset: int, *, wide: bool) -> str:
    """Mov al, [offset]"""
    return "A0" + offset.to_bytes(4 if wide else 2, "little").hex()


def test_behind_the_instruction_that_wrote(lab: Lab) -> None:
    watch(lab, (0x100, 4, WRITE))
    code = "90" + load(0x100, wide=lab.wide) + store(0x104, wide=lab.wide) + store(0x103, wide=lab.wide) + "90 CD80"
    assert hit(lab.run(code), 1, 4)
    assert lab.run().why is Why.INTERRUPT, "and on it goes"


def test_reads_and_writes(lab: Lab) -> None:
    watch(lab, (0x100, 1, READ_WRITE), (0x200, 2, READ_WRITE))
    assert hit(lab.run(load(0x100, wide=lab.wide) + store(0x201, wide=lab.wide) + "CD80"), 1, 1)
    assert hit(lab.run(), 2, 1)
    assert lab.run().why is Why.INTERRUPT


def test_each_pass_of_a_string_instruction(pm: Lab) -> None:
    watch(pm, (0x102, 2, WRITE))
    pm.regs.es, pm.regs.edi, pm.regs.ecx = pm.regs.ds, 0x100, 6
    assert hit(pm.run("F3AA CD80"), 1, 3)
    assert (pm.regs.eip, pm.regs.ecx) == (0, 3)
    assert hit(pm.run(), 1, 1)
    assert pm.run().why is Why.INTERRUPT


def test_before_the_instruction(lab: Lab) -> None:
    """RF lets it pass; it is gone behind the first instruction, however the run is cut."""
    watch(lab, (1, 1, EXECUTE), (3, 1, EXECUTE))
    assert hit(lab.run("90 40 90 48 CD80"), 1, 1)
    assert lab.regs.eip == 1
    assert lab.regs.eflags & Flag.RF
    lab.run(count=1)
    assert not lab.regs.eflags & Flag.RF
    assert hit(lab.run(), 2, 1)
    assert lab.run().why is Why.INTERRUPT
    lab.regs.eip, lab.regs.eflags = 1, lab.regs.eflags & ~Flag.RF
    assert hit(lab.run(count=1), 1, 0), "a run that begins there"


def test_an_instruction_that_faults_has_written_nothing(pm: Lab) -> None:
    watch(pm, (0xFFE, 2, WRITE))
    ended = pm.run("A3FE0F" + ("0000" if pm.wide else "") + "CD80") if pm.wide else pm.run("66A3FE0F CD80")
    assert (ended.why, ended.vector, ended.executed) == (Why.FAULT, 13, 0)


def test_the_trap_flag_has_a_bit_of_its_own(lab: Lab) -> None:
    watch(lab, (0x100, 1, WRITE))
    lab.regs.eflags |= Flag.TF
    assert hit(lab.run("90" + store(0x100, wide=lab.wide) + "F1"), SINGLE_STEP, 1)
    assert hit(lab.run(), SINGLE_STEP | 1, 1)
    lab.regs.eflags &= ~Flag.TF
    assert hit(lab.run(), 0, 1), "INT1 has none"


@pytest.mark.parametrize("step", [0, 1, 2])
def test_slices_and_debuggers_change_nothing(lab: Lab, step: int) -> None:
    watch(lab, (0x100, 1, WRITE))
    probe = MemoryProbe(lab.regs.ds.base + 0x100, 1, reads=True, writes=True)
    lab.cpu.look_out(frozenset({probe}))
    code = load(0x100, wide=lab.wide) + "90" + store(0x100, wide=lab.wide) + "90 CD80"
    assert hit(lab.run(code, step=step), 1, 3)
    assert probe in lab.cpu.sightings
    lab.cpu.look_out(frozenset())
    assert hit(lab.run(code, step=step), 1, 3)
    watch(lab)
    lab.cpu.look_out(frozenset({probe}), stops=True)
    assert lab.run(code, count=1).why is Why.BUDGET
    assert lab.run(count=2).why is Why.BUDGET, "the debugger's own stop is no exception"


def test_pages_that_move_are_watched_where_they_are(pm: Lab) -> None:
    pm.memory.map_range(DATA, CODE + 0x40000, 0x1000, 7)
    watch(pm, (0x100, 1, WRITE))
    code = store(0x100, wide=pm.wide) + "CD80"
    assert hit(pm.run(code), 1, 1)
    pm.memory.map_range(DATA, CODE + 0x50000, 0x1000, 7)
    assert hit(pm.run(code), 1, 1)


def test_no_trap_flag_is_left_by_stepping_to_a_missing_page(pm: Lab) -> None:
    """Instructions before a missing page are stepped one by one; the fault of one of them shows no trace of that."""
    pm.memory.unmap_range(CODE + 0x1000, 0x1000)
    pm.memory.unmap_range(DATA + 0x1000, 0x1000)
    pm.regs.ds = type(pm.regs.ds)(pm.regs.ds.selector, pm.regs.ds.base, 0xFFFF, pm.regs.ds.access, pm.regs.ds.flags)
    code = bytes.fromhex("90 90" + load(0x1000, wide=pm.wide) + "90" * 12)
    pm.memory.write(CODE + 0x1000 - len(code), code)
    pm.regs.eip = 0x1000 - len(code)
    ended = pm.run()
    assert (ended.why, ended.vector, ended.executed) == (Why.FAULT, 14, 2)
    assert not pm.regs.eflags & Flag.TF

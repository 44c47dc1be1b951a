"""A run is the same however it is sliced, whatever the bytes; and nothing a client executes harms the host."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.emu.cpu.exits import Exit, Why
from app.emu.descriptor import BIG, Descriptor, sized
from app.emu.memory import layout
from app.emu.memory.memory import MemoryImage
from app.emu.registers import Flag, Registers, Segment
from tests.cpu.conftest import CODE, DATA, FREE, Lab

LENGTH = 400
DATA_SELECTORS = [FREE + 8 * number for number in range(6)]

Outcome = tuple[list[Exit], Registers, bytes, bool]


class Bench(Lab):
    """A lab that goes back to its first state."""

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        big = BIG if self.wide else 0
        shapes = [
            sized(DATA + 0x800, 0x3FF, 0xF3, big),
            Descriptor(DATA, 0x7FF, 0xF7, 0),
            Descriptor(DATA, 0xFFF, 0xF1, big),
            Descriptor(CODE, 0x7FF, 0xFB, big),
            sized(0, 0xFFFFFFFF, 0xF3, big),
            Descriptor(DATA, 0xFFF, 0x73, 0),
        ]
        for selector, shape in zip(DATA_SELECTORS, shapes, strict=True):
            self.define(selector, shape)
        self.first = self.regs.copy()
        self.image: MemoryImage = self.memory.save()
        self.saved = self.cpu.save()

    def play(self, code: bytes, slices: int, start: Registers, *, waits: bool = False) -> Outcome:
        """Run; step over what faults, as a debugger's user might. waits: turn interrupts off where they are let in."""
        self.memory.restore(self.image)
        self.cpu.restore(self.saved)
        self.memory.write(self.base, code)
        self.regs.assign(start)
        exits: list[Exit] = []
        done = 0
        while done < LENGTH and len(exits) < 30:
            size = min(slices, LENGTH - done)
            result = self.cpu.run(self.regs, layout.RING0_STACK_TOP, size, until_interruptible=waits)
            done += result.executed
            assert result.executed <= slices
            assert self.regs.is_v86 == start.is_v86
            assert self.regs.is_v86 or self.regs.cs.selector & 3 == 3
            if result.why is not Why.BUDGET:
                exits.append(Exit(result.why, done, result.vector, result.error_code, result.cr2))
                if result.why is Why.FAULT and result.vector != 1:
                    self.regs.eip = self.regs.eip + 1 & 0xFFFF
                    done += 1
                self.regs.cs, self.regs.ss = start.cs, start.ss
            if waits and self.regs.interrupts_on and not self.cpu.in_shadow:
                exits.append(Exit(Why.BUDGET, done))
                self.regs.set_flag(Flag.IF, on=False)
        memory = self.memory.read(self.base, 0x1000) + self.memory.read(self.regs.ds.base, 0x100)
        return exits, self.regs.copy(), memory, self.cpu.in_shadow


BENCHES: dict[str, Bench] = {}


def bench(mode: str) -> Bench:
    return BENCHES.setdefault(mode, Bench(mode))


def random_start(lab: Bench, chance: random.Random) -> Registers:
    regs = lab.first.copy()
    for name in ("eax", "ecx", "edx", "ebx", "ebp", "esi", "edi"):
        value = chance.choice((chance.getrandbits(32), chance.randrange(0x1010), 0xFFF, 0, 0xFFFE, 5))
        setattr(regs, name, value)
    regs.esp = chance.choice((0x1000, 0x800, 4, 0xFFE, 0x12340800))
    if not regs.is_v86:
        for name in ("ds", "es", "fs", "gs"):
            selector = chance.choice([*DATA_SELECTORS[:5], 0x8F])
            setattr(regs, name, chance.choice((lab.segment(selector), getattr(regs, name))))
        regs.edx = chance.choice(DATA_SELECTORS)
    return regs


SNIPPETS = bytes.fromhex(
    "8eda|8ec2|8ee2|1e|07|1f|06|f3a4|f3ab|aa|a5|ad|268b07|268807|648b07|658907|8b07|8907|ff30|50|58|60|61|c9|c3|6a05|"
    "89e5|81c40001|e2f0|ebfe|7510|31c0|8ed8|8ec0|c40f|c50f|2e8907|2e8b07|0f31|cd21|dd17|db3f|d907|9c|9d|40|4b|49|"
    "fb|fa|fb40fa|1617|cf|fbf3aa|fb17|"
    "0fa307".replace("|", "00ff00")
).split(b"\x00\xff\x00")


def random_code(chance: random.Random) -> bytes:
    parts = [chance.choice(SNIPPETS) if chance.random() < 0.7 else chance.randbytes(3) for _ in range(120)]
    return b"".join(parts)


def first_difference(one: Outcome, other: Outcome) -> str:
    for number, (a, b) in enumerate(zip(one[0], other[0], strict=False)):
        if a != b:
            return f"exit {number}: {a} / {b}"
    return f"{len(one[0])} / {len(other[0])} exits, {one[1]} / {other[1]}"


def compare(mode: str, code: bytes, start: Registers, *, waits: bool = False) -> None:
    lab = bench(mode)
    outcomes = [lab.play(code, slices, start, waits=waits) for slices in (LENGTH, 1, 7)]
    for other in outcomes[1:]:
        assert outcomes[0] == other, first_difference(outcomes[0], other)


@pytest.mark.parametrize("mode", ["v86", "pm16", "pm32"])
@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_slices_do_not_matter(mode: str, seed: int) -> None:
    chance = random.Random(seed)
    compare(mode, random_code(chance), random_start(bench(mode), chance))


@pytest.mark.parametrize("mode", ["v86", "pm16", "pm32"])
@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_interrupts_are_let_in_at_the_same_instruction(mode: str, seed: int) -> None:
    chance = random.Random(seed)
    start = random_start(bench(mode), chance)
    start.set_flag(Flag.IF, on=False)
    compare(mode, random_code(chance), start, waits=True)


@pytest.mark.parametrize("mode", ["v86", "pm16", "pm32"])
@settings(max_examples=20, deadline=None, derandomize=True)
@given(code=st.binary(min_size=16, max_size=200))
def test_any_bytes(mode: str, code: bytes) -> None:
    compare(mode, code, bench(mode).first)


def test_two_machines_run_alike_with_a_history() -> None:
    """What was watched and planted before does not change a verdict."""
    chance = random.Random(1)
    codes = [(random_code(chance), random_start(bench("pm16"), chance)) for _ in range(12)]
    fresh = [Bench("pm16").play(code, LENGTH, start) for code, start in codes]
    worn = Bench("pm16")
    for _ in range(2):
        assert [worn.play(code, LENGTH, start) for code, start in codes] == fresh


def test_the_null_segment_stays_null_when_sliced() -> None:
    lab = Lab("pm32")
    lab.regs.ds = Segment(0, layout.NULL_BASE)
    lab.put("40" * 50 + "a100000000")
    for step in (0, 1, 7):
        lab.regs.eip = 0
        assert lab.run(step=step) == Exit(Why.FAULT, 50, 13)

"""Who used this? What the processor notes while it runs freely is what single steps would have shown."""

from __future__ import annotations

import random

import pytest

from app.emu.cpu.exits import Why
from app.emu.descriptor import sized
from app.emu.disassembly import effects
from app.emu.memory import layout
from app.emu.probes import AddressProbe, LoadProbe, MemoryProbe, Probe, RegisterProbe
from app.emu.registers import GENERAL, SEGMENTS, Registers
from tests.cpu.conftest import CODE, DATA, DS, FREE, Lab

COPY = "be00000000 bf10000000 b904000000 fc f3a4 a100000000 a320000000 f4"
"""mov esi,0 / mov edi,10h / mov ecx,4 / cld / rep movsb / mov eax,[0] / mov [20h],eax / hlt"""


def sightings(lab: Lab, code: str, *probes: Probe, stops: bool = False) -> dict[Probe, int]:
    lab.cpu.look_out(frozenset(probes), stops=stops)
    lab.run(code)
    return lab.cpu.sightings


@pytest.mark.parametrize(
    "offset, size, reads, writes, expected",
    [
        (0x10, 1, False, True, 4),  # the first byte the string instruction writes
        (0x13, 1, False, True, 7),
        (0x10, 4, False, True, 7),  # any of them: the last counts
        (0x00, 4, True, False, 9),  # the dword is read last by MOV; the string instruction takes five passes
        (0x01, 1, True, False, 9),  # in the middle of it
        (0x22, 1, False, True, 10),
        (0x24, 4, True, True, None),
        (0x00, 4, False, True, None),
    ],
)
def test_the_last_access_to_memory_is_known(
    offset: int, size: int, reads: bool, writes: bool, expected: int | None
) -> None:
    lab = Lab("pm32")
    probe = MemoryProbe(DATA + offset, size, reads, writes)
    assert sightings(lab, COPY, probe).get(probe) == expected


def test_a_use_ends_the_run_behind_the_instruction() -> None:
    lab = Lab("pm32")
    probe = MemoryProbe(DATA + 0x11, 1, reads=False, writes=True)
    lab.cpu.look_out(frozenset({probe}), stops=True)
    lab.put(COPY)
    ended = lab.cpu.run(lab.regs, layout.RING0_STACK_TOP, 100)
    assert (ended.why, ended.executed) == (Why.BUDGET, 6)
    assert lab.cpu.sightings == {probe: 5}
    assert lab.regs.ecx == 2


@pytest.mark.parametrize(
    "name, reads, writes, expected",
    [
        ("eax", False, True, 9),
        ("eax", True, False, 10),
        ("ecx", False, True, 7),
        ("esi", False, True, 7),
        ("ebx", True, True, None),
        ("ds", True, False, 10),
        ("es", True, False, 7),
        ("ds", False, True, None),
    ],
)
def test_the_last_use_of_a_register_is_known(name: str, reads: bool, writes: bool, expected: int | None) -> None:
    lab = Lab("pm32")
    probe = RegisterProbe(name, reads, writes)
    assert sightings(lab, COPY, probe).get(probe) == expected


def test_a_loop_is_watched_from_its_second_round_on_too() -> None:
    lab = Lab("pm32")
    probe = RegisterProbe("edx", reads=False, writes=True)
    # mov ecx,50 / dec ecx / cmp ecx,10 / jne +1 / inc edx / test ecx,ecx / jnz -11 / hlt
    seen = sightings(lab, "b932000000 49 83f90a 7501 42 85c9 75f5 f4", probe)
    assert seen[probe] == 1 + 39 * 5 + 3


def test_an_address_is_noted_even_when_its_instruction_faults() -> None:
    lab = Lab("pm32")
    probe = AddressProbe(CODE + 1)
    assert sightings(lab, "90 a100200000 f4", probe) == {probe: 1}  # the limit of DS is FFFh


def test_what_a_fault_takes_back_was_no_use() -> None:
    lab = Lab("pm32")
    probe = MemoryProbe(DATA + 0x1000, 4, reads=True, writes=True)
    assert sightings(lab, "90 c705 00100000 01000000 f4", probe) == {}


def test_the_monitors_own_entry_uses_nothing() -> None:
    lab = Lab("pm32")
    probe = LoadProbe(DS, layout.LDTS + (DS & ~7))
    assert sightings(lab, "90 90 f4", probe) == {}


def test_loading_a_selector_is_noted() -> None:
    lab = Lab("pm32")
    probe = LoadProbe(DS, layout.LDTS + (DS & ~7))
    assert sightings(lab, f"90 66b8{DS:02x}00 8ec0 90 f4", probe) == {probe: 2}


def test_marking_a_descriptor_accessed_is_no_write() -> None:
    lab = Lab("pm32")
    lab.define(FREE, sized(DATA, 0xFFF, 0xF2, 4))
    at = layout.LDTS + (FREE & ~7)
    probe = MemoryProbe(at, 8, reads=False, writes=True, is_descriptor=True)
    assert sightings(lab, f"66b8{FREE:02x}00 8ec0 f4", probe) == {}
    assert lab.memory.read_u8(at + 5) == 0xF3
    plain = MemoryProbe(at, 8, reads=False, writes=True)
    lab.define(FREE, sized(DATA, 0xFFF, 0xF2, 4))
    assert sightings(lab, f"66b8{FREE:02x}00 8ec0 f4", plain) == {plain: 1}


def test_looking_out_changes_nothing(lab: Lab) -> None:
    code = "31c0 b90a00 40 50 58 e2fb f4" if lab.mode != "pm32" else "31c0 b90a000000 40 50 58 e2fb f4"
    plain = lab.run(code), lab.regs.copy()
    for name in ("eax", "esp", "eflags"):
        other = Lab(lab.mode)
        other.cpu.look_out(frozenset({RegisterProbe(name, reads=True, writes=True)}))
        assert (other.run(code), other.regs) == plain


@pytest.mark.parametrize("mode", ["pm16", "pm32", "v86"])
def test_registers_change_only_as_the_effects_say(mode: str) -> None:
    """Random instructions on the processor: what is different afterwards was foretold."""
    lab = Lab(mode)
    chance = random.Random(f"effects {mode}")
    start = lab.regs.copy()
    tried = 0
    for _ in range(6000):
        code = chance.choice((b"", b"", b"\x66", b"\xf3")) + chance.choice((b"", b"", b"\x0f")) + chance.randbytes(8)
        told = effects(code, wide=lab.wide)
        if told is None:
            continue
        lab.put(code.hex())
        before = _random(start, chance)
        lab.regs.assign(before)
        result = lab.cpu.run(lab.regs, layout.RING0_STACK_TOP, 1)
        if result.executed != 1 or result.why is Why.FAULT:
            continue
        tried += 1
        changed = {name for name in (*GENERAL, *SEGMENTS) if getattr(lab.regs, name) != getattr(before, name)} | (
            {"eflags"} if (lab.regs.eflags ^ before.eflags) & 0xFD5 else set()
        )
        if changed == {"cs"} and lab.regs.cs.selector == before.cs.selector:
            continue  # the accessed bit
        assert changed <= told.writes, (code.hex(), changed, told)
    assert tried > 800


def _random(start: Registers, chance: random.Random) -> Registers:
    regs = start.copy()
    for name in GENERAL:
        setattr(regs, name, chance.choice((chance.randrange(0x800), chance.getrandbits(32))))
    regs.esp = 0x800
    regs.eflags |= chance.getrandbits(12) & 0x8D5
    return regs

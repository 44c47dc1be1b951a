"""The program segment prefix."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.emu.address import Far
from app.emu.dos.psp import Psp
from tests.dos.fake_machine import FakeMachine

words = st.integers(0, 0xFFFF)
fars = st.tuples(words, words).map(lambda pair: Far(*pair))
prefixes = st.builds(
    Psp,
    top=words,
    terminate=fars,
    ctrl_c=fars,
    critical=fars,
    parent=words,
    jft=st.binary(min_size=20, max_size=20),
    environment=words,
    stack=fars,
    jft_count=words,
    jft_pointer=fars,
    fcb1=st.binary(min_size=16, max_size=16),
    fcb2=st.binary(min_size=16, max_size=16),
    tail=st.binary(max_size=127),
)


@given(prefixes)
def test_round_trip(prefix: Psp) -> None:
    data = prefix.encode()
    assert len(data) == 256
    assert Psp.decode(data) == prefix


def test_fields_lie_where_the_reference_says(machine: FakeMachine) -> None:
    at = machine.dos.current_psp << 4
    memory = machine.memory
    assert memory.read(at, 2) == b"\xcd\x20"
    assert memory.read_u16(at + 0x02) == 0xA000
    assert memory.read_u32(at + 0x0A) == memory.read_u32(0x22 * 4)
    assert memory.read_u16(at + 0x16) == machine.dos.current_psp, "the first program is its own parent"
    assert memory.read(at + 0x18, 6) == b"\0\0\0\1\2\xff"
    assert memory.read_u16(at + 0x32) == 20
    assert memory.read_u32(at + 0x34) == machine.dos.current_psp << 16 | 0x18
    assert memory.read(at + 0x50, 3) == b"\xcd\x21\xcb"
    assert memory.read(at + 0x80, 2) == b"\0\r"

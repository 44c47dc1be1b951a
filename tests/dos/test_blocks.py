"""Contents of files in blocks: as a bytearray would do it, with blocks that nobody changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.emu.dos.blocks import SIZE, Blocks
from tests.emu.runs import fuzz

positions = st.integers(0, 3 * SIZE) | st.sampled_from([0, SIZE - 1, SIZE, SIZE + 1, 2 * SIZE])
steps = st.lists(
    st.tuples(st.just("write"), positions, st.binary(max_size=8) | st.sampled_from([b"x" * SIZE, b"y" * (SIZE + 9)]))
    | st.tuples(st.just("resize"), positions, st.just(b"")),
    max_size=10,
)


@given(steps)
@fuzz(80)
def test_blocks_hold_what_a_bytearray_would(done: list[tuple[str, int, bytes]]) -> None:
    blocks, plain = Blocks(), bytearray()
    for action, position, data in done:
        before = [(block, block.data) for block in blocks.blocks]
        if action == "write":
            blocks.write(position, data)
            if data:
                plain.extend(bytes(max(position - len(plain), 0)))
                plain[position : position + len(data)] = data
        else:
            blocks.resize(position)
            del plain[position:]
            plain.extend(bytes(position - len(plain)))
        assert all(block.data == data for block, data in before)
        assert blocks.size == len(plain)
        assert blocks.read(0, len(plain) + 5) == plain
        assert all(len(block.data) == SIZE for block in blocks.blocks)
    assert blocks.read(7, SIZE) == plain[7 : 7 + SIZE]
    assert blocks.read(len(plain) + 1, 5) == b""

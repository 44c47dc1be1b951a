"""What Unicorn breaks when a memory hook is called within an instruction, put right."""

from __future__ import annotations

from app.emu.cpu.engine import Engine
from app.emu.cpu.operands import CS, SS
from app.emu.cpu.verdict import instruction_at
from app.emu.memory.memory import Memory

_TOP = 0xFFFFFFFF


def mend_far_return(engine: Engine, memory: Memory, address: int) -> None:
    """V86 code reads: give a RETF its EIP back. address: physical, what is being read.

    WORKAROUND(unicorn 2.1): it sets EIP before it reads CS from the stack, and Unicorn puts EIP back to the
    instruction's own for a hook on that read.
    """
    state = engine.look()
    segments = state.segments()
    instruction = instruction_at(memory, segments[CS].base + state.eip & _TOP, wide=False)
    if instruction.is_far_return:
        target, selector = instruction.accesses(state.general(), big_stack=False)
        if address == memory.translate(segments[SS].base + selector.offset):
            where = memory.read(segments[SS].base + target.offset, target.size)
            engine.go_on_at(int.from_bytes(where, "little"))

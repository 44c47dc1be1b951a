"""One moment in which all four stacks hold something: an interrupt inside a callback inside a real-mode call."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from app.debug.snapshot import Snapshot, StackFrame, StackSlot, StackView
from app.emu.address import Far
from app.emu.events import Stack
from tests.ui.fakes import snapshot_at

APPLICATION, LOCKED, REAL, RING0 = 0x112000, 0x120000, 0x1F000, 0x300000
APPLICATION_POINTER, LOCKED_POINTER, REAL_POINTER = 0x112FE8, LOCKED + 0xFCC, REAL + 0x1EA


class Word(NamedTuple):
    """One slot to be: value, meaning, index of its frame, where it points."""

    value: int
    meaning: str = ""
    frame: int | None = None
    points_to: int | None = None


def stack_of(
    which: Stack, selector: int, base: int, size: int, words: list[Word], frames: list[tuple[str, str, int]], *,
    width: int = 4, in_use: bool = False, nesting: int = 0,
) -> StackView:  # fmt: skip
    """A stack that ends at `base + size` and holds these words."""
    pointer = base + size - width * len(words)
    slots = tuple(
        StackSlot(
            Far(selector, linear - base, width == 4),
            linear,
            word.value,
            width,
            word.meaning,
            word.frame,
            word.points_to,
        )
        for linear, word in zip(range(pointer, base + size, width), words, strict=True)
    )
    blocks = []
    for number, (label, pushed_by, level) in enumerate(frames):
        inside = [slot.linear for slot in slots if slot.frame == number]
        blocks.append(StackFrame(label, pushed_by, inside[0], inside[-1] + width, level))
    return StackView(
        which, True, in_use, base, base + size, Far(selector, pointer - base, width == 4), pointer,
        base + size - pointer, nesting, tuple(blocks), slots,
    )  # fmt: skip


def four_stacks() -> tuple[StackView, ...]:
    """Application, locked, real, ring 0."""
    application = [Word(0x12C, "return address 00A7:0000012C"), *(Word(number) for number in range(5))]
    locked = [
        Word(0x15), Word(0x18, "EIP", 0), Word(0x3B, "CS", 0), Word(0x3202, "EFLAGS", 0), Word(1), Word(2),
        Word(0x30, "EIP", 1), Word(0x3B, "CS", 1), Word(0x3246, "EFLAGS", 1), *(Word(number) for number in range(4)),
    ]  # fmt: skip
    real = [Word(0x123, "IP", 0), Word(0x2000, "CS", 0), *(Word(number) for number in range(9))]
    ring0 = [
        Word(0x112FE8, "saved ESP", 0, APPLICATION_POINTER), Word(0xB7, "saved SS", 0), Word(0x12C, "EIP", 0),
        Word(0x1F00, "saved SS", 1), Word(0x1EA, "saved SP", 1, REAL_POINTER), Word(0x123, "EIP", 1),
        Word(0xFE4, "saved ESP", 2, LOCKED + 0xFE4), Word(0xC7, "saved SS", 2), *(Word(0) for _ in range(4)),
    ]  # fmt: skip
    return (
        stack_of(Stack.APPLICATION, 0xB7, APPLICATION, 0x1000, application, []),
        stack_of(
            Stack.LOCKED, 0xC7, LOCKED, 0x1000, locked,
            [("callback entry", "host (real-mode callback, slot 0)", 1), ("interrupt frame", "host (IRQ 0)", 0)],
            in_use=True, nesting=2,
        ),
        stack_of(Stack.REAL, 0x1F00, REAL, 0x200, real, [("far call", "client (real-mode code)", 0)], width=2),
        stack_of(
            Stack.RING0, 0x10, RING0, 0x2000, ring0,
            [("saved client state", "host (IRQ 0)", 0), ("saved V86 registers", "host (callback)", 1),
             ("saved client state", "host (INT 31h AX=0301h)", 2)],
            nesting=3,
        ),
    )  # fmt: skip


def stacks_snapshot(tick: int, stacks: tuple[StackView, ...]) -> Snapshot:
    """A snapshot with these stacks."""
    return replace(snapshot_at(20), tick=tick, stacks=stacks)

"""One real workload, `work.exe`, in the machine and in bare Unicorn: the same machine code, in the same minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import unicorn
from unicorn import x86_const as x86

from app.emu.dos import coff, loader
from tests.bench.table import Measure, row
from tests.emu.runs import SAMPLES, Console, forward, machine

PROGRAM: Final = SAMPLES / "go32" / "work.exe"
ROUNDS: Final = 60
"""About a hundred million instructions."""
MEMORY: Final = 0x100000
STOP: Final = MEMORY - 0x1000
"""Where the function returns to; its stack lies below."""


@row("workload: compress, unpack and compare")
def workload() -> Iterable[Measure]:
    bare = "bare Unicorn, the function alone"
    sums = set()
    for name, work in (
        (bare, _bare),
        ("bare Unicorn, its instructions counted", lambda: _bare(count=10**9)),
        ("dpmiscope, the whole program", _whole),
        ("dpmiscope, checks off", lambda: _whole(limit_checks=False)),
    ):
        seconds, checksum = min(_timed(work) for _ in range(3))
        sums.add(checksum)
        yield Measure(f"rounds, {name}", ROUNDS / seconds, f"rounds, {bare}" if name != bare else None)
    assert len(sums) == 1, f"not the same work: {sums}"


def _timed(work: Callable[[], str]) -> tuple[float, str]:
    """Seconds of processor time, so that whatever else the computer does counts little."""
    began = time.process_time()
    checksum = work()
    return time.process_time() - began, checksum


def _bare(count: int = 0) -> str:
    """The function `work`, flat, without DOS, host, segments and hooks. count: of instructions, 0 not to count them."""
    data = PROGRAM.read_bytes()
    data = data[loader.identify(data, PROGRAM.name).appended_at :]
    image = coff.decode(data, PROGRAM.name)
    uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_32)
    uc.mem_map(0, MEMORY)
    for section in image.sections:
        if section.place is not None:
            uc.mem_write(section.address, data[section.place : section.place + section.size])
    stack = STOP - 8
    uc.mem_write(stack, STOP.to_bytes(4, "little") + ROUNDS.to_bytes(4, "little"))
    uc.reg_write(x86.UC_X86_REG_ESP, stack)
    uc.emu_start(image.symbols["_work"], STOP, 0, count)
    return f"{uc.reg_read(x86.UC_X86_REG_EAX):08X}"


def _whole(**launch: Any) -> str:
    """The program from its stub on."""
    console = Console()
    running = forward(machine(PROGRAM, console=console, arguments=(str(ROUNDS),), **launch), 10**9)
    assert running.has_ended
    return console.text().split()[-1]

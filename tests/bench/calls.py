"""What a client asks for most: calls of real mode, and programs it runs that are clients themselves."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from app.debug.launch import CapturedConsole
from app.emu.machine import Machine
from tests.bench.table import Measure, row
from tests.emu.programs import EAX, STRUCTURE, store
from tests.emu.runs import client, com, machine
from tests.guest import build

CALLS = 2000
CHILDREN = 200
CALL = store(STRUCTURE + EAX, 0x3000) + bytes.fromhex("BB2100 31C9 B80003 CD31 4D")
"""mov word [… EAX], 3000h / mov bx, 21h / xor cx, cx / mov ax, 0300h / int 31h / dec bp"""


def caller(bits: int) -> bytes:
    """A client that calls INT 21h AH=30h by INT 31h AX=0300h, again and again."""
    before = b"\x66\xbf" + STRUCTURE.to_bytes(4, "little") + b"\xbd" + CALLS.to_bytes(2, "little")
    again = b"\x75" + bytes([-len(CALL) - 2 & 0xFF])  # jnz
    return client(bits, before + CALL + again)


def seconds(running: Machine) -> float:
    """Processor time to the end."""
    began = time.process_time()
    while not running.has_ended:
        running.slice(400_000)
    assert running.state.end.code == 0
    return time.process_time() - began


@row("machine: calls and children")
def calls() -> Iterable[Measure]:
    with TemporaryDirectory() as folder:
        for bits in (16, 32):
            running = machine(com(Path(folder), caller(bits)), console=CapturedConsole())
            yield Measure(f"INT 31h AX=0300h, {bits}-bit client", CALLS / seconds(running))
            assert len(running.log) > 4 * CALLS
    for bits in (16, 32):
        program = build.BUILT / f"many_children_leave_nothing_behind-{bits}.com"
        running = machine(program, arguments=(str(CHILDREN),), console=CapturedConsole())
        yield Measure(f"EXEC of a client by a {bits}-bit client", CHILDREN / seconds(running))

"""How programs end when the host ends them: the program that failed, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.emu.events import ClientLeft, ProgramEnded
from tests.emu.programs import UD2, parent
from tests.emu.runs import Console, client, com, forward, machine


def test_reading_nothing_into_code_that_has_run_is_harmless(tmp_path: Path) -> None:
    """Mov ah, 3Fh / mov bx, 5 / mov cx, 0 / mov dx, 100h / int 21h, with the program's own file as handle 5"""
    opens = bytes.fromhex("B8003D BA1A01 CD21 B43F BB0500 31C9 BA0001 CD21 B8004C CD21")
    code = opens.ljust(0x1A, b"\x90") + b"PROG.COM\0"
    assert forward(machine(com(tmp_path, code)), 1000).has_ended


CHILDREN = {
    "ends by itself": (bytes.fromhex("B82A4C CD21"), 42),
    "invalid opcode": (UD2, 0xFF),
    "halts for ever": (b"\xfa\xf4", 0xFF),
    "invalid opcode in a 16-bit client": (client(16, UD2), 0xFF),
    "invalid opcode in a 32-bit client": (client(32, UD2), 0xFF),
}


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("child", CHILDREN)
def test_a_child_that_fails_ends_alone(tmp_path: Path, bits: int, child: str) -> None:
    """The parent, a client, sees code FFh, is still a client and ends as it wants to."""
    code, left = CHILDREN[child]
    com(tmp_path, code, "CHILD.COM")
    console = Console()
    running = forward(machine(com(tmp_path, parent(bits, b"CHILD.COM")), console=console), 100_000)
    assert running.state.end is not None
    assert (running.state.end.how, running.state.end.code) == ("exit", left), console.text(2)
    ended = [event for event, _ in running.log.since(0) if isinstance(event, ProgramEnded | ClientLeft)]
    clients = 2 if "client" in child else 1
    assert sum(isinstance(event, ClientLeft) for event in ended) == clients
    assert [event.code for event in ended if isinstance(event, ProgramEnded)] == [left, left]
    assert not running.state.host.levels
    assert not running.state.host.clients

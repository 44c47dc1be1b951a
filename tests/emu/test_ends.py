"""How programs end when the host ends them: the program that failed, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.emu.events import ClientLeft, ProgramEnded
from tests.emu.runs import Console, client, com, forward, int31, machine, word

STRUCTURE, BLOCK, PATH, SEGMENT = 0x3010, 0x3100, 0x3200, 0x3000
ES, DS, EAX, EBX, EDX = 0x22, 0x24, 0x1C, 0x10, 0x14
"""Offsets in the real mode call structure."""
UD2 = b"\x0f\x0b"


def store(address: int, value: int) -> bytes:
    """Mov word [address], value"""
    return b"\xc7\x06" + word(address) + word(value)


def store_ax(address: int) -> bytes:
    """Mov [address], ax"""
    return b"\xa3" + word(address)


def parent(bits: int, name: bytes) -> bytes:
    """A client that runs a program by INT 31h AX=0300h, INT 21h AX=4B00h, and ends with the code it left."""
    text = name.ljust(16, b"\0")
    code = b"".join(store(PATH + at, int.from_bytes(text[at : at + 2], "little")) for at in range(0, 16, 2))
    code += b"\xa1" + word(SEGMENT)  # mov ax, [SEGMENT]
    code += b"".join(
        store_ax(address) for address in (STRUCTURE + ES, STRUCTURE + DS, BLOCK + 4, BLOCK + 8, BLOCK + 12)
    )
    code += store(BLOCK + 2, BLOCK + 0x20) + store(BLOCK + 0x20, 0x0D00)
    code += store(STRUCTURE + EAX, 0x4B00) + store(STRUCTURE + EDX, PATH) + store(STRUCTURE + EBX, BLOCK)
    code += b"\x66\xbf" + STRUCTURE.to_bytes(4, "little")  # mov edi, STRUCTURE
    code += b"\xbb\x21\0" + b"\x31\xc9" + b"\xb8" + word(0x0300) + b"\xcd\x31"  # mov bx, 21h / xor cx, cx / …
    code += int31(0x0400) + bytes.fromhex("7305 B8FE4C CD21")  # jnc on / mov ax, 4CFEh / int 21h: still a client
    code += store(STRUCTURE + EAX, 0x4D00) + b"\xbb\x21\0" + b"\x31\xc9" + b"\xb8" + word(0x0300) + b"\xcd\x31"
    code += b"\xa0" + word(STRUCTURE + EAX) + bytes.fromhex("B44C CD21")  # mov al, [STRUCTURE + EAX] / mov ah, 4Ch
    return b"\x8c\x0e" + word(SEGMENT) + client(bits, code)  # mov [SEGMENT], cs


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

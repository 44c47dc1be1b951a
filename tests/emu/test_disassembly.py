"""How instructions are written where the disassembler's own words would mislead."""

from __future__ import annotations

import pytest

from app.emu.disassembly import Flow, decode


@pytest.mark.parametrize(
    ("code", "wide", "text", "flow"),
    [
        ("ff1e", True, "call far [esi]", Flow.CALL),
        ("ff1e3412", False, "call far [1234h]", Flow.CALL),
        ("2eff2e3412", False, "jmp far cs:[1234h]", Flow.JUMP),
        ("ff2d78563412", True, "jmp far [12345678h]", Flow.JUMP),
        ("ff16", True, "call dword [esi]", Flow.CALL),
        ("9a34127856", False, "call far 5678h, 1234h", Flow.CALL),
    ],
)
def test_calls_and_jumps_through_memory(code: str, wide: bool, text: str, flow: Flow) -> None:
    found = decode(bytes.fromhex(code) + bytes(8), 0, wide=wide)
    assert found is not None
    assert (f"{found.mnemonic} {found.operands}", found.flow) == (text, flow)

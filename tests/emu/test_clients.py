"""Several clients in one virtual machine: whatever becomes of a child, its parent finds everything as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.events import (
    CallbackAllocated,
    ClientEntered,
    RealModeCalled,
    RealModeReturned,
    Reason,
    ResidentProviderNotified,
)
from app.emu.machine import End, Machine
from tests.emu.inventory import differences, held
from tests.emu.programs import STRUCTURE, UD2, clients, parent, raw, sequences, store
from tests.emu.runs import (
    EXIT,
    SAMPLES,
    Console,
    assert_same,
    client,
    com,
    forward,
    fuzz,
    int31,
    machine,
    run_in_slices,
    save_run_restore_run,
    word,
)
from tests.guest import build

ENOUGH = 100_000


TAKE = (
    int31(0x0501, bx=4, cx=0)
    + int31(0x0600, bx=0x40, cx=0, si=1, di=0)
    + int31(0x0000, cx=700)
    + int31(0x0100, bx=0x80)
    + int31(0x0205, bx=8, cx=0x97, dx=0x200)
    + store(0x400, 0x4141)
    + bytes.fromhex("B43C 31C9 BA0004 CD21")  # mov ah, 3Ch / xor cx, cx / mov dx, 400h / int 21h: a file
    + int31(0x0B00, bx=0x30, cx=0, dx=0x0101)
    + store(0x380, 0x1000) + store(0x382, 0) + store(0x390, 0x400) + store(0x392, 0)
    + bytes.fromhex("8C1E9403")  # mov [394h], ds: the name of shared memory is that of the file
    + int31(0x0D00, di=0x380)
    + int31(0x0303, si=0x300, di=STRUCTURE) * 20
)  # fmt: skip
"""A bit of everything a client has: memory, a lock, descriptors, DOS memory, the timer's vector, a file, a watchpoint,
shared memory, callbacks."""
OTHERS = {"XMS blocks", "providers"}
"""What does not end with a client."""


def real(bits_of_ax: int, vector: int = 0x21) -> bytes:
    """INT 31h AX=0300h with AX for the real-mode interrupt."""
    return (
        store(STRUCTURE + 0x1C, bits_of_ax)
        + b"\x66\xbf" + STRUCTURE.to_bytes(4, "little")  # mov edi, STRUCTURE
        + int31(0x0300, bx=vector, cx=0)
    )  # fmt: skip


def in_real_mode(code: bytes) -> bytes:
    """INT 31h AX=0301h with code at 500h of the program, in real mode."""
    pairs = zip(code[::2], (code + b"\x90")[1::2], strict=False)
    stores = b"".join(store(0x500 + 2 * at, low | high << 8) for at, (low, high) in enumerate(pairs))
    return (
        stores + store(STRUCTURE + 0x2A, 0x500)
        + b"\xa1" + word(0x3000) + b"\xa3" + word(STRUCTURE + 0x2C)  # mov ax, [3000h] / mov [… CS], ax
        + b"\x66\xbf" + STRUCTURE.to_bytes(4, "little")
        + int31(0x0301, bx=0, cx=0)
    )  # fmt: skip


ENDS = {
    "INT 21h AH=4Ch": EXIT,
    "an exception": UD2,
    "INT 21h AH=4Ch in real mode": real(0x4C00),
    "an exception in its real-mode procedure": in_real_mode(UD2),
    "INT 21h AH=4Ch in its real-mode procedure": in_real_mode(bytes.fromhex("B8004C CD21")),
}


def child(bits: int, end: bytes) -> bytes:
    return b"\x8c\x0e" + word(0x3000) + client(bits, TAKE + end)  # mov [3000h], cs


def until(running: Machine, kind: type, nth: int) -> None:
    """Run until the nth event of a kind has happened."""
    while sum(isinstance(event, kind) for event, _ in running.log.since(0)) < nth:
        assert not running.has_ended
        running.slice(1)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("bits, child_bits", [(16, 32), (32, 16), (32, 32)])
def test_a_child_gives_everything_back(tmp_path: Path, bits: int, child_bits: int, end: str) -> None:
    com(tmp_path, child(child_bits, ENDS[end]), "CHILD.COM")
    running = machine(com(tmp_path, parent(bits, b"CHILD.COM")), console=Console())
    until(running, RealModeCalled, 1)
    before = held(running)
    until(running, CallbackAllocated, 20)
    taken = differences(before, held(running))
    assert before.keys() - taken.keys() == {"levels", "ring-0 stack", *OTHERS}, (
        "the child has taken something of everything"
    )
    until(running, RealModeReturned, 1)
    after = held(running)
    assert differences(before, after).keys() <= {"levels", "ring-0 stack", "real-mode stack"}
    assert after["levels"] == before["levels"] - 1, "only the call itself is done with"


LEFT_BEHIND = {"dpmi09": {"vectors"}, "hdpmi": set[str](), "cwsdpmi": {"vectors"}, "windows": {"vectors"}}
"""What a child that shares its parent's tables leaves changed."""


@pytest.mark.parametrize("end", ["INT 21h AH=4Ch", "an exception", "INT 21h AH=4Ch in real mode"])
@pytest.mark.parametrize("profile", LEFT_BEHIND)
def test_a_child_that_shares_its_tables_gives_everything_back(tmp_path: Path, profile: str, end: str) -> None:
    com(tmp_path, child(32, ENDS[end]), "CHILD.COM")
    running = machine(com(tmp_path, parent(32, b"CHILD.COM")), console=Console(), profile=profile)
    until(running, RealModeCalled, 1)
    before = held(running)
    until(running, CallbackAllocated, 16)
    first, second = running.state.host.clients
    assert first.ldt.entries is second.ldt.entries
    assert first.vectors[8] == second.vectors[8] == (0x97, 0x200)
    until(running, RealModeReturned, 1)
    changed = differences(before, held(running)).keys() - {"levels", "ring-0 stack", "real-mode stack"}
    assert changed == LEFT_BEHIND[profile]


@pytest.mark.parametrize("end", ENDS)
def test_a_child_of_a_child_gives_everything_back(tmp_path: Path, end: str) -> None:
    """Three clients, the widths mixed; the last one ends in every way there is, the others as they want to."""
    com(tmp_path, child(16, ENDS[end]), "LAST.COM")
    com(tmp_path, parent(32, b"LAST.COM"), "CHILD.COM")
    console = Console()
    running = machine(com(tmp_path, parent(16, b"CHILD.COM")), console=console)
    until(running, ClientEntered, 3)
    assert [each.bits for each in running.state.host.clients] == [16, 32, 16]
    forward(running, ENOUGH)
    assert running.has_ended
    assert running.state.end.code == (0xFF if "exception" in end else 0), console.text(2)
    host = running.state.host
    assert (host.clients, host.levels, host.arena.blocks, host.client) == ([], [], [], None)
    assert {block.owner for block in running.state.dos.blocks} <= {0, 8, running.state.dos.current_psp}


def test_clients_come_and_go_many_times(tmp_path: Path) -> None:
    """Eight clients at a time are the most; a ninth is refused and nothing of it stays."""
    for number in range(8):
        com(tmp_path, parent(16 if number % 2 else 32, f"C{number + 1}.COM".encode()), f"C{number}.COM")
    # as `client`, but exit with 5 when the entry refuses with CF=1, AX=8011h
    refused = bytes.fromhex("B44A BB0010 CD21 B88716 CD2F 06 57 89F3 B448 CD21 8EC0 89E5 B80000 FF5E00")
    com(tmp_path, refused + bytes.fromhex("3D1180 7504 B8054C CD21") + EXIT, "C8.COM")
    running = forward(machine(tmp_path / "C0.COM"), ENOUGH)
    entered = [event for event, _ in running.log.since(0) if isinstance(event, ClientEntered)]
    assert len(entered) == 8
    assert running.state.end.code == 5
    assert not running.state.host.clients


# Time travel over several clients, providers, EXEC, a driver

ROUNDS = {
    "a provider and two clients": (SAMPLES / "provider.com", {"then": ((str(SAMPLES / "user32.com"),),)}),
    "three providers": (build.BUILT / "resident_providers_are_told-16.com", {}),
    "a resident client": (build.BUILT / "client_stays_resident_by_dos-32.com", {}),
    "a client that fails in a callback": (build.BUILT / "failing_callback_ends_its_owner-16.com", {}),
    "children of every kind": (build.BUILT / "many_children_leave_nothing_behind-16.com", {"arguments": ("4",)}),
    "a driver and a client": (
        SAMPLES / "drivers" / "returnspm.com",
        {"vxds": (str(SAMPLES / "drivers" / "returns.vxd"),)},
    ),
}
LENGTH = 3_000
"""Instructions in which all of that happens."""

every_round = pytest.mark.parametrize("program, launch", ROUNDS.values(), ids=ROUNDS)


@every_round
@given(data=st.data())
@fuzz(2)
def test_several_clients_go_on_from_a_checkpoint_as_before(
    program: Path, launch: dict[str, Any], data: st.DataObject
) -> None:
    save_run_restore_run(program, data.draw(st.integers(0, LENGTH)), data.draw(st.integers(0, LENGTH)), **launch)


@every_round
def test_several_clients_do_not_depend_on_slices(program: Path, launch: dict[str, Any]) -> None:
    told, state = run_in_slices(program, (1_000_000,), LENGTH, **launch)
    told_again, state_again = run_in_slices(program, (1, 1, 7, 300), LENGTH, **launch)
    assert told_again == told
    assert_same(state, state_again)


# A provider that does what it likes

DESCRIBED = bytes.fromhex(
    "BF0003 8CCB 8D7D08 B80B00 CD31"  # mov di, 300h / mov bx, cs / lea di, [di+8] / mov ax, 000Bh / int 31h
    "8D7D14 CD31"  # lea di, [di+14h] / int 31h: the 32-bit code descriptor
    "8CDB BF0003 CD31 8D7D14 CD31"  # mov bx, ds / mov di, 300h / int 31h / lea di, [di+14h] / int 31h
)
"""The structure of 0C00h at 300h: our own code and data for both widths."""
PROCEDURE = 0x400


def provider(code: bytes, paragraphs: int) -> bytes:
    """A provider whose procedure for both widths is this code; it keeps so many paragraphs."""
    structure = store(0x310, PROCEDURE) + store(0x324, PROCEDURE) + store(0x326, 0)
    installed = client(16, DESCRIBED + structure + int31(0x0C00, di=0x300) + int31(0x0C01, bx=0, dx=paragraphs))
    return installed.ljust(PROCEDURE - 0x100, b"\x90") + code


RETURN = {16: b"\xcb", 32: b"\x66\xcb"}
"""retf / o32 retf"""
RETURNS = st.sampled_from([*RETURN.values(), b"\xf9\xcb", b"\xf9\x66\xcb", EXIT, b""])
"""The same with CF=1, too; an end of the client; or on into the weeds."""


@given(
    code=st.builds(bytes.__add__, sequences | raw, RETURNS),
    second=clients,
    paragraphs=st.sampled_from([0, 6, 0x100, 0x1000]),
)
@fuzz(25)
def test_any_provider_leaves_a_machine_that_goes_on_and_ends(
    tmp_path: Path, code: bytes, second: bytes, paragraphs: int
) -> None:
    """No error of Python's, a stated end or an endless loop, and the same from a checkpoint."""
    first, then = com(tmp_path, provider(code, paragraphs), "ONE.COM"), com(tmp_path, second, "TWO.COM")
    save_run_restore_run(first, 60, 2000, then=((str(then),),))


@pytest.mark.parametrize("bits", [16, 32])
def test_that_provider_is_called(tmp_path: Path, bits: int) -> None:
    """Otherwise the test above says nothing."""
    first = com(tmp_path, provider(RETURN[bits], 0x100), "ONE.COM")
    then = com(tmp_path, client(bits, b""), "TWO.COM")
    running = forward(machine(first, then=((str(then),),)), ENOUGH)
    told = [event for event, _ in running.log.since(0) if isinstance(event, ResidentProviderNotified)]
    assert [(event.bits, event.reason) for event in told] == [(bits, reason) for reason in Reason]
    assert running.state.end == End(0, "exit", "")

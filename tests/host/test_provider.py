"""Resident service providers: the structure of 0C00h, and what the events tell of a run with three of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.descriptor import Descriptor
from app.emu.host import failures
from app.emu.host.provider import STRUCTURE, Procedure, parse
from app.emu.memory import layout
from app.emu.services import ServiceFailed
from tests.emu.runs import fuzz
from tests.guest import build
from tests.guest.guest_run import run

CODE = Descriptor(0x12340, 0xFFFF, 0xFA, 0)
DATA = Descriptor(0x12340, 0xFFFF, 0xF3, 4)
NONE = Descriptor(0, 0, 0, 0)


def structure(narrow: Procedure, wide: Procedure) -> bytes:
    return STRUCTURE.pack(
        narrow.data.encode(), narrow.code.encode(), narrow.offset,
        wide.data.encode(), wide.code.encode(), wide.offset,
    )  # fmt: skip


GOOD = Procedure(DATA, CODE, 0x100)


def test_the_structure_lies_as_the_specification_says() -> None:
    data = structure(GOOD, Procedure(DATA, CODE, 0xFFFF))
    assert len(data) == 0x28
    assert data[0x00:0x08] == data[0x14:0x1C] == DATA.encode()
    assert data[0x08:0x10] == data[0x1C:0x24] == CODE.encode()
    assert (data[0x10:0x14], data[0x24:0x28]) == (b"\x00\x01\0\0", b"\xff\xff\0\0")
    assert parse(data) == {16: GOOD, 32: Procedure(DATA, CODE, 0xFFFF)}
    assert GOOD.linear == 0x12440


@pytest.mark.parametrize("bits", [16, 32])
def test_a_zero_code_descriptor_means_no_support_for_that_width(bits: int) -> None:
    absent = Procedure(Descriptor(1, 2, 3, 4), NONE, 0xFFFF)
    assert parse(structure(GOOD, absent) if bits == 16 else structure(absent, GOOD)) == {bits: GOOD}


REACH = layout.HOST - 1
REFUSED = [
    (Procedure(DATA, Descriptor(0, 0xFFFF, 0x9A, 0), 0), failures.InvalidValue),
    (Procedure(DATA, Descriptor(0, 0xFFFF, 0xF2, 0), 0), failures.InvalidValue),
    (Procedure(CODE, CODE, 0), failures.InvalidValue),
    (Procedure(NONE, CODE, 0), failures.InvalidValue),
    (Procedure(DATA, Descriptor(0, 0xFFFF, 0x7A, 0), 0), failures.InvalidValue),
    (Procedure(DATA, Descriptor(0, 0xFF, 0xFA, 0), 0x100), failures.InvalidValue),
    (Procedure(DATA, Descriptor(REACH - 0xFFFF + 1, 0xFFFF, 0xFA, 0), 0), failures.InvalidLinearAddress),
    (Procedure(Descriptor(0, 0xFFFFF, 0xF2, 0xC), CODE, 0), failures.InvalidLinearAddress),
    (Procedure(Descriptor(0xFFFFFFFF, 0, 0xF2, 0), CODE, 0), failures.InvalidLinearAddress),
]


@pytest.mark.parametrize("procedure, failure", REFUSED)
@pytest.mark.parametrize("bits", [16, 32])
def test_what_is_refused_in_either_half(procedure: Procedure, failure: type[ServiceFailed], bits: int) -> None:
    with pytest.raises(failure):
        parse(structure(procedure, GOOD) if bits == 16 else structure(GOOD, procedure))


def test_the_last_byte_clients_reach_may_be_used() -> None:
    highest = Procedure(DATA, Descriptor(REACH - 0xFFFF, 0xFFFF, 0xFA, 0), 0xFFFF)
    assert parse(structure(highest, GOOD))[16] == highest


@given(st.binary(min_size=0x28, max_size=0x28))
@fuzz(200)
def test_any_forty_bytes_are_procedures_or_a_failure(data: bytes) -> None:
    try:
        found = parse(data)
    except (failures.InvalidValue, failures.InvalidLinearAddress):
        return
    for procedure in found.values():
        assert procedure.code.is_code
        assert procedure.offset <= procedure.code.limit
        assert procedure.code.base + procedure.code.limit < layout.HOST


# Events

PROGRAM = "resident_providers_are_told"


@pytest.fixture(scope="module", params=[16, 32])
def lines(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """The run, up to where it installs a fourth provider, which fails."""
    ended = run(build.BUILT / f"{PROGRAM}-{request.param}.com")
    assert ended.code == 0
    told = [json.loads(line) for line in ended.trace.splitlines()]
    fourth = next(line["seq"] for line in of(told, "installed") if line["provider"] == 4)
    return told[:fourth]


def of(lines: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == f"resident_provider_{what}"]


def test_each_width_is_told_of_once_when_it_is_installed_and_removed(lines: list[dict[str, Any]]) -> None:
    installed = [(line["provider"], line["bits"]) for line in of(lines, "installed")]
    assert installed == [(1, 16), (1, 32), (2, 16), (3, 32)]
    assert sorted((line["provider"], line["bits"]) for line in of(lines, "removed")) == installed
    assert all(line["handler"].startswith("0000:") for line in of(lines, "installed"))


def test_each_client_is_told_of_twice_with_its_own_selectors(lines: list[dict[str, Any]]) -> None:
    pairs: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for line in of(lines, "notified"):
        pairs.setdefault((line["provider"], line["client"]), []).append(line)
    assert len(pairs) > 10
    for calls in pairs.values():
        assert [line["reason"] for line in calls] == ["client_loaded", "client_terminated"]
        assert calls[0]["handler"] == calls[1]["handler"]
        assert int(calls[0]["handler"][:4], 16) & 7 == 7


def test_calls_come_before_the_first_instruction_and_before_the_end(lines: list[dict[str, Any]]) -> None:
    for client in {line["client"] for line in of(lines, "notified")}:
        own = [line for line in lines if line["client"] == client]
        entered = next(line["tick"] for line in own if line["event"] == "client_entered")
        calls = [line for line in own if line["event"] == "resident_provider_notified"]
        assert calls[0]["tick"] == entered
        left = next(line["seq"] for line in own if line["event"] == "client_left")
        assert calls[-1]["seq"] < left


def test_calls_are_made_on_the_locked_stack(lines: list[dict[str, Any]]) -> None:
    switches = [line for line in lines if line["event"] == "stack_switched" and line["door"] == "resident_provider"]
    to_locked = [line for line in switches if line["to"] == "locked"]
    assert len(to_locked) == len(of(lines, "notified"))
    assert {line["depth"] for line in to_locked} == {1}
    assert len(switches) == 2 * len(to_locked)

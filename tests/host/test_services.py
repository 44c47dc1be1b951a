"""The table of INT 31h: every function of DPMI 0.9 and 1.0 is a row, and what is not offered says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.emu.events import ServiceCalled, ServiceReturned
from app.emu.int31 import dispatch  # noqa: F401 - fills the table
from app.emu.int31.table import INT31
from app.emu.registers import AX, BX, CX, Flag, Registers
from app.emu.services import ServiceTable, arguments, hand_back
from tests.emu.runs import client, com, forward, int31, machine

# Reference, sections 2.1 to 2.12: the functions of DPMI 0.9 (with reserved ones old kernels call) and what 1.0 adds.
DPMI_09 = (
    *range(0x000E), *range(0x0100, 0x0103), *range(0x0200, 0x0206), *range(0x0300, 0x0307), 0x0400,
    *range(0x0500, 0x0504), *range(0x0600, 0x0605), *range(0x0700, 0x0704), 0x0800, *range(0x0900, 0x0903), 0x0A00,
    *range(0x0B00, 0x0B04),
)  # fmt: skip
DPMI_10 = (
    0x000E, 0x000F, *range(0x0210, 0x0214), 0x0401, *range(0x0504, 0x050C), 0x0801, 0x0C00, 0x0C01,
    *range(0x0D00, 0x0D04), 0x0E00, 0x0E01,
)  # fmt: skip
NO_FUNCTION = (0x0010, 0x0103, 0x0206, 0x020F, 0x0214, 0x0307, 0x0402, 0x050C, 0x0605, 0x0E02, 0x1234, 0xFFFF)


def test_every_function_of_the_specification_is_a_row() -> None:
    assert [row.number for row in INT31] == sorted((*DPMI_09, *DPMI_10))


def test_each_row_says_which_version_introduced_it() -> None:
    assert {row.number for row in INT31 if row.since == "0.9"} == set(DPMI_09)
    assert {row.number for row in INT31 if row.since == "1.0"} == set(DPMI_10)


def test_all_of_them_are_offered() -> None:
    assert not [f"{row.number:04X}h" for row in INT31 if not row.offered]


def test_rows_are_named_and_summarised() -> None:
    names = [row.name for row in INT31]
    assert len(set(names)) == len(names)
    for row in INT31:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", row.name), row.name
        assert row.summary.strip() == row.summary, f"{row.number:04X}h"
        assert len(row.summary) > 10, f"{row.number:04X}h"
        assert row.interrupt == 0x31


def test_rows_that_take_and_give_name_their_registers() -> None:
    for row in INT31:
        for name, view in {**row.takes, **row.gives}.items():
            assert name.isidentifier()
            assert re.fullmatch(r"(E?[A-D][XHL]|E?[SD]I|[A-Z]{2}:E?[A-Z]{2}|[A-Z]{2}:\(E\)[A-Z]{2})", str(view)), str(
                view
            )
        registers = [str(view) for view in row.takes.values()]
        assert len(set(registers)) == len(registers), f"{row.number:04X}h reads a register twice"


# What the specification says about registers, for a sample of functions of each kind.
REGISTERS = {
    0x0000: ({"CX"}, {"AX"}),
    0x0006: ({"BX"}, {"CX:DX"}),
    0x0007: ({"BX", "CX:DX"}, set()),
    0x0009: ({"BX", "CL", "CH"}, set()),
    0x000B: ({"BX", "ES:(E)DI"}, set()),
    0x0100: ({"BX"}, {"AX", "DX"}),
    0x0201: ({"BL", "CX:DX"}, set()),
    0x0205: ({"BL", "CX:(E)DX"}, set()),
    0x0300: ({"BL", "CX", "ES:(E)DI"}, set()),
    0x0303: ({"DS:(E)SI", "ES:(E)DI"}, {"CX:DX"}),
    0x0306: (set(), {"BX:CX", "SI:(E)DI"}),
    0x0400: (set(), {"AX", "BX", "CL", "DX"}),
    0x0501: ({"BX:CX"}, {"BX:CX", "SI:DI"}),
    0x0503: ({"SI:DI", "BX:CX"}, {"BX:CX", "SI:DI"}),
    0x0504: ({"EBX", "ECX", "EDX"}, {"EBX", "ESI"}),
    0x0505: ({"ESI", "ECX", "EDX", "ES:EBX", "EDI"}, {"EBX", "ESI"}),
    0x0506: ({"ESI", "EBX", "ECX", "ES:EDX"}, set()),
    0x0507: ({"ESI", "EBX", "ECX", "ES:EDX"}, set()),
    0x0508: ({"ESI", "EBX", "ECX", "EDX"}, set()),
    0x0509: ({"ESI", "EBX", "ECX", "EDX"}, set()),
    0x050A: ({"SI:DI"}, {"SI:DI", "BX:CX"}),
    0x050B: ({"ES:(E)DI"}, set()),
    0x0600: ({"BX:CX", "SI:DI"}, set()),
    0x0900: (set(), {"AL"}),
    0x0B00: ({"BX:CX", "DL", "DH"}, {"BX"}),
    0x0B01: ({"BX"}, set()),
    0x0B02: ({"BX"}, {"AX"}),
    0x0B03: ({"BX"}, set()),
    0x0D00: ({"ES:(E)DI"}, set()),
    0x0D01: ({"SI:DI"}, set()),
    0x0D02: ({"SI:DI", "DX"}, set()),
    0x0D03: ({"SI:DI", "DX"}, set()),
    0x0E00: (set(), {"AX"}),
    0x0E01: ({"BX"}, set()),
}


@pytest.mark.parametrize("number", REGISTERS, ids=lambda number: f"{number:04X}h")
def test_registers_are_those_of_the_specification(number: int) -> None:
    row = INT31[number]
    takes, gives = REGISTERS[number]
    assert {str(view) for view in row.takes.values()} == takes
    assert {str(view) for view in row.gives.values()} == gives


# Refuse, or leave alone: after each call `jnc fail / cmp ax, 8001h / je on / fail: mov ax, 4C01h / int 21h / on:`
_MUST_BE_8001 = bytes.fromhex("7305 3D0180 7405 B8014C CD21")


@pytest.mark.parametrize("bits", [16, 32])
def test_what_is_no_function_answers_8001h_and_the_events_show_it(tmp_path: Path, bits: int) -> None:
    asked = list(NO_FUNCTION)
    code = b"".join(int31(number) + _MUST_BE_8001 for number in asked)
    running = forward(machine(com(tmp_path, client(bits, code))), 100_000)
    assert (running.state.end.how, running.state.end.code) == ("exit", 0)
    events = [event for event, _ in running.log.since(0)]
    dpmi = [event for event in events if isinstance(event, ServiceCalled | ServiceReturned) and event.interrupt == 0x31]
    called = [(event.function, event.name) for event in dpmi if isinstance(event, ServiceCalled)]
    assert called == [(number, "unknown") for number in asked]
    returned = [event for event in dpmi if isinstance(event, ServiceReturned)]
    assert [(event.function, event.carry, event.error) for event in returned] == [
        (number, True, 0x8001) for number in asked
    ]


# The table itself


def test_a_function_becomes_a_row() -> None:
    table = ServiceTable(0x99)

    @table.service(0x12, since="1.0")
    def do_something(_host: object, count: CX, selector: BX) -> AX:
        """Do something.

        Details nobody lists.
        """
        return count + selector

    row = table[0x12]
    assert (row.interrupt, row.number, row.name, row.since) == (0x99, 0x12, "do_something", "1.0")
    assert row.summary == "Do something."
    assert {name: str(view) for name, view in row.takes.items()} == {"count": "CX", "selector": "BX"}
    assert {name: str(view) for name, view in row.gives.items()} == {"result": "AX"}
    regs = Registers(eax=0x11110000, ebx=0xFFFF0001, ecx=0xFFFF0002, eflags=int(Flag.CF) | 2)
    result = row.handler(None, **arguments(row, regs, wide=False))
    hand_back(row, regs, result, wide=False)
    assert (regs.eax, regs.eflags) == (0x11110003, 2)
    assert (regs.ebx, regs.ecx) == (0xFFFF0001, 0xFFFF0002)


def test_a_number_is_entered_once() -> None:
    table = ServiceTable(0x99)
    table.service(1)(lambda _host: None)
    with pytest.raises(ValueError, match="twice"):
        table.service(1)(lambda _host: None)
    assert table.find(2) is None
    assert [row.number for row in table] == [1]
    assert table[1].offered

"""Drivers shrink, are loaded and go while a program runs; what still leads to freed memory is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.emu.machine import Machine
from app.emu.memory import layout
from tests.vmm.lab import CONTROL, V86_CLIENT, Bench

NAMED = '\nsection .data\nname db "\\\\.\\LATER.VXD", 0\n'
START = "start: open_device name\n"
CLOSE = "invoke CloseHandle, [device]\n"
END = "invoke ExitProcess, 0\n"
AGREES = """
control: cmp eax, W32_DeviceIoControl
        je .fine
        cmp eax, Sys_Dynamic_Device_Init
        je init
        cmp eax, Sys_Dynamic_Device_Exit
        je exit
.fine:  xor eax, eax
        ret
"""
INIT = "init: clc\n ret\n"
EXIT = "exit: clc\n ret\n"


def later(bench: Bench, body: str, *, number: int = 0x7F55) -> Path:
    return bench.driver(AGREES + body, name="LATER   ", number=number)


def started(bench: Bench, program: str, body: str = INIT + EXIT, **options: int) -> Machine:
    later(bench, body, **options)
    return bench.start(bench.win32(program), bench.driver(CONTROL))[0]


def finished(machine: Machine, step: int = 100_000) -> Machine:
    while machine.state.end is None and machine.tick < 2_000_000:
        machine.slice(step)
    return machine


def until(machine: Machine, function: str, event: str = "service_returned") -> Machine:
    """To the end of a function of KERNEL32."""
    names = {}
    while machine.state.end is None:
        machine.slice(1)
        for each, _ in machine.log.since(0):
            fields = each.to_object()
            if fields.get("interrupt") == 0x30:
                names.setdefault(fields["function"], fields.get("name"))
                if fields["event"] == event and names[fields["function"]] == function:
                    return machine
    raise AssertionError(f"{function} did not happen: {machine.state.end}")


def names(machine: Machine) -> list[str]:
    return [device.name for device in machine.state.vmm.devices]


@pytest.mark.parametrize("step", [1, 100_000])
def test_initialisation_parts_are_freed(bench: Bench, step: int) -> None:
    body = f"api: jmp once\n{CONTROL}section .itext\nonce: ret"
    program = bench.program(V86_CLIENT.format(body="call far [entry]"))
    done = bench.run(program, bench.driver(body, v86="api"), step=step)
    assert "in memory of the driver TESTVXD that was freed after its initialisation" in done.end.message


def test_they_are_there_during_the_initialisation(bench: Bench) -> None:
    body = "control: cmp eax, Init_Complete\n jbe once\n clc\n ret\nsection .itext\nonce: clc\n ret"
    program = bench.program(V86_CLIENT.format(body="mov al, 3"))
    assert bench.run(program, bench.driver(body)).code == 3


def test_a_driver_comes_and_goes(bench: Bench) -> None:
    machine = started(bench, START + CLOSE + END + NAMED)
    assert names(machine) == ["TESTVXD"]
    until(machine, "CreateFileA")
    device = machine.state.vmm.devices[-1]
    assert (names(machine), device.opened, device.is_dynamic) == (["TESTVXD", "LATER"], 1, True)
    assert machine.memory.read_u16(device.ddb + 0x0A) & 0x8000
    until(machine, "CloseHandle")
    assert names(machine) == ["TESTVXD"]
    assert not machine.memory.is_mapped(device.ddb, 4)
    assert finished(machine).state.end.how == "exit"


def test_it_is_loaded_once_for_all_its_handles(bench: Bench) -> None:
    again = "push dword [device]\n open_device name\n" + CLOSE + "pop dword [device]\n"
    machine = started(bench, START + again + CLOSE + END + NAMED)
    until(machine, "CloseHandle")
    assert names(machine) == ["TESTVXD", "LATER"]
    assert finished(machine).state.end.how == "exit"
    assert names(machine) == ["TESTVXD"]


def test_it_goes_with_its_program(bench: Bench) -> None:
    machine = finished(started(bench, START + END + NAMED))
    assert names(machine) == ["TESTVXD"]


def test_one_that_refuses_to_come(bench: Bench) -> None:
    machine = finished(started(bench, START + END + NAMED, "init: stc\n ret\n" + EXIT))
    assert machine.state.end.code == 31
    assert names(machine) == ["TESTVXD"]


def test_one_that_refuses_to_go(bench: Bench) -> None:
    machine = finished(started(bench, START + CLOSE + END + NAMED, INIT + "exit: stc\n ret\n"))
    assert machine.state.end.how == "exit"
    assert names(machine) == ["TESTVXD", "LATER"]


def test_one_whose_id_is_taken(bench: Bench) -> None:
    machine = finished(started(bench, START + END + NAMED, number=0x7F01))
    assert machine.state.end.code == 11
    assert names(machine) == ["TESTVXD"]


HOOKS = """
init:   mov eax, 1Ch
        mov esi, ticked
        VMMCall Hook_V86_Int_Chain
        clc
        ret
"""
WAITS = "mov ecx, 0A0000h\nwaits: loop waits\n"


def test_a_hook_left_behind_is_reported(bench: Bench) -> None:
    machine = finished(started(bench, START + CLOSE + WAITS + END + NAMED, HOOKS + "ticked: stc\n ret\n" + EXIT))
    assert machine.state.end.how == "terminated"
    assert "in memory of the driver LATER that was freed when it was unloaded" in machine.state.end.message


def test_a_hook_in_a_resident_part_lives_on(bench: Bench) -> None:
    static = "section .static\nticked: inc dword [seen]\n stc\n ret\nseen dd 0\n"
    machine = finished(started(bench, START + CLOSE + WAITS + END + NAMED, HOOKS + EXIT + static))
    assert machine.state.end.how == "exit"


def test_addresses_are_used_again_when_there_are_no_others(bench: Bench) -> None:
    loop = "start: mov dword [left], 40\nnext: open_device name\n" + CLOSE + "dec dword [left]\n jnz next\n" + END
    large = INIT + EXIT + "section .bss\nroom resb 30000\n"
    machine = finished(started(bench, loop + NAMED + "section .bss\nleft resd 1\n", large))
    assert machine.state.end.how == "exit"
    assert machine.state.vmm.end_of_drivers <= layout.VXDS_END
    assert len(machine.state.vmm.unloaded) < 40


def test_no_room(bench: Bench) -> None:
    large = "section .bss\nroom resb 0A0000h\n"
    later(bench, INIT + EXIT + large)
    machine = finished(bench.start(bench.win32(START + END + NAMED), bench.driver(CONTROL + large))[0])
    assert machine.state.end is not None
    assert machine.state.end.code == 11


def test_it_is_the_same_from_every_checkpoint(bench: Bench) -> None:
    static = "section .static\nseen dd 0\nsection .itext\ninit: inc dword [seen]\n clc\n ret\n"
    machine = started(bench, START + CLOSE + "open_device name\n" + END + NAMED, EXIT + static)
    points = []
    while machine.state.end is None:
        points.append(machine.save())
        machine.slice(1)
    end, trace = machine.state.end, [event.to_json() for event, _ in machine.log.since(0)]
    for point in reversed(points):
        machine.restore(point)
        finished(machine)
        assert machine.state.end == end
        assert [event.to_json() for event, _ in machine.log.since(0)] == trace

"""The ROM's own code, executed: small .COM programs on the real machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.debug.launch import CapturedConsole, Launch, start
from app.emu.bios import rom_image
from app.emu.machine import Machine
from app.emu.rom import SEGMENT
from tests.devices.fake_machine import FakeMachine

ENOUGH = 3_000_000
"""Instructions no program here needs."""


def run(folder: Path, code: str, keys: str = "", *, limit: int = ENOUGH) -> Machine:
    """Run hexadecimal machine code as a .COM program; it leaves its result as the exit code."""
    program = folder / "test.com"
    program.write_bytes(bytes.fromhex(code))
    machine = start(Launch(str(program), keys=keys), CapturedConsole())
    machine.state.devices.keyboard.end_input()
    while not machine.has_ended and machine.tick < limit:
        machine.slice(100_000)
    assert machine.has_ended, "the program did not end"
    return machine


def code_of(machine: Machine) -> int:
    assert machine.state.end is not None
    return machine.state.end.code


def test_usual_places_hold_the_usual_bytes(machine: FakeMachine) -> None:
    assert machine.memory.read_u8(0xFFFFE) == 0xFC
    assert machine.memory.read(0xFFFF5, 8) == b"01/01/94"
    assert machine.memory.read_u8(0xFFFF0) == 0xEA
    assert machine.memory.read_u8(rom_image.IRET.real_linear) == 0xCF
    assert machine.memory.read_u32(0x33 * 4) == rom_image.IRET.to_dword()
    assert machine.memory.read_u32(0x40 * 4) == machine.memory.read_u32(0x13 * 4)


def test_every_vector_points_into_the_rom(machine: FakeMachine) -> None:
    for vector in range(0x100):
        assert machine.memory.read_u16(vector * 4 + 2) == SEGMENT


def test_every_trap_names_a_method(machine: FakeMachine) -> None:
    for trap in machine.rom.traps.values():
        assert trap.component == "bios"
        assert callable(getattr(machine.bios, trap.method))


def test_timer_counts_and_calls_int_1ch_with_registers_kept(tmp_path: Path) -> None:
    """Hook INT 1Ch, count three ticks in CX while AX, DX and DS hold marks the handler ruins."""
    machine = run(
        tmp_path,
        # mov ax, 251Ch / mov dx, handler / int 21h
        "b8 1c 25 ba 28 01 cd 21"
        # mov ax, 1234h / mov dx, 5678h / xor cx, cx / wait: cmp cx, 3 / jb wait
        "b8 34 12 ba 78 56 31 c9 83 f9 03 72 fb"
        # cmp ax, 1234h / jne bad / cmp dx, 5678h / jne bad / mov ax, 4C07h / int 21h
        "3d 34 12 75 0b 81 fa 78 56 75 05 b8 07 4c cd 21"
        # bad: mov ax, 4C01h (behind the handler)
        "eb 09"
        # padding to 0128h, handler: inc cx / xor ax, ax / xor dx, dx / mov ds, ax / iret
        "90 41 31 c0 31 d2 8e d8 cf"
        # mov ax, 4C01h / int 21h
        "b8 01 4c cd 21",
    )
    assert code_of(machine) == 7
    assert machine.memory.read_u32(0x46C) >= 3


def test_keys_pass_int_15h_4fh_and_reach_the_buffer(tmp_path: Path) -> None:
    """INT 16h AH=00h twice; the exit code is the sum of the characters."""
    machine = run(
        tmp_path,
        # xor ah, ah / int 16h / mov bl, al / xor ah, ah / int 16h / add al, bl / mov ah, 4Ch / int 21h
        "30 e4 cd 16 88 c3 30 e4 cd 16 00 d8 b4 4c cd 21",
        keys="a{Enter}",
    )
    assert ord("a") + 13 == code_of(machine)


def test_a_hook_of_int_15h_4fh_can_swallow_and_exchange_keys(tmp_path: Path) -> None:
    """The hook turns every key into scan code 30h (b); a CF-clear return would swallow it."""
    machine = run(
        tmp_path,
        # mov ax, 2515h / mov dx, hook / int 21h
        "b8 15 25 ba 14 01 cd 21"
        # again: xor ah, ah / int 16h / or al, al / jz again / mov ah, 4Ch / int 21h
        "30 e4 cd 16 08 c0 74 f8 b4 4c cd 21"
        # hook: cmp al, 1Eh / jne drop / mov al, 30h / stc / retf 2
        "3c 1e 75 06 b0 30 f9 ca 02 00"
        # drop: clc / retf 2
        "f8 ca 02 00",
        keys="xa",
    )
    assert ord("b") == code_of(machine)


def test_ctrl_break_calls_int_1bh(tmp_path: Path) -> None:
    machine = run(
        tmp_path,
        # mov ax, 251Bh / mov dx, handler / int 21h / xor bx, bx / wait: or bx, bx / jz wait
        "b8 1b 25 ba 16 01 cd 21 31 db 09 db 74 fc"
        # mov ax, 4C05h / int 21h / nop …
        "b8 05 4c cd 21 90 90 90"
        # handler: inc bx / iret
        "43 cf",
        keys="{Ctrl+Break}",
    )
    assert code_of(machine) == 5


def test_clock_interrupt_rings_int_4ah(tmp_path: Path) -> None:
    """Set the alarm one second ahead and wait for it with HLT."""
    machine = run(
        tmp_path,
        # mov ax, 254Ah / mov dx, handler / int 21h
        "b8 4a 25 ba 21 01 cd 21"
        # mov ah, 06h / mov cx, 1200h / mov dx, 0100h / int 1Ah
        "b4 06 b9 00 12 ba 00 01 cd 1a"
        # xor bx, bx / wait: hlt / or bx, bx / jz wait / mov ax, 4C09h / int 21h
        "31 db f4 09 db 74 fb b8 09 4c cd 21 90 90 90"
        # handler: inc bx / iret
        "43 cf",
    )
    assert code_of(machine) == 9
    assert machine.clock >= 4_000_000


def test_wait_service_lasts_as_long_as_asked(tmp_path: Path) -> None:
    # mov ah, 86h / xor cx, cx / mov dx, 2710h / int 15h / mov ax, 4C00h / adc al, 0 / int 21h
    machine = run(tmp_path, "b4 86 31 c9 ba 10 27 cd 15 b8 00 4c 14 00 cd 21")
    assert code_of(machine) == 0
    assert 40_000 <= machine.clock < 41_000


@pytest.mark.parametrize("vector", [0x0A, 0x0D, 0x71, 0x72, 0x75, 0x77])
def test_unused_requests_are_ended(tmp_path: Path, vector: int) -> None:
    """INT n runs the stub; what it leaves in service would stop the timer the program then waits for."""
    machine = run(
        tmp_path,
        f"cd {vector:02x}"
        # xor ax, ax / mov es, ax / mov al, [es:046Ch] / wait: cmp al, [es:046Ch] / je wait / mov ax, 4C03h / int 21h
        "31 c0 8e c0 26 a0 6c 04 26 3a 06 6c 04 74 f9 b8 03 4c cd 21",
    )
    assert code_of(machine) == 3

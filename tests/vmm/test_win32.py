"""Win32 programs: loaded with relocations, KERNEL32 through a gate, drivers by DeviceIoControl and in no other way."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.dos.loader import identify
from app.emu.machine_errors import LoadError
from app.emu.memory import layout
from app.emu.vmm.places import DIOC_PARAMETERS
from app.emu.vmm.win32.pe import read_pe
from tests.emu.runs import fuzz
from tests.vmm.lab import CONTROL, DRIVERS, PM_CLIENT, Bench, Run, linker

_TICKS = 0x46C
"""The BIOS's count of timer ticks."""
END = "invoke ExitProcess, eax\n"
OPEN = "start: open_device name\n"
NAMED = '\nsection .data\nname db "\\\\.\\TESTVXD", 0\n'
ANSWERS = """
control: cmp eax, W32_DeviceIoControl
        jne .fine
        mov eax, [esi + dwIoControlCode]
        cmp eax, DIOC_CloseHandle
        je .fine
        cmp eax, 0
        jne {what}
.fine:  xor eax, eax
        ret
"""


def asks(bench: Bench, program: str, answer: str = "api: mov eax, 77\n ret", *, step: int = 200_000) -> Run:
    driver = bench.driver(f"{answer}\n{ANSWERS.format(what='api')}")
    return bench.run(bench.win32(program), driver, step=step)


def test_what_exit_process_is_given(bench: Bench) -> None:
    assert asks(bench, "start: invoke ExitProcess, 7").code == 7


def test_a_program_that_returns_ends_with_eax(bench: Bench) -> None:
    assert asks(bench, "start: mov eax, 9\n ret").code == 9


def test_it_is_flat(bench: Bench) -> None:
    machine, _ = bench.start(bench.win32("start: nop\n" + END), bench.driver(CONTROL))
    while not machine.state.host.clients:
        machine.slice(1)
    client, regs = machine.state.host.current, machine.regs
    assert client.is_win32
    assert (regs.cs.base, regs.cs.limit, regs.ds.limit) == (0, 0xFFFFFFFF, 0xFFFFFFFF)
    assert regs.ds.selector == regs.ss.selector == regs.es.selector
    (block,) = (each for each in machine.state.dos.blocks if each.segment == client.psp)
    stack = client.private_stack
    assert block.segment < stack.segment < stack.segment + stack.offset // 16 < block.end


def test_interrupts_of_devices_go_through_real_mode_meanwhile(bench: Bench) -> None:
    """A tick's handler needs a real-mode stack that keeps what is pushed: 219 702 clocks are one."""
    program = f"start: mov ecx, 200000\n.more: dec ecx\n jnz .more\n mov eax, 5\n{END}"
    machine, _ = bench.start(bench.win32(program), bench.driver(CONTROL))
    before = machine.memory.read_u16(_TICKS)
    while machine.state.end is None:
        machine.slice(100_000)
    assert (machine.state.end.how, machine.state.end.code) == ("exit", 5)
    assert machine.memory.read_u16(_TICKS) > before


def test_relocations_are_applied_where_the_base_is_taken(bench: Bench) -> None:
    """The image wants the first MiB, where DOS is."""
    program = bench.win32("start: mov eax, [number]\n" + END + "section .data\nnumber dd 5")
    program.write_bytes(at_base(program.read_bytes(), 0x10000))
    assert bench.run(program, bench.driver(CONTROL)).code == 5


def at_base(data: bytes, base: int) -> bytes:
    """The same program, linked for another base."""
    image, made = read_pe(data, "x"), bytearray(data)
    optional = struct.unpack_from("<I", data, 0x3C)[0] + 24
    struct.pack_into("<I", made, optional + 28, base)
    headers = [struct.unpack_from("<4I", data, optional + 224 + 40 * number + 8) for number in range(5)]
    for place in image.relocations or ():
        _, rva, _, raw = next(each for each in headers if each[1] <= place < each[1] + each[0])
        where = raw + place - rva
        struct.pack_into("<I", made, where, struct.unpack_from("<I", data, where)[0] - image.base + base)
    return bytes(made)


def test_without_relocations_there_is_one_place(bench: Bench) -> None:
    program = bench.win32("start: mov eax, 1\n" + END)
    data = bytearray(at_base(program.read_bytes(), 0x10000))
    data[struct.unpack_from("<I", data, 0x3C)[0] + 22] |= 1
    program.write_bytes(data)
    done = bench.run(program, bench.driver(CONTROL))
    assert done.end.how == "terminated"
    assert "no relocations, and its place at 00010000h is taken" in done.end.message


@pytest.mark.parametrize("call, error", [
    ("invoke WriteFile, 5, line, 1, written, 0", 6), ("invoke WriteFile, 11h, line, 1, 0, 0", 87),
    ("invoke WriteFile, 11h, line, 1, written, line", 87), ("invoke GetStdHandle, 3", 87),
    ("invoke CloseHandle, 5", 6), ("invoke DeviceIoControl, 5, 0, 0, 0, 0, 0, 0, 0", 6),
    ("invoke CreateFileA, name, 0, 0, 0, 3, 0, 0", 50), ("invoke CreateFileA, nobody, 0, 0, 0, 3, 0, 0", 2),
    ("invoke CreateFileA, nofile, 0, 0, 0, 3, 0, 0", 2), ("invoke CreateFileA, damaged, 0, 0, 0, 3, 0, 0", 11),
    ("invoke CreateFileA, python, 0, 0, 0, 3, 0, 0", 11),
])  # fmt: skip
def test_what_fails_says_why(bench: Bench, call: str, error: int) -> None:
    (bench.folder / "DAMAGED.VXD").write_bytes(b"MZ")
    (bench.folder / "LESSON.PY").write_text("raise SystemExit", encoding="ascii")
    names = 'section .data\nname db "FILE.TXT", 0\nnobody db "\\\\.\\NOBODY", 0\nnofile db "\\\\.\\NOFILE.VXD", 0\n'
    names += 'damaged db "\\\\.\\DAMAGED.VXD", 0\npython db "\\\\.\\LESSON.PY", 0\n'
    done = asks(bench, f"start: {call}\n call [GetLastError]\n {END}{names}")
    assert done.code == error


def test_parameters_of_a_control_code(bench: Bench) -> None:
    program = OPEN + "invoke DeviceIoControl, [device], 5, 11h, 12h, 13h, 14h, 15h, 16h\nhere: jmp here" + NAMED
    driver = bench.driver(f"api: mov eax, 55AAh\n ud2\n{ANSWERS.format(what='api')}")
    machine, _ = bench.start(bench.win32(program), driver)
    while machine.state.end is None:
        machine.slice(1000)
    handle = machine.memory.read_u32(DIOC_PARAMETERS + 0x28)
    words = struct.unpack("<12I", machine.memory.read(DIOC_PARAMETERS, 0x30))
    assert words[3:10] == (5, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16)
    assert handle == 0x100
    assert words[1] == layout.VMM + 0x400


@pytest.mark.parametrize("step", [1, 5, 200_000])
def test_an_error_of_the_driver(bench: Bench, step: int) -> None:
    program = OPEN + "invoke DeviceIoControl, [device], 5, 0, 0, 0, 0, 0, 0\n mov esi, eax\n call [GetLastError]\n"
    done = asks(bench, program + " add eax, esi\n" + END + NAMED, step=step)
    assert done.code == 77


def test_pending_needs_an_overlapped_call(bench: Bench) -> None:
    pending = "api: or eax, -1\n ret"
    program = OPEN + "invoke DeviceIoControl, [device], 5, 0, 0, 0, 0, 0, {}\n call [GetLastError]\n sub eax, 900\n"
    assert asks(bench, program.format("name") + END + NAMED, pending).code == 97
    done = asks(bench, program.format(0) + END + NAMED, pending)
    assert "not overlapped" in done.end.message


def test_a_driver_that_does_not_know_the_message_cannot_be_opened(bench: Bench) -> None:
    done = bench.run(bench.win32(OPEN + END + NAMED), bench.driver(CONTROL))
    assert done.code == 0x23


MESSAGES = """
control: cmp eax, W32_DeviceIoControl
        jne .fine
        inc byte [text]
.fine:  cmp eax, System_Exit
        jne .out
        mov esi, text
        VMMCall Out_Debug_String
.out:   xor eax, eax
        ret
        section .data
text    db "0 messages", 10, 0
"""


@pytest.mark.parametrize("ending, messages", [
    ("invoke CloseHandle, [device]\n xor eax, eax\n" + END, 3), ("xor eax, eax\n" + END, 3), ("ud2\n", 3),
    ("int 21h\n", 3),
])  # fmt: skip
def test_handles_are_closed_with_the_program(bench: Bench, ending: str, messages: int) -> None:
    program = OPEN + "invoke DeviceIoControl, [device], 60h, 0, 0, 0, 0, 0, 0\n" + ending + NAMED
    done = bench.run(bench.win32(program), bench.driver(MESSAGES))
    assert f"{messages} messages" in done.console.text(2)


# What Win32 programs must not do


@pytest.mark.parametrize("width", ["far", "dword far"])
def test_a_callback_is_refused_with_the_reason(bench: Bench, width: str) -> None:
    callback = """
api:    mov esi, api
        VMMCall Allocate_PM_Call_Back
        mov ecx, 5
        mov [5000h], eax
        xor eax, eax
        ret
"""
    body = OPEN + "invoke DeviceIoControl, [device], 5, 0, 0, 0, 0, 0, 0\n movzx eax, word [5000h]\n"
    body += f" movzx ecx, word [5002h]\n push ecx\n push eax\n call {width} [esp]\n" + END + NAMED
    done = asks(bench, body, callback)
    assert done.end.how == "terminated"
    assert "003B:0002, a protected-mode callback of the driver TESTVXD" in done.end.message
    assert "DeviceIoControl" in done.end.message
    found = [event.to_object() for event in done.events("finding")]
    assert [(each["rule"], each["message"]) for each in found] == [("vxd_win32_callback", done.end.message)]


def test_int_2f_has_no_address_for_it(bench: Bench) -> None:
    driver = bench.driver("api: ret\n" + CONTROL, v86="api", pm="api")
    program = (
        "start: mov edi, 5\n push es\n mov ax, 1684h\n mov bx, 7F01h\n int 2Fh\n mov eax, es\n pop es\n or eax, edi\n"
    )
    done = bench.run(bench.win32(program + END), driver)
    assert done.code == 0
    assert [event.to_object()["rule"] for event in done.events("finding")] == ["vxd_win32_entry_point"]


@pytest.mark.parametrize("vector", [0x21, 0x31, 0x2F, 0x10])
def test_interrupts_are_not_for_it(bench: Bench, vector: int) -> None:
    done = asks(bench, f"start: mov eax, 4C00h\n int {vector:#x}\n" + END)
    assert done.end.how == "terminated"
    assert f"INT {vector:02X}h" in done.end.message


@pytest.mark.parametrize("wrong", [
    "mov eax, 100\n call far [gate]", "xor esp, esp\n invoke GetStdHandle, 1", "mov eax, [0D0000000h]",
    "mov dword [0C0000000h], 1", "invoke WriteFile, 11h, 0D0000000h, 5, written, 0", "hlt", "cli\n hlt",
    "invoke CreateFileA, 0E0000000h, 0, 0, 0, 0, 0, 0", "invoke WriteFile, 11h, line, 1, 0C0000000h, 0",
])  # fmt: skip
def test_mistakes_end_the_program(bench: Bench, wrong: str) -> None:
    done = asks(bench, f"start: {wrong}\n{END}\nsection .data\ngate dd 800h, 3Bh")
    assert done.end.how in {"terminated", "exit"}


def test_a_dpmi_program_cannot_use_the_gate(bench: Bench) -> None:
    first = bench.win32("start: invoke ExitProcess, 0")

    second = bench.program(PM_CLIENT.format(body="mov eax, 1\n call 3Bh:800h"), name="second")
    done = bench.run(first, bench.driver("api: ret\n" + CONTROL, pm="api"), then=((str(second),),))
    assert "gate of KERNEL32" in done.end.message


# Files


def test_without_drivers_it_is_refused(bench: Bench) -> None:
    with pytest.raises(LoadError, match="--vxd"):
        bench.start(bench.win32("start: ret"))
    with pytest.raises(LoadError, match="--vxd"):
        identify((DRIVERS / "ioctl32.exe").read_bytes(), "ioctl32.exe")


def test_an_unknown_import_is_named(bench: Bench) -> None:
    program = bench.win32("extern MessageBoxA\nstart: call [MessageBoxA]")
    with pytest.raises(LoadError, match="it imports MessageBoxA of KERNEL32"):
        bench.start(program, bench.driver(CONTROL))


def field(program: Path, at: int, value: bytes) -> bytes:
    data = bytearray(program.read_bytes())
    header = struct.unpack_from("<I", data, 0x3C)[0]
    data[header + at : header + at + len(value)] = value
    return bytes(data)


@pytest.mark.parametrize("at, value, why", [
    (4, b"\x64\x86", "processor 8664h"), (22, b"\x02\x21", "a library"), (24, b"\x0b\x02", "no PE32"),
    (24 + 68, b"\2\0", "subsystem 2"), (24 + 16, b"\0\0\0\x7f", "entry point"), (24 + 56, b"\0\0\0\x7f", "larger than"),
    (24 + 28, b"\1\0\0\0", "wants to lie"), (24 + 96 + 9 * 8, b"\1\0\0\0", "thread-local"),
    (6, b"\xff\xff", "section"), (24 + 96 + 5 * 8, b"\0\0\xff\0", "relocations"),
    (24 + 96 + 8, b"\0\0\xff\0", "table of imports"), (24 + 224 + 12, b"\0\0\xff\0", "section 1"),
    (24 + 224 + 60, b"\0\0\xff\0", "section 2"),
])  # fmt: skip
def test_damaged_files_are_named(at: int, value: bytes, why: str) -> None:
    with pytest.raises(LoadError, match="no Win32 program that can be run here") as refused:
        read_pe(field(DRIVERS / "ioctl32.exe", at, value), "ioctl32.exe")
    assert why in str(refused.value)


@fuzz(150)
@given(st.lists(st.tuples(st.integers(0, 0x600), st.integers(0, 255)), max_size=12), st.integers(0, 0x1000))
def test_files_of_random_bytes(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray((DRIVERS / "ioctl32.exe").read_bytes())
    for at, value in changes:
        data[at] = value
    for image in (bytes(data), bytes(data[:cut])):
        try:
            read_pe(image, "x.exe")
        except LoadError:
            continue


def test_the_linker_needs_a_beginning(bench: Bench) -> None:
    (bench.folder / "x.asm").write_text("bits 32\nsection .text\nnop", encoding="ascii")
    with pytest.raises(ValueError, match="start"):
        linker("link_pe").build(bench.folder / "x.asm", bench.folder / "x.exe")

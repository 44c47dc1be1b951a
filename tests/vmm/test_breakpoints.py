"""V86 breakpoints (VMM 1.4, 1.5): an ARPL byte in code of the program, and what its handler does about it."""

from __future__ import annotations

import pytest

from app.emu.address import Far
from app.emu.vmm.breaks import POOL_SIZE
from app.emu.vmm.dispatch import PATIENCE
from tests.vmm.lab import CONTROL, V86_CLIENT, Bench

DRIVER = """
api:    mov     eax, [ebp + Client_CS]
        shl     eax, 16
        mov     ax, [ebp + Client_BX]
        mov     [place], eax
        cmp     byte [ebp + Client_AL], 0
        jne     .remove
        mov     edx, 0ABCDh
        mov     esi, handler
        VMMCall Install_V86_Break_Point
        jmp     .answer
.remove:
        VMMCall Remove_V86_Break_Point
.answer:
        setc    al
        mov     [ebp + Client_AL], al
        ret
handler:
        cmp     eax, [place]
        jne     .out
        cmp     edx, 0ABCDh
        jne     .out
        movzx   ecx, word [ebp + Client_CS]
        shl     ecx, 4
        add     ecx, [ebp + Client_IP]
        cmp     ecx, esi
        jne     .out
        {handles}
.out:   ret
        section .data
place   dd      0
        section .text
"""
INSTALLS = """
        mov     bx, spot
        xor     al, al
        call    far [entry]
        test    al, al
        jnz     over
"""
SPOT = """
        mov     dl, 1
spot:   nop
        mov     al, dl
        jmp     over
elsewhere:
        mov     al, 77h
over:
"""


def built(bench: Bench, handles: str, body: str = INSTALLS + SPOT) -> tuple:  # type: ignore[type-arg]
    driver = bench.driver(DRIVER.format(handles=handles) + CONTROL, v86="api")
    return bench.program(V86_CLIENT.format(body=body)), driver


def test_the_handler_skips_the_placeholder(bench: Bench) -> None:
    program, driver = built(bench, "mov byte [ebp + Client_DX], 55h\n inc dword [ebp + Client_EIP]")
    done = bench.run(program, driver)
    assert done.code == 0x55
    installed, hit = (event.to_object() for event in done.events("v86_breakpoint_installed", "v86_breakpoint_hit"))
    assert installed["advanced"] is None
    assert (hit["advanced"], hit["address"], hit["reference"]) == (True, installed["address"], 0xABCD)


def test_the_handler_goes_elsewhere(bench: Bench) -> None:
    handles = "mov cx, [ebp + Client_CS]\n movzx edx, word [ebp + Client_IP]\n add edx, 5\n VMMCall Simulate_Far_Jmp"
    assert bench.run(*built(bench, handles)).code == 0x77


@pytest.mark.parametrize("step", [1, 200_000])
def test_a_handler_that_forgets_is_called_again_at_once_but_not_for_ever(bench: Bench, step: int) -> None:
    done = bench.run(*built(bench, "mov byte [ebp + Client_DX], 55h"), step=step)
    assert done.end.how == "terminated"
    assert "never moved Client_IP" in done.end.message
    assert "TESTVXD" in done.end.message
    hits = [event.to_object()["advanced"] for event in done.events("v86_breakpoint_hit")]
    assert hits == [False] * PATIENCE


def test_removing_gives_the_byte_back(bench: Bench) -> None:
    removes = INSTALLS + "mov al, 1\n call far [entry]\n test al, al\n jnz over\n" + SPOT
    done = bench.run(*built(bench, "int3", removes))
    assert done.code == 1
    assert not done.machine.state.vmm.breaks.breakpoints
    assert [event.kind for event in done.events("v86_breakpoint_removed", "v86_breakpoint_hit")] == [
        "v86_breakpoint_removed"
    ]


def test_a_second_one_and_removing_none_are_refused(bench: Bench) -> None:
    twice = INSTALLS + "xor al, al\n call far [entry]\n mov dl, al\n inc bx\n mov al, 1\n call far [entry]\n add al, dl"
    assert bench.run(*built(bench, "", twice + "\n jmp over\nspot: nop\n nop\nover:")).code == 2


def test_rom_is_refused(bench: Bench) -> None:
    driver = bench.driver(
        "api: mov eax, 0F0001000h\n mov esi, api\n VMMCall Install_V86_Break_Point\n"
        f" setc [ebp + Client_AL]\n ret\n{CONTROL}",
        v86="api",
    )
    assert bench.run(bench.program(V86_CLIENT.format(body="call far [entry]")), driver).code & 0xFF == 1


def test_the_same_byte_under_another_segment_is_no_breakpoint(bench: Bench) -> None:
    body = INSTALLS + "mov ax, cs\n dec ax\n push ax\n mov ax, spot + 16\n push ax\n retf\n" + SPOT
    done = bench.run(*built(bench, "inc dword [ebp + Client_EIP]", body))
    assert done.end.how == "terminated"
    assert "06h" in done.end.message


def test_breakpoints_come_from_the_pool(bench: Bench) -> None:
    body = """
        mov     bx, area
.more:  xor     al, al
        call    far [entry]
        inc     bx
        test    al, al
        jz      .more
        mov     ax, bx
        sub     ax, area
        jmp     done
area    times 256 db 90h
done:
    """
    assert bench.run(*built(bench, "", body)).code == POOL_SIZE, "one slot is the API's, one call fails"


def test_the_patched_byte_is_arpl_and_memory_shows_it(bench: Bench) -> None:
    program, driver = built(bench, "inc dword [ebp + Client_EIP]", INSTALLS + SPOT)
    machine, _ = bench.start(program, driver)
    while not machine.state.vmm.breaks.breakpoints:
        machine.slice(1)
    (found,) = machine.state.vmm.breaks.breakpoints.values()
    assert machine.memory.read_u8(found.linear) == 0x63
    assert found.original == 0x90
    assert isinstance(found.address, Far)

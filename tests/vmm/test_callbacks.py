"""Callbacks of drivers: API entry points, Allocate_V86_Call_Back, Allocate_PM_Call_Back, the pool (VMM 1, 4.1)."""

from __future__ import annotations

import pytest

from app.emu.memory import layout
from app.emu.vmm.breaks import POOL_SIZE
from tests.vmm.lab import CONTROL, PM_CLIENT, V86_CLIENT, Bench

API = """
api:    mov     eax, [ebp + Client_EAX]
        inc     eax
        mov     [ebp + Client_AX], ax
        or      byte [ebp + Client_EFlags], CF
        ret
"""
RAISES = """
        mov     ax, 41h
        clc
        call    far [entry]
        sbb     al, 0                   ; CF was set: 42h - 1
"""


def test_v86_code_calls_an_api(bench: Bench) -> None:
    done = bench.run(bench.program(V86_CLIENT.format(body=RAISES)), bench.driver(API + CONTROL, v86="api"))
    assert done.code == 0x41
    assert [event.kind for event in done.events("vxd_callback_allocated", "vxd_callback_entered")] == [
        "vxd_callback_allocated", "vxd_callback_entered",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [16, 32])
def test_a_client_calls_an_api(bench: Bench, width: int) -> None:
    body = RAISES.replace("far [entry]", f"{'dword' if width == 32 else ''} far [entry]")
    done = bench.run(
        bench.program(PM_CLIENT.format(body=body), width=width), bench.driver(API + CONTROL, v86="api", pm="api")
    )
    assert done.code == 0x41
    address = next(done.events("vxd_callback_entered")).to_object()["address"]
    assert address == "003B:0002"


@pytest.mark.parametrize("step", [1, 7])
def test_slices_make_no_difference(bench: Bench, step: int) -> None:
    program, driver = bench.program(PM_CLIENT.format(body=RAISES)), bench.driver(API + CONTROL, v86="api", pm="api")
    assert bench.run(program, driver).trace() == bench.run(program, driver, step=step).trace()


def test_no_driver_or_no_api_is_address_zero(bench: Bench) -> None:
    program = bench.program(V86_CLIENT.format(body="mov ax, [entry]\n or ax, [entry + 2]"))
    assert bench.run(program, bench.driver(CONTROL)).code == 0
    assert bench.run(program).code == 0


def test_a_driver_is_found_by_its_name(bench: Bench) -> None:
    body = """
        push    cs
        pop     es
        mov     di, name
        xor     bx, bx
        mov     ax, 1684h
        int     2Fh
        mov     ax, es
        cmp     ax, [entry + 2]
        setne   al
        jmp     done
name    db      "TESTVXD "
done:
    """
    assert bench.run(bench.program(V86_CLIENT.format(body=body)), bench.driver(API + CONTROL, v86="api")).code == 0


def test_version_and_vm_id(bench: Bench) -> None:
    body = """
        mov     ax, 1683h
        int     2Fh
        mov     cx, bx
        mov     ax, 1600h
        int     2Fh
        shl     al, 4
        or      al, cl
    """
    assert bench.run(bench.program(V86_CLIENT.format(body=body)), bench.driver(CONTROL)).code == 0x42


RAW = """
api:    mov     esi, back
        mov     edx, 12345678h
        VMMCall Allocate_{kind}_Call_Back
        jc      .out
        mov     [ebp + Client_EAX], eax
.out:   ret
back:   cmp     edx, 12345678h
        jne     .bad
        cmp     ebx, [{handle}]
        jne     .bad
        cmp     [ebx + CB_Client_Pointer], ebp
        jne     .bad
        mov     byte [ebp + Client_AL], 17h
.bad:   {ends}
        ret
        section .data
handle  dd      0C0340400h
        section .text
"""
CALLS_RAW = """
        call    far [entry]
        mov     [entry], eax
        mov     cx, sp
        {how}
        cmp     cx, sp
        je      .out
        mov     al, 99h
.out:
"""


def raw(kind: str, ends: str = "") -> str:
    return RAW.format(kind=kind, ends=ends, handle="handle") + CONTROL


def test_the_manager_does_the_far_return(bench: Bench) -> None:
    program = bench.program(V86_CLIENT.format(body=CALLS_RAW.format(how="call far [entry]")))
    assert bench.run(program, bench.driver(raw("V86"), v86="api")).code == 0x17


def test_or_the_procedure_does_it(bench: Bench) -> None:
    program = bench.program(V86_CLIENT.format(body=CALLS_RAW.format(how="call far [entry]")))
    driver = bench.driver(raw("V86", "VMMCall Simulate_Far_Ret"), v86="api")
    assert bench.run(program, driver, far_return="classic").code == 0x17


def test_a_callback_on_a_vector_returns_by_simulate_iret(bench: Bench) -> None:
    how = "xor bx, bx\n mov es, bx\n mov [es:65h * 4], eax\n int 65h"
    program = bench.program(V86_CLIENT.format(body=CALLS_RAW.format(how=how)))
    assert bench.run(program, bench.driver(raw("V86", "VMMCall Simulate_Iret"), v86="api")).code == 0x17


@pytest.mark.parametrize("way", ["int 65h", "int 31h"])
def test_and_when_the_host_reflects_or_simulates_the_interrupt(bench: Bench, way: str) -> None:
    """The callback is allocated through a PM API and put into the real-mode vector."""
    body = f"""
        call    far [entry]
        mov     edx, eax
        mov     ecx, eax
        shr     ecx, 16
        mov     ax, 0201h
        mov     bl, 65h
        int     31h
        mov     ax, 0300h
        mov     bx, 65h
        xor     cx, cx
        push    ds
        pop     es
        mov     edi, structure
        {way}
        mov     bl, [structure + rm.eax]
        cmp     bl, 17h
        jne     .out
        mov     al, bl
.out:
        section .bss
        alignb  4
structure resb  rm_size
        section .text
    """
    driver = bench.driver(raw("V86", "VMMCall Simulate_Iret"), v86="api", pm="api")
    assert bench.run(bench.program(PM_CLIENT.format(body=body)), driver).code == 0x17


def test_protected_mode_callbacks(bench: Bench) -> None:
    body = CALLS_RAW.format(how="call far [entry]")
    done = bench.run(bench.program(PM_CLIENT.format(body=body)), bench.driver(raw("PM"), pm="api"))
    assert done.code == 0x17
    assert [event.to_object()["kind"] for event in done.events("vxd_callback_returned")] == ["pm", "pm"]


def test_the_pool_is_finite_and_shared(bench: Bench) -> None:
    body = """
        mov     cx, 0
.more:  mov     eax, 0
        call    far [entry]
        inc     cx
        jnc     .more
        cmp     eax, -1
        jne     .out
        mov     al, cl
.out:
    """
    driver = """
api:    mov     esi, api
        VMMCall Allocate_V86_Call_Back
        mov     [ebp + Client_EAX], eax
        jc      .failed
        and     byte [ebp + Client_EFlags], ~CF
        ret
.failed: or     byte [ebp + Client_EFlags], CF
        ret
    """
    done = bench.run(bench.program(V86_CLIENT.format(body=body)), bench.driver(driver + CONTROL, v86="api"))
    assert done.code == POOL_SIZE, "one for the API, the others, and the call that fails"
    assert done.machine.state.vmm.breaks.used == POOL_SIZE
    assert len(list(done.events("vxd_callback_allocated"))) == POOL_SIZE


def test_an_alias_of_the_byte_that_nobody_has_is_an_invalid_opcode(bench: Bench) -> None:
    body = "sub word [entry + 2], 1\n add word [entry], 16\n call far [entry]"
    done = bench.run(bench.program(V86_CLIENT.format(body=body)), bench.driver(API + CONTROL, v86="api"))
    assert done.end.how == "terminated"
    assert "06h" in done.end.message


def test_drivers_see_memory_high(bench: Bench) -> None:
    driver = """
api:    mov     edi, [ebx + CB_High_Linear]
        movzx   eax, word [ebp + Client_DS]
        shl     eax, 4
        add     edi, eax
        movzx   eax, word [ebp + Client_BX]
        mov     al, [edi + eax]
        mov     [ebp + Client_AL], al
        ret
    """
    body = "mov bx, here\n call far [entry]\n jmp over\nhere db 5Ah\nover:"
    done = bench.run(bench.program(V86_CLIENT.format(body=body)), bench.driver(driver + CONTROL, v86="api"))
    assert done.code == 0x5A
    assert done.machine.memory.read_u32(layout.VMM + 4) == layout.HIGH_LINEAR

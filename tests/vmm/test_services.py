"""The services around callbacks: simulation, nested execution, modes, vectors, handles (VMM 3.2 to 3.4, 5.2)."""

from __future__ import annotations

import pytest

from app.emu.vmm.ordinals import NAMES, since
from app.emu.vmm.table import VMM
from tests.vmm.lab import CONTROL, PM_CLIENT, V86_CLIENT, Bench, Run

CALL = "call far [entry]"
OK = 0x42
GIVES_OK = f"mov byte [ebp + Client_AL], {OK:#x}"


def v86(bench: Bench, api: str, body: str = CALL, *, control: str = CONTROL, **launch: object) -> Run:
    """What a driver's V86 API does in V86 code."""
    driver = bench.driver(f"api: {api}\n ret\n{control}", v86="api")
    return bench.run(bench.program(V86_CLIENT.format(body=body)), driver, **launch)


def pm(bench: Bench, api: str, body: str = CALL, *, width: int = 16, control: str = CONTROL) -> Run:
    """The same in protected mode."""
    driver = bench.driver(f"api: {api}\n ret\n{control}", v86="api", pm="api")
    if width == 32:
        body = body.replace("call    far", "call far").replace(CALL, "call dword far [entry]")
    return bench.run(bench.program(PM_CLIENT.format(body=body), width=width), driver)


def test_handles(bench: Bench) -> None:
    api = f"""
        mov     esi, ebx
        xor     ebx, ebx
        VMMCall Get_Cur_VM_Handle
        cmp     ebx, esi
        jne     .out
        VMMCall Test_Cur_VM_Handle
        jne     .out
        VMMCall Validate_VM_Handle
        jc      .out
        cmp     dword [ebx + CB_VMID], 2
        jne     .out
        cmp     dword [ebx + CB_Signature], 'VMcb'
        jne     .out
        VMMCall Get_Sys_VM_Handle
        cmp     ebx, esi
        je      .out
        VMMCall Test_Sys_VM_Handle
        jne     .out
        inc     ebx
        VMMCall Validate_VM_Handle
        jnc     .out
        VMMCall Get_VMM_Version
        cmp     ax, 400h
        jne     .out
        VMMCall Get_VMM_Reenter_Count
        test    ecx, ecx
        jnz     .out
        {GIVES_OK}
.out:
    """
    assert v86(bench, api).code == OK


def test_push_pop_and_their_width(bench: Bench) -> None:
    api = f"""
        mov     ecx, [ebp + Client_ESP]
        mov     eax, 12345678h
        VMMCall Simulate_Push
        sub     ecx, [ebp + Client_ESP]
        movzx   edx, byte [ebp + Client_BX]
        cmp     ecx, edx
        jne     .out
        VMMCall Simulate_Pop
        cmp     edx, 4
        je      .wide
        shl     eax, 16
        cmp     eax, 56780000h
        jne     .out
        {GIVES_OK}
.wide:  cmp     eax, 12345678h
        jne     .out
        {GIVES_OK}
.out:
    """
    assert v86(bench, api, "mov bl, 2\n" + CALL).code == OK
    assert pm(bench, api, "mov bl, 2\n" + CALL).code == OK
    assert pm(bench, api, "mov bl, 4\n" + CALL, width=32).code == OK


def test_far_call_far_return_n_and_jump(bench: Bench) -> None:
    body = """
        mov     cx, cs
        mov     bx, routine
        push    word 1
        push    word 2
        call    far [entry]
        cmp     sp, [saved]
        jne     .bad
        jmp     done
.bad:   mov     al, 0
        jmp     done
routine:
        mov     al, 42h
        retf    4
saved   dw      0
done:
    """.replace("push    word 1", "mov [saved], sp\n push word 1")
    api = """
        mov     cx, [ebp + Client_CX]
        movzx   edx, word [ebp + Client_BX]
        VMMCall Simulate_Far_Call
    """
    assert v86(bench, api, body).code == OK
    api = """
        mov     eax, 4
        mov     edx, [ebp + Client_EIP]
        mov     cx, [ebp + Client_CS]
        VMMCall Simulate_Far_Call       ; what far_return_n undoes
        VMMCall Simulate_Far_Ret_N
        mov     byte [ebp + Client_AL], 42h
    """
    assert v86(bench, api, body).code == OK


def test_build_int_stack_frame_and_iret(bench: Bench) -> None:
    api = f"""
        mov     esi, [ebp + Client_ESP]
        mov     edi, [ebp + Client_EIP]
        mov     cx, 1234h
        mov     edx, 5678h
        VMMCall Build_Int_Stack_Frame
        cmp     word [ebp + Client_CS], 1234h
        jne     .out
        cmp     word [ebp + Client_IP], 5678h
        jne     .out
        mov     eax, esi
        sub     eax, [ebp + Client_ESP]
        cmp     al, 6
        jne     .out
        VMMCall Simulate_Iret
        cmp     esi, [ebp + Client_ESP]
        jne     .out
        cmp     edi, [ebp + Client_EIP]
        jne     .out
        {GIVES_OK}
.out:
    """
    assert v86(bench, api).code == OK


VECTOR = """
        push    es
        xor     bx, bx
        mov     es, bx
        mov     word [es:60h * 4], service
        mov     [es:60h * 4 + 2], cs
        pop     es
        call    far [entry]
        jmp     done
service:
        pushf
        pop     cx
        and     cx, 200h
        mov     al, 42h
        iret
done:
"""
NESTED = """
        Push_Client_State
        VMMCall Begin_Nest_{kind}
        mov     eax, 60h
        VMMCall Exec_Int
        movzx   esi, byte [ebp + Client_AL]
        VMMCall End_Nest_Exec
        mov     eax, esi
        mov     [result], al
        Pop_Client_State
        mov     al, [result]
        mov     [ebp + Client_AL], al
        ret
        section .data
result  db      0
        section .text
"""


@pytest.mark.parametrize("step", [1, 200_000])
def test_nested_execution_in_v86_mode(bench: Bench, step: int) -> None:
    done = v86(bench, NESTED.format(kind="V86_Exec"), VECTOR, step=step)
    assert done.code == OK
    assert not done.machine.state.host.levels
    calls = [event.to_object() for event in done.events("service_called", "service_returned")]
    in_ring0 = [(call["event"], call["function"]) for call in calls if call["interrupt"] == 0x20]
    assert in_ring0.count(("service_returned", 0x84)) == in_ring0.count(("service_called", 0x84)) == 1


@pytest.mark.parametrize("width", [16, 32])
def test_nested_execution_in_v86_mode_from_protected_mode(bench: Bench, width: int) -> None:
    body = """
        push    es
        set_real_vector_60
        pop     es
        call    far [entry]
        jmp     done
service:
        mov     al, 42h
        iret
done:
    """.replace(
        "set_real_vector_60",
        "mov ax, 201h\n mov bl, 60h\n mov cx, [real_segment]\n mov dx, service\n int 31h",
    )
    assert pm(bench, NESTED.format(kind="V86_Exec"), body, width=width).code == OK


PM_VECTOR = """
        mov     ax, 205h
        mov     bl, 60h
        mov     cx, cs
        mov     xdx, service
        int     31h
        call    far [entry]
        jmp     done
service:
        mov     ax, ss
        cmp     ax, [stack]
        mov     al, 0
        je      .out
        mov     al, 42h                 ; on another stack: the locked one
.out:   iretx
done:
"""


@pytest.mark.parametrize("width", [16, 32])
def test_nested_execution_in_protected_mode_is_on_the_locked_stack(bench: Bench, width: int) -> None:
    body = "mov [stack], ss\n" + PM_VECTOR + "\n section .bss\nstack resw 1\n section .text\n"
    done = pm(bench, NESTED.format(kind="Exec"), body, width=width)
    assert done.code == OK


LOCKED = """
        callback_alloc handler, structure, callback
        set_vector 60h, service
        push    ds
        pop     es
        call    far [entry]
        cmp     [handler_ss], ax        ; what the driver has brought: the locked stack's selector
        jne     done
        mov     al, 42h
        jmp     done
service:
        mov     [service_ss], ss
        mov     [service_sp], xsp
        push    ds
        pop     es
        real_call procedure
        mov     ax, ss
        cmp     ax, [handler_ss]
        jne     .out
        mov     bx, [service_sp]
        cmp     bx, [handler_sp]        ; the callback went on below
        jbe     .out
        iretx
.out:   xor     ax, ax
        iretx
procedure:
        call    far [cs:callback]
        retf
handler:
        mov     fs, [cs:data_selector]
        mov     [fs:handler_ss], ss
        mov     [fs:handler_sp], xsp
        callback_return
done:
        section .bss
callback resd   1
service_ss resw 1
service_sp resd 1
handler_ss resw 1
handler_sp resd 1
        alignb  4
structure resb  rm_size
        section .text
"""


@pytest.mark.parametrize("width", [16, 32])
def test_callbacks_of_the_host_nest_on_the_locked_stack_a_driver_uses(bench: Bench, width: int) -> None:
    api = """
        VMMCall Begin_Nest_Exec
        mov     eax, 60h
        VMMCall Exec_Int
        mov     ax, [ebp + Client_SS]
        mov     [result], ax
        VMMCall End_Nest_Exec
        mov     ax, [result]
        mov     [ebp + Client_AX], ax
        ret
        section .data
result  dw      0
        section .text
    """
    done = pm(bench, api, LOCKED, width=width)
    assert done.code == OK
    depths = [event.to_object()["depth"] for event in done.events("stack_switched")]
    assert max(depths) == 2
    assert depths[-1] == 0


def test_begin_resume_end_returns_at_once(bench: Bench) -> None:
    api = (
        f"VMMCall Begin_Nest_V86_Exec\n VMMCall Resume_Exec\n VMMCall Resume_Exec\n VMMCall End_Nest_Exec\n {GIVES_OK}"
    )
    assert v86(bench, api).code == OK
    assert pm(bench, api).code == OK


def test_locked_stack_counts(bench: Bench) -> None:
    api = f"""
        mov     esi, [ebp + Client_ESP]
        mov     di, [ebp + Client_SS]
        VMMCall Begin_Use_Locked_PM_Stack
        cmp     dword [ebp + Client_ESP], 1000h
        jne     .out
        sub     dword [ebp + Client_ESP], 8
        VMMCall Begin_Use_Locked_PM_Stack
        cmp     dword [ebp + Client_ESP], 0FF8h
        jne     .out
        VMMCall End_Use_Locked_PM_Stack
        cmp     dword [ebp + Client_ESP], 0FF8h
        jne     .out
        VMMCall End_Use_Locked_PM_Stack
        cmp     esi, [ebp + Client_ESP]
        jne     .out
        cmp     di, [ebp + Client_SS]
        jne     .out
        {GIVES_OK}
.out:
    """
    assert pm(bench, api).code == OK
    assert pm(bench, api, width=32).code == OK


def test_exec_modes_exchange_the_alternate_set(bench: Bench) -> None:
    api = f"""
        mov     esi, [ebp + Client_ESP]
        mov     di, [ebp + Client_CS]
        VMMCall Set_V86_Exec_Mode
        test    dword [ebp + Client_EFlags], 20000h
        jz      .out
        cmp     di, [ebp + Client_Alt_CS]
        jne     .out
        VMMCall Set_V86_Exec_Mode
        cmp     di, [ebp + Client_Alt_CS]
        jne     .out
        test    dword [ebx + CB_VM_Status], VMStat_PM_Exec
        jnz     .out
        VMMCall Set_PM_Exec_Mode
        cmp     di, [ebp + Client_CS]
        jne     .out
        cmp     esi, [ebp + Client_ESP]
        jne     .out
        test    dword [ebx + CB_VM_Status], VMStat_PM_Exec
        jz      .out
        {GIVES_OK}
.out:
    """
    assert pm(bench, api).code == OK


HOOK = """
hook:   cmp     eax, 60h
        jne     .pass
        inc     byte [count]
        cmp     byte [ebp + Client_AH], 1
        je      .eat
.pass:  stc
        ret
.eat:   mov     byte [ebp + Client_AL], 41h
        clc
        ret
        section .data
count   db      0
        section .text
control:
        cmp     eax, Device_Init
        jne     .out
        mov     eax, 60h
        mov     esi, hook
        VMMCall Hook_V86_Int_Chain
        ret
.out:   clc
        ret
"""


@pytest.mark.parametrize(("ah", "al"), [(0, 0x42), (1, 0x41)])
def test_hooks_of_v86_interrupts(bench: Bench, ah: int, al: int) -> None:
    body = VECTOR.replace("call    far [entry]", f"mov ah, {ah}\n int 60h")
    done = v86(bench, "", body, control=HOOK)
    assert done.code == al


def test_simulated_interrupts_are_seen_by_hooks_too(bench: Bench) -> None:
    api = "mov eax, 60h\n VMMCall Simulate_Int"
    assert v86(bench, api, VECTOR.replace("call", "mov ah, 1\n call"), control=HOOK).code == 0x41
    assert v86(bench, api, VECTOR.replace("call", "mov ah, 0\n call"), control=HOOK).code == 0x42


def test_unhooking(bench: Bench) -> None:
    api = "mov eax, 60h\n mov esi, hook\n VMMCall Unhook_V86_Int_Chain\n jc .out\n VMMCall Unhook_V86_Int_Chain\n.out:"
    body = VECTOR.replace("call    far [entry]", "call far [entry]\n mov ah, 1\n int 60h")
    assert v86(bench, api, body, control=HOOK).code == 0x42


RETURNS = """
hook:   xor     eax, eax
        mov     edx, 1234h
        mov     esi, back
        VMMCall Call_When_VM_Returns
        stc
        ret
back:   jc      .out
        cmp     edx, 1234h
        jne     .out
        add     byte [ebp + Client_AL], 10h
.out:   ret
control:
        cmp     eax, Device_Init
        jne     .out
        mov     eax, 60h
        mov     esi, hook
        VMMCall Hook_V86_Int_Chain
        ret
.out:   clc
        ret
"""


@pytest.mark.parametrize("step", [1, 200_000])
def test_call_when_vm_returns(bench: Bench, step: int) -> None:
    done = v86(bench, "", VECTOR.replace("call    far [entry]", "int 60h"), control=RETURNS, step=step)
    assert done.code == 0x52
    kinds = {event.to_object()["kind"] for event in done.events("vxd_callback_entered")}
    assert kinds == {"vm_returns"}
    assert list(done.machine.state.vmm.breaks.targets) == [(False, 1)], "the API's; its own address is free again"


@pytest.mark.parametrize(("time", "calls"), [(1, "T"), (-1, "TR"), (0, "R"), (2000, "R"), (-2000, "R")])
def test_time_outs(bench: Bench, time: int, calls: str) -> None:
    control = f"""
hook:   mov     eax, {time}
        mov     esi, back
        VMMCall Call_When_VM_Returns
        stc
        ret
back:   jc      .time
        jz      .late
        or      byte [ebp + Client_DX], 1       ; returned
        ret
.late:  or      byte [ebp + Client_DX], 2       ; returned after the time was over
        ret
.time:  or      byte [ebp + Client_DX], 4
        ret
{RETURNS[RETURNS.index("control:") :]}"""
    body = """
        xor     dx, dx
        push    es
        xor     bx, bx
        mov     es, bx
        mov     word [es:60h * 4], service
        mov     [es:60h * 4 + 2], cs
        pop     es
        int     60h
        mov     al, dl
        jmp     done
service:
        mov     cx, 10000
.wait:  loop    .wait
        iret
done:
    """
    flags = {"T": 4, "TR": 4 | 2, "R": 1}[calls]
    done, stepped = (v86(bench, "", body, control=control, step=step) for step in (200_000, 5))
    assert done.code == flags
    assert done.trace() == stepped.trace()


def test_vectors(bench: Bench) -> None:
    api = f"""
        mov     eax, 61h
        mov     ecx, 1234h
        mov     edx, 5678h
        VMMCall Set_V86_Int_Vector
        xor     ecx, ecx
        VMMCall Get_V86_Int_Vector
        cmp     cx, 1234h
        jne     .out
        cmp     edx, 5678h
        jne     .out
        VMMCall Get_PM_Int_Vector
        jnz     .out
        mov     ecx, 3Bh
        mov     edx, 10h
        VMMCall Set_PM_Int_Vector
        VMMCall Get_PM_Int_Vector
        jz      .out
        cmp     edx, 10h
        jne     .out
        mov     eax, 100h
        VMMCall Get_V86_Int_Vector
        jnc     .out
        {GIVES_OK}
.out:
    """
    assert v86(bench, api).code == OK
    assert pm(bench, api).code == OK


def test_vectors_set_before_there_is_a_client(bench: Bench) -> None:
    control = """
control:
        cmp     eax, Device_Init
        jne     .out
        mov     esi, service
        VMMCall Allocate_PM_Call_Back
        mov     ecx, eax
        shr     ecx, 16
        movzx   edx, ax
        mov     eax, 61h
        VMMCall Set_PM_Int_Vector
.out:   clc
        ret
service:
        mov     byte [ebp + Client_AL], 42h
        VMMCall Simulate_Iret
        ret
    """
    assert pm(bench, "", "int 61h", control=control).code == OK
    assert pm(bench, "", "int 61h", control=control, width=32).code == OK


def test_map_flat(bench: Bench) -> None:
    api = """
        mov     ax, Client_DS << 8 | Client_BX
        VMMCall Map_Flat
        mov     al, [eax]
        mov     [ebp + Client_AL], al
        mov     ax, 0301h
        VMMCall Map_Flat
        inc     eax
        jz      .out
        mov     byte [ebp + Client_AL], 1
.out:
    """
    body = "mov bx, here\n call far [entry]\n jmp over\nhere db 42h\nover:"
    assert v86(bench, api, body).code == OK
    assert pm(bench, api, body).code == OK


def test_interrupt_flag(bench: Bench) -> None:
    body = "sti\n call far [entry]\n pushf\n pop ax\n mov al, ah\n and al, 2"
    assert v86(bench, "VMMCall Disable_VM_Ints", body).code == 0
    assert v86(bench, "VMMCall Enable_VM_Ints", "cli\n" + body[4:]).code == 2


def test_messages_of_drivers(bench: Bench) -> None:
    control = """
control:
        cmp     eax, 12345h
        jne     .out
        cmp     edx, 77h
        jne     .out
        mov     dword [seen], 42h
        stc
        ret
.out:   clc
        ret
        section .data
seen    dd      0
        section .text
    """
    api = """
        mov     eax, 12345h
        mov     edx, 77h
        VMMCall System_Control
        jnc     .bad
        mov     al, [seen]
        mov     [ebp + Client_AL], al
.bad:
    """
    assert v86(bench, api, control=control).code == OK


def test_the_jump_form_returns_to_the_callers_caller(bench: Bench) -> None:
    api = "call inner\n mov [ebp + Client_AL], bl\n ret\ninner: mov ebx, 42h\n VMMJmp Get_VMM_Version\n ud2"
    assert v86(bench, api).code == OK


def test_services_of_other_drivers(bench: Bench) -> None:
    first = bench.driver(
        "control: clc\n ret\nversion: mov ax, 100h\n clc\n ret\ntwice: add eax, eax\n ret\n"
        " section .data\ntable dd version, twice\n section .text\n",
        name="FIRST   ", number=0x7F02,
    )  # fmt: skip
    source = bench.folder / "FIRST.asm"
    source.write_text(source.read_text().replace("control, 0, 0", "control, 0, 0, table, 2"))
    from tests.vmm.lab import linker

    linker("link_vxd").build(source, first)
    api = """
        VxDCall 7F02h, 0
        jc      .out
        mov     eax, 21h
        VxDCall 7F02h, 1
        mov     [ebp + Client_AL], al
        VxDCall 7F03h, 0
        jc      .out
        mov     byte [ebp + Client_AL], 1
.out:
    """
    second = bench.driver(f"api: {api}\n ret\n{CONTROL}", v86="api")
    assert bench.run(bench.program(V86_CLIENT.format(body=CALL)), first, second).code == OK


def test_ddb_and_hooked_api(bench: Bench) -> None:
    api = """
        mov     eax, 7F01h
        VMMCall Get_DDB
        cmp     ecx, the_DDB
        jne     .out
        mov     esi, other
        VMMCall Hook_Device_V86_API
        jc      .out
        cmp     esi, api
        jne     .out
        mov     byte [ebp + Client_AL], 1
.out:   ret
other:  mov     byte [ebp + Client_AL], 42h
    """
    assert v86(bench, api, CALL + "\n" + CALL).code == OK


def test_parameters_on_the_stack(bench: Bench) -> None:
    api = f"""
        mov     esi, esp
        VMMCall _HeapAllocate, 100, 1
        test    eax, eax
        jz      .out
        mov     edi, eax
        VMMCall _lstrcpyn, eax, text, 100
        cmp     eax, edi
        jne     .out
        cmp     dword [edi], 'ring'
        jne     .out
        VMMCall _HeapReAllocate, edi, 5000, 0
        cmp     dword [eax], 'ring'
        jne     .out
        VMMCall _HeapFree, eax, 0
        test    eax, eax
        jz      .out
        cmp     esp, esi
        jne     .out
        {GIVES_OK}
.out:   ret
text:   db      "ring 0", 0
    """
    assert v86(bench, api).code == OK
    assert pm(bench, api, width=32).code == OK


def test_debug_output(bench: Bench) -> None:
    done = v86(bench, "mov esi, text\n VMMCall Out_Debug_String\n ret\ntext: db 'hello', 10, 0")
    assert done.console.text(2) == "hello\n"


def test_every_service_of_the_reference_is_a_row() -> None:
    assert [row.number for row in VMM] == list(range(0x1B3))
    assert [row.name for row in VMM] == list(NAMES)
    assert (NAMES[0x0B], NAMES[0x83], NAMES[0x1B2]) == (
        "Allocate_V86_Call_Back", "Begin_Nest_Exec", "_MPLeaveSingleProcessor",
    )  # fmt: skip
    assert [since(ordinal) for ordinal in (0xD0, 0xD1, 0xF2, 0x192, 0x1B0)] == ["3.0", "3.1", "95", "98", "ME"]
    assert all(row.summary for row in VMM if row.offered)

"""Control messages: order, parameters, what refusing does (VMM 4.3)."""

from __future__ import annotations

import pytest

from app.emu.machine import Machine
from app.emu.machine_errors import LoadError
from app.emu.vmm.messages import BEGINNING, DROPS_DRIVER, END, REFUSABLE, Message
from tests.vmm.lab import CONTROL, PM_CLIENT, V86_CLIENT, Bench

TELLS = """
control:
        mov     edi, [next]
        mov     ah, [ebx + CB_VMID]
        mov     [log + edi * 2], ax
        inc     dword [next]
        clc
        ret
        section .data
next    dd      0
log     times 64 dw 0
        section .text
"""
ENDS = "mov al, 5"


def log_of(machine: Machine, device: int = 0) -> list[tuple[int, int]]:
    """(message, VM) as the driver has noted them behind its DDB."""
    ddb = machine.state.vmm.devices[device].ddb
    count = machine.memory.read_u32(ddb + 0x38)
    raw = machine.memory.read(ddb + 0x3C, count * 2)
    return [(raw[at], raw[at + 1]) for at in range(0, len(raw), 2)]


def test_all_messages_come_in_order(bench: Bench) -> None:
    driver = bench.driver(TELLS)
    machine, _ = bench.start(bench.program(V86_CLIENT.format(body=ENDS)), driver)
    while machine.regs.mode == "ring0":
        machine.slice(1)
    assert log_of(machine) == [(sending.message, sending.vm) for sending in BEGINNING]
    while machine.state.end is None:
        machine.slice(1000)
    assert log_of(machine) == [(sending.message, sending.vm) for sending in (*BEGINNING, *END)]
    assert machine.state.end.code == 5


def test_drivers_are_told_in_order_of_initialisation(bench: Bench) -> None:
    first = bench.driver(TELLS, name="LATE    ", number=0x7F02)
    source = bench.folder / "LATE.asm"
    program = bench.program(V86_CLIENT.format(body=ENDS))
    late = bench.folder / "late.vxd"
    data = bytearray(first.read_bytes())
    at = data.index(b"LATE    ") + 8
    data[at : at + 4] = (0xA0000000).to_bytes(4, "little")
    late.write_bytes(data)
    early = bench.driver(TELLS, name="EARLY   ")
    machine, _ = bench.start(program, late, early)
    assert [device.name for device in machine.state.vmm.devices] == ["EARLY", "LATE"]
    assert source.exists()


@pytest.mark.parametrize("message", DROPS_DRIVER)
def test_a_driver_that_refuses_initialisation_is_left_out(bench: Bench, message: int) -> None:
    driver = bench.driver(f"api: ret\ncontrol: cmp eax, {int(message)}\n je .no\n clc\n ret\n.no: stc\n ret", v86="api")
    done = bench.run(bench.program(V86_CLIENT.format(body="mov ax, [entry]")), driver)
    assert done.code == 0
    assert "it is left out" in done.console.text(2)
    assert done.machine.state.vmm.devices[0].is_dropped


@pytest.mark.parametrize("message", REFUSABLE)
def test_refusing_the_vm_ends_the_run(bench: Bench, message: int) -> None:
    driver = bench.driver(f"control: cmp eax, {int(message)}\n je .no\n clc\n ret\n.no: stc\n ret")
    done = bench.run(bench.program(V86_CLIENT.format(body=ENDS)), driver)
    assert done.end.how == "terminated"
    assert "CF=1" in done.end.message


@pytest.mark.parametrize("message", [0, 5])
def test_interrupts_cannot_be_simulated_in_every_message(bench: Bench, message: int) -> None:
    driver = bench.driver(
        f"control: cmp eax, {message}\n jne .out\n mov eax, 60h\n VMMCall Simulate_Int\n.out: clc\n ret"
    )
    done = bench.run(bench.program(V86_CLIENT.format(body=ENDS)), driver)
    assert done.end.how == "terminated"
    assert "not allowed" in done.end.message
    assert "vxd_simulated_in_message" in [event.to_object()["rule"] for event in done.events("finding")]


def test_initialisation_may_call_dos(bench: Bench) -> None:
    driver = bench.driver("""
control:
        cmp     eax, Device_Init
        jne     .out
        VMMCall Begin_Nest_V86_Exec
        mov     byte [ebp + Client_AH], 2
        mov     byte [ebp + Client_DX], '!'
        mov     eax, 21h
        VMMCall Exec_Int
        VMMCall End_Nest_Exec
.out:   clc
        ret
    """)
    done = bench.run(bench.program(V86_CLIENT.format(body=ENDS)), driver)
    assert (done.code, done.console.text()) == (5, "!")


def test_programs_in_a_row_share_the_vm(bench: Bench) -> None:
    program = bench.program(V86_CLIENT.format(body=ENDS))
    done = bench.run(program, bench.driver(TELLS), then=((str(program),),))
    assert [message for message, _ in log_of(done.machine)].count(9) == 1
    assert len(list(done.events("program_ended"))) == 2


def test_two_drivers_with_one_id(bench: Bench) -> None:
    program = bench.program(V86_CLIENT.format(body=ENDS))
    with pytest.raises(LoadError, match="has the device id 7F01h already"):
        bench.start(program, bench.driver(CONTROL, name="ONE     "), bench.driver(CONTROL, name="TWO     "))


@pytest.mark.parametrize("width", [16, 32])
def test_applications_are_told_of(bench: Bench, width: int) -> None:
    control = TELLS.replace(
        "        mov     edi, [next]\n        mov     ah, [ebx",
        """
        cmp     eax, Begin_PM_App
        jne     .tell
        cmp     edx, [edi]              ; bit 0 of both: 32-bit
        jne     .tell
        mov     ebp, edi
        VMMCall Get_Cur_PM_App_CB
        cmp     ebp, edi
        jne     .tell
        mov     ah, dl
        mov     edi, [next]
        jmp     .note
.tell:  mov     edi, [next]
        mov     ah, [ebx""",
    ).replace("        mov     [log", ".note:  mov     [log")
    program = bench.program(PM_CLIENT.format(body="mov al, 7"), width=width)
    done = bench.run(program, bench.driver(control))
    assert done.code == 7
    between = log_of(done.machine)[len(BEGINNING) : -len(END)]
    assert between == [(Message.Begin_PM_App, int(width == 32)), (Message.End_PM_App, 2)]


def test_a_refused_application_ends(bench: Bench) -> None:
    driver = bench.driver("control: cmp eax, Begin_PM_App\n je .no\n clc\n ret\n.no: stc\n ret")
    done = bench.run(bench.program(PM_CLIENT.format(body="mov al, 7")), driver)
    assert done.end.how == "terminated"
    assert "TESTVXD refused the application" in done.end.message
    assert not done.machine.state.host.clients

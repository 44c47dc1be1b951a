"""Drivers that do what they must not: their VM ends with a report, the debugger lives."""

from __future__ import annotations

import pytest

from tests.vmm.lab import CONTROL, V86_CLIENT, Bench

CALL = "call far [entry]"
WRONG = {
    "xor eax, eax\n mov eax, [0C0800000h]": "page fault",
    "ud2": "invalid opcode",
    "xor edx, edx\n div edx": "divide error",
    "mov dword [0C0000000h], 0": "page fault",
    "int 21h": "INT 21h in ring 0",
    "int3": "INT 03h in ring 0",
    "push eax\n ret": "",
    "mov eax, 0D0000000h\n jmp eax": "page fault",
    "mov esp, 12345h\n push eax": "",
    "VMMCall 02Eh": "002Eh (Nuke_VM), which is not offered",
    "VMMCall 154h": "0154h (Exec_PM_Int), which is not offered: what is known of it is not verified",
    "VMMCall 7000h": "7000h, which is not offered",
    "VxDCall 33h, 1": "device 0033h, which is not loaded",
    "VxDCall 7F01h, 1": "does not have it",
    "VMMCall Crash_Cur_VM": "Crash_Cur_VM",
    "VMMCall Resume_Exec": "Begin_Nest_Exec is missing",
    "VMMCall End_Nest_Exec": "without Begin_Nest_Exec",
    "VMMCall Begin_Nest_V86_Exec": "End_Nest_Exec is missing",
    "VMMCall Set_PM_Exec_Mode": "no protected-mode application",
    "VMMCall Begin_Use_Locked_PM_Stack": "locked protected-mode stack",
    "VMMCall End_Use_Locked_PM_Stack": "locked protected-mode stack",
    "ret 4": "returned with ESP",
    "mov eax, 0\n mov cr0, eax": "general protection",
    "mov cr3, eax": "general protection",
    "lgdt [eax]": "general protection",
    "lidt [eax]": "general protection",
    "lldt ax": "general protection",
    "ltr ax": "general protection",
    "clts": "general protection",
    "mov dr7, eax": "general protection",
    "push dword 3202h\n push dword 0A7h\n push dword 100h\n iretd": "general protection",
    "retf": "general protection",
    "jmp far [eax]": "general protection",
    "jmp 0A7h:100h": "general protection",
    "call 28h:0C0342000h": "general protection",
    "mov edi, 0C0900000h\n VMMCall Save_Client_State": "where nothing is or nobody may",
    "mov edi, 0C0000000h\n VMMCall Save_Client_State": "where nothing is or nobody may",
    "mov esp, 0C0002010h\n mov esi, api\n VMMCall Call_Global_Event": "where nothing is or nobody may",
    "push dword 16\n push dword api\n push dword 0C0110000h\n VMMCall _lmemcpy": "where nothing is or nobody may",
    "push dword 0C0341000h\n ret": "",
}


@pytest.mark.parametrize("step", [1, 200_000])
@pytest.mark.parametrize("wrong", WRONG)
def test_it_ends_the_vm_with_a_report(bench: Bench, wrong: str, step: int) -> None:
    driver = bench.driver(f"api: {wrong}\n ret\n{CONTROL}", v86="api")
    done = bench.run(bench.program(V86_CLIENT.format(body=CALL)), driver, step=step)
    assert done.end.how == "terminated"
    assert done.end.code == 0xFF
    assert "the driver TESTVXD ended its VM" in done.end.message
    assert WRONG[wrong] in done.end.message
    assert done.end.message in done.console.text(2)
    assert "mode ring0" in done.console.text(2)


@pytest.mark.parametrize("message", ["Sys_Critical_Init", "Init_Complete", "VM_Init", "VM_Terminate", "System_Exit"])
def test_in_a_control_message(bench: Bench, message: str) -> None:
    driver = bench.driver(f"control: cmp eax, {message}\n jne .out\n ud2\n.out: clc\n ret")
    done = bench.run(bench.program(V86_CLIENT.format(body="mov al, 3")), driver)
    assert done.end.how == "terminated"
    assert "invalid opcode" in done.end.message


def test_an_endless_driver_reaches_the_limit(bench: Bench) -> None:
    driver = bench.driver(f"api: jmp api\n{CONTROL}", v86="api")
    machine, _ = bench.start(bench.program(V86_CLIENT.format(body=CALL)), driver)
    while machine.tick < 50_000:
        machine.slice(10_000)
    assert machine.state.end is None


@pytest.mark.parametrize("instruction", ["hlt", "cli", "sti"])
def test_what_it_may_do(bench: Bench, instruction: str) -> None:
    driver = bench.driver(f"api: {instruction}\n mov byte [ebp + Client_AL], 9\n ret\n{CONTROL}", v86="api")
    done = [bench.run(bench.program(V86_CLIENT.format(body=CALL)), driver, step=step) for step in (1, 200_000)]
    assert done[0].code == 9
    assert done[0].trace() == done[1].trace()


def test_a_fault_ends_all_programs_of_the_vm(bench: Bench) -> None:
    program = bench.program(V86_CLIENT.format(body=CALL))
    driver = bench.driver(f"api: ud2\n{CONTROL}", v86="api")
    done = bench.run(program, driver, then=((str(program),),))
    assert len(list(done.events("program_loaded"))) == 1


def test_a_clients_broken_stack_is_the_vms_end(bench: Bench) -> None:
    driver = bench.driver(f"api: mov esi, 0\n mov eax, 1\n VMMCall Simulate_Push\n ret\n{CONTROL}", v86="api")
    body = "xor ax, ax\n mov ss, ax\n mov sp, 400h\n" + CALL
    assert bench.run(bench.program(V86_CLIENT.format(body=body)), driver).machine.state.end is not None

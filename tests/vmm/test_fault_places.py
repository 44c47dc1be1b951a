"""A driver that faults, wherever it is called from: its VM ends with a report, and the debugger lives."""

from __future__ import annotations

import pytest

from tests.vmm.lab import PM_CLIENT, V86_CLIENT, Bench

FAULT = "faulty: ud2\n"
SETS_UP = """
control: cmp eax, Device_Init
        jne .fine
        {}
.fine:  clc
        ret
"""
IN_API = "api: {}\n ret\n"
CALL = "call far [entry]"
LONG = "mov cx, 0FFFFh\nwaits: loop waits\n mov cx, 0FFFFh\nagain: loop again\n"

MESSAGES = [
    "Sys_Critical_Init", "Device_Init", "Init_Complete", "Sys_VM_Init", "Create_VM", "VM_Critical_Init", "VM_Init",
    "Begin_PM_App", "End_PM_App", "VM_Terminate", "VM_Not_Executeable", "Destroy_VM", "Sys_VM_Terminate", "System_Exit",
    "Sys_Critical_Exit",
]  # fmt: skip
PLACES = {
    "a V86 API": (IN_API.format("call faulty") + "control: clc\n ret", CALL),
    "a V86 callback": (
        IN_API.format("mov esi, faulty\n VMMCall Allocate_V86_Call_Back\n mov [ebp + Client_EAX], eax")
        + "control: clc\n ret",
        CALL + "\n push eax\n mov bp, sp\n call far [bp]",
    ),
    "a hook of an interrupt": (
        IN_API.format("") + SETS_UP.format("mov eax, 60h\n mov esi, faulty\n VMMCall Hook_V86_Int_Chain"),
        "int 60h",
    ),
    "a hook of a nested interrupt": (
        IN_API.format("VMMCall Begin_Nest_V86_Exec\n mov eax, 60h\n VMMCall Exec_Int\n VMMCall End_Nest_Exec")
        + SETS_UP.format("mov eax, 60h\n mov esi, faulty\n VMMCall Hook_V86_Int_Chain"),
        CALL,
    ),
    "behind nested execution": (
        IN_API.format("VMMCall Begin_Nest_V86_Exec\n mov eax, 11h\n VMMCall Exec_Int\n ud2") + "control: clc\n ret",
        CALL,
    ),
    "with a nest open": (IN_API.format("VMMCall Begin_Nest_V86_Exec\n ud2") + "control: clc\n ret", CALL),
    "Call_When_VM_Returns": (
        IN_API.format("xor eax, eax\n mov esi, faulty\n VMMCall Call_When_VM_Returns") + "control: clc\n ret", CALL,
    ),
    "a time-out of it": (
        IN_API.format("mov eax, 1\n mov esi, faulty\n VMMCall Call_When_VM_Returns\n mov ecx, 9000\n.w: loop .w")
        + "control: clc\n ret",
        CALL,
    ),
    "an event": (IN_API.format("mov esi, faulty\n VMMCall Schedule_Global_Event") + "control: clc\n ret", CALL),
    "a time-out": (
        IN_API.format("mov eax, 1\n mov esi, faulty\n VMMCall Set_Global_Time_Out") + "control: clc\n ret",
        CALL + "\n" + LONG,
    ),
    "a trapped port": (
        IN_API.format("") + SETS_UP.format("mov edx, 300h\n mov esi, faulty\n VMMCall Install_IO_Handler"),
        "mov dx, 300h\n in al, dx",
    ),
    "a hook of faults": (
        IN_API.format("") + SETS_UP.format("mov eax, 6\n mov esi, faulty\n VMMCall Hook_V86_Fault"), "ud2",
    ),
    "a message of another driver": (
        IN_API.format("mov eax, 70h\n VMMCall System_Control") + "control: cmp eax, 70h\n je faulty\n clc\n ret", CALL,
    ),
}  # fmt: skip
KINDS = {
    "ud2": "invalid opcode", "mov eax, [0D0000000h]": "page fault", "mov dword [0C0000000h], 1": "page fault",
    "int 21h": "INT 21h in ring 0", "VMMCall 7000h": "not offered", "mov esp, 5\n push eax": "",
}  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES)
def test_in_every_message(bench: Bench, message: str) -> None:
    driver = bench.driver(f"control: cmp eax, {message}\n je faulty\n clc\n ret\n{FAULT}")
    done = bench.run(bench.program(PM_CLIENT.format(body="mov al, 3")), driver)
    assert done.end.how == "terminated"
    assert "the driver TESTVXD ended its VM" in done.end.message


@pytest.mark.parametrize("place", PLACES)
def test_wherever_it_is_called_from(bench: Bench, place: str) -> None:
    body, program = PLACES[place]
    client = bench.program(V86_CLIENT.format(body=program))
    for kind, reason in KINDS.items():
        driver = bench.driver(body.replace("ud2", kind) + f"\nfaulty: {kind}\n ret\n", v86="api")
        done = bench.run(client, driver)
        assert done.end.how == "terminated", kind
        assert "the driver TESTVXD ended its VM" in done.end.message, kind
        assert reason in done.end.message, kind


@pytest.mark.parametrize("width", [16, 32])
@pytest.mark.parametrize("body", [
    "call faulty", "VMMCall Begin_Nest_Exec\n call faulty", "VMMCall Set_V86_Exec_Mode\n call faulty",
    "VMMCall Begin_Use_Locked_PM_Stack\n call faulty",
    "VMMCall Begin_Nest_V86_Exec\n mov eax, 11h\n VMMCall Exec_Int\n call faulty",
])  # fmt: skip
def test_in_protected_mode(bench: Bench, body: str, width: int) -> None:
    driver = bench.driver(IN_API.format(body) + "control: clc\n ret\n" + FAULT, pm="api")
    call = CALL if width == 16 else "call dword far [entry]"
    done = bench.run(bench.program(PM_CLIENT.format(body=call), width=width), driver)
    assert done.end.how == "terminated"
    assert "the driver TESTVXD ended its VM: unhandled exception 06h" in done.end.message


@pytest.mark.parametrize("message", ["Sys_Dynamic_Device_Init", "Sys_Dynamic_Device_Exit", "W32_DeviceIoControl"])
def test_in_messages_for_win32_programs(bench: Bench, message: str) -> None:
    answers = f"control: cmp eax, {message}\n je faulty\n xor eax, eax\n ret\n"
    bench.driver(answers + FAULT, name="LATER   ", number=0x7F55)
    names = '\nsection .data\nname db "\\\\.\\LATER.VXD", 0\n'
    program = bench.win32("start: open_device name\n invoke CloseHandle, [device]\n ret" + names)
    done = bench.run(program, bench.driver("control: clc\n ret"))
    assert done.end.how == "terminated"
    assert "the driver LATER ended its VM: unhandled exception 06h" in done.end.message

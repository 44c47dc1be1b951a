"""Drivers written in Python: the same services and registers, savable at any point, their mistakes reported."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from app.debug.launch import Launch
from app.debug.recording import about, read
from app.debug.replay import begin
from app.emu.machine_errors import LoadError
from app.emu.registers import Mode
from app.emu.vmm.client_registers import DWORDS
from app.emu.vmm.python import source
from tests.emu.runs import Console
from tests.vmm.lab import ID, PM_CLIENT, V86_CLIENT, Bench, Run

CALL = "call far [entry]"
TWICE = V86_CLIENT.format(body=f"mov ax, 5\n {CALL}\n mov ax, 7\n {CALL}\n mov al, cl")
INTERRUPTED = V86_CLIENT.format(
    body=f"mov ax, 2560h\n mov dx, handler\n int 21h\n mov ax, 5\n {CALL}\n jmp done\n handler: inc ax\n iret\n done:"
)


def script(bench: Bench, body: str, *, name: str = "lesson.py", number: int = ID, above: str = "") -> Path:
    file = bench.folder / name
    text = f"from app.emu.vmm.python import Driver, ServiceRefused\n{above}\nclass Lesson(Driver):\n"
    text += f"    name = 'LESSON'\n    device_id = {number:#x}\n"
    file.write_text(text + indent(dedent(body), "    "), encoding="utf-8")
    return file


def ran(bench: Bench, program: str, body: str, step: int = 200_000, **options: str) -> Run:
    return bench.run(bench.program(program), script(bench, body, **options), step=step)


COUNTS = """
    def __init__(self):
        self.seen = []
    def v86_api(self):
        self.seen.append(self.client.ax)
        self.client.cx = sum(self.seen)
"""
NESTS = """
    def v86_api(self):
        self.depth = 1
        self.vmm.Begin_Nest_V86_Exec()
        return self.vmm.Exec_Int(0x60, then=self.after)
    def after(self):
        self.vmm.End_Nest_Exec()
        self.client.al += self.depth
"""


@pytest.mark.parametrize("step", [1, 7, 200_000])
def test_what_it_keeps_lasts_between_procedures(bench: Bench, step: int) -> None:
    assert ran(bench, TWICE, COUNTS, step).code == 12


@pytest.mark.parametrize("program, body", [(TWICE, COUNTS), (INTERRUPTED, NESTS)])
def test_it_goes_on_alike_from_a_checkpoint_anywhere(bench: Bench, program: str, body: str) -> None:
    machine, _ = bench.start(bench.program(program), script(bench, body))
    points = []
    while machine.state.end is None:
        points.append(machine.save())
        machine.slice(1)
    end, trace = machine.state.end, [event.to_json() for event, _ in machine.log.since(0)]
    assert any(point.place.turn for point in points)
    for point in reversed(points):
        machine.restore(point)
        while machine.state.end is None:
            machine.slice(1000)
        assert machine.state.end == end
        assert [event.to_json() for event, _ in machine.log.since(0)] == trace


def test_nested_execution_goes_on_in_the_method_named(bench: Bench) -> None:
    assert ran(bench, INTERRUPTED, NESTS).code == 7


def test_a_procedure_is_an_instruction_in_ring_0(bench: Bench) -> None:
    machine, _ = bench.start(bench.program(TWICE), script(bench, COUNTS))
    while not [event for event, _ in machine.log.since(0) if event.kind == "vxd_callback_entered"]:
        machine.slice(1)
    device = machine.state.vmm.devices[0]
    regs = machine.regs
    assert regs.mode is Mode.RING0
    assert regs.eip == device.api(machine.memory, pm=False)
    assert machine.state.vmm.label(regs.eip) == "LESSON!v86_api: lesson.py, line 9"
    assert regs.ebp == machine.state.host.levels[-1].frame
    tick = machine.tick
    assert machine.slice(1) == 1
    assert machine.tick == tick + 1
    assert machine.memory.read_u16(regs.ebp + DWORDS["ecx"]) == 5


def test_the_ddb_is_in_memory(bench: Bench) -> None:
    machine, _ = bench.start(bench.program(TWICE), script(bench, COUNTS))
    device = machine.state.vmm.devices[0]
    ddb = machine.memory.read(device.ddb, 0x38)
    assert ddb[6:8] == ID.to_bytes(2, "little")
    assert ddb[0x0C:0x14] == b"LESSON  "
    assert device.api(machine.memory, pm=True) == 0


def test_services_are_the_rows_int_20h_calls(bench: Bench) -> None:
    done = ran(bench, TWICE, "def v86_api(self):\n    self.client.cx = self.vmm.Get_VMM_Version() >> 8")
    assert done.code == 4
    called = [event.to_object() for event in done.events("service_called", "service_returned")]
    mine = [event for event in called if event["interrupt"] == 0x20]
    assert [(each["event"], each["function"]) for each in mine] == [("service_called", 0), ("service_returned", 0)] * 2
    assert mine[1]["registers"] == {"EAX": 0x0400}


@pytest.mark.parametrize("call", [
    "self.vmm.Set_V86_Int_Vector(0x60, 0x1234, 0x5678)", "self.vmm.Set_V86_Int_Vector(eax=0x60, cx=0x1234, edx=0x5678)",
    "self.vmm.Set_V86_Int_Vector(0x60, edx=0x5678, cx=0x1234)",
])  # fmt: skip
def test_registers_in_order_or_by_name(bench: Bench, call: str) -> None:
    body = f"def v86_api(self):\n    {call}\n    assert self.vmm.Get_V86_Int_Vector(0x60) == (0x1234, 0x5678)"
    assert ran(bench, TWICE, body).end.how == "exit"


def test_a_refused_service_is_an_exception(bench: Bench) -> None:
    body = """
    def v86_api(self):
        try:
            self.vmm.Hook_V86_Int_Chain(0x100, self.v86_api)
        except ServiceRefused:
            self.client.cx = 3
    """
    assert ran(bench, TWICE, body).code == 3


def test_flags_of_services_and_of_the_client(bench: Bench) -> None:
    body = """
    def v86_api(self):
        self.vmm.Test_Cur_VM_Handle(self.vmm.Get_Cur_VM_Handle())
        self.client.cf = self.client.zf = self.vmm.zf
        assert self.client.cf and self.client.zf and self.client.flags & 0x41 == 0x41
    """
    program = V86_CLIENT.format(body=f"clc\n {CALL}\n mov al, 0\n adc al, 0")
    assert ran(bench, program, body).code == 1


def test_client_registers_by_all_their_names(bench: Bench) -> None:
    body = """
    def v86_api(self):
        c = self.client
        c.eax = 0x11223344
        c.ah = 0x55
        assert (c.eax, c.ax, c.al, c.ah) == (0x11225544, 0x5544, 0x44, 0x55)
        c.sp = c.sp
        assert c.ip == c.eip & 0xFFFF and c.alt_ip == c.alt_eip & 0xFFFF and c.cs == c.ss and c.bp == c.ebp & 0xFFFF
        c.cx = 1
    """
    assert ran(bench, TWICE, body).code == 1


def test_callbacks_hooks_and_breakpoints_get_their_registers(bench: Bench) -> None:
    body = """
    def Device_Init(self, ebx, esi):
        assert self.memory.read(esi, 2) == b"\\0\\r"
        self.vmm.Hook_V86_Int_Chain(0x61, self.hooked)
        self.far = self.vmm.Allocate_V86_Call_Back(edx=77, esi=self.called)
    def v86_api(self):
        self.client.dx, self.client.cx = self.far >> 16, self.far & 0xFFFF
    def hooked(self, eax):
        self.client.bl = eax
    def called(self, edx, ebx):
        assert ebx == self.vmm.Get_Cur_VM_Handle()
        self.client.bh = edx
    """
    program = V86_CLIENT.format(
        body=f"{CALL}\n mov [entry], cx\n mov [entry + 2], dx\n {CALL}\n int 61h\n add bl, bh\n mov al, bl"
    )
    assert ran(bench, program, body).code == 77 + 0x61


def test_in_protected_mode(bench: Bench) -> None:
    body = "def pm_api(self):\n    self.client.al = 9 if self.memory.read_u32(self.data) == 0 else 1"
    for width, call in ((16, CALL), (32, "call dword far [entry]")):
        program = bench.program(PM_CLIENT.format(body=call), width=width)
        assert bench.run(program, script(bench, body)).code == 9


def test_carry_of_a_message_refuses(bench: Bench) -> None:
    done = ran(bench, TWICE, "def Device_Init(self):\n    return True\ndef v86_api(self):\n    pass")
    assert "it is left out" in done.console.text(2)


def test_beside_a_driver_in_assembly(bench: Bench) -> None:
    other = bench.driver("api: mov byte [ebp + Client_CX], 2\n ret\ncontrol: clc\n ret", v86="api")
    mine = script(bench, "def Device_Init(self):\n    self.before = self.vmm.Hook_Device_V86_API(0x7F01, self.mine)\n"
                         "def mine(self):\n    self.client.cl = 4", number=0x7F02)  # fmt: skip
    assert bench.run(bench.program(TWICE), other, mine).code == 4


WRONG = {
    "def v86_api(self):\n    1 // 0": "lesson.py, line 7, in v86_api: ZeroDivisionError",
    "def v86_api(self):\n    self.nothing": "AttributeError",
    "def v86_api(self):\n    self.vmm.Nothing()": "VMM service Nothing: there is none",
    "def v86_api(self):\n    self.vmm._RegOpenKey()": "VMM service _RegOpenKey: it is not offered",
    "def v86_api(self):\n    self.vmm.Simulate_Far_Call(1)": "Simulate_Far_Call takes cx, edx",
    "def v86_api(self):\n    self.vmm.Simulate_Far_Call(1, 'x')": "edx is a number of 32 bits or a method, not 'x'",
    "def v86_api(self):\n    self.vmm.Begin_Nest_V86_Exec(); self.vmm.Exec_Int(0x21)": "return self.vmm.Exec_Int",
    "def v86_api(self):\n    self.vmm.Exec_Int(0x21, then=self.v86_api)": "7: write `return self.vmm.Exec_Int(…)`",
    "def v86_api(self):\n    return self.vmm.Exec_Int(0x21, then=self.v86_api)": "7, in v86_api: it called Exec_Int",
    "def v86_api(self):\n    return self.vmm.Exec_Int(0x21, then=print)": "'print' is no procedure of this driver",
    "def v86_api(self):\n    self.vmm.End_Nest_Exec()": "line 7, in v86_api: it called End_Nest_Exec without",
    "def v86_api(self):\n    self.vmm.Begin_Nest_V86_Exec()": "End_Nest_Exec is missing",
    "def v86_api(self):\n    self.vmm.Crash_Cur_VM()": "line 7, in v86_api: it called Crash_Cur_VM",
    "def v86_api(self):\n    return 'yes'": "it returned 'yes'",
    "def v86_api(self):\n    self.kept = object()": "self.kept holds an object of the type object",
    "def v86_api(self):\n    self.kept = [{1: self}]": "self.kept holds an object of the type Lesson",
    "def v86_api(self):\n    self.client.ax = 0x10000": "client.ax takes a number of 16 bits",
    "def v86_api(self):\n    self.client.what = 1": "there is no client register 'what'",
    "def v86_api(self):\n    self.memory.read(0xD0000000, 1)": "no page is mapped",
    "def v86_api(self):\n    while True: pass": "of Python were executed without an end",
    "def v86_api(self):\n    self.v86_api()": "RecursionError",
    "def v86_api(self):\n    raise SystemExit": "SystemExit",
    "def v86_api(self):\n    self._inner()\ndef _inner(self):\n    raise KeyError(5)": "line 9, in v86_api: KeyError",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_mistake_ends_the_vm_with_file_and_line(bench: Bench, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PATIENCE", 30_000)
    done = ran(bench, TWICE, wrong)
    assert done.end.how == "terminated"
    assert "the driver LESSON ended its VM" in done.end.message
    assert WRONG[wrong] in done.end.message


@pytest.mark.parametrize("message", ["Sys_Critical_Init", "VM_Init", "VM_Terminate", "System_Exit"])
def test_a_mistake_in_a_control_message(bench: Bench, message: str) -> None:
    done = ran(bench, TWICE, f"def {message}(self):\n    raise ValueError('no')\ndef v86_api(self):\n    pass")
    assert done.end.how == "terminated"
    assert "lesson.py, line 7" in done.end.message


def test_a_service_that_calls_itself_for_ever_takes_instructions(bench: Bench) -> None:
    body = "def v86_api(self):\n    return self.vmm.Get_VMM_Version(then=self.v86_api)"
    machine, _ = bench.start(bench.program(TWICE), script(bench, body))
    while machine.tick < 500:
        machine.slice(100)
    assert machine.state.end is None


UNFIT = {
    "def v86_api(self:": "lesson.py, line 6",
    "def v86_api(self, what):\n    pass": "lesson.py, line 6: v86_api has a parameter what",
    "def control(self):\n    pass": "name methods like messages",
    "kept = []": "Lesson.kept would not last; set self.kept in __init__",
    "name = 'much too long'": "give the driver a `name` of 1 to 8 characters",
    "device_id = 'x'": "`device_id` is a number of 16 bits",
    "init_order = -1": "`init_order` is a number of 32 bits",
    "version = 4": "`version` is two numbers",
    "def __init__(self):\n    self.file = open(__file__)": "in its beginning: FileNotFoundError",
    "def __init__(self):\n    self.lock = object()": "self.lock holds an object of the type object",
}


@pytest.mark.parametrize("unfit", UNFIT)
def test_what_is_no_driver_is_refused(bench: Bench, unfit: str) -> None:
    with pytest.raises(LoadError) as refused:
        bench.start(bench.program(TWICE), script(bench, unfit))
    assert UNFIT[unfit] in str(refused.value)


@pytest.mark.parametrize("text, why", [
    ("", "it has 0 classes"), ("import nothing_of_that_name", "line 1, in its beginning: ModuleNotFoundError"),
    ("from app.emu.vmm.python import Driver\nclass A(Driver): name='A'\nclass B(Driver): name='B'", "it has 2 classes"),
    ("\0", "null bytes"), ("while True: pass", "without an end"),
])  # fmt: skip
def test_what_has_no_driver_is_refused(bench: Bench, text: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PATIENCE", 30_000)
    file = bench.folder / "odd.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LoadError) as refused:
        bench.start(bench.program(TWICE), file)
    assert why in str(refused.value)
    assert "odd.py" in str(refused.value)


def test_dataclasses_and_base_classes_of_its_own(bench: Bench) -> None:
    above = dedent("""
    from __future__ import annotations
    from dataclasses import dataclass
    from app.emu.vmm.python import Driver
    @dataclass
    class Pair:
        low: int
        high: int
    class Base(Driver):
        def v86_api(self):
            self.client.cx = Pair(1, 4).high
    """)
    file = bench.folder / "lesson.py"
    file.write_text(f"{above}\nclass Lesson(Base):\n    name = 'L'\n    device_id = {ID}\n", encoding="utf-8")
    assert bench.run(bench.program(TWICE), file).code == 4


def test_what_modules_keep_does_not_last(bench: Bench) -> None:
    body = "def v86_api(self):\n    kept.append(1)\n    self.client.cx = len(kept)"
    assert ran(bench, TWICE, body, above="kept = []").code == 1


# Recordings: a program of somebody else's runs only when the user has it, too


@pytest.fixture
def recorded(bench: Bench) -> Path:
    begun = begin(
        Launch(str(bench.program(TWICE)), vxds=(str(script(bench, COUNTS)),), memory=8,
               record=str(bench.folder / "run.dpmirec")),
        Console(),
    )  # fmt: skip
    begun.recorder.end()
    return bench.folder / "run.dpmirec"


def test_a_recording_keeps_the_text_and_asks_for_it(recorded: Path) -> None:
    with pytest.raises(LoadError) as refused:
        begin(Launch(str(recorded)), Console())
    assert "lesson.py" in str(refused.value)
    assert "self.seen.append" in about(read(str(recorded)), recorded)["lesson.py"]


def test_a_recording_runs_with_a_copy(recorded: Path) -> None:
    lesson = recorded.parent / "lesson.py"
    copy = recorded.parent / "copy.py"
    copy.write_bytes(lesson.read_bytes().replace(b"\n", b"\r\n"))
    lesson.unlink()
    machine = begin(Launch(str(recorded), vxds=(str(copy),)), Console()).history.machine
    while machine.state.end is None:
        machine.slice(1000)
    assert machine.state.end.code == 12


@pytest.mark.parametrize("name", ["other.py", "other.vxd"])
def test_a_recording_takes_no_other_driver(recorded: Path, bench: Bench, name: str) -> None:
    other = script(bench, COUNTS + "# changed", name=name)
    with pytest.raises(LoadError) as refused:
        begin(Launch(str(recorded), vxds=(str(other), str(bench.folder / "lesson.py"))), Console())
    assert name in str(refused.value)


HOOKED = """
    def v86_api(self):
        return self.vmm.Get_VMM_Version({})
    def after(self, eax):
        self.client.cx = eax
"""


@pytest.mark.parametrize("then", ["then=self.after", ""])
def test_a_service_that_a_driver_in_assembly_has_hooked(bench: Bench, then: str) -> None:
    """Other code runs during it."""
    body = "control: cmp eax, Device_Init\n jne .fine\n mov eax, 10000h\n mov esi, hook\n VMMCall Hook_Device_Service\n"
    other = bench.driver(body + ".fine: clc\n ret\nhook: mov eax, 7\n clc\n ret", number=0x7F02)
    done = bench.run(bench.program(TWICE), other, script(bench, HOOKED.format(then)))
    if then:
        assert done.code == 7
    else:
        assert "other code runs during Get_VMM_Version" in done.end.message


def test_a_service_with_parameters_on_the_stack(bench: Bench) -> None:
    body = """
    def v86_api(self):
        block = self.vmm._HeapAllocate(64, 1)
        assert self.vmm._HeapGetSize(block, 0) >= 64 and self.memory.read(block, 64) == bytes(64)
        self.client.cx = 5
    """
    assert ran(bench, TWICE, body).code == 5


def test_a_win32_program_opens_it(bench: Bench) -> None:
    body = """
    def W32_DeviceIoControl(self, esi):
        code, out = self.memory.read_u32(esi + 0x0C), self.memory.read_u32(esi + 0x18)
        if code == 5:
            self.memory.write_u32(out, 66)
        return 0
    """
    asks = "start: open_device name\n invoke DeviceIoControl, [device], 5, 0, 0, written, 4, 0, 0\n"
    asks += " mov eax, [written]\n ret"
    program = bench.win32(asks + '\nsection .data\nname db "\\\\.\\LESSON", 0\n')
    assert bench.run(program, script(bench, body)).code == 66


def test_a_fault_in_the_rules_of_nesting_is_found_as_such(bench: Bench) -> None:
    done = ran(bench, TWICE, "def v86_api(self):\n    self.vmm.End_Nest_Exec()")
    assert [event.to_object()["rule"] for event in done.events("finding")] == ["vxd_nest_rules"]


def test_a_v86_breakpoint_is_handled(bench: Bench) -> None:
    body = """
    def v86_api(self):
        self.vmm.Install_V86_Break_Point(self.client.cs << 16 | self.client.dx, 5, self.reached)
    def reached(self, eax, edx, esi):
        assert (eax >> 16, esi) == (self.client.cs, (eax >> 16 << 4) + (eax & 0xFFFF))
        self.client.bl = edx
        self.client.ip += 1
    """
    program = V86_CLIENT.format(body=f"mov dx, place\n {CALL}\n place: nop\n mov al, bl")
    assert ran(bench, program, body).code == 5
    forgets = body.replace("self.client.ip += 1", "pass")
    assert "never moved Client_IP" in ran(bench, program, forgets).end.message

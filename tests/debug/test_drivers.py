"""Drivers under the debugger: into ring 0 and back, breakpoints there, time travel over it, recordings of it."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from app.debug import narrate, plain_state
from app.debug.goals import RunTo, StepBack, StepBackOver, StepInto, StepOut, StepOver, ToModeSwitch, ToPosition
from app.debug.session import Session
from app.debug.snapshot import Stop
from app.emu.memory import layout
from app.emu.registers import Mode
from tests.debug.sessions import events, picture, session, stack
from tests.emu.runs import SAMPLES

DRIVERS = SAMPLES / "drivers"
FAR_CALL = b"\xff\x1e"


def opened(driver: str, program: str, *then: str) -> Session:
    return session(
        DRIVERS / program, vxds=(str(DRIVERS / driver),), then=tuple((str(DRIVERS / name),) for name in then)
    )


def at_call(of: Session) -> int:
    """Run to the program's first far call of the driver; its tick."""
    while not (
        of.machine.regs.mode is not Mode.RING0 and of.machine.memory.read(of.machine.regs.code_linear, 2) == FAR_CALL
    ):
        of.run(StepInto())
    return of.machine.tick


@pytest.fixture(params=["entry86.com", "entrypm.com"])
def entry(request: pytest.FixtureRequest) -> Session:
    of = opened("entry.vxd", request.param)
    if request.param == "entrypm.com":
        while not events(of, "vxd_callback_allocated"):
            of.run(StepInto())
    return of


def test_it_begins_in_the_first_driver(entry: Session) -> None:
    begun = opened("entry.vxd", "entry86.com")
    assert (begun.machine.tick, begun.machine.regs.mode) == (0, Mode.RING0)
    assert begun.run(ToModeSwitch()) == Stop.MODE_SWITCH
    assert begun.machine.regs.mode is Mode.V86
    del entry


def test_the_timeline_and_the_stacks_agree_on_the_ring_0_stack(entry: Session) -> None:
    at_call(entry)
    entry.run(ToModeSwitch())
    assert entry.machine.regs.mode is Mode.RING0
    (_, moment), *_ = reversed(list(entry.machine.log.since(0)))
    assert moment.depths[3] == stack(picture(entry), "ring0").depth


def test_into_ring_0_and_back_step_by_step(entry: Session) -> None:
    at_call(entry)
    behind = entry.machine.regs.code_linear + 4
    of, modes = entry.machine, []
    while of.regs.code_linear != behind:
        assert entry.run(StepInto()) == Stop.STEPPED
        modes.append(of.regs.mode)
    assert Mode.RING0 in modes
    assert modes[-1] is not Mode.RING0
    assert modes.count(Mode.RING0) > 4


def test_over_the_call(entry: Session) -> None:
    at_call(entry)
    behind = entry.machine.regs.code_linear + 4
    assert entry.run(StepOver()) == Stop.STEPPED
    assert entry.machine.regs.code_linear == behind


def test_out_of_a_drivers_procedure(entry: Session) -> None:
    at_call(entry)
    behind = entry.machine.regs.code_linear + 4
    while entry.machine.regs.mode is not Mode.RING0:
        entry.run(StepInto())
    entry.run(StepOut())
    assert entry.machine.regs.code_linear == behind


def test_a_breakpoint_in_ring_0(entry: Session) -> None:
    device = entry.machine.state.vmm.devices[0]
    procedure = device.api(entry.machine.memory, pm=False)
    entry.toggle_breakpoint(procedure)
    at_call(entry)
    from app.debug.goals import Run

    assert entry.run(Run()) == Stop.BREAKPOINT
    assert (entry.machine.regs.code_linear, entry.machine.regs.mode) == (procedure, Mode.RING0)
    assert entry.run(RunTo(procedure + 4)) == Stop.REACHED


def test_over_a_service(entry: Session) -> None:
    memory = entry.machine.memory
    at_call(entry)
    while entry.machine.regs.mode is not Mode.RING0 or memory.read(entry.machine.regs.eip, 2) != b"\xcd\x20":
        entry.run(StepInto())
    at = entry.machine.regs.eip
    assert entry.run(StepOver()) == Stop.STEPPED
    assert entry.machine.regs.eip == at + 6


def test_over_nested_execution() -> None:
    of = opened("returns.vxd", "returns86.com")
    memory = of.machine.memory
    exec_int = b"\xcd\x20\x84\x00\x01\x00"
    while of.machine.regs.mode is not Mode.RING0 or memory.read(of.machine.regs.eip, 6) != exec_int:
        of.run(StepInto())
    at = of.machine.regs.eip
    assert of.run(StepOver()) == Stop.STEPPED
    assert (of.machine.regs.eip, of.machine.regs.mode) == (at + 6, Mode.RING0)
    of.run(StepBackOver())
    assert of.machine.regs.eip == at
    of.run(StepInto())
    assert of.machine.regs.mode is Mode.V86, "the program's INT 61h"


def test_back_over_all_of_it(entry: Session) -> None:
    tick = at_call(entry)
    places = []
    while len(places) < 12:
        regs = entry.machine.regs
        places.append((entry.machine.place, regs.copy(), entry.machine.memory.read(layout.RING0_STACK, 0x8000)))
        entry.run(StepInto())
    for place, regs, frame in reversed(places):
        entry.run(StepBack())
        assert entry.machine.place == place
        assert entry.machine.regs == regs
        assert entry.machine.memory.read(layout.RING0_STACK, 0x8000) == frame
    assert entry.machine.tick == tick


def test_back_over_the_call_at_once(entry: Session) -> None:
    tick = at_call(entry)
    entry.run(StepOver())
    entry.run(StepBackOver())
    assert entry.machine.tick == tick


@pytest.mark.parametrize("driver, programs", [
    ("returns.vxd", ["returns86.com"]), ("returns.vxd", ["returnspm.com"]), ("patch.vxd", ["tsr.com", "patch86.com"]),
    ("forget.vxd", ["tsr.com", "patch86.com"]), ("returns.py", ["returns86.com"]), ("entry.py", ["entrypm.com"]),
    ("ioctl.vxd", ["later32.exe"]), ("ioctl.vxd", ["wcall32.exe"]),
])  # fmt: skip
def test_to_the_end_and_to_places_in_ring_0(driver: str, programs: list[str]) -> None:
    of = opened(driver, *programs)
    of.run(ToPosition("end"))
    trace = [event.to_json() for event in events(of)]
    entered = [event for event in events(of, "mode_switched") if event.to_object()["to"] == "ring0"]
    for event in (entered[-1], entered[len(entered) // 2], entered[1]):
        of.run(ToPosition(f"event {event.seq}"))
        assert of.machine.regs.mode is Mode.RING0
        assert str(event.to_object()["at"]).endswith(f"{of.machine.regs.eip:08X}")
        state = of.machine.state
        again = of.machine.unpickled(of.machine.pickled(state))
        assert pickle.dumps(again.vmm.breaks.targets) == pickle.dumps(state.vmm.breaks.targets)
    of.run(ToPosition("end"))
    assert [event.to_json() for event in events(of)] == trace


@pytest.mark.parametrize("driver, program", [
    ("ioctl.vxd", "ioctl32.exe"), ("ioctl.vxd", "later32.exe"), ("returns.py", "returns86.com"),
])  # fmt: skip
def test_state_with_drivers_can_be_kept_in_a_recording(driver: str, program: str) -> None:
    of = opened(driver, program).machine
    while of.state.end is None:
        things = of.named()
        data = plain_state.write(of.state, things)
        assert plain_state.write(plain_state.read(data, things), things) == data
        of.slice(20)


def test_functions_of_kernel32_in_words() -> None:
    of = opened("ioctl.vxd", "ioctl32.exe")
    of.run(ToPosition("end"))
    called = next(event for event in events(of, "service_called") if event.to_object()["name"] == "CloseHandle")
    returned = events(of)[events(of).index(called) + 1 :]
    back = next(event for event in returned if event.kind == "service_returned")
    assert narrate.sentence(called) == "The Win32 program called KERNEL32 CloseHandle with hObject=100h."
    assert narrate.sentence(back) == "KERNEL32 CloseHandle returned EAX=1h."
    assert narrate.brief(called) == "KERNEL32 CloseHandle hObject=0100"
    assert narrate.brief(back) == "KERNEL32 CloseHandle done EAX=0001"


def test_the_client_is_a_win32_program() -> None:
    of = opened("ioctl.vxd", "ioctl32.exe")
    while not events(of, "client_entered"):
        of.run(StepInto())
    assert picture(of).client_kind == "Win32"


def test_the_ring_0_stack_shows_the_drivers_words_and_the_client_registers(entry: Session) -> None:
    at_call(entry)
    while entry.machine.regs.mode is not Mode.RING0:
        entry.run(StepInto())
    view = stack(picture(entry), "ring0")
    regs = entry.machine.regs
    assert view.in_use
    assert view.pointer_linear == regs.esp
    by_meaning = {slot.meaning: slot for slot in view.slots}
    assert by_meaning["return to the manager"].linear == regs.esp
    client = regs.ebp
    assert by_meaning["Client_EDI"].linear == client
    assert by_meaning["Client_EIP"].value == entry.machine.memory.read_u32(client + 0x24)
    assert by_meaning["Client_Alt_GS"].linear == client + 0x68


def test_the_code_pane_names_drivers_and_services(entry: Session) -> None:
    at_call(entry)
    while entry.machine.regs.mode is not Mode.RING0:
        entry.run(StepInto())
    lines = picture(entry).code
    assert any(line.is_current for line in lines)
    device = entry.machine.state.vmm.devices[0]
    length = next(
        line for line in entry._observer._code.lines(device.parts[0].linear, 40) if line.data[:2] == b"\xcd\x20"
    )
    assert length.note == "VMM Map_Flat"


@pytest.mark.parametrize("programs", [["entry86.com"], ["entrypm.com"]])
def test_a_recording_holds_the_driver(tmp_path: Path, programs: list[str]) -> None:
    of = opened("entry.vxd", *programs)
    at_call(of)
    while of.machine.regs.mode is not Mode.RING0:
        of.run(StepInto())
    of.set_bookmarks([(f"tick {of.machine.tick}", "in ring 0")])
    of.run(ToPosition("end"))
    trace = [event.to_json() for event in events(of)]
    file = tmp_path / "drivers.dpmirec"
    of.save_recording(str(file))
    again = Session(__import__("app.debug.launch", fromlist=["Launch"]).Launch(str(file)))
    again.run(ToPosition("end"))
    assert [event.to_json() for event in events(again)] == trace

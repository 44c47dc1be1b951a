"""Events: their names and fields are the outside interface, and stay as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.emu import events
from app.emu.address import Far
from app.emu.event_log import EventLog
from app.emu.events import KINDS, Door, Event, Moment, Reason, Stack
from app.emu.registers import Mode
from tests.emu.runs import ROOT, SAMPLE_PROGRAMS, client, com, forward, int31, machine
from tests.guest import build

SHARED = ("seq", "tick", "event", "client")
_VXD_CALLBACK = {"kind": "v86|pm|vm_returns", "address": "far", "procedure": "number", "reference": "number"}
_V86_BREAKPOINT = {"address": "far", "procedure": "number", "reference": "number", "advanced": "flag?"}
# The fields of ../shared/design/interface.md, in its order, and what their values are: far = an address, mode, …
INTERFACE: dict[str, dict[str, str]] = {
    "program_loaded": {"path": "text", "format": "text", "psp": "number", "entry": "far"},
    "program_ended": {"psp": "number", "code": "number", "kind": "exit|resident|terminated"},
    "client_entered": {"bits": "number", "psp": "number"},
    "client_left": {"bits": "number", "psp": "number"},
    "mode_switched": {"from": "mode", "to": "mode", "door": "door", "at": "far", "stack": "far"},
    "stack_switched": {
        "from": "stack", "to": "stack", "door": "door", "saved": "far", "entered": "far", "depth": "number",
    },
    "service_called": {"interrupt": "number", "function": "number", "name": "text", "registers": "registers"},
    "service_returned": {
        "interrupt": "number", "function": "number", "carry": "flag", "error": "number?", "registers": "registers",
    },
    "callback_allocated": {"slot": "number", "real": "far", "handler": "far", "structure": "far"},
    "callback_freed": {"slot": "number", "real": "far", "handler": "far", "structure": "far"},
    "callback_entered": {
        "slot": "number", "depth": "number", "handler": "far", "structure": "far", "real_stack": "far", "caller": "far",
    },
    "callback_returned": {
        "slot": "number", "depth": "number", "structure": "far", "resumes": "far", "real_stack": "far",
    },
    "real_mode_called": {
        "function": "number", "target": "far", "structure": "far", "words_copied": "number", "real_stack": "far",
    },
    "real_mode_returned": {
        "function": "number", "target": "far", "structure": "far", "words_copied": "number", "real_stack": "far",
    },
    "interrupt_reflected": {
        "vector": "number", "kind": "software|hardware", "from": "mode", "to": "mode", "handler": "far",
    },
    "exception_raised": {
        "vector": "number", "error_code": "number", "at": "far", "handled_by": "client|interrupt|host",
    },
    "descriptor_changed": {"selector": "number", "by": "text", "before": "descriptor?", "after": "descriptor?"},
    "vector_changed": {
        "table": "real|protected|exception|real_exception", "vector": "number", "before": "far", "after": "far",
    },
    "memory_changed": {
        "action": "allocated|resized|freed|locked|unlocked|mapped", "linear": "number", "size": "number",
        "handle": "number",
    },
    "interrupt_flag_changed": {"enabled": "flag"},
    "resident_provider_installed": {"bits": "number", "handler": "far", "reason": "text?"},
    "resident_provider_notified": {
        "bits": "number", "handler": "far", "reason": "client_loaded|client_terminated",
    },
    "resident_provider_removed": {"bits": "number", "handler": "far", "reason": "client_terminated"},
    "vxd_callback_allocated": _VXD_CALLBACK,
    "vxd_callback_entered": _VXD_CALLBACK,
    "vxd_callback_returned": _VXD_CALLBACK,
    "v86_breakpoint_installed": _V86_BREAKPOINT,
    "v86_breakpoint_removed": _V86_BREAKPOINT,
    "v86_breakpoint_hit": _V86_BREAKPOINT | {"advanced": "flag"},
    "finding": {
        "rule": "text", "severity": "error|warning|note", "message": "text", "at": "far", "refs": "numbers",
    },
}  # fmt: skip
OURS = {"page_missed", "unsupported_called", "vxd_procedure_called", "watchpoint_hit"}
"""Events beyond the interface."""
OF_DRIVERS = {kind for kind in KINDS if kind.startswith(("vxd_", "v86_", "finding"))}
_PROVIDER = {"provider": "number", "linear": "number"}
ADDED: dict[str, dict[str, str]] = {
    "exception_raised": {"cr2": "number?", "during": "text?"},
    "resident_provider_installed": _PROVIDER,
    "resident_provider_notified": _PROVIDER,
    "resident_provider_removed": _PROVIDER,
    "memory_changed": {"detail": "text?"},
}
"""Fields beyond the interface, behind its own."""
FAR = re.compile(r"[0-9A-F]{4}:([0-9A-F]{4}|[0-9A-F]{8})")
MODES, STACKS, DOORS = set(map(str, Mode)), set(map(str, Stack)), set(map(str, Door))


def fits(value: Any, kind: str) -> bool:
    if kind.endswith("?"):
        return value is None or fits(value, kind[:-1])
    match kind:
        case "number":
            return type(value) is int and value >= 0
        case "flag":
            return type(value) is bool
        case "text":
            return isinstance(value, str) and bool(value)
        case "far":
            return isinstance(value, str) and FAR.fullmatch(value) is not None
        case "numbers":
            return type(value) is list and all(fits(each, "number") for each in value)
        case "mode":
            return value in MODES
        case "stack":
            return value in STACKS
        case "door":
            return value in DOORS
        case "descriptor":
            return list(value) == ["base", "limit", "access", "flags"] and all(type(v) is int for v in value.values())
        case "registers":
            return all(fits(each, "number") or fits(each, "far") for each in value.values())
    return value in kind.split("|")


def check(line: dict[str, Any]) -> None:
    kind = line["event"]
    assert tuple(line)[:4] == SHARED
    if kind in OURS:
        return
    fields = INTERFACE[kind] | ADDED.get(kind, {})
    assert tuple(line)[4:] == tuple(fields), kind
    for name, what in fields.items():
        assert fits(line[name], what), f"{kind}.{name} = {line[name]!r} is no {what}"


def test_every_event_is_in_the_interface_and_every_offered_one_exists() -> None:
    assert set(KINDS) == set(INTERFACE) | OURS


def test_the_table_above_is_the_interface_file() -> None:
    path = ROOT.parent / "shared" / "design" / "interface.md"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    rows = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"\| (`.+?`(?:, `.+?`)*) \| (.*) \|", line):
            fields = re.sub(r"\([^)]*\)", "", match[2])
            names = re.findall(r"`(…?\w+)`", match[1])
            for name in names:
                rows[name.replace("…", names[0].rpartition("_")[0])] = re.findall(r"`(\w+)`", fields)
    for kind, fields in INTERFACE.items():
        assert rows[kind] == list(fields), kind


def values(kind: type[Event]) -> dict[str, Any]:
    """Something for every field of an event, by the type it is declared with."""
    made: dict[str, Any] = {}
    declarations = {
        name: what for each in reversed(kind.__mro__) for name, what in vars(each).get("__annotations__", {}).items()
    }
    for name, declared in declarations.items():
        if name in {"seq", "tick", "client", "kind"}:
            continue
        made[name] = {
            "int": 7,
            "str": "text",
            "bool": True,
            "Far": Far(0xA7, 0x12C, wide=True),
            "Mode": Mode.PM32,
            "Stack": Stack.LOCKED,
            "Door": Door.CALLBACK,
            "int | None": None,
            "tuple[int, ...]": (3, 4),
            "str | None": "text",
            "Reason | None": Reason.CLIENT_LOADED,
            "dict[str, int] | None": {"base": 1, "limit": 2, "access": 3, "flags": 4},
            "dict[str, int | str]": {"AX": 1, "ES:(E)DI": "0087:00000100"},
        }.get(declared)
        assert name in made
    return made


@pytest.mark.parametrize("name", sorted(INTERFACE))
def test_an_event_has_exactly_the_fields_of_the_interface(name: str) -> None:
    kind = KINDS[name]
    event = kind(seq=41, tick=120345, client=1, **values(kind))
    line = event.to_json()
    assert "\n" not in line
    told = json.loads(line)
    assert tuple(told) == (*SHARED, *INTERFACE[name], *ADDED.get(name, ()))
    assert (told["seq"], told["tick"], told["event"], told["client"]) == (41, 120345, name, 1)
    assert told == json.loads(json.dumps(event.to_object()))


def test_far_addresses_print_by_their_width() -> None:
    event = events.CallbackAllocated(
        seq=0, tick=0, client=1, slot=0, real=Far(0x1234, 0x100), handler=Far(0xA7, 0x12C, wide=True),
        structure=Far(0x87, 0),
    )  # fmt: skip
    assert event.details() == {
        "slot": 0, "real": "1234:0100", "handler": "00A7:0000012C", "structure": "0087:0000",
    }  # fmt: skip


# A program that makes the kinds of events no sample makes.
ODD = (
    int31(0x0501, bx=0, cx=0x1000)  # memory_changed
    + int31(0x0900)
    + int31(0x0901)  # interrupt_flag_changed
    + int31(0x0B00, bx=0, cx=0x400, dx=0x0201)  # the first byte of the BIOS data area, read or written
    + bytes.fromhex("6A40 0FA1 64A00000")  # push 40h / pop fs / mov al, fs:[0]: watchpoint_hit
    + int31(0x0B01, bx=0)
    + int31(0x0203, bx=0, cx=0)  # fails
    + bytes.fromhex("B8AA71 CD21")  # mov ax, 71AAh / int 21h: a function DOS does not have
    + bytes.fromhex("31C9 F7F1")  # xor cx, cx / div cx: exception 0
)


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Every sample's trace, and that of two programs that end badly."""
    folder = tmp_path_factory.mktemp("odd")
    programs = [path for path in SAMPLE_PROGRAMS if path.stem != "hello32"]  # it fills a megabyte, and no event is new
    programs += [com(folder, client(bits, ODD), f"ODD{bits}.COM") for bits in (16, 32)]
    programs.append(build.BUILT / "resident_provider_in_extended_memory-16.com")
    runs = {path.name: machine(path) for path in programs}
    forgetful = "unlocked_callback_misses_its_page-16.com"  # page_missed
    runs[forgetful] = machine(build.BUILT / forgetful, paging="strict")
    return {
        name: [json.loads(event.to_json()) for event, _ in forward(running, 1_200_000).log.since(0)]
        for name, running in runs.items()
    }


def test_every_line_of_every_trace_is_as_the_interface_says(traces: dict[str, list[dict[str, Any]]]) -> None:
    for name, lines in traces.items():
        assert lines, name
        for line in lines:
            check(line)


def test_every_kind_of_event_happens(traces: dict[str, list[dict[str, Any]]]) -> None:
    """Otherwise the test above says nothing about it. Those of drivers: tests/vmm/test_samples.py."""
    assert {line["event"] for lines in traces.values() for line in lines} == set(KINDS) - OF_DRIVERS


def test_events_are_numbered_and_in_time_order(traces: dict[str, list[dict[str, Any]]]) -> None:
    for lines in traces.values():
        assert [line["seq"] for line in lines] == list(range(len(lines)))
        ticks = [line["tick"] for line in lines]
        assert ticks == sorted(ticks)


def test_services_return_in_the_order_of_a_stack(traces: dict[str, list[dict[str, Any]]]) -> None:
    """Each service_returned belongs to the last service_called still open; a client that ends leaves none open."""
    for name, lines in traces.items():
        open_calls: list[tuple[int, int]] = []
        for line in lines:
            if line["event"] == "service_called" and line["interrupt"] == 0x31:
                open_calls.append((line["client"], line["function"]))
            elif line["event"] == "service_returned" and line["interrupt"] == 0x31:
                assert open_calls.pop() == (line["client"], line["function"]), f"{name}: {line}"
            elif line["event"] == "client_left":
                open_calls = [call for call in open_calls if call[0] != line["client"]]
        assert not open_calls, name


def test_callbacks_and_calls_are_balanced(traces: dict[str, list[dict[str, Any]]]) -> None:
    for name, lines in traces.items():
        kinds = [line["event"] for line in lines]
        assert kinds.count("callback_entered") == kinds.count("callback_returned"), name
        assert kinds.count("real_mode_called") == kinds.count("real_mode_returned"), name
        assert kinds.count("client_entered") == kinds.count("client_left"), name
        depths = [(line["event"], line["depth"]) for line in lines if line["event"].startswith("callback_e")]
        assert all(depth >= 1 for _, depth in depths)


def test_modes_and_stacks_chain(traces: dict[str, list[dict[str, Any]]]) -> None:
    """What a switch comes from is where the one before it went (a client changes between code widths by itself)."""
    for name, lines in traces.items():
        for kind, first in (("mode_switched", "v86"), ("stack_switched", "real")):
            now = first
            for line in lines:
                if line["event"] == kind:
                    assert line["from"].replace("32", "16") == now.replace("32", "16"), f"{name}: {line}"
                    assert line["to"] != now
                    now = line["to"]


def test_a_handler_of_real_mode_exceptions_is_told_from_one_of_protected_mode(tmp_path: Path) -> None:
    code = int31(0x0203, bx=6, cx=0xF, dx=0x100) + int31(0x0213, bx=6, cx=0xF, dx=0x200)
    running = forward(machine(com(tmp_path, client(16, b"\x8c\xc9" + code.replace(b"\xb9\x0f\0", b"")))), 10_000)
    changed = [event for event, _ in running.log.since(0) if isinstance(event, events.VectorChanged)]
    assert [(event.table, event.vector, event.after.offset) for event in changed] == [
        ("exception", 6, 0x100),
        ("real_exception", 6, 0x200),
    ]


# The log


def entry(seq: int) -> tuple[Event, Moment]:
    event = events.InterruptFlagChanged(seq=seq, tick=seq * 3, client=1, enabled=bool(seq & 1))
    return event, Moment(seq * 3, Mode.PM16, (1, 2, 3, 4))


@pytest.mark.parametrize("count", [0, 1, 1023, 1024, 1025, 3000])
def test_a_log_is_saved_and_restored(count: int) -> None:
    log = EventLog()
    for seq in range(count):
        log.append(*entry(seq))
    saved = log.save()
    for seq in range(count, count + 2000):
        log.append(*entry(seq))
    assert len(log) == count + 2000
    log.restore(saved)
    assert len(log) == count
    assert log.since(0) == [entry(seq) for seq in range(count)]
    assert log.since(count) == []
    log.append(*entry(count))
    assert log[count] == entry(count)
    other = EventLog()
    other.restore(saved)
    assert len(other) == count, "a saved log is not changed by the log it came from"


def test_trace_lines_are_ascii(tmp_path: Path) -> None:
    """A trace can be read in any encoding."""
    running = forward(machine(com(tmp_path, client(16, b""))), 10_000)
    assert all(event.to_json().isascii() for event, _ in running.log.since(0))

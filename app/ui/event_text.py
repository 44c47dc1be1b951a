"""Events in words: one short line each, as the events pane and the timeline's tooltips show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from app.emu import events as ev
from app.emu.events import Door, Event
from app.ui import format as fmt

DOORS: Final = {
    Door.ENTRY: "mode switch entry",
    Door.INT31_0300: "INT 31h AX=0300h",
    Door.INT31_0301: "INT 31h AX=0301h",
    Door.INT31_0302: "INT 31h AX=0302h",
    Door.CALLBACK: "real-mode callback",
    Door.CALLBACK_RETURN: "return from a callback",
    Door.RAW_SWITCH: "raw mode switch",
    Door.REFLECTION: "reflected interrupt",
    Door.REFLECTION_RETURN: "return from a reflected interrupt",
    Door.HARDWARE_INTERRUPT: "hardware interrupt",
    Door.INTERRUPT_RETURN: "return from an interrupt",
    Door.EXCEPTION: "exception",
    Door.EXCEPTION_RETURN: "return from an exception",
    Door.RESIDENT_PROVIDER: "resident service provider",
    Door.VXD_CALLBACK: "VxD callback",
    Door.V86_BREAKPOINT: "V86 breakpoint",
    Door.VXD_RETURN: "return to the VxD",
    Door.TERMINATION: "end of the client",
}
"""The doors in words."""


def name_of(kind: str) -> str:
    """An event's kind as people read it: `mode switched`."""
    return kind.replace("_", " ")


def _registers(values: dict[str, int | str]) -> str:
    shown = (f"{name}={value if isinstance(value, str) else _hex(value)}" for name, value in values.items())
    return " ".join(shown)


def _hex(value: int) -> str:
    return fmt.word(value) if value <= 0xFFFF else fmt.dword(value)


def _modes(event: Any) -> str:
    return f"{fmt.MODE_NAMES[event.from_]} → {fmt.MODE_NAMES[event.to]}"


def _stacks(event: ev.StackSwitched) -> str:
    change = f"{fmt.STACK_NAMES[event.from_]} → {fmt.STACK_NAMES[event.to]}"
    return f"{change} by {DOORS[event.door]}, {event.saved} left for {event.entered}, depth {event.depth}"


def _service(event: Any) -> str:
    return f"{fmt.interrupt(event.interrupt)} {fmt.function(event.function)}"


def _returned(event: ev.ServiceReturned) -> str:
    outcome = "failed" if event.carry else "done"
    code = f" with {fmt.function(event.error)}" if event.error is not None else ""
    return f"{_service(event)} {outcome}{code} {_registers(event.registers)}"


def _descriptor(event: ev.DescriptorChanged) -> str:
    def limits(fields: dict[str, int]) -> str:
        return f"base {fmt.dword(fields['base'])} limit {fmt.dword(fields['limit'])}"

    if event.after is None:
        return f"{fmt.word(event.selector)} freed by {event.by}"
    verb = "allocated" if event.before is None else "changed"
    return f"{fmt.word(event.selector)} {verb} by {event.by}: {limits(event.after)}"


_LINES: Final[dict[str, Callable[[Any], str]]] = {
    "program_loaded": lambda e: f"{e.path} ({e.format}) at {e.entry}, PSP {fmt.word(e.psp)}",
    "program_ended": lambda e: f"PSP {fmt.word(e.psp)} {e.how}, return code {e.code}",
    "client_entered": lambda e: f"a {e.bits}-bit client, PSP {fmt.word(e.psp)}",
    "client_left": lambda e: f"the {e.bits}-bit client, PSP {fmt.word(e.psp)}",
    "mode_switched": lambda e: f"{_modes(e)} by {DOORS[e.door]}, to {e.at}, stack {e.stack}",
    "stack_switched": _stacks,
    "service_called": lambda e: f"{_service(e)} {name_of(e.name)} {_registers(e.registers)}",
    "service_returned": _returned,
    "callback_allocated": lambda e: f"slot {e.slot}: {e.real} calls {e.handler}, structure {e.structure}",
    "callback_freed": lambda e: f"slot {e.slot}: {e.real} called {e.handler}",
    "callback_entered": lambda e: f"slot {e.slot}, depth {e.depth}: {e.caller} called {e.handler}",
    "callback_returned": lambda e: f"slot {e.slot}, depth {e.depth}: resumes at {e.resumes}",
    "real_mode_called": lambda e: f"{fmt.function(e.function)} calls {e.target}, {e.words_copied} words copied",
    "real_mode_returned": lambda e: f"{fmt.function(e.function)} back from {e.target}",
    "interrupt_reflected": lambda e: f"{e.nature} {fmt.interrupt(e.vector)}: {_modes(e)}, handler {e.handler}",
    "exception_raised": lambda e: (
        f"{fmt.byte(e.vector)}h with error code {fmt.word(e.error_code)} at {e.at}, handled by the {e.handled_by}"
    ),
    "descriptor_changed": _descriptor,
    "vector_changed": lambda e: f"{e.table} vector {fmt.byte(e.vector)}h: {e.before} → {e.after}",
    "memory_changed": lambda e: f"{e.action} {fmt.dword(e.linear)}, {fmt.size(e.size)}, handle {fmt.dword(e.handle)}",
    "interrupt_flag_changed": lambda e: f"interrupts {'on' if e.enabled else 'off'}",
    "unsupported_called": lambda e: f"{fmt.interrupt(e.interrupt)} AH={fmt.byte(e.function >> 8)}h from {e.at}",
}


def describe(event: Event) -> str:
    """One line about an event, without its kind."""
    line = _LINES.get(event.kind)
    if line is not None:
        return line(event).rstrip()
    return ", ".join(f"{name_of(name)} {value}" for name, value in event.details().items())


def fields(event: Event) -> list[tuple[str, str]]:
    """Every field of an event, with numbers in hex and decimal."""
    found = [("kind", name_of(event.kind)), ("seq", str(event.seq)), ("tick", fmt.count(event.tick))]
    found.append(("client", str(event.client) if event.client else "none yet"))
    for name, value in event.details().items():
        found += _written(name_of(name), value)
    return found


def _written(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for inner, item in value.items() for pair in _written(f"{name} {inner}", item)]
    if isinstance(value, bool):
        return [(name, "yes" if value else "no")]
    if isinstance(value, int):
        return [(name, f"{_hex(value)}h  ({fmt.count(value)})" if value > 9 else str(value))]
    return [(name, "none" if value is None else str(value))]

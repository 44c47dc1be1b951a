"""Events in words: one plain sentence for somebody who is learning DPMI, or one brief line for a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from app.emu import events
from app.emu.events import Door, Event, Reason, Stack
from app.emu.host.exceptions import NAMES
from app.emu.registers import Mode
from app.emu.vmm.table import DYNALINK
from app.emu.vmm.win32.errors import GATE
from app.emu.vmm.win32.kernel32 import FUNCTIONS

MODES: Final = {
    Mode.V86: "real mode (V86)",
    Mode.PM16: "16-bit protected mode",
    Mode.PM32: "32-bit protected mode",
    Mode.RING0: "ring 0",
}
STACKS: Final = {
    Stack.APPLICATION: "application stack",
    Stack.LOCKED: "locked protected-mode stack",
    Stack.REAL: "real-mode stack",
    Stack.RING0: "host's ring-0 stack",
}
MODE_NAMES: Final = {Mode.V86: "V86", Mode.PM16: "PM 16", Mode.PM32: "PM 32", Mode.RING0: "Ring 0"}
STACK_NAMES: Final = {
    Stack.APPLICATION: "Application",
    Stack.LOCKED: "Locked",
    Stack.REAL: "Real mode",
    Stack.RING0: "Ring 0",
}
DOORS: Final = {
    Door.ENTRY: "the mode switch entry",
    Door.INT31_0300: "INT 31h AX=0300h",
    Door.INT31_0301: "INT 31h AX=0301h",
    Door.INT31_0302: "INT 31h AX=0302h",
    Door.CALLBACK: "a real-mode callback",
    Door.CALLBACK_RETURN: "the return of a real-mode callback",
    Door.RAW_SWITCH: "a raw mode switch",
    Door.REFLECTION: "reflection of an interrupt",
    Door.REFLECTION_RETURN: "the return of a reflected interrupt",
    Door.HARDWARE_INTERRUPT: "a hardware interrupt",
    Door.INTERRUPT_RETURN: "the return of an interrupt handler",
    Door.MOUSE_HANDLER: "a mouse event",
    Door.MOUSE_HANDLER_RETURN: "the return of a mouse event handler",
    Door.EXCEPTION: "an exception",
    Door.EXCEPTION_RETURN: "the return of an exception handler",
    Door.RESIDENT_PROVIDER: "a resident service provider",
    Door.VXD_CALLBACK: "a VMM callback",
    Door.V86_BREAKPOINT: "a V86 breakpoint",
    Door.VXD_RETURN: "the return of a VMM callback",
    Door.TERMINATION: "the end of the client",
}
_E = TypeVar("_E", bound=Event)
_Sentence = Callable[[Any], str]
_SENTENCES: dict[type[Event], _Sentence] = {}


def sentence(event: Event) -> str:
    """What an event says, in one sentence."""
    return _SENTENCES[type(event)](event)


def brief(event: Event) -> str:
    """What a list says about an event beside its kind."""
    line = _LINES.get(type(event))
    if line is None:
        return ", ".join(f"{name_of(name)} {value}" for name, value in event.details().items())
    return line(event).rstrip()


def name_of(kind: str) -> str:
    """An event's kind (or a field's name) as people read it: `mode switched`."""
    return kind.replace("_", " ")


def function(interrupt: int, number: int) -> str:
    """A function's number as wide as the register its callers put it into: `4Ch` for AH, `0303h` for AX."""
    return f"{number:04X}h" if _is_in_ax(interrupt, number) else f"{number:02X}h"


def counted(number: int, one: str, more: str) -> str:
    """A number of things: `1 byte`, `2 bytes`."""
    return f"{number} {one if number == 1 else more}"


def weightiest(happened: list[Event]) -> Event | None:
    """Of several events the one to tell: the last of the most telling kind."""
    return max(happened, key=lambda event: (_WEIGHT.get(type(event), 1), event.seq), default=None)


_WEIGHT: Final[dict[type[Event], int]] = {
    events.ProgramEnded: 10,
    events.PageMissed: 9,
    events.ExceptionRaised: 8,
    events.CallbackEntered: 7,
    events.CallbackReturned: 7,
    events.VxdCallbackEntered: 7,
    events.VxdCallbackReturned: 7,
    events.V86BreakpointHit: 7,
    events.ClientEntered: 7,
    events.ClientLeft: 6,
    events.ResidentProviderNotified: 7,
    events.RealModeCalled: 6,
    events.RealModeReturned: 6,
    events.InterruptReflected: 5,
    events.ModeSwitched: 4,
    events.StackSwitched: 3,
    events.ServiceReturned: 2,
}


_BY_AX: Final = frozenset({0x31, 0x33, 0x41, DYNALINK})
"""Whose functions are numbered by whole words, the small numbers too."""


def _is_in_ax(interrupt: int, number: int) -> bool:
    return interrupt in _BY_AX or number > 0xFF


def _kernel32(number: int) -> str:
    """A function of KERNEL32, called by an INT 30h."""
    return f"KERNEL32 {FUNCTIONS[number].name if number < len(FUNCTIONS) else number}"


def _call(interrupt: int, number: int) -> str:
    if interrupt == DYNALINK:
        return f"VMM service {function(interrupt, number)}"
    if interrupt == GATE:
        return _kernel32(number)
    register = "AX" if _is_in_ax(interrupt, number) else "AH"
    return f"INT {interrupt:02X}h {register}={function(interrupt, number)}"


def _tells(kind: type[_E]) -> Callable[[Callable[[_E], str]], Callable[[_E], str]]:
    def enter(function: Callable[[_E], str]) -> Callable[[_E], str]:
        _SENTENCES[kind] = function
        return function

    return enter


def _registers(values: dict[str, int | str]) -> str:
    shown = (f"{name}={value:X}h" if isinstance(value, int) else f"{name}={value}" for name, value in values.items())
    return ", ".join(shown)


@_tells(events.ProgramLoaded)
def _program_loaded(event: events.ProgramLoaded) -> str:
    return f"DOS loaded {event.path} ({event.format}); it starts at {event.entry}."


@_tells(events.ProgramEnded)
def _program_ended(event: events.ProgramEnded) -> str:
    how = {"exit": "ended", "resident": "ended and stays resident", "terminated": "was terminated"}[event.how]
    return f"The program with PSP {event.psp:04X} {how} with code {event.code}."


@_tells(events.ClientEntered)
def _client_entered(event: events.ClientEntered) -> str:
    return f"The program with PSP {event.psp:04X} entered protected mode as {event.bits}-bit client {event.client}."


@_tells(events.ClientLeft)
def _client_left(event: events.ClientLeft) -> str:
    return f"The {event.bits}-bit client with PSP {event.psp:04X} ended; the host released what it held."


@_tells(events.ModeSwitched)
def _mode_switched(event: events.ModeSwitched) -> str:
    return f"The processor went from {MODES[event.from_]} to {MODES[event.to]} at {event.at} by {DOORS[event.door]}."


@_tells(events.StackSwitched)
def _stack_switched(event: events.StackSwitched) -> str:
    depth = f", nesting {event.depth}" if Stack.LOCKED in (event.from_, event.to) else ""
    return (
        f"The live stack is now the {STACKS[event.to]} at {event.entered}{depth}; "
        f"the {STACKS[event.from_]} was left at {event.saved}."
    )


@_tells(events.ServiceCalled)
def _service_called(event: events.ServiceCalled) -> str:
    given = f" with {_registers(event.registers)}" if event.registers else ""
    if event.interrupt == DYNALINK:
        return f"A driver called {_call(event.interrupt, event.function)} ({event.name}){given}."
    if event.interrupt == GATE:
        return f"The Win32 program called {_call(event.interrupt, event.function)}{given}."
    return f"{_call(event.interrupt, event.function)} ({name_of(event.name)}) was called{given}."


@_tells(events.ServiceReturned)
def _service_returned(event: events.ServiceReturned) -> str:
    call = _call(event.interrupt, event.function)
    if event.carry:
        return f"{call} failed" + (f" with error {event.error:04X}h." if event.error is not None else ".")
    return f"{call} returned" + (f" {_registers(event.registers)}." if event.registers else ".")


@_tells(events.CallbackAllocated)
def _callback_allocated(event: events.CallbackAllocated) -> str:
    return (
        f"Real-mode callback {event.slot} is {event.real}: it calls {event.handler} "
        f"with the structure {event.structure}."
    )


@_tells(events.CallbackFreed)
def _callback_freed(event: events.CallbackFreed) -> str:
    return f"Real-mode callback {event.slot} at {event.real} was freed."


@_tells(events.CallbackEntered)
def _callback_entered(event: events.CallbackEntered) -> str:
    return (
        f"Real-mode code reached callback {event.slot} (depth {event.depth}); the host saved its registers in "
        f"{event.structure} and entered {event.handler}."
    )


@_tells(events.CallbackReturned)
def _callback_returned(event: events.CallbackReturned) -> str:
    return f"Callback {event.slot} returned; real mode resumes at {event.resumes} with its stack at {event.real_stack}."


@_tells(events.RealModeCalled)
def _real_mode_called(event: events.RealModeCalled) -> str:
    copied = f", {event.words_copied} words copied" if event.words_copied else ""
    return (
        f"INT 31h AX={event.function:04X}h starts real-mode code at {event.target} "
        f"on the stack {event.real_stack}{copied}."
    )


@_tells(events.RealModeReturned)
def _real_mode_returned(event: events.RealModeReturned) -> str:
    return f"The real-mode code of INT 31h AX={event.function:04X}h returned; its registers are in {event.structure}."


@_tells(events.InterruptReflected)
def _interrupt_reflected(event: events.InterruptReflected) -> str:
    what = "Hardware interrupt" if event.nature == "hardware" else "Interrupt"
    if event.from_ is event.to:
        return f"{what} {event.vector:02X}h goes to its handler at {event.handler} in {MODES[event.to]}."
    return (
        f"{what} {event.vector:02X}h goes from {MODES[event.from_]} to its handler at {event.handler} "
        f"in {MODES[event.to]}."
    )


def _during(event: events.ExceptionRaised) -> str:
    return f", {event.during}," if event.during is not None else ""


@_tells(events.ExceptionRaised)
def _exception_raised(event: events.ExceptionRaised) -> str:
    name = NAMES[event.vector] if event.vector < len(NAMES) else "reserved"
    by = {"client": "the client's handler", "interrupt": "the interrupt of that number", "host": "the host"}
    where = f" for linear address {event.cr2:08X}" if event.cr2 is not None else ""
    return (
        f"Exception {event.vector:02X}h ({name}){where}, error code {event.error_code:04X}h, at {event.at}"
        f"{_during(event)} goes to {by[event.handled_by]}."
    )


@_tells(events.DescriptorChanged)
def _descriptor_changed(event: events.DescriptorChanged) -> str:
    if event.after is None:
        return f"Descriptor {event.selector:04X} was freed by {event.by}."
    verb = "was allocated" if event.before is None else "was changed"
    return (
        f"Descriptor {event.selector:04X} {verb} by {event.by}: "
        f"base {event.after['base']:08X}, limit {event.after['limit']:08X}."
    )


@_tells(events.VectorChanged)
def _vector_changed(event: events.VectorChanged) -> str:
    tables = {
        "real": "Real-mode vector",
        "protected": "Protected-mode vector",
        "exception": "Exception handler",
        "real_exception": "Handler of real-mode exception",
    }
    return f"{tables[event.table]} {event.vector:02X}h now points to {event.after} (before: {event.before})."


@_tells(events.MemoryChanged)
def _memory_changed(event: events.MemoryChanged) -> str:
    detail = f": {event.detail}" if event.detail else ""
    size = counted(event.size, "byte", "bytes")
    verb = "was" if event.size == 1 else "were"
    return f"{size} of memory at linear {event.linear:08X} {verb} {event.action}{detail}."


@_tells(events.WatchpointHit)
def _watchpoint_hit(event: events.WatchpointHit) -> str:
    access = event.access.replace("_", " or ")
    return f"Debug watchpoint {event.handle} ({access}) at linear {event.linear:08X} was triggered; next is {event.at}."


@_tells(events.PageMissed)
def _page_missed(event: events.PageMissed) -> str:
    page = f"The page of linear address {event.linear:08X}"
    return f"{page} is out, not being locked, and cannot be brought back {event.during}: a page fault."


@_tells(events.InterruptFlagChanged)
def _interrupt_flag_changed(event: events.InterruptFlagChanged) -> str:
    return f"Virtual interrupts are {'on' if event.enabled else 'off'} now."


@_tells(events.ResidentProviderInstalled)
def _provider_installed(event: events.ResidentProviderInstalled) -> str:
    return (
        f"Client {event.client} installed resident service provider {event.provider}; "
        f"its procedure for {event.bits}-bit clients is at linear {event.linear:08X}."
    )


@_tells(events.ResidentProviderNotified)
def _provider_notified(event: events.ResidentProviderNotified) -> str:
    why = "ends" if event.reason is Reason.CLIENT_TERMINATED else "has entered"
    return (
        f"The host calls resident service provider {event.provider} at {event.handler} on the locked protected-mode "
        f"stack, because client {event.client} {why}."
    )


@_tells(events.ResidentProviderRemoved)
def _provider_removed(event: events.ResidentProviderRemoved) -> str:
    return f"Resident service provider {event.provider} for {event.bits}-bit clients is gone."


_CALLBACKS: Final = {"v86": "V86 callback", "pm": "Protected-mode callback", "vm_returns": "Call_When_VM_Returns"}


def _what(event: events.VxdCallbackEvent) -> str:
    return _CALLBACKS.get(event.nature, "Callback")


@_tells(events.VxdCallbackAllocated)
def _vxd_callback_allocated(event: events.VxdCallbackAllocated) -> str:
    return f"{_what(event)} {event.address} leads to a driver's procedure at linear {event.procedure:08X}."


@_tells(events.VxdCallbackEntered)
def _vxd_callback_entered(event: events.VxdCallbackEntered) -> str:
    return (
        f"{_what(event)} {event.address} was reached; the driver's procedure at linear "
        f"{event.procedure:08X} is called with reference data {event.reference:08X}."
    )


@_tells(events.VxdCallbackReturned)
def _vxd_callback_returned(event: events.VxdCallbackReturned) -> str:
    return f"The driver's procedure at linear {event.procedure:08X} returned from {event.address}."


@_tells(events.V86BreakpointInstalled)
def _v86_breakpoint_installed(event: events.V86BreakpointInstalled) -> str:
    return f"A driver put a breakpoint (ARPL) at {event.address}; its handler is at linear {event.procedure:08X}."


@_tells(events.V86BreakpointRemoved)
def _v86_breakpoint_removed(event: events.V86BreakpointRemoved) -> str:
    return f"The V86 breakpoint at {event.address} was removed."


@_tells(events.V86BreakpointHit)
def _v86_breakpoint_hit(event: events.V86BreakpointHit) -> str:
    moved = "it moved" if event.advanced else "it did not move"
    return f"The handler of the V86 breakpoint at {event.address} returned; {moved} the client's CS:IP."


_PROCEDURES: Final = {
    "event": "an event with reference data {0:08X}",
    "time_out": "a time-out with reference data {0:08X}",
    "fault": "exception {0:02X}h",
    "port": "I/O port {0:04X}h",
}


def _why(event: events.VxdProcedureCalled) -> str:
    return _PROCEDURES.get(event.nature, event.nature).format(event.reference)


@_tells(events.VxdProcedureCalled)
def _vxd_procedure_called(event: events.VxdProcedureCalled) -> str:
    return f"The manager calls the driver's procedure at linear {event.procedure:08X} for {_why(event)}."


@_tells(events.Finding)
def _finding(event: events.Finding) -> str:
    return f"{event.severity.capitalize()} {event.rule}, at {event.at}: {event.message}."


@_tells(events.UnsupportedCalled)
def _unsupported_called(event: events.UnsupportedCalled) -> str:
    return f"{_call(event.interrupt, event.function)}, called at {event.at}, does not exist here."


# Brief lines


def _values(registers: dict[str, int | str]) -> str:
    shown = (f"{name}={value if isinstance(value, str) else _hex(value)}" for name, value in registers.items())
    return " ".join(shown)


def _hex(value: int) -> str:
    return f"{value:04X}" if value <= 0xFFFF else f"{value:08X}"


def _size(count: int) -> str:
    return f"{count >> 10} KiB" if count >= 1 << 10 and not count & 0x3FF else f"{count} B"


def _modes(event: events.ModeSwitched | events.InterruptReflected) -> str:
    return f"{MODE_NAMES[event.from_]} → {MODE_NAMES[event.to]}"


def _stacks(event: events.StackSwitched) -> str:
    change = f"{STACK_NAMES[event.from_]} → {STACK_NAMES[event.to]}"
    return f"{change} by {DOORS[event.door]}, {event.saved} left for {event.entered}, depth {event.depth}"


def _service(event: events.ServiceCalled | events.ServiceReturned | events.UnsupportedCalled) -> str:
    if event.interrupt == GATE:
        return _kernel32(event.function)
    interrupt = "VMM" if event.interrupt == DYNALINK else f"INT {event.interrupt:02X}h"
    return f"{interrupt} {function(event.interrupt, event.function)}"


def _asked(event: events.ServiceCalled) -> str:
    name = f"{name_of(event.name)} " if event.interrupt != GATE else ""
    return f"{_service(event)} {name}{_values(event.registers)}"


def _outcome(event: events.ServiceReturned) -> str:
    outcome = "failed" if event.carry else "done"
    code = f" with {event.error:04X}h" if event.error is not None else ""
    return f"{_service(event)} {outcome}{code} {_values(event.registers)}"


def _descriptor(event: events.DescriptorChanged) -> str:
    if event.after is None:
        return f"{event.selector:04X} freed by {event.by}"
    verb = "allocated" if event.before is None else "changed"
    extent = f"base {event.after['base']:08X} limit {event.after['limit']:08X}"
    return f"{event.selector:04X} {verb} by {event.by}: {extent}"


_LINES: Final[dict[type[Event], _Sentence]] = {
    events.ProgramLoaded: lambda e: f"{e.path} ({e.format}) at {e.entry}, PSP {e.psp:04X}",
    events.ProgramEnded: lambda e: f"PSP {e.psp:04X} {e.how}, return code {e.code}",
    events.ClientEntered: lambda e: f"a {e.bits}-bit client, PSP {e.psp:04X}",
    events.ClientLeft: lambda e: f"the {e.bits}-bit client, PSP {e.psp:04X}",
    events.ModeSwitched: lambda e: f"{_modes(e)} by {DOORS[e.door]}, to {e.at}, stack {e.stack}",
    events.StackSwitched: _stacks,
    events.ServiceCalled: _asked,
    events.ServiceReturned: _outcome,
    events.CallbackAllocated: lambda e: f"slot {e.slot}: {e.real} calls {e.handler}, structure {e.structure}",
    events.CallbackFreed: lambda e: f"slot {e.slot}: {e.real} called {e.handler}",
    events.CallbackEntered: lambda e: f"slot {e.slot}, depth {e.depth}: {e.caller} called {e.handler}",
    events.CallbackReturned: lambda e: f"slot {e.slot}, depth {e.depth}: resumes at {e.resumes}",
    events.RealModeCalled: lambda e: f"{e.function:04X}h calls {e.target}, {e.words_copied} words copied",
    events.RealModeReturned: lambda e: f"{e.function:04X}h back from {e.target}",
    events.InterruptReflected: lambda e: f"{e.nature} INT {e.vector:02X}h: {_modes(e)}, handler {e.handler}",
    events.ExceptionRaised: lambda e: (
        f"{e.vector:02X}h with error code {e.error_code:04X} at {e.at}{_during(e) or ','} handled by the {e.handled_by}"
    ),
    events.DescriptorChanged: _descriptor,
    events.VectorChanged: lambda e: f"{e.table} vector {e.vector:02X}h: {e.before} → {e.after}",
    events.MemoryChanged: lambda e: (
        f"{e.action} {e.linear:08X}, {_size(e.size)}, handle {e.handle:08X}{', ' + e.detail if e.detail else ''}"
    ),
    events.WatchpointHit: lambda e: f"watchpoint {e.handle} at {e.linear:08X}: {e.access.replace('_', '/')}, {e.at}",
    events.PageMissed: lambda e: f"{e.linear:08X} is paged out, {e.during}",
    events.InterruptFlagChanged: lambda e: f"interrupts {'on' if e.enabled else 'off'}",
    events.ResidentProviderInstalled: lambda e: f"provider {e.provider}, for {e.bits}-bit clients at {e.linear:08X}",
    events.ResidentProviderNotified: lambda e: f"provider {e.provider}: {e.handler}, {name_of(str(e.reason))}",
    events.ResidentProviderRemoved: lambda e: f"provider {e.provider}, for {e.bits}-bit clients",
    events.VxdCallbackAllocated: lambda e: f"{e.nature} {e.address}: procedure {e.procedure:08X}",
    events.VxdCallbackEntered: lambda e: f"{e.nature} {e.address}: procedure {e.procedure:08X} called",
    events.VxdCallbackReturned: lambda e: f"{e.nature} {e.address}: procedure {e.procedure:08X} done",
    events.VxdProcedureCalled: lambda e: f"{_why(e)}: procedure {e.procedure:08X}",
    events.Finding: lambda e: f"{e.severity} {e.rule}: {e.message}",
    events.V86BreakpointInstalled: lambda e: f"{e.address}: handler {e.procedure:08X}",
    events.V86BreakpointRemoved: lambda e: f"{e.address}: handler was {e.procedure:08X}",
    events.V86BreakpointHit: lambda e: f"{e.address}: CS:IP {'moved' if e.advanced else 'NOT moved'} by the handler",
    events.UnsupportedCalled: lambda e: f"{_service(e)} from {e.at}",
}

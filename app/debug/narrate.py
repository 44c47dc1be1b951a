"""One plain sentence per event: what happened, for somebody who is learning DPMI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from app.emu import events
from app.emu.events import Door, Event, Stack
from app.emu.host.exceptions import NAMES
from app.emu.registers import Mode

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


def weightiest(happened: list[Event]) -> Event | None:
    """Of several events the one to tell: the last of the most telling kind."""
    return max(happened, key=lambda event: (_WEIGHT.get(type(event), 1), event.seq), default=None)


_WEIGHT: Final[dict[type[Event], int]] = {
    events.ProgramEnded: 9,
    events.ExceptionRaised: 8,
    events.CallbackEntered: 7,
    events.CallbackReturned: 7,
    events.ClientEntered: 7,
    events.ClientLeft: 6,
    events.RealModeCalled: 6,
    events.RealModeReturned: 6,
    events.InterruptReflected: 5,
    events.ModeSwitched: 4,
    events.StackSwitched: 3,
    events.ServiceReturned: 2,
}


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
    return f"The {event.bits}-bit client with PSP {event.psp:04X} ended; the host released everything it held."


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
    digits = 4 if event.interrupt == 0x31 or event.function > 0xFF else 2
    register = "AX" if digits == 4 else "AH"
    name = event.name.replace("_", " ")
    return f"INT {event.interrupt:02X}h {register}={event.function:0{digits}X}h ({name}) was called{given}."


@_tells(events.ServiceReturned)
def _service_returned(event: events.ServiceReturned) -> str:
    digits = 4 if event.interrupt == 0x31 or event.function > 0xFF else 2
    call = f"INT {event.interrupt:02X}h {'AX' if digits == 4 else 'AH'}={event.function:0{digits}X}h"
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


@_tells(events.ExceptionRaised)
def _exception_raised(event: events.ExceptionRaised) -> str:
    name = NAMES[event.vector] if event.vector < len(NAMES) else "reserved"
    by = {"client": "the client's handler", "interrupt": "the interrupt of that number", "host": "the host"}
    return (
        f"Exception {event.vector:02X}h ({name}), error code {event.error_code:04X}h, at {event.at} "
        f"goes to {by[event.handled_by]}."
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
    tables = {"real": "Real-mode vector", "protected": "Protected-mode vector", "exception": "Exception handler"}
    return f"{tables[event.table]} {event.vector:02X}h now points to {event.after} (before: {event.before})."


@_tells(events.MemoryChanged)
def _memory_changed(event: events.MemoryChanged) -> str:
    return f"{event.size} bytes of memory at linear {event.linear:08X} were {event.action}."


@_tells(events.InterruptFlagChanged)
def _interrupt_flag_changed(event: events.InterruptFlagChanged) -> str:
    return f"Virtual interrupts are {'on' if event.enabled else 'off'} now."


@_tells(events.UnsupportedCalled)
def _unsupported_called(event: events.UnsupportedCalled) -> str:
    return f"INT {event.interrupt:02X}h function {event.function:04X}h, called at {event.at}, does not exist here."

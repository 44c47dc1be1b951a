"""What happens in the machine, as values: every mode switch, dispatch and change is one of these.

The names and fields are those of the outside interface (`dpmiscope trace`): the class name in snake case is the
event's name there, a trailing underscore is dropped from field names. Far addresses are `Far` and become strings,
linear addresses and values stay numbers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Final

from app.emu.address import Far
from app.emu.registers import Mode


class Stack(StrEnum):
    """The four stacks of DPMI."""

    APPLICATION = "application"
    LOCKED = "locked"
    REAL = "real"
    RING0 = "ring0"


class Door(StrEnum):
    """The way through which control passes from one mode or stack to another."""

    ENTRY = "entry"
    INT31_0300 = "int31_0300"
    INT31_0301 = "int31_0301"
    INT31_0302 = "int31_0302"
    CALLBACK = "callback"
    CALLBACK_RETURN = "callback_return"
    RAW_SWITCH = "raw_switch"
    REFLECTION = "reflection"
    REFLECTION_RETURN = "reflection_return"
    HARDWARE_INTERRUPT = "hardware_interrupt"
    INTERRUPT_RETURN = "interrupt_return"
    MOUSE_HANDLER = "mouse_handler"
    MOUSE_HANDLER_RETURN = "mouse_handler_return"
    EXCEPTION = "exception"
    EXCEPTION_RETURN = "exception_return"
    RESIDENT_PROVIDER = "resident_provider"
    VXD_CALLBACK = "vxd_callback"
    V86_BREAKPOINT = "v86_breakpoint"
    VXD_RETURN = "vxd_return"
    TERMINATION = "termination"


class Reason(StrEnum):
    """Why a resident service provider is called."""

    CLIENT_LOADED = "client_loaded"
    CLIENT_TERMINATED = "client_terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    seq counts from 0; tick is the number of guest instructions executed before it; client 0 before any client.
    """

    seq: int
    tick: int
    client: int

    kind: ClassVar[str] = ""

    def to_object(self) -> dict[str, Any]:
        """The JSON object of the trace."""
        return {"seq": self.seq, "tick": self.tick, "event": self.kind, "client": self.client, **self.details()}

    def details(self) -> dict[str, Any]:
        """The fields beside seq, tick, event and client, as JSON values."""
        return {public: _plain(getattr(self, name)) for name, public in _own_fields(type(self))}

    def to_json(self) -> str:
        """One line of the trace."""
        return json.dumps(self.to_object(), separators=(",", ":"))


def _own_fields(kind: type[Event]) -> tuple[tuple[str, str], ...]:
    """The fields an event adds to the shared ones: attribute and outside name."""
    found = _FIELDS.get(kind.kind)
    if found is None:
        shared = {"seq", "tick", "client"}
        own = (field.name for field in fields(kind) if field.name not in shared)
        found = tuple((name, _OUTSIDE.get(name, name.rstrip("_"))) for name in own)
        _FIELDS[kind.kind] = found
    return found


_OUTSIDE: Final = {"how": "kind", "nature": "kind"}
"""Fields that have another name outside: `kind` is that of the event inside."""
_FIELDS: dict[str, tuple[tuple[str, str], ...]] = {}


def _plain(value: Any) -> Any:
    if isinstance(value, Far):
        return str(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return list(value)
    return value


KINDS: dict[str, type[Event]] = {}
"""Every event by its outside name."""


def _kind(cls: type[Event]) -> type[Event]:
    cls.kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
    KINDS[cls.kind] = cls
    return cls


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramLoaded(Event):
    """DOS loaded a program. path as the guest names it, psp a segment."""

    path: str
    format: str
    psp: int
    entry: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramEnded(Event):
    """A program ended: kind is exit, resident or terminated."""

    psp: int
    code: int
    how: str


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientEntered(Event):
    """A program became a client through the mode switch entry."""

    bits: int
    psp: int


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLeft(Event):
    """A client ended and everything it held was released."""

    bits: int
    psp: int


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSwitched(Event):
    """The processor left one mode for another. at: first instruction in the new mode; stack: its SS:(E)SP."""

    from_: Mode
    to: Mode
    door: Door
    at: Far
    stack: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class StackSwitched(Event):
    """The live stack changed. saved: SS:(E)SP left behind; depth: nesting on the locked stack after the switch."""

    from_: Stack
    to: Stack
    door: Door
    saved: Far
    entered: Far
    depth: int


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCalled(Event):
    """A client asked the host for a service. registers: those the service takes."""

    interrupt: int
    function: int
    name: str
    registers: dict[str, int | str]


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReturned(Event):
    """A service ended. error: AX when it failed, else None; registers: those the service gives."""

    interrupt: int
    function: int
    carry: bool
    error: int | None
    registers: dict[str, int | str]


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAllocated(Event):
    """A client got a real-mode callback address."""

    slot: int
    real: Far
    handler: Far
    structure: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFreed(Event):
    """A real-mode callback address was given back."""

    slot: int
    real: Far
    handler: Far
    structure: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackEntered(Event):
    """Real-mode code reached a callback. depth: callbacks in progress with this one; caller: far return address."""

    slot: int
    depth: int
    handler: Far
    structure: Far
    real_stack: Far
    caller: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackReturned(Event):
    """A callback handler executed its IRET. resumes: CS:IP of the structure it left in ES:(E)DI."""

    slot: int
    depth: int
    structure: Far
    resumes: Far
    real_stack: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class RealModeCalled(Event):
    """A translation service starts real-mode code (INT 31h AX=0300h to 0302h)."""

    function: int
    target: Far
    structure: Far
    words_copied: int
    real_stack: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class RealModeReturned(Event):
    """The real-mode code of a translation service came back."""

    function: int
    target: Far
    structure: Far
    words_copied: int
    real_stack: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptReflected(Event):
    """An interrupt was handed on to a handler in the other mode (or to a hook). kind: software or hardware."""

    vector: int
    nature: str
    from_: Mode
    to: Mode
    handler: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRaised(Event):
    """The processor raised an exception. handled_by: client, interrupt or host.

    cr2: the linear address of a page fault, None for all others. during: in the midst of what, in words
    (`in callback 2`), or None.
    """

    vector: int
    error_code: int
    at: Far
    handled_by: str
    cr2: int | None
    during: str | None


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptorChanged(Event):
    """A descriptor was allocated, changed or freed (None on one side). by: the service or part of the host."""

    selector: int
    by: str
    before: dict[str, int] | None
    after: dict[str, int] | None


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class VectorChanged(Event):
    """A client set an interrupt or exception vector by a service.

    table: real, protected, exception (in protected mode) or real_exception (in real mode, INT 31h AX=0213h). The table
    of real mode is memory: what DOS and programs write there themselves is no such event.
    """

    table: str
    vector: int
    before: Far
    after: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryChanged(Event):
    """Memory was allocated, resized, freed, locked, unlocked or mapped. linear address, size in bytes.

    detail: more words, such as what the pages show, or None.
    """

    action: str
    linear: int
    size: int
    handle: int
    detail: str | None = None


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class WatchpointHit(Event):
    """A debug watchpoint of the client was triggered. access: execute, write or read_write; at: what is next now."""

    handle: int
    linear: int
    access: str
    at: Far


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class PageMissed(Event):
    """A page that is paged out was needed where the host cannot bring it back. during: `in callback 2`."""

    linear: int
    during: str


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptFlagChanged(Event):
    """The virtual interrupt flag changed through a service."""

    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent(Event):
    """Of a resident service provider and one width it serves, in bits.

    handler: its procedure, with the selector made for the client it is called for, else with selector 0; linear: the
    same as a linear address; provider: its number in order of installation.
    """

    bits: int
    handler: Far
    reason: Reason | None
    provider: int
    linear: int


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentProviderInstalled(ProviderEvent):
    """A client installed a resident service provider (INT 31h AX=0C00h): one event for each width. reason: None."""


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentProviderNotified(ProviderEvent):
    """The host calls a provider's procedure for a client that has entered or that ends."""


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentProviderRemoved(ProviderEvent):
    """A provider is gone: it wanted to go when its last client ended, or its own client ended without staying."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VxdCallbackEvent(Event):
    """Of a callback of the Virtual Machine Manager. nature: v86, pm, or vm_returns (Call_When_VM_Returns).

    address: where ring 3 reaches it; procedure: linear address of the driver's; reference: its reference data.
    """

    nature: str
    address: Far
    procedure: int
    reference: int

    def details(self) -> dict[str, Any]:
        """As every event, with `nature` under its outside name `kind`."""
        return {
            "kind": self.nature,
            "address": str(self.address),
            "procedure": self.procedure,
            "reference": self.reference,
        }


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class VxdCallbackAllocated(VxdCallbackEvent):
    """A driver, or INT 2Fh AX=1684h, got an address for a procedure in ring 0."""


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class VxdCallbackEntered(VxdCallbackEvent):
    """Ring 3 reached a callback; the procedure runs next."""


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class VxdCallbackReturned(VxdCallbackEvent):
    """The procedure has returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class V86BreakpointEvent(Event):
    """Of an ARPL byte in V86 code. address: its CS:IP; procedure: linear address of its handler; reference: data.

    advanced: has the handler moved the client's CS:IP away from it? None before it has returned.
    """

    address: Far
    procedure: int
    reference: int
    advanced: bool | None


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class V86BreakpointInstalled(V86BreakpointEvent):
    """A driver has replaced a byte of V86 code by a breakpoint."""


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class V86BreakpointRemoved(V86BreakpointEvent):
    """The byte is what it was."""


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class V86BreakpointHit(V86BreakpointEvent):
    """V86 code ran into it and the handler has returned."""


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class VxdProcedureCalled(Event):
    """The manager calls a procedure of a driver. nature: event, time_out, fault (a hook of one) or port (trapped).

    procedure: its linear address; reference: its reference data, the exception's number, or the port.
    """

    nature: str
    procedure: int
    reference: int


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Event):
    """Something is wrong with a program or driver. rule: its name; severity: error, warning or note.

    at: where it was found; refs: sequence numbers of the events it is about.
    """

    rule: str
    severity: str
    message: str
    at: Far
    refs: tuple[int, ...]


@_kind
@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedCalled(Event):
    """A program asked DOS or the BIOS for something this machine does not do; it answers as DOS would."""

    interrupt: int
    function: int
    at: Far


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of the timeline, recorded with each event (same index as the event's seq)."""

    tick: int
    mode: Mode
    depths: tuple[int, int, int, int]
    """Bytes in use on the application, locked, real-mode and ring-0 stack."""
    turn: int = 0
    """Changes of context before the one the event belongs to."""

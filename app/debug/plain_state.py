"""The machine's state as JSON, for checkpoints in files: read back without running anybody's code.

A pickle from a stranger could call any function. Here an object is the name of its class and its attributes; reading
makes an empty object of a class in `STATE` and sets them. Classes that reach outside of the machine (the host folder)
are not among them, and what state merely refers to (machine, memory, folder) is named.

    numbers, texts, null    themselves
    ["b", text]             bytes, one letter each; ["t", …] a tuple; ["n", class, …] a named one
    ["e", class, value]     an enumeration's member; ["w", text] a date and time
    ["l", …], ["s", …]      a list, a set; ["d", key, value, …] a dict; ["a", text] a bytearray; ["q", most, …] a deque
    ["v", class, {…}]       a value, which nobody changes
    ["o", class, {…}]       an object; ["r", number] one that stood before: lists, dicts, … and objects count from 0
    ["m", name]             something state refers to
"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

STATE: Final = {
    "app.emu.address": "Far",
    "app.emu.bios.bios": "Bios",
    "app.emu.bios.keyboard": "Keyboard",
    "app.emu.bios.system": "System",
    "app.emu.bios.time_of_day": "TimeOfDay",
    "app.emu.bios.video": "Video",
    "app.emu.depths": "Depths",
    "app.emu.descriptor": "Descriptor",
    "app.emu.devices.cmos": "Cmos",
    "app.emu.devices.coprocessor": "Coprocessor",
    "app.emu.devices.devices": "Devices",
    "app.emu.devices.keyboard_controller": "KeyboardController",
    "app.emu.devices.mouse": "Gesture Mouse Report",
    "app.emu.devices.pic": "Chip Pic",
    "app.emu.devices.pit": "Channel Pit",
    "app.emu.devices.scan_codes": "Stroke",
    "app.emu.devices.vga": "Vga",
    "app.emu.dos.blocks": "Block Blocks",
    "app.emu.dos.console": "Con",
    "app.emu.dos.date_time": "DosClock",
    "app.emu.dos.dos": "Dos",
    "app.emu.dos.files": "Directory Drive File",
    "app.emu.dos.handles": "Handles OpenFile Part",
    "app.emu.dos.mount": "Mount Search",
    "app.emu.dos.process": "Start",
    "app.emu.dos.redirection": "Redirection",
    "app.emu.drivers.extended_memory": "Emb",
    "app.emu.drivers.mouse": "MouseDriver",
    "app.emu.drivers.mouse_cursor": "Cursor",
    "app.emu.drivers.mouse_settings": "Button Handler Settings",
    "app.emu.drivers.xms": "XmsDriver",
    "app.emu.events": "Door Stack",
    "app.emu.host.arena": "Arena Block",
    "app.emu.host.client": "Call Callback Client DosBlock KeptTables PendingSerialization Vector",
    "app.emu.host.defaults": "FlagsLeft",
    "app.emu.host.dos_api": "Parsed Search Stream",
    "app.emu.host.dpmi": "DpmiHost",
    "app.emu.host.host": "Level Mark",
    "app.emu.host.memory_blocks": "MemoryBlocks",
    "app.emu.host.mouse_api": "AlternateSet AlternateTold Exchange",
    "app.emu.host.pager": "Pager",
    "app.emu.host.provider": "Procedure Provider Told",
    "app.emu.host.providers": "Loading",
    "app.emu.host.shared_memory": "Handle Shared SharedMemory",
    "app.emu.host.tables": "Entry Kept Ldt Owner",
    "app.emu.host.termination": "ByDos ByService Ending",
    "app.emu.host.transfer": "Copies PointerAnswer",
    "app.emu.machine": "End MachineState",
    "app.emu.memory.frames": "Frames",
    "app.emu.paging_policy": "PagingOption Policy",
    "app.emu.real_mode_call": "RealModeCall",
    "app.emu.registers": "Flag Mode Registers Segment",
    "app.emu.vmm.breaks": "Breaks NestEnd V86Breakpoint VmReturn VxdCallback Win32Gate",
    "app.emu.vmm.control": "ApplicationTold Broadcast Delivered",
    "app.emu.vmm.device": "Device Part",
    "app.emu.vmm.dispatch": "BreakpointDone CallbackDone VmReturnDone",
    "app.emu.vmm.faults": "Fault FaultDone FaultHooks VmmFaultDone Where",
    "app.emu.vmm.hooks": "HookDone",
    "app.emu.vmm.levels": "Call Nest NestedLevel Ring0Level Waiting",
    "app.emu.vmm.lists": "DriverList",
    "app.emu.vmm.manager": "Manager",
    "app.emu.vmm.messages": "Message Sending",
    "app.emu.vmm.python.device": "Script",
    "app.emu.vmm.win32.devices": "Answer Closed ControlDone Exited Initialised NextHandle Opened",
    "app.emu.vmm.win32.process": "Process",
    "app.emu.vmm.ports": "Access PieceDone PortTrap",
    "app.emu.vmm.schedule": "CalledAtOnce Pending PendingDone Schedule",
    "app.emu.vmm.storage": "Areas PageBlock Storage",
    "app.emu.vmm.vxd_int": "Borrowed",
    "app.emu.watchpoint": "Watchpoint WatchType",
}
"""The classes of state: module, and the names in it. Whoever keeps an object of another class in state adds it here."""


_FOREIGN: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError, OverflowError)
"""What reading something that this module has not written can end in."""


def _key(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("app.emu.")


def _classes() -> dict[str, type]:
    """{key: class} of everything that may be read."""
    kinds = [getattr(sys.modules[module], name) for module, names in STATE.items() for name in names.split()]
    return {_key(kind): kind for kind in kinds}


def write(value: object, things: Mapping[str, object]) -> bytes:
    """State as JSON. things: what it refers to by name. Raises `TypeError` for an object of a class not in `STATE`."""
    return json.dumps(_Writer(things).plain(value), separators=(",", ":")).encode()


def read(data: bytes, things: Mapping[str, object]) -> Any:
    """What `write` has written. Raises `ValueError` for anything else."""
    try:
        return _Reader(things).value(json.loads(data))
    except _FOREIGN as error:
        raise ValueError(f"no state of this version: {error}") from None


class _Writer:
    def __init__(self, things: Mapping[str, object]) -> None:
        self._named = {id(thing): name for name, thing in things.items()}
        self._numbers: dict[int, int] = {}
        self._classes = {kind: key for key, kind in _classes().items()}

    def plain(self, value: Any) -> Any:
        """A value as JSON has it."""
        if id(value) in self._named:
            return ["m", self._named[id(value)]]
        if value is None or type(value) in (bool, int, float, str):
            return value
        if type(value) in (bytes, bytearray):
            text = value.decode("latin-1")
            return ["b", text] if isinstance(value, bytes) else self._numbered(value) or ["a", text]
        if type(value) is tuple:
            return ["t", *map(self.plain, value)]
        if isinstance(value, tuple):
            return ["n", self._class_of(value), *map(self.plain, value)]
        if isinstance(value, datetime):
            return ["w", value.isoformat()]
        if isinstance(value, Enum):
            return ["e", self._class_of(value), value.value]
        if getattr(getattr(value, "__dataclass_params__", None), "frozen", False):
            return ["v", *self._object(value)]
        return self._numbered(value) or self._mutable(value)

    def _numbered(self, value: object) -> list[Any] | None:
        """The number of an object that was written before; else it gets the next one."""
        if id(value) in self._numbers:
            return ["r", self._numbers[id(value)]]
        self._numbers[id(value)] = len(self._numbers)
        return None

    def _mutable(self, value: Any) -> list[Any]:
        if type(value) is list:
            return ["l", *map(self.plain, value)]
        if type(value) is dict:
            return ["d", *(self.plain(each) for pair in value.items() for each in pair)]
        if type(value) is set:
            return ["s", *sorted(map(self.plain, value), key=repr)]
        if type(value) is deque:
            return ["q", value.maxlen, *map(self.plain, value)]
        return ["o", *self._object(value)]

    def _class_of(self, value: object) -> str:
        key = self._classes.get(type(value))
        if key is None:
            raise TypeError(f"{_key(type(value))} is kept in state but not in {__name__}.STATE")
        return key

    def _object(self, value: object) -> list[Any]:
        return [self._class_of(value), {name: self.plain(each) for name, each in attributes(value)}]


class _Reader:
    def __init__(self, things: Mapping[str, object]) -> None:
        self._things = things
        self._numbered: list[Any] = []
        self._classes = _classes()

    def value(self, plain: Any) -> Any:
        """What a piece of JSON stands for."""
        if not isinstance(plain, list):
            if isinstance(plain, dict):
                raise TypeError("a mapping without a class")
            return plain
        tag, *rest = plain
        match tag:
            case "m":
                return self._things[rest[0]]
            case "r":
                return self._numbered[rest[0]]
            case "b":
                return rest[0].encode("latin-1")
            case "t":
                return tuple(map(self.value, rest))
            case "n":
                kind = self._classes[rest[0]]
                if not issubclass(kind, tuple) or len(getattr(kind, "_fields", ())) != len(rest) - 1:
                    raise TypeError(f"{rest[0]} is no tuple of {len(rest) - 1}")
                return tuple.__new__(kind, map(self.value, rest[1:]))
            case "w":
                return datetime.fromisoformat(rest[0])
            case "e":
                kind = self._classes[rest[0]]
                if not issubclass(kind, Enum):
                    raise TypeError(f"{rest[0]} is no enumeration")
                return kind(rest[1])
            case "v":
                return self._filled(self._empty(rest[0]), rest[1])
            case _:
                return self._mutable(tag, rest)

    def _mutable(self, tag: str, rest: list[Any]) -> Any:
        made: Any
        match tag:
            case "a":
                made = bytearray(rest[0].encode("latin-1"))
                self._numbered.append(made)
            case "l":
                made = []
                self._numbered.append(made)
                made.extend(map(self.value, rest))
            case "d":
                made = {}
                self._numbered.append(made)
                values = [self.value(each) for each in rest]
                made.update(zip(values[::2], values[1::2], strict=True))
            case "s":
                made = set()
                self._numbered.append(made)
                made.update(map(self.value, rest))
            case "q":
                made = deque(maxlen=rest[0])
                self._numbered.append(made)
                made.extend(map(self.value, rest[1:]))
            case "o":
                made = self._empty(rest[0])
                self._numbered.append(made)
                self._filled(made, rest[1])
            case _:
                raise ValueError(f"{tag!r} means nothing here")
        return made

    def _empty(self, key: str) -> Any:
        kind = self._classes[key]
        if issubclass(kind, Enum):
            raise TypeError(f"{key} is an enumeration")
        return object.__new__(kind)

    def _filled(self, made: Any, given: dict[str, Any]) -> Any:
        if is_dataclass(made) and given.keys() != {each.name for each in fields(made)}:
            raise ValueError(f"these are not the fields of {type(made).__name__}")
        for name, each in given.items():
            if name.startswith("__"):
                raise ValueError(f"{name} is no attribute of state")
            object.__setattr__(made, name, self.value(each))
        return made


def attributes(value: object) -> Iterator[tuple[str, Any]]:
    """All attributes an object holds, in `__dict__` and in slots."""
    yield from getattr(value, "__dict__", {}).items()
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__") and hasattr(value, name):
                yield name, getattr(value, name)

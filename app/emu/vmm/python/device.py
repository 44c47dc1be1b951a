"""Loading a driver written in Python: its checks, and its page in guest memory."""

from __future__ import annotations

import inspect
import struct
from dataclasses import dataclass
from typing import Any, Final

from app.emu.machine_errors import LoadError
from app.emu.memory.memory import WRITABLE, Memory
from app.emu.vmm.device import Device, Part, described
from app.emu.vmm.le import PAGE
from app.emu.vmm.messages import Message
from app.emu.vmm.python.driver import Driver
from app.emu.vmm.python.source import DriverBroken, driver_class, guarded

ENTRY: Final = ("eax", "ebx", "ecx", "edx", "esi", "edi", "cf", "zf")
"""What parameters of procedures may be called."""
CONTROL: Final = "control"
"""The control procedure, which is no method: it calls the method with the message's name."""
_MESSAGES: Final = frozenset(Message.__members__)
_PROCEDURES: Final = 0x80
_DATA: Final = 0x800
_STUB: Final = struct.Struct("<HI")
"""What stands in memory for a procedure: INT 20h, and a dword that is no service of anybody."""
_INT20: Final = 0x20CD
_NOBODY: Final = 0xFFFF8000
_MOST: Final = (_DATA - _PROCEDURES) // _STUB.size
_PLAIN: Final = (type(None), bool, int, float, str, bytes, bytearray)
_CHANGEABLE: Final = (list, dict, set, bytearray)


def is_python(file: str) -> bool:
    """Is a driver's file one in Python?"""
    return file.lower().endswith(".py")


@dataclass(slots=True, eq=False)
class Script:
    """What makes a device one in Python. base: its page; number: of its file's contents in `Machine.scripts`.

    procedures: by their place, with the lines they begin in; attributes: what the driver keeps.
    """

    base: int
    number: int
    procedures: dict[str, int]
    attributes: dict[str, Any]

    @property
    def data(self) -> int:
        """Linear address of the driver's own data."""
        return self.base + _DATA

    def address(self, procedure: str) -> int:
        """Linear address of a procedure. Raises `ValueError` for what is none."""
        return self.base + _PROCEDURES + list(self.procedures).index(procedure) * _STUB.size

    def procedure_at(self, linear: int) -> str | None:
        """The procedure whose INT 20h stands at an address."""
        at, rest = divmod(linear - self.base - _PROCEDURES, _STUB.size)
        return list(self.procedures)[at] if not rest and 0 <= at < len(self.procedures) else None


def load_script(memory: Memory, source: bytes, file: str, start: int, number: int) -> Device:
    """Read a driver's file and make its page at a linear address. number: as in `Script`. Raises `LoadError`."""
    try:
        kind, attributes = guarded(file, "its beginning", lambda: _begun(source, file))
        procedures = _procedures(kind, file)
    except DriverBroken as broken:
        raise LoadError(f"{broken} (a driver in Python)") from None
    script = Script(start, number, procedures, attributes)
    memory.map_range(start, memory.host_physical(start), PAGE, WRITABLE)
    memory.write(start, _description(kind, script, file))
    memory.write(start + _PROCEDURES, b"".join(_STUB.pack(_INT20, _NOBODY + at) for at in range(len(procedures))))
    module = file.rpartition(".")[0].upper()
    return described(memory, module, file, start, (Part(start, PAGE, is_code=True),), script)


def _begun(source: bytes, file: str) -> tuple[type[Driver], dict[str, Any]]:
    """The class, and the attributes of a driver that has just been made."""
    kind = driver_class(source, file)
    for each in kind.__mro__[: kind.__mro__.index(Driver)]:
        shared = next((name for name, value in vars(each).items() if isinstance(value, _CHANGEABLE)), None)
        if shared is not None:
            raise DriverBroken(f"{file}: {each.__name__}.{shared} would not last; set self.{shared} in __init__")
    attributes = dict(vars(kind()))
    check_attributes(attributes, file)
    return kind, attributes


def check_attributes(attributes: dict[str, Any], file: str) -> None:
    """What a driver keeps has to be plain values. Raises `DriverBroken`."""
    for name, value in attributes.items():
        odd = _odd(value, set())
        if odd is not None:
            raise DriverBroken(f"{file}: self.{name} holds {odd}, which cannot be kept; see `Driver` for what can")


def _odd(value: object, seen: set[int]) -> str | None:
    """The type of something that is not plain in a value."""
    if type(value) in _PLAIN or id(value) in seen:
        return None
    seen.add(id(value))
    if type(value) in (list, tuple, set):
        parts = list(value)  # type: ignore[call-overload]
    elif type(value) is dict:
        parts = [*value.keys(), *value.values()]
    else:
        return f"an object of the type {type(value).__name__}"
    return next((odd for part in parts if (odd := _odd(part, seen)) is not None), None)


def _procedures(kind: type[Driver], file: str) -> dict[str, int]:
    """The control procedure and the methods others may call, with their lines. Raises `DriverBroken`."""
    methods = {
        name: each
        for base in reversed(kind.__mro__[: kind.__mro__.index(Driver)])
        for name, each in vars(base).items()
        if inspect.isfunction(each) and not name.startswith("_")
    }
    for name, each in methods.items():
        where = f"{file}, line {each.__code__.co_firstlineno}"
        strange = [one for one in list(inspect.signature(each).parameters)[1:] if one not in ENTRY]
        if strange:
            raise DriverBroken(f"{where}: {name} has a parameter {strange[0]}; there are {', '.join(ENTRY)}")
        if name == CONTROL:
            raise DriverBroken(f"{where}: name methods like messages (Device_Init …), not {CONTROL}")
    found = {CONTROL: 1}
    found |= {name: each.__code__.co_firstlineno for name, each in methods.items() if name not in _MESSAGES}
    if len(found) > _MOST:
        raise DriverBroken(f"{file}: it has more than {_MOST} procedures")
    return found


def _description(kind: type[Driver], script: Script, file: str) -> bytes:
    """The DDB. Raises `LoadError`."""
    name, number, order, version = (
        getattr(kind, each, None) for each in ("name", "device_id", "init_order", "version")
    )
    if not isinstance(name, str) or not 0 < len(name) <= 8 or not name.isascii():
        raise LoadError(f"{file}: give the driver a `name` of 1 to 8 characters, not {name!r}")
    if not isinstance(number, int) or not 0 <= number <= 0xFFFF:
        raise LoadError(f"{file}: `device_id` is a number of 16 bits, not {number!r}")
    if not isinstance(order, int) or not 0 <= order <= 0xFFFFFFFF:
        raise LoadError(f"{file}: `init_order` is a number of 32 bits, not {order!r}")
    match version:
        case (int(major), int(minor)) if 0 <= major <= 0xFF and 0 <= minor <= 0xFF:
            pass
        case _:
            raise LoadError(f"{file}: `version` is two numbers up to 255, not {version!r}")
    apis = [script.address(each) if each in script.procedures else 0 for each in ("v86_api", "pm_api")]
    front = struct.pack("<IHHBBH8s", 0, 0x400, number, major, minor, 0, name.ljust(8).encode())
    return front + struct.pack("<4I", order, script.address(CONTROL), *apis)

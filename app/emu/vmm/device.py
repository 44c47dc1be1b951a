"""Loaded drivers: their objects in memory and their device description block (DDB, VMM 4.2)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.emu.machine_errors import LoadError
from app.emu.memory.memory import WRITABLE, Memory
from app.emu.vmm.le import PAGE, LeImage

if TYPE_CHECKING:
    from app.emu.vmm.python.device import Script

DDB_SIZE: Final = 0x38
UNDEFINED_DEVICE: Final = 0
_FLAGS, _V86_API, _PM_API, _V86_CSIP, _PM_CSIP = 0x0A, 0x1C, 0x20, 0x24, 0x28
_DYNAMIC: Final = 0x8000


@dataclass(frozen=True, slots=True)
class Part:
    """One of a driver's objects in memory. linear: where it starts; size in bytes; the rest as in `LeObject`."""

    linear: int
    size: int
    is_code: bool
    is_discardable: bool = False
    is_resident: bool = False
    is_freed: bool = False

    @property
    def pages_size(self) -> int:
        """Bytes of whole pages it occupies."""
        return self.size + PAGE - 1 & -PAGE

    def meets(self, other: Part) -> bool:
        """Do the two have a page in common?"""
        return self.linear < other.linear + other.pages_size and other.linear < self.linear + self.pages_size

    def holds(self, linear: int) -> bool:
        """Does an address lie in it?"""
        return self.linear <= linear < self.linear + self.size


@dataclass(slots=True, eq=False)
class Device:
    """One driver. name: of the DDB, without its padding; module: of its file; file: as it was given; ddb: linear."""

    name: str
    module: str
    file: str
    number: int
    """Device id, 0 for none."""
    init_order: int
    ddb: int
    parts: tuple[Part, ...]
    is_dropped: bool = False
    """It has refused to be initialised: it gets no messages and answers no calls."""
    is_dynamic: bool = False
    """It was loaded while a program ran."""
    is_unloaded: bool = False
    opened: int = 0
    """Handles of programs for it (CreateFile)."""
    script: Script | None = None
    """What is to run at its procedures, of a driver written in Python."""

    def holds(self, linear: int) -> bool:
        """Does an address lie in the driver?"""
        return any(part.holds(linear) for part in self.parts)

    def api(self, memory: Memory, *, pm: bool) -> int:
        """Its API procedure for V86 or protected mode as the DDB says now; 0 for none."""
        return memory.read_u32(self.ddb + (_PM_API if pm else _V86_API))

    def set_api(self, memory: Memory, procedure: int, *, pm: bool) -> None:
        """Replace its API procedure (Hook_Device_V86_API, Hook_Device_PM_API)."""
        memory.write_u32(self.ddb + (_PM_API if pm else _V86_API), procedure)

    def entry(self, memory: Memory, *, pm: bool) -> int:
        """The address programs call for its API, as segment:offset in a dword; 0 before anybody asked."""
        return memory.read_u32(self.ddb + (_PM_CSIP if pm else _V86_CSIP))

    def set_entry(self, memory: Memory, address: int, *, pm: bool) -> None:
        """Keep that address in the DDB."""
        memory.write_u32(self.ddb + (_PM_CSIP if pm else _V86_CSIP), address)

    def note_dynamic(self, memory: Memory) -> None:
        """It is loaded while a program runs: bit 15 of DDB_Flags."""
        self.is_dynamic = True
        memory.write_u16(self.ddb + _FLAGS, memory.read_u16(self.ddb + _FLAGS) | _DYNAMIC)

    def control_procedure(self, memory: Memory) -> int:
        """Linear address of the control procedure."""
        return memory.read_u32(self.ddb + 0x18)

    def service(self, memory: Memory, ordinal: int) -> int | None:
        """Linear address of one of its services; None beyond the table."""
        place = self.service_place(memory, ordinal)
        return memory.read_u32(place) if place is not None else None

    def service_place(self, memory: Memory, ordinal: int) -> int | None:
        """Where the address of one of its services stands; None beyond the table."""
        table, count = struct.unpack("<II", memory.read(self.ddb + 0x30, 8))
        return int(table + ordinal * 4) if ordinal < count else None


def load_device(memory: Memory, image: LeImage, file: str, start: int, kept: Mapping[int, Part]) -> Device:
    """Place a driver's objects from a linear address on and apply its fixups. Raises `LoadError`.

    kept: resident objects that are in memory already, by their number.
    """
    parts = _place(memory, image, start, kept)
    for fixup in image.fixups:
        source = parts[fixup.object].linear + fixup.offset
        value = parts[fixup.target_object].linear + fixup.target_offset
        memory.write_u32(source, value - source - 4 if fixup.is_relative else value)
    number, offset = image.ddb
    ddb = parts[number].linear + offset
    if offset + DDB_SIZE > parts[number].size:
        raise LoadError(f"{file}: its device description block lies outside of its object {number + 1}")
    if parts[number].is_discardable:
        raise LoadError(f"{file}: its device description block lies in an initialisation part, which is freed")
    return described(memory, image.module, file, ddb, parts)


def described(
    memory: Memory, module: str, file: str, ddb: int, parts: tuple[Part, ...], script: Script | None = None
) -> Device:
    """A driver as its DDB in memory says. Raises `LoadError`."""
    _, _, number, _, _, _, raw, order, control = struct.unpack("<IHHBBH8sII", memory.read(ddb, 0x1C))
    device = Device(raw.decode("cp437").rstrip(), module, file, number, order, ddb, parts, script=script)
    if not device.holds(control):
        raise LoadError(f"{file}: its control procedure would be at {control:08X}, outside of the driver")
    return device


def _place(memory: Memory, image: LeImage, start: int, kept: Mapping[int, Part]) -> tuple[Part, ...]:
    parts = []
    for number, each in enumerate(image.objects):
        part = kept.get(number)
        if part is None:
            part = Part(start, len(each.data), each.is_code, each.is_discardable, each.is_resident)
            memory.map_range(start, memory.host_physical(start), part.pages_size, WRITABLE)
            memory.write(start, each.data.ljust(part.pages_size, b"\0"))
            start += part.pages_size
        parts.append(part)
    return tuple(parts)

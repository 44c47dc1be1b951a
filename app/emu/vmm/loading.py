"""Loading, unloading and shrinking drivers (VMM 7.6).

Linear addresses of objects are used again only when there is no other room, so that what still leads to a driver that
has gone is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from app.emu.machine_errors import LoadError
from app.emu.memory import layout
from app.emu.vmm.breaks import VxdCallback
from app.emu.vmm.device import UNDEFINED_DEVICE, Device, Part, load_device
from app.emu.vmm.le import PAGE, LeImage, read_le
from app.emu.vmm.python.device import is_python, load_script

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm


def load(vmm: Vmm, data: bytes, file: str) -> Device:
    """Load a driver; it has had no message yet. file: its name, for messages. Raises `LoadError`."""
    if not is_python(file):
        return load_le(vmm, data, file)
    scripts = vmm.machine.scripts
    device = load_script(vmm.machine.memory, data, file, _room(vmm, PAGE, file), len(scripts))
    scripts.append(data)
    return _added(vmm, device)


def load_le(vmm: Vmm, data: bytes, file: str) -> Device:
    """`load` for a driver in LE format alone."""
    image = read_le(data, file)
    kept = _kept(vmm, image)
    size = sum(len(each.data) + PAGE - 1 & -PAGE for at, each in enumerate(image.objects) if at not in kept)
    memory, start = vmm.machine.memory, _room(vmm, size, file)
    try:
        device = load_device(memory, image, file, start, kept)
    except LoadError:
        memory.unmap_range(start, size)
        raise
    return _added(vmm, device, kept.values())


def _added(vmm: Vmm, device: Device, kept: Collection[Part] = ()) -> Device:
    """Put a driver on the list. kept: parts that were there before. Raises `LoadError` when its device id is taken."""
    twin = next((each for each in vmm.devices if each.number == device.number != UNDEFINED_DEVICE), None)
    if twin is not None:
        _free(vmm, device, lambda part: part not in kept)
        raise LoadError(f"{device.file}: the driver {twin.name} has the device id {device.number:04X}h already")
    _forget_what_was_in(vmm, device)
    vmm.end_of_drivers = max(vmm.end_of_drivers, *(part.linear + part.pages_size for part in device.parts))
    vmm.devices.append(device)
    vmm.devices.sort(key=lambda each: each.init_order)
    return device


def _kept(vmm: Vmm, image: LeImage) -> Mapping[int, Part]:
    """The resident objects of a driver that was loaded before, by their number."""
    before = next((each for each in reversed(vmm.unloaded) if each.module == image.module), None)
    if before is None or len(before.parts) != len(image.objects):
        return {}
    pairs = enumerate(zip(before.parts, image.objects, strict=True))
    return {at: part for at, (part, each) in pairs if not part.is_freed and part.size == len(each.data)}


def _room(vmm: Vmm, size: int, file: str) -> int:
    """Where so many bytes of whole pages are free: behind all others, or where a driver was that is gone."""
    if vmm.end_of_drivers + size <= layout.VXDS_END:
        return vmm.end_of_drivers
    parts = (part for device in (*vmm.devices, *vmm.unloaded) for part in device.parts if not part.is_freed)
    at = layout.VXDS
    for part in sorted(parts, key=lambda each: each.linear):
        if part.linear - at >= size:
            return at
        at = max(at, part.linear + part.pages_size)
    if layout.VXDS_END - at < size:
        raise LoadError(f"{file}: no room is left for its objects; load fewer or smaller drivers")
    return at


def _forget_what_was_in(vmm: Vmm, device: Device) -> None:
    """A driver lies where others were: what leads there cannot be told from what leads to it."""
    for other in vmm.unloaded:
        other.parts = tuple(
            replace(part, size=0) if part.is_freed and any(mine.meets(part) for mine in device.parts) else part
            for part in other.parts
        )
    vmm.unloaded = [each for each in vmm.unloaded if any(part.size for part in each.parts)]


def discard(vmm: Vmm, device: Device) -> None:
    """A driver is initialised: free the parts that are needed for that alone."""
    _free(vmm, device, lambda part: part.is_discardable)


def unload(vmm: Vmm, device: Device) -> None:
    """Free a driver's parts but the resident ones. What leads to it stays, and leads into freed memory."""
    for target in vmm.breaks.targets.values():
        if isinstance(target, VxdCallback) and target.api is device:
            target.procedure = target.called(vmm.machine.memory)
    device.is_unloaded = True
    _free(vmm, device, lambda part: not part.is_resident)
    vmm.devices.remove(device)
    vmm.unloaded.append(device)


def _free(vmm: Vmm, device: Device, is_meant: Callable[[Part], bool]) -> None:
    for part in device.parts:
        if is_meant(part):
            vmm.machine.memory.unmap_range(part.linear, part.pages_size)
    device.parts = tuple(replace(part, is_freed=part.is_freed or is_meant(part)) for part in device.parts)


def freed(vmm: Vmm, linear: int) -> str:
    """What was at an address that belongs to no driver any more, for reports; empty for others."""
    for device in (*vmm.devices, *reversed(vmm.unloaded)):
        for part in device.parts:
            if part.is_freed and part.holds(linear):
                when = "when it was unloaded" if device.is_unloaded else "after its initialisation"
                return f", in memory of the driver {device.name} that was freed {when}"
    return ""

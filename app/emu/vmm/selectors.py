"""Selectors of drivers in the running application's LDT, each with the name of the service that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.emu import events
from app.emu.host.failures import DescriptorUnavailable
from app.emu.host.tables import Owner

if TYPE_CHECKING:
    from app.emu.descriptor import Descriptor
    from app.emu.vmm.core import Vmm


def _label(service: str) -> str:
    return f"driver: {service}"


def make(vmm: Vmm, service: str, descriptor: Descriptor, count: int = 1) -> int | None:
    """Make neighbouring selectors of a descriptor; the index of the first, None when there is no room."""
    ldt = vmm.host.current.ldt
    try:
        first = ldt.allocate(count, Owner.HOST, _label(service))
    except DescriptorUnavailable:
        return None
    for index in range(first, first + count):
        ldt.write(index, descriptor)
        vmm.machine.emit(
            events.DescriptorChanged, selector=ldt.selector(index), by=service, before=None, after=descriptor.fields()
        )
    return first


def made(vmm: Vmm, service: str, descriptor: Descriptor) -> int | None:
    """The index of a selector a service has made of a descriptor; None: it has not."""
    ldt = vmm.host.current.ldt
    found = (index for index, entry in ldt.entries.items() if entry.label == _label(service))
    return next((index for index in found if ldt.read(index).fields() == descriptor.fields()), None)


def index_of(vmm: Vmm, selector: int, service: str) -> int | None:
    """The index of a selector that a service has made, its RPL ignored; None: it has not."""
    client, index = vmm.host.client, (selector & 0xFFFF) >> 3
    if client is None or not selector & 4 or index not in client.ldt.entries:
        return None
    return index if client.ldt.entries[index].label == _label(service) else None

"""The descriptors and protected-mode vectors a client begins with, and what becomes of them when it ends.

In DPMI 1.0 each client has its own; hosts of 0.9 have one set for all clients of a virtual machine, which lasts as long
as there is one (reference 2.12, 8.4; `Profile.tables`).
"""

from __future__ import annotations

from typing import Final

from app.emu.host.client import Client, KeptTables
from app.emu.host.host import Host
from app.emu.host.profile import Tables
from app.emu.host.tables import Ldt

_COMMON: Final = 0
"""Which LDT all clients have."""


def new_table(host: Host, index: int, number: int) -> Ldt:
    """The LDT of the client that is about to enter, number `number`, at `index` among those alive."""
    profile, others = host.profile, host.clients
    if profile.tables is Tables.OWN or not others:
        place = index if profile.tables is Tables.OWN else _COMMON
        return Ldt(host.machine.memory, place, number, profile.descriptors)
    return others[-1].ldt.shared_with(number)


def has_room(host: Host, count: int) -> bool:
    """Are so many descriptors free in the table the next client gets?"""
    return host.profile.tables is Tables.OWN or not host.clients or host.clients[-1].ldt.free >= count


def give_vectors(host: Host, client: Client) -> None:
    """Vectors and exception handlers for a client that is about to enter; those of drivers are among new ones."""
    client.reset_vectors()
    if host.profile.tables is Tables.OWN or not host.clients:
        host.machine.state.vmm.set_default_vectors(client)
        return
    other = host.clients[-1]
    client.vectors, client.exceptions = other.vectors, other.exceptions
    if host.profile.tables is Tables.RESTORED:
        client.kept = KeptTables(client.ldt.keep(), tuple(client.vectors), tuple(client.exceptions))


def take_back(host: Host, client: Client) -> None:
    """A client has ended, and others that have the same tables may go on."""
    if client.kept is not None:
        client.ldt.put_back(client.kept.descriptors)
        client.vectors[:] = client.kept.vectors
        client.exceptions[:] = client.kept.exceptions
    elif host.profile.tables is Tables.SHARED:
        client.ldt.release_all()

"""Linked lists (see `lists.py` for the source)."""

from __future__ import annotations

from app.emu.registers import EAX, ECX, ESI, Flag
from app.emu.vmm.core import Vmm
from app.emu.vmm.lists import ALLOC_ERROR, DriverList
from app.emu.vmm.table import VMM, Refused


def _list(vmm: Vmm, handle: int) -> DriverList:
    found = vmm.lists.get(handle)
    if found is None:
        vmm.fail(f"it named {handle:08X}h as a list, which is none")
    return found


def _check_free(vmm: Vmm, node: int) -> None:
    """Is it a node of List_Allocate, in no list? Fails the driver else."""
    if node not in vmm.storage.heap:
        vmm.fail(f"it named {node:08X}h as a node of a list, which is none")
    if any(node in each.nodes for each in vmm.lists.values()):
        vmm.fail(f"the node {node:08X}h is in a list already")


def _position(vmm: Vmm, found: DriverList, node: int) -> int:
    if node not in found.nodes:
        vmm.fail(f"the node {node:08X}h is not in that list")
    return found.nodes.index(node)


def _given(vmm: Vmm, node: int) -> int:
    vmm.machine.regs.set_flag(Flag.ZF, on=not node)
    return node


@VMM.service(0x9B)
def list_create(vmm: Vmm, flags: EAX, node_size: ECX) -> ESI:
    """Make a list of nodes of a size; return its handle. CF=1: a size of 0."""
    if not node_size:
        raise Refused
    handle = vmm.schedule.new_handle()
    vmm.lists[handle] = DriverList(node_size, flags)
    return handle


@VMM.service(0x9C)
def list_destroy(vmm: Vmm, handle: ESI) -> None:
    """Free a list and the nodes in it, but for those that somebody has freed by _HeapFree."""
    for node in _list(vmm, handle).nodes:
        vmm.storage.heap.pop(node, None)
    del vmm.lists[handle]


@VMM.service(0x9D)
def list_allocate(vmm: Vmm, handle: ESI) -> EAX:
    """Return the address of a new node, in no list yet. CF=1: no room, if the list may fail (LF_Alloc_Error)."""
    found = _list(vmm, handle)
    node = vmm.storage.allocate(vmm.host.arena, found.node_size)
    if not node and found.flags & ALLOC_ERROR:
        raise Refused
    if not node:
        vmm.fail("there is no room for a node, and its list was made without LF_Alloc_Error")
    return node


@VMM.service(0x9E)
def list_attach(vmm: Vmm, handle: ESI, node: EAX) -> None:
    """Put a node at the head of a list."""
    _check_free(vmm, node)
    _list(vmm, handle).nodes.insert(0, node)


@VMM.service(0x9F)
def list_attach_tail(vmm: Vmm, handle: ESI, node: EAX) -> None:
    """Put a node at the tail of a list."""
    _check_free(vmm, node)
    _list(vmm, handle).nodes.append(node)


@VMM.service(0xA0)
def list_insert(vmm: Vmm, handle: ESI, node: EAX, after: ECX) -> None:
    """Put a node behind another one of a list, or with 0 at its head."""
    found = _list(vmm, handle)
    _check_free(vmm, node)
    found.nodes.insert(_position(vmm, found, after) + 1 if after else 0, node)


@VMM.service(0xA1)
def list_remove(vmm: Vmm, handle: ESI, node: EAX) -> None:
    """Take a node out of a list. CF=1: it is not in it."""
    found = _list(vmm, handle)
    if node not in found.nodes:
        raise Refused
    found.nodes.remove(node)


@VMM.service(0xA2)
def list_deallocate(vmm: Vmm, handle: ESI, node: EAX) -> None:
    """Free a node that is in no list."""
    _list(vmm, handle)
    _check_free(vmm, node)
    vmm.storage.heap.pop(node)


@VMM.service(0xA3)
def list_get_first(vmm: Vmm, handle: ESI) -> EAX:
    """Return the first node; ZF=1 and 0 for an empty list."""
    return _given(vmm, next(iter(_list(vmm, handle).nodes), 0))


@VMM.service(0xA4)
def list_get_next(vmm: Vmm, handle: ESI, node: EAX) -> EAX:
    """Return the node behind another one; ZF=1 and 0 behind the last."""
    found = _list(vmm, handle)
    return _given(vmm, next(iter(found.nodes[_position(vmm, found, node) + 1 :]), 0))


@VMM.service(0xA5)
def list_remove_first(vmm: Vmm, handle: ESI) -> EAX:
    """Take the first node out of a list and return it; ZF=1 and 0 for an empty list."""
    found = _list(vmm, handle)
    return _given(vmm, found.nodes.pop(0) if found.nodes else 0)

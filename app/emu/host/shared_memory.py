"""Memory shared by name, and who may use it alone: serialization (DPMI 1.0, INT 31h AX=0D00h to 0D03h).

A shared block lies at the same linear address for all clients and lives as long as any client has a handle for it.
Serialization is exclusive (no other client holds anything) or shared (no other client holds it exclusively); a client
may hold either several times. What it holds ends with its last handle for the block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from app.emu.host import failures
from app.emu.host.arena import Arena, Block

MOST: Final = 0xFFFF
"""How often a client can hold one kind of serialization."""


@dataclass(slots=True, eq=False)
class Shared:
    """A shared block. memory is None when its length is 0: then it is good for serialization only.

    exclusive, shared: client number -> how often it holds the block so.
    """

    name: bytes
    memory: Block | None
    exclusive: dict[int, int] = field(default_factory=dict)
    shared: dict[int, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes, as its creator asked for."""
        return self.memory.size if self.memory is not None else 0

    @property
    def linear(self) -> int:
        """Linear address; 0 without memory."""
        return self.memory.linear if self.memory is not None else 0

    def holds(self, *, shared: bool) -> dict[int, int]:
        """The counts of one kind."""
        return self.shared if shared else self.exclusive

    def check(self, client: int, *, shared: bool) -> None:
        """May a client have it now? Raises `OwnedExclusively`, `OwnedShared`, `LockCountExceeded`."""
        if self.exclusive.keys() - {client}:
            raise failures.OwnedExclusively
        if not shared and self.shared.keys() - {client}:
            raise failures.OwnedShared
        if self.holds(shared=shared).get(client, 0) >= MOST:
            raise failures.LockCountExceeded

    def take(self, client: int, *, shared: bool) -> None:
        """Let a client hold it once more. Raises as `check` does."""
        self.check(client, shared=shared)
        held = self.holds(shared=shared)
        held[client] = held.get(client, 0) + 1

    def release(self, client: int, *, shared: bool) -> None:
        """A client holds it once less. Raises `InvalidState` when it does not hold it so."""
        held = self.holds(shared=shared)
        if client not in held:
            raise failures.InvalidState
        held[client] -= 1
        if not held[client]:
            del held[client]


@dataclass(frozen=True, slots=True)
class Handle:
    """A client's right to a shared block. client: its number."""

    client: int
    block: Shared


@dataclass(slots=True)
class SharedMemory:
    """The shared blocks of one virtual machine, by handle."""

    arena: Arena
    handles: dict[int, Handle] = field(default_factory=dict)

    def open(self, client: int, name: bytes, size: int) -> tuple[int, Shared]:
        """A new handle for the block of a name, which is made if there is none. Raises as `Arena.allocate` does."""
        block = next((each.block for each in self.handles.values() if each.block.name == name), None)
        if block is None:
            block = Shared(name, self.arena.allocate(size) if size else None)
        handle = self.arena.new_handle()
        self.handles[handle] = Handle(client, block)
        return handle, block

    def find(self, client: int, handle: int) -> Shared:
        """The block of a client's handle. Raises `InvalidHandle`."""
        found = self.handles.get(handle)
        if found is None or found.client != client:
            raise failures.InvalidHandle
        return found.block

    def close(self, client: int, handle: int) -> Shared:
        """Give a handle back; with it, where it was the last, what the client holds and the block itself."""
        block = self.find(client, handle)
        del self.handles[handle]
        users = {each.client for each in self.handles.values() if each.block is block}
        if client not in users:
            block.exclusive.pop(client, None)
            block.shared.pop(client, None)
        if not users and block.memory is not None:
            self.arena.free_block(block.memory)
        return block

    @property
    def memory(self) -> list[Block]:
        """The memory of all shared blocks."""
        blocks = {id(each.block): each.block for each in self.handles.values()}
        return [block.memory for block in blocks.values() if block.memory is not None]

    def is_used(self, block: Shared) -> bool:
        """Has anybody a handle for it?"""
        return any(each.block is block for each in self.handles.values())

    def leave(self, client: int) -> None:
        """A client ends: it closes all its handles."""
        for handle in [handle for handle, each in self.handles.items() if each.client == client]:
            self.close(client, handle)

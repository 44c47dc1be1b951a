"""A resident service provider as the host knows it: what its structure says, and which clients it was told of.

Source: DPMI 1.0, INT 31h AX=0C00h; reference sections 3.8 and 8.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from app.emu.descriptor import Descriptor
from app.emu.host import failures
from app.emu.host.memory_blocks import MemoryBlocks
from app.emu.host.tables import check_rights
from app.emu.memory import layout

STRUCTURE: Final = struct.Struct("<8s8sHxx8s8sI")
"""16-bit data descriptor, code descriptor, offset; the same for 32 bits. 28h bytes."""
REMEMBERED: Final = 100
"""Clients a provider was told of that are kept for the panes."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """What a provider runs for clients of one width: its data and code descriptor, and the offset to call."""

    data: Descriptor
    code: Descriptor
    offset: int

    @property
    def linear(self) -> int:
        """Linear address of the procedure."""
        return self.code.base + self.offset & 0xFFFFFFFF

    def check(self) -> None:
        """The rules of 0C00h. Raises `InvalidValue`, `InvalidLinearAddress`.

        Both descriptors are present segments of the client's privilege, the one code that may be read, the other
        data; nothing of them reaches the host's memory; the offset is within the code.
        """
        for descriptor in (self.data, self.code):
            check_rights(descriptor.access, descriptor.flags)
            if not descriptor.is_present:
                raise failures.InvalidValue
        if self.data.is_code or not self.code.is_code:
            raise failures.InvalidValue
        if any(each.base + each.limit >= layout.HOST for each in (self.data, self.code)):
            raise failures.InvalidLinearAddress
        if self.offset > self.code.limit:
            raise failures.InvalidValue


@dataclass(slots=True, eq=False)
class Provider:
    """A provider: number in order of installation, the client that installed it, what it runs by width in bits."""

    number: int
    owner: int
    procedures: dict[int, Procedure]
    blocks: MemoryBlocks | None = None
    """Its client's extended memory, since that ended by 0C01h; shared by all it installed."""
    psp: int = 0
    """Its program in DOS memory, if 0C01h kept something of it."""
    told: deque[Told] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """The clients it was told of, the last ones."""


@dataclass(slots=True, eq=False)
class Told:
    """A client that a provider was told of, with the selectors made for it in that client's LDT."""

    provider: Provider
    client: int
    bits: int
    code: int
    data: int
    has_ended: bool = False

    @property
    def procedure(self) -> Procedure:
        """What runs for this client."""
        return self.provider.procedures[self.bits]


def parse(structure: bytes) -> dict[int, Procedure]:
    """Read the structure of 0C00h; a width whose code descriptor is zero is not supported.

    Raises `InvalidValue`, also when no width is left, and `InvalidLinearAddress`.
    """
    narrow_data, narrow_code, narrow, wide_data, wide_code, wide = STRUCTURE.unpack(structure)
    found = {
        bits: Procedure(Descriptor.decode(data), Descriptor.decode(code), offset)
        for bits, data, code, offset in ((16, narrow_data, narrow_code, narrow), (32, wide_data, wide_code, wide))
        if any(code)
    }
    for procedure in found.values():
        procedure.check()
    if not found:
        raise failures.InvalidValue
    return found

"""INT 31h AX=0E00h and 0E01h: the coprocessor, which every machine here has."""

from __future__ import annotations

from typing import Final

from app.emu.host.client import COPROCESSOR_EMULATED, COPROCESSOR_ENABLED
from app.emu.host.host import Host
from app.emu.int31.table import INT31
from app.emu.registers import AX, BX

_PRESENT: Final = 1 << 2
"""MPr. EMr (bit 3) is 0: this host emulates nothing."""
_TYPE_486: Final = 4 << 4


@INT31.service(0x0E00, since="1.0")
def get_coprocessor_status(host: Host) -> AX:
    """Return the coprocessor: the client uses it (bit 0), emulates it (1), it is present (2), its type (4-7)."""
    return host.current.coprocessor | _PRESENT | _TYPE_486


@INT31.service(0x0E01, since="1.0")
def set_coprocessor_emulation(host: Host, choice: BX) -> None:
    """Use the coprocessor (BX bit 0) or emulate it (1): then, as with neither, its instructions raise exception 7."""
    host.current.coprocessor = choice & (COPROCESSOR_ENABLED | COPROCESSOR_EMULATED)

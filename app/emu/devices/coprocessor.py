"""The coprocessor's error line, as IBM wired it in the AT: IRQ 13, taken back by a write to port F0h.

The processor itself tells of errors by exception 10h (CR0.NE is set, as under every host). For real-mode code, and for
clients that have hooked INT 75h instead, that becomes this request: programs of the time know no other way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from app.emu.devices.device import Device

if TYPE_CHECKING:
    from collections.abc import Iterable

IRQ: Final = 13
VECTOR: Final = 0x75


class Coprocessor(Device):
    """The line."""

    PORTS: ClassVar[Iterable[int]] = (0xF0, 0xF1)

    def error(self) -> None:
        """An unmasked floating-point exception waits to be dealt with."""
        self.pic.pulse_irq(IRQ)

    def write(self, port: int, value: int) -> None:  # noqa: ARG002 - any write does it
        """Take the request back."""
        self.pic.lower_irq(IRQ)

"""What all chips have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.emu.devices.pic import Pic
    from app.emu.machine import Machine

NEVER: Final = 1 << 62
"""An appointment that does not come: a clock after the end of every run."""


class Device:
    """A chip on the bus. Its attributes are its saved state; `machine` is pickled by name."""

    PORTS: ClassVar[Iterable[int]] = ()
    """The I/O ports the chip answers at."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @property
    def pic(self) -> Pic:
        """Where the chip's interrupt request line ends."""
        return self.machine.state.devices.pic

    @property
    def clock(self) -> int:
        """Now."""
        return self.machine.clock

    def read(self, port: int) -> int:  # noqa: ARG002 - what an undriven bus answers at any port
        """One byte from a port."""
        return 0xFF

    def write(self, port: int, value: int) -> None:
        """One byte to a port."""

    def next_due(self) -> int:
        """The clock at which the chip next wants attention."""
        return NEVER

    def advance(self, clock: int) -> None:
        """Move the chip up to a clock; raise interrupt lines on the way."""

"""Two cascaded 8259A interrupt controllers, as in the PC AT: IRQ 0-7 at port 20h, IRQ 8-15 at A0h behind IRQ 2.

Sources: Intel 8259A data sheet. Lines are edge-triggered: a request must stay high until it is acknowledged, so a
device that lowers its line first takes the request back (the keyboard does when its byte is read by polling).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from app.emu.devices.device import Device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.emu.machine import Machine

CASCADE: Final = 2
"""Master input the slave's output is wired to."""
_SPURIOUS: Final = 7
"""Input an 8259A names when the request is gone at the acknowledge."""


class Chip:
    """One 8259A. Bit n of every register belongs to input n."""

    def __init__(self, base: int, mask: int) -> None:
        self.base = base
        """ICW2: vector of input 0."""
        self.imr = mask
        self.irr = 0
        self.isr = 0
        self.lines = 0
        """Levels of the inputs."""
        self.lowest = 7
        """Input with the lowest priority; rotation moves it."""
        self.auto_eoi = False
        self.rotates_on_auto_eoi = False
        self.special_mask = False
        self.special_fully_nested = False
        self._reads_isr = False
        self._polled = False
        self._next_icw = 0
        self._wants_icw3 = True
        self._wants_icw4 = True

    def set_line(self, number: int, *, high: bool) -> None:
        """Drive an input; a rising edge requests, a falling edge withdraws."""
        bit = 1 << number
        if high:
            if not self.lines & bit:
                self.irr |= bit
            self.lines |= bit
        else:
            self.lines &= ~bit
            self.irr &= ~bit

    def _by_priority(self) -> Iterable[int]:
        return ((self.lowest + 1 + step) & 7 for step in range(8))

    def requested(self, *, cascade: bool = False) -> int | None:
        """The input that would be served now, None when nothing may interrupt.

        cascade: a service of the slave in progress does not block further ones (special fully nested mode).
        """
        wanted = self.irr & ~self.imr
        if not wanted:
            return None
        for number in self._by_priority():
            bit = 1 << number
            if self.isr & bit and not (self.special_mask and self.imr & bit):
                nested = cascade and self.special_fully_nested and number == CASCADE
                return number if nested and wanted & bit else None
            if wanted & bit:
                return number
        return None

    def take(self, number: int) -> None:
        """Acknowledge an input: out of the IRR, into the ISR."""
        bit = 1 << number
        self.irr &= ~bit
        if not self.auto_eoi:
            self.isr |= bit
        elif self.rotates_on_auto_eoi:
            self.lowest = number

    def read(self, a0: int) -> int:
        """A byte from the even (0) or odd (1) port."""
        if self._polled:
            self._polled = False
            number = self.requested()
            if number is None:
                return 0
            self.take(number)
            return 0x80 | number
        if a0:
            return self.imr
        return self.isr if self._reads_isr else self.irr

    def write(self, a0: int, value: int) -> None:
        """A byte to the even (0) or odd (1) port."""
        if a0:
            self._write_odd(value)
        elif value & 0x10:
            self._initialize(value)
        elif value & 0x08:
            self._control(value)
        else:
            self._end_of_interrupt(value)

    def _initialize(self, icw1: int) -> None:
        self.imr = self.irr = self.isr = self.lines = 0
        self.lowest = 7
        self.auto_eoi = self.rotates_on_auto_eoi = self.special_mask = self.special_fully_nested = False
        self._reads_isr = self._polled = False
        self._wants_icw3 = not icw1 & 0x02
        self._wants_icw4 = bool(icw1 & 0x01)
        self._next_icw = 2

    def _write_odd(self, value: int) -> None:
        match self._next_icw:
            case 2:
                self.base = value & 0xF8
                self._next_icw = 3 if self._wants_icw3 else 4 if self._wants_icw4 else 0
            case 3:  # the wiring of the cascade is fixed
                self._next_icw = 4 if self._wants_icw4 else 0
            case 4:
                self.auto_eoi = bool(value & 0x02)
                self.special_fully_nested = bool(value & 0x10)
                self._next_icw = 0
            case _:
                self.imr = value

    def _control(self, ocw3: int) -> None:
        if ocw3 & 0x40:
            self.special_mask = bool(ocw3 & 0x20)
        if ocw3 & 0x04:
            self._polled = True
        elif ocw3 & 0x02:
            self._reads_isr = bool(ocw3 & 0x01)

    def _end_of_interrupt(self, ocw2: int) -> None:
        rotate, specific, end, level = ocw2 & 0x80, ocw2 & 0x40, ocw2 & 0x20, ocw2 & 7
        if end:
            number = level if specific else self._highest_in_service()
            if number is not None:
                self.isr &= ~(1 << number)
                if rotate:
                    self.lowest = number
        elif specific:
            if rotate:
                self.lowest = level
        else:
            self.rotates_on_auto_eoi = bool(rotate)

    def _highest_in_service(self) -> int | None:
        for number in self._by_priority():
            bit = 1 << number
            if self.isr & bit and not (self.special_mask and self.imr & bit):
                return number
        return None


class Pic(Device):
    """Both controllers: sixteen request lines in, one vector out."""

    PORTS: ClassVar[Iterable[int]] = (0x20, 0x21, 0xA0, 0xA1)

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        # Masks as an AT BIOS leaves them: timer, keyboard, cascade and diskette on; IRQ 9, 13 and 14 on.
        self.master = Chip(0x08, 0xB8)
        self.slave = Chip(0x70, 0x9D)

    def raise_irq(self, irq: int) -> None:
        """Drive a request line high (IRQ 0-15)."""
        self._drive(irq, high=True)

    def lower_irq(self, irq: int) -> None:
        """Drive a request line low; a request not yet acknowledged is gone."""
        self._drive(irq, high=False)

    def pulse_irq(self, irq: int) -> None:
        """A new rising edge, whatever the line was: one more request."""
        self.lower_irq(irq)
        self.raise_irq(irq)

    def _drive(self, irq: int, *, high: bool) -> None:
        if irq < 8:
            self.master.set_line(irq, high=high)
        else:
            self.slave.set_line(irq - 8, high=high)
            self._cascade()

    def _cascade(self) -> None:
        self.master.set_line(CASCADE, high=self.slave.requested() is not None)

    def pending(self) -> int | None:
        """The vector of the interrupt the processor would take now with IF on."""
        number = self.master.requested(cascade=True)
        if number is None:
            return None
        if number != CASCADE:
            return self.master.base + number
        inner = self.slave.requested()
        return self.slave.base + (_SPURIOUS if inner is None else inner)

    def acknowledge(self) -> int:
        """Take the interrupt into service and return its vector (the processor's INTA cycles)."""
        number = self.master.requested(cascade=True)
        if number is None:
            return self.master.base + _SPURIOUS
        self.master.take(number)
        if number != CASCADE:
            return self.master.base + number
        inner = self.slave.requested()
        if inner is None:
            return self.slave.base + _SPURIOUS
        self.slave.take(inner)
        # The slave's output falls during the acknowledge and rises again when more is waiting.
        self.master.set_line(CASCADE, high=False)
        self._cascade()
        return self.slave.base + inner

    def read(self, port: int) -> int:
        """IRR, ISR, IMR or the poll byte."""
        value = (self.slave if port & 0x80 else self.master).read(port & 1)
        self._cascade()
        return value

    def write(self, port: int, value: int) -> None:
        """ICW1-4 and OCW1-3."""
        (self.slave if port & 0x80 else self.master).write(port & 1, value)
        self._cascade()

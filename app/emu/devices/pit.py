"""The 8254 interval timer at ports 40h-43h, and port 61h, which gates channel 2.

The timer counts 1193182 pulses per second. The pulse number of a moment is `clock * 1193182 // RATE`, an exact
integer, so channel 0 with its default reload of 65536 interrupts at exactly 1193182/65536 Hz for ever.

Channel 0's square wave (mode 3, what the BIOS uses) falls in the middle of its period; its request is kept until the
next one all the same, because losing ticks is what no PC program expects. Channel 1 (memory refresh) counts too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from app.emu.devices.clock import RATE
from app.emu.devices.device import NEVER, Device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.emu.machine import Machine

FREQUENCY: Final = 1_193_182
"""Pulses per second at the timer's input."""
_PERIODIC: Final = (2, 3)


def pulses_at(clock: int) -> int:
    """Pulses the timer's input has seen up to a clock."""
    return clock * FREQUENCY // RATE


def clock_of(pulse: int) -> int:
    """The first clock at which a number of pulses has been seen."""
    return -(-pulse * RATE // FREQUENCY)


class Channel:
    """One counter. Times are pulse numbers; every method is told the present one."""

    def __init__(self, mode: int, count: int) -> None:
        self.mode = mode
        self.access = 3
        """1 low byte, 2 high byte, 3 low then high."""
        self.bcd = False
        self.count = count
        """Pulses per period (1 to 65536)."""
        self.start = 0
        """Pulse at which the running count was loaded."""
        self.gate = True
        self._held = 0
        """Pulses already counted when a gate stopped a one-shot count."""
        self._next_count: int | None = None
        self._loaded = True
        self._low = 0
        self._writes_high = False
        self._reads_high = False
        self._latched: int | None = None
        self._status: int | None = None

    def settle(self, now: int) -> None:
        """Let a count written while a period was running take over at its end."""
        if self._next_count is not None and now >= self.start + self.count:
            self.start += self.count
            self.count, self._next_count = self._next_count, None

    def control(self, value: int, now: int) -> None:
        """A control word for this channel (bits 5-0); the output waits for a count."""
        self.access = value >> 4 & 3
        mode = value >> 1 & 7
        self.mode = mode & 3 if mode > 5 else mode
        self.bcd = bool(value & 1)
        self._writes_high = self._reads_high = False
        self._latched = self._status = self._next_count = None
        self._loaded = False
        self.start = now

    def latch(self, now: int) -> None:
        """Hold the present count for reading."""
        if self._latched is None:
            self._latched = self.value(now)

    def latch_status(self, now: int) -> None:
        """Hold the status byte for reading (read-back command)."""
        if self._status is None:
            pending = not self._loaded or self._next_count is not None
            self._status = self.output(now) << 7 | pending << 6 | self.access << 4 | self.mode << 1 | self.bcd

    def write(self, value: int, now: int) -> None:
        """One byte of a count."""
        if self.access == 3 and not self._writes_high:
            self._low, self._writes_high = value, True
            return
        raw = value << 8 | self._low if self.access == 3 else value << 8 if self.access == 2 else value
        self._writes_high = False
        self._load(self._decoded(raw), now)

    def _load(self, count: int, now: int) -> None:
        self.settle(now)
        if self._loaded and self.gate and self.mode in _PERIODIC:
            self.start += (now - self.start) // self.count * self.count
            self._next_count = count
            return
        self.count, self.start, self._held, self._loaded = count, now, 0, True

    def _decoded(self, raw: int) -> int:
        if not self.bcd:
            return raw or 0x10000
        digits = (raw >> 12) * 1000 + (raw >> 8 & 15) * 100 + (raw >> 4 & 15) * 10 + (raw & 15)
        return digits or 10000

    def _encoded(self, count: int) -> int:
        if not self.bcd:
            return count & 0xFFFF
        count %= 10000
        return count // 1000 << 12 | count // 100 % 10 << 8 | count // 10 % 10 << 4 | count % 10

    def read(self, now: int) -> int:
        """One byte: a latched status, else of the latched or the present count."""
        if self._status is not None:
            status, self._status = self._status, None
            return status
        value = self._latched if self._latched is not None else self.value(now)
        if self.access == 3:
            high, self._reads_high = self._reads_high, not self._reads_high
        else:
            high = self.access == 2
        if not self._reads_high:
            self._latched = None
        return value >> 8 if high else value & 0xFF

    def _elapsed(self, now: int) -> int:
        if not self._loaded:
            return 0
        return self._held + (now - self.start if self.gate else 0)

    def value(self, now: int) -> int:
        """The counting element as it would be read."""
        self.settle(now)
        elapsed = self._elapsed(now)
        match self.mode:
            case 2:
                left = self.count - elapsed % self.count
            case 3:
                left = self.count - 2 * elapsed % self.count & ~1
            case _:
                left = self.count - elapsed
        return self._encoded(left % (10000 if self.bcd else 0x10000))

    def output(self, now: int) -> bool:
        """The level of the channel's OUT pin."""
        self.settle(now)
        elapsed = self._elapsed(now)
        match self.mode:
            case 2:
                return not self._loaded or elapsed % self.count != self.count - 1
            case 3:
                return not self._loaded or elapsed % self.count < (self.count + 1) // 2
            case 4 | 5:
                return not self._loaded or elapsed != self.count
            case _:
                return self._loaded and elapsed >= self.count

    def set_gate(self, now: int, *, on: bool) -> None:
        """Drive the GATE pin: periodic and triggered modes start anew, one-shot counts pause."""
        if on == self.gate:
            return
        if on:
            self.start = now
            if self.mode not in {0, 4}:
                self._held = 0
        else:
            self._held = self._elapsed(now)
        self.gate = on

    def next_edge(self, after: int) -> int | None:
        """The next pulse after a given one at which OUT rises, None when it never does."""
        self.settle(after)
        if not self._loaded or not self.gate:
            return None
        if self.mode in _PERIODIC:
            end = self.start + self.count
            if self._next_count is not None:
                return end
            return end + max(0, after - self.start) // self.count * self.count
        end = self.start + self.count - self._held
        return end if self.mode in {0, 4} and end > after else None


class Pit(Device):
    """Three channels; channel 0's output is IRQ 0, channel 2's the speaker and bit 5 of port 61h."""

    PORTS: ClassVar[Iterable[int]] = (0x40, 0x41, 0x42, 0x43, 0x61)

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.channels = (Channel(3, 0x10000), Channel(2, 18), Channel(3, 0x10000))
        self.channels[2].set_gate(0, on=False)
        self._port_61 = 0
        self._seen = 0
        """Pulse up to which channel 0's edges have become requests."""

    def next_due(self) -> int:
        """When channel 0 next requests IRQ 0."""
        edge = self.channels[0].next_edge(self._seen)
        return NEVER if edge is None else clock_of(edge)

    def advance(self, clock: int) -> None:
        """Request IRQ 0 for the edges up to now (several unserved ones are one request)."""
        now = pulses_at(clock)
        edge = self.channels[0].next_edge(self._seen)
        if edge is not None and edge <= now:
            self.pic.pulse_irq(0)
        self._seen = max(self._seen, now)

    def read(self, port: int) -> int:
        """A count, a status, or port 61h: gate, speaker, refresh toggle (bit 4), channel 2 output (bit 5)."""
        now = pulses_at(self.clock)
        if port == 0x61:
            return self._port_61 | (now // 18 & 1) << 4 | self.channels[2].output(now) << 5
        return 0xFF if port == 0x43 else self.channels[port - 0x40].read(now)

    def write(self, port: int, value: int) -> None:
        """A count, a control word, or port 61h."""
        now = pulses_at(self.clock)
        if port == 0x61:
            self._port_61 = value & 0x0F
            self.channels[2].set_gate(now, on=bool(value & 1))
        elif port == 0x43:
            self._control(value, now)
        else:
            self.channels[port - 0x40].write(value, now)

    def _control(self, value: int, now: int) -> None:
        number = value >> 6
        if number == 3:  # read-back: bits 1-3 name channels, bits 4 and 5 cleared ask for status and count
            for index, channel in enumerate(self.channels):
                if value & 2 << index:
                    if not value & 0x20:
                        channel.latch(now)
                    if not value & 0x10:
                        channel.latch_status(now)
        elif not value & 0x30:
            self.channels[number].latch(now)
        else:
            self.channels[number].control(value, now)
            if number == 0:
                if value >> 1 & 7 == 0:
                    self.pic.lower_irq(0)  # mode 0 drives OUT low until the count ends
                self._seen = now

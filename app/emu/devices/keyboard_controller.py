"""The 8042 keyboard controller at ports 60h and 64h, and the person typing on the keyboard behind it.

Scan codes reach the output buffer one at a time: the next comes a millisecond after the guest has read the last, as
on the serial line of a real keyboard, each with IRQ 1. What is to be typed waits as strokes; the typist presses a key
when the program has taken the one before from the BIOS buffer (he looks at the screen), or after a second without
that, so that long texts survive a buffer of fifteen keys and programs with their own INT 09h get everything too.

A20 is remembered and reported but memory above 1 MiB is always reachable, as under every DPMI host.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar, Final

from app.emu.devices.clock import RATE
from app.emu.devices.device import NEVER, Device
from app.emu.devices.scan_codes import CHARACTERS, Stroke, strokes_of_bytes, strokes_of_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.emu.machine import Machine

SERIAL: Final = RATE // 1000
"""Clocks one byte takes from the keyboard."""
HOLD: Final = RATE // 100
"""Clocks between a key going down and the next movement of a finger."""
PATIENCE: Final = RATE
"""Clocks the typist waits for a program to take a key."""

_BUFFER_HEAD: Final = 0x41A
_BUFFER_TAIL: Final = 0x41C
_ACKNOWLEDGE: Final = 0xFA
_RESEND: Final = 0xFE
_IDENTITY: Final = b"\xfa\xab\x83"
_PASSED: Final = b"\xfa\xaa"
_OUTPUT_FULL: Final = 0x01
_COMMAND: Final = 0x08
_UNLOCKED: Final = 0x10


class KeyboardController(Device):
    """The controller with its output buffer, the keyboard's replies, and the strokes still to be typed."""

    PORTS: ClassVar[Iterable[int]] = (0x60, 0x64, 0x92)

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.a20 = True
        self.input_ended = False
        """The outside has no more input."""
        self._wanted = False
        """The guest has looked for a character since the last one was typed, and there was none."""
        self._strokes: deque[Stroke] = deque()
        self._movements: list[bytes] = []
        """Rest of the stroke being typed."""
        self._next_movement = 0
        self._impatient_at: int | None = None
        """When the typist stops waiting for the program to take a key; None while he does not wait."""
        self._line: list[int] = []
        """Bytes from the keyboard on their way."""
        self._arrives = 0
        """Clock at which the first of them may be in the output buffer."""
        self._output = 0
        self._full = False
        self._command_byte = 0x65
        """Translate to set 1, system flag, IRQ 1 on; the mouse is off."""
        self._expects: int | None = None
        """Command that wants a byte at port 60h."""
        self._keyboard_expects: int | None = None

    # What is typed

    def type_text(self, text: str) -> None:
        """Type a text with key names in braces (see `scan_codes`). Raises `ValueError` for an unknown name."""
        self.type_strokes(strokes_of_text(text))

    def type_bytes(self, data: bytes) -> None:
        """Type raw bytes; LF, CR and CR LF are Enter."""
        self.type_strokes(strokes_of_bytes(data))

    def press(self, ascii_code: int, scan: int = 0) -> None:
        """Press the key with a scan code (E000h added for the grey keys), or the one that makes a character."""
        self.type_strokes([Stroke((scan,)) if scan else CHARACTERS[ascii_code]])

    def type_strokes(self, strokes: Iterable[Stroke]) -> None:
        """Type strokes after those already waiting."""
        if not self.is_typing:
            self._next_movement = max(self._next_movement, self.clock)
        self._strokes += strokes
        self._wanted = False

    def send(self, code: bytes) -> None:
        """One movement of a key, now: what a window forwards from the real keyboard."""
        if not self._line:
            self._arrives = max(self._arrives, self.clock + SERIAL)
        self._line += code

    @property
    def is_typing(self) -> bool:
        """Are there keys the guest has not received yet?"""
        return bool(self._strokes or self._movements or self._line or self._full)

    def want_input(self) -> None:
        """The guest wants a character and there is none."""
        self._wanted = self._wanted or not self.is_typing

    @property
    def wants_input(self) -> bool:
        """The guest wants a character and none is on its way: whoever runs the machine may ask the outside for more."""
        return self._wanted and not self.input_ended and not self.is_typing

    def end_input(self) -> None:
        """The outside has no more input, now or later."""
        self.input_ended = True

    # Time

    def next_due(self) -> int:
        """When a finger moves or a byte arrives."""
        moves = self._next_movement if self._movements or self._strokes else NEVER
        arrives = self._arrives if self._line and self._may_send else NEVER
        return min(moves, arrives)

    def advance(self, clock: int) -> None:
        """Let keys move and bytes arrive up to a clock."""
        while (due := self.next_due()) <= clock:
            if self._line and self._may_send and self._arrives == due:
                self._receive(self._line.pop(0))
            else:
                self._move(due)

    @property
    def _may_send(self) -> bool:
        return not self._full and not self._command_byte & 0x10

    def _receive(self, byte: int) -> None:
        """Fill the output buffer; the controller's own answers replace what was in it."""
        self._output, self._full = byte, True
        if self._command_byte & 0x01:
            self.pic.pulse_irq(1)

    def _move(self, now: int) -> None:
        if not self._movements:
            if self._waits(now):
                self._next_movement = now + HOLD
                return
            stroke = self._strokes.popleft()
            if stroke.gesture is not None:
                self.machine.state.devices.mouse.do(stroke.gesture)
            self._movements = stroke.codes()
            if not self._movements:
                self._next_movement = now + stroke.wait_milliseconds * RATE // 1000
                return
        if not self._line:
            self._arrives = max(self._arrives, now + SERIAL)
        self._line += self._movements.pop(0)
        self._next_movement = now + HOLD

    def _waits(self, now: int) -> bool:
        """Does the typist wait for the program to take the last key?"""
        if self._impatient_at is None:
            self._impatient_at = now + PATIENCE
        memory = self.machine.memory
        unread = memory.read_u16(_BUFFER_HEAD) != memory.read_u16(_BUFFER_TAIL) or self._line or self._full
        if unread and now < self._impatient_at:
            return True
        self._impatient_at = None
        return False

    # Ports

    def read(self, port: int) -> int:
        """60h data, 64h status, 92h system control A (bit 1: A20)."""
        if port == 0x92:
            return self.a20 << 1
        if port == 0x64:
            return self._full | self._command_byte & 0x04 | _COMMAND * (self._expects is not None) | _UNLOCKED
        if self._full:
            self._full = False
            self._arrives = self.clock + SERIAL
            self.pic.lower_irq(1)
        return self._output

    def write(self, port: int, value: int) -> None:
        """60h data for the controller or the keyboard, 64h controller commands, 92h system control A."""
        if port == 0x92:
            self.a20 = bool(value & 2)
            self._reset_if(value & 1)
        elif port == 0x64:
            self._controller_command(value)
        elif self._expects is not None:
            command, self._expects = self._expects, None
            self._controller_data(command, value)
        else:
            self._keyboard_command(value)

    def _answer(self, *data: int) -> None:
        """Replies go before scan codes on their way, and come at once."""
        self._line[:0] = data
        self._arrives = min(max(self._arrives, self.clock), self.clock + SERIAL)

    def _controller_command(self, command: int) -> None:
        match command:
            case 0x20:
                self._receive(self._command_byte)
            case 0x60 | 0xD1 | 0xD2 | 0xD3 | 0xD4:
                self._expects = command
            case 0xA7 | 0xA8:
                self._command_byte = self._command_byte & ~0x20 | 0x20 * (command == 0xA7)
            case 0xA9 | 0xAB:  # tests of the mouse and keyboard lines
                self._receive(0x00)
            case 0xAA:
                self._receive(0x55)
            case 0xAD:
                self._command_byte |= 0x10
            case 0xAE:
                self._command_byte &= ~0x10
            case 0xC0:
                self._receive(0x80)
            case 0xD0:
                self._receive(0x01 | self.a20 << 1)
            case _ if command >= 0xF0:
                self._reset_if(not command & 1)

    def _reset_if(self, condition: int) -> None:
        if condition:
            self.machine.end(0, "terminated", "the program reset the computer through the keyboard controller")

    def _controller_data(self, command: int, value: int) -> None:
        match command:
            case 0x60:
                self._command_byte = value
            case 0xD1:
                self.a20 = bool(value & 2)
                self._reset_if(not value & 1)
            case 0xD2:
                self._receive(value)

    def _keyboard_command(self, value: int) -> None:
        if self._keyboard_expects is not None:
            self._keyboard_expects = None
            self._answer(_ACKNOWLEDGE)
            return
        match value:
            case 0xED | 0xF0 | 0xF3:  # lights, scan code set, repeat rate: a byte follows
                self._keyboard_expects = value
                self._answer(_ACKNOWLEDGE)
            case 0xEE:
                self._answer(0xEE)
            case 0xF2:
                self._answer(*_IDENTITY)
            case 0xF4 | 0xF5 | 0xF6:
                self._answer(_ACKNOWLEDGE)
            case 0xFF:
                self._answer(*_PASSED)
            case _:
                self._answer(_RESEND)

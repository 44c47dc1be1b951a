"""The CON device: the BIOS screen and keyboard as characters and lines.

What a program writes goes to the screen and, by the handle it used, to the outside as stdout or stderr; the echo of
typed keys is on the screen only, because whoever types (or pipes) sees his own input already. A read that has to
wait raises `NotYet` and is entered again: what was typed until then is kept here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.emu.machine_errors import NotYet

if TYPE_CHECKING:
    from app.emu.dos.surroundings import Machine

CTRL_C: Final = 0x03
BACKSPACE: Final = 0x08
RETURN: Final = 0x0D
END_OF_FILE: Final = 0x1A
ESCAPE: Final = 0x1B
_LINE_LIMIT: Final = 128
"""Longest line of a cooked read, its CR counted (AH=3Fh on CON)."""


class ControlC(Exception):
    """Ctrl-C was found by a function that checks for it: INT 23h is due."""


class Con:
    """The console device."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.line = bytearray()
        """Typed so far in a line that is not complete."""
        self.finished = b""
        """What is left of a complete line, for handle reads."""
        self.scan: int | None = None
        """Second byte of an extended key, the next character read."""
        self.break_pressed = False
        """Ctrl-Break came (INT 1Bh): the next check finds Ctrl-C."""

    # -- output

    def write(self, handle: int, data: bytes) -> None:
        """Write for a program: to the screen, and outside as stdout (1) or stderr (2)."""
        for byte in data:
            self.show(byte)
        self.machine.console.write(handle, data)

    def show(self, byte: int) -> None:
        """One character to the screen."""
        self.machine.state.bios.teletype(byte)

    def echo(self, byte: int) -> None:
        """Show a typed character: control characters as ^X."""
        if byte < 0x20 and byte not in {0x09, RETURN, 0x0A, BACKSPACE}:
            self.show(0x5E)
            self.show(byte + 0x40)
        else:
            self.show(byte)

    # -- input

    def _peek(self) -> int | None:
        """The next key, scan code high; the empty one Ctrl-Break leaves in the buffer is none."""
        bios = self.machine.state.bios
        while (key := bios.keyboard.peek(extended=True)) == 0:
            bios.take_key()
        return key

    def ready(self) -> bool:
        """Is there a character to read now? At the end of input there is none."""
        return bool(self.finished) or self.scan is not None or self._peek() is not None

    def take(self, *, check: bool) -> int | None:
        """The next character, None at the end of input. An extended key is 0 and then its scan code."""
        if self.scan is not None:
            scan, self.scan = self.scan, None
            return scan
        if check:
            self.check_break()
        if self._peek() is None:
            if self.machine.state.bios.input_ended:
                return None
            raise NotYet
        scan, character = divmod(self.machine.state.bios.take_key(), 0x100)
        if character == 0 or (character == 0xE0 and scan):
            self.scan = scan
            return 0
        return character

    def check_break(self) -> None:
        """Raise `ControlC` when the next key is Ctrl-C or Ctrl-Break was pressed."""
        key = self._peek()
        typed = key is not None and key & 0xFF == CTRL_C
        if not typed and not self.break_pressed:
            return
        if typed:
            self.machine.state.bios.take_key()
        self.break_pressed = False
        self.line.clear()
        self.echo(CTRL_C)
        self.show(RETURN)
        self.show(0x0A)
        raise ControlC

    def flush(self) -> None:
        """Forget what was typed and not read yet."""
        while self._peek() is not None:
            self.machine.state.bios.take_key()
        self.scan, self.finished = None, b""

    def edit_line(self, limit: int) -> bytes:
        """Read a line with backspace and escape, echoing it; it ends with CR unless the input ended first.

        limit is the most characters it may hold, CR not counted; more are refused with a beep.
        """
        while (character := self.take(check=True)) is not None:
            if character == 0:
                self.scan = None  # function and cursor keys do not edit here
            elif character == RETURN:
                self.echo(RETURN)
                self.line.append(RETURN)
                break
            elif character == BACKSPACE:
                self._rub_out()
            elif character == ESCAPE:
                for byte in b"\\\r\n":
                    self.show(byte)
                self.line.clear()
            elif len(self.line) >= limit:
                self.show(0x07)
            else:
                self.line.append(character)
                self.echo(character)
        return self._take_line()

    def _take_line(self) -> bytes:
        line = bytes(self.line)
        self.line.clear()
        return line

    def _rub_out(self) -> None:
        if not self.line:
            return
        width = 2 if self.line.pop() < 0x20 else 1
        for byte in b"\b \b" * width:
            self.show(byte)

    def read(self, size: int, *, raw: bool) -> bytes:
        """Read for a handle: raw bytes until `size` of them are there, or (part of) an edited line with CR and LF."""
        if raw:
            while len(self.line) < size:
                character = self.take(check=False)
                if character is None:
                    break
                self.line.append(character)
            return self._take_line()
        if not self.finished:
            self.finished = self._cooked_line()
        data, self.finished = self.finished[:size], self.finished[size:]
        return data

    def _cooked_line(self) -> bytes:
        line = self.edit_line(_LINE_LIMIT - 1)
        if line.startswith(bytes([END_OF_FILE])):
            line = b""  # Ctrl-Z at the start of a line ends the file
        if line.endswith(b"\r"):
            self.show(0x0A)
            line += b"\n"
        return line

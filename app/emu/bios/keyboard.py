"""INT 09h's work and the keyboard services of INT 16h, over the buffer and flags in the BIOS data area."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from app.emu.bios import data_area
from app.emu.bios.dispatch import NotOffered
from app.emu.bios.keys import KEYS, without_extensions
from app.emu.devices.scan_codes import EXTENDED, PAD_DIGITS
from app.emu.machine_errors import NotYet
from app.emu.registers import AL, AX, CX, Flag
from app.emu.services import ServiceTable

if TYPE_CHECKING:
    from app.emu.machine import Machine

_RIGHT_SHIFT, _LEFT_SHIFT, _CTRL, _ALT, _SCROLL, _NUM, _CAPS, _INSERT = (1 << bit for bit in range(8))
_SHIFT: Final = _RIGHT_SHIFT | _LEFT_SHIFT
_MODIFIERS: Final = {0x36: _RIGHT_SHIFT, 0x2A: _LEFT_SHIFT, 0x1D: _CTRL, 0x38: _ALT}
_TOGGLES: Final = {0x46: _SCROLL, 0x45: _NUM, 0x3A: _CAPS, 0x52: _INSERT}
_LAST_E1, _LAST_E0, _ENHANCED = 0x01, 0x02, 0x10


class Follow(IntEnum):
    """What INT 09h does after the key is dealt with."""

    NOTHING = 0
    BREAK = 1
    """INT 1Bh."""
    PRINT_SCREEN = 2
    """INT 05h."""


class Keyboard:
    """The BIOS side of the keyboard. All state but a swallowed byte count lies in guest memory."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._swallow = 0
        """Bytes of the Pause key's sequence (E1 1D 45) still to come."""

    # The buffer

    def _next(self, offset: int) -> int:
        memory = self.machine.memory
        offset += 2
        return memory.read_u16(data_area.BUFFER_FIRST) if offset >= memory.read_u16(data_area.BUFFER_LAST) else offset

    def store(self, word: int) -> bool:
        """Append a key to the buffer; False when it is full."""
        memory = self.machine.memory
        tail = memory.read_u16(data_area.BUFFER_TAIL)
        after = self._next(tail)
        if after == memory.read_u16(data_area.BUFFER_HEAD):
            return False
        memory.write_u16(data_area.BASE + tail, word)
        memory.write_u16(data_area.BUFFER_TAIL, after)
        return True

    def peek(self, *, extended: bool) -> int | None:
        """The next key, None when there is none; the outside may see then that input is wanted.

        extended: as INT 16h AH=11h; else keys only newer programs know are thrown away.
        """
        memory = self.machine.memory
        while (head := memory.read_u16(data_area.BUFFER_HEAD)) != memory.read_u16(data_area.BUFFER_TAIL):
            stored = memory.read_u16(data_area.BASE + head)
            word = stored if extended else without_extensions(stored)
            if word is not None:
                return word
            memory.write_u16(data_area.BUFFER_HEAD, self._next(head))
        self.machine.state.devices.keyboard.want_input()
        return None

    def take(self, *, extended: bool) -> int:
        """Remove the next key and return it. Raises `NotYet` while there is none."""
        word = self.peek(extended=extended)
        if word is None:
            raise NotYet
        memory = self.machine.memory
        memory.write_u16(data_area.BUFFER_HEAD, self._next(memory.read_u16(data_area.BUFFER_HEAD)))
        return word

    def clear(self) -> None:
        """Forget all keys in the buffer."""
        memory = self.machine.memory
        memory.write_u16(data_area.BUFFER_HEAD, memory.read_u16(data_area.BUFFER_TAIL))

    # INT 09h

    def handle(self, code: int) -> Follow:
        """One byte from the keyboard: keep track of shifts, put a key into the buffer."""
        memory = self.machine.memory
        mode = memory.read_u8(data_area.KEYBOARD_MODE)
        if code in {0xE0, 0xE1}:
            memory.write_u8(data_area.KEYBOARD_MODE, mode | (_LAST_E0 if code == 0xE0 else _LAST_E1))
            self._swallow = 2 * (code == 0xE1)
            return Follow.NOTHING
        memory.write_u8(data_area.KEYBOARD_MODE, mode & ~(_LAST_E0 | _LAST_E1) | _ENHANCED)
        if self._swallow:
            self._swallow -= 1
            return Follow.NOTHING
        if code >= 0xFA:  # an answer to a command, not a key
            return Follow.NOTHING
        key = code & 0x7F | (EXTENDED if mode & _LAST_E0 else 0)
        if code & 0x80:
            self._up(key)
            return Follow.NOTHING
        return self._down(key)

    def _flags(self, address: int, bit: int, *, on: bool) -> None:
        value = self.machine.memory.read_u8(address)
        self.machine.memory.write_u8(address, value | bit if on else value & ~bit)

    def _modifier(self, key: int, *, down: bool) -> bool:
        """Note a shift key; False for any other key. The E0 forms of the shifts are the grey keys' fake ones."""
        flag = _MODIFIERS.get(key & 0xFF)
        if flag is None:
            return False
        if flag & _SHIFT:
            if not key & EXTENDED:
                self._flags(data_area.SHIFT_FLAGS, flag, on=down)
            return True
        # Left Ctrl and Alt are bits 0 and 1 of 40:18h, the right ones bits 2 and 3 of 40:96h.
        if key & EXTENDED:
            self._flags(data_area.KEYBOARD_MODE, flag, on=down)
        else:
            self._flags(data_area.SHIFT_FLAGS_2, flag >> 2, on=down)
        memory = self.machine.memory
        held = memory.read_u8(data_area.KEYBOARD_MODE) & flag or memory.read_u8(data_area.SHIFT_FLAGS_2) & flag >> 2
        self._flags(data_area.SHIFT_FLAGS, flag, on=bool(held))
        return True

    def _up(self, key: int) -> None:
        memory = self.machine.memory
        if (toggle := _TOGGLES.get(key & 0xFF)) is not None:
            self._flags(data_area.SHIFT_FLAGS_2, toggle, on=False)
        if self._modifier(key, down=False) and _MODIFIERS[key & 0xFF] == _ALT:
            number = memory.read_u8(data_area.ALT_NUMBER)
            memory.write_u8(data_area.ALT_NUMBER, 0)
            if number:
                self.store(number)

    def _down(self, key: int) -> Follow:
        if self._modifier(key, down=True):
            return Follow.NOTHING
        memory = self.machine.memory
        flags = memory.read_u8(data_area.SHIFT_FLAGS)
        if key == EXTENDED | 0x46 and flags & _CTRL:
            self.clear()
            memory.write_u8(data_area.BREAK, 0x80)
            self.store(0)
            return Follow.BREAK
        if key == EXTENDED | 0x37:
            if flags & _CTRL:
                self.store(0x7200)
                return Follow.NOTHING
            return Follow.PRINT_SCREEN
        if key & 0xFF == 0x53 and flags & _CTRL and flags & _ALT:
            self.machine.end(0, "terminated", "Ctrl+Alt+Del was pressed")
            return Follow.NOTHING
        self._toggle(key, flags)
        if flags & _ALT and key in PAD_DIGITS:
            number = memory.read_u8(data_area.ALT_NUMBER) * 10 + PAD_DIGITS.index(key)
            memory.write_u8(data_area.ALT_NUMBER, number & 0xFF)
        elif (word := self._word(key, flags)) is not None:
            self.store(word)
        return Follow.NOTHING

    def _toggle(self, key: int, flags: int) -> None:
        """Caps Lock, Num Lock, Scroll Lock and Insert change their flag once per press."""
        toggle = _TOGGLES.get(key & 0xFF)
        if toggle is None or (key & EXTENDED and toggle != _INSERT) or (toggle == _INSERT and flags & _ALT):
            return
        held = self.machine.memory.read_u8(data_area.SHIFT_FLAGS_2)
        if not held & toggle:
            self.machine.memory.write_u8(data_area.SHIFT_FLAGS, flags ^ toggle)
            self._flags(data_area.SHIFT_FLAGS_2, toggle, on=True)
            self._flags(data_area.KEYBOARD_LIGHTS, toggle >> 4 & 7, on=not flags & toggle)

    @staticmethod
    def _word(key: int, flags: int) -> int | None:
        entry = KEYS.get(key)
        if entry is None:
            return None
        if flags & _ALT:
            return entry.alt
        if flags & _CTRL:
            return entry.ctrl
        shift = bool(flags & _SHIFT)
        if (entry.letter and flags & _CAPS) or (0x47 <= key <= 0x53 and key not in {0x4A, 0x4E} and flags & _NUM):
            shift = not shift
        return entry.shift if shift else entry.plain


INT16: Final = ServiceTable(0x16)


@INT16.service(0x00, since="bios")
def read_key(keyboard: Keyboard) -> AX:
    """Wait for a key and take it."""
    return keyboard.take(extended=False)


@INT16.service(0x01, since="bios")
def look_for_key(keyboard: Keyboard) -> None:
    """ZF clear and AX the next key, which stays in the buffer; ZF set when there is none."""
    _look(keyboard, extended=False)


@INT16.service(0x02, since="bios")
def shift_flags(keyboard: Keyboard) -> AL:
    """The shift flags at 0040:0017."""
    return keyboard.machine.memory.read_u8(data_area.SHIFT_FLAGS)


@INT16.service(0x03, since="bios")
def set_repeat_rate(keyboard: Keyboard, function: AL) -> None:  # noqa: ARG001 - as the summary says
    """Set the repeat rate (AL=05h): keys here do not repeat by themselves, so there is nothing to set."""
    if function != 0x05:
        raise NotOffered


@INT16.service(0x05, since="bios")
def store_key(keyboard: Keyboard, word: CX) -> AL:
    """Put a key into the buffer. AL=0, or 1 when it is full."""
    return 0 if keyboard.store(word) else 1


@INT16.service(0x09, since="bios")
def capabilities(keyboard: Keyboard) -> AL:  # noqa: ARG001 - fixed
    """What else there is: bit 5, the enhanced functions 10h-12h."""
    return 0x20


@INT16.service(0x10, since="bios")
def read_extended_key(keyboard: Keyboard) -> AX:
    """Wait for a key of the enhanced keyboard and take it."""
    return keyboard.take(extended=True)


@INT16.service(0x11, since="bios")
def look_for_extended_key(keyboard: Keyboard) -> None:
    """As AH=01h for the enhanced keyboard."""
    _look(keyboard, extended=True)


@INT16.service(0x12, since="bios")
def extended_shift_flags(keyboard: Keyboard) -> AX:
    """AL as AH=02h; AH which Ctrl and Alt are held and which locks are pressed."""
    memory = keyboard.machine.memory
    held = memory.read_u8(data_area.SHIFT_FLAGS_2)
    right = memory.read_u8(data_area.KEYBOARD_MODE) & 0x0C
    return (held & 0x73 | held << 5 & 0x80 | right) << 8 | memory.read_u8(data_area.SHIFT_FLAGS)


def _look(keyboard: Keyboard, *, extended: bool) -> None:
    word = keyboard.peek(extended=extended)
    regs = keyboard.machine.regs
    regs.set_flag(Flag.ZF, on=word is None)
    if word is not None:
        regs.ax = word

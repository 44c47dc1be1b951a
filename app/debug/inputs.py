"""What came from outside during a run: keys, the mouse, standard input and the user's edits.

With these, and what the host folder has answered (`app/emu/dos/host_folder.py`), it can be played again exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.emu.devices.mouse import ALL_BUTTONS, BUTTONS, Gesture
from app.emu.machine import Machine, Place
from app.emu.registers import GENERAL, SEGMENTS, Flag, Segment


@dataclass(frozen=True, slots=True)
class Input:
    """Something done to the machine at a place of its run. Base of the inputs below."""

    place: Place

    def do(self, machine: Machine) -> None:
        """Apply it and note that it came. Raises `ValueError`, before anything is changed, for what cannot be done."""
        self.apply(machine)
        machine.state.dos.mount.came_from_outside(repr(self))

    def apply(self, machine: Machine) -> None:
        """The change itself. Raises `ValueError`, before anything is changed, for what cannot be done."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class KeysTyped(Input):
    """Keys typed into the guest, in the notation of `--keys`."""

    text: str

    def __str__(self) -> str:
        return f"typed {self.text!r}"

    def apply(self, machine: Machine) -> None:
        """Queue the keys; the keyboard delivers them on its own clock."""
        machine.state.devices.keyboard.type_text(self.text)


@dataclass(frozen=True, slots=True)
class MouseMoved(Input):
    """The mouse moved to a place of the mouse driver's virtual screen, in its pixels."""

    x: int
    y: int

    def __str__(self) -> str:
        return f"mouse to {self.x},{self.y}"

    def apply(self, machine: Machine) -> None:
        """Move it; the mouse reports on its own clock."""
        machine.state.devices.mouse.do(Gesture(place=(self.x, self.y)))


@dataclass(frozen=True, slots=True)
class MouseButtons(Input):
    """These mouse buttons are held from now on: bit 0 left, 1 right, 2 middle."""

    buttons: int

    def __str__(self) -> str:
        held = [name for name, bit in BUTTONS.items() if self.buttons & bit]
        return f"mouse buttons held: {', '.join(held) or 'none'}"

    def apply(self, machine: Machine) -> None:
        """Press and release them."""
        machine.state.devices.mouse.do(Gesture(press=self.buttons, release=ALL_BUTTONS & ~self.buttons))


@dataclass(frozen=True, slots=True)
class BytesTyped(Input):
    """Bytes of standard input, typed into the guest; CR, LF and CR LF are Enter."""

    data: bytes

    def __str__(self) -> str:
        return f"input {self.data!r}"

    def apply(self, machine: Machine) -> None:
        """Queue them; the keyboard delivers them on its own clock."""
        machine.state.devices.keyboard.type_bytes(self.data)


@dataclass(frozen=True, slots=True)
class InputEnded(Input):
    """Standard input has ended: nothing will be typed any more."""

    def __str__(self) -> str:
        return "input ended"

    def apply(self, machine: Machine) -> None:
        """Let the guest see it."""
        machine.state.devices.keyboard.end_input()


@dataclass(frozen=True, slots=True)
class RegisterSet(Input):
    """A register changed by the user: general, EIP, EFLAGS, or a segment register (selector, or paragraph in V86)."""

    name: str
    value: int

    def __str__(self) -> str:
        return f"{self.name.upper()} := {self.value:0{4 if self.name in SEGMENTS else 8}X}"

    def apply(self, machine: Machine) -> None:
        """Load the register."""
        regs = machine.regs
        name, value = self.name, self.value
        if name in GENERAL or name == "eip":
            setattr(regs, name, value & 0xFFFFFFFF)
        elif name == "eflags":
            kept = Flag.VM | Flag.IOPL
            regs.eflags = regs.eflags & kept | value & ~kept & 0x003F7FD5 | 2
        elif name in SEGMENTS:
            if not 0 <= value <= 0xFFFF:
                message = f"{value:X} has more than 16 bits; a segment register holds a selector or a paragraph"
                raise ValueError(message)
            loaded = Segment.real(value) if regs.is_v86 else machine.state.host.load(value)
            if not regs.is_v86 and loaded.is_null and name in ("cs", "ss"):
                message = f"{value:04X} is no usable selector for {name.upper()}"
                raise ValueError(message)
            setattr(regs, name, loaded)
        else:
            message = f"there is no register {name!r}"
            raise ValueError(message)
        machine.expose_frame()


@dataclass(frozen=True, slots=True)
class MemoryWritten(Input):
    """Bytes written by the user at a linear address."""

    linear: int
    data: bytes

    def __str__(self) -> str:
        shown = self.data[:8].hex(" ").upper() + (" …" if len(self.data) > 8 else "")
        return f"memory {self.linear:08X} := {shown}"

    def apply(self, machine: Machine) -> None:
        """Write them."""
        if not machine.memory.has_page(self.linear, len(self.data)):
            message = f"no page is present at linear address {self.linear:08X}: nothing can be written there"
            raise ValueError(message)
        machine.memory.write(self.linear, self.data)


def standard_input(place: Place, data: bytes) -> Input:
    """What reading standard input gave; nothing is its end."""
    return BytesTyped(place, data) if data else InputEnded(place)

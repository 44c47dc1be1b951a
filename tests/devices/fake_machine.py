"""A machine of parts: memory as a bytearray, a clock that is set by hand, the real devices and the real BIOS."""

from __future__ import annotations

import io
import pickle
from types import SimpleNamespace
from typing import Any

from app.emu.address import Far
from app.emu.bios.bios import Bios
from app.emu.devices.devices import Devices
from app.emu.drivers.mouse import MouseDriver
from app.emu.registers import ALWAYS_SET, Flag, Registers, Segment
from app.emu.rom import Rom


class FakeMemory:
    """The first MiB and the high memory area."""

    def __init__(self) -> None:
        self.bytes = bytearray(0x110000)

    def read(self, linear: int, size: int) -> bytes:
        assert 0 <= linear <= linear + size <= len(self.bytes)
        return bytes(self.bytes[linear : linear + size])

    def write(self, linear: int, data: bytes) -> None:
        assert 0 <= linear <= linear + len(data) <= len(self.bytes)
        self.bytes[linear : linear + len(data)] = data

    def read_u8(self, linear: int) -> int:
        return self.bytes[linear]

    def read_u16(self, linear: int) -> int:
        return int.from_bytes(self.read(linear, 2), "little")

    def read_u32(self, linear: int) -> int:
        return int.from_bytes(self.read(linear, 4), "little")

    def write_u8(self, linear: int, value: int) -> None:
        self.write(linear, (value & 0xFF).to_bytes(1, "little"))

    def write_u16(self, linear: int, value: int) -> None:
        self.write(linear, (value & 0xFFFF).to_bytes(2, "little"))

    def write_u32(self, linear: int, value: int) -> None:
        self.write(linear, (value & 0xFFFFFFFF).to_bytes(4, "little"))


class FakeMachine:
    """What devices and BIOS ask of a machine."""

    def __init__(self) -> None:
        self.clock = 0
        self.memory = FakeMemory()
        self.regs = Registers(eflags=ALWAYS_SET | Flag.VM, esp=0x1000, ss=Segment.real(0x2000))
        self.rom = Rom(self.memory)  # type: ignore[arg-type]
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.ended: list[str] = []
        self.state = SimpleNamespace(devices=Devices(self), bios=Bios(self), mouse=MouseDriver(self))  # type: ignore[arg-type]

    def emit(self, kind: type, **fields: Any) -> None:
        self.events.append((kind.__name__, fields))

    def end(self, code: int, how: str, message: str) -> None:
        self.ended.append(message)

    def caller(self, size: int = 2) -> Far:
        return_to = Far.from_dword(self.memory.read_u32(self.regs.stack_linear))
        return Far(return_to.segment, return_to.offset - size & 0xFFFF)

    @property
    def devices(self) -> Devices:
        devices: Devices = self.state.devices
        return devices

    @property
    def bios(self) -> Bios:
        bios: Bios = self.state.bios
        return bios

    @property
    def mouse(self) -> MouseDriver:
        mouse: MouseDriver = self.state.mouse
        return mouse

    def run_until(self, clock: int) -> None:
        """Let time pass from appointment to appointment, nobody serving interrupts."""
        while (due := self.devices.next_due()) <= clock:
            self.clock = max(self.clock, due)
            self.devices.advance(self.clock)
        self.clock = clock
        self.devices.advance(clock)

    def type(self, text: str) -> None:
        """Type a text and serve the keyboard's interrupts, each byte as INT 09h does, until everything is typed."""
        keyboard = self.devices.keyboard
        keyboard.type_text(text)
        while keyboard.is_typing:
            self.clock = max(self.clock, self.devices.next_due())
            self.devices.advance(self.clock)
            self.serve_keyboard()

    def serve_keyboard(self) -> None:
        """What the ROM's INT 09h does with a byte that has arrived."""
        if self.devices.port_in(0x64, 1) & 1:
            self.bios.keyboard.handle(self.devices.port_in(0x60, 1))

    def call(self, interrupt: int, ax: int, **registers: int) -> Registers:
        """Execute a BIOS interrupt with registers set; the registers afterwards."""
        self.regs.ax = ax
        for name, value in registers.items():
            self.regs.set_low(name, value)
        getattr(self.bios, f"int{interrupt:02x}")()
        return self.regs

    def copy(self) -> FakeMachine:
        """A machine whose devices and BIOS have been saved and restored, as `Machine.save` does."""
        other = FakeMachine()
        other.clock = self.clock
        other.memory.bytes[:] = self.memory.bytes
        target = io.BytesIO()
        saver = pickle.Pickler(target)
        saver.persistent_id = lambda value: "machine" if value is self else None  # type: ignore[method-assign]
        saver.dump((self.state.devices, self.state.bios, self.state.mouse))
        loader = pickle.Unpickler(io.BytesIO(target.getvalue()))  # noqa: S301 - our own bytes
        loader.persistent_load = lambda _name: other  # type: ignore[method-assign]
        other.state.devices, other.state.bios, other.state.mouse = loader.load()
        return other

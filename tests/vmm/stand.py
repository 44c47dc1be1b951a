"""A driver stopped in its API procedure, with any mode of program below it: services are called from there, one by one.

Nothing is assembled: INT 20h and its dword are written where the driver is, with what is to be pushed and loaded.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.emu.events import Event
from app.emu.machine import Checkpoint, Machine
from app.emu.registers import GENERAL, SEGMENTS, Flag, Registers
from app.emu.vmm.client_registers import ClientRegisters
from app.emu.vmm.core import Vmm
from app.emu.vmm.levels import Ring0Level
from tests.emu.runs import client, com, machine
from tests.vmm.lab import DRIVERS

MODES: Final = ("v86", "pm16", "pm32")
_ID: Final = "107F"
"""Device id 7F10h of entry.vxd, as it lies in memory."""
_V86: Final = f"31FF 8EC7 B88416 BB{_ID} CD2F 893E0002 8C060202 1E 07 FF1E0002 B44C CD21"
"""Xor di, di / mov es, di / the entry point (INT 2Fh AX=1684h) to [200h] / es = ds / call far [200h] / exit"""
_PM: Final = f"31FF B88416 BB{_ID} CD2F 893E0002 8C060202 1E 07 FF1E0002"
_PM32: Final = f"6631FF B88416 BB{_ID} CD2F 66893E0002 8C060402 1E 07 66FF1E0002"
_MOST: Final = 2000
"""Steps a service may take."""
PROCEDURE: Final = 0x80
"""Where `procedure` puts code, in bytes behind the driver's API procedure."""
DATA: Final = 0x100
"""Where a test may write, behind the same."""


@cache
def _ready(mode: str) -> tuple[Machine, Checkpoint]:
    code = {
        "v86": bytes.fromhex(_V86),
        "pm16": client(16, bytes.fromhex(_PM)),
        "pm32": client(32, bytes.fromhex(_PM32)),
    }
    folder = Path(tempfile.mkdtemp(prefix="stand"))
    running = machine(com(folder, code[mode]), vxds=(str(DRIVERS / "entry.vxd"),))
    while not any(event.kind == "vxd_callback_entered" for event, _ in running.log.since(0)):
        running.slice(1)
        assert not running.has_ended
    return running, running.save()


@dataclass(slots=True)
class Stand:
    """The driver in front of its first instruction. mode: of the program that has called it."""

    mode: str
    machine: Machine

    @classmethod
    def of(cls, mode: str) -> Stand:
        """A new one: whatever was done to the last is undone."""
        running, checkpoint = _ready(mode)
        running.restore(checkpoint)
        return cls(mode, running)

    @property
    def vmm(self) -> Vmm:
        return self.machine.state.vmm

    @property
    def regs(self) -> Registers:
        return self.machine.regs

    @property
    def level(self) -> Ring0Level:
        return self.vmm.level

    @property
    def client(self) -> ClientRegisters:
        """The client registers."""
        return self.level.client_registers(self.machine.memory)

    @property
    def width(self) -> int:
        """Bytes of a word of the client's stack (VMM 3.3)."""
        return 4 if self.mode == "pm32" else 2

    @property
    def base(self) -> int:
        """Where the driver's API procedure is."""
        return self.vmm.devices[0].api(self.machine.memory, pm=True)

    @property
    def data(self) -> int:
        """Linear address of bytes a test may use."""
        return self.base + DATA

    def put(self, data: bytes, at: int = 0) -> int:
        """Write bytes where a test may; their linear address."""
        self.machine.memory.write(self.data + at, data)
        return self.data + at

    def procedure(self, code: str = "C3") -> int:
        """A procedure of the driver; code in hex. Without it only returns."""
        self.machine.memory.write(self.base + PROCEDURE, bytes.fromhex(code))
        return self.base + PROCEDURE

    def u32(self, linear: int) -> int:
        return self.machine.memory.read_u32(linear)

    def stack_words(self, count: int) -> list[int]:
        """What lies on top of the client's stack, in words of its width."""
        segment, pointer = self.client.get("ss"), self.client.get("esp")
        base = self.vmm.simulation.linear(segment, pointer if self.width == 4 else pointer & 0xFFFF)
        data = self.machine.memory.read(base, count * self.width)
        return [int.from_bytes(data[at : at + self.width], "little") for at in range(0, len(data), self.width)]

    def call(self, ordinal: int, *pushed: int, device: int = 1, **registers: int) -> Registers:
        """Call a service: pushed, the first parameter on top; registers by name. The registers afterwards.

        Raises `Ended` when the VM has ended.
        """
        memory, regs = self.machine.memory, self.regs
        start, esp = self.base, regs.esp
        memory.write(start, b"\xcd\x20" + ordinal.to_bytes(2, "little") + device.to_bytes(2, "little") + b"\x90\x90")
        for value in reversed(pushed):
            regs.esp -= 4
            memory.write_u32(regs.esp, value & 0xFFFFFFFF)
        for name, value in registers.items():
            setattr(regs, name, value & 0xFFFFFFFF)
        regs.eip = start
        level = self.level
        for _ in range(_MOST):
            self.machine.slice(1)
            if self.machine.has_ended or self.vmm.has_crashed:
                raise Ended(self.machine)
            host = self.machine.state.host
            if regs.eip == start + 6 and host.levels and host.levels[-1] is level:
                break
        else:
            raise AssertionError(f"service {ordinal:04X}h has not returned after {_MOST} steps")
        after = regs.copy()
        regs.esp = esp
        return after

    def run(self, steps: int = 400) -> None:
        """The driver returns to the manager, and everything goes on for some steps or to the end."""
        self.machine.memory.write(self.base, b"\xc3")
        self.regs.eip = self.base
        self.go(steps)

    def go(self, steps: int) -> None:
        for _ in range(steps):
            if self.machine.has_ended:
                break
            self.machine.slice(1)

    def events(self, *kinds: str) -> list[Event]:
        return [event for event, _ in self.machine.log.since(0) if event.kind in kinds]

    def findings(self) -> list[str]:
        return [str(event.to_object()["rule"]) for event in self.events("finding")]


class Ended(Exception):
    """The VM has ended; the text says why."""

    def __init__(self, running: Machine) -> None:
        super().__init__(running.state.end.message if running.state.end is not None else running.state.host_message)


def kept(before: Registers, after: Registers, changed: set[str]) -> list[str]:
    """The registers that are different, but for those that may be; flags aside."""
    names = (*GENERAL, *SEGMENTS)
    return [name for name in names if name not in changed and getattr(before, name) != getattr(after, name)]


def flag(regs: Registers, which: Flag) -> bool:
    return bool(regs.eflags & which)


def loaded(given: dict[str, Any], before: Registers) -> Registers:
    """Registers as they are when a service is called with some values."""
    regs = before.copy()
    for name, value in given.items():
        setattr(regs, name, value & 0xFFFFFFFF)
    return regs

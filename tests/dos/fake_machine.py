"""A small machine around DOS: memory, registers, a screen that remembers, a keyboard that is a list."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from app.emu.address import Far
from app.emu.dos.dos import Dos
from app.emu.dos.host_folder import HostFolder
from app.emu.dos.mount import Mount
from app.emu.registers import Flag, Registers, Segment
from app.emu.rom import Rom


class FakeMemory:
    """The first MiB and the high memory area as one bytearray."""

    def __init__(self) -> None:
        self.bytes = bytearray(0x110000)

    def read(self, linear: int, size: int) -> bytes:
        assert 0 <= linear <= linear + size <= len(self.bytes)
        return bytes(self.bytes[linear : linear + size])

    def write(self, linear: int, data: bytes) -> None:
        assert 0 <= linear <= linear + len(data) <= len(self.bytes)
        self.bytes[linear : linear + len(data)] = data

    def read_u8(self, linear: int) -> int:
        return self.read(linear, 1)[0]

    def read_u16(self, linear: int) -> int:
        return int.from_bytes(self.read(linear, 2), "little")

    def read_u32(self, linear: int) -> int:
        return int.from_bytes(self.read(linear, 4), "little")

    def write_u8(self, linear: int, value: int) -> None:
        self.write(linear, value.to_bytes(1, "little"))

    def write_u16(self, linear: int, value: int) -> None:
        self.write(linear, value.to_bytes(2, "little"))

    def write_u32(self, linear: int, value: int) -> None:
        self.write(linear, value.to_bytes(4, "little"))


class FakeBios:
    def __init__(self) -> None:
        self.screen = bytearray()
        self.keys: list[int] = []
        self.input_ended = False

    def teletype(self, code: int) -> None:
        self.screen.append(code)

    def peek(self, *, extended: bool) -> int | None:
        return self.keys[0] if self.keys else None

    @property
    def keyboard(self) -> FakeBios:
        return self

    def take_key(self) -> int:
        return self.keys.pop(0)

    def type(self, text: str) -> None:
        self.keys += [0x0100 | ord(letter) for letter in text]


class FakeHost:
    def __init__(self) -> None:
        self.answers = False
        self.ended: list[int] = []

    def multiplex(self) -> bool:
        return self.answers

    def program_ending(self, psp: int, code: int, how: int, message: str) -> bool:
        self.ended.append(psp)
        return False


class FakeVmm:
    def win32_program(self, data: bytes, path: str) -> None:
        """There are no drivers."""


class FakeXms:
    def __init__(self) -> None:
        self.asked = 0

    def multiplex(self) -> bool:
        self.asked += 1
        return True


class FakeMachine:
    """What `surroundings.Machine` asks for; interrupts are carried out as far as their first trap."""

    def __init__(self, folder: Path, *, write_through: bool = False) -> None:
        self.memory = FakeMemory()
        self.regs = Registers(eflags=int(Flag.VM | Flag.IF) | 2)
        self.rom = Rom(self.memory)
        self.clock = 0
        self.events: list[tuple[str, dict[str, object]]] = []
        self.written = {1: b"", 2: b""}
        self.console = SimpleNamespace(write=self._console_write)
        self.ended: tuple[int, str, str] | None = None
        self.dos = Dos(self, Mount(HostFolder(str(folder)), write_through=write_through))
        self.bios, self.host, self.xms = FakeBios(), FakeHost(), FakeXms()
        self.state = SimpleNamespace(bios=self.bios, host=self.host, vmm=FakeVmm(), xms=self.xms, dos=self.dos)
        self.dos.install()

    def _console_write(self, handle: int, data: bytes) -> None:
        self.written[handle] += data

    def forget_the_folder(self) -> None:
        """What is put into the folder until the next look at it will be there."""
        folder = self.dos.mount.folder
        folder.listings.clear()
        folder.listed.clear()

    def emit(self, kind: type, **fields: object) -> None:
        self.events.append((kind.__name__, fields))

    def end(self, code: int, how: str, message: str) -> None:
        self.ended = (code, how, message)

    def of_kind(self, name: str) -> list[dict[str, object]]:
        return [fields for kind, fields in self.events if kind == name]

    # -- what the processor would do

    def push(self, value: int) -> None:
        self.regs.esp = self.regs.esp - 2 & 0xFFFF
        self.memory.write_u16((self.regs.ss.selector << 4) + self.regs.esp, value & 0xFFFF)

    def pop(self) -> int:
        value = self.memory.read_u16((self.regs.ss.selector << 4) + (self.regs.esp & 0xFFFF))
        self.regs.esp = self.regs.esp + 2 & 0xFFFF
        return value

    def caller(self) -> Far:
        return_to = Far.from_dword(self.memory.read_u32((self.regs.ss.selector << 4) + self.regs.esp))
        return Far(return_to.segment, return_to.offset - 2 & 0xFFFF)

    def interrupt_real(self, vector: int) -> None:
        regs = self.regs
        for value in (regs.eflags, regs.cs.selector, regs.eip):
            self.push(value)
        regs.set_flag(Flag.IF | Flag.TF, on=False)
        offset, segment = self.memory.read_u16(vector * 4), self.memory.read_u16(vector * 4 + 2)
        regs.cs, regs.eip = Segment.real(segment), offset

    def iret(self) -> None:
        regs = self.regs
        regs.eip = self.pop()
        regs.cs = Segment.real(self.pop())
        regs.eflags = regs.eflags & ~0xFFFF | self.pop()

    def trap(self) -> None:
        """Enter the trap at CS:IP (an STI may stand before it)."""
        regs = self.regs
        if regs.code_linear not in self.rom.traps:
            assert self.memory.read_u8(regs.code_linear) == 0xFB
            regs.set_flag(Flag.IF, on=True)
            regs.eip += 1
        trap = self.rom.traps[regs.code_linear]
        assert trap.component == "dos"
        getattr(self.dos, trap.method)(*([] if trap.argument is None else [trap.argument]))
        if trap.after.name == "IRET":
            status = regs.eflags & 0x8D5
            self.iret()
            regs.eflags = regs.eflags & ~0x8D5 | status

    def interrupt(self, vector: int, **registers: int) -> Registers:
        """Do INT n of the running program with registers set (ax=…, ds=…) and serve it."""
        for name, value in registers.items():
            if name in {"ds", "es"}:
                setattr(self.regs, name, Segment.real(value))
            else:
                self.regs.set_low(name, value)
        self.interrupt_real(vector)
        self.trap()
        return self.regs

    def int21(self, ax: int, **registers: int) -> Registers:
        return self.interrupt(0x21, ax=ax, **registers)

    @property
    def carry(self) -> bool:
        return bool(self.regs.eflags & Flag.CF)

    def put(self, text: bytes, offset: int = 0x1000) -> dict[str, int]:
        """Put bytes into the program's segment; the result is DS and DX for them."""
        self.memory.write((self.dos.current_psp << 4) + offset, text)
        return {"ds": self.dos.current_psp, "dx": offset}

    def path(self, path: str, offset: int = 0x1000) -> dict[str, int]:
        return self.put(path.encode("cp437") + b"\0", offset)

"""What memory an instruction touches: a table-driven decoder for the integer and FPU instructions of a 486.

`decode` turns bytes into an `Instruction` once; `Instruction.accesses` works out segment, offset, size and direction
from the registers at each execution. Unknown opcodes have no accesses: the processor raises #UD for them. Roads not
taken: Capstone (it gives neither implicit stack accesses nor the offset of bit strings, and belongs to the panes).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from app.emu.cpu.opcodes import FPU, ONE_BYTE, STACK, TWO_BYTE

ES, CS, SS, DS, FS, GS = range(6)
_EAX, ECX, _EBX, ESP, _EBP, _ESI, _EDI = 0, 1, 3, 4, 5, 6, 7
_LOCK, _REPNE, _REP = 0xF0, 0xF2, 0xF3
_OVERRIDES: Final = {0x26: ES, 0x2E: CS, 0x36: SS, 0x3E: DS, 0x64: FS, 0x65: GS}
PREFIXES: Final = bytes((*_OVERRIDES, 0x66, 0x67, _LOCK, _REPNE, _REP))
_MODRM16: Final = ((_EBX, _ESI), (_EBX, _EDI), (_EBP, _ESI), (_EBP, _EDI), (_ESI,), (_EDI,), (_EBP,), (_EBX,))
_MAX_LENGTH: Final = 15


class Access(NamedTuple):
    """One access to memory: segment register (ES, CS, SS, DS, FS, GS = 0 … 5), offset, bytes."""

    segment: int
    offset: int
    size: int
    write: bool


@dataclass(frozen=True, slots=True)
class Operand:
    """Where an access goes. stack: the width of the offset is the stack's, not `mask`.

    bits: (register, operand size): the bit offset in a register moves the access by whole operands.
    byte_index: XLAT adds AL.
    """

    segment: int
    size: int
    write: bool
    base: int | None = None
    index: int | None = None
    shift: int = 0
    displacement: int = 0
    mask: int = 0xFFFFFFFF
    stack: bool = False
    bits: tuple[int, int] | None = None
    byte_index: bool = False

    def access(self, general: Sequence[int], stack_mask: int) -> Access:
        """The access with these general registers."""
        offset = self.displacement
        if self.base is not None:
            offset += general[self.base]
        if self.index is not None:
            offset += general[self.index] << self.shift
        if self.byte_index:
            offset += general[_EAX] & 0xFF
        if self.bits:
            register, size = self.bits
            number = general[register] & ((1 << 8 * size) - 1)
            number -= (number >> 8 * size - 1) << 8 * size
            offset += (number // (8 * size)) * size
        return Access(self.segment, offset & (stack_mask if self.stack else self.mask), self.size, self.write)


@dataclass(frozen=True, slots=True)
class Instruction:
    """A decoded instruction.

    length 0 when the bytes are no instruction this module knows. repeat: mask of the count register, 0 without REP.
    loads: segment registers it loads. nested: ENTER's levels. many_stores: writes more than 16 bytes or several times.
    """

    length: int
    operands: tuple[Operand, ...] = ()
    repeat: int = 0
    loads: tuple[int, ...] = ()
    nested: int = 0
    operand_size: int = 4
    address_size: int = 4
    many_stores: bool = False
    is_call: bool = False
    is_flag_loop: bool = False
    """LOOPE, LOOPNE."""

    def accesses(self, general: Sequence[int], *, big_stack: bool) -> list[Access]:
        """Everything it would touch now, in the order the processor does."""
        if self.repeat and not general[ECX] & self.repeat:
            return []
        mask = 0xFFFFFFFF if big_stack else 0xFFFF
        return [operand.access(general, mask) for operand in self.operands]

    @property
    def segments(self) -> frozenset[int]:
        """The segment registers it reaches memory through."""
        return frozenset(operand.segment for operand in self.operands)

    @property
    def has_large_operand(self) -> bool:
        """It accesses eight bytes or more at a time: the FPU's operands."""
        return any(operand.size in (8, 10) for operand in self.operands)

    @property
    def is_iretd(self) -> bool:
        """IRET with 32-bit operands."""
        return self.operand_size == 4 and self.loads == (CS,) and len(self.operands) == 3 and self.operands[0].stack

    @property
    def is_far_return(self) -> bool:
        """RETF."""
        return self.loads == (CS,) and len(self.operands) == 2 and not self.operands[0].write and self.operands[0].stack

    @property
    def writes_code(self) -> bool:
        """It writes through CS, which is never allowed in protected mode."""
        return any(operand.segment == CS and operand.write for operand in self.operands)


UNKNOWN: Final = Instruction(0)
"""A 486 has no such instruction."""
TRUNCATED: Final = Instruction(0, nested=-1)
"""The bytes end inside the instruction, or it is longer than a processor takes."""


class _Truncated(Exception):
    """The bytes end inside the instruction."""


class _Decoder:
    """One instruction being read."""

    def __init__(self, code: bytes, *, wide: bool) -> None:
        self.code = code
        self.at = 0
        self.override: int | None = None
        self.repeat = self.repeat_prefix = False
        self.operand_size = 4 if wide else 2
        self.address_size = 4 if wide else 2
        self.operands: list[Operand] = []
        self.loads: tuple[int, ...] = ()
        self.nested = 0
        self.many_stores = self.is_call = self.is_flag_loop = False
        self.reg = 0
        self.register_form = False
        self.place: tuple[int, int | None, int | None, int, int] = DS, None, None, 0, 0

    def take(self, size: int) -> int:
        if self.at + size > len(self.code):
            raise _Truncated
        value = int.from_bytes(self.code[self.at : self.at + size], "little")
        self.at += size
        return value

    def signed(self, size: int) -> int:
        value = self.take(size)
        return value - (value >> 8 * size - 1 << 8 * size)

    @property
    def mask(self) -> int:
        return 0xFFFFFFFF if self.address_size == 4 else 0xFFFF

    def size(self, code: str) -> int:
        """Bytes behind a size letter of the tables."""
        plain = {"b": 1, "w": 2, "d": 4, "q": 8, "t": 10, "s": 6}
        if code in plain:
            return plain[code]
        scaled = {"v": 1, "a": 2}
        if code in scaled:
            return scaled[code] * self.operand_size
        if code == "p":
            return self.operand_size + 2
        return {"e": 14, "S": 94}[code] + (14 if self.operand_size == 4 else 0)

    def memory(self, size: int, *, write: bool, moved: int = 0, bits: tuple[int, int] | None = None) -> None:
        """Note an access through the ModRM operand read before."""
        segment, base, index, shift, displacement = self.place
        if base == ESP:
            displacement += moved
        override = segment if self.override is None else self.override
        place = Operand(override, size, write, base, index, shift, displacement, self.mask, bits=bits)
        self.operands.append(place)

    def modrm(self) -> None:
        """Read ModRM, SIB and displacement."""
        byte = self.take(1)
        mod, self.reg, rm = byte >> 6, byte >> 3 & 7, byte & 7
        self.register_form = mod == 3
        if self.register_form:
            return
        base: int | None
        index: int | None = None
        shift = 0
        if self.address_size == 2:
            parts = _MODRM16[rm]
            base, index = parts[0], parts[1] if len(parts) == 2 else None
            direct = mod == 0 and rm == 6
            sizes = (2 if direct else 0, 1, 2)
        else:
            base = rm
            if rm == 4:
                sib = self.take(1)
                shift, index, base = sib >> 6, sib >> 3 & 7, sib & 7
                index = None if index == 4 else index
            direct = mod == 0 and base == 5
            sizes = (4 if direct else 0, 1, 4)
        if direct:
            base = None
        displacement = self.signed(sizes[mod]) if sizes[mod] else 0
        segment = SS if base in (ESP, _EBP) else DS
        self.place = segment, base, index, shift, displacement

    def push(self, count: int = 1, *, behind: int = 0) -> None:
        """Pushes, after so many others."""
        size = self.operand_size
        for number in range(behind + 1, behind + count + 1):
            self.operands.append(Operand(SS, size, True, ESP, displacement=-number * size, stack=True))

    def pop(self, count: int = 1) -> None:
        size = self.operand_size
        for number in range(count):
            self.operands.append(Operand(SS, size, False, ESP, displacement=number * size, stack=True))

    def string(self, places: str, size: int) -> None:
        """s: read DS:(E)SI or its override; d: read ES:(E)DI; D: write ES:(E)DI."""
        for place in places:
            if place == "s":
                segment = DS if self.override is None else self.override
                self.operands.append(Operand(segment, size, False, _ESI, mask=self.mask))
            else:
                self.operands.append(Operand(ES, size, place == "D", _EDI, mask=self.mask))

    def result(self) -> Instruction:
        repeat = self.mask if self.repeat else 0
        return Instruction(
            self.at, tuple(self.operands), repeat, self.loads, self.nested, self.operand_size, self.address_size,
            self.many_stores,
            self.is_call,
            self.is_flag_loop,
        )  # fmt: skip

    def run(self) -> Instruction:
        opcode = self.prefixes()
        self.is_flag_loop = opcode in (0xE0, 0xE1)
        if opcode == 0x0F:
            opcode = self.take(1)
            entry = TWO_BYTE.get(opcode)
        elif 0xD8 <= opcode <= 0xDF:
            self.fpu(opcode)
            return self.result()
        else:
            entry = ONE_BYTE.get(opcode)
        if entry is None:
            return UNKNOWN
        for word in entry.split():
            if not self.step(word):
                return UNKNOWN
        self.is_call = entry == ONE_BYTE[opcode & 0xFF] and (
            opcode in (0x9A, 0xE8) or (opcode == 0xFF and self.reg in (2, 3))
        )
        return self.result() if self.at <= _MAX_LENGTH else TRUNCATED

    def prefixes(self) -> int:
        """Read the prefixes; the first byte behind them."""
        seen66 = seen67 = False
        while True:
            byte = self.take(1)
            if byte in _OVERRIDES:
                self.override = _OVERRIDES[byte]
            elif byte == 0x66 and not seen66:
                seen66, self.operand_size = True, 6 - self.operand_size
            elif byte == 0x67 and not seen67:
                seen67, self.address_size = True, 6 - self.address_size
            elif byte in (_REP, _REPNE):
                self.repeat_prefix = True
            elif byte not in (_LOCK, 0x66, 0x67):
                return byte

    def fpu(self, opcode: int) -> None:
        self.modrm()
        if self.register_form:
            return
        word = FPU[opcode - 0xD8][self.reg]
        if word:
            size = self.size(word[0])
            self.many_stores = size > 16
            self.memory(size, write=word[1] == "w")

    def step(self, word: str) -> bool:
        """Carry out one word of a table entry. False: an undefined form."""
        kind, _, rest = word.partition(":")
        if kind == "m":
            self.modrm()
        elif kind == "/":
            chosen = rest.split(",")[self.reg]
            return chosen == "." or (chosen != "!" and all(self.step(part) for part in chosen.split("+")))
        elif kind in ("r", "w", "x"):
            if self.register_form:
                return True
            size = self.size(rest[0])
            bits = (self.reg, self.operand_size) if rest.endswith("#") else None
            if kind != "w":
                self.memory(size, write=False, bits=bits)
            if kind != "r":
                self.memory(size, write=True, bits=bits)
        elif kind == "mem":
            return not self.register_form
        elif kind == "i":
            self.take(self.size(rest) if rest != "o" else self.address_size)
        elif kind == "o":
            segment = DS if self.override is None else self.override
            place = self.take(self.address_size)
            operand = Operand(segment, self.size(rest[0]), rest[1] == "w", displacement=place, mask=self.mask)
            self.operands.append(operand)
        elif kind == "str":
            self.repeat = self.repeat_prefix
            self.string(rest[1:], self.size(rest[0]))
        elif kind == "load":
            self.loads = tuple(int(digit) for digit in rest)
        elif kind == "loadreg":
            self.loads = (self.reg,)
            return self.reg < 6 and self.reg != CS
        elif kind == "popmem":
            self.pop()
            if not self.register_form:
                self.memory(self.operand_size, write=True, moved=self.operand_size)
        elif kind == "xlat":
            segment = DS if self.override is None else self.override
            self.operands.append(Operand(segment, 1, False, _EBX, mask=self.mask, byte_index=True))
        elif kind == "leave":
            self.operands.append(Operand(SS, self.operand_size, False, _EBP, stack=True))
        elif kind == "enter":
            self.enter()
        elif kind in STACK:
            count, push = STACK[kind]
            (self.push if push else self.pop)(count)
            self.many_stores = kind == "pusha"
        return True

    def enter(self) -> None:
        self.take(2)
        size, level = self.operand_size, self.take(1) & 31
        self.nested, self.many_stores = level, level > 0
        self.push()
        for number in range(1, level):
            self.operands.append(Operand(SS, size, False, _EBP, displacement=-number * size, stack=True))
        self.push(level, behind=1)


@lru_cache(maxsize=65536)
def decode(code: bytes, *, wide: bool) -> Instruction:
    """Decode the instruction at the start of some bytes. wide: 32-bit code."""
    try:
        return _Decoder(code, wide=wide).run()
    except _Truncated:
        return TRUNCATED


def walk(code: bytes, *, wide: bool) -> Iterator[tuple[int, Instruction]]:
    """The instructions of a block with their offsets, up to the first of unknown length."""
    at = 0
    while True:
        instruction = decode(code[at : at + _MAX_LENGTH], wide=wide)
        yield at, instruction
        at += instruction.length
        if not instruction.length or at >= len(code):
            return

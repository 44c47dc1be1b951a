"""Bytes to instructions: the only importer of capstone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final

import capstone
from capstone import x86_const

from app.emu.registers import GENERAL, SEGMENTS


class Flow(Enum):
    """What an instruction does to the flow of control."""

    NEXT = auto()
    JUMP = auto()
    BRANCH = auto()
    CALL = auto()
    INTERRUPT = auto()
    RETURN = auto()
    REPEAT = auto()
    """A string instruction with a REP prefix: it runs again until it is done."""


LONGEST: Final = 15
"""Bytes of the longest instruction."""
_ENGINES: Final = {bits: capstone.Cs(capstone.CS_ARCH_X86, mode) for bits, mode in (
    (16, capstone.CS_MODE_16), (32, capstone.CS_MODE_32),
)}  # fmt: skip
_DYNALINK: Final = b"\xcd\x20"
_DYNALINK_SIZE: Final = 6
_FAR: Final = frozenset({"lcall", "ljmp"})
_RETURNS: Final = frozenset({"ret", "retf", "iret", "iretd"})
_CALLS: Final = frozenset({"call", "lcall"})
_JUMPS: Final = frozenset({"jmp", "ljmp"})
_LOOPS: Final = frozenset({"loop", "loope", "loopne", "jcxz", "jecxz"})
_NAMES: Final = {"lcall": "call far", "ljmp": "jmp far"}
_FAR_POINTER: Final = "ptr "
"""How Capstone begins the operand of a far call or jump through memory, where it forgets the mnemonic's "l"."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One decoded instruction. target: offset a near jump or call goes to, where it is fixed."""

    size: int
    mnemonic: str
    operands: str
    flow: Flow
    target: int | None


def decode(data: bytes, offset: int, *, wide: bool, driver: bool = False) -> Instruction | None:
    """Decode the first instruction of some bytes as 32-bit (wide) or 16-bit code; None when they are no instruction.

    offset is the instruction's own (E)IP, which relative targets are counted from. driver: code of a device driver, in
    which INT 20h calls the service that the dword behind it names, or jumps to it.
    """
    if driver and data[:2] == _DYNALINK and len(data) >= _DYNALINK_SIZE:
        flow = Flow.RETURN if data[3] & 0x80 else Flow.INTERRUPT
        return Instruction(_DYNALINK_SIZE, "int", f"20h, {int.from_bytes(data[2:6], 'little'):08X}h", flow, None)
    engine = _ENGINES[32 if wide else 16]
    found = next(engine.disasm_lite(data[:LONGEST], offset, 1), None)
    if found is None:
        return None
    _, size, mnemonic, operands = found
    prefix, _, bare = mnemonic.rpartition(" ")
    flow = _flow(prefix, bare)
    target = None
    if flow in (Flow.JUMP, Flow.BRANCH, Flow.CALL) and bare not in _FAR and operands.startswith("0x"):
        target = int(operands, 16) & (0xFFFFFFFF if wide else 0xFFFF)
    shown = operands.replace(" ptr", "") if bare not in _FAR else operands
    name = _NAMES.get(bare, bare)
    if operands.startswith(_FAR_POINTER):
        name, shown = f"{bare} far", operands.removeprefix(_FAR_POINTER)
    return Instruction(size, f"{prefix} {name}".strip(), _hex(shown), flow, target)


def _flow(prefix: str, mnemonic: str) -> Flow:
    if mnemonic in _RETURNS:
        return Flow.RETURN
    if mnemonic in _CALLS:
        return Flow.CALL
    if mnemonic in _JUMPS:
        return Flow.JUMP
    if mnemonic.startswith("int"):
        return Flow.INTERRUPT
    if mnemonic in _LOOPS or mnemonic.startswith("j"):
        return Flow.BRANCH
    return Flow.REPEAT if prefix.startswith("rep") else Flow.NEXT


def _hex(operands: str) -> str:
    """Numbers as DOS programmers write them: 1234h, with a leading zero before a letter."""
    parts = operands.split("0x")
    text = parts[0]
    for part in parts[1:]:
        digits = part[: len(part) - len(part.lstrip("0123456789abcdef"))].upper()
        text += ("0" if digits[0] in "ABCDEF" else "") + digits + "h" + part[len(digits) :]
    return text


# What an instruction does to registers


@dataclass(frozen=True, slots=True)
class Effects:
    """The registers an instruction reads and writes, whole registers by name: `eax`, `es`, `eflags`."""

    size: int
    reads: frozenset[str]
    writes: frozenset[str]


_DETAILED: Final = {
    bits: capstone.Cs(capstone.CS_ARCH_X86, mode)
    for bits, mode in ((16, capstone.CS_MODE_16), (32, capstone.CS_MODE_32))
}
for _engine in _DETAILED.values():
    _engine.detail = True
_WHOLE: Final = {
    **{name: name for name in (*GENERAL, *SEGMENTS)},
    **{name[1:]: name for name in GENERAL},
    **{f"{letter}{half}": f"e{letter}x" for letter in "abcd" for half in "lh"},
    "eflags": "eflags",
    "flags": "eflags",
}
"""Every register's name to the whole register it is part of. EIP and the FPU are left out."""
_STACK_GROUPS: Final = (x86_const.X86_GRP_CALL, x86_const.X86_GRP_RET, x86_const.X86_GRP_INT, x86_const.X86_GRP_IRET)
_INDIRECT: Final = 0xFF
_FAR_FORMS: Final = (3, 5)
"""Of that opcode's forms those that call and jump far."""
_UNTOLD: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "iret": ((), ("cs", "eflags")),
    "iretd": ((), ("cs", "eflags")),
    "retf": ((), ("cs",)),
    "lcall": (("cs",), ("cs",)),
    "ljmp": ((), ("cs",)),
    "int": (("eax", "eflags", "cs"), ("eflags",)),
    "int3": (("eflags", "cs"), ("eflags",)),
    "int1": (("eflags", "cs"), ("eflags",)),
    "into": (("eflags", "cs"), ("eflags",)),
    "pushf": (("eflags", "esp"), ("esp",)),
    "pushfd": (("eflags", "esp"), ("esp",)),
    "popf": (("esp",), ("eflags", "esp")),
    "popfd": (("esp",), ("eflags", "esp")),
    "pushaw": (GENERAL, ("esp",)),
    "pushal": (GENERAL, ("esp",)),
    "popaw": (("esp",), GENERAL),
    "popal": (("esp",), GENERAL),
    "enter": (("esp", "ebp"), ("esp", "ebp")),
    "leave": (("ebp",), ("esp", "ebp")),
    "lds": ((), ("ds",)),
    "les": ((), ("es",)),
    "lfs": ((), ("fs",)),
    "lgs": ((), ("gs",)),
    "lss": ((), ("ss",)),
    **dict.fromkeys(("daa", "das", "aaa", "aas", "aam", "aad"), (("eax", "eflags"), ("eax", "eflags"))),
    "xlatb": (("eax", "ebx"), ("eax",)),
    "cmpxchg": (("eax",), ("eax", "eflags")),
    **dict.fromkeys(("arpl", "lar", "lsl", "verr", "verw", "test", "xadd"), ((), ("eflags",))),
    **dict.fromkeys(("cli", "sti", "cld", "std", "clc", "stc", "cmc"), (("eflags",), ("eflags",))),
}  # fmt: skip
"""What Capstone does not tell: reads and writes by mnemonic. INT hands its function number over in EAX."""


@lru_cache(maxsize=65536)
def effects(data: bytes, *, wide: bool) -> Effects | None:
    """What the first instruction of some bytes does to registers; None when they are no instruction."""
    found = next(_DETAILED[32 if wide else 16].disasm(data[:LONGEST], 0, 1), None)
    if found is None:
        return None
    read, written = (
        {_WHOLE[name] for number in numbers if (name := found.reg_name(number)) in _WHOLE}
        for numbers in found.regs_access()
    )
    mnemonic = found.mnemonic.rpartition(" ")[2]
    read.update({found.op_str} & set(SEGMENTS) if mnemonic == "push" else ())
    more = _UNTOLD.get(mnemonic, ((), ()))
    read.update(more[0])
    written.update(more[1])
    if mnemonic == "bswap" and found.op_str in _WHOLE:
        read.add(_WHOLE[found.op_str])
        written.add(_WHOLE[found.op_str])
    if found.opcode[0] == _INDIRECT and found.modrm >> 3 & 7 in _FAR_FORMS:
        written.add("cs")
    if any(found.group(group) for group in _STACK_GROUPS) or mnemonic.startswith(("push", "pop")):
        read.add("esp")
        written.add("esp")
    return Effects(found.size, frozenset(read), frozenset(written))

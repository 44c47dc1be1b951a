"""Programs: loading, starting and ending them, with the PSP as the only memory of who started whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from app.emu import events
from app.emu.address import Far
from app.emu.dos import far_memory, loader, psp
from app.emu.dos.failures import DosFailed, InsufficientMemory, InvalidEnvironment, InvalidFormat
from app.emu.dos.far_memory import Pointer
from app.emu.dos.loader import Program
from app.emu.dos.psp import Psp
from app.emu.machine_errors import LoadError
from app.emu.registers import ALWAYS_SET, Flag, Segment

if TYPE_CHECKING:
    from app.emu.dos.kernel import Kernel
    from app.emu.registers import Registers

EXIT: Final = 0
CTRL_C: Final = 1
CRITICAL_ERROR: Final = 2
RESIDENT: Final = 3
"""How a program ended, as INT 21h AH=4Dh tells."""
HOW: Final = {EXIT: "exit", CTRL_C: "terminated", CRITICAL_ERROR: "terminated", RESIDENT: "resident"}

_V86: Final = Flag.VM | Flag.IOPL | Flag.IF | ALWAYS_SET
_FRAME: Final = ("ax", "bx", "cx", "dx", "si", "di", "bp", "ds", "es")
"""What INT 21h pushes on the caller's stack, from the top down to IP, CS and FLAGS."""
_PSP_PARAGRAPHS: Final = psp.SIZE // 16
_ENVIRONMENT_LIMIT: Final = 0x8000
_TAIL_LIMIT: Final = 126


@dataclass(frozen=True, slots=True)
class Placement:
    """A program in memory: where it starts and with which stack."""

    psp: int
    entry: Far
    stack: Far


@dataclass(frozen=True, slots=True)
class Start:
    """What a program is started with: command tail, environment strings, two FCBs from its parent's block."""

    tail: bytes
    environment: bytes
    fcb1: bytes | None = None
    fcb2: bytes | None = None


# -- the frame INT 21h leaves on the caller's stack


def save_frame(dos: Kernel) -> None:
    """Push the caller's registers below its stack pointer and note that place in the PSP, as DOS does on entry."""
    regs = dos.regs
    place = (regs.ss.selector, (regs.esp & 0xFFFF) - 2 * len(_FRAME) & 0xFFFF)
    words = [
        regs.ds.selector if name == "ds" else regs.es.selector if name == "es" else regs.low(name) for name in _FRAME
    ]
    far_memory.write(dos.memory, place, b"".join(word.to_bytes(2, "little") for word in words))
    psp.write_far(dos.memory, dos.current_psp, psp.SAVED_STACK, Far(*place))


def _return_to(dos: Kernel, parent: int, where: Far) -> None:
    """Go on in a parent: its stack and registers as they were at its last INT 21h, CS:IP as INT 22h says."""
    regs = dos.regs
    stack = psp.read_far(dos.memory, parent, psp.SAVED_STACK)
    frame = far_memory.read(dos.memory, (stack.segment, stack.offset), 2 * len(_FRAME))
    words = {name: int.from_bytes(frame[2 * at : 2 * at + 2], "little") for at, name in enumerate(_FRAME)}
    for name in _FRAME[:7]:
        regs.set_low(name, words[name])
    regs.ds, regs.es = Segment.real(words["ds"]), Segment.real(words["es"])
    regs.fs = regs.gs = Segment.real(0)
    regs.ss = Segment.real(stack.segment)
    regs.esp = stack.offset + 2 * len(_FRAME) + 6 & 0xFFFF  # IP, CS and FLAGS are done with
    _go_to(regs, where)


def _go_to(regs: Registers, where: Far) -> None:
    regs.cs, regs.eip, regs.eflags = Segment.real(where.segment), where.offset, _V86


# -- loading


def environment_block(strings: dict[str, str]) -> bytes:
    """The strings of an environment, each ended by a zero, and the zero that ends them all."""
    try:
        block = b"".join(f"{name}={value}".encode("cp437") + b"\0" for name, value in strings.items())
    except UnicodeEncodeError as error:
        raise LoadError(
            f"the environment holds a character DOS does not have: {error.object[error.start]!r}"
        ) from error
    return (block or b"\0") + b"\0"


def environment_of(dos: Kernel, segment: int) -> bytes:
    """A copy of the environment strings at a segment (0: none)."""
    if not segment:
        return b"\0\0"
    data = far_memory.read(dos.memory, (segment, 0), _ENVIRONMENT_LIMIT)
    end = data.find(b"\0\0")
    if end < 0:
        raise InvalidEnvironment
    return data[: end + 2]


def load(dos: Kernel, program: Program, path: str, start: Start, parent: int | None) -> Placement:
    """Put a program, its environment and its PSP into memory. parent None: it is its own, the first program.

    A failure leaves memory as it was.
    """
    strings = start.environment + b"\1\0" + path.encode("cp437", "replace") + b"\0"
    environment = dos.blocks.allocate((len(strings) + 15) // 16, dos.current_psp or 8, dos.strategy & 3)
    try:
        placed = _place(dos, program)
    except DosFailed:
        dos.blocks.free(environment)
        raise
    segment = placed.psp
    dos.memory.write(environment << 4, strings)
    dos.blocks.set_owner(environment, segment)
    dos.blocks.set_owner(segment, segment, path.rpartition("\\")[2].partition(".")[0])
    block = dos.blocks.find(segment)
    create_psp(dos, segment, parent, block.end if block else 0)
    prefix = psp.read(dos.memory, segment)
    prefix = replace(
        prefix, environment=environment, tail=start.tail[:_TAIL_LIMIT],
        fcb1=start.fcb1 or prefix.fcb1, fcb2=start.fcb2 or prefix.fcb2,
    )  # fmt: skip
    dos.memory.write(segment << 4, prefix.encode())
    dos.emit(events.ProgramLoaded, path=path, format=program.info.format, psp=segment, entry=placed.entry)
    return placed


def create_psp(dos: Kernel, segment: int, parent: int | None, top: int) -> None:
    """Write a PSP whose handles are inherited from the parent (INT 21h AH=55h); parent None: none to inherit."""
    jft = bytes([psp.CLOSED]) * psp.JFT_SIZE if parent is None else dos.handles.inherited(parent, psp.JFT_SIZE)
    prefix = Psp(
        top=top, terminate=dos.vector(0x22), ctrl_c=dos.vector(0x23), critical=dos.vector(0x24),
        parent=segment if parent is None else parent, jft=jft, jft_pointer=Far(segment, psp.JFT),
    )  # fmt: skip
    dos.memory.write(segment << 4, prefix.encode())
    if parent is None:
        dos.handles.open_standard(segment)


def _place(dos: Kernel, program: Program) -> Placement:
    info = program.info
    largest = dos.blocks.largest()
    if info.format == "COM":
        segment = _take(dos, _PSP_PARAGRAPHS + program.paragraphs + 1, largest, 0xFFFF)
        block = dos.blocks.find(segment)
        stack = 0xFFFE if block is None or block.size >= 0x1000 else block.size * 16 - 2
        dos.memory.write((segment + _PSP_PARAGRAPHS) << 4, program.image)
        dos.memory.write_u16((segment << 4) + stack, 0)  # a RET ends the program: INT 20h at offset 0 of the PSP
        return Placement(segment, Far(segment, 0x100), Far(segment, stack))
    base = _PSP_PARAGRAPHS + program.paragraphs
    high = not info.min_paragraphs and not info.max_paragraphs
    segment = _take(dos, base + info.min_paragraphs, largest, 0xFFFF if high else base + info.max_paragraphs)
    block = dos.blocks.find(segment)
    load_segment = block.end - program.paragraphs if high and block else segment + _PSP_PARAGRAPHS
    dos.memory.write(load_segment << 4, program.relocated(load_segment))
    stack_at = info.stack or Far(0, 0)
    entry = Far(load_segment + info.entry.segment & 0xFFFF, info.entry.offset)
    return Placement(segment, entry, Far(load_segment + stack_at.segment & 0xFFFF, stack_at.offset))


def _take(dos: Kernel, least: int, largest: int, wanted: int) -> int:
    if largest < least:
        raise InsufficientMemory(largest)
    return dos.blocks.allocate(max(least, min(wanted, largest)), dos.current_psp or 8, dos.strategy & 3)


def read_program(dos: Kernel, path: str) -> Program:
    """A program file for EXEC: DOS runs whatever does not start with MZ as a .COM image."""
    file = dos.mount.file(path)
    try:
        return loader.parse(file.read(0, file.size), path)
    except LoadError:
        raise InvalidFormat from None


# -- starting


def enter(dos: Kernel, placed: Placement) -> None:
    """Make a program the current one and set the registers it starts with."""
    dos.current_psp, dos.dta = placed.psp, Far(placed.psp, psp.TAIL)
    regs = dos.regs
    for name in ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"):
        setattr(regs, name, 0)
    regs.ds = regs.es = Segment.real(placed.psp)
    regs.fs = regs.gs = Segment.real(0)
    regs.ss, regs.esp = Segment.real(placed.stack.segment), placed.stack.offset
    _go_to(regs, placed.entry)


def execute(dos: Kernel, path: str, start: Start) -> Placement:
    """Load a child of the current program; it returns to where that program made its INT 21h."""
    program = read_program(dos, path)
    regs = dos.regs
    ip, cs = (far_memory.read_u16(dos.memory, (regs.ss.selector, regs.esp + at)) for at in (0, 2))
    before = dos.vector(0x22)
    dos.set_vector(0x22, Far(cs, ip))
    try:
        return load(dos, program, dos.mount.true_name(path), start, dos.current_psp)
    except DosFailed:
        dos.set_vector(0x22, before)
        raise


def load_overlay(dos: Kernel, path: str, segment: int, factor: int) -> None:
    """Load a program's image at a segment without starting anything (INT 21h AX=4B03h)."""
    program = read_program(dos, path)
    image = program.relocated(factor)
    place: Pointer = (segment, 0)
    first = image[:0x10000]
    far_memory.write(dos.memory, place, first)
    dos.memory.write((segment << 4) + len(first), image[len(first) :])


# -- ending


def terminate(dos: Kernel, code: int, how: int, message: str = "") -> None:
    """End the current program: vectors, memory and handles as before, back to its parent.

    A program that is its own parent keeps everything and goes on where its INT 22h vector points (debuggers and
    shells do that); for the machine's first program that vector is the end of the run.
    """
    memory, segment = dos.memory, dos.current_psp
    if dos.machine.state.host.program_ending(segment, code, how, message):
        return
    parent = psp.parent(memory, segment)
    back = psp.read_far(memory, segment, psp.TERMINATE_VECTOR)
    for vector, offset in ((0x22, psp.TERMINATE_VECTOR), (0x23, psp.CTRL_C_VECTOR), (0x24, psp.CRITICAL_VECTOR)):
        dos.set_vector(vector, psp.read_far(memory, segment, offset))
    dos.area.return_code = how << 8 | code
    dos.con.line.clear()
    is_over = parent == segment and back == dos.end_of_run
    if how != RESIDENT and (parent != segment or is_over):
        dos.handles.close_all(segment)
        dos.mount.end_searches(segment)
        if parent != segment or dos.following:
            dos.blocks.free_all(segment)
    dos.emit(events.ProgramEnded, psp=segment, code=code, how=HOW[how])
    if is_over:
        dos.machine.end(code, HOW[how], message)
        return
    dos.current_psp, dos.dta = parent, Far(parent, psp.TAIL)
    _return_to(dos, parent, back)


def end_descendants(dos: Kernel, ancestor: int, code: int) -> None:
    """End the programs that run on behalf of another, innermost first, so that it is the current one."""
    while ancestor in _parents(dos, dos.current_psp):
        terminate(dos, code, CRITICAL_ERROR)


def _parents(dos: Kernel, segment: int) -> Iterator[int]:
    """The programs a program descends from, up to the first, which is its own parent."""
    seen = {segment}
    while (parent := psp.parent(dos.memory, segment)) not in seen:
        yield parent
        seen.add(parent)
        segment = parent

"""INT 21h functions that start, end and name programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from app.emu.address import Far
from app.emu.dos import far_memory, process, psp
from app.emu.dos.failures import InvalidFunction
from app.emu.dos.kernel import Kernel
from app.emu.dos.process import Start
from app.emu.dos.table import INT21, SINCE, ControlPassed
from app.emu.registers import AL, AX, BX, DS_DX, DX, ES_BX, SI, Segment

_LOAD_AND_RUN: Final = 0
_LOAD: Final = 1
_READY: Final = 5
_LEAST_RESIDENT: Final = 6
"""Paragraphs of its PSP a resident program keeps at least."""


@INT21.service(0x00, since=SINCE)
def end_program(dos: Kernel) -> None:
    """End the program with return code 0."""
    process.terminate(dos, 0, process.EXIT)
    raise ControlPassed


@INT21.service(0x4C, since=SINCE)
def end_with_code(dos: Kernel, code: AL) -> None:
    """End the program with a return code."""
    process.terminate(dos, code, process.EXIT)
    raise ControlPassed


@INT21.service(0x31, since=SINCE)
def keep_resident(dos: Kernel, code: AL, size: DX) -> None:
    """End the program, keeping the first DX paragraphs of its memory."""
    stay_resident(dos, code, size)
    raise ControlPassed


def stay_resident(dos: Kernel, code: int, size: int) -> None:
    """Shrink the program's memory to `size` paragraphs and end it, its handles still open."""
    if dos.blocks.find(dos.current_psp) is not None:
        dos.blocks.resize(dos.current_psp, max(size, _LEAST_RESIDENT))
    process.terminate(dos, code, process.RESIDENT)


@INT21.service(0x4D, since=SINCE)
def return_code(dos: Kernel) -> AX:
    """Return code (AL) and way (AH) of the last child's end; asking clears it."""
    code, dos.area.return_code = dos.area.return_code, 0
    return code


@INT21.service(0x4B, since=SINCE)
def execute(dos: Kernel, function: AL, path: DS_DX, block: ES_BX) -> None:
    """Load a program and run it (AL=0), load it only (AL=1), load an overlay (AL=3), say it is ready (5)."""
    if function == _READY:  # the caller has loaded the program by itself: DOS keeps nothing for it
        return
    name = dos.path(path)
    match function:
        case 0 | 1:
            placed = process.execute(dos, name, _start(dos, block))
        case 3:
            segment, factor = (far_memory.read_u16(dos.memory, (block[0], block[1] + at)) for at in (0, 2))
            process.load_overlay(dos, name, segment, factor)
            return
        case _:
            raise InvalidFunction
    if function == _LOAD_AND_RUN:
        process.enter(dos, placed)
        raise ControlPassed
    # AX, which DOS would pass to the program, is left on its stack.
    stack = Far(placed.stack.segment, placed.stack.offset - 2 & 0xFFFF)
    far_memory.write_u16(dos.memory, (stack.segment, stack.offset), 0)
    answer = stack.to_dword().to_bytes(4, "little") + placed.entry.to_dword().to_bytes(4, "little")
    far_memory.write(dos.memory, (block[0], block[1] + 0x0E), answer)
    dos.current_psp, dos.dta = placed.psp, Far(placed.psp, psp.TAIL)


def _start(dos: Kernel, block: tuple[int, int]) -> Start:
    """Read the parameter block: 00h environment segment (0: the parent's), 02h tail, 06h and 0Ah FCBs."""
    data = far_memory.read(dos.memory, block, 14)
    segment = int.from_bytes(data[:2], "little") or psp.environment(dos.memory, dos.current_psp)
    tail, fcb1, fcb2 = (Far.from_dword(int.from_bytes(data[at : at + 4], "little")) for at in (2, 6, 10))
    counted = far_memory.read(dos.memory, (tail.segment, tail.offset), 128)
    blocks = [
        far_memory.read(dos.memory, (fcb.segment, fcb.offset), 16) if fcb.offset != 0xFFFF else None
        for fcb in (fcb1, fcb2)
    ]
    return Start(counted[1 : 1 + counted[0]], process.environment_of(dos, segment), *blocks)


@INT21.service(0x26, since=SINCE)
def create_psp(dos: Kernel, segment: DX) -> None:
    """Copy the current PSP to a segment, with the current vectors 22h to 24h."""
    prefix = replace(
        psp.read(dos.memory, dos.current_psp),
        terminate=dos.vector(0x22), ctrl_c=dos.vector(0x23), critical=dos.vector(0x24),
    )  # fmt: skip
    dos.memory.write(segment << 4, prefix.encode())


@INT21.service(0x55, since=SINCE)
def create_child_psp(dos: Kernel, segment: DX, top: SI) -> None:
    """Make a PSP for a child of the current program at a segment, and make it the current one."""
    process.create_psp(dos, segment, dos.current_psp, top)
    dos.current_psp = segment


@INT21.service(0x50, since=SINCE)
def set_current_psp(dos: Kernel, segment: BX) -> None:
    """Make a PSP the current one."""
    dos.current_psp = segment


@INT21.service(0x51, since=SINCE)
def current_psp(dos: Kernel) -> BX:
    """The current program's PSP."""
    return dos.current_psp


@INT21.service(0x62, since=SINCE)
def get_psp(dos: Kernel) -> BX:
    """The current program's PSP."""
    return dos.current_psp


@INT21.service(0x25, since=SINCE)
def set_vector(dos: Kernel, vector: AL, handler: DS_DX) -> None:
    """Set an interrupt vector."""
    dos.set_vector(vector, Far(*handler))


@INT21.service(0x35, since=SINCE)
def get_vector(dos: Kernel, vector: AL) -> BX:
    """Read an interrupt vector into ES:BX."""
    handler = dos.vector(vector)
    dos.regs.es = Segment.real(handler.segment)
    return handler.offset

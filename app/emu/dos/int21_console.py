"""INT 21h functions for characters: standard input and output, one at a time or as a string or line."""

from __future__ import annotations

from typing import Final

from app.emu.dos import far_memory
from app.emu.dos.console import RETURN
from app.emu.dos.kernel import Kernel
from app.emu.dos.table import INT21, SINCE
from app.emu.registers import AL, DL, DS_DX, Flag

_POLL: Final = 0xFF
_AUX: Final = 3
_PRN: Final = 4
_STRING_LIMIT: Final = 0x10000


@INT21.service(0x01, since=SINCE)
def read_with_echo(dos: Kernel) -> AL:
    """Wait for a character and show it."""
    character = dos.get(check=True)
    if dos.open_file(0).device == "CON":
        dos.con.echo(character)
    return character


@INT21.service(0x02, since=SINCE)
def write_character(dos: Kernel, character: DL) -> AL:
    """Write a character to standard output."""
    dos.con.check_break()
    dos.put(bytes([character]))
    return character


@INT21.service(0x03, since=SINCE)
def read_auxiliary(dos: Kernel) -> AL:
    """Read a character from AUX."""
    data = dos.read_handle(_AUX, 1)
    return data[0] if data else 0x1A


@INT21.service(0x04, since=SINCE)
def write_auxiliary(dos: Kernel, character: DL) -> None:
    """Write a character to AUX."""
    dos.write_handle(_AUX, bytes([character]))


@INT21.service(0x05, since=SINCE)
def write_printer(dos: Kernel, character: DL) -> None:
    """Write a character to the printer."""
    dos.write_handle(_PRN, bytes([character]))


@INT21.service(0x06, since=SINCE)
def direct_console(dos: Kernel, character: DL) -> AL:
    """Write a character, or with DL=FFh read one if there is one (ZF set: none), never waiting or checking Ctrl-C."""
    if character != _POLL:
        dos.put(bytes([character]))
        return character
    ready = dos.input_ready()
    dos.regs.set_flag(Flag.ZF, on=not ready)
    return dos.get(check=False) if ready else 0


@INT21.service(0x07, since=SINCE)
def read_direct(dos: Kernel) -> AL:
    """Wait for a character: no echo, no check for Ctrl-C."""
    return dos.get(check=False)


@INT21.service(0x08, since=SINCE)
def read_without_echo(dos: Kernel) -> AL:
    """Wait for a character: no echo."""
    return dos.get(check=True)


@INT21.service(0x09, since=SINCE)
def write_string(dos: Kernel, text: DS_DX) -> AL:
    """Write a string that ends with `$` to standard output."""
    dos.con.check_break()
    data = far_memory.read_until(dos.memory, text, ord("$"), _STRING_LIMIT)
    # Without a `$` in the whole segment real DOS never stops; one turn through it is enough.
    dos.put(far_memory.read(dos.memory, text, _STRING_LIMIT) if data is None else data)
    return ord("$")


@INT21.service(0x0A, since=SINCE)
def read_line(dos: Kernel, buffer: DS_DX) -> None:
    """Read a line into a buffer: size, then count and characters with their CR."""
    size = far_memory.read(dos.memory, buffer, 1)[0]
    if size == 0:
        return
    if dos.open_file(0).device == "CON":
        line = dos.con.edit_line(size - 1).removesuffix(bytes([RETURN]))
    else:
        line = _line_from_file(dos, size - 1)
    far_memory.write(dos.memory, (buffer[0], buffer[1] + 1), bytes([len(line)]) + line + bytes([RETURN]))


def _line_from_file(dos: Kernel, limit: int) -> bytes:
    """A line of redirected input, without CR and LF; what does not fit is lost, as it is when typed."""
    line = bytearray()
    while (data := dos.read_handle(0, 1)) and data[0] != RETURN:
        if data != b"\n" and len(line) < limit:
            line += data
    return bytes(line)


@INT21.service(0x0B, since=SINCE)
def input_status(dos: Kernel) -> AL:
    """Is a character waiting? FFh yes, 00h no."""
    dos.con.check_break()
    return 0xFF if dos.input_ready() else 0


@INT21.service(0x0C, since=SINCE)
def flush_and_read(dos: Kernel, function: AL) -> AL:
    """Forget what was typed, then do function 01h, 06h, 07h, 08h or 0Ah."""
    if dos.open_file(0).device == "CON" and not dos.flushed:
        dos.con.flush()
    row = INT21.find(function) if function in {0x01, 0x06, 0x07, 0x08, 0x0A} else None
    if row is None or row.handler is None:
        return 0
    dos.flushed = True  # entered again after waiting, it must not forget what came since
    result = row.handler(dos, **{name: view.read(dos.regs, wide=False) for name, view in row.takes.items()})
    dos.flushed = False
    return int(result) if row.gives else function

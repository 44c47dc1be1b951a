"""INT 10h: the video services, a row per function (IBM VGA BIOS; of the graphics modes only 13h is drawn).

In mode 13h BL is the colour of characters, all eight bits of it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from app.emu.address import Far
from app.emu.bios import data_area
from app.emu.bios.dispatch import NotOffered, report
from app.emu.bios.graphics_text import FONT_VECTOR, GRAPHICS, GRAPHICS_COLUMNS, GRAPHICS_ROWS
from app.emu.bios.rom_image import FONT_8, FONT_8_UPPER, FONT_14, FONT_16
from app.emu.bios.video import GRAPHICS_MODE, TEXT_MODES, Video, Window
from app.emu.registers import AH, AL, BH, BL, BX, CH, CL, CX, DH, DL, DX, Segment
from app.emu.services import ServiceTable

INT10: Final = ServiceTable(0x10)
_FONT_HEIGHTS: Final = {0x01: 14, 0x02: 8, 0x04: 16, 0x11: 14, 0x12: 8, 0x14: 16}
_SCAN_LINES: Final = (200, 350, 400)
_GRAPHICS_FONTS: Final = {0x22: (FONT_14, 14), 0x23: (FONT_8, 8), 0x24: (FONT_16, 16)}
_GRAPHICS_ROWS: Final = {1: 14, 2: 25, 3: 43}
"""Rows by BL; 0 takes them from DL."""
_FONTS: Final = {2: FONT_14, 3: FONT_8, 4: FONT_8_UPPER, 5: FONT_14, 6: FONT_16, 7: FONT_16}
"""Fonts by BH of AX=1130h; 0 and 1 are where vectors 1Fh and 43h point."""
_UPPER_FONT_VECTOR: Final = 0x1F * 4


class CursorPlace(NamedTuple):
    """What AH=03h hands back."""

    ch: CH
    cl: CL
    dh: DH
    dl: DL


class CellRead(NamedTuple):
    """What AH=08h hands back."""

    al: AL
    ah: AH


class ModeState(NamedTuple):
    """What AH=0Fh hands back."""

    al: AL
    ah: AH
    bh: BH


class Combination(NamedTuple):
    """What AH=1Ah hands back."""

    al: AL
    bx: BX


@INT10.service(0x00, since="bios")
def set_video_mode(video: Video, mode: AL) -> None:
    """Set a mode; bit 7 keeps what is on the screen."""
    if mode & 0x7F not in {*TEXT_MODES, GRAPHICS_MODE}:
        report(video.machine, 0x10, 0x00)
    video.set_mode(mode & 0x7F, clear=not mode & 0x80)


@INT10.service(0x01, since="bios")
def set_cursor_shape(video: Video, first: CH, last: CL) -> None:
    """Set the cursor's scan lines."""
    video.set_cursor_shape(first, last)


@INT10.service(0x02, since="bios")
def set_cursor(video: Video, page: BH, row: DH, column: DL) -> None:
    """Move a page's cursor."""
    video.set_cursor(page, column, row)


@INT10.service(0x03, since="bios")
def get_cursor(video: Video, page: BH) -> CursorPlace:
    """A page's cursor and the cursor's scan lines."""
    last, first = video.machine.memory.read(data_area.CURSOR_SHAPE, 2)
    column, row = video.cursor(page)
    return CursorPlace(first, last, row, column)


@INT10.service(0x05, since="bios")
def show_page(video: Video, page: AL) -> None:
    """Show a page."""
    video.show_page(page & 7)


@INT10.service(0x06, since="bios")
def scroll_up(video: Video, lines: AL, attribute: BH, top: CH, left: CL, bottom: DH, right: DL) -> None:
    """Scroll a window of the shown page up; AL=0 clears it."""
    video.scroll(video.page, Window(top, left, bottom, right), lines, attribute)


@INT10.service(0x07, since="bios")
def scroll_down(video: Video, lines: AL, attribute: BH, top: CH, left: CL, bottom: DH, right: DL) -> None:
    """Scroll a window of the shown page down; AL=0 clears it."""
    video.scroll(video.page, Window(top, left, bottom, right), -lines, attribute)


@INT10.service(0x08, since="bios")
def read_cell(video: Video, page: BH) -> CellRead:
    """Character and attribute at the cursor."""
    return CellRead(*video.read_cell(page))


@INT10.service(0x09, since="bios")
def write_cells(video: Video, character: AL, page: BH, attribute: BL, count: CX) -> None:
    """Write a character with an attribute, CX times."""
    video.write_cells(page, character, attribute, count)


@INT10.service(0x0A, since="bios")
def write_characters(video: Video, character: AL, page: BH, color: BL, count: CX) -> None:
    """Write a character CX times and leave the attributes."""
    video.write_cells(page, character, None if video.is_text else color, count)


@INT10.service(0x0B, since="bios")
def set_palette(video: Video, what: BH, color: BL) -> None:
    """Set the border colour (BH=0) or the CGA palette (BH=1)."""
    select = video.machine.memory.read_u8(data_area.COLOR_SELECT)
    select = select & 0xE0 | color & 0x1F if what == 0 else select & 0xDF | (color & 1) << 5
    video.machine.memory.write_u8(data_area.COLOR_SELECT, select)
    video.vga.write(0x3D9, select)


@INT10.service(0x0C, since="bios")
def write_pixel(video: Video, color: AL, column: CX, row: DX) -> None:
    """Set a pixel of mode 13h."""
    if (address := _pixel(video, column, row)) is not None:
        video.machine.memory.write_u8(address, color)


@INT10.service(0x0D, since="bios")
def read_pixel(video: Video, column: CX, row: DX) -> AL:
    """A pixel of mode 13h."""
    address = _pixel(video, column, row)
    return 0 if address is None else video.machine.memory.read_u8(address)


def _pixel(video: Video, column: int, row: int) -> int | None:
    """Linear address of a pixel of mode 13h, None beside the screen; other modes' pixels are not drawn."""
    if video.mode != GRAPHICS_MODE:
        raise NotOffered
    if column >= GRAPHICS_COLUMNS or row >= GRAPHICS_ROWS:
        return None
    return GRAPHICS + row * GRAPHICS_COLUMNS + column


@INT10.service(0x0E, since="bios")
def teletype(video: Video, character: AL, color: BL) -> None:
    """Write a character as a terminal would, on the shown page as a VGA does."""
    video.teletype(character, None if video.is_text else color)


@INT10.service(0x0F, since="bios")
def get_video_mode(video: Video) -> ModeState:
    """Mode, columns, page shown."""
    kept = video.machine.memory.read_u8(data_area.VIDEO_OPTIONS) & 0x80
    return ModeState(video.mode | kept, video.columns, video.page)


@INT10.service(0x10, since="bios")
def palette(video: Video, function: AL) -> None:
    """Palette registers and the DAC, by AL."""
    regs, vga = video.machine.regs, video.vga
    memory = video.machine.memory
    buffer = regs.es.base + (regs.edx & 0xFFFF)
    number, bh = regs.ebx & 0xFF, regs.ebx >> 8 & 0xFF
    match function:
        case 0x00 if number < len(vga.attribute):
            vga.attribute[number] = bh
        case 0x01:
            vga.attribute[0x11] = bh
        case 0x02:
            vga.attribute[:16] = memory.read(buffer, 16)
            vga.attribute[0x11] = memory.read_u8(buffer + 16)
        case 0x03:  # bit 3 of the mode control register: blink, or bright backgrounds
            vga.attribute[0x10] = vga.attribute[0x10] & ~0x08 | (number & 1) << 3
        case 0x07 if number < len(vga.attribute):
            regs.ebx = regs.ebx & ~0xFF00 | vga.attribute[number] << 8
        case 0x08:
            regs.ebx = regs.ebx & ~0xFF00 | vga.attribute[0x11] << 8
        case 0x09:
            memory.write(buffer, bytes(vga.attribute[:16]) + bytes((vga.attribute[0x11],)))
        case 0x10:
            vga.palette[3 * number : 3 * number + 3] = bytes(
                value & 0x3F for value in (regs.edx >> 8, regs.ecx >> 8, regs.ecx)
            )
        case 0x12:
            colors = _dac_span(regs.ebx, regs.ecx)
            data = memory.read(buffer, len(colors))
            vga.palette[colors.start : colors.stop] = bytes(value & 0x3F for value in data)
        case 0x13:
            _select_colors(vga.attribute, number, bh)
        case 0x18:
            vga.dac_mask = number
        case 0x19:
            regs.set_low("bx", bh << 8 | vga.dac_mask)
        case 0x1A:
            sixteens = vga.attribute[0x10] >> 7
            regs.set_low("bx", vga.attribute[0x14] >> (0 if sixteens else 2) << 8 | sixteens)
        case 0x1B:
            for at in (3 * color for color in range(*_span(regs.ebx, regs.ecx))):
                red, green, blue = vga.palette[at : at + 3]
                vga.palette[at : at + 3] = bytes([(30 * red + 59 * green + 11 * blue) // 100]) * 3
        case 0x15:
            red, green, blue = vga.palette[3 * number : 3 * number + 3]
            regs.edx = regs.edx & ~0xFF00 | red << 8
            regs.ecx = regs.ecx & ~0xFFFF | green << 8 | blue
        case 0x17:
            colors = _dac_span(regs.ebx, regs.ecx)
            memory.write(buffer, bytes(vga.palette[colors.start : colors.stop]))
        case _:
            raise NotOffered


def _dac_span(first: int, count: int) -> range:
    """Bytes of the DAC that BX and CX name."""
    start, end = _span(first, count)
    return range(3 * start, 3 * end)


def _span(first: int, count: int) -> tuple[int, int]:
    """First color and the one behind the last that BX and CX name."""
    start = min(first & 0xFFFF, 256)
    return start, min(start + (count & 0xFFFF), 256)


def _select_colors(attribute: bytearray, function: int, value: int) -> None:
    """AL=13h: four pages of 64 colors or sixteen of 16 (BL=0), or which page is used (BL=1)."""
    if function == 0:
        attribute[0x10] = attribute[0x10] & 0x7F | (value & 1) << 7
    else:
        attribute[0x14] = value & 0x0F if attribute[0x10] & 0x80 else value << 2 & 0x0C


@INT10.service(0x11, since="bios")
def fonts(video: Video, function: AL) -> None:
    """Load a ROM font (which sets the number of rows), take one for graphics, or ask for one, by AL."""
    regs, memory = video.machine.regs, video.machine.memory
    own = Far(regs.es.selector, regs.ebp & 0xFFFF)
    if (height := _FONT_HEIGHTS.get(function)) is not None:
        if function >= 0x10 and video.is_text:
            video.set_rows(height)
    elif function == 0x20:
        memory.write_u32(_UPPER_FONT_VECTOR, own.to_dword())
    elif function in {0x21, *_GRAPHICS_FONTS}:
        font, height = _GRAPHICS_FONTS.get(function, (own, regs.low("cx")))
        video.set_graphics_font(font, height, _GRAPHICS_ROWS.get(regs.ebx & 0xFF) or max(regs.edx & 0xFF, 1))
    elif function == 0x30:
        regs.set_low("cx", memory.read_u16(data_area.CHARACTER_HEIGHT))
        regs.set_low("dx", regs.edx & 0xFF00 | video.rows - 1)
        where = regs.ebx >> 8 & 0xFF
        vector = FONT_VECTOR if where else _UPPER_FONT_VECTOR
        found = _FONTS.get(where) or Far.from_dword(memory.read_u32(vector))
        regs.es, regs.ebp = Segment.real(found.segment), regs.ebp & ~0xFFFF | found.offset
    else:
        raise NotOffered


@INT10.service(0x12, since="bios")
def alternate_select(video: Video, function: BL) -> None:
    """BL=10h: what the adapter is (colour, 256 KiB); 30h: scan lines of text; 31h-36h: settings that are accepted."""
    regs = video.machine.regs
    if function == 0x30 and regs.al < len(_SCAN_LINES):
        video.scan_lines = _SCAN_LINES[regs.al]
    if function == 0x10:
        regs.set_low("bx", 0x0003 | (video.mode == 7) << 8)
        regs.set_low("cx", 0x0009)
    elif 0x30 <= function <= 0x36:
        regs.al = 0x12
    else:
        raise NotOffered


@INT10.service(0x13, since="bios")
def write_string(video: Video, style: AL, page: BH, attribute: BL, count: CX, place: DX) -> None:
    """Write a string at ES:BP; bit 0 of AL moves the cursor, bit 1: attributes stand between the characters."""
    regs, memory = video.machine.regs, video.machine.memory
    before = video.cursor(page)
    video.set_cursor(page, place & 0xFF, place >> 8)
    paired = style & 2
    for index in range(count):
        offset = regs.ebp + index * (2 if paired else 1)
        character = memory.read_u8(regs.es.base + (offset & 0xFFFF))
        color = memory.read_u8(regs.es.base + (offset + 1 & 0xFFFF)) if paired else attribute
        video.teletype(character, color, page)
    if not style & 1:
        video.set_cursor(page, *before)


@INT10.service(0x1A, since="bios")
def display_combination(video: Video, function: AL) -> Combination:
    """The adapters present: a VGA with a colour display, no other."""
    if function > 1:
        raise NotOffered
    return Combination(0x1A, 0x0008 if function == 0 else video.machine.regs.low("bx"))

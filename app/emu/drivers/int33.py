"""INT 33h: the mouse driver's functions, a row per AX.

Source: Microsoft Mouse Programmer's Reference, second edition; Ralf Brown's Interrupt List, INT 33h. Pointers and
handlers are real-mode addresses; the DPMI host translates them for clients (app/emu/host/mouse_api.py).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from app.emu.address import Far
from app.emu.bios.dispatch import report
from app.emu.devices.mouse import IRQ
from app.emu.dos import far_memory
from app.emu.drivers.mouse_cursor import SIDE, WIDTH
from app.emu.drivers.mouse_settings import DOUBLE_SPEED, SHIFTED, Button, Handler, Settings
from app.emu.drivers.pointer import Pointer
from app.emu.registers import AX, BX, CX, DX, ES_DX, SI, Segment
from app.emu.services import ServiceTable, arguments, hand_back

INT33: Final = ServiceTable(0x33)
_SINCE: Final = "mouse"
_INSTALLED: Final = 0xFFFF
_FAILED: Final = 0xFFFF
_BUTTONS: Final = 3
_VERSION: Final = 0x0820
"""8.20, the driver of the time."""
_PS2: Final = 4
_SIGNED: Final = 0x8000
_MOST_HIDDEN: Final = 0x7FFF


def serve(pointer: Pointer) -> None:
    """Call the function AX names; an unknown one leaves all registers alone. Flags stay the caller's."""
    regs = pointer.machine.regs
    row = INT33.find(regs.ax)
    if row is None or row.handler is None:
        report(pointer.machine, 0x33, regs.ax)
        return
    flags = regs.eflags
    hand_back(row, regs, row.handler(pointer, **arguments(row, regs, wide=False)), wide=False)
    regs.eflags = flags


class Present(NamedTuple):
    """FFFFh in AX, the number of buttons in BX."""

    installed: AX
    buttons: BX


@INT33.service(0x0000, since=_SINCE)
def reset(pointer: Pointer) -> Present:
    """Is there a mouse, and start anew."""
    pointer.is_used = True
    pointer.reset()
    return Present(_INSTALLED, _BUTTONS)


@INT33.service(0x0021, since=_SINCE)
def software_reset(pointer: Pointer) -> Present:
    """As AX=0000h: a tablet has nothing of its own to reset."""
    return reset(pointer)


@INT33.service(0x0001, since=_SINCE)
def show_pointer(pointer: Pointer) -> None:
    """Show the pointer, once for every time it was hidden; no region excludes it any more."""
    settings = pointer.settings
    settings.hidden = max(settings.hidden - 1, 0)
    settings.excluded = None
    pointer.show_now()


@INT33.service(0x0002, since=_SINCE)
def hide_pointer(pointer: Pointer) -> None:
    """Hide the pointer."""
    pointer.hide_now()
    pointer.settings.hidden = min(pointer.settings.hidden + 1, _MOST_HIDDEN)


class State(NamedTuple):
    """Buttons held and where the pointer is."""

    buttons: BX
    x: CX
    y: DX


@INT33.service(0x0003, since=_SINCE)
def pointer_and_buttons(pointer: Pointer) -> State:
    """Which buttons are held and where the pointer is."""
    return State(pointer.settings.buttons, *pointer.told)


@INT33.service(0x0004, since=_SINCE)
def move_pointer(pointer: Pointer, x: CX, y: DX) -> None:
    """Put the pointer somewhere."""
    pointer.hide_now()
    pointer.move(_signed(x), _signed(y))
    pointer.show_now()


class ButtonState(NamedTuple):
    """Buttons held, how often this one was pressed (or released) since the last question, and where last."""

    buttons: AX
    times: BX
    x: CX
    y: DX


def _button(pointer: Pointer, buttons: list[Button], number: int) -> ButtonState:
    button = buttons[number] if number < len(buttons) else Button()
    count, button.count = button.count, 0
    return ButtonState(pointer.settings.buttons, count, button.x, button.y)


@INT33.service(0x0005, since=_SINCE)
def presses(pointer: Pointer, button: BX) -> ButtonState:
    """How often a button (0 left, 1 right, 2 middle) was pressed."""
    return _button(pointer, pointer.settings.pressed, button)


@INT33.service(0x0006, since=_SINCE)
def releases(pointer: Pointer, button: BX) -> ButtonState:
    """How often a button was released."""
    return _button(pointer, pointer.settings.released, button)


@INT33.service(0x0007, since=_SINCE)
def set_horizontal_range(pointer: Pointer, first: CX, last: DX) -> None:
    """Keep the pointer between two columns of pixels."""
    pointer.settings.left, pointer.settings.right = sorted((_signed(first), _signed(last)))
    _put_in_range(pointer)


@INT33.service(0x0008, since=_SINCE)
def set_vertical_range(pointer: Pointer, first: CX, last: DX) -> None:
    """Keep the pointer between two rows of pixels."""
    pointer.settings.top, pointer.settings.bottom = sorted((_signed(first), _signed(last)))
    _put_in_range(pointer)


def _put_in_range(pointer: Pointer) -> None:
    pointer.hide_now()
    pointer.move(pointer.settings.x, pointer.settings.y)
    pointer.show_now()


@INT33.service(0x0009, since=_SINCE)
def set_graphics_pointer(pointer: Pointer, x: BX, y: CX, masks: ES_DX) -> None:
    """Shape of the pointer in graphics modes: its hot spot, and two masks of 16 words each at ES:DX."""
    pointer.hide_now()
    pointer.settings.hot_spot = _signed(x), _signed(y)
    pointer.settings.shape = far_memory.read(pointer.machine.memory, masks, 4 * SIDE)
    pointer.show_now()


@INT33.service(0x000A, since=_SINCE)
def set_text_pointer(pointer: Pointer, kind: BX, first: CX, second: DX) -> None:
    """Pointer in text modes: screen and cursor mask (BX=0), or the hardware cursor from and to a scan line (BX=1)."""
    pointer.hide_now()
    pointer.settings.hardware_cursor, pointer.settings.text_masks = kind == 1, (first, second)
    pointer.show_now()


class Mickeys(NamedTuple):
    """How far the mouse went, 16 bits signed."""

    x: CX
    y: DX


@INT33.service(0x000B, since=_SINCE)
def movement(pointer: Pointer) -> Mickeys:
    """How far the mouse went since the last question."""
    settings = pointer.settings
    answer = Mickeys(settings.mickeys_x, settings.mickeys_y)
    settings.mickeys_x = settings.mickeys_y = 0
    return answer


@INT33.service(0x000C, since=_SINCE)
def set_handler(pointer: Pointer, mask: CX, handler: ES_DX) -> None:
    """Procedure to be far-called when one of the conditions in the mask has happened; 0: none."""
    pointer.settings.handler = Handler(mask, Far(*handler))


class OldHandler(NamedTuple):
    """The mask that was in use; ES:DX is its handler."""

    mask: CX
    offset: DX


@INT33.service(0x0014, since=_SINCE)
def exchange_handler(pointer: Pointer, mask: CX, handler: ES_DX) -> OldHandler:
    """As AX=000Ch, handing back the mask and the handler that were in use."""
    old, pointer.settings.handler = pointer.settings.handler, Handler(mask, Far(*handler))
    pointer.machine.regs.es = Segment.real(old.address.segment)
    return OldHandler(old.mask, old.address.offset)


@INT33.service(0x0018, since=_SINCE)
def set_alternate_handler(pointer: Pointer, mask: CX, handler: ES_DX) -> AX:
    """One of three handlers for when Shift (20h), Ctrl (40h) or Alt (80h) is held; mask 0 of the conditions removes it.

    AX is FFFFh when all three are in use or no shift key is named.
    """
    keys, events = mask & SHIFTED, mask & ~SHIFTED & 0xFF
    alternates = pointer.settings.alternates
    place = next((each for each in alternates if each.mask & SHIFTED == keys), None)
    if place is None:
        place = next((each for each in alternates if not each.mask), None)
    if not keys or place is None:
        return _FAILED
    place.mask, place.address = (mask & 0xFF, Far(*handler)) if events else (0, Far(0, 0))
    return 0x0018


class Alternate(NamedTuple):
    """AX FFFFh when there is none; its segment, mask and offset."""

    found: AX
    segment: BX
    mask: CX
    offset: DX


@INT33.service(0x0019, since=_SINCE)
def alternate_handler(pointer: Pointer, mask: CX) -> Alternate:
    """The alternate handler for the shift keys in CX: BX:DX its address."""
    for each in pointer.settings.alternates:
        if each.mask and each.mask & SHIFTED == mask & SHIFTED:
            return Alternate(0x0019, each.address.segment, each.mask, each.address.offset)
    return Alternate(_FAILED, 0, 0, 0)


@INT33.service(0x000F, since=_SINCE)
def set_ratio(pointer: Pointer, x: CX, y: DX) -> None:
    """Mickeys for eight pixels, horizontally and vertically; 0 is no ratio."""
    settings = pointer.settings
    settings.ratio_x, settings.ratio_y = x or settings.ratio_x, y or settings.ratio_y


@INT33.service(0x0010, since=_SINCE)
def exclude_region(pointer: Pointer, left: CX, top: DX, right: SI) -> None:
    """Hide the pointer while it is within CX, DX to SI, DI; until AX=0001h."""
    bottom = pointer.machine.regs.low("di")
    pointer.settings.excluded = _signed(left), _signed(top), _signed(right), _signed(bottom)
    pointer.hide_now()
    pointer.show_now()


@INT33.service(0x0013, since=_SINCE)
def set_double_speed(pointer: Pointer, threshold: DX) -> None:
    """Mickeys per second from which the pointer goes twice as fast; 0: the default."""
    pointer.settings.threshold = threshold or DOUBLE_SPEED


@INT33.service(0x0015, since=_SINCE)
def state_size(pointer: Pointer) -> BX:  # noqa: ARG001 - always the same
    """Bytes AX=0016h writes."""
    return Settings.LAYOUT.size


@INT33.service(0x0016, since=_SINCE)
def save_state(pointer: Pointer, buffer: ES_DX) -> None:
    """Write the driver's state to ES:DX."""
    far_memory.write(pointer.machine.memory, buffer, pointer.settings.encode())


@INT33.service(0x0017, since=_SINCE)
def restore_state(pointer: Pointer, buffer: ES_DX) -> None:
    """Take the driver's state from ES:DX."""
    pointer.restore(far_memory.read(pointer.machine.memory, buffer, Settings.LAYOUT.size))


class Sensitivity(NamedTuple):
    """Horizontal and vertical speed, double-speed threshold."""

    x: BX
    y: CX
    threshold: DX


@INT33.service(0x001A, since=_SINCE)
def set_sensitivity(pointer: Pointer, x: BX, y: CX, threshold: DX) -> None:
    """Set the speeds (1 to 100): remembered, a tablet has none."""
    pointer.settings.sensitivity, pointer.settings.threshold = (x, y), threshold


@INT33.service(0x001B, since=_SINCE)
def sensitivity(pointer: Pointer) -> Sensitivity:
    """The speeds."""
    return Sensitivity(*pointer.settings.sensitivity, pointer.settings.threshold)


@INT33.service(0x001D, since=_SINCE)
def set_page(pointer: Pointer, page: BX) -> None:
    """Page the pointer is drawn on."""
    pointer.hide_now()
    pointer.settings.page = page & 7
    pointer.show_now()


@INT33.service(0x001E, since=_SINCE)
def page(pointer: Pointer) -> BX:
    """Page the pointer is drawn on."""
    return pointer.settings.page


class Disabled(NamedTuple):
    """AX=001Fh for done; ES:BX the INT 33h handler of before this driver: none."""

    done: AX
    offset: BX


@INT33.service(0x001F, since=_SINCE)
def disable(pointer: Pointer) -> Disabled:
    """Take no reports any more."""
    pointer.hide_now()
    pointer.enabled = False
    pointer.machine.regs.es = Segment.real(0)
    return Disabled(0x001F, 0)


@INT33.service(0x0020, since=_SINCE)
def enable(pointer: Pointer) -> AX:
    """Take reports again."""
    pointer.enabled = True
    pointer.show_now()
    return 0x0020


@INT33.service(0x0023, since=_SINCE)
def language(pointer: Pointer) -> BX:  # noqa: ARG001 - fixed
    """Language of the driver's messages: 0, English."""
    return 0


class About(NamedTuple):
    """Version in BX, kind of mouse in CH, its IRQ in CL."""

    version: BX
    kind: CX


@INT33.service(0x0024, since=_SINCE)
def about(pointer: Pointer) -> About:  # noqa: ARG001 - fixed
    """The driver's version, and which kind of mouse it drives on which IRQ."""
    return About(_VERSION, _PS2 << 8 | IRQ)


class Screen(NamedTuple):
    """Is the driver disabled; largest coordinates of the virtual screen."""

    disabled: BX
    x: CX
    y: DX


@INT33.service(0x0026, since=_SINCE)
def virtual_screen(pointer: Pointer) -> Screen:
    """The largest coordinates of the video mode."""
    return Screen(0 if pointer.enabled else 0xFFFF, WIDTH - 1, pointer.size.height - 1)


class HotSpot(NamedTuple):
    """How often the pointer was hidden (0: it shows), its hot spot, kind of mouse."""

    hidden: AX
    x: BX
    y: CX
    kind: DX


@INT33.service(0x002A, since=_SINCE)
def hot_spot(pointer: Pointer) -> HotSpot:
    """The graphics pointer's hot spot."""
    settings = pointer.settings
    return HotSpot(-settings.hidden & 0xFFFF, settings.hot_spot[0] & 0xFFFF, settings.hot_spot[1] & 0xFFFF, _PS2)


class Range(NamedTuple):
    """Least and largest coordinates the pointer is kept between."""

    left: AX
    top: BX
    right: CX
    bottom: DX


@INT33.service(0x0031, since=_SINCE)
def pointer_range(pointer: Pointer) -> Range:
    """The range the pointer is kept in."""
    settings = pointer.settings
    return Range(*(each & 0xFFFF for each in (settings.left, settings.top, settings.right, settings.bottom)))


def accepted(pointer: Pointer) -> None:
    """Standing in for a light pen, reports per second of an InPort mouse, the driver's language: nothing to set."""


for _function in (0x000D, 0x000E, 0x001C, 0x0022):
    INT33.service(_function, since=_SINCE)(accepted)


def _signed(word: int) -> int:
    return word - 0x10000 if word & _SIGNED else word

"""The hex view: what it shows, where keys lead, and what editing asks the session for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt

from app.debug.session import Session
from app.debug.snapshot import Interest, MemoryView, Snapshot, Status
from app.ui.panes.hex_document import CP437, ByteState, HexDocument
from app.ui.panes.hex_layout import Side
from app.ui.panes.memory import MemoryPane
from app.ui.panes.memory_place import Place
from tests.ui.fakes import ENTERED, FakeSession, snapshot_at


class Desk:
    """A memory pane with a session behind it that answers at once."""

    def __init__(self, pane: MemoryPane) -> None:
        self.pane = pane
        self.session = FakeSession()
        self.session.tick = ENTERED + 2
        self.interest = Interest()
        self.asked: list[dict[str, Any]] = []
        pane.interest_changed.connect(self.answer)
        pane.request.connect(self.do)

    def answer(self, fields: dict[str, Any]) -> None:
        self.asked.append(fields)
        self.interest = replace(self.interest, **fields)
        self.pane.show_snapshot(self.snapshot())

    def do(self, call: Callable[[Any], None]) -> None:
        call(self.session)

    def snapshot(self, **changes: Any) -> Snapshot:
        return replace(self.session.observe(self.interest), **changes)

    def go(self, text: str, qtbot: Any) -> None:
        self.pane.address.setFocus()
        self.pane.address.selectAll()
        qtbot.keyClicks(self.pane.address, text)
        qtbot.keyClick(self.pane.address, Qt.Key.Key_Return)


@pytest.fixture
def desk(qtbot: Any) -> Desk:
    pane = MemoryPane()
    qtbot.addWidget(pane)
    pane.resize(760, 400)
    desk = Desk(pane)
    pane.show()
    qtbot.waitExposed(pane)
    pane.show_snapshot(desk.snapshot())
    return desk


def view(data: bytes, state: bytes = b"", title: str = "linear", start: int = 0) -> MemoryView:
    return MemoryView(title, start, start, data, state or bytes(len(data)))


# --- the document ---------------------------------------------------------------------------------------------------


def test_every_byte_has_a_sign() -> None:
    assert len(CP437) == 256
    assert CP437[0xB3] + CP437[0x41] + CP437[0x01] == "│A☺"


def test_changes_are_found_where_two_views_overlap() -> None:
    now, before = view(b"abcd", start=4), view(b"0123aXcY", start=0)
    assert HexDocument.of(now, before).changed == {5, 7}
    assert not HexDocument.of(now, view(b"0123aXcY", title="0040 (segment)")).changed


def test_bytes_that_cannot_be_read_are_no_bytes() -> None:
    document = HexDocument.of(view(b"abcd", state=bytes((0, 0, 1, 2))))
    assert [document.byte_at(offset) for offset in range(5)] == [0x61, 0x62, None, None, None]
    assert document.state_at(3) is ByteState.ABSENT
    assert document.state_at(4) is ByteState.UNKNOWN
    assert document.read(0, 2) == b"ab"
    assert document.read(1, 2) is None


# --- going somewhere ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed, space, start",
    [("b8000", "linear", 0xB8000), ("00af:0400", "sel:00AF", 0x400), ("seg:1234:0010", "seg:1234", 0x10)],
)
def test_a_typed_address_is_asked_for(desk: Desk, qtbot: Any, typed: str, space: str, start: int) -> None:
    desk.go(typed, qtbot)
    assert desk.interest.memory_space == space
    assert desk.interest.memory_start <= start < desk.interest.memory_start + desk.interest.memory_size
    assert desk.pane.bytes.position == start
    assert desk.pane.bytes.document.byte_at(start) == start * 7 & 0xFF


def test_a_wrong_address_is_explained_and_changes_nothing(desk: Desk, qtbot: Any) -> None:
    before = desk.pane.place
    desk.go("nonsense", qtbot)
    assert desk.pane.place == before
    assert "linear address" in desk.pane.address.toolTip()


def test_the_whole_space_can_be_reached(desk: Desk, qtbot: Any) -> None:
    desk.go("fffffff0", qtbot)
    assert desk.pane.bytes.position == 0xFFFF_FFF0
    qtbot.keyClick(desk.pane.bytes, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert desk.pane.bytes.position == 0xFFFF_FFFF
    qtbot.keyClick(desk.pane.bytes, Qt.Key.Key_Right)
    assert desk.pane.bytes.position == 0xFFFF_FFFF
    qtbot.keyClick(desk.pane.bytes, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    assert desk.pane.bytes.position == 0


def test_scrolling_asks_only_for_what_is_missing(desk: Desk) -> None:
    desk.asked.clear()
    bar = desk.pane.bytes.verticalScrollBar()
    bar.setValue(bar.value() + 3)
    assert not desk.asked
    bar.setValue(bar.value() + 100)
    assert len(desk.asked) == 1
    assert desk.pane.bytes.document.covers(desk.pane.bytes.top, desk.pane.bytes.top + 16)


def test_a_selector_ends_a_little_past_its_limit(desk: Desk) -> None:
    desk.pane.show_place(Place("sel:00BF", 0))
    assert desk.pane.bytes.space_size == 0x1000 + 0x40


def test_a_followed_register_stays_in_view(desk: Desk, qtbot: Any) -> None:
    stack = desk.pane.follow_buttons[2]
    assert stack.text() == "SS:ESP"
    qtbot.mouseClick(stack, Qt.MouseButton.LeftButton)
    assert desk.pane.place == Place("sel:00BF", desk.session.registers().esp)
    desk.session.changed["esp"] = 0x300
    desk.pane.show_snapshot(desk.snapshot())
    assert desk.pane.bytes.position == 0x300
    qtbot.keyClick(desk.pane.bytes, Qt.Key.Key_Down)
    assert not stack.isChecked()


def test_in_real_mode_registers_are_sixteen_bits_wide(desk: Desk) -> None:
    desk.pane.show_snapshot(snapshot_at(12))
    assert [button.text() for button in desk.pane.follow_buttons] == ["DS:SI", "ES:DI", "SS:SP"]


# --- editing --------------------------------------------------------------------------------------------------------


def test_hex_digits_overwrite_a_byte(desk: Desk, qtbot: Any) -> None:
    desk.go("00110000", qtbot)
    qtbot.keyClicks(desk.pane.bytes, "4d5")
    low = 0x110001 * 7 & 0x0F
    assert desk.session.calls == [
        ("write_memory", 0x110000, bytes((0x40 | 0x110000 * 7 & 0x0F,))),
        ("write_memory", 0x110000, b"\x4d"),
        ("write_memory", 0x110001, bytes((0x50 | low,))),
    ]
    assert desk.pane.bytes.document.byte_at(0x110000) == 0x4D
    assert 0x110000 in desk.pane.bytes.document.changed


def test_text_overwrites_in_the_text_column(desk: Desk, qtbot: Any) -> None:
    desk.go("00110000", qtbot)
    qtbot.keyClick(desk.pane.bytes, Qt.Key.Key_Tab)
    assert desk.pane.bytes.side is Side.TEXT
    qtbot.keyClicks(desk.pane.bytes, "Ok")
    assert [call[2] for call in desk.session.calls] == [b"O", b"k"]


def test_a_running_program_is_not_edited(desk: Desk, qtbot: Any) -> None:
    desk.pane.show_snapshot(desk.snapshot(status=Status.RUNNING))
    qtbot.keyClicks(desk.pane.bytes, "41")
    assert not desk.session.calls


def test_bytes_that_cannot_be_read_are_not_edited(desk: Desk, qtbot: Any) -> None:
    document = HexDocument.of(view(b"abcd", state=bytes((1, 1, 1, 1))))
    desk.pane.bytes.go_to(0)
    desk.pane.bytes.show_document(document)
    qtbot.keyClicks(desk.pane.bytes, "41")
    assert not desk.session.calls


# --- mouse, copy, picture -------------------------------------------------------------------------------------------


def test_a_click_puts_the_cursor_on_its_byte(desk: Desk, qtbot: Any) -> None:
    view_, grid = desk.pane.bytes, desk.pane.bytes.grid
    at = grid.box(2, 5, 5, Side.HEX).center().toPoint()
    qtbot.mouseClick(view_.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert (view_.position, view_.side) == (view_.top + 2 * grid.per_row + 5, Side.HEX)
    at = grid.box(1, 3, 3, Side.TEXT).center().toPoint()
    qtbot.mouseClick(view_.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, at)
    assert view_.selection == (view_.top + grid.per_row + 3, view_.top + 2 * grid.per_row + 6)


def test_a_selection_is_copied_as_hex_and_nothing_selected_as_a_dump(desk: Desk, qtbot: Any) -> None:
    desk.go("00000000", qtbot)
    assert desk.pane.export_text().startswith("00000000  00 07 0E 15")
    qtbot.keyClick(desk.pane.bytes, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert desk.pane.export_text() == "00 07"


def test_the_menu_follows_what_the_bytes_point_at(desk: Desk, qtbot: Any) -> None:
    desk.go("00000000", qtbot)
    menu = desk.pane.menu()
    names = [action.text() for action in menu.actions() if action.text()]
    assert names == [
        "Go to segment:offset 150E:0700",
        "Go to selector:offset 150E:0700",
        "Go to linear 150E0700",
        "Show in code",
        "Show in memory map",
        "Toggle breakpoint",
        "Who wrote 00000000, 1 byte?\tW",
        "Who reads 00000000, 1 byte next?\tR",
        "Stop when 00000000, 1 byte is written\tShift+W",
        "Stop when 00000000, 1 byte is read\tShift+R",
        "Copy",
    ]
    menu.actions()[0].trigger()
    assert desk.pane.place == Place("seg:150E", 0x700)
    assert desk.interest.memory_space == "seg:150E"
    menu.deleteLater()


def test_a_narrow_view_shows_eight_bytes_a_row(desk: Desk) -> None:
    desk.pane.resize(420, 300)
    assert desk.pane.bytes.grid.per_row == 8
    desk.pane.grab()


def test_a_stale_picture_of_another_space_is_not_drawn(desk: Desk) -> None:
    desk.pane.show_snapshot(desk.snapshot(memory=view(b"\xff" * 64, title="0040 (segment)")))
    assert desk.pane.bytes.document.byte_at(0) == 0
    desk.pane.show_place(Place("sel:0040", 0))
    desk.pane.show_snapshot(desk.snapshot(memory=view(b"\xff" * 64, title="0040 (segment)")))
    assert desk.pane.bytes.document.byte_at(0) == 0
    desk.pane.show_snapshot(desk.snapshot(memory=view(b"\xff" * 64, title="0040 (selector, limit 0000FFFF)")))
    assert desk.pane.bytes.document.byte_at(0) == 0xFF


def test_the_session_offers_what_the_pane_asks_for() -> None:
    assert callable(Session.write_memory)

"""The memory pane: bytes by linear address, segment or selector, as they are now, and to be overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from app.debug.snapshot import Snapshot, Status
from app.debug.watches import MemoryWatch, Watch
from app.emu.registers import Registers
from app.ui.format import byte, dword, far, word
from app.ui.panes.earlier import Earlier
from app.ui.panes.hex_document import CP437, ByteState, HexDocument
from app.ui.panes.hex_painter import hatch
from app.ui.panes.hex_view import HexView
from app.ui.panes.legend import Entry, Legend, background, sign
from app.ui.panes.memory_place import HELP, LINEAR, Place, parse_place, segmented
from app.ui.panes.pane import Pane, Spot
from app.ui.theme import mono_font

_FOLLOWED = (("ds", "esi"), ("es", "edi"), ("ss", "esp"))
_LEGEND = (
    Entry("changed", sign("A5", "changed", underlined=True)),
    Entry("past the limit", background(lambda: hatch(ByteState.PAST_LIMIT))),
    Entry("page absent", background(lambda: hatch(ByteState.ABSENT))),
)
_PAST_LIMIT_SHOWN = 0x40
"""Bytes shown behind a segment's limit, hatched: enough to see that it ends there."""


class MemoryPane(Pane):
    """A hex view with an address field, buttons that follow registers, and the values at the cursor."""

    key = "memory"
    title = "Memory"
    icon = "memory-stick"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place = Place(LINEAR, 0)
        self._earlier = Earlier()
        self._snapshot: Snapshot | None = None
        self.bytes = HexView(self)
        self.address = AddressField(self)
        self.address.entered.connect(self._go_to_text)
        self.follow_buttons = [FollowButton(segment, offset, self) for segment, offset in _FOLLOWED]
        for button in self.follow_buttons:
            button.clicked.connect(partial(self._follow_clicked, button))
        self.space = QLabel(self)
        self.values = QLabel(self)
        self.values.setFont(mono_font())
        self.values.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.values.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bytes.wanted.connect(self._ask)
        self.bytes.typed.connect(self._write)
        self.bytes.cursor_moved.connect(lambda _offset: self._show_values())
        self.bytes.scrolled_by_hand.connect(self._stop_following)
        self._arrange()
        self.setFocusProxy(self.bytes)

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 3, 4, 3)
        bar.setSpacing(4)
        bar.addWidget(self.address)
        for button in self.follow_buttons:
            bar.addWidget(button)
        bar.addWidget(self.space, 1)
        bar.addWidget(Legend(self, *_LEGEND))
        self.values.setContentsMargins(6, 2, 6, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.bytes, 1)
        layout.addWidget(self.values)

    # What is shown

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the bytes that came; follow a register that has moved; ask for what is missing."""
        before = self._earlier.than(snapshot)
        self._snapshot = snapshot
        self.bytes.is_editable = snapshot.status is Status.STOPPED
        for button in self.follow_buttons:
            button.name_for(snapshot.registers)
        followed = next((button for button in self.follow_buttons if button.isChecked()), None)
        if followed is not None:
            self.show_place(followed.place(snapshot.registers))
        view = snapshot.memory
        if self._is_mine(view.title):
            self.bytes.show_document(HexDocument.of(view, None if before is None else before.memory))
            self.space.setText(view.title)
        self._show_values()
        self.bytes.ask()

    def show_place(self, place: Place) -> None:
        """Go to a place; another space is opened first."""
        opened, self.place = place.space != self.place.space, place
        if opened:
            size = self._size_of(place)
            self.bytes.open_space(size, 4 if size <= 0x1_0000 + _PAST_LIMIT_SHOWN else 8, place.start)
        elif place.start != self.bytes.position or not self._is_in_view(place.start):
            self.bytes.go_to(place.start)
        self.address.show_text(str(place))

    def go_to(self, linear: int) -> None:
        """Show a linear address."""
        self._stop_following()
        self.show_place(Place(LINEAR, linear))

    def export_text(self) -> str:
        """The selected bytes, or a dump of the rows in view."""
        first, last = self.bytes.selection
        if last - first > 1:
            return self.bytes.selected_text()
        return self.bytes.dump()

    def _is_in_view(self, offset: int) -> bool:
        grid = self.bytes.grid
        return self.bytes.top <= offset < self.bytes.top + (self.bytes.rows_in_view - 1) * grid.per_row

    def _size_of(self, place: Place) -> int:
        """How far the view scrolls: to the segment's limit and a little beyond."""
        if self._snapshot is not None and place.space.startswith("sel:"):
            selector = int(place.space[4:], 16)
            for row in self._snapshot.descriptors:
                if row.handler is None and row.selector | 3 == selector | 3 and row.descriptor.is_segment:
                    return min(place.size, max(row.descriptor.limit + 1 + _PAST_LIMIT_SHOWN, place.start + 1))
        return place.size

    def _is_mine(self, title: str) -> bool:
        """Whether a view's title names the space shown; a picture asked for earlier may still arrive."""
        kind, number = self.place.space[:3], self.place.space[4:]
        spoken = f"{number} ({'segment' if kind == 'seg' else 'selector'}"
        return title.startswith((self.place.space, spoken))

    def _show_values(self) -> None:
        """The bytes at the cursor, read as what they might be."""
        at, document = self.bytes.position, self.bytes.document
        first = document.byte_at(at)
        if first is None:
            words = {ByteState.PAST_LIMIT: "past the limit", ByteState.ABSENT: "page absent"}
            self.values.setText(f"{dword(document.linear_at(at))}  {words.get(document.state_at(at), '')}")
            return
        parts = [dword(document.linear_at(at)), f"byte {byte(first)} {first} {CP437[first]}"]
        if (data := document.read(at, 2)) is not None:
            parts.append(f"word {word(int.from_bytes(data, 'little'))}")
        if (data := document.read(at, 4)) is not None:
            value = int.from_bytes(data, "little")
            parts += [f"dword {dword(value)}", f"far {far(value >> 16, value & 0xFFFF)}"]
        self.values.setText("   ".join(parts))

    # What the user asks

    def _go_to_text(self, text: str) -> None:
        if self._snapshot is None:
            return
        try:
            place = parse_place(text, self._snapshot.registers)
        except ValueError as error:
            self.address.refuse(str(error))
            return
        self._stop_following()
        self.show_place(place)
        self.bytes.setFocus(Qt.FocusReason.OtherFocusReason)

    def _follow_clicked(self, button: FollowButton) -> None:
        for other in self.follow_buttons:
            other.setChecked(other is button and button.isChecked())
        if button.isChecked() and self._snapshot is not None:
            self.show_place(button.place(self._snapshot.registers))

    def _stop_following(self) -> None:
        for button in self.follow_buttons:
            button.setChecked(False)

    def _ask(self, start: int, size: int) -> None:
        self.interest_changed.emit({"memory_space": self.place.space, "memory_start": start, "memory_size": size})

    def watched(self) -> tuple[Watch, ...]:
        """The selected bytes, one at least."""
        (first, last), document = self.bytes.selection, self.bytes.document
        if document.byte_at(first) is None:
            return ()
        return (MemoryWatch(document.linear_at(first), last - first),)

    def fill_menu(self, menu: QMenu) -> None:
        """Where the bytes at the cursor point, read as addresses."""
        data = self.bytes.document.read(self.bytes.position, 4)
        if data is not None and self._snapshot is not None:
            value = int.from_bytes(data, "little")
            places = (
                segmented(value >> 16, value & 0xFFFF, is_v86=True),
                segmented(value >> 16, value & 0xFFFF, is_v86=False),
                Place(LINEAR, value),
            )
            for place, kind in zip(places, ("segment:offset", "selector:offset", "linear"), strict=True):
                menu.addAction(f"Go to {kind} {place}", partial(self._go_on, place))

    def spots(self) -> Sequence[Spot]:
        """The byte at the cursor."""
        return (Spot("Address", self.bytes.document.linear_at(self.bytes.position)),)

    def _go_on(self, place: Place) -> None:
        self._stop_following()
        self.show_place(place)

    def _write(self, offset: int, value: int) -> None:
        linear, data = self.bytes.document.linear_at(offset), bytes((value,))

        def write(session: Any) -> None:
            session.write_memory(linear, data)

        self.request.emit(write)


class AddressField(QLineEdit):
    """Takes an address; says below itself what is wrong with one."""

    entered = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFont(mono_font())
        self.setPlaceholderText("address")
        self.setToolTip(HELP)
        self.setAccessibleName("Memory address")
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("0" * 16))
        self.returnPressed.connect(lambda: self.entered.emit(self.text()))

    def show_text(self, text: str) -> None:
        """Say where the view is, unless the user is typing."""
        if not (self.hasFocus() and self.isModified()):
            self.setText(text)
            self.setCursorPosition(0)

    def refuse(self, message: str) -> None:
        """Explain, and let the text be corrected."""
        self.selectAll()
        self.setToolTip(message)
        QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), message, self)


class FollowButton(QToolButton):
    """Shows where a register pair points, and keeps showing it while it is pressed."""

    def __init__(self, segment: str, offset: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._segment = segment
        self._offset = offset
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setText(f"{segment}:{offset}".upper())

    def name_for(self, registers: Registers) -> None:
        """Name the half of the register that counts."""
        name = self._offset if self._is_wide(registers) else self._offset[1:]
        self.setText(f"{self._segment}:{name}".upper())
        self.setToolTip(f"Show {self._segment.upper()}:{name.upper()} now and at every stop")

    def place(self, registers: Registers) -> Place:
        """Where the pair points now."""
        offset = int(getattr(registers, self._offset))
        if not self._is_wide(registers):
            offset &= 0xFFFF
        return segmented(getattr(registers, self._segment).selector, offset, is_v86=registers.is_v86)

    def _is_wide(self, registers: Registers) -> bool:
        """SS decides for ESP, the code's width for the rest."""
        segment = registers.ss if self._segment == "ss" else registers.cs
        return segment.is_big and not registers.is_v86

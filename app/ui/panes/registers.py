"""The registers pane: mode, general registers, segments with their hidden parts in words, EFLAGS bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QLabel, QVBoxLayout, QWidget

from app.debug.snapshot import Snapshot, Status
from app.debug.watches import DescriptorWatch, RegisterWatch, SelectorWatch, Watch
from app.emu.descriptor import Descriptor
from app.emu.machine import Place
from app.emu.registers import Flag, Mode, Registers, Segment
from app.ui import format as fmt
from app.ui.badge import Badge
from app.ui.panes.pane import Pane, Spot
from app.ui.tables import Column, RowsModel, Table

_PAIRS = (("eax", "esi"), ("ebx", "edi"), ("ecx", "ebp"), ("edx", "esp"), ("eip", "eflags"))
_SEGMENTS = ("cs", "ss", "ds", "es", "fs", "gs")
_FLAGS = (
    (Flag.CF, "carry"), (Flag.PF, "parity even"), (Flag.AF, "auxiliary carry"), (Flag.ZF, "zero"),
    (Flag.SF, "sign"), (Flag.TF, "trap: one step at a time"), (Flag.IF, "interrupts on"), (Flag.DF, "direction down"),
    (Flag.OF, "overflow"), (Flag.IOPL, "I/O privilege level"), (Flag.NT, "nested task"), (Flag.VM, "virtual 8086"),
)  # fmt: skip
_USED_WITH = {"eip": "cs", "esp": "ss", "ebp": "ss", "edi": "es"}
"""The segment register an address in a general register is usually meant with; DS for all others."""
_NARROWEST = 252
_NOT_BY_HAND = Flag.VM | Flag.IOPL
"""Bits a debugger cannot change without leaving the mode the program is in."""

Edit = Callable[[str, int], None]


class Value(NamedTuple):
    """A general register."""

    name: str
    value: int

    @property
    def tip(self) -> str:
        """The value in other ways of reading it."""
        low = self.value & 0xFFFF
        signed = self.value - (1 << 32) if self.value >> 31 else self.value
        return f"{self.name.upper()} = {fmt.count(signed)}; low word {fmt.word(low)} = {fmt.count(low)}"


class SegmentLine(NamedTuple):
    """One of the two lines of a segment register: its numbers, or their meaning in words."""

    name: str
    segment: Segment
    in_words: bool
    mode: Mode

    @property
    def has_base(self) -> bool:
        """A null selector has none: the host only puts it where any use faults."""
        return self.mode is Mode.V86 or not self.segment.is_null

    def words(self) -> str:
        """What the hidden part says."""
        segment = self.segment
        if self.mode is Mode.V86:
            return f"paragraph, {fmt.word(segment.selector)} × 16"
        if not self.has_base:
            return "null: any use faults"
        kind = Descriptor(segment.base, 0, segment.access, segment.flags).describe().removesuffix(", accessed")
        return f"{kind} · DPL {segment.access >> 5 & 3}"


class RegisterModel(RowsModel[tuple[Value, Value]]):
    """Two general registers a row, so that all ten fit into five rows."""

    def __init__(self, edit: Edit, parent: QWidget) -> None:
        columns = [column for side in (0, 1) for column in _value_columns(side)]
        super().__init__(columns, lambda pair: pair[0].name, parent)
        self.is_editable = False
        self._edit = edit

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        """Values can be edited while the machine rests."""
        flags = super().flags(index)
        is_value = index.isValid() and index.column() % 2 == 1
        return flags | Qt.ItemFlag.ItemIsEditable if self.is_editable and is_value else flags

    def setData(
        self, index: QModelIndex | QPersistentModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Ask for the change; the next snapshot shows it."""
        if role != Qt.ItemDataRole.EditRole:
            return False
        try:
            number = fmt.parse_number(str(value))
        except ValueError:
            return False
        if not 0 <= number <= 0xFFFF_FFFF:
            return False
        self._edit(self.row(index.row())[index.column() // 2].name, number)
        return True


def _value_columns(side: int) -> list[Column[tuple[Value, Value]]]:
    return [
        Column("", lambda pair: pair[side].name.upper()[:3], colour=lambda _pair: "muted"),
        Column("", lambda pair: fmt.dword(pair[side].value), tip=lambda pair: pair[side].tip),
    ]


class FlagModel(RowsModel[int]):
    """EFLAGS as one row of cells."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__([_flag_column(flag, meaning) for flag, meaning in _FLAGS], lambda _flags: "eflags", parent)


def _flag_column(flag: Flag, meaning: str) -> Column[int]:
    name, shift = str(flag.name), (flag & -flag).bit_length() - 1
    return Column(
        "IO" if flag is Flag.IOPL else name,
        lambda flags: str((flags & flag) >> shift),
        tip=lambda flags: f"{name}, {meaning}: {(flags & flag) >> shift}",
        colour=lambda flags: "text" if flags & flag else "muted",
        title_tip=f"{name}: {meaning}",
        centred=True,
    )


class RegistersPane(Pane):
    """What the processor holds. A double click edits a register or turns a flag over."""

    key, title, icon = "registers", "Registers", "cpu"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._registers: Registers | None = None
        self._stop = Place(-1, 0)
        self._can_edit = False
        self.mode, self.words = Badge("Mode", self, widest="Ring 0"), QLabel(self)
        self.words.setAccessibleName("Privilege level and interrupts")
        self.general_model = RegisterModel(self._set_register, self)
        self.flag_model = FlagModel(self)
        self.segment_model: RowsModel[SegmentLine] = RowsModel(
            _segment_columns(), lambda line: (line.name, line.in_words), self
        )
        self.general = Table(self.general_model, "General registers", self)
        self.flags = Table(self.flag_model, "Flags", self)
        self.segments = Table(self.segment_model, "Segment registers", self)
        self._arrange()
        self.setFocusProxy(self.general)
        self.flags.doubleClicked.connect(self._flip)
        self.flags.enter_pressed.connect(self._flip)
        self.general.enter_pressed.connect(self._edit)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the registers; what differs from the stop before is marked."""
        if snapshot.place != self._stop and self._registers != snapshot.previous:  # stops went by unseen
            for model in (self.general_model, self.flag_model, self.segment_model):
                model.forget()
            self._show(snapshot.previous, snapshot.place)
        self._show(snapshot.registers, snapshot.place)
        self._registers, self._stop = snapshot.registers, snapshot.place
        self._can_edit = self.general_model.is_editable = snapshot.status is Status.STOPPED
        mode, registers = snapshot.mode, snapshot.registers
        level = 3 if mode is Mode.V86 else registers.cs.selector & 3
        self.mode.show_word(fmt.MODE_NAMES[mode], mode.value, fmt.MODE_WORDS[mode])
        self.words.setText(f"CPL {level} · interrupts {'on' if registers.interrupts_on else 'off'}")

    def export_text(self) -> str:
        """All registers."""
        return "\n\n".join(view.export_text() for view in (self.general, self.flags, self.segments))

    def watched(self) -> tuple[Watch, ...]:
        """The register at the cursor of the table that has the keyboard; EIP is written by every instruction."""
        if self.flags.hasFocus():
            return (RegisterWatch("eflags"),)
        if self.segments.hasFocus():
            return self._watched_segment(self.segments.currentIndex())
        index = self.general.currentIndex()
        if not self.general.hasFocus() or not index.isValid():
            return ()
        name = self.general_model.row(index.row())[index.column() // 2].name
        return () if name == "eip" else (RegisterWatch(name),)

    def spots(self) -> Sequence[Spot]:
        """Where the general register at the cursor points, by the segment it is used with; the base of a segment."""
        registers = self._registers
        if registers is None:
            return ()
        if self.segments.hasFocus() and self.segments.currentIndex().isValid():
            line = self.segment_model.row(self.segments.currentIndex().row())
            return () if not line.has_base else (Spot(f"Base of {line.name.upper()}", line.segment.base),)
        index = self.general.currentIndex()
        if not self.general.hasFocus() or not index.isValid():
            return ()
        value = self.general_model.row(index.row())[index.column() // 2]
        if value.name == "eflags":
            return ()
        segment = getattr(registers, _USED_WITH.get(value.name, "ds"))
        offset = value.value if segment.is_big or value.name == "eip" else value.value & 0xFFFF
        return (Spot(value.name.upper(), segment.base + offset & 0xFFFFFFFF),)

    def _watched_segment(self, index: QModelIndex) -> tuple[Watch, ...]:
        """The register; in protected mode also the selector it holds, and that one's descriptor."""
        if not index.isValid():
            return ()
        line = self.segment_model.row(index.row())
        watch, selector = RegisterWatch(line.name), line.segment.selector
        if line.mode is Mode.V86 or not line.has_base:
            return (watch,)
        return watch, SelectorWatch(selector), DescriptorWatch(selector)

    def _show(self, registers: Registers, stop: Place) -> None:
        pairs = [tuple(Value(name, getattr(registers, name)) for name in pair) for pair in _PAIRS]
        self.general_model.show_rows(pairs, stop)  # type: ignore[arg-type]  # pairs are tuples of two
        self.flag_model.show_rows([registers.eflags], stop)
        lines = [
            SegmentLine(name, getattr(registers, name), in_words, registers.mode)
            for name in _SEGMENTS
            for in_words in (False, True)
        ]
        self.segment_model.show_rows(lines, stop)
        for number in range(1, len(lines), 2):
            if self.segments.columnSpan(number, 0) == 1:
                self.segments.setSpan(number, 0, 1, 4)

    def _set_register(self, name: str, value: int) -> None:
        self.request.emit(lambda session: session.set_register(name, value))

    def _edit(self, index: QModelIndex) -> None:
        if index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.general.edit(index)

    def _flip(self, index: QModelIndex) -> None:
        flag = _FLAGS[index.column()][0]
        if self._can_edit and self._registers is not None and not flag & _NOT_BY_HAND:
            self._set_register("eflags", self._registers.eflags ^ flag)

    def _arrange(self) -> None:
        self.general.horizontalHeader().hide()
        self.general.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.general.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.general.set_widths(3, 8, 3)
        self.segments.set_widths(3, 5, 8)
        self.segments.setAlternatingRowColors(False)
        self.segments.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.flags.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        header = self.flags.horizontalHeader()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(10)
        small = header.font()
        small.setPointSizeF(small.pointSizeF() - 1.5)
        header.setFont(small)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for view, rows in ((self.general, len(_PAIRS)), (self.flags, 1)):
            titles = 0 if view.horizontalHeader().isHidden() else header.sizeHint().height()
            view.setFixedHeight(rows * view.verticalHeader().defaultSectionSize() + titles + 2 * view.frameWidth())
            view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = QHBoxLayout()
        head.setContentsMargins(4, 2, 4, 0)
        head.addWidget(self.mode)
        head.addWidget(self.words, stretch=1)
        self.setMinimumWidth(_NARROWEST)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        for view in (self.general, self.flags, self.segments):
            column.addWidget(view)


def _segment_columns() -> Sequence[Column[SegmentLine]]:
    def hidden(write: Callable[[Segment], str]) -> Callable[[SegmentLine], str]:
        return lambda line: "" if line.in_words else write(line.segment) if line.has_base else "-"

    def tip(line: SegmentLine) -> str:
        segment = line.segment
        table = (
            f"{'LDT' if segment.selector & 4 else 'GDT'} entry {segment.selector >> 3}, RPL {segment.selector & 3}\n"
        )
        access = f"access byte {fmt.byte(segment.access)}h, flags {segment.flags:X}h"
        return f"{line.name.upper()}: {line.words()}\n{'' if line.mode is Mode.V86 else table}{access}"

    return (
        Column(
            "Seg",
            lambda line: f"  {line.words()}" if line.in_words else line.name.upper(),
            colour=lambda _line: "muted",
            tip=tip,
        ),
        Column(
            "Value",
            lambda line: "" if line.in_words else fmt.word(line.segment.selector),
            title_tip="Selector, or paragraph in V86 mode; below it the access rights in words",
            tip=tip,
        ),
        Column("Base", hidden(lambda segment: fmt.dword(segment.base)), title_tip="Linear address", tip=tip),
        Column("Limit", hidden(lambda segment: fmt.dword(segment.limit)), title_tip="Last valid offset", tip=tip),
    )

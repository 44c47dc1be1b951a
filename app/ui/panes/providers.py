"""The providers pane: resident service providers, and the clients they were told of.

DPMI 1.0, INT 31h AX=0C00h: a provider describes a procedure for each width. The host calls it, with descriptors made
in that client's table, when a client of the width has entered and when it ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.debug.snapshot import ProcedureRow, ProvidersView, Snapshot, ToldRow
from app.emu.descriptor import Descriptor
from app.ui.format import dword, word
from app.ui.panes.headed import Headed
from app.ui.panes.pane import Pane, Spot
from app.ui.tables import Column, RowsModel, Table


class ProvidersPane(Pane):
    """What is installed above, one row for each width; below, whom it was told of."""

    key = "providers"
    title = "Providers"
    icon = "link"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.procedures: RowsModel[ProcedureRow] = RowsModel(_PROCEDURES, lambda row: (row.provider, row.bits), self)
        self.told: RowsModel[ToldRow] = RowsModel(_TOLD, lambda row: (row.provider, row.client), self)
        self.procedure_table = Table(self.procedures, "Resident service providers", self)
        self.procedure_table.set_widths(8, 6, 4, 8, 6, 8, 8, 52)
        self.procedure_table.doubleClicked.connect(lambda index: self._reveal(self.procedures.row(index.row()).linear))
        self.told_table = Table(self.told, "Clients that providers were told of", self)
        self.told_table.set_widths(8, 6, 4, 13, 4)
        self.told_table.doubleClicked.connect(lambda index: self._reveal(self.told.row(index.row()).linear))
        self.head = Headed(self.told_table, self)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.procedure_table)
        splitter.addWidget(self.head)
        splitter.setSizes([100, 200])
        splitter.setStretchFactor(1, 1)
        splitter.setCollapsible(0, False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        self._show_head(ProvidersView())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show both tables and what is being called."""
        self.procedures.show_rows(snapshot.providers.procedures, snapshot.place)
        self.told.show_rows(snapshot.providers.told, snapshot.place)
        self._show_head(snapshot.providers)

    def export_text(self) -> str:
        """Both tables and the call in progress, or the rows selected in the lower one."""
        if self.told_table.hasFocus():
            return self.told_table.export_text()
        return f"{self.procedure_table.export_text()}\n\n{self.head.text}\n{self.told_table.export_text()}"

    def spots(self) -> Sequence[Spot]:
        """The procedure of the row at the cursor."""
        for table, model in ((self.told_table, self.told), (self.procedure_table, self.procedures)):
            index = table.currentIndex()
            if table.hasFocus() and index.isValid():
                row: ProcedureRow | ToldRow = model.row(index.row())
                return (Spot("Procedure", row.linear),)
        return ()

    def _show_head(self, view: ProvidersView) -> None:
        calls = [_call(row) for row in view.told if row.in_progress]
        if calls:
            text = "Call in progress: " + "; in it ".join(calls)
        elif view.procedures:
            text = "No provider is being called."
        else:
            text = "No provider is installed. INT 31h AX=0C00h installs one."
        self.head.say(text)

    def _reveal(self, linear: int) -> None:
        self.reveal.emit("code", linear)


def _call(row: ToldRow) -> str:
    """A call in words: `provider 1 at 00AF:0412, because client 2 has entered (AX=0, BX=0002, DS=00B7)`."""
    why = "ends" if row.has_ended else "has entered"
    registers = f"AX={int(row.has_ended)}, BX={word(row.client)}, DS={word(row.data)}"
    return f"provider {row.provider} at {row.handler}, because client {row.client} {why} ({registers})"


def _descriptor(descriptor: Descriptor) -> str:
    """Base, limit and type: `00010050 0000FFFF 16-bit code, readable`."""
    return f"{dword(descriptor.base)} {dword(descriptor.limit)} {descriptor.describe()}"


def _state(row: ToldRow) -> str:
    if row.in_progress:
        return "► told of its end" if row.has_ended else "► told of its entry"
    return "has ended" if row.has_ended else "alive"


def _told_colour(row: ToldRow) -> str:
    if row.in_progress:
        return "locked"
    return "muted" if row.has_ended else ""


_DESCRIPTOR_TIP = "Base, limit and type, as the structure of INT 31h AX=0C00h gives them"

_PROCEDURES: list[Column[ProcedureRow]] = [
    Column("Provider", lambda row: str(row.provider), title_tip="Number in order of installation"),
    Column("Client", lambda row: str(row.owner), title_tip="The client that installed it"),
    Column("Bits", lambda row: str(row.bits), title_tip="Width of the clients this procedure is called for"),
    Column(
        "State", lambda row: "resident" if row.is_resident else "runs",
        title_tip="Resident: its client has ended by INT 31h AX=0C01h",
    ),
    Column("In use", lambda row: str(row.clients or ""), title_tip="Clients it knows, of both widths"),
    Column("Linear", lambda row: dword(row.linear), title_tip="Where the procedure is; a double click shows it"),
    Column("Offset", lambda row: dword(row.offset) if row.bits == 32 else word(row.offset)),
    Column(
        "Code descriptor", lambda row: _descriptor(row.code), tip=lambda row: _descriptor(row.code),
        title_tip=_DESCRIPTOR_TIP,
    ),
    Column(
        "Data descriptor", lambda row: _descriptor(row.data), tip=lambda row: _descriptor(row.data),
        title_tip=_DESCRIPTOR_TIP,
    ),
]  # fmt: skip

_TOLD: list[Column[ToldRow]] = [
    Column("Provider", lambda row: str(row.provider), colour=_told_colour),
    Column("Client", lambda row: str(row.client), colour=_told_colour, title_tip="Its number is the handle in BX"),
    Column("Bits", lambda row: str(row.bits), colour=_told_colour),
    Column("Procedure", lambda row: str(row.handler), colour=_told_colour, title_tip="In that client's table"),
    Column(
        "DS", lambda row: word(row.data), colour=_told_colour, title_tip="The provider's data in that client's table"
    ),
    Column("State", _state, colour=_told_colour),
]

"""The window: menus, toolbar, panes, status bar, and between them and the session the bridge."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QInputDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QScrollArea,
    QStackedWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from app.debug.journal import SUFFIX
from app.debug.launch import Launch
from app.debug.session import Goal, RunTo, Session
from app.debug.snapshot import RecordingView, Snapshot, Status, Stop
from app.ui.actions import KEYS_IN_PANES, MENUS, Actions, keys_in_words
from app.ui.bridge import Bridge
from app.ui.go_to import GoToDialog, destination
from app.ui.message_bar import MessageBar
from app.ui.panes import PANES
from app.ui.panes.bookmarks import Bookmark
from app.ui.past import position_of
from app.ui.questions import Ask
from app.ui.samples import launch_of
from app.ui.settings import LEAST_HISTORY_MIB, MOST_HISTORY_MIB, Settings
from app.ui.start_page import StartPage
from app.ui.status_bar import StatusBar, taken
from app.ui.theme import Scheme, Theme
from app.ui.workbench import Workbench

if TYPE_CHECKING:
    from app.ui.panes.bookmarks import BookmarksPane
    from app.ui.panes.code import CodePane
    from app.ui.panes.compare import ComparePane

_FRAME: Final = QSize(16, 48)
"""Room the window manager takes around a window."""
OpenSession = Callable[[Launch], Session]

_SELECT: Final = (
    "Select what is meant first: a register, a slot of a stack, bytes in memory, a descriptor, a vector, "
    "or a field of a callback's structure."
)


class MainWindow(QMainWindow):
    """open_session makes a session for what the user picks; it is called on the emulation thread."""

    def __init__(self, open_session: OpenSession, settings: Settings, theme: Theme) -> None:
        super().__init__()
        self._open_session = open_session
        self._settings = settings
        self._theme = theme
        self._snapshot: Snapshot | None = None
        self._is_asked = False
        self._takes_bookmarks = False
        self._recording_note = ""
        self._program: Path | None = None
        self._dialog: QDialog | None = None
        self.bridge = Bridge(self)
        self.actions_ = Actions(self, self.go, self.ask)
        self.workbench = Workbench(self)
        self.start_page = StartPage(self)
        self.messages = MessageBar(self)
        self.status = StatusBar(self)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.start_page)
        self._pages.addWidget(self.workbench)
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self._pages, stretch=1)
        self.setCentralWidget(middle)
        self.setStatusBar(self.status)
        self._make_menus()
        self._make_toolbar()
        self._connect()
        self.setWindowTitle("dpmiscope")
        self.start_page.show_recent(settings.recent)
        self._restore_layout()

    # --- programs ---------------------------------------------------------------------------------------------------

    def load(self, program: Path, start: Callable[[], Session]) -> None:
        """Load a program; its window opens with the first picture, an error leaves the page as it is."""
        self.messages.clear_message()
        self._program = program
        marks = self._settings.bookmarks(program)
        self._bookmarks.show_marks(marks)
        self.workbench.show_bookmarks(marks)
        self._settings.remember(program)
        self.start_page.show_recent(self._settings.recent)
        budget = self._settings.history_mib << 20
        self._takes_bookmarks = not marks
        self._recording_note = ""

        def begin() -> Session:
            session = start()
            session.set_budget(budget)
            if marks:
                session.set_bookmarks(marks)
            return session

        self.bridge.load(begin)

    def open_program(self) -> None:
        """Let the user pick a file."""
        folder = str(self._settings.recent[0].parent) if self._settings.recent else ""
        kinds = f"Programs and recordings (*.com *.COM *.exe *.EXE *{SUFFIX});;All files (*)"
        name, _kind = QFileDialog.getOpenFileName(self, "Open program or recording", folder, kinds)
        if name:
            self._load_chosen(launch_of(Path(name)))

    def save_recording(self) -> None:
        """Let the user say where, and write the run there."""
        if self._program is None:
            return
        dialog = QFileDialog(self, "Save recording", str(self._program.parent), f"Recordings (*{SUFFIX})")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX)
        dialog.selectFile(self._program.with_suffix(SUFFIX).name)
        dialog.fileSelected.connect(self._save_recording)
        self._dialog = dialog
        dialog.open()

    def _save_recording(self, path: str) -> None:
        self.bridge.ask(lambda session: session.save_recording(path), done=f"The run is recorded in {path}.")

    def show_start_page(self) -> None:
        """Show samples and recent programs; the program loaded stays where it is."""
        self._pages.setCurrentWidget(self.start_page)

    def _load_chosen(self, launch: Launch) -> None:
        self.load(Path(launch.programs[-1][0]), lambda: self._open_session(launch))
        if self._snapshot is not None:
            self._pages.setCurrentWidget(self.workbench)

    # --- the machine ------------------------------------------------------------------------------------------------

    def go(self, goal: Goal) -> None:
        """Run for a goal."""
        self.messages.clear_message()
        self._is_asked = True
        self.bridge.go(goal)

    def ask(self, ask: Ask) -> None:
        """Ask something about what is selected in the pane with the keyboard."""
        pane = self.workbench.focused
        if pane is None or not pane.watched():
            self.messages.note(_SELECT)
        elif not pane.ask(ask):
            self.messages.note(f"That cannot be asked of this: {pane.watched()[0]}.")

    def pause(self) -> None:
        """Come to rest."""
        self.bridge.pause()

    def restart(self) -> None:
        """Start the program again."""
        self.messages.clear_message()
        self.bridge.restart()

    def run_to_cursor(self) -> None:
        """Run until the instruction marked in the code pane is next."""
        linear = self._code.cursor_linear
        if linear is not None:
            self.go(RunTo(linear))

    def toggle_breakpoint(self) -> None:
        """Set or remove a breakpoint at the instruction marked in the code pane."""
        linear = self._code.cursor_linear
        if linear is not None:
            self.bridge.ask(lambda session: session.toggle_breakpoint(linear))

    def add_bookmark(self) -> None:
        """Note where the machine is."""
        if self._snapshot is not None:
            self._bring_up("bookmarks")
            position = position_of(self._snapshot)
            self._bookmarks.add(Bookmark(position, self._snapshot.sentence))

    def pin(self) -> None:
        """Keep this position to compare with."""
        self._bring_up("compare")
        self._compare.pin()

    def unpin(self) -> None:
        """Compare no longer."""
        self._compare.unpin()

    def set_memory(self) -> None:
        """Ask how much memory going back may take; kept, and used at once."""
        dialog = QInputDialog(self)
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setWindowTitle("Memory for going back")
        dialog.setLabelText(
            "MiB the checkpoints of a run may take. With less, checkpoints further apart are kept:\n"
            "every position can still be gone to, but those far from a checkpoint take longer."
        )
        dialog.setIntRange(LEAST_HISTORY_MIB, MOST_HISTORY_MIB)
        dialog.setIntValue(self._settings.history_mib)
        dialog.intValueSelected.connect(self._take_memory)
        self._dialog = dialog
        dialog.open()

    def _take_memory(self, mib: int) -> None:
        self._settings.history_mib = mib
        self.bridge.ask(lambda session: session.set_budget(mib << 20))

    def _keep_bookmarks(self, marks: list[Bookmark]) -> None:
        if self._program is not None:
            self._settings.keep_bookmarks(self._program, marks)
            self.workbench.show_bookmarks(marks)
            self.bridge.ask(lambda session: session.set_bookmarks(marks))

    def go_to(self) -> None:
        """Ask where to go."""
        self._dialog = GoToDialog(self, self._go_to)
        self._dialog.open()

    def _go_to(self, text: str) -> None:
        if self._snapshot is None:
            return
        where = destination(text, self._snapshot)
        if isinstance(where, Goal):
            self.go(where)
        else:
            in_memory = self.workbench.focused is self.workbench.panes["memory"]
            self.workbench.reveal("memory" if in_memory else "code", where)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw a picture; of a search only how far it is: the panes keep what they show."""
        self.actions_.allow(snapshot)
        self.status.show_snapshot(snapshot)
        if snapshot.status is Status.SEARCHING:
            return
        if self._snapshot is None:
            self._pages.setCurrentWidget(self.workbench)
        self._snapshot = snapshot
        self.actions_["set_memory"].setText(f"Memory for going back… ({taken(snapshot.history)})")
        self.setWindowTitle(f"{snapshot.program} — dpmiscope")
        self.workbench.show_snapshot(snapshot)
        if snapshot.recording is not None:
            self._heed(snapshot.recording)
        if self._is_asked and not self.bridge.is_busy:
            self._is_asked = False
            if Stop.NOT_FOUND in snapshot.stop:
                self.messages.note(snapshot.sentence)

    def _heed(self, recording: RecordingView) -> None:
        """Take the bookmarks of a recording that was opened, unless it has others here; say what is new about it."""
        if self._takes_bookmarks and self._program == Path(recording.file):
            self._takes_bookmarks = False
            marks = [Bookmark(position, note) for position, note in recording.bookmarks]
            self._bookmarks.show_marks(marks)
            self.workbench.show_bookmarks(marks)
        if recording.note != self._recording_note:
            self._recording_note = recording.note
            if recording.note:
                self.messages.note(recording.note, "triangle-alert")

    @property
    def _bookmarks(self) -> BookmarksPane:
        return cast("BookmarksPane", self.workbench.panes["bookmarks"])

    @property
    def _compare(self) -> ComparePane:
        return cast("ComparePane", self.workbench.panes["compare"])

    @property
    def _code(self) -> CodePane:
        return cast("CodePane", self.workbench.panes["code"])

    # --- view and help ----------------------------------------------------------------------------------------------

    def reset_layout(self) -> None:
        """Put all panes back where they belong."""
        self.workbench.reset()

    def show_keys(self) -> None:
        """All keys, in one table."""
        rows = [(row.text, row.keys, row.tip) for row, _action in self.actions_.rows()]
        rows += KEYS_IN_PANES
        rows += [(entry.title, (entry.shortcut,), "Show the pane and give it the keyboard") for entry in PANES]
        lines = "".join(
            f"<tr><td><b>{text.replace('&', '').rstrip('…')}</b></td><td>{keys_in_words(keys)}</td><td>{tip}</td></tr>"
            for text, keys, tip in rows
        )
        self._dialog = QDialog(self)
        self._dialog.setWindowTitle("Keys")
        table = QLabel(f"<table cellpadding='3' cellspacing='0'>{lines}</table>", self._dialog)
        table.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        table.setMargin(8)
        scroll = QScrollArea(self._dialog)
        scroll.setWidget(table)
        scroll.setFocus()
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self._dialog)
        close.rejected.connect(self._dialog.reject)
        column = QVBoxLayout(self._dialog)
        column.addWidget(scroll)
        column.addWidget(close)
        bar = scroll.verticalScrollBar().sizeHint().width()
        room = self.screen().availableSize() * 0.9
        self._dialog.resize(table.sizeHint().width() + bar + 40, min(table.sizeHint().height() + 80, room.height()))
        self._dialog.open()

    def show_about(self) -> None:
        """Version and licence."""
        text = (
            f"<h3>dpmiscope {version('dpmiscope')}</h3><p>A debugger for DOS protected-mode (DPMI) programs.</p>"
            "<p>GPL-2.0-or-later. Processor: Unicorn. Disassembler: Capstone. Icons: Lucide. Font: DejaVu.</p>"
        )
        self._dialog = QMessageBox(QMessageBox.Icon.NoIcon, "About dpmiscope", text, parent=self)
        self._dialog.open()

    # --- putting it together ----------------------------------------------------------------------------------------

    def _make_menus(self) -> None:
        menus: dict[str, QMenu] = {name: self.menuBar().addMenu(name) for name in MENUS}
        for entry in PANES:
            show = QAction(entry.title, self)
            show.setObjectName(f"show_{entry.key}")
            show.setShortcut(entry.shortcut)
            show.setToolTip(f"{entry.title} ({keys_in_words((entry.shortcut,))})")
            show.triggered.connect(lambda _checked=False, key=entry.key: self._bring_up(key))
            menus["&View"].addAction(show)
        for row, action in self.actions_.rows():
            if row.opens_group:
                menus[row.menu].addSeparator()
            menus[row.menu].addAction(action)
        self._make_theme_menu(menus["&View"])

    def _make_theme_menu(self, view: QMenu) -> None:
        menu = view.addMenu("&Theme")
        group = QActionGroup(self)
        for scheme, text in ((Scheme.SYSTEM, "As the &system"), (Scheme.LIGHT, "&Light"), (Scheme.DARK, "&Dark")):
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(self._theme.scheme is scheme)
            action.triggered.connect(lambda _checked=False, scheme=scheme: self._choose_scheme(scheme))
            group.addAction(action)

    def _make_toolbar(self) -> None:
        bar = QToolBar("Toolbar", self)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        for row, action in self.actions_.rows():
            if row.in_toolbar:
                if row.opens_group:
                    bar.addSeparator()
                bar.addAction(action)
        self.addToolBar(bar)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def _connect(self) -> None:
        self.bridge.snapshot_ready.connect(self.show_snapshot)
        self.bridge.failed.connect(self.messages.say)
        self.bridge.done.connect(lambda text: self.messages.note(text, "save"))
        self.workbench.request.connect(self.bridge.ask)
        self.workbench.go.connect(self.go)
        self.workbench.interest_changed.connect(self._look_at)
        self._bookmarks.marks_changed.connect(self._keep_bookmarks)
        self.start_page.chosen.connect(self._load_chosen)
        self.start_page.open_asked.connect(self.open_program)
        self._theme.changed.connect(self.actions_.tint)
        go_to = QShortcut("G", self.workbench.panes["code"], self.go_to)
        go_to.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _look_at(self, fields: dict[str, Any]) -> None:
        self.bridge.look_at(fields)

    def _bring_up(self, key: str) -> None:
        if self._snapshot is not None:
            self._pages.setCurrentWidget(self.workbench)
            self.workbench.bring_up(key)

    def _choose_scheme(self, scheme: Scheme) -> None:
        self._theme.choose(scheme)
        self._settings.scheme = scheme

    def _restore_layout(self) -> None:
        if not self.restoreGeometry(self._settings.geometry):
            self.resize(QSize(1280, 800).boundedTo(self.screen().availableSize() - _FRAME))
        if not self._settings.layout.isEmpty():
            self.workbench.restore(self._settings.layout, self._settings.layout_version)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout, end the emulation thread."""
        self._settings.geometry = self.saveGeometry()
        if self._snapshot is not None:  # panes that were never laid out have no sizes worth keeping
            self._settings.layout = self.workbench.saveState(self._settings.layout_version)
        self._settings.save()
        self.bridge.close()
        super().closeEvent(event)

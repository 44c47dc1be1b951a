"""Everything the user can do: one table. Menus, toolbar, shortcuts, tooltips, help and enabling all read its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.debug.goals import (
    BackToCaller,
    PreviousCallback,
    PreviousEvent,
    PreviousModeSwitch,
    RunBack,
    StepBack,
    StepBackOver,
)
from app.debug.session import Goal, Run, StepInto, StepOut, StepOver, ToCallback, ToEvent, ToModeSwitch
from app.debug.snapshot import Status
from app.ui.icons import icon


class When(Enum):
    """When an action can be used."""

    ALWAYS = auto()
    LOADED = auto()
    AT_REST = auto()
    """A program is loaded, has not ended and is not running."""
    STILL = auto()
    """A program is loaded and is not running; it may have ended."""
    RUNNING = auto()

    def allows(self, status: Status | None) -> bool:
        """Whether a program with this status (None: there is no program) can be treated so."""
        match self:
            case When.ALWAYS:
                return True
            case When.LOADED:
                return status is not None
            case When.AT_REST:
                return status is Status.STOPPED
            case When.STILL:
                return status in {Status.STOPPED, Status.ENDED}
            case When.RUNNING:
                return status in {Status.RUNNING, Status.WAITING}


@dataclass(frozen=True, slots=True)
class Row:
    """One action. It runs for `goal`, or calls the window's method `method`."""

    id: str
    text: str
    icon: str
    keys: tuple[str, ...]
    tip: str
    menu: str
    when: When = When.AT_REST
    goal: Goal | None = None
    method: str = ""
    in_toolbar: bool = False
    opens_group: bool = False
    """A separator stands before it in menu and toolbar."""


MENUS: Final = ("&File", "&Run", "&History", "&View", "&Help")

ROWS: Final = (
    Row("open", "&Open program…", "folder-open", ("Ctrl+O",), "Open a DOS program", "&File",
        When.ALWAYS, method="open_program", in_toolbar=True),
    Row("start", "&Start page", "book-open", ("Ctrl+Home",), "Samples and recent programs", "&File",
        When.ALWAYS, method="show_start_page"),
    Row("quit", "&Quit", "x", ("Ctrl+Q",), "Close the window", "&File", When.ALWAYS, method="close", opens_group=True),
    Row("run", "&Run", "play", ("F5",), "Run until a breakpoint, the end, or a pause", "&Run",
        goal=Run(), in_toolbar=True, opens_group=True),
    Row("pause", "&Pause", "pause", ("F12", "Pause"), "Stop the running program", "&Run",
        When.RUNNING, method="pause", in_toolbar=True),
    Row("restart", "R&estart", "rotate-ccw", ("Ctrl+F2",), "Load the program again and stop at its first instruction",
        "&Run", When.LOADED, method="restart", in_toolbar=True),
    Row("step_into", "Step &into", "arrow-down-to-dot", ("F7", "F11"),
        "One instruction; follow an INT, callback or interrupt to its first instruction", "&Run",
        goal=StepInto(), in_toolbar=True, opens_group=True),
    Row("step_over", "Step &over", "redo-dot", ("F8", "F10"),
        "One instruction; run calls, INTs and what they cause to the instruction behind", "&Run",
        goal=StepOver(), in_toolbar=True),
    Row("step_out", "Run &until return", "arrow-up-from-dot", ("Shift+F11", "Ctrl+F9"),
        "Run until the procedure, interrupt handler or callback handler has returned", "&Run",
        goal=StepOut(), in_toolbar=True),
    Row("to_cursor", "Run to &cursor", "text-cursor", ("F4",), "Run until the marked instruction is next", "&Run",
        method="run_to_cursor", in_toolbar=True),
    Row("to_mode_switch", "To next &mode switch", "arrow-left-right", ("Alt+F9",),
        "Run to the first instruction after the next mode switch", "&Run",
        goal=ToModeSwitch(), in_toolbar=True, opens_group=True),
    Row("to_callback", "To next call&back", "phone-incoming", ("Shift+F9",),
        "Run to the first instruction of the next callback handler", "&Run", goal=ToCallback(), in_toolbar=True),
    Row("to_event", "To next e&vent", "skip-forward", ("Ctrl+Shift+F9", "Alt+Right"),
        "Run until anything is logged", "&Run", goal=ToEvent(), in_toolbar=True),
    Row("breakpoint", "Toggle &breakpoint", "circle-dot", ("F2",), "Set or remove a breakpoint at the cursor", "&Run",
        When.LOADED, method="toggle_breakpoint", in_toolbar=True, opens_group=True),
    Row("run_back", "&Run back", "mirror:play", ("Ctrl+F5",),
        "Back to the last breakpoint, or to the start", "&History", When.STILL, goal=RunBack(),
        in_toolbar=True, opens_group=True),
    Row("step_back", "Step &back", "step-back", ("Shift+F7",), "Back one instruction, into what an INT or call did",
        "&History", When.STILL, goal=StepBack(), in_toolbar=True),
    Row("step_back_over", "Step back &over", "undo-dot", ("Shift+F8",),
        "Back one instruction; calls and INTs, and all they caused, in one step", "&History",
        When.STILL, goal=StepBackOver(), in_toolbar=True),
    Row("back_to_caller", "Back to the &caller", "corner-left-up", ("Ctrl+Shift+F11",),
        "Back to the call, INT or event that entered this procedure or handler", "&History",
        When.STILL, goal=BackToCaller(), in_toolbar=True),
    Row("previous_mode_switch", "To previous &mode switch", "mirror:arrow-left-right", ("Alt+Shift+F9",),
        "Back to the first instruction after the last mode switch", "&History",
        When.STILL, goal=PreviousModeSwitch(), in_toolbar=True, opens_group=True),
    Row("previous_callback", "To previous call&back", "mirror:phone-incoming", ("Alt+Shift+F8",),
        "Back to the first instruction of the last callback handler", "&History",
        When.STILL, goal=PreviousCallback(), in_toolbar=True),
    Row("previous_event", "To previous e&vent", "mirror:skip-forward", ("Alt+Left",),
        "Back to where the last event has just happened", "&History",
        When.STILL, goal=PreviousEvent(), in_toolbar=True),
    Row("go_to", "&Go to…", "locate", ("Ctrl+G",), "Show an address, or go to a position, ahead or behind", "&History",
        When.LOADED, method="go_to", in_toolbar=True, opens_group=True),
    Row("bookmark", "&Add bookmark", "bookmark-plus", ("Ctrl+D",), "Note this position", "&History",
        When.STILL, method="add_bookmark", in_toolbar=True),
    Row("reset_layout", "&Reset layout", "layout-dashboard", ("Ctrl+Shift+R",), "Put all panes back where they belong",
        "&View",
        When.LOADED, method="reset_layout", opens_group=True),
    Row("keys", "&Keys", "circle-question-mark", ("F1",), "All keys", "&Help", When.ALWAYS, method="show_keys"),
    Row("about", "&About dpmiscope", "circle-question-mark", ("Shift+F1",), "Version and licence", "&Help",
        When.ALWAYS, method="show_about"),
)  # fmt: skip


KEYS_IN_PANES: Final = (
    ("Follow a jump or call", ("Return",), "In the code: look at where it goes"),
    ("Back", ("Esc",), "In the code: look at where the last jump of the view began"),
    ("Current instruction", ("Home", "*"), "In the code: look at CS:(E)IP again"),
    ("Go to an address", ("G",), "In the code: as Ctrl+G"),
    ("Go there", ("Return",), "In the events and bookmarks: go to where it happened, ahead or behind"),
    ("Remove", ("Del",), "In the bookmarks: forget it"),
    ("Find", ("Ctrl+F",), "In the events: filter by words"),
    ("Copy", ("Ctrl+C",), "In every pane: its selected rows, or all of it, as text"),
)
"""Keys that mean something while one pane has the keyboard: what, keys, explanation."""


def keys_in_words(keys: tuple[str, ...]) -> str:
    """Keys as the system writes them: `F7 or F11`."""
    native = QKeySequence.SequenceFormat.NativeText
    return " or ".join(QKeySequence(key).toString(native) for key in keys)


class Actions:
    """The table's rows as Qt actions of one window."""

    def __init__(self, window: QWidget, go: Callable[[Goal], None]) -> None:
        self._rows = {row.id: row for row in ROWS}
        self._actions = {row.id: self._make(row, window, go) for row in ROWS}
        self.allow(None)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def rows(self) -> list[tuple[Row, QAction]]:
        """Every row with its action, in the table's order."""
        return [(row, self._actions[row.id]) for row in ROWS]

    def allow(self, status: Status | None) -> None:
        """Enable what can be used in a status; None: no program is loaded."""
        for row, action in self.rows():
            action.setEnabled(row.when.allows(status))

    def tint(self) -> None:
        """Draw the icons in the colours of the palette in force."""
        for row, action in self.rows():
            action.setIcon(icon(row.icon))

    @staticmethod
    def _make(row: Row, window: QWidget, go: Callable[[Goal], None]) -> QAction:
        action = QAction(icon(row.icon), row.text, window)
        action.setObjectName(row.id)
        action.setShortcuts([QKeySequence(key) for key in row.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setToolTip(f"{row.text.replace('&', '').rstrip('…')} ({keys_in_words(row.keys)})\n{row.tip}")
        action.setStatusTip(row.tip)

        def do() -> None:  # takes no argument, so Qt keeps its `checked` to itself
            if row.goal is not None:
                go(row.goal)
            else:
                getattr(window, row.method)()

        action.triggered.connect(do)
        window.addAction(action)
        return action

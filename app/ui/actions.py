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
    GoBack,
    PreviousCallback,
    PreviousEvent,
    PreviousModeSwitch,
    PreviousStackSwitch,
    RunBack,
    StepBack,
    StepBackOver,
    ToStackSwitch,
)
from app.debug.session import Goal, Run, StepInto, StepOut, StepOver, ToCallback, ToEvent, ToModeSwitch
from app.debug.snapshot import Snapshot, Status
from app.ui.icons import icon
from app.ui.questions import Ask


class When(Enum):
    """When an action can be used."""

    ALWAYS = auto()
    LOADED = auto()
    AT_REST = auto()
    """A program is loaded, has not ended and is not running."""
    STILL = auto()
    """A program is loaded and is not running; it may have ended."""
    JUMPED = auto()
    """The same, and there is a jump to return from."""
    PINNED = auto()
    """The same, and a position is pinned."""
    RUNNING = auto()
    """A program runs, waits for a key, or is searched."""
    SEARCHING = auto()

    def allows(self, snapshot: Snapshot | None) -> bool:
        """Whether the program in a picture (None: there is no program) can be treated so."""
        if snapshot is None:
            return self is When.ALWAYS
        is_still = snapshot.status in {Status.STOPPED, Status.ENDED}
        match self:
            case When.ALWAYS | When.LOADED:
                return True
            case When.AT_REST:
                return snapshot.status is Status.STOPPED
            case When.STILL:
                return is_still
            case When.JUMPED:
                return is_still and snapshot.can_go_back
            case When.PINNED:
                return is_still and snapshot.comparison is not None
            case When.RUNNING:
                return not is_still
            case When.SEARCHING:
                return snapshot.status is Status.SEARCHING


@dataclass(frozen=True, slots=True)
class Row:
    """One action. It runs for `goal`, asks `ask` about what is selected, or calls the window's method `method`."""

    id: str
    text: str
    icon: str
    keys: tuple[str, ...]
    tip: str
    menu: str
    when: When = When.AT_REST
    goal: Goal | None = None
    ask: Ask | None = None
    method: str = ""
    in_toolbar: bool = False
    opens_group: bool = False
    """A separator stands before it in menu and toolbar."""


MENUS: Final = ("&File", "&Run", "&History", "&View", "&Help")

ROWS: Final = (
    Row("open", "&Open program…", "folder-open", ("Ctrl+O",), "Open a DOS program, or a recording of one",
        "&File", When.ALWAYS, method="open_program", in_toolbar=True),
    Row("save_recording", "Save &recording…", "save", ("Ctrl+S",),
        "Write the run, with all its branches and bookmarks, into a file that replays it anywhere", "&File",
        When.LOADED, method="save_recording"),
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
    Row("to_stack_switch", "To next &stack switch", "arrow-up-down", ("Ctrl+F8",),
        "Run to the first instruction after the next stack switch", "&Run", goal=ToStackSwitch()),
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
    Row("previous_stack_switch", "To previous &stack switch", "mirror:arrow-up-down", ("Ctrl+Shift+F8",),
        "Back to the first instruction after the last stack switch", "&History",
        When.STILL, goal=PreviousStackSwitch()),
    Row("previous_callback", "To previous call&back", "mirror:phone-incoming", ("Alt+Shift+F8",),
        "Back to the first instruction of the last callback handler", "&History",
        When.STILL, goal=PreviousCallback(), in_toolbar=True),
    Row("previous_event", "To previous e&vent", "mirror:skip-forward", ("Alt+Left",),
        "Back to where the last event has just happened", "&History",
        When.STILL, goal=PreviousEvent(), in_toolbar=True),
    Row("go_to", "&Go to…", "locate", ("Ctrl+G",), "Show an address, or go to a position, ahead or behind", "&History",
        When.LOADED, method="go_to", in_toolbar=True, opens_group=True),
    Row("return", "Return from &jump", "undo-2", ("Ctrl+Backspace",),
        "Back to where the last jump began: to a position, to who wrote or reads something", "&History",
        When.JUMPED, goal=GoBack(), in_toolbar=True),
    Row("bookmark", "&Add bookmark", "bookmark-plus", ("Ctrl+D",), "Note this position", "&History",
        When.STILL, method="add_bookmark", in_toolbar=True),
    Row("who_wrote", "&Who wrote this?", "pencil", (Ask.WHO_WROTE,),
        "Back to the instruction that last wrote what is selected in the pane with the keyboard", "&History",
        When.STILL, ask=Ask.WHO_WROTE, opens_group=True),
    Row("who_reads", "Who r&eads this next?", "eye", (Ask.WHO_READS,),
        "Ahead to the next instruction that reads what is selected", "&History", When.STILL, ask=Ask.WHO_READS),
    Row("stop_writes", "Stop when this is written", "crosshair", (Ask.STOP_WRITES,),
        "Set a watchpoint for writes of what is selected", "&History", When.STILL, ask=Ask.STOP_WRITES),
    Row("stop_reads", "Stop when this is read", "crosshair", (Ask.STOP_READS,),
        "Set a watchpoint for reads of what is selected", "&History", When.STILL, ask=Ask.STOP_READS),
    Row("cancel", "Cancel the search", "circle-x", ("Esc",), "Stay where the search began", "&History",
        When.SEARCHING, method="pause"),
    Row("pin", "&Pin this position", "pin", ("Ctrl+K",), "Compare this position with those gone to from here",
        "&History", When.STILL, method="pin", opens_group=True),
    Row("unpin", "&Unpin", "pin-off", ("Ctrl+Shift+K",), "Compare no longer", "&History", When.PINNED, method="unpin"),
    Row("set_memory", "Memory for going back…", "settings", ("Ctrl+Shift+M",),
        "How much memory the checkpoints of a run may take", "&History", When.ALWAYS, method="set_memory",
        opens_group=True),
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
    ("Show it", ("Return",), "In lists of breakpoints, callbacks, vectors, drivers, memory, differences, branches"),
    ("Turn on or off", ("Space",), "In the breakpoints: stop there, or pass"),
    ("Change a value", ("Return",), "In the registers: edit the one under the cursor, turn a flag over"),
    ("Remove", ("Del",), "In the bookmarks, breakpoints and branches: forget it"),
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

    def __init__(self, window: QWidget, go: Callable[[Goal], None], ask: Callable[[Ask], None]) -> None:
        self._rows = {row.id: row for row in ROWS}
        self._actions = {row.id: self._make(row, window, go, ask) for row in ROWS}
        self.allow(None)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def rows(self) -> list[tuple[Row, QAction]]:
        """Every row with its action, in the table's order."""
        return [(row, self._actions[row.id]) for row in ROWS]

    def allow(self, snapshot: Snapshot | None) -> None:
        """Enable what can be used now; None: no program is loaded."""
        for row, action in self.rows():
            action.setEnabled(row.when.allows(snapshot))

    def tint(self) -> None:
        """Draw the icons in the colours of the palette in force."""
        for row, action in self.rows():
            action.setIcon(icon(row.icon))

    @staticmethod
    def _make(row: Row, window: QWidget, go: Callable[[Goal], None], ask: Callable[[Ask], None]) -> QAction:
        action = QAction(icon(row.icon), row.text, window)
        action.setObjectName(row.id)
        action.setShortcuts([QKeySequence(key) for key in row.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setToolTip(f"{row.text.replace('&', '').rstrip('…')} ({keys_in_words(row.keys)})\n{row.tip}")
        action.setStatusTip(row.tip)

        def do() -> None:  # takes no argument, so Qt keeps its `checked` to itself
            if row.goal is not None:
                go(row.goal)
            elif row.ask is not None:
                ask(row.ask)
            else:
                getattr(window, row.method)()

        action.triggered.connect(do)
        window.addAction(action)
        return action

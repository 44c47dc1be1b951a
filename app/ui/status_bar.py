"""The status bar: mode, live stack, nesting, tick, client, and in one plain sentence what just happened."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QStatusBar, QWidget

from app.debug.snapshot import HistoryView, RecordingView, Snapshot, Status
from app.emu.host.profiles import PROFILES
from app.ui import format as fmt
from app.ui.badge import Badge
from app.ui.elided_label import ElidedLabel

_STATUS = {
    Status.STOPPED: ("Stopped", "muted"),
    Status.RUNNING: ("Running", "application"),
    Status.WAITING: ("Waiting for a key", "v86"),
    Status.ENDED: ("Ended", "error"),
    Status.SEARCHING: ("Searching", "application"),
}
_PROGRESS_WIDTH: Final = 120
_WIDE: Final = 1400
_PAST: Final = "The run has been further already. What you change here begins another branch of it."


class StatusBar(QStatusBar):
    """Left the badges and the sentence, right the figures."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.mode = Badge("Mode", self, widest="Ring 0")
        self.stack = Badge("Live stack", self)
        self.sentence = ElidedLabel(self)
        self.sentence.setAccessibleName("What just happened")
        self.nesting, self.tick, self.client, self.history = QLabel(self), QLabel(self), QLabel(self), QLabel(self)
        self.recording = Badge("Recording", self)
        self.past = Badge("Place in time", self)
        self.status = Badge("Status", self)
        for widget in (self.mode, self.stack):
            self.addWidget(widget)
        self.addWidget(self.sentence, stretch=1)
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName("Progress of the search")
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(_PROGRESS_WIDTH, 6)
        self.progress.setToolTip("Esc or F12 cancels the search")
        self.addPermanentWidget(self.progress)
        self._rules: list[QFrame] = []
        self._is_thinned = False
        for label, name in (
            (self.nesting, "Nesting"), (self.tick, "Tick"), (self.client, "Client and profile"),
            (self.history, "Memory for going back"),
        ):  # fmt: skip
            label.setAccessibleName(name)
            self._rules.append(self._rule())
            self.addPermanentWidget(self._rules[-1])
            self.addPermanentWidget(label)
        self.addPermanentWidget(self.recording)
        self.addPermanentWidget(self.past)
        self.addPermanentWidget(self.status)
        self.clear_all()

    def clear_all(self) -> None:
        """Nothing is loaded."""
        for widget in (
            self.mode,
            self.stack,
            self.progress,
            self.recording,
            self.past,
            self.status,
            *self._rules,
        ):
            widget.hide()
        for label in (self.nesting, self.tick, self.client, self.history):
            label.clear()
        self.sentence.say("Open a program, or choose a sample.")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Say where the machine is; while it is searched, how far the search is."""
        self.clearMessage()
        is_searching = snapshot.status is Status.SEARCHING
        self.progress.setVisible(is_searching)
        self.status.show_word(*_STATUS[snapshot.status])
        if is_searching:
            percent = round(snapshot.progress * 100)
            self.progress.setValue(percent)
            self.sentence.say(f"Searching… {percent} %  (Esc or F12 cancels)")
            return
        for widget in (self.mode, self.stack, self.status, *self._rules):
            widget.show()
        mode, stack = snapshot.mode, snapshot.live_stack
        self.mode.show_word(fmt.MODE_NAMES[mode], mode.value, f"The processor runs in {fmt.MODE_WORDS[mode]}")
        colour = {"real": "v86"}.get(stack.value, stack.value)
        self.stack.show_word(f"{fmt.STACK_NAMES[stack]} stack", colour, "The stack the processor pushes to now")
        self.sentence.say(snapshot.exit_message or snapshot.sentence)
        self.nesting.setText(f"Callbacks {snapshot.callback_depth} · locked stack {snapshot.locked_nesting}")
        self.nesting.setToolTip("Callbacks in progress, and events that use the locked stack")
        self.tick.setText(f"tick {snapshot.tick}")
        self.tick.setToolTip("Guest instructions executed so far")
        client = f"Client {snapshot.client}, {snapshot.client_kind}" if snapshot.client_kind else "No client"
        self.client.setText(f"{client} · {snapshot.profile}")
        host = PROFILES[snapshot.profile].title
        self.client.setToolTip(f"The client that runs, and the host that is played: {host}")
        self._show_history(snapshot.history)
        self._show_recording(snapshot.recording)
        words = [] if snapshot.at_end else ["Past"]
        tips = [] if snapshot.at_end else [_PAST]
        if len(snapshot.branches) > 1:
            words.append(f"{'b' if words else 'B'}ranch {snapshot.branch}")
            tips.append(f"The run has {len(snapshot.branches)} branches (Alt+N); this one is shown.")
        self.past.setVisible(bool(words))
        self.past.show_word(" · ".join(words), "muted" if snapshot.at_end else "changed", "\n".join(tips))

    def _show_history(self, history: HistoryView) -> None:
        """How much of the memory for going back is taken, and whether that was not enough."""
        self.history.setText(f"History {taken(history)}{', thinned' if history.dropped else ''}")
        lines = [f"{fmt.count(history.checkpoints)} checkpoints take {fmt.size(history.size)}."]
        if history.dropped:
            lines.append(
                f"{fmt.count(history.dropped)} more were dropped to stay within the limit: every position can still be "
                "gone to,\nbut those far from a checkpoint take longer. History > Memory for going back… changes that."
            )
        self.history.setToolTip("\n".join(lines))
        self._is_thinned = history.dropped > 0
        self._share_room()

    def _show_recording(self, recording: RecordingView | None) -> None:
        """Whether the run is being recorded, or is a recorded one; and what went wrong with that."""
        self.recording.setVisible(recording is not None)
        if recording is not None:
            word = "Recording" if recording.is_writing else "Recorded"
            colour = "error" if recording.note else "changed" if recording.is_writing else "muted"
            tip = f"{recording.file}\n{fmt.size(recording.size)}"
            self.recording.show_word(word, colour, f"{tip}\n{recording.note}".rstrip())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the sentence needs it more than the memory taken, unless that was not enough."""
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        has_room = bool(self.history.text()) and (self._is_thinned or self.width() >= _WIDE)
        self.history.setVisible(has_room)
        self._rules[-1].setVisible(has_room)

    def _rule(self) -> QFrame:
        rule = QFrame(self)
        rule.setFrameShape(QFrame.Shape.VLine)
        rule.setFrameShadow(QFrame.Shadow.Plain)
        rule.setForegroundRole(rule.palette().ColorRole.Mid)
        rule.setFixedHeight(14)
        return rule


def taken(history: HistoryView) -> str:
    """The memory checkpoints take, and the most they may take: `42 of 512 MiB`."""
    size = history.size / (1 << 20)
    return f"{size:.{1 if size < 10 else 0}f} of {history.budget >> 20} MiB"

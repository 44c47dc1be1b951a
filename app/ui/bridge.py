"""The one place where threads meet: the emulation thread owns the session, the window gets pictures of it.

    window                                       emulation thread
    ------                                       ----------------
    bridge.go(StepOver())      -- queue -->      session.begin(goal); session.advance() slice by slice
    bridge.ask(request)        -- queue -->      request(session), between two slices
    bridge.pause()             -- flag  -->      looked at between two slices
    snapshot_ready             <-- signal --     session.observe(interest), at most one under way

A slice is as long as about `_SLICE_SECONDS` of work, so a pause takes effect well within 100 ms. The engine is never
stopped from outside and never by a time-out: both leave it between two halves of an instruction.

While the session searches for something its machine is anywhere: requests are refused then, and the pictures only tell
how far the search is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any, Final

from PySide6.QtCore import QObject, QThread, Signal

from app.debug.session import Goal, Session
from app.debug.snapshot import Interest, Snapshot, Status
from app.emu.events import CallbackEntered, ModeSwitched

Request = Callable[[Session], None]

_FRAME_SECONDS: Final = 1 / 20
"""Between two pictures of a running machine. One takes 10 to 20 ms to draw: the rest is for what the user does."""
_SLICE_SECONDS: Final = 0.010
_WAITING_SECONDS: Final = 0.005
"""How long the thread sleeps between looks while the guest waits for a key."""
_WAITING_FRAME_SECONDS: Final = 0.1
_FIRST_SLICE: Final = 20_000
_SMALLEST_SLICE: Final = 500
_LARGEST_SLICE: Final = 400_000


class _Emulation(QThread):
    """The thread. Every method but `post` and those of QThread runs on it."""

    pictured = Signal(object, int)
    """A snapshot, and the number of the goal begun last."""
    did = Signal(str)
    broke = Signal(str, bool)
    """What went wrong, and whether a run goes on in spite of it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.pausing = threading.Event()
        self.closing = threading.Event()
        self.consumed = threading.Event()
        self.consumed.set()
        self._commands: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._session: Session | None = None
        self._interest = Interest()
        self._running = False
        self._waiting = False
        self._begun = 0
        self._stale = False
        self._slice = _FIRST_SLICE
        self._drawn_at = 0.0

    def post(self, command: Callable[[], None]) -> None:
        """Have a command done on this thread. Called from any thread."""
        self._commands.put(command)

    def run(self) -> None:
        """Serve commands, run slices and send pictures until told to close."""
        while not self.closing.is_set():
            for command in self._commands_now():
                self._attempt(partial(self._obey, command))
            if self._running:
                self._attempt(self._run_slice)
            if self._is_picture_due():
                self._attempt(self._send_picture)
        self._leave()

    # --- commands ---------------------------------------------------------------------------------------------------

    def load(self, start: Callable[[], Session]) -> None:
        """Replace the session by a new one."""
        self._running = self._waiting = False
        new = start()
        self._leave()
        self._session = new
        self._interest = replace(self._interest, events_from=0, code_start=None)

    def begin(self, goal: Goal, number: int) -> None:
        """Run for a goal. number: which of those asked for it is."""
        self._begun = number
        if self._session is not None:
            self._session.begin(goal)
            self._running, self._waiting = True, False

    def serve(self, request: Request, done: str) -> None:
        """Do something with the session, and say so. Raises `ValueError` while it searches."""
        if self._session is None:
            return
        if self._session.status is Status.SEARCHING:
            raise ValueError("Wait until the search is over, or cancel it with F12.")
        request(self._session)
        self._waiting = False
        if done:
            self.did.emit(done)

    def restart(self) -> None:
        """Start the program again from its beginning."""
        if self._session is not None:
            self._running = self._waiting = False
            self._session.restart()
            self._interest = replace(self._interest, code_start=None)

    def look_at(self, fields: dict[str, Any]) -> None:
        """See other things from now on."""
        self._interest = replace(self._interest, **fields)

    def _leave(self) -> None:
        """Be done with the session."""
        if self._session is not None:
            self._session.close()
        self._session = None

    # --- the loop's parts -------------------------------------------------------------------------------------------

    def _commands_now(self) -> Iterator[Callable[[], None]]:
        """What waits in the queue; at rest, sleep until something does."""
        try:
            if self._waiting:
                yield self._commands.get(timeout=_WAITING_SECONDS)
            elif not self._running:
                yield self._commands.get()
            while True:
                yield self._commands.get_nowait()
        except Empty:
            return
        finally:
            self._stale = True

    def _obey(self, command: Callable[[], None]) -> None:
        try:
            command()
        except ValueError as refused:  # what somebody typed is no address, no position, no register value
            self.broke.emit(str(refused), self._running)
        except OSError as failed:  # a file cannot be written
            self.broke.emit(f"{failed.filename}: {failed.strerror}", self._running)

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as failure:  # the edge of the thread: nothing above could tell the user
            logging.getLogger(__name__).exception("the emulation thread failed")
            self._running = self._waiting = False
            self._rest()
            self.broke.emit(str(failure) or type(failure).__name__, False)

    def _rest(self) -> None:
        """Have the session rest after a failure, which may keep it from that, too: the thread lives on."""
        try:
            if self._session is not None:
                self._session.pause()
        except Exception:
            logging.getLogger(__name__).exception("the session failed to rest")

    def _run_slice(self) -> None:
        if self._session is None:
            return
        if self.pausing.is_set():
            self._session.pause()
            self._running = self._waiting = False
            return
        begun = perf_counter()
        stop = self._session.advance(self._slice)
        self._running = stop is None
        self._waiting = self._running and self._session.status is Status.WAITING
        if self._running and not self._waiting:
            factor = min(max(_SLICE_SECONDS / max(perf_counter() - begun, 1e-6), 0.25), 2.0)
            self._slice = min(max(int(self._slice * factor), _SMALLEST_SLICE), _LARGEST_SLICE)

    def _is_picture_due(self) -> bool:
        if self._session is None or self.closing.is_set():
            return False
        if not self._running:
            return self._stale
        pause = _WAITING_FRAME_SECONDS if self._waiting else _FRAME_SECONDS
        return self.consumed.is_set() and perf_counter() - self._drawn_at >= pause

    def _send_picture(self) -> None:
        if self._session is None:
            return
        self.consumed.wait()  # at rest every picture counts; while running there is one only when the last is drawn
        snapshot = self._session.observe(self._interest)
        if snapshot.status is not Status.SEARCHING:
            self._interest = replace(self._interest, events_from=len(snapshot.log))
        self._stale = False
        self._drawn_at = perf_counter()
        self.consumed.clear()
        self.pictured.emit(snapshot, self._begun)


class Bridge(QObject):
    """The window's side. All methods are called, and all signals arrive, on the window's thread.

    Signals
        snapshot_ready(Snapshot): draw this. Never more than one per frame.
        mode_switched(ModeSwitched), callback_dispatched(CallbackEntered): one emission per event of that kind.
        events_arrived(tuple): all events since the last frame, in one emission.
        done(str): a request that was to be told about has been done; the text is the caller's.
        failed(str): a request could not be done; the text is for the user.
    """

    snapshot_ready = Signal(Snapshot)
    mode_switched = Signal(ModeSwitched)
    callback_dispatched = Signal(CallbackEntered)
    events_arrived = Signal(tuple)
    done = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = _Emulation(self)
        self._thread.pictured.connect(self._deliver)
        self._thread.did.connect(self.done)
        self._thread.broke.connect(self._report)
        self._busy = False
        self._asked = 0

    @property
    def is_busy(self) -> bool:
        """A goal was asked for and the machine has not come to rest since."""
        return self._busy

    def load(self, start: Callable[[], Session]) -> None:
        """Make a session (on its own thread) and use it from now on."""
        if not self._thread.isRunning():
            self._thread.start()
        self._busy = False
        self._thread.post(partial(self._thread.load, start))

    def go(self, goal: Goal) -> None:
        """Run for a goal; ignored while the machine runs, as when a step key is held down."""
        if not self._busy:
            self._busy = True
            self._asked += 1
            self._thread.pausing.clear()
            self._thread.post(partial(self._thread.begin, goal, self._asked))

    def pause(self) -> None:
        """Come to rest soon."""
        self._thread.pausing.set()

    def restart(self) -> None:
        """Start the program again."""
        self._busy = False
        self._thread.post(self._thread.restart)

    def ask(self, request: Request, done: str = "") -> None:
        """Have something done between two slices; a picture of the result follows. done: what to tell then."""
        self._thread.post(partial(self._thread.serve, request, done))

    def look_at(self, fields: dict[str, Any]) -> None:
        """See other things from now on: fields of `Interest`."""
        self._thread.post(partial(self._thread.look_at, fields))

    def close(self) -> None:
        """End the thread; the session goes with it."""
        self._thread.closing.set()
        self._thread.consumed.set()
        self._thread.post(lambda: None)
        self._thread.wait(5000)

    def _deliver(self, snapshot: Snapshot, begun: int) -> None:
        # A picture may have been on its way when the goal was asked for: it says nothing about that one.
        is_running = snapshot.status in {Status.RUNNING, Status.WAITING, Status.SEARCHING}
        self._busy = is_running or (self._busy and begun < self._asked)
        events = () if snapshot.status is Status.SEARCHING else snapshot.events
        try:
            self.snapshot_ready.emit(snapshot)
            if events:
                self.events_arrived.emit(events)
            for event in events:
                if isinstance(event, ModeSwitched):
                    self.mode_switched.emit(event)
                elif isinstance(event, CallbackEntered):
                    self.callback_dispatched.emit(event)
        finally:
            self._thread.consumed.set()

    def _report(self, message: str, goes_on: bool) -> None:
        self._busy = goes_on
        self.failed.emit(message)

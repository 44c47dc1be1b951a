"""A window over a guest that never ends: how long a pause and its end take, how often the window gets its turn."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.table import Measure, row

LOOPS = {"jmp $": "ebfe", "INT 21h again and again": "b430cd21ebfa"}


@row("window: an endless guest")
def endless() -> Iterable[Measure]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    for name, code in LOOPS.items():
        with TemporaryDirectory() as folder:
            program = Path(folder) / "LOOP.COM"
            program.write_bytes(bytes.fromhex(code))
            yield from _watch(name, program, folder)


def _watch(name: str, program: Path, folder: str) -> Iterable[Measure]:
    from PySide6.QtCore import QEventLoop, QSettings, QTimer

    from app.debug.goals import Run
    from app.debug.launch import Launch
    from app.debug.session import Session
    from app.debug.snapshot import Status
    from app.ui.application import make_application
    from app.ui.main_window import MainWindow
    from app.ui.settings import Settings
    from app.ui.theme import Theme

    application = make_application()
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    os.environ["XDG_CONFIG_HOME"] = folder
    window = MainWindow(Session, Settings(), Theme(application, "light"))
    window.resize(1280, 800)
    window.show()
    seen: list[Status] = []
    window.bridge.snapshot_ready.connect(lambda snapshot: seen.append(snapshot.status))

    def wait(milliseconds: int, until: Status | None = None) -> float:
        """Turn the event loop; the time it took, in seconds."""
        began, loop = time.perf_counter(), QEventLoop()
        while (time.perf_counter() - began) * 1000 < milliseconds:
            QTimer.singleShot(2, loop.quit)
            loop.exec()
            if until is not None and seen and seen[-1] is until:
                break
        return time.perf_counter() - began

    window.load(program, lambda: Session(Launch(str(program))))
    wait(8000, Status.STOPPED)
    turns: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(time.perf_counter()))
    pauses = []
    pictures, ran = 0, 0.0
    for _ in range(5):
        seen.clear()
        timer.start(5)
        window.bridge.go(Run())
        ran += wait(400)
        timer.stop()
        pictures += len(seen)
        seen.clear()
        window.bridge.pause()
        pauses.append(wait(2000, Status.STOPPED))
    window.bridge.go(Run())
    wait(400)
    began = time.perf_counter()
    window.close()
    closing = time.perf_counter() - began
    gaps = sorted(after - before for before, after in itertools.pairwise(turns) if after - before < 0.3)
    yield Measure(f"{name}: pauses, slowest of five", 1 / max(pauses))
    yield Measure(f"{name}: turns of the window, 99 of 100 at least", 1 / gaps[len(gaps) * 99 // 100])
    yield Measure(f"{name}: pictures of the run", pictures / ran)
    yield Measure(f"{name}: closing the window in the middle of it", 1 / closing, is_duration=True)

"""By real keys from event to event to the end of a program, and back to its start: the same picture at each event.

What differs by its nature is left out, and nothing else:

* marks of change say what is different from the stop before, and that is another one on the way back: they are off;
* the code is scrolled no further than needed, so where the current instruction stands depends on where one comes from:
  the lines from that one on are compared as far as both pages show them, but for the arrows of jumps beside them;
* the list of ranges in the memory map is scrolled no further than needed, too: of its pixels the pages are compared;
* the future that is known grows: the events behind the machine, the timeline, how far the branch reaches, the badge
  `Past` and the memory taken. Of the list of events, what has happened is compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from app.debug.session import Launch, Session
from app.debug.snapshot import Status
from app.emu.machine import Place
from app.resources import resource
from app.ui.main_window import MainWindow
from app.ui.panes.code import CodePane, text_of
from app.ui.panes.code_painter import _GUTTER
from app.ui.panes.earlier import Earlier
from app.ui.tables import RowsModel
from tests.ui.test_window import press

_APART = {"events", "timeline", "branches", "code"}
"""Panes that are not compared as a whole."""


class Picture(NamedTuple):
    """What a user sees at one stop."""

    status: tuple[str, ...]
    events: tuple[str, ...]
    code: tuple[tuple[str, str], ...]
    """Text and pixels of each line, from the current one on."""
    texts: dict[str, str]
    pixels: dict[str, str]


@pytest.fixture(autouse=True)
def without_marks_of_change(monkeypatch: pytest.MonkeyPatch) -> None:
    show_rows = RowsModel.show_rows

    def show_unmarked(model: RowsModel, rows: object, stop: Place) -> None:
        model.forget()
        show_rows(model, rows, stop)

    monkeypatch.setattr(RowsModel, "show_rows", show_unmarked)
    monkeypatch.setattr(Earlier, "than", lambda _self, _snapshot: None)


@pytest.fixture
def open_all(qtbot: QtBot, make_window: Callable[[], MainWindow]) -> Iterator[Callable[[str], MainWindow]]:
    """Windows on a sample with every pane in view: those behind a tab float."""

    def make(sample: str) -> MainWindow:
        window = make_window()
        window.resize(1280, 800)
        program = resource(f"samples/{sample}.com")
        with qtbot.waitSignal(window.bridge.snapshot_ready):
            window.load(program, lambda: Session(Launch(str(program))))
        qtbot.waitUntil(lambda: "timeline" in window.workbench.panes)
        docks = window.findChildren(QDockWidget)
        for dock in [dock for dock in docks if window.workbench.tabifiedDockWidgets(dock)]:
            dock.raise_()
            qtbot.wait(1)  # a tab has to come to the front before it can be dragged away
            dock.setFloating(True)
            dock.resize(440, 280)
        window.activateWindow()
        qtbot.waitUntil(lambda: len(window.workbench._in_view) == len(window.workbench.panes))
        qtbot.wait(200)  # the room is shared
        return window

    return make


def digest(image: QImage) -> str:
    return hashlib.sha256(bytes(image.constBits())).hexdigest()


def code_of(pane: CodePane) -> tuple[tuple[str, str], ...]:
    page, height = pane.view.viewport().grab().toImage(), pane.view._painter.row_height
    lines = pane.view.window_.visible
    whole = range(pane.view.window_.before_current, min(len(lines), page.height() // height))
    strips = [page.copy(_GUTTER, row * height, page.width() - _GUTTER, height) for row in whole]
    return tuple((text_of(lines[row]), digest(strip)) for row, strip in zip(whole, strips, strict=True))


def picture(window: MainWindow) -> Picture:
    status, panes = window.status, window.workbench.panes
    words = (
        status.mode.accessibleDescription(), status.stack.accessibleDescription(), status.sentence.toolTip(),
        status.nesting.text(), status.tick.text(), status.client.text(),
    )  # fmt: skip
    model = panes["events"].model
    happened = tuple(model.index(row, 3).data() for row in range(model.last_row + 1))
    rest = {key: pane for key, pane in panes.items() if key not in _APART}
    assert panes["timeline"].view.record.now == window._snapshot.tick
    return Picture(
        words, happened, code_of(panes["code"]), {key: pane.export_text() for key, pane in rest.items()},
        {key: digest((pane.head if key == "map" else pane).grab().toImage()) for key, pane in rest.items()},
    )  # fmt: skip


def go(qtbot: QtBot, window: MainWindow, keys: str) -> None:
    """Press a key and wait until the panes have all they asked for."""
    press(window, keys)
    qtbot.waitUntil(lambda: not window.bridge.is_busy and not window._is_asked)
    code = window.workbench.panes["code"].view.window_
    qtbot.waitUntil(
        lambda: window._snapshot.registers.code_linear in [line.linear for line in code.visible if line.is_current]
    )
    serial = -1
    while serial != window._snapshot.serial:
        serial = window._snapshot.serial
        qtbot.wait(20)


@pytest.mark.parametrize("sample", ["nested", "timer", "exception", "rawswitch"])
def test_the_same_pictures_on_the_way_back(qtbot: QtBot, open_all: Callable[[str], MainWindow], sample: str) -> None:
    window = open_all(sample)
    there = [picture(window)]
    while window._snapshot.status is not Status.ENDED:
        go(qtbot, window, "Alt+Right")
        there.append(picture(window))
    assert len(there) > 20
    assert len({taken.status for taken in there}) == len(there)
    for place in range(len(there) - 2, -1, -1):
        go(qtbot, window, "Alt+Left")
        back = picture(window)
        if place > 0:
            assert back.status == there[place].status
        else:  # no event led to where the window stood first: its sentence tells none
            assert back.status[:2] + back.status[3:] == there[0].status[:2] + there[0].status[3:]
        assert back.events == there[place].events
        assert back.code[0] == there[place].code[0]
        assert [pair for pair in zip(back.code, there[place].code, strict=False) if pair[0] != pair[1]] == []
        assert back.texts == there[place].texts
        assert [key for key in back.pixels if back.pixels[key] != there[place].pixels[key]] == [], place
    assert window._snapshot.tick == 0
    assert not window.status.past.isHidden()

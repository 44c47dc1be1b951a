"""Who wrote this, who reads it next, stop at each use: by keys and by menus, in every pane that shows something."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.debug.goals import Goal, LastUse, NextUse
from app.debug.watches import (
    DepthWatch,
    DescriptorWatch,
    MemoryWatch,
    RegisterWatch,
    SelectorWatch,
    Use,
    VectorWatch,
    Watch,
)
from app.emu.events import Stack
from app.emu.real_mode_call import RealModeCall
from app.ui.main_window import MainWindow
from app.ui.panes.hex_layout import Side
from app.ui.panes.registers import RegistersPane
from app.ui.panes.stacks import StacksPane
from app.ui.questions import Ask, first, questions
from tests.ui.fakes import ENTERED, FakeSession
from tests.ui.test_window import begun, press


@pytest.fixture
def inside(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window at the entry of a callback handler: all four stacks hold something."""
    press(window, "Shift+F9")
    qtbot.waitUntil(lambda: window._snapshot.tick == ENTERED and not window.bridge.is_busy)
    return window


def bring_up(window: MainWindow, keys: str) -> None:
    press(window, keys)
    QTest.qWait(20)  # the pane is laid out


def click(view: QAbstractItemView, row: int, column: int = 0) -> None:
    index = view.model().index(row, column)
    view.scrollTo(index)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())


def in_registers(window: MainWindow) -> QWidget:
    pane: RegistersPane = window.workbench.panes["registers"]
    click(pane.general, 1, 3)
    return pane.general


def in_flags(window: MainWindow) -> QWidget:
    pane: RegistersPane = window.workbench.panes["registers"]
    click(pane.flags, 0, 3)
    return pane.flags


def in_segments(window: MainWindow) -> QWidget:
    pane: RegistersPane = window.workbench.panes["registers"]
    click(pane.segments, 2, 1)
    return pane.segments


def in_stack(window: MainWindow) -> QWidget:
    column = window.workbench.panes["stacks"].columns[1]
    click(column.list, 3)
    return column.list


def in_stack_head(window: MainWindow) -> QWidget:
    head = window.workbench.panes["stacks"].columns[1].head
    QTest.mouseClick(head, Qt.MouseButton.LeftButton, pos=head.rect().center())
    return head


def in_memory(window: MainWindow) -> QWidget:
    bring_up(window, "Alt+9")
    view = window.workbench.panes["memory"].bytes
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    return view


def in_tables(window: MainWindow) -> QWidget:
    bring_up(window, "Alt+6")
    view = window.workbench.panes["tables"].views["LDT"]
    click(view, 1, 1)
    return view


def in_structure(window: MainWindow) -> QWidget:
    bring_up(window, "Alt+7")
    pane = window.workbench.panes["callbacks"]
    click(pane.structure, 7, 2)
    return pane.structure


def in_callbacks(window: MainWindow) -> QWidget:
    bring_up(window, "Alt+7")
    pane = window.workbench.panes["callbacks"]
    click(pane.table, 1, 1)
    return pane.table


def in_vectors(window: MainWindow) -> QWidget:
    bring_up(window, "Alt+8")
    view = window.workbench.panes["vectors"].views["real"]
    click(view, 2)
    return view


def in_protected_vectors(window: MainWindow) -> QWidget:
    bring_up(window, "Alt+8")
    pane = window.workbench.panes["vectors"]
    pane.tabs.setCurrentIndex(1)
    click(pane.views["protected"], 1)
    return pane.views["protected"]


SLOT = MemoryWatch(0x120FF4, 4, "EIP at 00BF:00000FF4")
DEEPER = DepthWatch(Stack.LOCKED, 20)
PLACES: list[tuple[Callable[[MainWindow], QWidget], tuple[Watch, ...]]] = [
    (in_registers, (RegisterWatch("edi"),)),
    (in_flags, (RegisterWatch("eflags"),)),
    (in_segments, (RegisterWatch("ss"), SelectorWatch(0xBF), DescriptorWatch(0xBF))),
    (in_stack, (SLOT, DEEPER)),
    (in_stack_head, (DEEPER,)),
    (in_memory, (MemoryWatch(1, 2),)),
    (in_tables, (DescriptorWatch(0xA7), SelectorWatch(0xA7))),
    (in_structure, (MemoryWatch(0x11041C, 4, "EAX in the structure of slot 0"),)),
    (in_callbacks, (MemoryWatch(0x110440, RealModeCall.SIZE, "the structure of slot 1"),)),
    (in_vectors, (VectorWatch("real", 0x33),)),
    (in_protected_vectors, (VectorWatch("protected", 0x31),)),
]
IDS = [place.__name__.removeprefix("in_") for place, _watches in PLACES]


def expected(watches: tuple[Watch, ...], ask: Ask) -> object:
    question = first(watches, ask)
    return None if question is None else question.goal or question.stop


@pytest.mark.parametrize("select, watches", PLACES, ids=IDS)
def test_keys_ask_about_what_is_selected(
    qtbot: QtBot, inside: MainWindow, session: FakeSession, select: Callable[[MainWindow], QWidget],
    watches: tuple[Watch, ...],
) -> None:  # fmt: skip
    session.finds = 0  # what is asked for is here: the selection stays what it is
    for ask in Ask:
        view = select(inside)
        assert inside.workbench.focused.watched() == watches
        session.calls.clear()
        press(view, ask.value)
        wanted = expected(watches, ask)
        if wanted is None:
            assert inside.messages.message == f"That cannot be asked of this: {watches[0]}."
        elif isinstance(wanted, Goal):
            qtbot.waitUntil(lambda wanted=wanted: wanted in begun(session))
            qtbot.waitUntil(lambda: not inside.bridge.is_busy)
        else:
            qtbot.waitUntil(lambda wanted=wanted: ("add_watchpoint", *wanted) in session.calls)


@pytest.mark.parametrize("reason", [QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard])
def test_the_menu_offers_every_question_with_its_key(
    qtbot: QtBot, qapp: QApplication, inside: MainWindow, session: FakeSession, reason: QContextMenuEvent.Reason
) -> None:
    for select, watches in PLACES:
        view = select(inside)
        target = getattr(view, "viewport", lambda view=view: view)() if reason is QContextMenuEvent.Mouse else view
        qapp.sendEvent(target, QContextMenuEvent(reason, QPoint(3, 3), target.mapToGlobal(QPoint(3, 3))))
        menu = qapp.activePopupWidget()
        assert isinstance(menu, QMenu)
        entries = {action.text().partition("\t")[0]: action for action in menu.actions()}
        assert [question.text for question in questions(watches) if question.text not in entries] == []
        with_keys = [action.text().partition("\t")[2] for action in menu.actions() if "\t" in action.text()]
        assert set(with_keys) == {question.ask for question in questions(watches)}
        assert len(with_keys) == len(set(with_keys))
        stops = [question for question in questions(watches) if question.stop is not None]
        for question in stops[-1:]:
            entries[question.text].trigger()
        menu.close()
        qtbot.waitUntil(lambda stops=stops: all(("add_watchpoint", *each.stop) in session.calls for each in stops[-1:]))
        inside.activateWindow()
        qtbot.waitUntil(inside.isActiveWindow)


def test_a_right_click_selects_what_is_under_it(qapp: QApplication, inside: MainWindow) -> None:
    pane: StacksPane = inside.workbench.panes["stacks"]
    view = pane.columns[3].list
    at = view.visualRect(view.model().index(3)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, pos=at)
    slot = pane.columns[3].model.rows[3].slot
    assert pane.watched()[0] == MemoryWatch(slot.linear, slot.width, f"{slot.meaning} at {slot.address}")


def test_eip_and_gates_are_not_asked_about(inside: MainWindow) -> None:
    pane: RegistersPane = inside.workbench.panes["registers"]
    click(pane.general, 4, 1)
    assert pane.watched() == ()
    press(inside, "W")
    assert inside.messages.message.startswith("Select what is meant first")
    press(inside, "Alt+6")
    tables = inside.workbench.panes["tables"]
    tables.tabs.setCurrentIndex(2)
    click(tables.views["IDT"], 1, 1)
    assert tables.watched() == ()


def test_letters_typed_into_text_ask_nothing(qtbot: QtBot, inside: MainWindow, session: FakeSession) -> None:
    before = len(begun(session))
    press(inside, "Alt+4")
    line = inside.workbench.panes["events"].text
    line.setFocus()
    QTest.keyClicks(line, "WrwR")
    assert line.text() == "WrwR"
    view = in_memory(inside)
    view.side = Side.TEXT
    QTest.keyClicks(view, "wR")
    qtbot.waitUntil(lambda: [call[2] for call in session.calls if call[0] == "write_memory"] == [b"w", b"R"])
    view = in_registers(inside)
    pane: RegistersPane = inside.workbench.panes["registers"]
    pane.general.edit(pane.general.currentIndex())
    QTest.keyClicks(QApplication.focusWidget(), "w")
    assert len(begun(session)) == before
    assert not [call for call in session.calls if call[0] == "add_watchpoint"]


def test_the_words_of_the_questions() -> None:
    texts = [question.text for question in questions([RegisterWatch("eax"), SelectorWatch(0x87), DEEPER])]
    assert texts == [
        "Who wrote EAX?",
        "Who reads EAX next?",
        "Stop when EAX is written",
        "Stop when EAX is read",
        "Who loaded selector 0087 last?",
        "Who loads selector 0087 next?",
        "Stop when selector 0087 is loaded",
        "When was the locked stack last deeper than now, 20 bytes?",
        "When is the locked stack deeper than now, 20 bytes, next?",
        "Stop when the locked stack is deeper than now, 20 bytes",
    ]
    assert first([DescriptorWatch(0x87), SelectorWatch(0x87)], Ask.WHO_READS).goal == NextUse(
        SelectorWatch(0x87), Use.READ
    )
    assert first([DescriptorWatch(0x87)], Ask.WHO_WROTE).goal == LastUse(DescriptorWatch(0x87), Use.WRITE)

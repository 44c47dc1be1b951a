"""`dpmiscope shot` with the real machine: pictures that exist, and clear refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.debug.session import Launch
from app.resources import resource
from app.ui.shot import take_shot


def shoot(output: Path, **changes: Any) -> int:
    options = {"pane": None, "position": "tick 0", "size": "800x600", "theme": "light", "seconds": 60.0} | changes
    return take_shot(Launch(str(resource("samples/callback.com"))), output=str(output), **options)


def test_the_window_at_a_callback(qapp: QApplication, tmp_path: Path) -> None:
    assert shoot(tmp_path / "a.png", position="callback 1", size="1280x800") == 0
    image = QImage(str(tmp_path / "a.png"))
    assert (image.width(), image.height()) == (1280, 800)


@pytest.mark.parametrize("name, start", [("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_one_pane_as_a_drawing(qapp: QApplication, tmp_path: Path, name: str, start: bytes) -> None:
    assert shoot(tmp_path / name, pane="registers", theme="dark", size="320x400") == 0
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    "changes, code, words",
    [
        ({"size": "big"}, 2, "1280x800"),
        ({"pane": "kitchen"}, 2, "stacks"),
        ({"position": "somewhere"}, 2, "position"),
        ({"position": "callback 99"}, 125, "ended before"),
    ],
)
def test_refusals_say_what_to_write(
    qapp: QApplication,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str],
    code: int,
    words: str,
) -> None:
    assert shoot(tmp_path / "a.png", **changes) == code
    assert words in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


def test_an_unknown_ending_and_a_folder_that_is_not_there(
    qapp: QApplication, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shoot(tmp_path / "a.gif") == 2
    assert shoot(tmp_path / "no" / "a.png", size="320x200") == 125

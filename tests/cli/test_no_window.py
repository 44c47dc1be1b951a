"""Where no window can be opened, the command says what is missing and what to do, and leaves with 125."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from app.ui.starting import reason
from tests.cli.commands import here
from tests.emu.runs import ROOT, SAMPLES


def test_qt_gives_up_without_a_fatal_error_of_python() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "nonsense", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "app", str(SAMPLES / "hello16.com")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=100, env=environment)
    errors = done.stderr.decode()
    assert done.returncode == 125
    assert errors.startswith("dpmiscope: no window can be opened: ")
    assert "nonsense" in errors
    assert "`dpmiscope run`, `trace` and `shot` work without a window." in errors
    assert "Fatal Python error" not in errors


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    plugin = tmp_path / "libqxcb.so"
    text = reason(["could not connect to display :0"], [plugin])
    assert "libqxcb.so" in text
    assert "`python3 bootstrap.py run` installs what Qt needs." in text


def test_a_display_that_is_not_there() -> None:
    text = reason(["could not connect to display :77", "Could not load the plugin."], [])
    assert text.startswith("no window can be opened: could not connect to display :77. Set DISPLAY")
    assert "Something else." in reason(["Something else."], [])


@pytest.mark.parametrize(
    "module, words",
    [("app.ui.application", ()), ("app.ui.shot", ("shot", "--output", "x.png"))],
    ids=["window", "shot"],
)
def test_qt_is_not_there(module: str, words: tuple[str, ...]) -> None:
    with patch.dict(sys.modules, {module: None}):
        done = here(*words, SAMPLES / "hello16.com")
    assert done.code == 125
    assert done.errors.startswith("dpmiscope: Qt cannot be loaded: ")
    assert "bootstrap.py run" in done.errors

"""The rules of the house that a machine can check: style, types, direction of imports, and Qt's manners."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal

ROOT = Path(__file__).resolve().parent.parent
QT = ("PySide6", "shiboken6", "pyqtgraph")

# Folder or file, and what nothing in it may import. The front ends (cli, assemble) may import everything.
FORBIDDEN = {
    "app/emu": (*QT, "app.debug", "app.ui", "app.cli", "app.assemble"),
    "app/debug": (*QT, "app.ui", "app.cli", "app.assemble"),
    "app/ui": ("app.cli",),
}

# Library, and the only place that may import it.
ONLY_IMPORTER = {"unicorn": "app/emu/cpu", "capstone": "app/emu/disassembly.py"}

SOURCES = sorted((ROOT / "app").rglob("*.py"))


def python_tool(*arguments: str) -> None:
    """Run a tool of this environment over the whole house; its findings are the failure message."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"


def imports_of(source: Path) -> Iterator[tuple[int, str]]:
    """Every module a file names in an import, wherever in the file, with its line."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                yield node.lineno, f"{node.module}.{name.name}"


def is_within(inner: str, outer: str, separator: str) -> bool:
    return inner == outer or inner.startswith(outer + separator)


def violations(source: Path) -> Iterator[str]:
    place = source.relative_to(ROOT).as_posix()
    forbidden = [name for folder, names in FORBIDDEN.items() if is_within(place, folder, "/") for name in names]
    forbidden += [library for library, home in ONLY_IMPORTER.items() if not is_within(place, home, "/")]
    for line, module in imports_of(source):
        if any(is_within(module, name, ".") for name in forbidden):
            yield f"{place}:{line} must not import {module}"


def test_imports_go_down_the_storeys_only() -> None:
    found = [violation for source in SOURCES for violation in violations(source)]
    assert not found, "\n".join(found)


@pytest.mark.timeout(300)
def test_style() -> None:
    python_tool("-m", "ruff", "check", "--quiet", "--output-format", "concise")


@pytest.mark.timeout(300)
def test_format() -> None:
    python_tool("-m", "ruff", "format", "--check", "--quiet")


@pytest.mark.timeout(600)
def test_types() -> None:
    python_tool("-m", "mypy")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["services", "--help"], ["--version"]])
def test_the_command_line_needs_no_qt_gui(arguments: list[str]) -> None:
    """A machine without Mesa can still run, trace and check programs."""
    program = (
        "import sys\n"
        "from app.cli import main\n"
        "try:\n    code = main()\n"
        "except SystemExit as end:\n    code = end.code\n"
        "assert not code, code\n"
        "loaded = sorted(name for name in sys.modules if name.startswith(('PySide6.QtGui', 'PySide6.QtWidgets')))\n"
        "assert not loaded, loaded\n"
    )
    python_tool("-c", program, *arguments)


class Bell(QObject):
    rung = Signal(int)


def test_signals_lose_no_references() -> None:
    """PYSIDE-3474: some releases drop a reference to None with every call, until Python 3.11 dies of it."""
    bell = Bell()
    heard: list[int] = []
    bell.rung.connect(heard.append)
    before = sys.getrefcount(None), sys.getrefcount(True)
    for stroke in range(10_000):
        bell.rung.emit(stroke)
        bell.setObjectName("bell")
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert len(heard) == 10_000
    assert after == pytest.approx(before, abs=500)

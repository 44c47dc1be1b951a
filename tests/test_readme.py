"""The README says what is so: its tables are those of the code, its session can be followed, its files are there.

`.venv/bin/python -m tests.test_readme` writes the tables anew.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from app import cli
from app.debug.session import Goal, Launch, Session, ToPosition
from app.debug.snapshot import Interest
from app.emu import events
from app.emu.events import KINDS
from app.emu.host.profile import Profile
from app.emu.host.profiles import PROFILES
from app.emu.int31 import dispatch  # noqa: F401 - fills the table
from app.emu.int31.table import INT31
from app.emu.vmm import manager  # noqa: F401 - the same
from app.emu.vmm.table import VMM
from app.ui.actions import KEYS_IN_PANES, ROWS, Row
from app.ui.panes import PANES

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
SAMPLES = ROOT / "resources" / "samples"
ANEW = "run `.venv/bin/python -m tests.test_readme`"


def table(head: str, rows: Iterator[tuple[str, ...]]) -> str:
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + "---|" * columns, *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def in_keys(keys: tuple[str, ...]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


def words(row: Row) -> str:
    return row.text.replace("&", "").rstrip("…")


def key_rows() -> Iterator[tuple[str, ...]]:
    for row in ROWS:
        yield row.menu.replace("&", ""), words(row), in_keys(row.keys), row.tip
    for entry in PANES:
        yield "View", entry.title, in_keys((entry.shortcut,)), "Bring this pane up"
    for what, keys, tip in KEYS_IN_PANES:
        yield "", what, in_keys(keys), tip


def service_rows() -> Iterator[tuple[str, ...]]:
    for row in INT31:
        yield f"{row.number:04X}h", f"`{row.name}`", row.since, "yes" if row.offered else "no"


def sample_rows() -> Iterator[tuple[str, ...]]:
    for row in tomllib.loads((SAMPLES / "index.toml").read_text(encoding="utf-8"))["sample"]:
        source = Path(row["file"]).with_suffix(".asm")
        yield f"[`{row['file']}`](resources/samples/{source})", str(row["bits"]), row["line"]


def c_program_rows() -> Iterator[tuple[str, ...]]:
    folder = "resources/samples/go32"
    for row in tomllib.loads((SAMPLES / "go32" / "index.toml").read_text(encoding="utf-8"))["sample"]:
        yield f"[`{row['file']}`]({folder}/{Path(row['file']).with_suffix('.c')})", row["line"]


def driver_rows() -> Iterator[tuple[str, ...]]:
    folder = "resources/samples/drivers"
    for run in tomllib.loads((SAMPLES / "drivers" / "index.toml").read_text(encoding="utf-8"))["run"]:
        driver = Path(run["driver"])
        programs = (f"[`{name}`]({folder}/{Path(name).with_suffix('.asm')})" for name in run["programs"])
        source = driver.with_suffix(".asm") if driver.suffix == ".vxd" else driver
        yield f"[`{driver}`]({folder}/{source})", ", then ".join(programs), run["line"]


def vmm_rows() -> Iterator[tuple[str, ...]]:
    for row in VMM:
        if row.offered:
            yield f"{row.number:04X}h", f"`{row.name}`", row.since, row.summary


def profile_rows() -> Iterator[tuple[str, ...]]:
    for profile in PROFILES.values():
        yield f"`{profile.name}`", profile.title


def difference_rows() -> Iterator[tuple[str, ...]]:
    """In the order of the fields: what is so, under which hosts, and where that is written."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for profile in PROFILES.values():
        for each in profile.differences:
            found.setdefault((each.field, each.words, each.source), []).append(f"`{profile.name}`")
    order = [each.name for each in fields(Profile)]
    for (_, words, source), names in sorted(found.items(), key=lambda item: order.index(item[0][0])):
        yield words, ", ".join(names), source


def event_rows() -> Iterator[tuple[str, ...]]:
    for name, kind in KINDS.items():
        yield f"`{name}`", ", ".join(f"`{field}`" for _, field in events._own_fields(kind))


TABLES: dict[str, Callable[[], str]] = {
    "samples": lambda: table("sample | bits | what it shows", sample_rows()),
    "events": lambda: table("event | fields", event_rows()),
    "keys": lambda: table("menu | action | keys | what it does", key_rows()),
    "profiles": lambda: table("profile | host", profile_rows()),
    "differences": lambda: table("otherwise than `spec` | under | source", difference_rows()),
    "services": lambda: table("function | name | since | offered", service_rows()),
    "go32": lambda: table("program | what it shows", c_program_rows()),
    "drivers": lambda: table("driver | programs | what it shows", driver_rows()),
    "vmm": lambda: table("ordinal | name | since Windows | what it does", vmm_rows()),
}


def text() -> str:
    return README.read_text(encoding="utf-8")


def place_of(name: str, readme: str) -> tuple[int, int]:
    """Where a table stands, with the empty lines around it."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", readme, re.DOTALL)
    assert found is not None
    return found.span(1)


@pytest.mark.parametrize("name", TABLES)
def test_table_is_that_of_the_code(name: str) -> None:
    first, last = place_of(name, text())
    assert text()[first:last] == f"\n{TABLES[name]()}\n\n", ANEW


STEP = re.compile(r"^\| `([^`]+)`(?: × (\d+))? \| (\d+) \| `([0-9A-F:]+)` \|", re.MULTILINE)
"""A step of the first session: keys, how often, tick and CS:(E)IP afterwards."""


def goal_of(keys: str) -> Goal:
    if keys.startswith("Ctrl+G "):
        return ToPosition(keys.removeprefix("Ctrl+G "))
    return next(row.goal for row in ROWS if keys in row.keys and row.goal is not None)


def current(session: Session) -> str:
    return next(str(line.address) for line in session.observe(Interest()).code if line.is_current)


def test_first_session_can_be_followed() -> None:
    steps = STEP.findall(text())
    assert len(steps) > 10
    session = Session(Launch(str(SAMPLES / "callback.com")))
    found = []
    for keys, times, _, _ in steps:
        for _ in range(int(times or 1)):
            session.run(goal_of(keys))
        found.append((keys, times, str(session.machine.tick), current(session)))
    assert found == steps


MADE = (".png", ".jsonl", ".json", ".dpmirec")
"""Names of what commands make, or have made before."""


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.partition(" #")[0] for line in lines if line.startswith(".venv/bin/dpmiscope ")]


def run_command(command: str, tmp_path: Path) -> None:
    arguments = shlex.split(command)[1:]
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all((tmp_path / word).exists() for word in arguments if word.endswith(MADE))


@pytest.mark.parametrize("command", commands())
def test_command_works(command: str, tmp_path: Path) -> None:
    (tmp_path / "resources").symlink_to(ROOT / "resources")
    _, *_, subject = shlex.split(command)
    for earlier in commands()[: commands().index(command)]:
        if f" {subject} " in earlier and subject.endswith(MADE):
            run_command(earlier, tmp_path)  # makes what this one is about
    run_command(command, tmp_path)


def options() -> set[str]:
    """Every long option of every command."""
    commands = next(each for each in cli._commands()._actions if isinstance(each, argparse._SubParsersAction))
    actions = [action for parser in commands.choices.values() for action in parser._actions]
    return {name for action in actions for name in action.option_strings if name.startswith("--")}


@pytest.mark.parametrize("option", sorted(options() - {"--help"}))
def test_option_is_explained(option: str) -> None:
    assert re.search(rf"`{option}\b", text())


def test_every_file_named_is_there() -> None:
    named = re.findall(r"[`(]((?:app|tests|resources)/[\w./-]*)[`)]", text())
    named += re.findall(r"\]\((?!http|#)([^)]+)\)", text())
    assert len(named) > 30
    assert not [name for name in named if not (ROOT / name).exists()]


def test_every_heading_linked_to_is_there() -> None:
    heads = re.findall(r"^#+ (.+)$", text(), re.MULTILINE)
    headings = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
    assert set(re.findall(r"\]\(#([^)]+)\)", text())) <= headings


def test_lines_fit() -> None:
    """Tables and links may be longer."""
    assert not [line for line in text().splitlines() if len(line) > 120 and not line.startswith("|")]


def write_tables() -> None:
    new = text()
    for name, make in TABLES.items():
        first, last = place_of(name, new)
        new = f"{new[:first]}\n{make()}\n\n{new[last:]}"
    README.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    write_tables()

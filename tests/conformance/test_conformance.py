"""The conformance programs of ../shared: what a DPMI host has to answer, asked by small DOS programs that print one
line per check. The expected lines were printed by real hosts.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.emu.int31 import dispatch  # noqa: F401 - fills the table
from app.emu.int31.table import INT31
from tests.emu.runs import ROOT, Console, machine

SHARED = ROOT.parent / "shared" / "conformance"
PROGRAMS = sorted(path.stem for path in SHARED.glob("*.COM"))
ENOUGH = 200_000_000
ALL = 84
"""42 programs in two widths."""


@dataclass(frozen=True)
class Waiting:
    """A program that asks for functions of a later issue: which, why, and exactly the lines that wait for them."""

    reason: str
    functions: tuple[int, ...]
    lines: tuple[str, ...]


WAITING = {
    "WATCH": Waiting(
        "debug watchpoints: issue 4, section 1",
        (0x0B00, 0x0B01, 0x0B02, 0x0B03),
        (
            "ok 0B02", "ok not triggered", "ok not triggered by a read or by another address",
            "ok triggered by the write", "ok exception 1 delivered", "ok IP behind the write", "ok written",
            "ok 0B03", "ok reset", "ok 0B01", "ok cleared: no exception",
        ),
    ),
}  # fmt: skip

THROUGH_THE_COMMAND = ["CBENT16", "CBENT32", "SIM30032", "TERM16", "VIF32"]

present = pytest.mark.skipif(not PROGRAMS, reason=f"the conformance programs are not here: {SHARED} is missing")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder, to be drive C:."""
    copy = tmp_path_factory.mktemp("conformance") / "c"
    shutil.copytree(SHARED, copy)
    return copy


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip()]


def expected(program: str) -> list[str]:
    return lines((SHARED / f"{program}.expected").read_text(encoding="latin-1"))


def compare(wanted: list[str], got: list[str]) -> tuple[list[str], list[str]]:
    """What ../shared/conformance/compare.py --v10 finds: lines missing in their order, and lines that say FAIL."""
    at, missing = 0, []
    for line in wanted:
        try:
            at = got.index(line, at) + 1
        except ValueError:
            missing.append(line)
    if any(line.startswith("end fails=") for line in got):
        missing = [line for line in missing if not line.startswith("end fails=")]
    return missing, [line for line in got if line.startswith("FAIL")]


def waiting_for(program: str) -> Waiting | None:
    return WAITING.get(program.removesuffix(program[-2:]))


def say(program: str, folder: Path) -> tuple[list[str], int]:
    """Run a program to its end: the lines it printed and its exit code."""
    console = Console()
    running = machine(folder / f"{program}.COM", console=console, memory=32)
    while not running.has_ended and running.tick < ENOUGH:
        running.slice(1_000_000)
    assert running.has_ended, f"{program} has not ended after {ENOUGH} instructions"
    return lines(console.written[1].decode("latin-1")), running.state.end.code


@present
def test_all_programs_are_there() -> None:
    assert len(PROGRAMS) == ALL
    assert {name[-2:] for name in PROGRAMS} == {"16", "32"}


@present
@pytest.mark.parametrize("program", PROGRAMS)
def test_conformance(program: str, folder: Path) -> None:
    got, code = say(program, folder)
    missing, failed = compare(expected(program), got)
    waiting = waiting_for(program)
    told = "\n".join(got)
    if waiting is None:
        assert (missing, failed) == ([], []), told
        return
    assert missing == list(waiting.lines), f"not the lines that wait for {waiting.reason}:\n{told}"
    waited = {line.removeprefix("ok ") for line in waiting.lines}
    others = [line for line in failed if line.removeprefix("FAIL ").partition(" got=")[0] not in waited]
    assert not others, told
    assert code == len(failed), told


@present
def test_what_waits_is_what_is_not_offered() -> None:
    """When a function is offered its program has to pass: this list then says so."""
    for name, waiting in WAITING.items():
        assert {f"{name}16", f"{name}32"} <= set(PROGRAMS)
        for function in waiting.functions:
            assert not INT31[function].offered, f"{function:04X}h is offered: {name} need not wait"


@present
def test_the_comparison_is_that_of_compare_py(tmp_path: Path, folder: Path) -> None:
    """Passing and failing outputs are judged alike by the runner above and by the script the programs come with."""
    script = SHARED / "compare.py"
    good = expected("CBENT32")
    outputs = [good, good[:-3], [*good[:3], "FAIL something got=1 want=2 ax=0", *good[3:]], good[::-1], []]
    for output in outputs:
        file = tmp_path / "out.txt"
        file.write_text("\n".join(output), encoding="latin-1")
        command = [sys.executable, str(script), "--v10", str(SHARED / "CBENT32.expected"), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert bool(done.returncode) == (compare(good, output) != ([], [])), done.stdout


@present
@pytest.mark.parametrize("program", THROUGH_THE_COMMAND)
def test_conformance_through_the_command(program: str, folder: Path) -> None:
    """`dpmiscope run` prints what the program prints and ends with its exit code, the number of failed checks."""
    command = [sys.executable, "-m", "app", "run", "--mount", str(folder), str(folder / f"{program}.COM")]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert compare(expected(program), lines(done.stdout.decode("latin-1"))) == ([], [])

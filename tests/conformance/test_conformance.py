"""The conformance programs of ../shared: what a DPMI host has to answer, asked by small DOS programs that print one
line per check. The expected lines were printed by real hosts.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.emu.runs import ROOT, Console, machine

SHARED = ROOT.parent / "shared" / "conformance"
PROGRAMS = sorted(path.stem for path in SHARED.glob("*.COM"))
ENOUGH = 200_000_000
ALL = 84
"""42 programs in two widths."""


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


def say(program: str, folder: Path, *, profile: str = "spec", enough: int = ENOUGH) -> tuple[list[str], int]:
    """Run a program to its end: the lines it printed and its exit code."""
    console = Console()
    running = machine(folder / f"{program}.COM", console=console, memory=32, profile=profile)
    while not running.has_ended and running.tick < enough:
        running.slice(1_000_000)
    assert running.has_ended, f"{program} has not ended after {enough} instructions"
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
    assert (missing, failed, code) == ([], [], 0), "\n".join(got)


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

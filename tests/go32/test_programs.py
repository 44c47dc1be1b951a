"""The C programs: what they print, that nothing of theirs is left, what `info` says, how they are built."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app.emu.host.profiles import PROFILES
from app.emu.machine import Machine
from tests.cli.commands import here
from tests.emu.runs import SAMPLES, Console, forward, machine, save_run_restore_run, trace
from tests.guest.guest_run import what_is_left

PROGRAMS = SAMPLES / "go32"
EXPECTED = Path(__file__).resolve().parent / "expected"
INDEX: list[dict[str, Any]] = tomllib.loads((PROGRAMS / "index.toml").read_text())["sample"]
ENOUGH = 3_000_000
"""Instructions none of them needs."""

every_program = pytest.mark.parametrize("file", [sample["file"] for sample in INDEX])


def build_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("go32_build", PROGRAMS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = build_script()
needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in BUILD.TOOLS), reason=f"building needs {', '.join(BUILD.TOOLS)}"
)


def ran(program: Path, *arguments: str, **launch: Any) -> tuple[Machine, int, str]:
    """Run to the end: the machine, the exit code, what was printed."""
    console = Console()
    running = forward(machine(program, console=console, arguments=arguments, **launch), ENOUGH)
    end = running.state.end
    assert end is not None, f"still running after {running.tick} instructions"
    assert end.how == "exit", end.message
    return running, end.code, console.text().replace("\r\n", "\n")


def expected(file: str) -> str:
    return (EXPECTED / file).with_suffix(".txt").read_text()


@every_program
def test_a_program_finds_everything_right(file: str) -> None:
    running, code, printed = ran(PROGRAMS / file)
    assert printed == expected(file)
    assert code == 0
    assert not what_is_left(running)


@pytest.mark.parametrize("file", ["callback.exe", "timer.exe", "signals.exe"])
def test_what_handlers_use_is_locked(file: str) -> None:
    assert ran(PROGRAMS / file, paging="strict")[1:] == (0, expected(file))


@pytest.mark.parametrize("profile", sorted(PROFILES.keys() - {"spec"}))
@pytest.mark.parametrize("file", ["signals.exe", "exec.exe"])
def test_it_runs_under_every_host(file: str, profile: str) -> None:
    """Hosts without INT 31h AX=0507h have no page to guard: then some lines are missing, and none is wrong."""
    running, code, printed = ran(PROGRAMS / file, profile=profile)
    assert code == 0
    assert set(printed.splitlines()) <= set(expected(file).splitlines())
    assert not what_is_left(running)


def test_it_is_the_same_however_it_is_sliced() -> None:
    runs = [forward(machine(PROGRAMS / "signals.exe"), ENOUGH, slices=size) for size in (1_000_000, 777)]
    assert trace(runs[0]) == trace(runs[1])


def test_going_back_repeats_what_happened() -> None:
    save_run_restore_run(PROGRAMS / "signals.exe", 18_000, 5_000)


def test_an_exception_nobody_handles_ends_the_program() -> None:
    running, code, printed = ran(PROGRAMS / "signals.exe", "null")
    assert code == 255
    assert re.fullmatch(r"Signal: segment \(exception E, error code 6\) at [0-9A-F]+\n", printed)
    assert not what_is_left(running)


def test_a_program_runs_any_other() -> None:
    running, code, printed = ran(PROGRAMS / "exec.exe", "signals.exe", "null")
    assert code == 255
    assert printed.endswith("signals.exe null: exit code 255\n")
    assert [json.loads(line)["event"] for line in trace(running).splitlines()].count("client_left") == 2


def test_the_command_ends_with_its_exit_code() -> None:
    done = here("run", PROGRAMS / "signals.exe")
    assert (done.code, done.errors) == (0, "")
    assert done.output.decode().replace("\r\n", "\n") == expected("signals.exe")
    assert here("run", PROGRAMS / "signals.exe", "null").code == 255


@pytest.mark.parametrize("arguments, code", [(("3",), 0), (("0",), 1), (("x",), 1)])
def test_work_is_done_as_often_as_asked(arguments: tuple[str], code: int) -> None:
    running = forward(machine(PROGRAMS / "work.exe", arguments=arguments), 2 * ENOUGH)
    assert running.state.end is not None
    assert running.state.end.code == code


@pytest.mark.parametrize("size", [1100, 7000])
def test_a_stub_says_that_its_image_is_cut_off(size: int, tmp_path: Path) -> None:
    """In real mode for the headers, in protected mode for the sections."""
    path = tmp_path / "CUT.EXE"
    path.write_bytes((PROGRAMS / "float.exe").read_bytes()[:size])
    console = Console()
    running = forward(machine(path, console=console), ENOUGH)
    assert running.state.end is not None
    assert running.state.end.code == 255
    assert console.text(2) == "No complete COFF image follows the stub of this program.\r\n"
    assert not what_is_left(running)


@every_program
def test_info_tells_what_is_in_it(file: str) -> None:
    done = here("info", PROGRAMS / file)
    text = done.output.decode()
    assert done.code == 0
    assert re.search(r"format +go32-v2 COFF behind an MZ stub\n", text)
    assert re.search(r"COFF entry +[0-9A-F]{8} \(start\)\n", text)
    assert re.search(r"sections +\.text \d+ bytes at 00001000, \.data \d+ .*, \.bss \d+ bytes", text)
    assert re.search(r"symbols +\d\d+\n", text)


def test_info_refuses_a_damaged_image(tmp_path: Path) -> None:
    path = tmp_path / "cut.exe"
    path.write_bytes((PROGRAMS / "float.exe").read_bytes()[:5000])
    done = here("info", path)
    assert done.code == 125
    assert "cut.exe: its COFF image is cut off" in done.errors


def test_index_lists_every_program_once() -> None:
    assert sorted(sample["file"] for sample in INDEX) == BUILD.programs()
    assert {path.name for path in PROGRAMS.glob("*.exe")} == set(BUILD.programs())
    for sample in INDEX:
        assert set(sample) == {"file", "title", "line", "bits", "topics"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("go32")
    BUILD.build(folder)
    return folder


@needs_tools
def test_they_are_built_from_their_sources(built: Path) -> None:
    compiler = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    if compiler != BUILD.MADE_BY:
        pytest.skip(f"the programs were made by gcc {BUILD.MADE_BY}; gcc {compiler} makes other code")
    for name in BUILD.programs():
        assert (built / name).read_bytes() == (PROGRAMS / name).read_bytes(), "run resources/samples/go32/build.py"


@needs_tools
def test_any_compiler_makes_them(built: Path) -> None:
    assert ran(built / "signals.exe")[1:] == (0, expected("signals.exe"))


@pytest.mark.parametrize("pattern", ["*.c", "library/*.c", "library/*.h", "library/*.s", "*.asm"])
def test_source_lines_fit_and_hold_no_tabs(pattern: str) -> None:
    for source in PROGRAMS.glob(pattern):
        for line in source.read_text(encoding="utf-8").splitlines():
            assert len(line) <= 120, source
            assert "\t" not in line, source

"""The drivers that come with dpmiscope: what their programs print, alike in every run, built from their sources."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.debug.launch import Launch, start
from app.emu.machine import Machine
from tests.emu.runs import Console
from tests.host.test_events import OF_DRIVERS, check
from tests.vmm.lab import DRIVERS, needs_nasm

RUNS: list[dict[str, Any]] = tomllib.loads((DRIVERS / "index.toml").read_text())["run"]
every_run = pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run['driver']}-{run['programs'][-1]}")


def is_win32(run: dict[str, Any]) -> bool:
    return str(run["programs"][0]).endswith(".exe")


def ran(run: dict[str, Any], step: int = 100_000) -> tuple[Machine, Console]:
    console = Console()
    first, *then = (str(DRIVERS / name) for name in run["programs"])
    launch = Launch(first, then=tuple((name,) for name in then), vxds=(str(DRIVERS / run["driver"]),), memory=8)
    machine = start(launch, console)
    while machine.state.end is None and machine.tick < 1_000_000:
        machine.slice(step)
    return machine, console


@every_run
def test_a_run_prints_what_it_did(run: dict[str, Any]) -> None:
    machine, console = ran(run)
    end = machine.state.end
    assert console.text().replace("\r\n", "\n") == run["prints"], console.text(2)
    assert end is not None
    assert end.how == ("terminated" if run.get("code") else "exit"), end.message


def test_their_events_are_those_of_the_interface() -> None:
    kinds = set()
    for run in RUNS:
        machine, _ = ran(run)
        for event, _ in machine.log.since(0):
            check(event.to_object())
            kinds.add(event.kind)
    assert kinds >= OF_DRIVERS


@every_run
def test_it_is_the_same_however_it_is_sliced(run: dict[str, Any]) -> None:
    traces = []
    for step in (100_000, 3):
        machine, _ = ran(run, step)
        traces.append([event.to_json() for event, _ in machine.log.since(0)])
    assert traces[0] == traces[1]


def test_every_driver_is_shown_in_both_modes() -> None:
    shown = {(run["driver"], run["programs"][-1].endswith("pm.com")) for run in RUNS if not is_win32(run)}
    in_python = [path for path in DRIVERS.glob("*.py") if "(Driver)" in path.read_text(encoding="utf-8")]
    others = [
        path for path in DRIVERS.glob("*.vxd") if "W32_DeviceIoControl" not in path.with_suffix(".asm").read_text()
    ]
    assert shown == {(path.name, pm) for path in (*others, *in_python) for pm in (False, True)}


def test_every_win32_program_is_shown() -> None:
    assert {path.name for path in DRIVERS.glob("*.exe")} == {run["programs"][0] for run in RUNS if is_win32(run)}


@needs_nasm
def test_they_are_built_from_their_sources(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(DRIVERS / "build.py"), str(tmp_path)], check=True)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {path.name for path in DRIVERS.iterdir() if path.suffix in {".vxd", ".com", ".exe"}}
    for name in names:
        assert (tmp_path / name).read_bytes() == (DRIVERS / name).read_bytes(), "run resources/samples/drivers/build.py"


def test_the_command_ends_with_a_report() -> None:
    command = [sys.executable, "-m", "app", "run", "--vxd", str(DRIVERS / "forget.vxd"), str(DRIVERS / "tsr.com")]
    command += ["--then", str(DRIVERS / "patch86.com")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=DRIVERS.parents[2])
    assert ended.returncode == 123
    assert "the driver FORGET ended its VM" in ended.stderr


@pytest.mark.parametrize("name", ["nothing.vxd", "entry86.com"])
def test_the_command_refuses_what_is_no_driver(name: str) -> None:
    command = [sys.executable, "-m", "app", "run", "--vxd", str(DRIVERS / name), str(DRIVERS / "entry86.com")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=DRIVERS.parents[2])
    assert ended.returncode == 125
    assert name in ended.stderr

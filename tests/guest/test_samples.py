"""The samples: what they print, that they are built from their sources, and what their traces look like."""

from __future__ import annotations

import functools
import importlib.util
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.guest.guest_run import Ended, run

SAMPLES = Path(__file__).resolve().parents[2] / "resources" / "samples"
EXPECTED = Path(__file__).resolve().parent / "samples"
INDEX: list[dict[str, Any]] = tomllib.loads((SAMPLES / "index.toml").read_text())["sample"]

every_sample = pytest.mark.parametrize("sample", INDEX, ids=lambda sample: Path(sample["file"]).stem)


@functools.cache
def ran(file: str) -> Ended:
    return again(file)


def again(file: str) -> Ended:
    """Run a sample, behind the one it needs."""
    before = next(sample.get("before") for sample in INDEX if sample["file"] == file)
    return run(SAMPLES / before, f"--then {file}") if before else run(SAMPLES / file)


def build_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("samples_build", SAMPLES / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@every_sample
def test_sample_prints_what_it_did(sample: dict[str, Any]) -> None:
    ended = ran(sample["file"])
    expected = (EXPECTED / sample["file"]).with_suffix(".expected").read_text()
    assert ended.output.replace("\r\n", "\n") == expected, ended.errors
    assert (ended.code, ended.reason) == (0, "exited")


@every_sample
def test_trace_of_a_sample_is_the_same_twice(sample: dict[str, Any]) -> None:
    assert again(sample["file"]).trace == ran(sample["file"]).trace


@every_sample
def test_trace_of_a_sample_is_in_order(sample: dict[str, Any]) -> None:
    ended = ran(sample["file"])
    events = [json.loads(line) for line in ended.trace.splitlines()]
    assert [event["seq"] for event in events] == list(range(len(events)))
    ticks = [event["tick"] for event in events]
    assert ticks == sorted(ticks)
    assert events[0]["event"] == "program_loaded"
    assert events[-1] | {"code": 0} == events[-1]
    assert events[-1]["event"] == "program_ended"
    assert [event["bits"] for event in events if event["event"] == "client_left"][-1] == sample["bits"]


def own_events(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the last client to leave does while its program runs and none that it has started."""
    client = [event for event in events if event["event"] == "client_left"][-1]["client"]
    own, children = [], 0
    for event in (event for event in events if event["client"] == client):
        children += (event["event"] == "program_loaded") - (event["event"] == "program_ended")
        if not children:
            own.append(event)
    return own


@every_sample
def test_sample_gives_back_what_it_took(sample: dict[str, Any]) -> None:
    """But the vectors a provider hooks in its clients: they go with them."""
    ended = ran(sample["file"])
    events = [json.loads(line) for line in ended.trace.splitlines()]
    own = own_events(events)
    kinds = [event["event"] for event in own]
    assert kinds.count("callback_allocated") == kinds.count("callback_freed")
    actions = [event["action"] for event in own if event["event"] == "memory_changed"]
    assert actions.count("allocated") == actions.count("freed")
    first: dict[tuple[str, int], str] = {}
    last: dict[tuple[str, int], str] = {}
    for event in own:
        if event["event"] == "vector_changed" and (event["table"] == "real" or "before" not in sample):
            vector = event["table"], event["vector"]
            first.setdefault(vector, event["before"])
            last[vector] = event["after"]
    assert first == last, "a vector is not restored"


@every_sample
def test_every_service_of_a_sample_succeeds(sample: dict[str, Any]) -> None:
    ended = ran(sample["file"])
    events = [json.loads(line) for line in ended.trace.splitlines()]
    failed = [event for event in events if event["event"] == "service_returned" and event["carry"]]
    assert not [event for event in failed if event["interrupt"] == 0x31]


def test_command_runs_a_sample(tmp_path: Path) -> None:
    status = tmp_path / "status.json"
    program = SAMPLES / "callback.com"
    command = [sys.executable, "-m", "app", "run", "--status", str(status), str(program)]
    ended = subprocess.run(command, cwd=SAMPLES.parents[1], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == (EXPECTED / "callback.expected").read_text()
    assert json.loads(status.read_text()) | {"reason": "exited", "code": 0} == json.loads(status.read_text())


def test_index_lists_every_sample_once() -> None:
    sources = {path.stem for path in SAMPLES.glob("*.asm")}
    listed = [Path(sample["file"]).stem for sample in INDEX]
    assert sorted(listed) == sorted(sources)
    for sample in INDEX:
        assert set(sample) - {"before"} == {"file", "title", "line", "bits", "topics"}
        assert sample.get("before") in {None, *(each["file"] for each in INDEX)}
        assert sample["bits"] in {16, 32}
        assert (SAMPLES / sample["file"]).exists()


@pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm assembles the samples")
def test_samples_are_built_from_their_sources(tmp_path: Path) -> None:
    build_script().build(tmp_path)
    for sample in INDEX:
        name = sample["file"]
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes(), "run resources/samples/build.py"


@every_sample
def test_source_lines_fit_and_hold_no_tabs(sample: dict[str, Any]) -> None:
    for line in (SAMPLES / sample["file"]).with_suffix(".asm").read_text().splitlines():
        assert len(line) <= 120
        assert "\t" not in line

"""`info`, `services`, `--version`, `--help`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.emu.host.profiles import PROFILES
from app.emu.int31 import dispatch  # noqa: F401 - fills the table
from app.emu.int31.table import INT31
from app.emu.vmm import manager  # noqa: F401 - the same
from app.emu.vmm.table import VMM
from tests.cli.commands import here, process
from tests.emu.runs import SAMPLES, com

SINCE = {0x31: {"0.9", "1.0"}, 0x20: {"3.0", "3.1", "95", "98", "ME"}}
KEYS = {"interrupt", "function", "name", "since", "offered", "summary", "takes", "gives"}


def test_services_as_json() -> None:
    done = here("services", "--format", "json")
    assert done.code == 0
    rows = json.loads(done.output)
    assert [row["interrupt"] for row in rows] == [0x31] * len(list(INT31)) + [0x20] * len(list(VMM))
    for row in rows:
        assert set(row) == KEYS
        assert (type(row["function"]), type(row["offered"])) == (int, bool)
        assert row["since"] in SINCE[row["interrupt"]]
        for registers in (row["takes"], row["gives"]):
            assert all(isinstance(name, str) and isinstance(view, str) for name, view in registers.items())
    for interrupt in SINCE:
        numbers = [row["function"] for row in rows if row["interrupt"] == interrupt]
        assert numbers == sorted(numbers)
    allocate = next(row for row in rows if row["function"] == 0x0303)
    nest = next(row for row in rows if (row["interrupt"], row["function"]) == (0x20, 0x84))
    assert (nest["name"], nest["offered"], nest["takes"]) == ("Exec_Int", True, {"vector": "EAX"})
    assert allocate["name"] == "allocate_real_mode_callback"
    assert set(allocate["takes"].values()) == {"DS:(E)SI", "ES:(E)DI"}


def test_services_as_text() -> None:
    done = here("services")
    lines = done.output.decode().splitlines()
    assert done.code == 0
    functions = lines[: len(list(INT31))]
    assert all(re.match(r"[0-9A-F]{4}h  (0\.9|1\.0)  (yes|no )  [a-z0-9_]+: ", line) for line in functions)
    services = lines[len(functions) :]
    assert len(services) == len(list(VMM))
    assert all(re.match(r"VMM [0-9A-F]{4}h  [0-9ME.]+ +(yes|no )  [A-Za-z0-9_]+: ", line) for line in services)


@pytest.mark.parametrize("name", PROFILES)
def test_services_of_a_host(name: str) -> None:
    """Which functions it offers, and in the text what it does otherwise, with sources."""
    profile = PROFILES[name]
    rows = json.loads(here("services", "--profile", name, "--format", "json").output)
    assert {row["function"] for row in rows if not row["offered"] and row["interrupt"] == 0x31} == profile.missing
    assert all(set(row) == KEYS for row in rows)
    lines = here("services", "--profile", name).output.decode().splitlines()
    asked = lines.index("") if "" in lines else len(lines)
    assert asked == len(rows)
    assert [line[:4] for line in lines[: len(list(INT31))] if "  no   " in line] == [
        f"{number:04X}" for number in sorted(profile.missing)
    ]
    differences = list(profile.differences)
    assert bool(differences) == (name != "spec")
    assert lines[asked + 2 :] == [f"* {each.words}  [{each.source}]" for each in differences]


def test_info_of_a_com_program(tmp_path: Path) -> None:
    done = here("info", com(tmp_path, b"\xc3" * 10))
    text = done.output.decode()
    assert done.code == 0
    assert "PROG.COM, 10 bytes" in text
    assert re.search(r"format +COM", text)


def test_info_of_an_exe_program() -> None:
    done = here("info", SAMPLES / "exefile.exe")
    text = done.output.decode()
    assert done.code == 0
    assert re.search(r"format +MZ", text)
    assert re.search(r"relocations +[1-9]", text)
    assert re.search(r"entry +[0-9A-F]{4}:[0-9A-F]{4}", text)


def test_the_version() -> None:
    done = here("--version")
    assert done.code == 0
    assert re.fullmatch(rb"dpmiscope (\d+\.\d+.*|\(not installed\))\n", done.output)


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["trace", "-h"], ["services", "--help"]])
def test_help_says_how_to_use_it(words: list[str]) -> None:
    done = here(*words)
    assert done.code == 0
    assert b"usage: dpmiscope" in done.output
    assert done.errors == ""


def test_the_module_is_the_command() -> None:
    done = process("services", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)


@pytest.mark.parametrize("command", [["services"], ["services", "--format", "json"]])
def test_listings_end_quietly_when_their_pipe_is_cut(command: list[str]) -> None:
    import subprocess
    import sys

    from tests.emu.runs import ROOT

    script = f"{sys.executable} -m app {' '.join(command)} | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr

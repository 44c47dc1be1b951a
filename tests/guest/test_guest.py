"""Every guest test, in both widths, through the real machine. What a program is about stands in its source's header."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from app.resources import resource
from tests.guest import build
from tests.guest.guest_run import run

needs_nasm = pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm assembles the guest tests")


def every_program() -> list[object]:
    return [
        pytest.param(source, name, id=Path(name).stem) for source in build.sources() for name in build.programs(source)
    ]


@pytest.mark.parametrize("source, name", every_program())
def test_guest_program(source: Path, name: str) -> None:
    header = build.header(source)
    expected = [int(code) for code in header.get("expect", "0").split()]
    ended = run(build.BUILT / name, header.get("options", ""))
    text = source.with_suffix(".expected")
    printed = text.read_text() if text.exists() else ""
    assert (ended.code in expected, ended.output.replace("\r\n", "\n")) == (True, printed), (
        f"code {ended.code}, {ended.reason}: {ended.message}\n{ended.output}{ended.errors}"
    )
    assert ended.left == tuple(header["leaves"].split(", ")) if "leaves" in header else not ended.left
    if ended.code >= 123:
        assert ended.reason in {"terminated", "limit"}
        assert ended.message


def test_nothing_is_built_without_a_source() -> None:
    expected = {name for source in build.sources() for name in build.programs(source)}
    assert {path.name for path in build.BUILT.glob("*.com")} == expected


@needs_nasm
@pytest.mark.parametrize("source", build.sources(), ids=lambda source: source.stem)
def test_guest_program_is_built_from_its_source(source: Path, tmp_path: Path) -> None:
    build.build(source, tmp_path)
    for name in build.programs(source):
        assert (tmp_path / name).read_bytes() == (build.BUILT / name).read_bytes(), "run tests/guest/build.py"


@needs_nasm
def test_command_interpreter_is_built_from_its_source(tmp_path: Path) -> None:
    source, built = resource("dos/command.asm"), tmp_path / "command.com"
    subprocess.run(["nasm", "-f", "bin", "-Werror", str(source), "-o", str(built)], check=True)
    assert built.read_bytes() == resource("dos/command.com").read_bytes(), "build resources/dos/command.asm"


def test_every_header_states_its_rule() -> None:
    for source in build.sources():
        comment = source.read_text().partition("%include")[0]
        assert "\n; Rule: " in comment, source.name

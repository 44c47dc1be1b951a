"""The conformance programs under the profile of a host that has run them: what that host printed comes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conformance.test_conformance import PROGRAMS, SHARED, compare, expected, folder, present, say

__all__ = ["folder"]

HOSTS = {
    "hdpmi": "HDPMI 3.19 / QEMU 7.2 TCG, FreeDOS",
    "cwsdpmi": "CWSDPMI r7 / QEMU 7.2 TCG, FreeDOS",
}
"""Profile, and whose lines it has to print. Under DOSBox the processor differs, too."""
NOT_PLAYED = {
    ("hdpmi", "INT24"): "it stopped at INT 24h in real mode; why, and what became of it, is not recorded",
    ("hdpmi", "MEM10"): "0506h succeeded on a freed block; what it wrote there is not recorded",
}
LOSES_ITS_OUTPUT = {("cwsdpmi", "EXCHN")}
"""The program does not end, so that what it had printed was lost; here it can be seen."""
SILENT_AS_DOSEMU2 = ("DOSMEM", "MEM", "VERS")
"""Programs whose differences under dosemu2 are those of every host of 0.9: AX after an error is unchanged."""
WITH_ADDRESSES = {
    "FAIL CS = the callback's own segment",
    "FAIL IP = the callback's own offset",
    "v10 PM vector is ours again: selector",
}
"""Checks that print addresses of the host they ran on."""
ENOUGH = 40_000
"""Instructions within which a program of those that lose their output ends, if it ends."""


def recorded(program: str, host: str) -> list[str]:
    """What a host printed differently, in its order."""
    prefix = f"{host}, {program}: "
    file = SHARED / f"{program[:-2]}.hosts.md"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


def only_specified(program: str) -> set[str]:
    """The lines the specification demands and no host of those prints."""
    found, listed = set(), False
    for line in (SHARED / f"{program[:-2]}.hosts.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("spec-only"):
            listed = program in line
        elif listed and line.startswith("    "):
            found.add(line.strip())
    return found


def name_of(line: str) -> str:
    """The check a line is about, and its kind."""
    return line.partition(" got=")[0].removesuffix(" ok")


def without_addresses(line: str) -> str:
    return name_of(line) if name_of(line) in WITH_ADDRESSES else line


def differing(got: list[str], program: str) -> list[str]:
    """The lines that tell of a difference, but for those no host passes."""
    beyond = {name_of(line) for line in only_specified(program)}
    return [
        without_addresses(line)
        for line in got
        if line.startswith(("FAIL ", "skip ", "v10 ")) and not line.endswith(" ok") and name_of(line) not in beyond
    ]


def cases() -> list[tuple[str, str]]:
    """Profile and program, wherever the host differed and that is played. 16-bit clients differed as 32-bit ones."""
    return [
        (profile, program)
        for profile, host in HOSTS.items()
        for program in PROGRAMS
        if program.endswith("32")
        and recorded(program, host)
        and (profile, program[:-2]) not in {*NOT_PLAYED, *LOSES_ITS_OUTPUT}
    ]


@present
@pytest.mark.parametrize(("profile", "program"), cases())
def test_the_differences_of_a_host_are_those_recorded(profile: str, program: str, folder: Path) -> None:
    lines = recorded(program, HOSTS[profile])
    got, _ = say(program, folder, profile=profile)
    for line in [line for line in lines if line.startswith("not printed: ")]:
        assert not set(line.removeprefix("not printed: ").split("; ")) & set(got)
    stops = next((line.removeprefix("stops after: ") for line in lines if line.startswith("stops after: ")), None)
    told = [without_addresses(line) for line in lines if not line.startswith(("not printed: ", "stops after: "))]
    assert differing(got, program) == told, "\n".join(got)
    assert not only_specified(program) & set(got)
    if stops is not None:
        assert got[-1] == stops
    elif not any(line.startswith("skip ") for line in told):
        names = {re.sub("^(FAIL|v10) ", "", name_of(line)) for line in lines}
        omitted = {each for line in lines for each in line.removeprefix("not printed: ").split("; ")}
        missing, _ = compare(expected(program), got)
        assert {re.sub("^(ok|v10) ", "", name_of(line)) for line in missing if line not in omitted} <= names


@present
@pytest.mark.parametrize(("profile", "program"), sorted(NOT_PLAYED))
def test_what_is_not_played_is_recorded_and_passes_here(profile: str, program: str, folder: Path) -> None:
    """Otherwise it is played by now, or there is nothing to play."""
    assert recorded(f"{program}32", HOSTS[profile])
    got, code = say(f"{program}32", folder, profile=profile)
    assert (compare(expected(f"{program}32"), got), code) == (([], []), 0)


@present
@pytest.mark.parametrize(("profile", "program"), sorted(LOSES_ITS_OUTPUT))
def test_a_program_that_did_not_end_does_not_end(profile: str, program: str, folder: Path) -> None:
    assert recorded(f"{program}32", HOSTS[profile]) == ["stops after: (no output)"]
    assert say(f"{program}32", folder, enough=ENOUGH)[1] == 0
    with pytest.raises(AssertionError, match="has not ended"):
        say(f"{program}32", folder, profile=profile, enough=ENOUGH)


@present
@pytest.mark.parametrize("program", SILENT_AS_DOSEMU2)
def test_a_host_of_0_9_leaves_ax_alone_after_errors(program: str, folder: Path) -> None:
    lines = recorded(f"{program}16", "dosemu2 2.0pre9 (native LDT)")
    got, _ = say(f"{program}16", folder, profile="dpmi09")
    assert lines
    assert set(lines) <= set(got)


@present
def test_a_client_of_16_bits_cannot_enter_under_cwsdpmi(folder: Path) -> None:
    got, _ = say("SEG2D16", folder, profile="cwsdpmi")
    assert not any(line.startswith("ok ") for line in got)

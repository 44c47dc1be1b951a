"""`--record`, and recordings in place of programs: the same run again, anywhere, however its recording ended."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.debug.launch import Launch
from app.debug.recording import read
from app.debug.session import Session
from tests.cli.commands import here, process
from tests.emu.runs import EXIT, ROOT, SAMPLE_PROGRAMS, SAMPLES, client, com

READ_LINE = bytes.fromhex("B408 CD21 88C2 B402 CD21 80FA0D 75F1") + EXIT
"""again: mov ah, 8 / int 21h / mov dl, al / mov ah, 2 / int 21h / cmp dl, 0Dh / jne again: types what it reads"""
ENDLESS = bytes.fromhex("40 B402 B22E CD21 B9FFFF E2FE EBF2")
"""again: inc ax / mov ah, 2 / mov dl, '.' / int 21h / mov cx, FFFFh / loop $ / jmp again"""
A_POINT = 67_000
"""Instructions from one point printed to the next, interrupt handlers and all; a few less."""
COPIES = bytes.fromhex("B8003D BA3001 CD21 89C3 B43F B96400 BA0003 CD21 89C1 B440 BB0100 CD21 B8004C CD21").ljust(
    0x30, b"\x90"
)
"""Opens DATA.TXT, reads up to 100 bytes and writes them to standard output."""


def replayed(recording: Path, folder: Path, command: str = "trace") -> tuple[int, bytes, bytes]:
    """Exit code, events and output of a replay in a folder that holds nothing but the recording."""
    folder.mkdir(parents=True)
    alone = Path(shutil.copy(recording, folder / "ALONE.dpmirec"))
    done = process(command, alone, cwd=folder, stdin=b"nobody asks for this\n")
    return done.returncode, done.stdout, done.stderr


def limits(program: Path) -> list[str]:
    return ["--max-instructions", "60000"] if program.stem in {"timer", "hello32"} else []


@pytest.mark.parametrize("program", SAMPLE_PROGRAMS, ids=lambda path: path.stem)
def test_a_sample_is_the_same_on_another_machine(tmp_path: Path, program: Path) -> None:
    """Byte for byte, the program not being there; exit code and status as in the original."""
    path = tmp_path / "A.dpmirec"
    status = tmp_path / "status"
    first = here("trace", "--record", path, *limits(program), program, status=status)
    (tmp_path / "there").mkdir()
    alone = shutil.copy(path, tmp_path / "there" / "ALONE.dpmirec")
    again = here("trace", alone, status=status)
    assert (again.code, again.output, again.status) == (first.code, first.output, first.status)
    assert again.errors == first.errors


def test_programs_in_a_row_come_along(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    first = here("trace", "--record", path, SAMPLES / "hello16.com", "--then", SAMPLES / "callback.com", "x")
    again = here("trace", path)
    assert (again.code, again.output) == (first.code, first.output)
    assert first.output.count(b"program_loaded") == 2


def test_files_keys_and_standard_input_come_along(tmp_path: Path) -> None:
    here_folder = tmp_path / "here"
    here_folder.mkdir()
    (here_folder / "DATA.TXT").write_bytes(b"what the file says")
    runs = {
        "reads a file": (["--record"], COPIES + b"DATA.TXT\0", b"", b"what the file says"),
        "keys": (["--keys", r"some {F5}keys\n", "--record"], client(32, READ_LINE), b"", b"some \0?keys\r"),
        "standard input": (["--record"], client(16, READ_LINE), b"hello\nmore", b"hello\r"),
        "arguments": (["--record"], READ_LINE, b"\n", b"\r"),
    }
    for name, (options, code, stdin, printed) in runs.items():
        program = com(here_folder, code)
        path = tmp_path / f"{name}.dpmirec"
        first = process("trace", *options, path, program, stdin=stdin)
        assert (first.returncode, first.stderr) == (0, printed), name
        program.unlink()
        assert replayed(path, tmp_path / f"{name} there") == (0, first.stdout, printed), name
        assert here("run", path).output == printed


def test_written_files_come_along(tmp_path: Path) -> None:
    """With write-through the recording answers for the folder; the replay writes nowhere."""
    code = bytes.fromhex("B43C 31C9 BA3001 CD21 89C3 B440 B90400 CD21 B43E CD21 B8023D BA3001 CD21 B44C CD21")
    program = com(tmp_path, code.ljust(0x30, b"\x90") + b"NEW.TXT\0")
    path = tmp_path / "A.dpmirec"
    first = here("trace", "--write-through", "--record", path, program)
    assert (tmp_path / "NEW.TXT").read_bytes() == b"NEW."
    before = sorted(each.name for each in tmp_path.iterdir())
    (tmp_path / "NEW.TXT").write_bytes(b"other")
    assert here("trace", path).output == first.output
    assert sorted(each.name for each in tmp_path.iterdir()) == before
    assert (tmp_path / "NEW.TXT").read_bytes() == b"other"


def test_a_recording_that_stops_before_the_program_says_so(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    first = here("run", "--record", path, "--max-instructions", "5000", com(tmp_path, ENDLESS))
    again = here("run", path, status=tmp_path / "status")
    assert (first.code, again.code, again.output) == (124, 124, first.output)
    assert "5000 instructions" in again.status["message"]
    shorter = here("run", path, "--max-instructions", "100", status=tmp_path / "status")
    assert (shorter.code, shorter.status["message"]) == (124, "stopped after 100 instructions (--max-instructions)")


def test_a_host_that_ended_the_guest_ends_it_again(tmp_path: Path) -> None:
    for code in (client(32, b"\x0f\x0b"), bytes.fromhex("B400 CD16 EBFA")):
        path = tmp_path / "A.dpmirec"
        first = here("run", "--record", path, com(tmp_path, code), status=tmp_path / "status")
        again = here("run", path, status=tmp_path / "status")
        assert (first.code, again.code) == (123, 123)
        assert again.status == first.status


@pytest.mark.parametrize("seed", range(4))
def test_a_recording_survives_kill_9(tmp_path: Path, seed: int) -> None:
    """All but about the last second is there; a record that is cut off is dropped, and that is said."""
    path = tmp_path / "A.dpmirec"
    words = [sys.executable, "-m", "app", "run", "--record", str(path), str(com(tmp_path, ENDLESS))]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.read(1) == b"."
        began = time.monotonic()
        time.sleep(1.2 + random.Random(seed).random())
        running.send_signal(signal.SIGKILL)
        lived = time.monotonic() - began
        printed = 1 + len(running.stdout.read())
    a_second = printed / lived
    marks = read(str(path)).ways[0].marks.all
    assert len(marks) > 1
    assert marks[-1].place.tick // A_POINT >= printed - 1.3 * a_second - 5
    path.write_bytes(path.read_bytes()[:-3])
    again = here("run", path, status=tmp_path / "status")
    assert again.code == 124
    assert "the recording ends here" in again.status["message"]
    assert "the end of the recording is missing" in again.errors
    assert again.output == b"." * len(again.output)
    assert printed >= len(again.output) >= marks[-2].place.tick // A_POINT


def test_a_guest_killed_while_it_waits_for_input_is_recorded_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    words = [sys.executable, "-m", "app", "run", "--record", str(path), str(com(tmp_path, READ_LINE))]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 30
        while not (path.exists() and b"MARK" in path.read_bytes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
    of = Session(Launch(str(path)))
    of.history.go(of.history.branch.end)
    assert of.machine.state.waiting
    assert of.machine.state.devices.keyboard.wants_input


def test_options_a_recording_holds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    here("run", "--record", path, SAMPLES / "callback.com")
    for words in (
        ["run", "--memory", "32"], ["run", "--mount", str(tmp_path)], ["trace", "--keys", "x"],
        ["run", "--write-through"], ["run", "--no-limit-checks"], ["run", "--record", "B.dpmirec"],
    ):  # fmt: skip
        done = here(*words, path)
        assert done.code == 2, words
        assert words[1] in done.errors
        assert "is a recording" in done.errors
    done = here("run", path, "--then", SAMPLES / "hello16.com")
    assert done.code == 2
    assert "--then" in done.errors
    done = here("run", path, "argument")
    assert done.code == 2
    assert "arguments" in done.errors
    assert here("run", "-q", "--max-instructions", "9000", path).code == 0
    done = here("--record", path)
    assert done.code == 2
    assert "PROGRAM" in done.errors


@pytest.mark.parametrize("command", ["run", "trace", "info"])
def test_what_is_no_recording_is_refused_in_one_line(tmp_path: Path, command: str) -> None:
    path = tmp_path / "A.dpmirec"
    here("run", "--record", path, SAMPLES / "callback.com")
    data = path.read_bytes()
    for bent in (b"", b"text", data[:9], data[:100], data[:8] + b"\2" + data[9:], data[:200] + b"x" + data[201:]):
        path.write_bytes(bent)
        done = here(command, path)
        assert done.code == 125
        assert done.errors.startswith(f"dpmiscope: {path}: ")
        assert len(done.errors.strip().splitlines()) == 1
    path.unlink()
    assert here(command, path).code == 125


def test_a_file_that_is_something_else_is_not_recorded_over(tmp_path: Path) -> None:
    text = tmp_path / "NOTES.TXT"
    text.write_text("mine")
    done = here("run", "--record", text, SAMPLES / "callback.com", status=tmp_path / "status")
    assert done.code == 125
    assert "is no recording" in done.errors
    assert text.read_text() == "mine"
    assert here("run", "--record", tmp_path / "none" / "A.dpmirec", SAMPLES / "callback.com").code == 125


def test_info_says_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    here("run", "--memory", "8", "--keys", "x", "--record", path, SAMPLES / "callback.com")
    done = here("info", path)
    assert done.code == 0
    text = done.output.decode()
    for words in ("recording", "CALLBACK.COM", "1456 instructions", "120 events", "memory 8", "exited, code 0"):
        assert words in text, words


def test_a_picture_of_a_recording_is_that_of_the_program(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    here("run", "--record", path, SAMPLES / "callback.com")
    for program, name in ((path, "one.svg"), (SAMPLES / "callback.com", "other.svg")):
        done = process("shot", "--at", "callback 2", "--pane", "stacks", "--output", tmp_path / name, program)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_a_session_opens_what_the_command_recorded(tmp_path: Path) -> None:
    path = tmp_path / "A.dpmirec"
    told = here("trace", "--record", path, SAMPLES / "nested.com").output
    of = Session(Launch(str(path)))
    of.history.go(of.history.branch.end)
    assert of.machine.has_ended
    assert [event.to_json() for event, _ in of.machine.log.since(0)] == told.decode().splitlines()


def test_a_driver_that_was_loaded_while_the_program_ran_comes_along(tmp_path: Path) -> None:
    drivers, path = SAMPLES / "drivers", tmp_path / "A.dpmirec"
    first = here("trace", "--record", path, "--vxd", drivers / "ioctl.vxd", drivers / "later32.exe")
    assert "2 times it was loaded." in first.errors
    (tmp_path / "there").mkdir()
    again = here("trace", shutil.copy(path, tmp_path / "there" / "ALONE.dpmirec"))
    assert (again.code, again.output, again.errors) == (first.code, first.output, first.errors)

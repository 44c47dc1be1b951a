"""`dpmiscope run` and `trace`: exit codes, --status, where output goes, what is refused."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given

from tests.cli.commands import here, process
from tests.emu.programs import anything, clients
from tests.emu.runs import EXIT, ROOT, SAMPLES, client, com, fuzz

HELLO = SAMPLES / "hello16.com"
ENDLESS = b"\xeb\xfe"
PRINT = bytes.fromhex("B402 B258 CD21")
"""mov ah, 2 / mov dl, 'X' / int 21h"""
TO_STDERR = bytes.fromhex("B440 BB0200 B90300 BA0F01 CD21 EB03") + b"ERR"
"""mov ah, 40h / mov bx, 2 / mov cx, 3 / mov dx, 10Fh / int 21h / jmp behind: prints ERR on handle 2"""


def ends(code: int) -> bytes:
    return bytes([0xB8, code, 0x4C, 0xCD, 0x21])


# Exit codes and --status


@pytest.mark.parametrize("code", [0, 1, 42, 122, 123, 124, 125, 255])
@pytest.mark.parametrize("command", ["run", "trace"])
def test_the_guests_own_code_is_passed_on(tmp_path: Path, command: str, code: int) -> None:
    done = here(command, com(tmp_path, ends(code)), status=tmp_path / "status")
    assert done.code == code
    assert done.status == {"reason": "exited", "code": code, "message": ""}


@pytest.mark.parametrize("bits", [16, 32])
def test_a_clients_own_code_is_passed_on(tmp_path: Path, bits: int) -> None:
    done = here("run", com(tmp_path, client(bits, ends(7))), status=tmp_path / "status")
    assert (done.code, done.status["reason"], done.errors) == (7, "exited", "")


UNHANDLED = {
    "real mode": b"\x0f\x0b",  # ud2
    "16-bit client": client(16, b"\x0f\x0b"),
    "32-bit client": client(32, b"\x0f\x0b"),
    "past the limit": client(16, bytes.fromhex("A3FFFF")),  # mov [FFFFh], ax
    "halt for ever": b"\xfa\xf4",  # cli / hlt
}


@pytest.mark.parametrize("code", UNHANDLED.values(), ids=UNHANDLED)
def test_123_when_the_host_ended_the_guest(tmp_path: Path, code: bytes) -> None:
    """Reason and registers are on standard error, once."""
    done = here("run", com(tmp_path, code), status=tmp_path / "status")
    assert done.code == 123
    assert done.status["reason"] == "terminated"
    assert done.status["message"]
    assert done.errors.startswith("dpmiscope: ")
    assert done.errors.count(done.status["message"]) == 1
    assert "EAX=" in done.errors
    assert "CS=" in done.errors


@pytest.mark.parametrize("command", ["run", "trace"])
def test_124_when_the_instructions_are_used_up(tmp_path: Path, command: str) -> None:
    done = here(command, "--max-instructions", "12345", com(tmp_path, ENDLESS), status=tmp_path / "status")
    assert done.code == 124
    assert done.status["reason"] == "limit"
    assert "12345 instructions" in done.status["message"]
    assert "--max-instructions" in done.errors


def test_124_when_the_time_is_used_up(tmp_path: Path) -> None:
    done = here("run", "--time-limit", "0.2", com(tmp_path, ENDLESS), status=tmp_path / "status")
    assert done.code == 124
    assert done.status["reason"] == "limit"
    assert "--time-limit" in done.errors


def test_a_limit_that_is_not_reached_does_nothing(tmp_path: Path) -> None:
    done = here("run", "--max-instructions", "100000", "--time-limit", "50", com(tmp_path, ends(3)))
    assert done.code == 3


def header(**fields: int) -> bytes:
    """An MZ header of 32 bytes and 16 bytes of image that end the program."""
    names = ("last", "pages", "relocs", "paras", "min", "max", "ss", "sp", "sum", "ip", "cs", "table", "overlay")
    given = {"last": 48, "pages": 1, "paras": 2, "max": 0xFFFF, "sp": 0x100, "table": 0x1C} | fields
    return b"MZ" + struct.pack("<13H", *(given.get(name, 0) for name in names)) + bytes(4) + EXIT.ljust(16, b"\x90")


WINDOWS = header()[:0x20].ljust(0x3C, b"\0") + struct.pack("<I", 0x80) + bytes(0x40) + b"PE\0\0" + bytes(256)
BAD = {
    "empty file": ("EMPTY.COM", b""),
    "empty .exe": ("EMPTY.EXE", b""),
    "an .exe that is none": ("TEXT.EXE", b"hello, world"),
    "text": ("NOTES.TXT", b"hello, world"),
    "MZ and nothing else": ("MZ.EXE", b"MZ"),
    "MZ header cut off": ("CUT.EXE", header()[:20]),
    "MZ image cut off": ("CUT.EXE", header(pages=9)),
    "MZ header larger than the file": ("BIG.EXE", header(paras=0x1000)),
    "MZ with no pages": ("NONE.EXE", header(pages=0, last=0)),
    "MZ with an impossible last page": ("LAST.EXE", header(last=600)),
    "MZ with relocations outside": ("RELOC.EXE", header(relocs=0xFFFF, table=0xFFF0)),
    "MZ that needs more memory than there is": ("HUGE.EXE", header(min=0xFFFF)),
    "ELF": ("PROG.COM", b"\x7fELF\x02\x01\x01" + bytes(100)),
    "PE": ("WIN.EXE", WINDOWS),
    "too large for .COM": ("LARGE.COM", b"\x90" * 70_000),
}


def pe_fits(data: bytes) -> bytes:
    """The same with a header whose image size fits the file."""
    return data[:2] + struct.pack("<HH", len(data) % 512, -(-len(data) // 512)) + data[6:]


@pytest.mark.parametrize("command", ["run", "trace", "info"])
@pytest.mark.parametrize("name", BAD)
def test_125_for_what_is_no_dos_program(tmp_path: Path, command: str, name: str) -> None:
    """A clear message that names the file, no traceback."""
    file, data = BAD[name]
    path = tmp_path / file
    path.write_bytes(pe_fits(data) if name == "PE" else data)
    if command == "info" and name == "MZ that needs more memory than there is":
        assert here("info", path).code == 0
        return
    done = here(command, path, status=tmp_path / "status" if command != "info" else None)
    assert done.code == 125, done.errors
    assert done.errors.startswith("dpmiscope: ")
    assert file.lower() in done.errors.lower()
    assert len(done.errors.strip().splitlines()) == 1
    assert done.output == b""
    if command != "info":
        assert (done.status["reason"], done.status["code"]) == ("failed", 125)
        assert done.status["message"] in done.errors


@pytest.mark.parametrize("command", ["run", "trace", "info"])
def test_125_for_a_file_that_is_not_there_and_for_a_folder(tmp_path: Path, command: str) -> None:
    for path in (tmp_path / "NONE.COM", tmp_path):
        done = here(command, path)
        assert done.code == 125
        assert str(path) in done.errors
        assert "Traceback" not in done.errors


def test_125_for_a_program_outside_the_mounted_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    done = here("run", "--mount", inside, com(outside, EXIT), status=tmp_path / "status")
    assert done.code == 125
    assert done.status["reason"] == "failed"
    assert str(inside) in done.errors or "mount" in done.errors


def test_125_for_a_mount_that_is_no_folder(tmp_path: Path) -> None:
    program = com(tmp_path, EXIT)
    for mount in (tmp_path / "none", program):
        done = here("run", "--mount", mount, program)
        assert done.code == 125
        assert "--mount" in done.errors


def test_125_for_a_trace_file_that_cannot_be_written(tmp_path: Path) -> None:
    done = here("trace", "--output", tmp_path / "none" / "trace", HELLO)
    assert done.code == 125
    assert "--output" in done.errors


def test_125_for_a_status_file_that_cannot_be_written(tmp_path: Path) -> None:
    done = process("run", "--status", tmp_path / "none" / "status", HELLO)
    assert done.returncode == 125
    assert b"Traceback" not in done.stderr
    assert b"status" in done.stderr


def test_125_for_a_program_without_permission(tmp_path: Path) -> None:
    program = com(tmp_path, EXIT)
    program.chmod(0)
    try:
        program.read_bytes()
    except PermissionError:
        done = here("run", program)
        assert done.code == 125
        assert done.errors.startswith("dpmiscope: ")
    else:
        pytest.skip("whoever runs this test may read everything")


WRONG = [
    ["run"],
    ["trace"],
    ["run", "--max-instructions", "many", str(HELLO)],
    ["run", "--time-limit", "soon", str(HELLO)],
    ["run", "--memory", "1", str(HELLO)],
    ["run", "--memory", "x", str(HELLO)],
    ["run", "--profile", "nobody", str(HELLO)],
    ["run", "--no-such-option", str(HELLO)],
    ["services", "--format", "xml"],
    ["services", "--profile", "nobody"],
    ["services", "more"],
    ["info"],
    ["run", "--then", str(HELLO)],
    ["run", str(HELLO), "--then"],
    ["run", str(HELLO), "--then", "--then", str(HELLO)],
    ["info", str(HELLO), "--then", str(HELLO)],
    ["services", "--then", str(HELLO)],
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_2_for_wrong_usage(words: list[str]) -> None:
    done = here(*words)
    assert done.code == 2
    assert "usage: dpmiscope" in done.errors
    assert done.output == b""


@pytest.mark.parametrize("keys", ["{NoSuchKey}", "{Ctrl+}", "abc{", "ü€"])
def test_keys_that_do_not_exist_are_refused_with_a_message(keys: str) -> None:
    done = here("run", "--keys", keys, HELLO)
    if done.code != 0:
        assert done.code in {2, 125}
        assert "Traceback" not in done.errors
        assert "keys" in done.errors


# Streams


def test_the_guests_output_goes_to_stdout_and_its_errors_to_stderr(tmp_path: Path) -> None:
    done = process("run", com(tmp_path, TO_STDERR + PRINT + EXIT))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"X", b"ERR")


def test_a_trace_on_stdout_sends_the_guests_output_to_stderr(tmp_path: Path) -> None:
    done = process("trace", com(tmp_path, PRINT + EXIT))
    assert done.returncode == 0
    assert done.stderr == b"X"
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in lines if line["event"].startswith("program")] == [
        "program_loaded",
        "program_ended",
    ]


def test_a_trace_in_a_file_leaves_stdout_to_the_guest(tmp_path: Path) -> None:
    done = process("trace", "--output", tmp_path / "events", HELLO)
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout == process("run", HELLO).stdout
    lines = [json.loads(line) for line in (tmp_path / "events").read_text(encoding="utf-8").splitlines()]
    assert [line["seq"] for line in lines] == list(range(len(lines)))


def test_a_trace_ends_with_the_guests_code(tmp_path: Path) -> None:
    assert process("trace", com(tmp_path, ends(9))).returncode == 9


@pytest.mark.parametrize("command", ["run", "trace"])
def test_a_pipe_that_is_cut_ends_the_command_quietly(tmp_path: Path, command: str) -> None:
    """`dpmiscope trace … | head -1`: the guest prints for ever, the reader reads one line and goes."""
    program = com(tmp_path, bytes.fromhex("B402 B20A CD21 EBFC"))  # mov ah, 2 / mov dl, 10 / again: int 21h / jmp again
    status = tmp_path / "status"
    words = [sys.executable, "-m", "app", command, "--time-limit", "60", "--status", str(status), str(program)]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as it:
        assert it.stdout is not None
        assert it.stderr is not None
        assert it.stdout.readline()
        it.stdout.close()
        errors = it.stderr.read()
        it.wait(timeout=60)
    assert b"Traceback" not in errors
    assert b"Exception ignored" not in errors
    assert it.returncode == 124
    assert json.loads(status.read_text())["reason"] == "limit"
    assert "went away" in status.read_text()


READ_LINE = bytes.fromhex("B408 CD21 88C2 B402 CD21 80FA0D 75F1") + EXIT
"""again: mov ah, 8 / int 21h / mov dl, al / mov ah, 2 / int 21h / cmp dl, 0Dh / jne again: types what it reads"""


@pytest.mark.parametrize("bits", [0, 16, 32])
def test_stdin_is_the_keyboard(tmp_path: Path, bits: int) -> None:
    program = com(tmp_path, client(bits, READ_LINE) if bits else READ_LINE)
    done = process("run", program, stdin=b"hello\nnobody reads this")
    assert (done.returncode, done.stdout) == (0, b"hello\r")


def test_keys_are_typed_before_stdin_is_read(tmp_path: Path) -> None:
    done = here("run", "--keys", r"abc\n", com(tmp_path, READ_LINE), stdin=b"xyz\n")
    assert done.output == b"abc\r"


def test_a_guest_that_waits_for_a_key_when_input_has_ended_is_ended(tmp_path: Path) -> None:
    program = com(tmp_path, bytes.fromhex("B400 CD16 EBFA"))  # again: mov ah, 0 / int 16h / jmp again
    done = here("run", "--time-limit", "60", program, status=tmp_path / "status")
    assert done.code == 123
    assert "key" in done.status["message"]
    assert done.status["message"] in done.errors


def test_a_guest_that_reads_standard_input_sees_its_end(tmp_path: Path) -> None:
    """As with a redirected file under DOS: Ctrl-Z."""
    program = com(tmp_path, bytes.fromhex("B408 CD21 B44C CD21"))  # mov ah, 8 / int 21h / mov ah, 4Ch / int 21h
    assert here("run", program).code == 0x1A
    assert here("run", program, stdin=b"A").code == ord("A")


def test_arguments_reach_the_guest(tmp_path: Path) -> None:
    """Mov ah, 40h / mov bx, 1 / mov cl, [80h] / xor ch, ch / mov dx, 81h / int 21h: the command tail."""
    code = bytes.fromhex("B440 BB0100 8A0E8000 30ED BA8100 CD21") + EXIT
    program = com(tmp_path, code)
    assert here("run", program, "one", "/S", "-x").output == b" one /S -x"
    assert here("run", program, "--", "--mount", "x").output == b" --mount x"
    assert here("run", program, "a", "--max-instructions", "9000").output == b" a"


# Several programs in a row

TAIL = bytes.fromhex("B440 BB0100 8A0E8000 30ED BA8100 CD21")
"""Mov ah, 40h / mov bx, 1 / mov cl, [80h] / xor ch, ch / mov dx, 81h / int 21h: the command tail."""


def ends_with(code: int) -> bytes:
    """The command tail, then mov ax, 4Cxxh / int 21h"""
    return TAIL + bytes([0xB8, code, 0x4C, 0xCD, 0x21])


def test_programs_follow_each_other_and_the_last_ones_code_counts(tmp_path: Path) -> None:
    one, two, three = (com(tmp_path, ends_with(code), f"P{code}.COM") for code in (1, 2, 3))
    done = here("run", one, "a", "--then", two, "b", "/S", "--max-instructions", "9000", "--then", three)
    assert (done.output, done.code) == (b" a b /S", 3)
    assert here("run", "--then", two, one).code == 2
    assert here("run", one, "--then", two, "--", "--then", "c").output == b" --then c"
    assert here("run", one, "--", "--then", two).code == 1, "behind -- everything is the guest's"


def test_each_program_finds_the_memory_of_those_that_have_ended(tmp_path: Path) -> None:
    """A resident program keeps 1000h paragraphs; the next finds so many less, and the third the same."""
    stays = com(tmp_path, bytes.fromhex("B80031 BA0010 CD21"), "STAYS.COM")
    psp = com(tmp_path, bytes.fromhex("8CD8 B104 D3E8 88E0 B44C CD21"), "PSP.COM")  # exit with its PSP / 1000h
    assert here("run", psp, "--then", psp).code == here("run", psp).code == 1
    assert here("run", stays, "--then", psp).code == here("run", stays, "--then", psp, "--then", psp).code == 2


def test_what_is_told_is_how_the_last_program_ended(tmp_path: Path) -> None:
    bad, good, status = com(tmp_path, b"\x0f\x0b", "BAD.COM"), com(tmp_path, ends_with(7), "GOOD.COM"), tmp_path / "s"
    done = here("run", bad, "--then", good, status=status)
    assert (done.code, done.status["reason"]) == (7, "exited")
    assert "invalid opcode" in done.errors
    done = here("run", good, "--then", bad, status=status)
    assert (done.code, done.status["reason"]) == (123, "terminated")


def test_a_later_program_that_cannot_be_loaded(tmp_path: Path) -> None:
    program, status = com(tmp_path, ends_with(7)), tmp_path / "status"
    done = here("run", program, "--then", tmp_path / "NONE.COM", status=status)
    assert (done.code, done.output) == (125, b"")
    assert "NONE.COM" in done.errors
    (tmp_path / "bad.exe").write_bytes(b"MZ")
    done = here("run", program, "--then", tmp_path / "bad.exe", status=status)
    assert (done.code, done.status["reason"]) == (125, "failed")
    assert "BAD.EXE" in done.errors


@pytest.mark.parametrize("bits", [16, 32])
def test_clients_follow_each_other(tmp_path: Path, bits: int) -> None:
    one, two = com(tmp_path, client(bits, TAIL), "ONE.COM"), com(tmp_path, client(48 - bits, TAIL), "TWO.COM")
    trace = tmp_path / "trace"
    assert here("trace", "--output", trace, one, "--then", two, "--then", one).code == 0
    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    assert [line["bits"] for line in lines if line["event"] == "client_left"] == [bits, 48 - bits, bits]
    assert [line["event"] for line in lines].count("program_loaded") == 3


# Files

WRITER = (
    bytes.fromhex("B43C B90000 BA2801 CD21 89C3 B440 B90400 BA2801 CD21 B43E CD21 B441 BA3001 CD21 B8004C CD21").ljust(
        0x28, b"\x90"
    )
    + b"NEW.TXT\0OLD.TXT\0"
)
"""Creates NEW.TXT with four bytes in it, closes it, deletes OLD.TXT."""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_mounted_folder_is_untouched(tmp_path: Path) -> None:
    program = com(tmp_path, WRITER)
    (tmp_path / "OLD.TXT").write_bytes(b"old")
    before = contents(tmp_path)
    assert here("run", program).code == 0
    assert contents(tmp_path) == before


def test_write_through_reaches_the_mounted_folder(tmp_path: Path) -> None:
    program = com(tmp_path, WRITER)
    (tmp_path / "OLD.TXT").write_bytes(b"old")
    assert here("run", "--write-through", program).code == 0
    after = {name.upper(): data for name, data in contents(tmp_path).items()}
    assert after == {"NEW.TXT": b"NEW.", "PROG.COM": WRITER}


def test_a_program_in_a_folder_below_the_mounted_one(tmp_path: Path) -> None:
    below = tmp_path / "SUB"
    below.mkdir()
    assert here("run", "--mount", tmp_path, com(below, ends(5))).code == 5


# Anything at all


def test_a_megabyte_of_random_bytes_is_refused(tmp_path: Path) -> None:
    data = random.Random(1996).randbytes(1 << 20)
    done = here("run", com(tmp_path, data))
    assert done.code == 125
    assert "too many for a .COM" in done.errors


@pytest.mark.parametrize("seed", range(12))
def test_sixty_kilobytes_of_random_bytes_stop_cleanly(tmp_path: Path, seed: int) -> None:
    data = random.Random(seed).randbytes(60_000)
    stated(com(tmp_path, data), tmp_path)


def stated(program: Path, folder: Path, *, command: str = "run") -> None:
    """The run ends with one of the codes of the interface, the status file says the same, no traceback."""
    before = contents(program.parent)
    done = here(command, "--max-instructions", "200000", "--memory", "8", program, status=folder / "status")
    (folder / "status").unlink()
    reason = done.status["reason"]
    assert reason in {"exited", "terminated", "limit", "failed"}
    assert done.code == {"exited": done.status["code"], "terminated": 123, "limit": 124, "failed": 125}[reason]
    assert reason == "exited" or done.status["message"]
    assert "Traceback" not in done.errors
    assert contents(program.parent) == before


@given(code=anything)
@fuzz(60)
def test_any_bytes_end_with_a_stated_reason(tmp_path: Path, code: bytes) -> None:
    stated(com(tmp_path, code), tmp_path)


@given(code=clients)
@fuzz(40)
def test_any_client_ends_with_a_stated_reason_and_a_valid_trace(tmp_path: Path, code: bytes) -> None:
    program = com(tmp_path, code)
    done = here("trace", "--max-instructions", "20000", "--memory", "8", program)
    lines = [json.loads(line) for line in done.output.splitlines()]
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    assert lines[0]["event"] == "program_loaded"


@given(data=anything)
@fuzz(30)
def test_any_bytes_behind_mz_are_refused_or_run(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "PROG.EXE"
    path.write_bytes(b"MZ" + data)
    stated(path, tmp_path)


@pytest.mark.parametrize("cut", [2, 10, 27, 28, 40, 100, 500, 600])
def test_a_sample_cut_off_is_refused_or_run(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "CUT.EXE"
    path.write_bytes((SAMPLES / "exefile.exe").read_bytes()[:cut])
    stated(path, tmp_path)


def test_a_sample_with_any_header_word_changed_is_refused_or_runs(tmp_path: Path) -> None:
    data = (SAMPLES / "exefile.exe").read_bytes()
    path = tmp_path / "BENT.EXE"
    for offset in range(2, 28, 2):
        for value in (0, 1, 0x7FFF, 0xFFFF):
            path.write_bytes(data[:offset] + struct.pack("<H", value) + data[offset + 2 :])
            stated(path, tmp_path)


# Determinism


@pytest.mark.parametrize("name", ["callback.com", "vector.com"])
def test_two_traces_are_the_same_bytes(name: str) -> None:
    one, other = (process("trace", "--output", "-", SAMPLES / name) for _ in range(2))
    assert one.stdout == other.stdout
    assert one.stdout


def test_two_traces_with_typed_keys_are_the_same_bytes(tmp_path: Path) -> None:
    program = com(tmp_path, client(32, READ_LINE))
    one, other = (process("trace", "--keys", r"some {F5}keys\n", program) for _ in range(2))
    assert (one.stdout, one.stderr) == (other.stdout, other.stderr)
    assert one.stderr == b"some \0?keys\r"

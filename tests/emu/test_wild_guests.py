"""A guest that does what it likes neither crashes nor hangs this process, nor leaks, nor reaches outside its folder.

A few programs of each kind by default; `DPMISCOPE_FUZZ=10000` makes them 10 000 (`-s` shows how they
ended).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emu.events import ServiceCalled
from tests.emu.playground import NAME_SIZE, NAMES_AT, Playground
from tests.emu.programs import FUNCTIONS, loads, pieces, raw, values, words
from tests.emu.runs import MORE, SAMPLES, fuzz, word

pytestmark = pytest.mark.timeout(max(120, 2 * MORE))
MACHINES: dict[str, tuple[int, dict[str, Any]]] = {
    f"{name}{'' if kind == 'plain' else ', ' + kind}": (bits, launch)
    for kind, launch in {
        "plain": {},
        "paging strict": {"paging": "strict"},
        "a driver": {"vxds": (str(SAMPLES / "drivers" / "entry.vxd"),)},
    }.items()
    for name, bits in {"real mode": 0, "16-bit client": 16, "32-bit client": 32}.items()
}
PLAIN = [name for name in MACHINES if "," not in name]


@pytest.fixture(params=MACHINES)
def playground(request: pytest.FixtureRequest, tmp_path: Path) -> Playground:
    bits, launch = MACHINES[request.param]
    return Playground(tmp_path, bits, **launch)


def play(playground: Playground, code: bytes, names: list[bytes] | None = None) -> None:
    playground.run(code, names or [])
    playground.check_files()


def report(playground: Playground) -> None:
    print(playground.reasons.total(), "runs:", dict(playground.reasons))


def conclude(playground: Playground) -> None:
    report(playground)
    playground.check_nothing_grew()


# Instructions

wild_code = raw | st.lists(pieces | raw, max_size=24).map(b"".join)


def test_random_instructions(playground: Playground) -> None:
    @fuzz(8)
    @given(wild_code)
    def property_holds(code: bytes) -> None:
        play(playground, code)

    property_holds()
    conclude(playground)


# Calls

SELECTORS = st.sampled_from([0x87, 0x8F, 0x97, 0x9F, 0xA7, 0xAF, 0xB7, 0x2B, 0x53]) | values
segments = (
    st.sampled_from([b"\x1e\x07", b"\x0e\x07", b"\x06\x1f"])  # push ds / pop es; push cs / pop es; push es / pop ds
    | SELECTORS.map(lambda value: b"\x68" + word(value) + b"\x07")  # push VALUE / pop es
    | SELECTORS.map(lambda value: b"\x68" + word(value) + b"\x1f")  # the same with DS
)


@st.composite
def wild_calls(draw: st.DrawFn, vectors: st.SearchStrategy[int], functions: st.SearchStrategy[int]) -> bytes:
    """INT n with any registers, 32-bit values and segments among them; AX last."""
    registers = b"".join(draw(st.lists(loads(), max_size=6)))
    segment = draw(st.just(b"") | st.just(b"") | segments)
    return registers + segment + b"\xb8" + word(draw(functions)) + bytes([0xCD, draw(vectors)])


def many(calls: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(calls, min_size=1, max_size=12).map(b"".join)


int31_calls = many(wild_calls(st.just(0x31), st.sampled_from(FUNCTIONS) | words))
other_calls = many(
    wild_calls(
        st.sampled_from(
            [0x10, 0x11, 0x12, 0x13, 0x15, 0x16, 0x1A, 0x20, 0x23, 0x24, 0x25, 0x27, 0x28, 0x2F, 0x33, 0x67]
        )
        | st.integers(0, 255),
        st.sampled_from([0x1600, 0x1680, 0x1684, 0x1686, 0x1687, 0x168A, 0x4300, 0x4310, 0x4A11, 0, 0xC, 0x14]) | words,
    )
)


def test_random_calls_of_int_31h(playground: Playground) -> None:
    """In real mode, too, where INT 31h is no service."""
    served = 0

    @fuzz(8)
    @given(int31_calls)
    def property_holds(code: bytes) -> None:
        nonlocal served
        play(playground, code)
        log = playground.running.log.since(0)
        served += sum(isinstance(event, ServiceCalled) and event.interrupt == 0x31 for event, _ in log)

    property_holds()
    conclude(playground)
    print(served, "calls served")


@pytest.mark.parametrize("playground", PLAIN, indirect=True)
def test_random_calls_of_other_interrupts(playground: Playground) -> None:
    @fuzz(6)
    @given(other_calls)
    def property_holds(code: bytes) -> None:
        play(playground, code)

    property_holds()
    conclude(playground)


# Files

NAMES = [
    *("DATA.TXT", "SUB", r"SUB\INNER.TXT", "START.COM", "NEW.TXT", r"C:\NEW", "..", r"..\SECRET.TXT"),
    *("../beside/SECRET.TXT", r"..\beside\secret.txt"),
    *(r"SUB\..\..\SECRET.TXT", r"C:\..\BESIDE\SECRET.TXT", r"C:..\..\..\ETC\PASSWD"),
    *("/etc/passwd", r"\\HOST\SHARE\X", r"\\?\C:\SECRET.TXT", r"\\.\C:", r"D:\X", "Z:", "CON", "NUL", "PRN", "AUX.TXT"),
    *(r"SUB\CON", "*.*", "????????.???", r"..\*.*", r"SUB\..\*", ".", "", "C:", "C:\\", " ", "A" * 120, "A\\" * 60),
    *("..\\" * 40 + "TMP", "SUB\\" * 30, r"NEW.TXT\..\..\X", "%SystemRoot%", "~", "~/X", "$(touch X)", "a:b:c", "é.ü"),
]  # fmt: skip
names = st.sampled_from(NAMES).map(lambda text: text.encode("cp437")) | st.binary(max_size=NAME_SIZE)
pointers = st.integers(0, 7).map(lambda number: NAMES_AT + number * NAME_SIZE)
AH = st.integers(0, 0x73) | st.sampled_from(
    [0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x41, 0x43, 0x4B, 0x4E, 0x56, 0x5A, 0x5B, 0x6C]
)
LONG = st.sampled_from([0x39, 0x3A, 0x3B, 0x41, 0x43, 0x47, 0x4E, 0x4F, 0x56, 0x60, 0x6C, 0xA0, 0xA1])
dos_functions = st.builds(lambda ah, al: ah << 8 | al, AH, st.integers(0, 5) | st.integers(0, 255)) | LONG.map(
    lambda al: 0x7100 | al
)


@st.composite
def dos_calls(draw: st.DrawFn) -> bytes:
    """INT 21h with a name where functions look for one, handles that may be open, and any other registers."""
    code = b"".join(draw(st.lists(loads(), max_size=3)))
    for opcode in draw(st.sampled_from([b"\xba", b"\xba\xbf", b"\xba\xbe\xbf", b"\xba\xbb"])):
        code += bytes([opcode]) + word(draw(pointers))
    code += b"\xb9" + word(draw(values))
    if draw(st.booleans()):
        code += b"\xbb" + word(draw(st.integers(0, 8)))
    return code + b"\xb8" + word(draw(dos_functions)) + b"\xcd\x21"


many_dos_calls = st.lists(dos_calls(), min_size=1, max_size=12).map(b"".join)
eight_names = st.lists(names, min_size=8, max_size=8)


@pytest.mark.parametrize("playground", PLAIN, indirect=True)
def test_random_calls_of_dos(playground: Playground) -> None:
    @fuzz(8)
    @given(code=many_dos_calls, given_names=eight_names)
    def property_holds(code: bytes, given_names: list[bytes]) -> None:
        play(playground, code, given_names)

    property_holds()
    conclude(playground)


@pytest.mark.parametrize("bits", [0, 32])
def test_random_calls_of_dos_with_write_through(tmp_path: Path, bits: int) -> None:
    """The mounted folder may change now, and what is around it may not."""
    playground = Playground(tmp_path, bits, write_through=True)
    wrote = False

    @fuzz(25)
    @given(code=many_dos_calls, given_names=eight_names)
    def property_holds(code: bytes, given_names: list[bytes]) -> None:
        nonlocal wrote
        playground.run(code, given_names)
        now = playground.everything()
        around = {name: data for name, data in now.items() if not name.startswith("mounted/")}
        assert around.items() <= playground.files.items()
        wrote |= now != playground.files

    property_holds()
    assert wrote
    report(playground)  # what reached the folder is remembered: it can be taken back

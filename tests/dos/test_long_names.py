"""Long names: aliases, patterns, the INT 21h AH=71h functions, and the overlay that keeps them."""

from __future__ import annotations

import contextlib
import fnmatch
import pickle
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.emu.dos import names
from app.emu.dos.date_time import file_time, stamp_of
from app.emu.dos.failures import DosFailed
from app.emu.dos.host_folder import HostFolder
from app.emu.dos.int21_long_names import FILE_INFORMATION, FOUND
from app.emu.dos.mount import Mount
from tests.dos.fake_machine import FakeMachine

OUT = 0x3000
"""Where answers go, in the program's segment."""
LETTERS = st.text(st.sampled_from("aAb.*? 1"), max_size=10)


@pytest.fixture
def long(machine: FakeMachine, folder: Path) -> FakeMachine:
    (folder / "A long name.html").write_bytes(b"first")
    (folder / "a Long Directory").mkdir()
    (folder / "a Long Directory" / "Inside It.text").write_bytes(b"inside")
    (folder / "Read.Me").write_bytes(b"hello")
    return machine


def call(machine: FakeMachine, ax: int, path: str, **registers: int) -> int:
    """Call a function with a path at DS:DX (and DS:SI) and a buffer at ES:DI; AX, or -1 for a failure."""
    given = machine.path(path) | {"si": 0x1000, "es": machine.dos.current_psp, "di": OUT} | registers
    machine.int21(ax, **given)
    return -1 if machine.carry else machine.regs.ax


def answer(machine: FakeMachine, size: int = 260) -> bytes:
    return machine.memory.read((machine.dos.current_psp << 4) + OUT, size)


def text(machine: FakeMachine) -> str:
    return answer(machine).partition(b"\0")[0].decode("cp437")


def entry(machine: FakeMachine) -> tuple[str, str, int]:
    """What a search has found: long name, DOS name, size."""
    attributes, *_, high, low, full, short = FOUND.unpack(answer(machine, FOUND.size))
    assert attributes
    return full.rstrip(b"\0").decode("cp437"), short.rstrip(b"\0").decode(), high << 32 | low


def every(machine: FakeMachine, pattern: str, attributes: int = 0x16) -> list[str]:
    """Long names a search finds."""
    number = call(machine, 0x714E, pattern, cx=attributes, si=0)
    found = []
    while not machine.carry:
        found.append(entry(machine)[0])
        machine.int21(0x714F, bx=number, si=0, di=OUT)
    assert machine.regs.ax in {2, 0x12}
    if number >= 0:
        machine.int21(0x71A1, bx=number)
        assert not machine.carry
    return found


class TestNames:
    @given(LETTERS, st.text(st.sampled_from("aAb. 1"), max_size=10))
    def test_patterns_fit_as_a_shells_do(self, wanted: str, name: str) -> None:
        plain = "*" if wanted == "*.*" else wanted.upper()
        assert names.fits(wanted, name) == fnmatch.fnmatchcase(name.upper(), plain)

    def test_a_wicked_pattern_takes_no_time(self) -> None:
        assert not names.fits("*a" * 60 + "b", "a" * 250)

    @given(st.text(string.printable, min_size=1, max_size=20))
    def test_short_forms_are_dos_names(self, name: str) -> None:
        assert names.normal(names.short_form(name)) == names.short_form(name)

    @pytest.mark.parametrize("name", ["", ".", "...", " ", "a*b", 'say "x"', "a:b", "x\x01", "a" * 256, "\u2603"])
    def test_no_long_names(self, name: str) -> None:
        assert names.long_form(name) is None

    def test_the_same_letters_need_no_number(self) -> None:
        assert names.alias("Read.Me", ()) == "READ.ME"
        assert names.alias("read me.text", {"README~1.TEX"}) == "README~2.TEX"
        assert names.alias(".profile", ()) == "PROFIL~1"


class TestTimes:
    @given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
    def test_any_stamp_is_some_moment(self, date: int, time: int) -> None:
        assert file_time((date, time)) > 0

    @given(st.integers(0, 0xFFFFFFFFFFFFFFFF))
    def test_any_moment_is_some_stamp(self, moment: int) -> None:
        stamp, hundredths = stamp_of(moment)
        assert 0 <= hundredths < 200
        assert stamp_of(file_time(stamp, hundredths)) == (stamp, hundredths)

    def test_known_moments(self) -> None:
        assert file_time((0x1C21, 0x6000)) == 124018992000000000  # 1994-01-01 12:00 as Windows counts it
        assert stamp_of(124018992015500000) == ((0x1C21, 0x6000), 155)


class TestFunctions:
    def test_volume_has_long_names(self, long: FakeMachine) -> None:
        assert call(long, 0x71A0, "C:\\", cx=32) >= 0
        regs = long.regs
        assert (regs.low("bx"), regs.low("cx"), regs.low("dx"), text(long)) == (0x4002, 255, 260, "FAT")
        assert call(long, 0x71A0, "D:\\", cx=32) == -1

    def test_searches_find_long_names(self, long: FakeMachine) -> None:
        assert every(long, "*.*") == ["a Long Directory", "A long name.html", "prog.com", "Read.Me"]
        assert every(long, "a*NAME.ht*") == every(long, "c:\\ALONGN~1.*") == ["A long name.html"]
        assert every(long, "*", attributes=0) == ["A long name.html", "prog.com", "Read.Me"]
        assert every(long, "*", attributes=0x1016) == ["a Long Directory"]
        assert every(long, "a long directory\\*") == [".", "..", "Inside It.text"]
        assert every(long, "none*") == []

    def test_what_a_search_tells(self, long: FakeMachine) -> None:
        assert call(long, 0x714E, "a long*.html", cx=0, si=1) >= 0
        assert entry(long) == ("A long name.html", "ALONGN~1.HTM", 5)
        written = FOUND.unpack(answer(long, FOUND.size))[3]
        node = long.dos.mount.file("ALONGN~1.HTM")
        assert written == node.stamp[0] << 16 | node.stamp[1]
        call(long, 0x714E, "a long*.html", cx=0, si=0)
        assert FOUND.unpack(answer(long, FOUND.size))[3] == file_time(node.stamp)
        call(long, 0x714E, "READ.*", cx=0, si=0)
        assert entry(long) == ("Read.Me", "READ.ME", 5)

    def test_searches_end_with_their_program_or_when_told(self, long: FakeMachine) -> None:
        number = call(long, 0x714E, "*", cx=0)
        assert call(long, 0x71A1, "", bx=number) >= 0
        assert call(long, 0x71A1, "", bx=number) == -1
        assert long.regs.ax == 6
        call(long, 0x714E, "*", cx=0)
        assert long.dos.mount.long_searches
        long.int21(0x4C00)
        assert not long.dos.mount.long_searches

    def test_there_are_only_so_many_searches(self, long: FakeMachine) -> None:
        found = [call(long, 0x714E, "*", cx=0) for _ in range(257)]
        assert found[-1] == -1
        assert long.regs.ax == 4

    def test_files_are_made_and_opened(self, long: FakeMachine) -> None:
        handle = call(long, 0x716C, "A new File.html", bx=2, cx=0, dx=0x10, si=0x1000)
        assert (handle >= 0, long.regs.low("cx")) == (True, 2)
        long.int21(0x4000, bx=handle, cx=3, **long.put(b"abc", 0x2000))
        assert long.dos.mount.file("ANEWFI~1.HTM").read(0, 9) == b"abc"
        assert call(long, 0x716C, "a NEW file.HTML", bx=0, cx=0, dx=1, si=0x1000) >= 0
        assert long.regs.low("cx") == 1
        assert "A new File.html" in every(long, "*")
        assert call(long, 0x716C, "missing one", bx=0, cx=0, dx=1, si=0x1000) == -1
        assert long.regs.ax == 2
        assert call(long, 0x716C, "no folder\\x", bx=2, cx=0, dx=0x10, si=0x1000) == -1
        assert long.regs.ax == 3
        assert call(long, 0x716C, "con", bx=2, cx=0, dx=1, si=0x1000) >= 0

    def test_names_are_told_in_every_form(self, long: FakeMachine) -> None:
        path = "a long directory\\inside it.text"
        for form, told in ((0, "a Long Directory\\Inside It.text"), (1, "ALONGD~1\\INSIDE~1.TEX")):
            assert call(long, 0x7160, path, cx=form) >= 0
            assert text(long) == "C:\\" + told
        assert call(long, 0x7160, "ALONGD~1\\INSIDE~1.TEX", cx=0x8002) >= 0
        assert text(long) == "C:\\a Long Directory\\Inside It.text"
        assert call(long, 0x7160, "alongd~1\\A new one", cx=0) >= 0
        assert text(long) == "C:\\a Long Directory\\A new one"
        for form in (1, 2):
            assert call(long, 0x7160, "nothing here", cx=form) == -1
            assert long.regs.ax == 2
        assert call(long, 0x7160, "\\", cx=2) >= 0
        assert text(long) == "C:\\"

    def test_directories(self, long: FakeMachine) -> None:
        assert call(long, 0x7139, "a long directory\\And Another One") >= 0
        assert call(long, 0x713B, "A LONG DIRECTORY\\and another one") >= 0
        assert long.dos.mount.current == ("ALONGD~1", "ANDANO~1")
        assert call(long, 0x7147, "", dx=0, si=OUT) >= 0
        assert text(long) == "a Long Directory\\And Another One"
        assert call(long, 0x713B, "..\\..") >= 0
        assert call(long, 0x713A, "a long directory\\and another one") >= 0
        assert call(long, 0x713A, "a long directory") == -1
        assert long.regs.ax == 5

    def test_paths_are_not_longer_than_callers_expect(self, long: FakeMachine) -> None:
        for letter in "abc":
            assert call(long, 0x7139, letter * 100 + " 1") >= 0
            assert call(long, 0x713B, letter * 100 + " 1") >= 0
        assert (call(long, 0x7147, "", dx=0, si=OUT), long.regs.ax) == (-1, 3)
        assert (call(long, 0x7160, ".", cx=2), long.regs.ax) == (-1, 3)
        assert call(long, 0x7160, ".", cx=1) >= 0
        assert text(long) == "C:\\AAAAAA~1\\BBBBBB~1\\CCCCCC~1"
        assert answer(long, 300)[260:] == bytes(40)

    def test_attributes_and_times(self, long: FakeMachine) -> None:
        def of(function: int, **registers: int) -> tuple[int, int, int]:
            assert call(long, 0x7143, "a long name.html", bx=function, **registers) >= 0
            return long.regs.low("cx"), long.regs.low("di"), long.regs.low("si")

        assert of(0)[0] == 0x20
        of(1, cx=0x21)
        assert of(0)[0] == 0x21
        of(2)
        assert long.regs.ax == 5
        of(3, cx=0x6000, di=0x1C21)
        of(5, di=0x1C22)
        of(7, cx=0x6001, di=0x1C23, si=155)
        assert of(4)[:2] == (0x6000, 0x1C21)
        assert of(6)[1] == 0x1C22
        assert of(8) == (0x6001, 0x1C23, 155)
        handle = call(long, 0x716C, "a long name.html", bx=0, cx=0, dx=1, si=0x1000)
        for function, told in ((0, (0x6000, 0x1C21)), (4, (0, 0x1C22)), (6, (0x6001, 0x1C23))):
            regs = long.int21(0x5700 | function, bx=handle)
            assert (regs.low("cx"), regs.low("dx")) == told
        assert long.regs.low("si") == 155
        long.int21(0x5707, bx=handle, cx=0x7000, dx=0x1C24, si=7)
        assert long.int21(0x5706, bx=handle).low("si") == 7
        assert call(long, 0x7143, "\\", bx=0) == -1

    def test_information_by_handle(self, long: FakeMachine) -> None:
        handle = call(long, 0x716C, "a long name.html", bx=0, cx=0, dx=1, si=0x1000)
        long.int21(0x71A6, bx=handle, dx=OUT)
        assert not long.carry
        attributes, created, _, written, _, high, low, links, _, number = FILE_INFORMATION.unpack(answer(long, 52))
        assert (attributes, created == written, high, low, links) == (0x20, True, 0, 5, 1)
        other = call(long, 0x716C, "read.me", bx=0, cx=0, dx=1, si=0x1000)
        long.int21(0x71A6, bx=other, dx=OUT)
        assert FILE_INFORMATION.unpack(answer(long, 52))[-1] != number
        long.int21(0x71A6, bx=1, dx=OUT)
        assert (long.carry, long.regs.ax) == (True, 6)

    def test_names_change(self, long: FakeMachine) -> None:
        def rename(old: str, new: str) -> int:
            return call(long, 0x7156, old, di=long.path(new, 0x2000)["dx"])

        assert rename("a long name.html", "Another Name.html") >= 0
        assert rename("read.me", "README") >= 0
        assert rename("Readme", "ReadMe") >= 0  # only the case
        assert rename("another name.html", "a long directory\\moved Here") >= 0
        assert every(long, "*", 0x10) == ["a Long Directory", "prog.com", "ReadMe"]
        assert every(long, "a long directory\\m*") == ["moved Here"]
        assert rename("readme", "prog.com") == -1
        assert rename("con", "x") == -1
        assert rename("a Long Directory", "a Long Directory\\other\\..") == -1
        assert call(long, 0x7139, "a Long Directory\\other") >= 0
        assert rename("a Long Directory", "a Long Directory\\other\\..") == -1
        assert every(long, "a*", 0x10) == ["a Long Directory"]

    def test_files_are_deleted_one_and_all(self, long: FakeMachine) -> None:
        assert call(long, 0x7141, "*.html", si=0) == -1
        assert call(long, 0x7141, "*.html", si=1, cx=0) >= 0
        assert call(long, 0x7141, "*.html", si=1, cx=0) == -1
        assert call(long, 0x7141, "a long directory\\inside it.text", si=0) >= 0
        assert every(long, "*") == ["a Long Directory", "prog.com", "Read.Me"]

    def test_short_names_and_times_are_worked_out(self, long: FakeMachine) -> None:
        assert call(long, 0x71A8, "A long name.html", dx=0x0100) >= 0
        assert text(long) == "ALONGNAM.HTM"
        assert call(long, 0x71A8, "A long name.html", dx=0) >= 0
        assert answer(long, 11) == b"ALONGNAMHTM"
        long.memory.write((long.dos.current_psp << 4) + 0x1000, (124018992015500000).to_bytes(8, "little"))
        regs = long.int21(0x71A7, bx=0, ds=long.dos.current_psp, si=0x1000)
        assert (regs.low("cx"), regs.low("dx"), regs.low("bx") >> 8) == (0x6000, 0x1C21, 155)
        long.int21(0x71A7, bx=0x9B01, es=long.dos.current_psp, di=OUT)
        assert int.from_bytes(answer(long, 8), "little") == 124018992015500000

    def test_functions_there_are_not(self, long: FakeMachine) -> None:
        assert long.int21(0x71B0).ax == 0x7100
        assert long.carry
        assert [each["function"] for each in long.of_kind("UnsupportedCalled")] == [0x71B0]

    def test_old_functions_see_the_aliases(self, long: FakeMachine) -> None:
        call(long, 0x716C, "Brand New Name.text", bx=2, cx=0, dx=0x10, si=0x1000)
        assert long.int21(0x3D00, **long.path("BRANDN~1.TEX")).ax >= 5
        assert not long.carry
        long.int21(0x3C00, cx=0, **long.path("SHORT.TXT"))
        assert "SHORT.TXT" in every(long, "*")


class TestOverlay:
    def test_long_names_are_kept_in_memory(self, long: FakeMachine, folder: Path) -> None:
        before = sorted(path.name for path in folder.rglob("*"))
        call(long, 0x7139, "A new folder")
        call(long, 0x716C, "A new folder\\a File of its own", bx=2, cx=0, dx=0x10, si=0x1000)
        call(long, 0x7156, "read.me", di=long.path("Something else", 0x2000)["dx"])
        again = pickle.loads(pickle.dumps(long.dos.mount))  # noqa: S301 - our own bytes
        assert again.in_long(again.components("ANEWFO~1\\AFILEO~1")) == ("A new folder", "a File of its own")
        assert again.in_long(("SOMETH~1",)) == ("Something else",)
        assert sorted(path.name for path in folder.rglob("*")) == before

    def test_write_through_gives_the_host_long_names(self, folder: Path) -> None:
        machine = FakeMachine(folder, write_through=True)
        machine.dos.load_program("prog.com", "", {})
        call(machine, 0x7139, "A new folder")
        call(machine, 0x716C, "a NEW folder\\a File of its own", bx=2, cx=0, dx=0x10, si=0x1000)
        assert [path.name for path in (folder / "A new folder").iterdir()] == ["a File of its own"]

    def test_names_dos_cannot_spell_have_their_alias_only(self, machine: FakeMachine, folder: Path) -> None:
        for name in ("snow \u2603 man", "a:b:c", "Twice Is Once", "twice is once"):
            (folder / name).write_bytes(b"")
        found = machine.dos.mount.root.long_names()
        assert found["SNOW_M~1"] == "SNOW_M~1"
        assert found["A_B_C~1"] == "A_B_C~1"
        assert sorted(name for name in found.values() if name.lower().startswith("twice")) == [
            "TWICEI~2",
            "Twice Is Once",
        ]

    @given(st.text(st.sampled_from("./\\:*? \0ABCsubé~"), max_size=24))
    @settings(deadline=None)
    def test_nothing_leads_outside(self, tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
        base = tmp_path_factory.getbasetemp() / "long"
        (base / "drive" / "sub").mkdir(parents=True, exist_ok=True)
        (base / "A").write_bytes(b"outside")
        mount = Mount(HostFolder(str(base / "drive")), write_through=True)
        with contextlib.suppress(DosFailed):
            wanted = mount.from_long(path)
            mount.create(wanted.path, (0x1C21, 0x6000), long_name=wanted.name)
        with contextlib.suppress(DosFailed):
            mount.search_long(path, 0x16, 0, 1)
        assert {each.name for each in base.iterdir()} == {"drive", "A"}
        assert (base / "A").read_bytes() == b"outside"

"""Program files: what is one, what is not, and where it lands."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.emu.dos import loader
from app.emu.machine_errors import LoadError
from tests.dos.fake_machine import FakeMachine


def mz(
    image: bytes = b"\x90" * 64,
    *,
    relocations: tuple[tuple[int, int], ...] = (),
    low: int = 0,
    high: int = 0xFFFF,
    stack: tuple[int, int] = (0, 0x100),
    entry: tuple[int, int] = (0, 0),
    new_header: int = 0,
) -> bytes:
    """An MZ executable."""
    paragraphs = (0x40 + 4 * len(relocations) + 15) // 16
    size = paragraphs * 16 + len(image)
    fields = (size % 512, (size + 511) // 512, len(relocations), paragraphs, low, high)
    header = b"MZ" + struct.pack("<6HHHHHHHH", *fields, *stack, 0, entry[1], entry[0], 0x40, 0)
    header = header.ljust(0x3C, b"\0") + new_header.to_bytes(4, "little")
    table = b"".join(struct.pack("<HH", offset, segment) for segment, offset in relocations)
    return (header + table).ljust(paragraphs * 16, b"\0") + image


def load(folder: Path, data: bytes, name: str = "t.exe") -> FakeMachine:
    (folder / name).write_bytes(data)
    machine = FakeMachine(folder)
    machine.dos.load_program(name, "", {})
    return machine


class TestIdentify:
    def test_com(self) -> None:
        info = loader.identify(b"\xc3", "A.COM")
        assert (info.format, info.image_size, info.entry.offset) == ("COM", 1, 0x100)

    def test_mz(self) -> None:
        info = loader.identify(mz(relocations=((0, 2),), low=3, entry=(1, 2), stack=(5, 6)), "A.EXE")
        assert (info.format, info.relocations, info.min_paragraphs) == ("MZ", 1, 3)
        assert (str(info.entry), str(info.stack)) == ("0001:0002", "0005:0006")

    @pytest.mark.parametrize(
        "data, name, says",
        [
            (b"", "A.COM", "empty"),
            (bytes(70000), "A.COM", "too many"),
            (b"MZ", "A.EXE", "cut off inside its MZ header"),
            (mz()[:-10], "A.EXE", "promises 128 bytes, the file has 118"),
            (mz(entry=(0x100, 0)), "A.EXE", "entry point"),
            (mz(relocations=((0, 63),)), "A.EXE", "relocation"),
            (b"\x7fELF" + bytes(60), "A", "ELF"),
            (b"\x4c\x01" + bytes(60), "A.EXE", "COFF"),
            (b"nothing", "A.EXE", "does not start with the letters MZ"),
            (b"@echo off\r\n", "A.BAT", "no DOS program"),
            (mz(new_header=0x80) + b"PE\0\0" + bytes(64), "A.EXE", "Windows .PE. program, not a DOS program"),
            (mz(new_header=0x80) + b"NE" + bytes(64), "A.EXE", "NE"),
        ],
    )
    def test_refuses(self, data: bytes, name: str, says: str) -> None:
        with pytest.raises(LoadError, match=says):
            loader.identify(data, name)

    @pytest.mark.parametrize("appended, kind", [(b"\x4c\x01" + bytes(18), "COFF"), (b"LE\0\0" + bytes(60), "LE")])
    def test_stub_of_an_extended_program_is_a_program(self, appended: bytes, kind: str) -> None:
        assert loader.identify(mz() + appended, "A.EXE").appended == kind

    def test_windows_file_whose_stub_looks_for_dpmi_is_a_program(self) -> None:
        data = mz(b"\xb8\x87\x16\xcd\x2f".ljust(64, b"\x90"), new_header=0x80) + b"PE\0\0" + bytes(64)
        assert loader.identify(data, "A.EXE").appended == "Windows (PE)"


@given(
    data=st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=300).map(lambda rest: b"MZ" + rest),
        st.tuples(st.lists(st.integers(0, 0xFFFF), min_size=13, max_size=13), st.binary(max_size=1200)).map(
            lambda parts: b"MZ" + struct.pack("<13H", *parts[0]) + parts[1]
        ),
        st.tuples(st.integers(2, 0x43), st.binary(min_size=1, max_size=4)).map(
            lambda change: mz()[: change[0]] + change[1] + mz()[change[0] + len(change[1]) :]
        ),
        st.integers(0, 128).map(lambda size: mz()[:size]),
    ),
    name=st.sampled_from(["a.exe", "a.com", "a"]),
)
@settings(max_examples=120, deadline=None)
def test_any_file_loads_or_is_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        machine = load(folder, data, name)
    except LoadError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert name in refused.lower()
    else:
        assert machine.regs.cs.selector
        assert machine.of_kind("ProgramLoaded")


class TestPlacement:
    def test_com(self, folder: Path) -> None:
        machine = load(folder, b"\x90\xc3", "t.com")
        regs, psp = machine.regs, machine.dos.current_psp
        assert psp >= 0x1000
        assert {regs.cs.selector, regs.ds.selector, regs.es.selector, regs.ss.selector} == {psp}
        assert (regs.eip, regs.esp, regs.ax) == (0x100, 0xFFFE, 0)
        assert machine.memory.read((psp << 4) + 0x100, 2) == b"\x90\xc3"
        assert machine.memory.read_u16((psp << 4) + 0xFFFE) == 0
        assert regs.interrupts_on
        assert regs.is_v86

    def test_relocations_receive_the_load_segment(self, folder: Path) -> None:
        image = b"\x11\x00" + b"\x90" * 30 + b"\x02\x00" + b"\x90" * 30
        machine = load(folder, mz(image, relocations=((0, 0), (2, 0)), stack=(3, 0x80), entry=(1, 4)))
        base = machine.dos.current_psp + 0x10
        assert machine.memory.read_u16(base << 4) == base + 0x11
        assert machine.memory.read_u16((base << 4) + 32) == base + 2
        regs = machine.regs
        assert (regs.cs.selector, regs.eip, regs.ss.selector, regs.esp) == (base + 1, 4, base + 3, 0x80)
        assert regs.ds.selector == regs.es.selector == base - 0x10

    def test_max_paragraphs_limit_the_block(self, folder: Path) -> None:
        machine = load(folder, mz(low=2, high=5))
        assert machine.dos.blocks.find(machine.dos.current_psp).size == 0x10 + 4 + 5

    def test_no_paragraphs_wanted_loads_high(self, folder: Path) -> None:
        machine = load(folder, mz(low=0, high=0))
        assert machine.regs.cs.selector == 0xA000 - 4

    def test_com_converted_to_exe_starts_in_its_psp(self, folder: Path) -> None:
        machine = load(folder, mz(entry=(0xFFF0, 0x100)))
        assert machine.regs.cs.selector == machine.dos.current_psp

    def test_too_big_for_memory(self, folder: Path) -> None:
        with pytest.raises(LoadError, match="does not fit"):
            load(folder, mz(low=0xA000))

    def test_environment_names_the_program(self, folder: Path) -> None:
        (folder / "t.com").write_bytes(b"\xc3")
        machine = FakeMachine(folder)
        machine.dos.load_program("t.com", "a b", {"PATH": "C:\\", "X": "1"})
        psp = machine.dos.current_psp
        environment = machine.memory.read_u16((psp << 4) + 0x2C) << 4
        assert machine.memory.read(environment, 30).startswith(b"PATH=C:\\\0X=1\0\0\1\0C:\\T.COM\0")
        assert machine.memory.read((psp << 4) + 0x80, 6) == b"\x04 a b\r"

    @pytest.mark.parametrize("name", ["missing.com", "folder", "..\\x.com", "CON", "D:\\A.COM", "", "\0"])
    def test_bad_names_are_refused(self, folder: Path, name: str) -> None:
        (folder / "folder").mkdir()
        with pytest.raises(LoadError):
            FakeMachine(folder).dos.load_program(name, "", {})

    def test_bad_arguments_are_refused(self, new_machine: Callable[..., FakeMachine]) -> None:
        with pytest.raises(LoadError, match="too long"):
            new_machine().dos.load_program("prog.com", "x" * 127, {})
        with pytest.raises(LoadError, match="character"):
            new_machine().dos.load_program("prog.com", "\u4e2d", {})

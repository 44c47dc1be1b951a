"""Open files: handles, duplicates, positions, inheritance; the services on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dos.fake_machine import FakeMachine


@pytest.fixture
def opened(machine: FakeMachine, folder: Path) -> int:
    """A handle of a file with ten digits, opened for reading and writing."""
    (folder / "digits").write_bytes(b"0123456789")
    handle = machine.int21(0x3D02, **machine.path("digits")).ax
    assert handle == 5
    return handle


def read(machine: FakeMachine, handle: int, size: int) -> bytes:
    where = machine.put(b"", 0x4000)
    taken = machine.int21(0x3F00, bx=handle, cx=size, **where).ax
    assert not machine.carry
    return machine.memory.read((where["ds"] << 4) + where["dx"], taken)


def write(machine: FakeMachine, handle: int, data: bytes) -> int:
    return machine.int21(0x4000, bx=handle, cx=len(data), **machine.put(data, 0x5000)).ax


def seek(machine: FakeMachine, handle: int, method: int, offset: int) -> int:
    regs = machine.int21(0x4200 | method, bx=handle, cx=offset >> 16 & 0xFFFF, dx=offset & 0xFFFF)
    return regs.low("dx") << 16 | regs.ax


def test_read_moves_the_position_and_ends(machine: FakeMachine, opened: int) -> None:
    assert [read(machine, opened, 4) for _ in range(4)] == [b"0123", b"4567", b"89", b""]


def test_seek_from_all_three_places(machine: FakeMachine, opened: int) -> None:
    assert seek(machine, opened, 2, -3) == 7
    assert read(machine, opened, 1) == b"7"
    assert seek(machine, opened, 1, -2) == 6
    assert seek(machine, opened, 0, 1) == 1
    assert read(machine, opened, 2) == b"12"


def test_duplicates_share_the_position(machine: FakeMachine, opened: int) -> None:
    second = machine.int21(0x4500, bx=opened).ax
    assert read(machine, opened, 3) == b"012"
    assert read(machine, second, 3) == b"345"
    machine.int21(0x3E00, bx=opened)
    assert read(machine, second, 1) == b"6"


def test_two_opens_have_their_own_position_and_see_each_other_write(machine: FakeMachine, opened: int) -> None:
    second = machine.int21(0x3D00, **machine.path("DIGITS")).ax
    write(machine, opened, b"abc")
    assert read(machine, second, 4) == b"abc3"


def test_writing_nothing_cuts_the_file(machine: FakeMachine, opened: int) -> None:
    seek(machine, opened, 0, 4)
    assert machine.int21(0x4000, bx=opened, cx=0).ax == 0
    assert seek(machine, opened, 2, 0) == 4


def test_writing_behind_the_end_fills_with_zeros(machine: FakeMachine, opened: int) -> None:
    seek(machine, opened, 0, 12)
    assert write(machine, opened, b"x") == 1
    seek(machine, opened, 0, 8)
    assert read(machine, opened, 9) == b"89\0\0x"


def test_access_modes_are_kept(machine: FakeMachine, opened: int) -> None:
    reading = machine.int21(0x3D00, **machine.path("digits")).ax
    assert write(machine, reading, b"x") == 5
    assert machine.carry
    writing = machine.int21(0x3D01, **machine.path("digits")).ax
    assert machine.int21(0x3F00, bx=writing, cx=1, **machine.put(b"", 0x4000)).ax == 5
    assert machine.int21(0x3D03, **machine.path("digits")).ax == 0x0C


@pytest.mark.parametrize("function", [0x3E00, 0x3F00, 0x4000, 0x4200, 0x4400, 0x4500, 0x5700, 0x6800])
def test_closed_handles_are_invalid(machine: FakeMachine, function: int) -> None:
    for handle in (9, 20, 0xFFFF):
        assert machine.int21(function, bx=handle, cx=1, dx=0).ax == 6
        assert machine.carry


def test_handles_run_out_and_nothing_is_lost(machine: FakeMachine, opened: int) -> None:
    while not machine.carry:
        machine.int21(0x3D00, **machine.path("digits"))
    assert machine.regs.ax == 4
    assert machine.int21(0x3C00, cx=0, **machine.path("digits")).ax == 4
    machine.int21(0x3E00, bx=19)
    handle = machine.int21(0x3D00, **machine.path("digits")).ax
    assert read(machine, handle, 3) == b"012", "create without a free handle must not empty the file"


def test_more_handles(machine: FakeMachine, opened: int) -> None:
    machine.int21(0x6700, bx=60)
    assert not machine.carry
    assert read(machine, opened, 1) == b"0"
    for _ in range(54):
        machine.int21(0x3D00, **machine.path("digits"))
        assert not machine.carry
    assert machine.int21(0x3D00, **machine.path("digits")).ax == 4
    machine.int21(0x4C00)
    assert all(entry is None for entry in machine.dos.handles.entries)


def test_extended_open(machine: FakeMachine, opened: int) -> None:
    at = machine.path("digits")
    regs = machine.int21(0x6C00, bx=2, cx=0, dx=0x01, ds=at["ds"], si=at["dx"])
    assert (machine.carry, regs.low("cx")) == (False, 1)
    assert machine.int21(0x6C00, bx=2, cx=0, dx=0x10, ds=at["ds"], si=at["dx"]).ax == 0x50
    at = machine.path("fresh")
    assert machine.int21(0x6C00, bx=2, cx=0, dx=0x01, ds=at["ds"], si=at["dx"]).ax == 2
    assert machine.int21(0x6C00, bx=2, cx=0, dx=0x11, ds=at["ds"], si=at["dx"]).low("cx") == 2


def test_temporary_files_have_new_names(machine: FakeMachine) -> None:
    made = set()
    for _ in range(3):
        at = machine.path("C:\\" + "\0" * 13)
        machine.int21(0x5A00, cx=0, **at)
        assert not machine.carry
        made.add(machine.memory.read((at["ds"] << 4) + at["dx"], 12))
    assert len(made) == 3


def test_device_information(machine: FakeMachine, opened: int) -> None:
    assert machine.int21(0x4400, bx=1).low("dx") & 0x83 == 0x83
    assert machine.int21(0x4400, bx=opened).low("dx") & 0x80 == 0
    assert machine.int21(0x4406, bx=opened).al == 0xFF
    seek(machine, opened, 2, 0)
    assert machine.int21(0x4406, bx=opened).al == 0
    assert machine.int21(0x4408, bx=0).ax == 1
    assert machine.int21(0x440D, bx=0).ax == 1
    assert machine.carry


def test_file_time(machine: FakeMachine, opened: int) -> None:
    machine.int21(0x5701, bx=opened, cx=0x1234, dx=0x2345)
    regs = machine.int21(0x5700, bx=opened, cx=0, dx=0)
    assert (regs.low("cx"), regs.low("dx")) == (0x1234, 0x2345)


def test_attributes_rename_delete(machine: FakeMachine, opened: int) -> None:
    machine.int21(0x3E00, bx=opened)
    assert machine.int21(0x4300, **machine.path("digits")).low("cx") == 0x20
    machine.int21(0x4301, cx=1, **machine.path("digits"))
    assert machine.int21(0x4100, **machine.path("digits")).ax == 5
    machine.int21(0x4301, cx=0, **machine.path("digits"))
    new = machine.path("other", 0x2000)
    machine.int21(0x5600, es=new["ds"], di=new["dx"], **machine.path("digits"))
    assert not machine.carry
    assert machine.int21(0x4100, **machine.path("digits")).ax == 2
    machine.int21(0x4100, **machine.path("other"))
    assert not machine.carry


def test_redirected_input_is_read_by_character_functions(machine: FakeMachine, opened: int) -> None:
    machine.int21(0x4600, bx=opened, cx=0)
    assert machine.int21(0x0B00).al == 0xFF
    assert [machine.int21(0x0800).al for _ in range(11)] == [*b"0123456789", 0x1A]
    assert machine.int21(0x0B00).al == 0


def lock(machine: FakeMachine, function: int, handle: int, start: int, size: int) -> int:
    """The error code of locking (0) or unlocking (1) bytes, 0 when it succeeds."""
    regs = machine.int21(0x5C00 | function, bx=handle, cx=start >> 16, dx=start & 0xFFFF, si=size >> 16, di=size)
    return regs.ax if machine.carry else 0


class TestLocks:
    @pytest.fixture
    def second(self, machine: FakeMachine, opened: int) -> int:
        return machine.int21(0x3D02, **machine.path("digits")).ax

    def test_locked_bytes_are_others_neither_to_read_nor_to_write(
        self, machine: FakeMachine, opened: int, second: int
    ) -> None:
        assert lock(machine, 0, opened, 4, 2) == 0
        assert read(machine, second, 4) == b"0123"
        assert machine.int21(0x3F00, bx=second, cx=1, **machine.put(b"", 0x4000)).ax == 0x21
        assert machine.carry
        assert write(machine, second, b"x") == 0x21
        assert read(machine, opened, 10) == b"0123456789", "the owner may"
        assert machine.int21(0x5900, bx=0).ax == 0x21

    def test_bytes_are_locked_once(self, machine: FakeMachine, opened: int, second: int) -> None:
        assert lock(machine, 0, opened, 0, 10) == 0
        assert lock(machine, 0, second, 9, 1) == 0x21
        assert lock(machine, 0, opened, 5, 1) == 0x21
        assert lock(machine, 0, second, 10, 0xFFFFFFF0) == 0, "behind the end, too"

    def test_unlocking_needs_the_same_bytes(self, machine: FakeMachine, opened: int, second: int) -> None:
        lock(machine, 0, opened, 0, 10)
        assert lock(machine, 1, opened, 0, 9) == 0x21
        assert lock(machine, 1, second, 0, 10) == 0x21
        assert lock(machine, 1, opened, 0, 10) == 0
        assert read(machine, second, 2) == b"01"

    def test_closing_unlocks(self, machine: FakeMachine, opened: int, second: int) -> None:
        lock(machine, 0, opened, 0, 10)
        machine.int21(0x3E00, bx=opened)
        assert read(machine, second, 2) == b"01"

    def test_devices_and_other_functions_are_refused(self, machine: FakeMachine, opened: int) -> None:
        assert lock(machine, 0, 1, 0, 1) == 1
        assert lock(machine, 2, opened, 0, 1) == 1


def test_retries_of_locked_files_can_be_set(machine: FakeMachine) -> None:
    machine.int21(0x440B, cx=1, dx=3)
    assert not machine.carry


def test_a_table_of_handles_anywhere_is_read_with_wrapping_offsets(machine: FakeMachine) -> None:
    prefix = machine.dos.current_psp << 4
    machine.memory.write_u16(prefix + 0x32, 0xFFFF)
    machine.memory.write_u32(prefix + 0x34, 0xFFFF_FFF0)
    machine.memory.write(0xFFFF0, b"\xff" * 0x40)
    machine.memory.write(0x10FFD0, b"\xff" * 0x20)
    for handle in (0x0F, 0x10, 0x40, 0xFFFE):
        assert machine.int21(0x3E00, bx=handle).ax == 6

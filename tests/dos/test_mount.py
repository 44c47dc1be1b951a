"""Drive C: names, the overlay, and the walls around the folder."""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.emu.dos import names
from app.emu.dos.failures import (
    AccessDenied,
    CurrentDirectory,
    DosFailed,
    FileExists,
    FileNotFound,
    InvalidDrive,
    NoMoreFiles,
    PathNotFound,
)
from app.emu.dos.host_folder import HostFolder
from app.emu.dos.mount import Mount
from app.emu.machine_errors import LoadError
from tests.dos.fake_machine import FakeMachine

NOW = (0x1C21, 0x6000)
WRITE = os.write


@pytest.fixture
def mount(folder: Path) -> Mount:
    (folder / "Read.Me").write_bytes(b"hello")
    (folder / "sub").mkdir()
    (folder / "sub" / "inner.txt").write_bytes(b"inner")
    (folder.parent / "secret.txt").write_bytes(b"secret")
    return Mount(HostFolder(str(folder)))


def saved(pickled: bytes, mount: Mount) -> Mount:
    """A drive as it was when it was pickled, over the folder as it is."""
    again: Mount = pickle.loads(pickled)  # noqa: S301 - our own bytes
    again.folder = again.root.drive.folder = mount.folder
    return again


def on_host(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestNames:
    def test_case_does_not_matter(self, mount: Mount) -> None:
        assert mount.file("READ.ME").read(0, 9) == mount.file("c:/read.me").read(0, 9) == b"hello"

    def test_long_names_are_cut_as_dos_does(self, mount: Mount) -> None:
        assert mount.components("verylongname.text") == ("VERYLONG.TEX",)

    def test_long_host_names_get_an_alias(self, mount: Mount, folder: Path) -> None:
        (folder / "a long name.html").write_bytes(b"1")
        (folder / "a long name too.html").write_bytes(b"2")
        assert mount.file("ALONGN~1.HTM").read(0, 1) == b"2"
        assert mount.file("ALONGN~2.HTM").read(0, 1) == b"1"
        assert mount.guest_path(str(folder / "a long name.html")) == "C:\\ALONGN~2.HTM"

    def test_guest_path_of_something_outside_is_refused(self, mount: Mount, folder: Path) -> None:
        with pytest.raises(LoadError, match="not inside"):
            mount.guest_path(str(folder.parent / "secret.txt"))

    def test_names_that_differ_in_case_are_both_there(self, mount: Mount, folder: Path) -> None:
        (folder / "x.txt").write_bytes(b"low")
        (folder / "X.TXT").write_bytes(b"high")
        if (folder / "x.txt").read_bytes() != b"low":
            pytest.skip("this file system does not tell them apart")
        assert {"X.TXT", "X~1.TXT"} <= set(mount.root.names())

    @given(st.lists(st.text(min_size=1, max_size=20).filter(lambda name: "/" not in name), max_size=12, unique=True))
    @settings(deadline=None)
    def test_every_host_name_gets_its_own_dos_name(self, host_names: list[str]) -> None:
        found = names.from_host(host_names)
        assert sorted(found.values()) == sorted(name for name in host_names if not name.startswith("."))
        for name in found:
            assert names.normal(name) == name
            assert names.device_of(name) is None
            name.encode("cp437")

    def test_folder_must_exist(self, folder: Path) -> None:
        with pytest.raises(LoadError, match="no such folder"):
            HostFolder(str(folder / "none"))


class TestNoEscape:
    @pytest.mark.parametrize(
        "path",
        [
            "..\\secret.txt",
            "sub\\..\\..\\secret.txt",
            "\\..\\secret.txt",
            "C:..\\secret.txt",
            "C:\\..\\..\\secret.txt",
            "sub/../../secret.txt",
            "\\\\host\\share\\secret.txt",
            "//host/secret.txt",
            "read.me\0..\\secret.txt",
            ".. \\secret.txt",
            "...\\secret.txt",
        ],
    )
    def test_by_path(self, mount: Mount, path: str) -> None:
        for attempt in (mount.file, mount.delete, lambda path: mount.create(path, NOW)):
            with pytest.raises(DosFailed):
                attempt(path)

    def test_by_absolute_host_path(self, mount: Mount, folder: Path) -> None:
        for path in (str(folder.parent / "secret.txt"), "/etc/passwd"):
            with pytest.raises(DosFailed):
                mount.file(path)

    @pytest.mark.parametrize("path", ["D:\\X", "A:X", "1:X"])
    def test_by_drive(self, mount: Mount, path: str) -> None:
        with pytest.raises((InvalidDrive, PathNotFound)):
            mount.file(path)

    @pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
    def test_by_symlink(self, mount: Mount, folder: Path) -> None:
        (folder / "leak.txt").symlink_to(folder.parent / "secret.txt")
        (folder / "leak").symlink_to(folder.parent)
        (folder / "loop").symlink_to(folder / "loop")
        (folder / "fine.txt").symlink_to(folder / "Read.Me")
        assert mount.file("FINE.TXT").read(0, 5) == b"hello"
        for path in ("LEAK.TXT", "LEAK\\SECRET.TXT", "LOOP"):
            with pytest.raises((FileNotFound, PathNotFound)):
                mount.file(path)
        assert not {"LEAK.TXT", "LEAK", "LOOP"} & set(mount.root.names())

    @pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
    def test_special_host_files_are_invisible(self, mount: Mount, folder: Path) -> None:
        os.mkfifo(folder / "pipe")
        with pytest.raises(FileNotFound):
            mount.file("PIPE")

    @pytest.mark.parametrize("name", ["con", "NUL", "sub\\aux.txt", "C:\\PRN", "com1.x", "c:con"])
    def test_device_names_are_devices_everywhere(self, mount: Mount, name: str) -> None:
        assert mount.device_of(name) is not None

    def test_host_files_named_like_devices_have_an_alias(self, mount: Mount, folder: Path) -> None:
        (folder / "con.txt").write_bytes(b"file")
        assert "CON.TXT" not in mount.root.names()
        assert mount.file("CON~1.TXT").read(0, 4) == b"file"

    def test_device_names_make_no_files(self, machine: FakeMachine, folder: Path) -> None:
        before = on_host(folder)
        handle = machine.int21(0x3C00, cx=0, **machine.path("nul.txt")).ax
        machine.int21(0x4000, bx=handle, cx=2, **machine.put(b"xx"))
        assert machine.regs.ax == 2
        machine.int21(0x3900, **machine.path("con"))
        assert machine.carry
        assert on_host(folder) == before
        assert "NUL.TXT" not in machine.dos.mount.root.names()

    @given(st.text(st.sampled_from("./\\:*? \0ABCsubé~"), max_size=24))
    @settings(deadline=None)
    def test_by_anything(self, tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
        base = tmp_path_factory.getbasetemp() / "anything"
        (base / "drive" / "sub").mkdir(parents=True, exist_ok=True)
        (base / "A").write_bytes(b"outside")
        mount = Mount(HostFolder(str(base / "drive")), write_through=True)
        with contextlib.suppress(DosFailed):
            mount.create(path, NOW)
        assert {each.name for each in base.iterdir()} == {"drive", "A"}
        assert (base / "A").read_bytes() == b"outside"


class TestOverlay:
    def test_changes_stay_in_memory(self, mount: Mount, folder: Path) -> None:
        before = on_host(folder)
        mount.create("NEW.TXT", NOW).write(0, b"new")
        mount.file("READ.ME").write(3, b"XYZ")
        mount.make_directory("D", NOW)
        mount.rename("SUB\\INNER.TXT", "D\\MOVED.TXT")
        mount.delete("PROG.COM")
        assert mount.file("NEW.TXT").read(0, 9) == b"new"
        assert mount.file("READ.ME").read(0, 9) == b"helXYZ"
        assert mount.file("D\\MOVED.TXT").read(0, 9) == b"inner"
        assert mount.root.names() == ["D", "NEW.TXT", "READ.ME", "SUB"]
        assert on_host(folder) == before

    def test_it_is_part_of_the_saved_state(self, mount: Mount) -> None:
        mount.file("READ.ME").write(5, b"!")
        mount.delete("PROG.COM")
        again = pickle.loads(pickle.dumps(mount))  # noqa: S301 - our own bytes
        assert again.file("READ.ME").read(0, 9) == b"hello!"
        with pytest.raises(FileNotFound):
            again.file("PROG.COM")

    def test_deleted_then_created(self, mount: Mount) -> None:
        mount.delete("READ.ME")
        assert mount.create("READ.ME", NOW, must_be_new=True).size == 0
        with pytest.raises(FileExists):
            mount.create("READ.ME", NOW, must_be_new=True)

    def test_directory_moves_with_its_files(self, mount: Mount) -> None:
        mount.file("SUB\\INNER.TXT").write(0, b"I")
        mount.rename("SUB", "OTHER")
        assert mount.file("OTHER\\INNER.TXT").read(0, 9) == b"Inner"
        with pytest.raises(PathNotFound):
            mount.file("SUB\\INNER.TXT")

    def test_directories_do_not_move_into_others(self, mount: Mount) -> None:
        for target in ("SUB\\X", "SUB\\SUB"):
            with pytest.raises(AccessDenied):
                mount.rename("SUB", target)

    def test_only_empty_directories_go(self, mount: Mount) -> None:
        with pytest.raises(AccessDenied):
            mount.remove_directory("SUB")
        mount.delete("SUB\\INNER.TXT")
        mount.change_directory("SUB")
        with pytest.raises(CurrentDirectory):
            mount.remove_directory("\\SUB")
        mount.change_directory("..")
        mount.remove_directory("SUB")
        with pytest.raises(PathNotFound):
            mount.change_directory("SUB")

    def test_the_current_directory_is_not_longer_than_dos_can_tell(self, mount: Mount) -> None:
        for _ in range(7):
            mount.make_directory("DEEPER12", NOW)
            mount.change_directory("DEEPER12")
        mount.make_directory("X", NOW)
        mount.make_directory("DEEPER12", NOW)
        with pytest.raises(PathNotFound):
            mount.change_directory("DEEPER12")
        assert len("\\".join(mount.current)) == 62
        mount.create("DEEPER12\\FILE", NOW)

    @pytest.mark.parametrize("path", ["A*.TXT", "X?", "SUB\\*\x01"])
    def test_wildcards_name_nothing_new(self, mount: Mount, path: str) -> None:
        with pytest.raises(FileNotFound):
            mount.create(path, NOW)
        with pytest.raises(FileNotFound):
            mount.make_directory(path, NOW)
        with pytest.raises(FileNotFound):
            mount.rename("READ.ME", path)

    def test_read_only_files(self, mount: Mount, folder: Path) -> None:
        (folder / "ro.txt").write_bytes(b"r")
        (folder / "ro.txt").chmod(0o444)
        for attempt in (mount.delete, lambda path: mount.create(path, NOW)):
            with pytest.raises(AccessDenied):
                attempt("RO.TXT")

    def test_unreadable_host_folder_is_a_dos_error(
        self, mount: Mount, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: str) -> None:
            raise PermissionError(13, "no", path)

        monkeypatch.setattr(os, "scandir", refuse)
        with pytest.raises(AccessDenied):
            mount.file("READ.ME")
        with pytest.raises(LoadError, match="cannot be read"):
            mount.guest_path(str(folder / "Read.Me"))


class TestProvided:
    """A file of our own in the root, where the folder has none of its name."""

    def test_it_is_hidden_and_stays(self, mount: Mount, folder: Path) -> None:
        mount.provide("OWN.COM", b"own", NOW)
        assert mount.file("\\own.com").read(0, 9) == b"own"
        number = mount.search("*.COM", 0)
        assert mount.search_next(number).name == "PROG.COM"
        with pytest.raises(NoMoreFiles):
            mount.search_next(number)
        with pytest.raises(AccessDenied):
            mount.delete("OWN.COM")
        assert "OWN.COM" not in on_host(folder)

    def test_the_folders_own_goes_first(self, mount: Mount) -> None:
        mount.provide("READ.ME", b"own", NOW)
        assert mount.file("READ.ME").read(0, 9) == b"hello"

    def test_the_host_never_has_it(self, folder: Path) -> None:
        through = Mount(HostFolder(str(folder)), write_through=True)
        through.provide("OWN.COM", b"own", NOW)
        file = through.file("OWN.COM")
        file.attributes = 0x20
        for attempt in (lambda: file.write(0, b"x"), lambda: through.delete("OWN.COM")):
            with pytest.raises(DosFailed):
                attempt()
        assert "OWN.COM" not in on_host(folder)


class TestWriteThrough:
    @pytest.fixture
    def through(self, mount: Mount, folder: Path) -> Mount:
        return Mount(HostFolder(str(folder)), write_through=True)

    def test_changes_reach_the_host(self, through: Mount, folder: Path) -> None:
        through.create("NEW.TXT", NOW).write(2, b"new")
        through.file("READ.ME").truncate(2)
        through.make_directory("D", NOW)
        through.rename("SUB\\INNER.TXT", "D\\MOVED.TXT")
        through.delete("PROG.COM")
        through.remove_directory("SUB")
        assert on_host(folder) == {"NEW.TXT": b"\0\0new", "Read.Me": b"he", "D/MOVED.TXT": b"inner"}
        assert not (folder / "sub").exists()

    @pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
    def test_renaming_replaces_nothing_dos_cannot_see(self, through: Mount, folder: Path) -> None:
        (folder / "LEAK").symlink_to(folder.parent / "secret.txt")
        for attempt in (lambda: through.rename("READ.ME", "LEAK"), lambda: through.create("LEAK", NOW)):
            with pytest.raises(DosFailed):
                attempt()
        assert (folder / "LEAK").is_symlink()
        assert (folder.parent / "secret.txt").read_bytes() == b"secret"

    def test_full_disk_is_a_short_write(self, through: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(handle: int, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        assert through.file("READ.ME").write(0, b"abc") == 0

    def test_refused_write_is_a_dos_error(self, through: Mount, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = through.file("READ.ME")

        def refuse(*_: object) -> int:
            raise PermissionError(13, "no")

        monkeypatch.setattr(os, "open", refuse)
        with pytest.raises(AccessDenied):
            file.write(0, b"abc")
        assert (folder / "Read.Me").read_bytes() == b"hello"

    def test_a_full_disk_stays_full_for_who_goes_back(self, through: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
        """The short write is the answer to that write, even when there is room by now."""
        before = pickle.dumps(through)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda handle, data: WRITE(handle, data[:2]))
            assert through.file("READ.ME").write(0, b"abc") == 2
        again = saved(before, through)
        assert again.file("READ.ME").write(0, b"abc") == 2
        assert again.file("READ.ME").read(0, 9) == b"abllo"
        assert again.file("READ.ME").write(4, b"!!") == 2

    def test_a_refused_change_is_refused_to_who_goes_back(self, through: Mount, folder: Path) -> None:
        assert through.root.names() == ["PROG.COM", "READ.ME", "SUB"]
        before = pickle.dumps(through)
        (folder / "LATE").write_bytes(b"the guest does not know of it")
        with pytest.raises(FileExists):
            through.create("LATE", NOW)
        (folder / "LATE").unlink()
        again = saved(before, through)
        with pytest.raises(FileExists):
            again.create("LATE", NOW)
        assert again.create("LATE", NOW).size == 0

    def test_a_folder_that_was_renamed_still_shows_what_nobody_has_looked_at(
        self, through: Mount, folder: Path
    ) -> None:
        through.rename("SUB", "OTHER")
        assert through.file("OTHER\\INNER.TXT").read(0, 9) == b"inner"
        through.file("OTHER\\INNER.TXT").write(0, b"I")
        assert (folder / "OTHER" / "inner.txt").read_bytes() == b"Inner"

    def test_what_is_written_to_a_deleted_file_makes_no_new_one(self, through: Mount, folder: Path) -> None:
        file = through.file("READ.ME")
        through.delete("READ.ME")
        assert file.write(0, b"x") == 1
        assert not (folder / "Read.Me").exists()

    @pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
    def test_a_file_that_has_become_a_link_outside_is_not_written(self, through: Mount, folder: Path) -> None:
        file = through.file("READ.ME")
        assert file.read(0, 1) == b"h"
        (folder / "Read.Me").unlink()
        (folder / "Read.Me").symlink_to(folder.parent / "secret.txt")
        (folder / "sub" / "inner.txt").unlink()
        (folder / "sub").rmdir()
        (folder / "sub").symlink_to(folder.parent)
        for attempt in (
            lambda: file.write(0, b"!"),
            lambda: file.truncate(0),
            lambda: through.create("SUB\\X", NOW),
            lambda: through.file("SUB\\INNER.TXT").read(0, 1),
        ):
            with pytest.raises(DosFailed):
                attempt()
        assert (folder.parent / "secret.txt").read_bytes() == b"secret"
        assert not (folder.parent / "X").exists()


class TestOnceAsked:
    """The folder answers every question once."""

    def test_a_file_that_changes_on_the_host_stays_what_it_was(self, mount: Mount, folder: Path) -> None:
        assert mount.file("READ.ME").size == 5
        (folder / "Read.Me").write_bytes(b"longer than before")
        assert mount.file("READ.ME").size == 5, "as it was listed"
        assert mount.file("READ.ME").read(0, 99) == b"longer than before", "read now for the first time"
        assert mount.file("READ.ME").size == 18
        (folder / "Read.Me").unlink()
        assert mount.file("READ.ME").read(0, 6) == b"longer"

    @pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
    def test_a_file_that_has_become_a_pipe_is_refused(self, mount: Mount, folder: Path) -> None:
        file = mount.file("READ.ME")
        (folder / "Read.Me").unlink()
        os.mkfifo(folder / "Read.Me")
        with pytest.raises(AccessDenied):
            file.read(0, 1)

    def test_without_a_folder_the_answers_are_enough(self, mount: Mount) -> None:
        before = mount.file("READ.ME").read(0, 9), mount.root.names()
        folder = HostFolder(None, mount.folder.listings.values(), mount.folder.contents.values())
        again = Mount(folder)
        assert (again.file("READ.ME").read(0, 9), again.root.names()) == before
        assert folder.missing == []
        with pytest.raises(AccessDenied):
            again.file("PROG.COM").read(0, 1)
        with pytest.raises(AccessDenied):
            again.file("SUB\\INNER.TXT")
        assert folder.missing == ["prog.com", "sub"]


class TestSearch:
    def find(self, mount: Mount, path: str, attributes: int = 0) -> list[str]:
        number = mount.search(path, attributes)
        found = []
        while True:
            try:
                found.append(mount.search_next(number).name)
            except NoMoreFiles:
                return found

    def test_wildcards(self, mount: Mount) -> None:
        assert self.find(mount, "*.*") == ["PROG.COM", "READ.ME"]
        assert self.find(mount, "*.*", 0x10) == ["PROG.COM", "READ.ME", "SUB"]
        assert self.find(mount, "SUB\\*.*", 0x10) == [".", "..", "INNER.TXT"]
        assert self.find(mount, "r??d.*") == ["READ.ME"]
        assert self.find(mount, "*", 0x10) == ["SUB"]
        assert self.find(mount, "read.me") == ["READ.ME"]

    def test_deleting_while_searching(self, mount: Mount) -> None:
        number = mount.search("*.*", 0)
        assert mount.search_next(number).name == "PROG.COM"
        mount.delete("READ.ME")
        with pytest.raises(NoMoreFiles):
            mount.search_next(number)

    def test_unfinished_searches_do_not_pile_up(self, mount: Mount) -> None:
        for _ in range(1000):
            mount.search("*.*", 0)
        assert len(mount.searches) <= 256

    def test_services_fill_the_transfer_area(self, machine: FakeMachine) -> None:
        machine.int21(0x1A00, **machine.put(bytes(64), 0x3000))
        machine.int21(0x4E00, cx=0, **machine.path("*.com"))
        assert not machine.carry
        area = machine.memory.read((machine.dos.current_psp << 4) + 0x3000, 43)
        assert area[0x1E:].rstrip(b"\0") == b"PROG.COM"
        assert int.from_bytes(area[0x1A:0x1E], "little") == 1
        assert machine.int21(0x4F00).ax == 0x12
        assert machine.carry
        assert machine.int21(0x4E00, cx=0, **machine.path("none.txt")).ax == 2


def test_current_directory_service(machine: FakeMachine, folder: Path, new_machine: Callable[..., FakeMachine]) -> None:
    (folder / "Sub").mkdir()
    machine.int21(0x3B00, **machine.path("sub"))
    at = machine.put(bytes(64), 0x3000)
    machine.int21(0x4700, ds=at["ds"], si=at["dx"], dx=0)
    assert machine.memory.read((at["ds"] << 4) + at["dx"], 4) == b"SUB\0"
    machine.int21(0x6000, ds=at["ds"], si=machine.path("..\\x.y")["dx"], es=at["ds"], di=at["dx"])
    assert machine.memory.read((at["ds"] << 4) + at["dx"], 8) == b"C:\\X.Y\0\0"

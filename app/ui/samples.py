"""The samples that come with the program, as their index files list them, and how each of them is started."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from app.debug.launch import Launch
from app.resources import resource


class Sample(NamedTuple):
    """A run that is worth watching: its name, one line about it, and what is started."""

    title: str
    line: str
    launch: Launch

    @property
    def program(self) -> Path:
        """The program it is about: the last of those that run in a row."""
        return Path(self.launch.programs[-1][0])


def samples() -> list[Sample]:
    """All of them: DPMI programs, C programs, drivers with the programs that use them."""
    return [*_of_programs(), *_of_drivers()]


def launch_of(program: Path) -> Launch:
    """How a program picked by its file is started: a sample with all it needs, any other by itself."""
    found = next((sample.launch for sample in samples() if sample.program == program), None)
    return found or Launch(str(program))


def _rows(index: str, name: str) -> tuple[Path, list[dict[str, Any]]]:
    """The folder of an index file and its rows; none where it is missing."""
    try:
        file = resource(index)
    except FileNotFoundError:
        return Path(), []
    return file.parent, tomllib.loads(file.read_text(encoding="utf-8")).get(name, [])


def _of_programs() -> Iterator[Sample]:
    for index in ("samples/index.toml", "samples/go32/index.toml"):
        folder, rows = _rows(index, "sample")
        for row in rows:
            programs = [row["before"], row["file"]] if "before" in row else [row["file"]]
            yield Sample(row["title"], row["line"], _launch(folder, programs))


def _of_drivers() -> Iterator[Sample]:
    folder, rows = _rows("samples/drivers/index.toml", "run")
    for row in rows:
        launch = _launch(folder, row["programs"], vxds=(str(folder / row["driver"]),))
        yield Sample(f"Ring 0: {row['driver']} with {launch.name}", row["line"], launch)


def _launch(folder: Path, programs: list[str], *, vxds: tuple[str, ...] = ()) -> Launch:
    first, *others = (str(folder / name) for name in programs)
    return Launch(first, then=tuple((name,) for name in others), vxds=vxds)

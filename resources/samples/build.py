# ruff: noqa: INP001 - a script beside the sources, no part of a package
"""Assemble the samples with nasm: `python3 resources/samples/build.py [FOLDER]`; without FOLDER beside the sources."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

SOURCES = Path(__file__).resolve().parent


def programs() -> list[str]:
    """File names of the built samples, in the order of the start page."""
    with (SOURCES / "index.toml").open("rb") as stream:
        return [sample["file"] for sample in tomllib.load(stream)["sample"]]


def build(folder: Path) -> None:
    """Assemble every sample into a folder."""
    for program in programs():
        source = (SOURCES / program).with_suffix(".asm")
        command = ["nasm", "-f", "bin", "-Werror", f"-I{SOURCES}/", str(source), "-o", str(folder / program)]
        subprocess.run(command, check=True)


def main() -> int:
    """The command."""
    try:
        build(Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCES)
    except FileNotFoundError as error:
        sys.stderr.write(f"{error.filename}: not found; nasm assembles the samples\n")
        return 1
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main())

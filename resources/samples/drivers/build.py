"""Build the drivers and their programs with nasm: `python3 resources/samples/drivers/build.py [FOLDER]`.

Without FOLDER they are written beside their sources. A source that includes vxd.inc becomes a driver, one
that includes win32.inc a Win32 program.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import link_pe
import link_vxd

SOURCES = Path(__file__).resolve().parent


def target(source: Path) -> str:
    """File name of what a source becomes."""
    text = source.read_text(encoding="utf-8")
    kinds = {'%include "vxd.inc"': ".vxd", '%include "win32.inc"': ".exe"}
    return source.stem + next((kind for line, kind in kinds.items() if line in text), ".com")


def build(source: Path, folder: Path) -> None:
    """Build one source into a folder. Raises `CalledProcessError` when nasm finds something wrong."""
    name = target(source)
    if name.endswith(".vxd"):
        link_vxd.build(source, folder / name)
    elif name.endswith(".exe"):
        link_pe.build(source, folder / name)
    else:
        command = ["nasm", "-f", "bin", "-Werror", f"-I{SOURCES}/", f"-I{SOURCES.parent}/", str(source)]
        subprocess.run([*command, "-o", str(folder / name)], check=True)


def main() -> int:
    """The command."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCES
    try:
        for source in sorted(SOURCES.glob("*.asm")):
            build(source, folder)
    except FileNotFoundError as error:
        sys.stderr.write(f"{error.filename}: not found; nasm assembles the drivers\n")
        return 1
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Assemble the guest tests with nasm: `python3 tests/guest/build.py [FOLDER]`; without FOLDER into `built/`.

Every source becomes a 16-bit and a 32-bit client, NAME-16.com and NAME-32.com, unless its header says
`; widths: 16` or `; widths: 32`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
BUILT = SOURCES / "built"


def sources() -> list[Path]:
    """The programs' sources, sorted."""
    return sorted(SOURCES.glob("*.asm"))


def header(source: Path) -> dict[str, str]:
    """The `; key: value` lines of a source's first comment."""
    found: dict[str, str] = {}
    for line in source.read_text().splitlines():
        if not line.startswith(";"):
            break
        if match := re.fullmatch(r"; (widths|expect|options|leaves): (.+)", line):
            found[match[1]] = match[2]
    return found


def programs(source: Path) -> dict[str, int]:
    """What a source becomes: file name and width."""
    widths = [int(width) for width in header(source).get("widths", "16 32").split()]
    return {f"{source.stem}-{width}.com": width for width in widths}


def build(source: Path, folder: Path) -> None:
    """Assemble the programs of one source into a folder."""
    for name, width in programs(source).items():
        command = ["nasm", "-f", "bin", "-Werror", f"-I{SOURCES}/", str(source), "-o", str(folder / name)]
        subprocess.run([*command, *(["-DBITS32"] if width == 32 else [])], check=True)


def main() -> int:
    """The command."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else BUILT
    folder.mkdir(exist_ok=True)
    failed = 0
    for source in sources():
        try:
            build(source, folder)
        except subprocess.CalledProcessError:
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

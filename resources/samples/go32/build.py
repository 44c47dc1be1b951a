# ruff: noqa: INP001 - a script beside the sources, no part of a package
"""Build the C programs in go32-v2 COFF format: `python3 resources/samples/go32/build.py [FOLDER]`.

Without FOLDER they are written beside their sources. Needed are gcc (which compiles, with -m32, to assembly only), GNU
as and ld for DJGPP (Debian: binutils-djgpp) and nasm for the stub. The programs committed were made by `MADE_BY`:
another compiler makes other code.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

SOURCES = Path(__file__).resolve().parent
LIBRARY = SOURCES / "library"
MADE_BY = "12.2.0"
"""What `gcc -dumpfullversion` says."""
ASSEMBLE = "i586-pc-msdosdjgpp-as"
LINK = "i586-pc-msdosdjgpp-ld"
TOOLS = ("gcc", ASSEMBLE, LINK, "nasm")

COMPILE = (
    "gcc", "-m32", "-march=i486", "-mfpmath=387", "-mpreferred-stack-boundary=2", "-std=gnu11", "-O2", "-ffreestanding",
    "-fleading-underscore", "-fno-pic", "-fno-common", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
    "-fcf-protection=none", "-fno-ident", "-fno-tree-loop-distribute-patterns", "-fno-reorder-functions", "-Wall",
    "-Wextra", "-Werror", f"-I{LIBRARY}", "-S",
)  # fmt: skip
"""For a 486, everything in its registers; nothing that only an ELF file can hold."""

ELF_ONLY = re.compile(r"\s*\.(type|size|local|section\s+\.note)\b")
SECTION = re.compile(r"\s*\.section\s+\.(text|rodata)")
COMMON = re.compile(r"\s*\.comm\s+([\w.]+),(\d+),(\d+)")


def programs() -> list[str]:
    """File names of the built programs."""
    return [source.with_suffix(".exe").name for source in sorted(SOURCES.glob("*.c"))]


def coff_assembly(text: str) -> str:
    """Assembly as gcc writes it for ELF, for an assembler that makes COFF: sections without flags, no types or sizes.

    .align counts bytes there, and bits here.
    """
    lines, variables = [], [".bss"]
    for line in text.splitlines():
        if found := COMMON.match(line):
            name, size, alignment = found.groups()
            variables += [f".balign {alignment}", f"{name}: .space {size}"]
        elif found := SECTION.match(line):
            lines.append(".text" if found[1] == "text" else '.section .rodata,"dr"')
        elif not ELF_ONLY.match(line):
            lines.append(line.replace("\t.align", "\t.balign"))
    return "\n".join([*lines, *variables, ""])


def object_of(source: Path, folder: Path) -> Path:
    """Compile or assemble a source into an object file of a folder."""
    made = folder / f"{source.stem}.o"
    assembly = source
    if source.suffix == ".c":
        assembly = folder / f"{source.stem}.s"
        subprocess.run([*COMPILE, str(source), "-o", str(assembly)], check=True)
        assembly.write_text(coff_assembly(assembly.read_text(encoding="utf-8")), encoding="utf-8")
    subprocess.run([ASSEMBLE, "--fatal-warnings", str(assembly), "-o", str(made)], check=True)
    return made


def build(folder: Path) -> None:
    """Build every program into a folder. Raises `CalledProcessError` when a tool finds something wrong."""
    with TemporaryDirectory() as temporary:
        work = Path(temporary)
        stub = work / "stub"
        subprocess.run(["nasm", "-f", "bin", "-Werror", str(SOURCES / "stub.asm"), "-o", str(stub)], check=True)
        (work / "library").mkdir()
        library = [object_of(source, work / "library") for source in sorted(LIBRARY.glob("*.[cs]"))]
        for name in programs():
            program = object_of((SOURCES / name).with_suffix(".c"), work)
            image = work / f"{program.stem}.coff"
            command = [LINK, "--oformat", "coff-go32", "-T", str(SOURCES / "go32.ld"), "--discard-locals"]
            subprocess.run([*command, str(program), *map(str, library), "-o", str(image)], check=True)
            (folder / name).write_bytes(stub.read_bytes() + image.read_bytes())


def main() -> int:
    """The command."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        sys.stderr.write(f"{', '.join(missing)}: not found; on Debian: apt install gcc binutils-djgpp nasm\n")
        return 1
    try:
        build(Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCES)
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main())

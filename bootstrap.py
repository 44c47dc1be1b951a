#!/usr/bin/env python3
"""Set dpmiscope up and start it: `python3 bootstrap.py run`, `python3 bootstrap.py test`.

Needs nothing but Python. Every command first makes what is missing: a virtual environment in `.venv` holding exactly
the packages of `requirements.lock`, and on Linux the system libraries Qt wants. When all is there it only looks.
"""

# Only what Python 3.7 can read, so that an old Python says what is wrong instead of failing on the syntax.
from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "dpmiscope.stamp"
USER_LIBRARIES = VENV / "system-libraries"
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
SAMPLE = ROOT / "resources" / "samples" / "callback.com"

WINDOWS = sys.platform == "win32"
LINUX = sys.platform.startswith("linux")
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
DPMISCOPE = BIN / ("dpmiscope.exe" if WINDOWS else "dpmiscope")

# What Qt loads, as (library, Debian package that holds it). QtGui is linked to the first group even without a display.
QT_LIBRARIES = (
    ("libEGL.so.1", "libegl1"),
    ("libGL.so.1", "libgl1"),
    ("libglib-2.0.so.0", "libglib2.0-0"),
    ("libdbus-1.so.3", "libdbus-1-3"),
    ("libfontconfig.so.1", "libfontconfig1"),
    ("libxkbcommon.so.0", "libxkbcommon0"),
)
X11_LIBRARIES = (
    ("libxcb-cursor.so.0", "libxcb-cursor0"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ("libxcb-icccm.so.4", "libxcb-icccm4"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    ("libxcb-shape.so.0", "libxcb-shape0"),
)
WAYLAND_LIBRARIES = (
    ("libwayland-cursor.so.0", "libwayland-cursor0"),
    ("libwayland-egl.so.1", "libwayland-egl1"),
)

COMMANDS = """\
commands:
  run [PROGRAM [ARG...]]  open the window on PROGRAM (default: a sample); without a display print the program's trace
                          and write a picture of the window to dpmiscope.png
  test [PYTEST-ARG...]    run all tests, style and type checks included
  shot [ARG...]           write a picture of the window: the arguments of `dpmiscope shot` (default: the sample)
  doctor                  say what is there and what is missing; changes nothing unless --apt or --user-libs is given
  check                   style and types only
  format                  put the source into the house style
  lock [UV-ARG...]        write requirements.lock anew from pyproject.toml (--upgrade: newest versions)
"""


def main() -> int:
    """Read the command line and do what it says."""
    require_python()
    parser = argparse.ArgumentParser(
        description="Set dpmiscope up and start it.",
        epilog=COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="python3 bootstrap.py [--apt | --user-libs] COMMAND [ARG...]",
    )
    commands = {
        "run": run_window,
        "test": run_tests,
        "shot": take_picture,
        "doctor": doctor,
        "check": check_house,
        "format": format_source,
        "lock": write_lock,
    }
    parser.add_argument("command", choices=commands, metavar="COMMAND", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARG", help="handed on to the command")
    parser.add_argument("--apt", action="store_true", help="install missing system packages (asks sudo unless root)")
    parser.add_argument("--user-libs", action="store_true", help="unpack missing system libraries into .venv instead")
    options = parser.parse_args(hoist(sys.argv[1:], ("--apt", "--user-libs")))
    if options.command != "doctor" or options.apt or options.user_libs:
        set_up(for_tests=options.command == "test", use_apt=options.apt, use_folder=options.user_libs)
    return commands[options.command](options.arguments)


def hoist(arguments: list[str], own: tuple[str, ...]) -> list[str]:
    """Bring our own options to the front, wherever they were typed; everything else keeps its order."""
    return [a for a in arguments if a in own] + [a for a in arguments if a not in own]


def require_python() -> None:
    """Leave with a helpful sentence when Python is too old."""
    version = tuple(sys.version_info[:2])
    if version >= (3, 11):
        return
    newer = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    hint = f"Run it as: {newer[0]} bootstrap.py ..." if newer else "Install a newer Python and run it with that."
    sys.exit(f"dpmiscope needs Python 3.11 or newer; this is {sys.version.split()[0]}. {hint}")


# --- commands ---------------------------------------------------------------------------------------------------------


def run_window(arguments: list[str]) -> int:
    """Open the window, or without a display show what can be shown."""
    program = arguments or [str(SAMPLE)]
    if has_display():
        return call(DPMISCOPE, *program)
    say(f"no display: printing the trace of {Path(program[0]).name} and drawing the window into a file")
    limit = ("--time-limit", "30")
    traced = call(DPMISCOPE, "trace", *limit, *program)
    drawn = take_picture([*limit, "--output", "dpmiscope.png", *program])
    if not drawn:
        say(f"the window is in {Path('dpmiscope.png').resolve()}; the run ended with code {traced}")
    return drawn


def take_picture(arguments: list[str]) -> int:
    """Draw the window into a file, without a display."""
    arguments = arguments or ["--output", "dpmiscope.png", str(SAMPLE)]
    return call(DPMISCOPE, "shot", *arguments, QT_QPA_PLATFORM="offscreen")


def run_tests(arguments: list[str]) -> int:
    """Run all tests, one process a core; or what the arguments say, in this one.

    tests/test_house.py among them checks style, types and the direction of imports.
    """
    os.chdir(ROOT)
    arguments = arguments or ["-n", "auto", "--dist", "worksteal"]
    return call(PYTHON, "-m", "pytest", *arguments, QT_QPA_PLATFORM="offscreen")


def check_house(arguments: list[str]) -> int:
    """Check style and types, all of them even when one fails."""
    os.chdir(ROOT)
    checks = (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",))
    return max(call(PYTHON, "-m", *check, *arguments) for check in checks)


def format_source(arguments: list[str]) -> int:
    """Format, and mend what can be mended safely."""
    os.chdir(ROOT)
    return max(call(PYTHON, "-m", "ruff", *how, *arguments) for how in (("check", "--fix"), ("format",)))


def write_lock(arguments: list[str]) -> int:
    """Resolve the dependencies for every platform and pin them with their hashes."""
    os.chdir(ROOT)
    uv = VENV / "uv"
    must("fetch uv", PYTHON, "-m", "pip", "install", "--quiet", "--upgrade", "--target", uv, "uv")
    how = ("--universal", "--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes")
    target = ("--quiet", "--no-header", "--group", "dev", "--output-file", LOCK.name, PROJECT.name)
    return call(uv / BIN.name / "uv", "pip", "compile", *how, *target, *arguments)


def doctor(_arguments: list[str]) -> int:
    """Say what is there and what is missing; 0 when the window and the tests can run."""
    modules = "app.cli, capstone, numpy, platformdirs, pyqtgraph, unicorn, PySide6.QtSvg, PySide6.QtWidgets"
    window = "from PySide6.QtWidgets import QApplication as A, QLabel as L; a = A([]); w = L('x'); w.show(); w.grab()"
    ready = not is_stale()
    report("Python", sys.version.split()[0], good=True)
    report("packages in .venv", "as locked" if ready else "missing or stale: any other command makes them", good=ready)
    imports = ready and not call(PYTHON, "-c", f"import {modules}", QT_QPA_PLATFORM="offscreen")
    report("imports", "work" if imports else "do not work", good=imports)
    drawn = ready and not call(PYTHON, "-c", window, QT_QPA_PLATFORM="offscreen")
    report("a window off screen", "works" if drawn else "does not work", good=drawn)
    missing = missing_packages()
    report("system libraries", apt_line(missing) if missing else "complete", good=not missing)
    report("display", "yes" if has_display() else "none: `run` prints a trace and writes a picture", good=None)
    report("nasm", shutil.which("nasm") or "none: assembling in the window and some tests need it", good=None)
    tools = [tool for tool in ("gcc", "i586-pc-msdosdjgpp-ld") if not shutil.which(tool)]
    report("C for DOS", f"no {' and no '.join(tools)}: one test needs it" if tools else "complete", good=None)
    return 0 if imports and drawn and not missing else 1


def report(what: str, finding: str, *, good: bool | None) -> None:
    """Print one line of the doctor's report; `None` marks what is neither good nor bad."""
    print(f"{ {True: 'ok', False: 'NO', None: '--'}[good] }  {what}: {finding}", flush=True)


# --- set-up -----------------------------------------------------------------------------------------------------------


def set_up(*, for_tests: bool, use_apt: bool, use_folder: bool) -> None:
    """Make whatever is missing: system packages, the virtual environment, the locked packages, dpmiscope itself."""
    stale = is_stale()
    missing = missing_packages()
    is_root = getattr(os, "geteuid", lambda: -1)() == 0
    if shutil.which("apt-get") and (use_apt or (is_root and not use_folder)):
        wanted = [*(["python3-venv"] if stale and lacks_pip() else []), *missing]
        nasm = ["nasm"] if for_tests and not shutil.which("nasm") else []
        if wanted or nasm:
            install_with_apt(wanted, nasm, sudo=not is_root)
            missing = missing_packages()
    if stale:
        make_venv()
        install_locked()
    if missing and use_folder:
        say("unpacking system libraries into .venv: " + " ".join(missing))
        fetch_debian_packages(missing)
        missing = missing_packages()
    if missing:
        sys.exit(
            f"Qt needs libraries this system lacks. Either install them:\n\n    {apt_line(missing)}\n\n"
            "or let `python3 bootstrap.py --apt COMMAND` do so, or `--user-libs` unpack copies into .venv.\n"
            f"Without them the command line still works: {DPMISCOPE} run PROGRAM"
        )


def is_stale() -> bool:
    """Tell whether .venv is missing, or made for other packages or another folder than this one."""
    return not PYTHON.exists() or not STAMP.exists() or STAMP.read_text(encoding="utf-8") != fingerprint()


def fingerprint() -> str:
    """Name the set-up: packages, project description, place."""
    parts = (LOCK.read_bytes(), PROJECT.read_bytes(), str(ROOT).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def make_venv() -> None:
    """Make .venv unless a working one is there; on a system whose venv lacks pip, fetch pip as a package."""
    if PYTHON.exists() and not call(PYTHON, "-m", "pip", "--version", quiet=True):
        return
    say(f"making .venv with Python {sys.version.split()[0]}")
    if not lacks_pip():
        must("make .venv", sys.executable, "-m", "venv", "--clear", VENV)
        return
    must("make .venv", sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
    if not shutil.which("apt-get"):
        sys.exit("This Python comes without pip. Install its `venv` package and try again.")
    say("this Python comes without pip: fetching pip's wheel")
    fetch_debian_packages(["python3-pip-whl"])
    wheel = next((USER_LIBRARIES / "usr/share/python-wheels").glob("pip-*.whl"))
    must("install pip", PYTHON, wheel / "pip", "install", "--quiet", "--no-index", wheel)


def install_locked() -> None:
    """Install exactly what the lock file names, each file checked by its hash, then this checkout."""
    say("installing packages (about 400 MB unpacked; the first time takes a minute or two)")
    pip = (PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check")
    must("install the packages", *pip, "--only-binary=:all:", "--require-hashes", "-r", LOCK)
    must("install dpmiscope", *pip, "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    STAMP.write_text(fingerprint(), encoding="utf-8")
    say("ready")


# --- system packages --------------------------------------------------------------------------------------------------


def has_display() -> bool:
    """Tell whether a window can be shown."""
    return not LINUX or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def missing_packages() -> list[str]:
    """Name the Debian packages of the libraries Qt would load here and cannot find."""
    if not LINUX:
        return []
    wanted = dict(QT_LIBRARIES)
    if os.environ.get("DISPLAY"):
        wanted.update(X11_LIBRARIES)
    if os.environ.get("WAYLAND_DISPLAY"):
        wanted.update(WAYLAND_LIBRARIES)
    # In a process of its own: the loader reads LD_LIBRARY_PATH once, at start.
    probe = "import ctypes, sys\nfor n in sys.argv[1:]:\n try: ctypes.CDLL(n)\n except OSError: print(n)"
    command = [sys.executable, "-I", "-S", "-c", probe, *wanted]
    found = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, text=True, check=True)
    return [wanted[name] for name in found.stdout.split()]


def lacks_pip() -> bool:
    """Tell whether this Python cannot put pip into a virtual environment: Debian splits that off into python3-venv."""
    return (
        subprocess.run([sys.executable, "-c", "import ensurepip"], stderr=subprocess.DEVNULL, check=False).returncode
        != 0
    )


def apt_line(packages: list[str]) -> str:
    """Write the command that installs the packages."""
    return "apt-get install --no-install-recommends " + " ".join(packages)


def install_with_apt(wanted: list[str], optional: list[str], *, sudo: bool) -> None:
    """Install system packages; only the optional ones may fail."""
    say("installing system packages: " + " ".join([*wanted, *optional]))
    apt = (*(("sudo",) if sudo else ()), "apt-get", "-q", "-y")
    install = (*apt, "install", "--no-install-recommends")
    call(*apt, "update", DEBIAN_FRONTEND="noninteractive")
    if call(*install, *wanted, *optional, DEBIAN_FRONTEND="noninteractive") and wanted:
        must("install system packages", *install, *wanted)


def fetch_debian_packages(packages: list[str]) -> None:
    """Unpack packages and whatever they need that is not installed, as a plain user, into `USER_LIBRARIES`.

    apt checks the signatures; its lists and downloads stay in a folder of our own.
    """
    cache = VENV / "apt"
    for folder in ("lists/partial", "archives/partial"):
        (cache / folder).mkdir(parents=True, exist_ok=True)
    places = (f"Dir::State::lists={cache / 'lists'}", f"Dir::Cache={cache}", "Debug::NoLocking=true")
    apt = ("apt-get", "-q", "-y", *(word for place in places for word in ("-o", place)))
    must("fetch the package lists", *apt, "update")
    must("fetch the packages", *apt, "install", "--no-install-recommends", "--download-only", *packages)
    for package in sorted((cache / "archives").glob("*.deb")):
        must(f"unpack {package.name}", "dpkg-deb", "-x", package, USER_LIBRARIES)
    shutil.rmtree(cache)


# --- processes --------------------------------------------------------------------------------------------------------


def environment(**extra: str) -> dict[str, str]:
    """Return the variables for everything we start: ours, plus the way to user-local libraries where there are any."""
    env = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore", **extra}
    if USER_LIBRARIES.exists():
        folders = sorted({str(found.parent) for found in USER_LIBRARIES.glob("**/lib/**/*.so.*")})
        env["LD_LIBRARY_PATH"] = os.pathsep.join([*folders, env.get("LD_LIBRARY_PATH", "")]).rstrip(os.pathsep)
        env.setdefault("XKB_CONFIG_ROOT", str(USER_LIBRARIES / "usr/share/X11/xkb"))
        if not Path("/etc/fonts/fonts.conf").exists():
            env.setdefault("FONTCONFIG_SYSROOT", str(USER_LIBRARIES))
    return env


def call(*command: str | Path, quiet: bool = False, **variables: str) -> int:
    """Run a command to its end and return its exit code; our output so far comes first."""
    sys.stdout.flush()
    silence = subprocess.DEVNULL if quiet else None
    words = [str(word) for word in command]
    return subprocess.run(words, env=environment(**variables), stdout=silence, stderr=silence, check=False).returncode


def must(what: str, *command: str | Path) -> None:
    """Run a command that has to succeed."""
    code = call(*command)
    if code:
        sys.exit(f"bootstrap: could not {what} (exit code {code}); what failed is said above")


def say(text: str) -> None:
    """Tell the user what is going on."""
    print(f"bootstrap: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

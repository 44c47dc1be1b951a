"""The dpmiscope command: the window, `run`, `trace`, `shot`, `info`, `services`.

Only the sub-command that runs is imported: without a window no Qt, for `--help` not even the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from app.debug.launch import Launch
    from app.emu.dos.coff import Image

COMMANDS = ("run", "trace", "shot", "info", "services", "window")
SWITCHES = frozenset({"--write-through", "--no-limit-checks", "--quiet", "--verbose"})
"""Our options without a value."""
VALUES = frozenset(
    {
        "--mount", "--memory", "--profile", "--paging", "--keys", "--env", "--directory", "--record",
        "--max-instructions", "--time-limit", "--status", "--vxd", "--far-return", "--output", "--pane", "--at",
        "--size", "--theme", "--format",
    }
)  # fmt: skip
"""Our options with a value."""
THEN = "--then"
"""What stands between two programs."""

RECORDED = (
    "--mount", "--write-through", "--memory", "--paging", "--keys", "--env", "--directory", "--no-limit-checks",
    "--record", "--then", "--far-return", "--profile",
)  # fmt: skip
"""Options that a recording replaces."""

_ENVIRONMENT = (
    r"set in the guest's environment, as often as needed (usual: COMSPEC=C:\COMMAND.COM, PATH=C:\, PROMPT=$P$G)"
)
_ARGUMENTS = "the guest's command line; '<FILE', '>FILE' and '>>FILE' redirect as COMMAND does, to files on drive C:"
_KEYS = (
    r"typed into the guest: `dir\n`, `{F1}`, `{Ctrl+C}`, `{Wait 500}` (milliseconds); "
    "the mouse: `{Mouse 320,100}`, `{Click left}`, `{Press left}`, `{Release left}`"
)


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command and leave with its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    command = next((word for word in arguments if not word.startswith("-")), None)
    if command not in COMMANDS and not {"-h", "--help", "--version"} & set(arguments[:1]):
        arguments = ["window", *arguments]
    parser = _commands()
    words, *following = _programs(arguments)
    options = parser.parse_args(words)
    if following and ("then" not in options or options.program is None or not all(following)):
        parser.error("--then stands between two programs: dpmiscope run FIRST.COM --then SECOND.COM")
    options.then = following
    _check_recording(parser, options)
    try:
        code = options.action(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read a listing has seen enough. Python would complain again while closing it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def _programs(arguments: list[str]) -> list[list[str]]:
    """The words of the command and its first program, our own options in front; then those of each later program.

    Our long options also count behind PROGRAM, up to a `--`, and `--then` among them begins the next program. What is
    no option of ours (`/S`, `-x`, names) stays where it is and belongs to the guest.
    """
    ours: list[str] = []
    rest: list[str] = []
    programs = [rest]
    words = iter(arguments[1:])
    for word in words:
        name, has_value, _ = word.partition("=")
        if word == "--":
            rest += words if rest or len(programs) > 1 else [word, *words]
        elif word == THEN:
            rest = []
            programs.append(rest)
        elif name in SWITCHES or (name in VALUES and has_value):
            ours.append(word)
        elif name in VALUES:
            ours += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif not rest and word.startswith("-"):
            ours.append(word)
        else:
            rest.append(word)
    return [[*arguments[:1], *ours, *programs[0]], *programs[1:]]


def _commands() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dpmiscope",
        description="Shows how a DPMI program moves between real mode, protected mode and ring 0.",
        epilog=(
            "dpmiscope [PROGRAM [ARG…]] opens the window; `dpmiscope COMMAND --help` tells a command's options. "
            "Options may stand before or behind PROGRAM; behind `--` everything is the guest's. "
            "`run FIRST.COM --then SECOND.COM ARG…` loads a second program when the first has ended or stays resident."
        ),
    )
    parser.add_argument("--version", action="version", version=f"dpmiscope {_version()}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="run a program without a window")
    _program(run)
    _record(run)
    _headless(run)
    run.set_defaults(action=_run, output=None)

    trace = commands.add_parser("trace", help="run, and write one JSON object per event")
    _program(trace)
    _record(trace)
    _headless(trace)
    trace.add_argument("--output", metavar="FILE", default="-", help="where the events go (default -: stdout)")
    trace.set_defaults(action=_run)

    shot = commands.add_parser("shot", help="a picture of the window or one pane, without a display")
    _program(shot)
    shot.add_argument("--output", metavar="FILE", required=True, help="picture to write: .png, .svg or .pdf")
    shot.add_argument("--pane", metavar="NAME", help="only this pane")
    shot.add_argument("--at", metavar="POSITION", default="tick 0", help='for example "event 41+7" or "callback 2"')
    shot.add_argument("--size", metavar="WxH", default="1280x800", help="size of the window in pixels")
    shot.add_argument("--theme", choices=("light", "dark"), default="light")
    shot.add_argument("--time-limit", metavar="SECONDS", type=float, help="give up reaching the position after this")
    shot.set_defaults(action=_shot, record=None)

    info = commands.add_parser("info", help="what a program or recording is, without running it")
    info.add_argument("program", metavar="PROGRAM")
    info.set_defaults(action=_info)

    services = commands.add_parser(
        "services", help="every INT 31h function and VMM service: offered or not, version, registers"
    )
    services.add_argument("--format", choices=("text", "json"), default="text")
    _profile(services)
    services.set_defaults(action=_services)

    window = commands.add_parser("window", prog="dpmiscope", help="the window; the same without the word")
    _program(window, needed=False)
    _record(window)
    window.set_defaults(action=_open_window)
    return parser


def _program(parser: argparse.ArgumentParser, *, needed: bool = True) -> None:
    parser.add_argument("program", metavar="PROGRAM", nargs=None if needed else "?", help=".COM, .EXE or a recording")
    parser.add_argument("arguments", metavar="ARG", nargs=argparse.REMAINDER, help=_ARGUMENTS)
    parser.add_argument(
        THEN, metavar="PROGRAM ARG…", help="a program to load when those before it have ended or stay resident"
    )
    parser.add_argument("--mount", metavar="DIR", help="the folder the guest sees as drive C: (default: PROGRAM's)")
    parser.add_argument("--write-through", action="store_true", help="let the guest's writes reach that folder")
    parser.add_argument("--memory", metavar="MIB", type=_memory, help="the machine's memory (default 32)")
    _profile(parser)
    parser.add_argument("--keys", metavar="TEXT", default="", help=_KEYS)
    parser.add_argument("--env", metavar="NAME=VALUE", action="append", default=[], help=_ENVIRONMENT)
    parser.add_argument("--directory", metavar="DIR", default="", help=r"current directory on drive C: (default: C:\)")
    parser.add_argument("--paging", metavar="HOW", type=_paging, help="take unlocked pages: off, strict or random:SEED")
    parser.add_argument("--no-limit-checks", action="store_true", help="let accesses past a segment's limit pass")
    parser.add_argument(
        "--vxd",
        metavar="FILE",
        action="append",
        default=[],
        help="a device driver to load (LE format, or .py in Python); repeatable",
    )
    parser.add_argument(
        "--far-return",
        choices=("ddk95", "classic"),
        help="callbacks of drivers: the manager does the far return (ddk95, default), or their procedure",
    )


def _profile(parser: argparse.ArgumentParser) -> None:
    from app.emu.host.profiles import PROFILES

    help_text = "which DPMI host is played (default spec)"
    parser.add_argument("--profile", choices=tuple(PROFILES), help=help_text)


def _record(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--record", metavar="FILE", help="record the run: FILE.dpmirec replays it anywhere")


def _check_recording(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """A recording says itself how its program was started; and without a program there is nothing to record."""
    from app.debug.journal import is_recording

    if options.action is _services:
        return
    if options.program is None:
        if options.record is not None:
            parser.error("--record: name the PROGRAM to be recorded")
        return
    if not is_recording(options.program):
        return
    given = [name for name in RECORDED if getattr(options, name.strip("-").replace("-", "_"), None)]
    given += ["arguments for the guest"] if getattr(options, "arguments", None) else []
    if given:
        parser.error(f"{options.program} is a recording, which holds its own: leave out {', '.join(given)}")


def _headless(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing of our own but failures")
    parser.add_argument("-v", "--verbose", action="store_true", help="say at the end how much was run")
    parser.add_argument("--max-instructions", metavar="N", type=int, help="stop after so many guest instructions")
    parser.add_argument("--time-limit", metavar="SECONDS", type=float, help="stop after so many seconds")
    parser.add_argument("--status", metavar="FILE", help="write how the run ended, as JSON")


def _memory(text: str) -> int:
    from app.debug.launch import MEMORY_RULE, MEMORY_SIZES

    megabytes = int(text)
    if megabytes not in MEMORY_SIZES:
        message = f"{text}: {MEMORY_RULE}"
        raise argparse.ArgumentTypeError(message)
    return megabytes


def _paging(text: str) -> str:
    from app.emu.paging_policy import PagingOption

    try:
        PagingOption.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _version() -> str:
    try:
        return version("dpmiscope")
    except PackageNotFoundError:
        return "(not installed)"


def _launch(options: argparse.Namespace) -> Launch:
    from app.debug.launch import FAR_RETURN, MEMORY, Launch
    from app.emu.host.profiles import SPEC

    return Launch(
        options.program,
        tuple(options.arguments),
        options.mount,
        options.memory or MEMORY,
        options.write_through,
        not options.no_limit_checks,
        options.keys.replace("\\n", "\n"),
        tuple(options.env),
        options.directory,
        tuple(map(tuple, options.then)),
        options.record,
        options.paging or "off",
        tuple(options.vxd),
        far_return=options.far_return or FAR_RETURN,
        profile=options.profile or SPEC.name,
    )


def _run(options: argparse.Namespace) -> int:
    from app import headless

    limits = headless.Limits(options.max_instructions, options.time_limit)
    report = headless.Report(options.status, options.quiet, options.verbose)
    launch = _launch(options)
    if options.output is None or options.output == "-":
        return headless.run(launch, limits, report, options.output and sys.stdout.buffer)
    try:
        with Path(options.output).open("wb") as trace:
            return headless.run(launch, limits, report, trace)
    except OSError as error:
        print(f"dpmiscope: {options.output}: {error.strerror}; choose another --output", file=sys.stderr)
        return headless.FAILED


def _info(options: argparse.Namespace) -> int:
    from app.debug.journal import is_recording
    from app.debug.narrate import counted
    from app.debug.recording import about, read
    from app.emu.dos import coff
    from app.emu.dos.loader import identify
    from app.emu.machine_errors import LoadError

    path = Path(options.program)
    try:
        if is_recording(options.program):
            _print_rows(about(read(options.program), path))
            return 0
        data = path.read_bytes()
        info = identify(data, path.name)
        image = coff.decode(data[info.appended_at :], path.name) if info.appended.endswith("COFF") else None
    except (LoadError, OSError) as error:
        text = f"{options.program}: {error.strerror}" if isinstance(error, OSError) else str(error)
        print(f"dpmiscope: {text}", file=sys.stderr)
        return 125
    _print_rows({
        "file": f"{info.name}, {counted(info.file_size, 'byte', 'bytes')}",
        "format": f"{info.appended} behind an {info.format} stub" if info.appended else info.format,
        "image": counted(info.image_size, "byte", "bytes"),
        "entry": str(info.entry),
        "stack": str(info.stack) if info.stack else "end of the segment",
        "relocations": str(info.relocations),
        "memory": f"at least {info.min_paragraphs}, at most "
        f"{counted(info.max_paragraphs, 'paragraph', 'paragraphs')} beyond the image",
        **(_coff_rows(image) if image else {"symbols": "none"}),
    })  # fmt: skip
    return 0


def _coff_rows(image: Image) -> dict[str, str]:
    """What the stub loads: its entry, sections and symbols."""
    return {
        "COFF entry": f"{image.entry:08X}" + (f" ({image.entry_name})" if image.entry_name else ""),
        "sections": ", ".join(f"{each.name} {each.size} bytes at {each.address:08X}" for each in image.sections),
        "symbols": str(len(image.symbols)) if image.symbols else "none",
    }


def _print_rows(rows: dict[str, str]) -> None:
    for name, value in rows.items():
        print(f"{name:12} {value}")


def _services(options: argparse.Namespace) -> int:
    from app.emu.host.profiles import PROFILES, SPEC
    from app.emu.int31 import dispatch  # noqa: F401 - fills the table
    from app.emu.int31.table import INT31
    from app.emu.vmm import manager  # noqa: F401 - the same
    from app.emu.vmm.table import DYNALINK, VMM

    profile = PROFILES[options.profile or SPEC.name]
    rows: list[dict[str, Any]] = [
        {
            "interrupt": row.interrupt,
            "function": row.number,
            "name": row.name,
            "since": row.since,
            "offered": row.offered and (row.interrupt == DYNALINK or profile.offers(row.number)),
            "summary": row.summary,
            "takes": {name: str(view) for name, view in row.takes.items()} | dict.fromkeys(row.pushed, "stack"),
            "gives": {name: str(view) for name, view in row.gives.items()},
        }
        for row in (*INT31, *VMM)
    ]
    if options.format == "json":
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        offered = "yes" if row["offered"] else "no "
        takes = " ".join(f"{view}={name}" for name, view in row["takes"].items())
        gives = " ".join(f"{view}={name}" for name, view in row["gives"].items())
        registers = f"{takes} -> {gives}".strip() if gives else takes
        vmm = "VMM " if row["interrupt"] == DYNALINK else ""
        print(
            f"{vmm}{row['function']:04X}h  {row['since']:3}  {offered}  {row['name']}: {row['summary']}  [{registers}]"
        )
    if profile is not SPEC:
        print(f"\n{profile.name}: {profile.title}. What it does otherwise than {SPEC.name}, and the source:")
        for difference in profile.differences:
            print(f"* {difference.words}  [{difference.source}]")
    return 0


def _without_qt(missing: ImportError) -> int:
    """Qt, or a system library it wants, is not there; the exit code."""
    help_ = "`python3 bootstrap.py run` installs what is missing; `dpmiscope run` and `trace` work without it"
    print(f"dpmiscope: Qt cannot be loaded: {missing}. {help_}", file=sys.stderr)
    return 125


def _shot(options: argparse.Namespace) -> int:
    try:
        from app.ui.shot import take_shot
    except ImportError as missing:
        return _without_qt(missing)

    return take_shot(
        _launch(options),
        output=options.output,
        pane=options.pane,
        position=options.at,
        size=options.size,
        theme=options.theme,
        seconds=options.time_limit,
    )


def _open_window(options: argparse.Namespace) -> int:
    try:
        from app.ui.application import run_window
    except ImportError as missing:
        return _without_qt(missing)
    return run_window(_launch(options) if options.program is not None else None)

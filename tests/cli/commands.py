"""The dpmiscope command, as a process and inside this one."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from app import cli
from tests.emu.runs import ROOT


def process(*words: str | Path, stdin: bytes = b"", cwd: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "app", *map(str, words)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, check=False, timeout=100, env=environment)


class Stream(io.BytesIO):
    """A binary stream that stays readable when it is closed."""

    def close(self) -> None:
        pass


class Text(io.TextIOWrapper):
    def __init__(self, content: bytes = b"") -> None:
        self.bytes = Stream(content)
        super().__init__(self.bytes, encoding="utf-8", write_through=True)


@dataclass
class Done:
    """What a command did: exit code, streams, and its --status file where there is one."""

    code: int
    output: bytes
    errors: str
    status: dict[str, Any] = field(default_factory=dict)


def here(*words: str | Path, stdin: bytes = b"", status: Path | None = None) -> Done:
    """Run the command in this process: much faster, and an exception is an exception."""
    output, errors, given = Text(), Text(), Text(stdin)
    arguments = [str(word) for word in words]
    if status is not None:
        arguments[1:1] = ["--status", str(status)]
    with patch.object(sys, "stdout", output), patch.object(sys, "stderr", errors), patch.object(sys, "stdin", given):
        try:
            cli.main(arguments)
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int), f"the exit code is {code!r}"
    told = json.loads(status.read_text(encoding="utf-8")) if status is not None else {}
    return Done(code, output.bytes.getvalue(), errors.bytes.getvalue().decode("utf-8", "replace"), told)

"""From the text of a driver's file to its class, and what may go wrong on the way.

The text is executed anew for each procedure: what a module or class keeps would be no part of the machine's state.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType, FrameType, ModuleType
from typing import Any, Final, TypeVar

from app.emu.vmm.failure import DriverFailed
from app.emu.vmm.python.driver import Driver

PATIENCE: Final = 3_000_000
"""Instructions of Python's a procedure may execute, about a second: then it is taken for endless."""
_T = TypeVar("_T")
_MODULE: Final = "dpmiscope_driver"


class DriverBroken(Exception):
    """A driver's Python code has failed. The text names file and line; rule: as in `DriverFailed`."""

    def __init__(self, what: str, rule: str = DriverFailed.RULE) -> None:
        super().__init__(what)
        self.rule = rule


class _Endless(BaseException):
    """Not caught by `except Exception`."""

    def __str__(self) -> str:
        return f"{PATIENCE} instructions of Python were executed without an end"


@lru_cache(maxsize=64)
def compiled(source: bytes, file: str) -> CodeType:
    """The code of a driver's file. Raises `DriverBroken`."""
    try:
        return compile(source, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise DriverBroken(f"{file}, line {error.lineno}: {error.msg}") from None
    except ValueError as error:
        raise DriverBroken(f"{file}: {error}") from None


def driver_class(source: bytes, file: str) -> type[Driver]:
    """Execute a file; the class in it that is derived from `Driver`. Call it within `guarded`."""
    code = compiled(source, file)
    module = ModuleType(_MODULE)
    module.__file__ = file
    sys.modules[_MODULE] = module  # as dataclasses want it
    try:
        exec(code, vars(module))  # noqa: S102 - a driver is a program of the user's
    finally:
        del sys.modules[_MODULE]
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Driver) and each.__module__ == _MODULE
    ]
    leaves = [each for each in found if not any(each is not other and issubclass(other, each) for other in found)]
    if len(leaves) != 1:
        raise DriverBroken(f"{file}: it has {len(leaves)} classes derived from Driver; a driver is one")
    return leaves[0]


def guarded(file: str, procedure: str, work: Callable[[], _T]) -> _T:
    """Run code of a driver's file. Raises `DriverBroken` for whatever it fails with."""
    try:
        with _counting(file):
            return work()
    except (DriverBroken, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a driver does must not end the debugger
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        where = f"{file}, line {lines[-1]}" if lines else file
        is_ours = type(error).__module__.startswith("app.")
        text = str(error) if is_ours else traceback.format_exception_only(error)[-1].strip()
        rule = error.rule if isinstance(error, DriverFailed) else DriverFailed.RULE
        raise DriverBroken(f"{where}, in {procedure}: {text}", rule) from None


@contextmanager
def _counting(file: str) -> Iterator[None]:
    """Raise `_Endless` in code of a file that executes too many instructions."""
    left = PATIENCE

    def step(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if event == "opcode":
            left -= 1
            if left < 0:
                raise _Endless
        return step

    def called(frame: FrameType, _event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename != file:
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return step

    before = sys.gettrace()
    sys.settrace(called)
    try:
        yield
    finally:
        sys.settrace(before)

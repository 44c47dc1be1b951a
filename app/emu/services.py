"""Service tables: every function a guest may ask for is a row, and a row is a Python function.

The registers a caller fills are the function's annotated parameters, what it gets back is the annotated result (a
`NamedTuple` with annotated fields when there are several). One row feeds the call itself, the trace, the panes,
`dpmiscope services` and the tests.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_type_hints

from app.emu.address import Far
from app.emu.registers import Flag, Pointer, Registers, View

_Handler = TypeVar("_Handler", bound=Callable[..., Any])


class ServiceFailed(Exception):
    """The service returns with CF set and `code` in AX. Subclasses: one per code, the docstring is the message."""

    code: int

    def __str__(self) -> str:
        return f"{self.code:04X}h {self.__doc__}"


@dataclass(frozen=True, slots=True)
class Pushed:
    """A dword the caller has pushed: a parameter of the C convention, the first one on top of the stack."""


DWORD = Annotated[int, Pushed()]


@dataclass(frozen=True, slots=True)
class Service:
    """One row: what the call, the trace, the panes and the help show.

    `number` is the function (AX for INT 31h, AH or AX elsewhere); `since` the version that introduced it; `handler`
    is None for a function of the specification that is not offered. `pushed` are the names of what it takes on the
    stack.
    """

    interrupt: int
    number: int
    name: str
    since: str
    summary: str
    takes: dict[str, View]
    gives: dict[str, View]
    handler: Callable[..., Any] | None
    pushed: tuple[str, ...] = ()

    @property
    def offered(self) -> bool:
        """Does the host perform this function?"""
        return self.handler is not None


def _views(hints: dict[str, Any]) -> dict[str, View]:
    marks = {name: getattr(hint, "__metadata__", (None,))[0] for name, hint in hints.items()}
    return {name: mark for name, mark in marks.items() if isinstance(mark, View)}


class ServiceTable:
    """The functions behind one interrupt, by number."""

    def __init__(self, interrupt: int) -> None:
        self.interrupt = interrupt
        self._rows: dict[int, Service] = {}

    def service(self, number: int, *, since: str = "0.9") -> Callable[[_Handler], _Handler]:
        """Make the decorated function the handler of a function number; its first parameter is the context."""

        def enter(handler: _Handler) -> _Handler:
            hints = get_type_hints(handler, include_extras=True)
            result = hints.pop("return", None)
            gives = _views({"result": result})
            if isinstance(result, type) and issubclass(result, tuple):
                gives = _views(get_type_hints(result, include_extras=True))
            summary = inspect.getdoc(handler) or ""
            self._add(
                Service(
                    self.interrupt,
                    number,
                    handler.__name__,
                    since,
                    summary.partition("\n")[0],
                    _views(hints),
                    gives,
                    handler,
                    tuple(name for name, hint in hints.items() if hint == DWORD),
                )
            )
            return handler

        return enter

    def _add(self, row: Service) -> None:
        if row.number in self._rows:
            message = f"INT {self.interrupt:02X}h function {row.number:04X}h is entered twice"
            raise ValueError(message)
        self._rows[row.number] = row

    def __iter__(self) -> Iterator[Service]:
        return iter(sorted(self._rows.values(), key=lambda row: row.number))

    def __getitem__(self, number: int) -> Service:
        """The row of a function number that is in the table."""
        return self._rows[number]

    def find(self, number: int) -> Service | None:
        """The row of a function number, or None when the specification has no such function."""
        return self._rows.get(number)


def arguments(row: Service, regs: Registers, *, wide: bool) -> dict[str, Any]:
    """What the caller filled in, by parameter name; `wide` for a 32-bit client's (E) registers."""
    return {name: view.read(regs, wide=wide) for name, view in row.takes.items()}


def hand_back(row: Service, regs: Registers, result: object, *, wide: bool) -> None:
    """Write a service's result into the registers of its row and clear CF."""
    for name, view in row.gives.items():
        value: Any = result if name == "result" else getattr(result, name)
        view.write(regs, value, wide=wide)
    regs.set_flag(Flag.CF, on=False)


def shown(views: dict[str, View], regs: Registers, *, wide: bool) -> dict[str, int | str]:
    """Registers of a list as the events show them: numbers, and far addresses for pointers."""
    values: dict[str, int | str] = {}
    for view in views.values():
        if isinstance(view, Pointer):
            values[str(view)] = str(Far(*view.read(regs, wide=wide), wide=wide or view.full))
        else:
            values[str(view)] = view.read(regs, wide=wide)
    return values

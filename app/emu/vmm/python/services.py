"""VMM services as methods: the same rows, registers and events as INT 20h has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from app.emu.registers import Flag
from app.emu.vmm import dynalink
from app.emu.vmm.python.driver import ServiceRefused, Step
from app.emu.vmm.table import VMM

if TYPE_CHECKING:
    from app.emu.services import Service
    from app.emu.vmm.core import Vmm

_REGISTER: Final = 1 << 32


class Services:
    """`vmm.Get_Cur_VM_Handle()` and all others. address: of a method; step: what the running method is to return."""

    def __init__(self, vmm: Vmm, address: Callable[[Any], int]) -> None:
        self._vmm, self._address = vmm, address
        self.step: Step | None = None

    @property
    def zf(self) -> bool:
        """The zero flag as the last service has left it."""
        return bool(self._vmm.machine.regs.eflags & Flag.ZF)

    def address(self, method: Callable[..., object]) -> int:
        """Linear address of a procedure of the driver, for whoever wants to call it."""
        return self._address(method)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        row = next((row for row in VMM if row.name == name), None)
        if row is None or row.handler is None:
            there = "it is not offered" if row is not None else "there is none"
            raise AttributeError(f"VMM service {name}: {there}; `dpmiscope services` lists them")
        return lambda *given, then=None, **named: self._use(row, given, named, then)

    def _use(self, row: Service, given: tuple[Any, ...], named: dict[str, Any], then: Any) -> Any:
        values = self._values(row, given, named)
        if then is not None and row.pushed:
            raise TypeError(f"{row.name} takes parameters on the stack: call it without `then`")
        if then is not None:
            caller = inspect.stack(0)[2]
            self.step = Step(row, values, self._address(then), caller.lineno)
            return self.step
        regs = self._vmm.machine.regs
        before = regs.copy()
        if not call(self._vmm, row, values):
            regs.assign(before)
            self._vmm.fail(f"other code runs during {row.name}: write `return self.vmm.{row.name}(…, then=self.NAME)`")
        if regs.eflags & Flag.CF:
            raise ServiceRefused(f"{row.name} answered CF=1")
        found = tuple(view.read(regs, wide=True) for view in row.gives.values())
        return found[0] if len(found) == 1 else found or None

    def _values(self, row: Service, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[int, ...]:
        names = [*(str(view).lower() for view in row.takes.values()), *row.pushed]
        values = dict(zip(names, given, strict=False))
        if len(given) > len(names) or values.keys() & named.keys() or values.keys() | named.keys() != set(names):
            raise TypeError(f"{row.name} takes {', '.join(names) or 'nothing'}")
        return tuple(self._value(row, name, (values | named)[name]) for name in names)

    def _value(self, row: Service, name: str, value: Any) -> int:
        if callable(value):
            return self._address(value)
        if not isinstance(value, int) or not -_REGISTER // 2 <= value < _REGISTER:
            raise TypeError(f"{row.name}: {name} is a number of 32 bits or a method, not {value!r}")
        return value


def call(vmm: Vmm, row: Service, values: tuple[int, ...]) -> bool:
    """Call a service with values for its registers, then what it takes on the stack. False: it waits for other code."""
    regs, memory = vmm.machine.regs, vmm.machine.memory
    for view, value in zip(row.takes.values(), values[: len(row.takes)], strict=True):
        taken: Any = value
        view.write(regs, taken, wide=True)
    esp = regs.esp
    for value in reversed(values[len(row.takes) :]):
        regs.esp = regs.esp - 4 & 0xFFFFFFFF
        memory.write_u32(regs.esp, value & 0xFFFFFFFF)
    if not dynalink.perform(vmm, row.number):
        return False
    regs.esp = esp
    return True

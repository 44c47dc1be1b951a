"""Ring 0 has come to a procedure in Python: run the method and do what its result says."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from app.emu.registers import Flag, Registers
from app.emu.vmm.dynalink import return_near
from app.emu.vmm.failure import DriverFailed
from app.emu.vmm.messages import Message
from app.emu.vmm.python.client import Client
from app.emu.vmm.python.device import CONTROL, ENTRY, Script, check_attributes
from app.emu.vmm.python.driver import Driver
from app.emu.vmm.python.services import Services, call
from app.emu.vmm.python.source import DriverBroken, driver_class, guarded

if TYPE_CHECKING:
    from app.emu.vmm.core import Vmm
    from app.emu.vmm.device import Device


def run(vmm: Vmm, device: Device, script: Script, procedure: str) -> None:
    """Run the procedure ring 0 stands at. Raises `DriverFailed`."""
    regs, file = vmm.machine.regs, device.file
    entered = regs.copy()
    services = Services(vmm, lambda method: _address(script, method))

    def work() -> object:
        driver = _driver(vmm, driver_class(vmm.machine.scripts[script.number], file), script, services)
        result = _result(driver, procedure, entered)
        check_attributes(vars(driver), file)
        script.attributes = vars(driver)
        return result

    try:
        result = guarded(file, procedure, work)
    except DriverBroken as broken:
        raise DriverFailed(str(broken), broken.rule) from None
    step = services.step
    if step is not None and result is not step:
        raise DriverFailed(f"{file}, line {step.line}: write `return self.vmm.{step.row.name}(…)`, or it is not called")
    regs.assign(entered)
    if step is None:
        _return(vmm, result, f"{file}, in {procedure}")
        return
    regs.eip = step.then
    try:
        call(vmm, step.row, step.given)
    except DriverFailed as failed:
        raise DriverFailed(f"{file}, line {step.line}, in {procedure}: {failed}", failed.rule) from None


def _address(script: Script, method: Any) -> int:
    name = getattr(method, "__name__", "")
    if not isinstance(getattr(method, "__self__", None), Driver) or name not in script.procedures:
        raise TypeError(f"{name or method!r} is no procedure of this driver: give one of its methods, as `self.NAME`")
    return script.address(name)


def _driver(vmm: Vmm, kind: type[Driver], script: Script, services: Services) -> Driver:
    """The driver as it was left."""
    driver = object.__new__(kind)
    driver.client = Client(vmm.level.client_registers(vmm.machine.memory))
    driver.vmm, driver.memory, driver.data = services, vmm.machine.memory, script.data
    vars(driver).update(script.attributes)
    return driver


def _result(driver: Driver, procedure: str, entered: Registers) -> object:
    """Call the method; a message without one is answered by nothing."""
    if procedure == CONTROL:
        message = next((each.name for each in Message if each == entered.eax), "")
        method = getattr(driver, message, None) if message else None
    else:
        method = getattr(driver, procedure)
    if method is None:
        return None
    values = {"cf": bool(entered.eflags & Flag.CF), "zf": bool(entered.eflags & Flag.ZF)}
    values |= {name: getattr(entered, name) for name in ENTRY if name not in values}
    return method(*(values[name] for name in inspect.signature(method).parameters))


def _return(vmm: Vmm, result: object, where: str) -> None:
    """The near RET of a procedure: CF or EAX is the method's result."""
    regs = vmm.machine.regs
    if isinstance(result, bool) or result is None:
        regs.set_flag(Flag.CF, on=bool(result))
    elif isinstance(result, int) and -(1 << 31) <= result < 1 << 32:
        regs.eax = result & 0xFFFFFFFF
        regs.set_flag(Flag.CF, on=False)
    else:
        raise DriverFailed(f"{where}: it returned {result!r}; a procedure returns nothing, True, False or a number")
    return_near(vmm)

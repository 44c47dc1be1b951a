"""What drivers written in Python are derived from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from app.emu.memory.memory import Memory
    from app.emu.services import Service
    from app.emu.vmm.python.client import Client
    from app.emu.vmm.python.services import Services


class ServiceRefused(Exception):
    """A service has answered CF=1."""


@dataclass(frozen=True, slots=True)
class Step:
    """A service a method ends with. then: the procedure that goes on; line: where in the driver's file it is called."""

    row: Service
    given: tuple[int, ...]
    then: int
    line: int


class Driver:
    """A device driver: one class in a file, given as `--vxd FILE.py`.

    Procedures are its methods; those whose names begin with `_` are its own business. Parameters are named like the
    registers of ring 0 the procedure is entered with: eax, ebx, ecx, edx, esi, edi, and cf, zf as bool. A method
    returns nothing (CF=0), True or False (CF), or a number (EAX, with CF=0: 0 where W32_DeviceIoControl succeeds).

        Device_Init, Begin_PM_App …     control messages, by the name they have in the reference; others get CF=0
        v86_api, pm_api                 the API programs reach by INT 2Fh AX=1684h; without them there is none
        all others                      callbacks, hooks, handlers of breakpoints: given to services as `self.NAME`

    Services are methods of `vmm` with the names of the reference. What they take is given in the order in which
    `dpmiscope services` lists the registers, or by register: `self.vmm.Simulate_Far_Call(cx=0x1000, edx=4)`; those of
    the C convention take their parameters in order. What they give is returned: a number, or several in that order.
    CF=1 raises `ServiceRefused`; `vmm.zf` is the zero flag.

    A service during which other code runs (Exec_Int, Resume_Exec, Simulate_Int, System_Control) is the last thing a
    method does: `return self.vmm.Exec_Int(0x21, then=self.finish)`. The method named goes on in its place.

    Attributes of the driver are part of the machine's state and may hold None, bool, int, float, str, bytes,
    bytearray, tuple, list, dict and set; nothing else lasts from one procedure to the next. What a driver takes from
    anywhere but the machine (time, files, chance) makes runs differ.
    """

    __slots__ = ("__dict__", "client", "data", "memory", "vmm")

    name: ClassVar[str]
    """DDB_Name: up to 8 characters."""
    device_id: ClassVar[int] = 0
    """Programs ask for it by this number; 0 for none."""
    init_order: ClassVar[int] = 0x80000000
    """Drivers with lower ones are initialised before it."""
    version: ClassVar[tuple[int, int]] = (1, 0)

    client: Client
    """The client registers: `self.client.ax`, `self.client.cf`, … read and written in guest memory."""
    vmm: Services
    memory: Memory
    """All linear memory: `read(linear, size)`, `read_u16(linear)`, `write(linear, bytes)`, …"""
    data: int
    """Linear address of 2 KiB that belong to the driver, zeros at first."""

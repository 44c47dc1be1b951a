"""Control messages: what a driver's control procedure is called with in EAX (VMM 4.3)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from app.emu.vmm.control_block import PROGRAMS, SYSTEM


class Message(IntEnum):
    """The messages the manager sends by itself."""

    Sys_Critical_Init = 0x00
    Device_Init = 0x01
    Init_Complete = 0x02
    Sys_VM_Init = 0x03
    Sys_VM_Terminate = 0x04
    System_Exit = 0x05
    Sys_Critical_Exit = 0x06
    Create_VM = 0x07
    VM_Critical_Init = 0x08
    VM_Init = 0x09
    VM_Terminate = 0x0A
    VM_Not_Executeable = 0x0B
    Destroy_VM = 0x0C
    Begin_PM_App = 0x15
    End_PM_App = 0x16
    Sys_Dynamic_Device_Init = 0x1B
    Sys_Dynamic_Device_Exit = 0x1C
    W32_DeviceIoControl = 0x23


class Sending(NamedTuple):
    """A message and the VM it is about."""

    message: Message
    vm: int


BEGINNING: Final = (
    Sending(Message.Sys_Critical_Init, SYSTEM),
    Sending(Message.Device_Init, SYSTEM),
    Sending(Message.Init_Complete, SYSTEM),
    Sending(Message.Sys_VM_Init, SYSTEM),
    Sending(Message.Create_VM, PROGRAMS),
    Sending(Message.VM_Critical_Init, PROGRAMS),
    Sending(Message.VM_Init, PROGRAMS),
)
"""In front of the first program's first instruction."""
END: Final = (
    Sending(Message.VM_Terminate, PROGRAMS),
    Sending(Message.VM_Not_Executeable, PROGRAMS),
    Sending(Message.Destroy_VM, PROGRAMS),
    Sending(Message.Sys_VM_Terminate, SYSTEM),
    Sending(Message.System_Exit, SYSTEM),
    Sending(Message.Sys_Critical_Exit, SYSTEM),
)
"""When the last program has ended."""
DROPS_DRIVER: Final = (Message.Sys_Critical_Init, Message.Device_Init, Message.Init_Complete)
"""A driver that answers these with CF=1 is no longer there."""
REFUSABLE: Final = (Message.Sys_VM_Init, Message.Create_VM, Message.VM_Critical_Init, Message.VM_Init)
"""CF=1 to these: the VM is not created."""
NO_SIMULATION: Final = frozenset({0x00, 0x05, 0x06, 0x07, 0x08, 0x0B, 0x0C})
"""Simulate_Int and Exec_Int are not allowed in these messages."""

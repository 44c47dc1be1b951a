"""What there is: DOS and BIOS, entries of SYSTEM.INI (there is no such file), bytes in the ROM.

Source: Windows 3.1 DDK (D31 of the reference), which the reference does not repeat but for the last: unverified.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from app.emu.memory import layout
from app.emu.registers import AL, EAX, EBX, ECX, EDI, EDX, ESI
from app.emu.vmm.core import Vmm
from app.emu.vmm.table import VMM, Refused

_DOS_VERSION: Final = 0x0500
"""AH major, AL minor; DOS's serial number is 0."""
_IS_486: Final = 0x10000
"""GMIF_80486."""
_MODEL: Final = 0xFFFFE
_EQUIPMENT: Final = 0x410


class MachineInfo(NamedTuple):
    """DOS version; kind of machine, DOS's serial number, model byte; configuration table; equipment."""

    dos: EAX
    machine: EBX
    configuration: ECX
    equipment: EDX


@VMM.service(0xBB)
def get_machine_info(vmm: Vmm) -> MachineInfo:
    """Return version of DOS, kind of machine and equipment (INT 11h). ECX=0: no table of INT 15h AH=C0h is copied."""
    memory = vmm.machine.memory
    return MachineInfo(_DOS_VERSION, _IS_486 | memory.read_u8(_MODEL), 0, memory.read_u16(_EQUIPMENT))


@VMM.service(0xE8)
def locate_byte_in_rom(vmm: Vmm, byte: AL) -> EAX:
    """Return the linear address of a byte in the ROM. CF=1: there is none. During initialisation only (VMM 3.2)."""
    vmm.initialising("Locate_Byte_In_ROM")
    found = vmm.machine.memory.read(layout.ROM, layout.ROM_SIZE).find(byte)
    if found < 0:
        raise Refused
    return layout.ROM + found


@VMM.service(0xAB)
def get_profile_decimal_int(vmm: Vmm, default: EAX, section: ESI, entry: EDI) -> EAX:
    """Return the default. CF=1: there is no such entry in SYSTEM.INI."""
    del vmm, section, entry
    raise Refused(eax=default)


@VMM.service(0xAF)
def get_profile_hex_int(vmm: Vmm, default: EAX, section: ESI, entry: EDI) -> EAX:
    """Return the default. CF=1: there is no such entry in SYSTEM.INI."""
    del vmm, section, entry
    raise Refused(eax=default)


@VMM.service(0xB1)
def get_profile_boolean(vmm: Vmm, default: EAX, section: ESI, entry: EDI) -> EAX:
    """Return the default. CF=1: there is no such entry in SYSTEM.INI."""
    del vmm, section, entry
    raise Refused(eax=default)


@VMM.service(0xB3)
def get_profile_string(vmm: Vmm, default: EDX, section: ESI, entry: EDI) -> EDX:
    """Return the default. CF=1: there is no such entry in SYSTEM.INI."""
    del vmm, section, entry
    raise Refused(edx=default)

"""The VMM services drivers call, by what they are about; importing fills the table."""

from app.emu.vmm.services import (  # noqa: F401
    addresses,
    areas,
    callbacks,
    critical,
    debugging,
    events,
    faults,
    heap,
    information,
    interrupts,
    lists,
    machines,
    nested,
    pages,
    ports,
    selectors,
    simulated,
    strings,
    system,
    times,
)
from app.emu.vmm.table import VMM

VMM.enter_the_rest({
    0x0F7: "what is known of it is not verified; Win32 programs load drivers by CreateFile",
    0x0F8: "what is known of it is not verified; a driver goes with the last handle of it",
    0x154: "what is known of it is not verified; Begin_Nest_Exec, Exec_Int and End_Nest_Exec do it",
    0x186: "what is known of it is not verified",
    0x187: "what is known of it is not verified",
})  # fmt: skip

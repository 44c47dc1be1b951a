"""The VMM services drivers call, by what they are about; importing fills the table."""

from app.emu.vmm.services import (  # noqa: F401
    callbacks,
    interrupts,
    machines,
    nested,
    simulated,
    system,
)
from app.emu.vmm.table import VMM

VMM.enter_the_rest()

"""returns in Python: the driver of returns.asm again, for the same programs.

A service during which the program runs is the last thing a method does. It names the method that goes on.
"""

from app.emu.vmm.python import Driver


class Returns(Driver):
    """It doubles what INT 60h gives, after an INT 61h of its own."""

    name = "RETURNS"
    device_id = 0x7F13

    def Device_Init(self) -> None:
        """See INT 60h in V86 mode first."""
        self.vmm.Hook_V86_Int_Chain(0x60, self.hooked)

    def hooked(self) -> bool:
        """The frame of the interrupt is not there yet: call `back` when the VM is where it is now."""
        self.vmm.Call_When_VM_Returns(0, 0, self.back)  # no time-out, no reference data
        return True  # CF=1: pass it on

    def back(self) -> object:
        """The program's handler has returned: call its INT 61h."""
        self.vmm.Begin_Nest_V86_Exec()
        return self.vmm.Exec_Int(0x61, then=self.finish)

    def finish(self) -> None:
        """INT 61h has returned."""
        self.vmm.End_Nest_Exec()
        self.client.ax = self.client.ax * 2 & 0xFFFF

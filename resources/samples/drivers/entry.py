"""entry in Python: the driver of entry.asm again, for the same programs.

The manager has done the far return when the API runs: it only looks at the client registers and changes them. AH=0:
the version in AX. AH=1: the length of the text at DS:(E)SI, which ends with a zero byte, in CX. Otherwise CF=1.
"""

from app.emu.vmm.python import Driver

CLIENT_DS, CLIENT_ESI = 0x3C, 0x04
BAD = 0xFFFFFFFF


class Entry(Driver):
    """Device 7F10h."""

    name = "ENTRY"
    device_id = 0x7F10
    calls = 0
    """How often it was called: part of the machine's state, so it counts back when time goes back."""

    def v86_api(self) -> None:
        """A program's far call of the address INT 2Fh AX=1684h gave it."""
        self.calls += 1
        self.client.cf = False
        if self.client.ah == 0:
            self.client.ax = 0x0100
        elif self.client.ah == 1:
            self._length()
        else:
            self.client.cf = True

    def pm_api(self) -> None:
        """The same in protected mode."""
        self.v86_api()

    def _length(self) -> None:
        text = self.vmm.Map_Flat(ah=CLIENT_DS, al=CLIENT_ESI)
        if text == BAD:
            self.client.cf = True
            return
        length = 0
        while self.memory.read_u8(text + length):
            length += 1
        self.client.cx = length

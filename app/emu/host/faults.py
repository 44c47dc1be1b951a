"""Processor exceptions the host itself runs into on behalf of a client."""

from __future__ import annotations


class GuestFault(Exception):
    """A client's pointer or stack does not bear what a service has to do with it: raised as the CPU would.

    vector, error_code and cr2 (faulting linear address) as the processor reports them.
    """

    def __init__(self, vector: int, error_code: int = 0, cr2: int = 0) -> None:
        super().__init__(f"exception {vector:02X}h, error code {error_code:04X}h")
        self.vector = vector
        self.error_code = error_code
        self.cr2 = cr2

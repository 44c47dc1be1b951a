"""What a debugger may ask the machine to look out for. No part of its state: a probe changes nothing in the run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Probe:
    """Something an instruction, or the host on its behalf, may use. Base of the probes below."""


@dataclass(frozen=True, slots=True)
class MemoryProbe(Probe):
    """Accesses to some bytes by linear address; to the page behind it, whatever address it is reached by."""

    linear: int
    size: int
    reads: bool
    writes: bool
    is_descriptor: bool = False
    """The bytes are a descriptor's: setting its accessed bit is no write."""


@dataclass(frozen=True, slots=True)
class RegisterProbe(Probe):
    """Instructions that read or write a register, given by its 32-bit or segment register name, or `eflags`."""

    name: str
    reads: bool
    writes: bool


@dataclass(frozen=True, slots=True)
class LoadProbe(Probe):
    """A selector being loaded into a segment register. linear: where its descriptor lies."""

    selector: int
    linear: int


@dataclass(frozen=True, slots=True)
class AddressProbe(Probe):
    """The instruction at a linear address."""

    linear: int

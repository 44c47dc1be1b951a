"""Where Unicorn keeps what it has no call for: found by experiment when a machine starts.

The question: error codes, the hidden parts of segment registers and the exact instruction count are not offered by
Unicorn's interface. The choice: write known values, look for them in the saved context (`bytes(context)` is public)
and in the engine's structure, and refuse to start when one is not found. Roads not taken: offsets written down per
version (break silently), reading registers one by one (5 times slower), counting with a code hook (50 times slower).
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import unicorn
from unicorn import x86_const as x86

_ENGINE_BYTES: Final = 4096
"""How much of the engine's structure is searched for the instruction counter."""
SHADOW: Final = 8
"""The engine's mark that interrupts have to wait for one more instruction."""
_CONTROL_AFTER_FNINIT: Final = 0x037F
_NAMES: Final = ("EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI")


class EngineMismatch(RuntimeError):
    """This Unicorn does not look like the ones dpmiscope knows how to drive."""

    def __init__(self, what: str) -> None:
        version = ".".join(str(part) for part in unicorn.uc_version()[:3])
        super().__init__(
            f"cannot find {what} inside unicorn {version}; install unicorn 2.1.4 (python3 bootstrap.py doctor)"
        )


@dataclass(frozen=True, slots=True)
class Offsets:
    """Byte offsets in a saved context, except counter and count: those are in the engine's structure."""

    general: int
    eip: int
    segments: int
    segment_size: int
    error_code: int
    is_int: int
    fpu: int
    fpu_end: int
    fpu_status: int
    """The status word, without the top of the stack."""
    fpu_registers: int
    """The eight registers of the FPU, ten bytes of sixteen each."""
    counter: int
    count: int
    flags_kind: int
    """Where the engine says how its flags are kept; 1: as they are."""
    shadow: int
    """Where the engine's own flags are; `SHADOW`: behind STI, MOV SS or POP SS."""


def _find(blob: bytes, pattern: bytes, what: str, *, step: int = 4) -> int:
    places = [at for at in range(0, len(blob) - len(pattern) + 1, step) if blob.startswith(pattern, at)]
    if not places:
        raise EngineMismatch(what)
    return places[0]


Probe = Callable[[bytes, int], bytes]
"""Execute bytes at ring 0 with Unicorn's count; the saved context as it is when the INT or fault arrives."""


def discover(uc: unicorn.Uc, run: Probe, code: int) -> Offsets:
    """Find the offsets on an engine that stands at ring 0 with flat segments. code: linear address `run` uses."""
    for number, name in enumerate(_NAMES):
        uc.reg_write(getattr(x86, f"UC_X86_REG_{name}"), 0x5A5A0000 + number * 0x101)
    blob = bytes(uc.context_save())
    general = _find(blob, struct.pack("<8Q", *(0x5A5A0000 + n * 0x101 for n in range(8))), "the general registers")

    after_int = run(b"\x90" * 5 + b"\xcd\x21", 100)
    eip = _find(after_int[general + 64 :], struct.pack("<Q", code + 7), "EIP") + general + 64
    # ES = 0010h, base 0, limit FFFFFFFFh, CS = 0008h behind it.
    segments = _find(after_int, struct.pack("<IIQI", 0x10, 0, 0, 0xFFFFFFFF), "the segment registers")
    segment_size = _find(after_int[segments:], struct.pack("<IIQI", 0x08, 0, 0, 0xFFFFFFFF), "CS")

    faults = [run(b"\x66\xb8" + struct.pack("<H", selector) + b"\x8e\xe8", 100) for selector in (0x0978, 0x0A68)]
    codes = [
        at
        for at in range(eip + 8, len(blob) - 8, 4)
        if struct.unpack_from("<I", faults[0], at)[0] == 0x0978 and struct.unpack_from("<I", faults[1], at)[0] == 0x0A68
    ]
    if not codes:
        what = "the error code"
        raise EngineMismatch(what)
    error_code = codes[0]
    is_int = error_code + 4
    if struct.unpack_from("<I", after_int, is_int)[0] != 1:
        what = "the mark of a software interrupt"
        raise EngineMismatch(what)

    before = run(b"\xdb\xe3\xcd\x21", 100)  # fninit
    after = run(b"\xdb\xe3\xd9\xe8\xd9\xeb\xcd\x21", 100)  # fninit, fld1, fldpi
    changed = [at for at in range(segments + 6 * segment_size, error_code) if before[at] != after[at]]
    mark = bytes(range(0x31, 0x41))
    uc.reg_write(x86.UC_X86_REG_XMM7, int.from_bytes(mark, "little"))
    fpu_end = _find(bytes(uc.context_save()), mark, "XMM7") + 64
    if not changed or changed[0] >= fpu_end:
        what = "the FPU"
        raise EngineMismatch(what)

    # The top of the FPU's stack changed first; behind it status and control word.
    fpu_status = changed[0] + 4
    if struct.unpack_from("<HH", before, fpu_status) != (0, _CONTROL_AFTER_FNINIT):
        what = "the FPU's status word"
        raise EngineMismatch(what)
    # FLD1 behind FNINIT goes into the last register.
    fpu_registers = _find(after, bytes.fromhex("0000000000000080FF3F"), "the FPU's registers") - 7 * 16

    counter, count = _find_counter(uc, run)
    flags_kind = _find_flags_kind(run, eip)
    shadow = _find_shadow(run, eip)
    return Offsets(
        general, eip, segments, segment_size, error_code, is_int, changed[0] & ~7, fpu_end, fpu_status, fpu_registers,
        counter, count, flags_kind, shadow,
    )  # fmt: skip


def _find_counter(uc: unicorn.Uc, run: Probe) -> tuple[int, int]:
    """The instruction counter (reads NOPs + 1 after NOPs and an INT) and, near it, the count asked for."""
    engine = uc._uch.value  # noqa: SLF001 - the engine's handle has no public name
    counters: set[int] | None = None
    counts: set[int] | None = None
    for nops, count in ((5, 1000), (9, 1777), (37, 2222), (3, 999)):
        run(b"\x90" * nops + b"\xcd\x21", count)
        blob = ctypes.string_at(engine, _ENGINE_BYTES)
        words = struct.unpack(f"<{_ENGINE_BYTES // 8}Q", blob)
        here = {8 * at for at, word in enumerate(words) if word == nops + 1}
        there = {8 * at for at, word in enumerate(words) if word == count}
        counters = here if counters is None else counters & here
        counts = there if counts is None else counts & there
    if not counters or not counts:
        what = "the instruction counter"
        raise EngineMismatch(what)
    return min(counters), min(counts)


def _find_flags_kind(run: Probe, eip: int) -> int:
    """Behind EIP, EFLAGS, result and two sources; with the plain flags in the first source."""
    for code, flags in ((b"\x31\xc0\xcd\x21", 0x44), (b"\x31\xc0\x48\xcd\x21", 0x94)):
        if struct.unpack_from("<Q8xI", run(code, 100), eip + 24) != (flags, 1):
            what = "the flags"
            raise EngineMismatch(what)
    return eip + 40


def _find_shadow(run: Probe, eip: int) -> int:
    """Behind the direction flag: the instruction behind STI has the mark, the next one has not."""
    at = eip + 48
    for code, mark in ((b"\xfb\xcd\x21", SHADOW), (b"\xfb\x90\xcd\x21", 0)):
        if struct.unpack_from("<I", run(code, 100), at)[0] & SHADOW != mark:
            what = "the interrupt shadow"
            raise EngineMismatch(what)
    return at

"""What real hosts do differently, as data: one field for each difference, with its source.

The host asks `host.profile.field`; nobody else knows which host is played. The default of every field is what `spec`
does. Sources are sections of the reference, `17.8` a row of what was measured, and names in capitals conformance
programs. What the reference calls unverified is not played: the field then keeps its default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, Final, NamedTuple

V10: Final = frozenset({
    0x000E, 0x000F, *range(0x0210, 0x0214), 0x0401, *range(0x0504, 0x050C), 0x0801, 0x0C00, 0x0C01,
    *range(0x0D00, 0x0D04), 0x0E00, 0x0E01,
})  # fmt: skip
"""What DPMI 1.0 adds to INT 31h (reference 2.12)."""
ANY: Final = frozenset(range(0x100))
BUFFER_PARAGRAPHS: Final = 0x100
"""Of the buffer that translated calls go through."""


class Tables(Enum):
    """Whose descriptors and protected-mode vectors a client has."""

    OWN = "each client has its own descriptors and vectors"
    SHARED = "all clients have the same descriptors and vectors; what a client changes stays, but its descriptors go"
    RESTORED = "all clients have the same descriptors and vectors; when a client ends they are what they were before it"


class Locking(Enum):
    """What 0600h to 0603h do."""

    COUNTED = "locks count by page"
    BINARY = "0601h undoes all locks of a page, 0600h and 0601h refuse addresses below 400000h"
    IGNORED = "0600h to 0603h, 0702h and 0703h succeed and do nothing"


class VirtualMemory(Enum):
    """Whether pages may be taken (`--paging`), and what 0400h says of it in bit 2 of BX."""

    CHOSEN = "there when pages are taken"
    CLAIMED = "claimed by 0400h, whether pages are taken or not"
    NONE = "there is none: no page is ever taken"


class Difference(NamedTuple):
    """What a profile does differently: the field, in words, and where that is written."""

    field: str
    words: str
    source: str


def _differs(default: Any, words: str, source: str) -> Any:
    """A field that is a difference. words: what is so if it has another value, `{}` where that is to be named."""
    return field(default=default, metadata={"words": words, "source": source})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A host. title: which one was looked at."""

    name: str
    title: str

    # Services

    missing: frozenset[int] = _differs(frozenset(), "not offered: {}", "1.2, 2.12, 11.1")
    silent: frozenset[int] = _differs(
        frozenset(),
        "functions that fail leave AX alone (but for errors of DOS): AH = {}",
        "G3; DESC1, CBALLO, LOCK, WATCH",
    )
    tells_unknown: bool = _differs(True, "functions not offered leave AX alone, too", "G3, 17.9; VERS")
    yields: bool = _differs(True, "INT 2Fh AX=1680h is not answered", "2.12; VERS (spec-only)")
    names_vendors: bool = _differs(True, "INT 2Fh AX=168Ah is not answered", "2.12, 11.1")
    translates: bool = _differs(
        True,
        "INT 10h, 15h, 21h and 33h are not translated: pointers in protected mode reach DOS as they are; "
        "no vendor API MS-DOS",
        "6.6, 11.1",
    )
    is_windows: bool = _differs(False, "INT 2Fh AX=1600h, 1683h and 1684h are answered as Windows 4.0 does", "1.1")
    capabilities: int = _differs(0b1111101, "capabilities in 0401h: {:02X}h", "2.5")
    vendor: str = _differs("dpmiscope", "vendor in 0401h: {}", "2.5")
    clears_reserved: bool = _differs(True, "0401h leaves DX alone", "VERS")
    virtual_memory: VirtualMemory = _differs(VirtualMemory.CHOSEN, "virtual memory: {}", "2.5, 11.1")  # noqa: RUF009 - makes a field
    locking: Locking = _differs(Locking.COUNTED, "{}", "2.7, 11.1, 17.14; LOCK")  # noqa: RUF009 - the same

    # Clients

    private_paragraphs: int = _differs(
        0x180, "INT 2Fh AX=1687h asks for {:02X}h paragraphs (SI), all of them the real-mode stack", "1.3, 4.4"
    )
    # CWSDPMI prints a message and ends such a program; its words and the code are not known, so it is refused.
    takes_16_bits: bool = _differs(True, "16-bit clients are refused at the mode switch", "1.3, 11.1")
    mixes_widths: bool = _differs(True, "a client of another width than those there are is refused", "1.3, 11.1")
    tables: Tables = _differs(Tables.OWN, "{}", "2.12, 8.4, 17.14; EXECCH")  # noqa: RUF009 - the same
    descriptors: int = _differs(8192, "the LDT has {} entries", "11.1")
    has_whole_limits: bool = _differs(False, "the limit of every initial segment is FFFFh", "1.3; ENTRY")
    enters_enabled: bool = _differs(False, "interrupts are on after the mode switch", "VIF")
    failure_code: int = _differs(0xFF, "an unhandled exception ends the program with code {:02X}h", "17.8; TERM")

    # Descriptors

    follows_segments: bool = _differs(
        True, "segment registers keep what they hold when the descriptor is changed or freed", "2.1, 2.12"
    )
    has_big_descriptors: bool = _differs(False, "0000h sets the D/B bit", "2.1")
    sets_granularity: bool = _differs(True, "0009h does not change G", "DESC3")
    mends_rights: bool = _differs(
        False, "0009h and 000Ch set S and clear reserved bits instead of refusing; any code segment is accepted", "3.3"
    )
    checks_limits: bool = _differs(True, "0008h does not ask for whole pages from 1 MiB on", "2.1, 11.1")
    has_one_dos_descriptor: bool = _differs(
        False, "a DOS memory block has one descriptor, whatever its size and the client's width", "2.2, 11.1"
    )

    # Stacks, calls and callbacks

    locks_stack_in_gdt: bool = _differs(False, "the locked stack's selector is one of the GDT", "4.4, 11.1")
    judges_stack_by_segment: bool = _differs(False, "0300h to 0302h: the host's stack is used if SS alone is 0", "2.4")
    keeps_flag_in_0302: bool = _differs(False, "0302h enters the procedure with IF as in the structure", "17.5; FAR301")
    callbacks: int = _differs(32, "{} callbacks", "5.1, 5.6, 11.1")
    pools_callbacks: bool = _differs(False, "all clients have them together", "5.6, 5.7, 8.4, 11.1")
    keeps_callbacks: bool = _differs(False, "callbacks of a client that has ended are never free again", "17.14; TERM")
    frees_twice: bool = _differs(False, "0304h on a callback that is free already: CF=0", "17.13; CBALLO")
    has_flat_callback_data: bool = _differs(
        False, "DS of a callback handler is flat, of the GDT, and (E)SI a linear address", "5.2, 11.1, 17.7"
    )
    shows_last_call: bool = _differs(
        False, "CS:IP in a callback's structure is the target of the last 0301h", "17.6; CBENT"
    )
    saves_state: bool = _differs(
        True, "0305h: size 0; its routine faults when a 32-bit client calls it", "3.6, 17.7; RAWSAV"
    )
    switches_disabled: bool = _differs(False, "interrupts are off after a raw switch to protected mode", "RAW")

    # Interrupts and exceptions

    interrupts_disabled: bool = _differs(
        False, "handlers of software interrupts are entered with interrupts off", "17.5; PMVEC, VIF"
    )
    answers_critical_errors: bool = _differs(
        False, "INT 24h in real mode never reaches protected mode, AL=3 is answered", "7; INT24"
    )
    raised_by_int: frozenset[int] = _differs(frozenset(), "the instruction INT n is exception n for n = {}", "17.3")
    asks_interrupt_first: bool = _differs(
        False, "exceptions 0 to 7: the hook of the interrupt is asked before the exception handler", "17.4"
    )
    to_interrupt: frozenset[int] = _differs(
        frozenset(range(8)), "exceptions without a handler that go to the hook of the interrupt: {}", "6.5"
    )
    to_real: frozenset[int] = _differs(
        frozenset({0, 1, 2, 3, 4, 5, 7}),
        "those nobody has hooked, either, that go to real mode: {}; others end the client",
        "6.5",
    )
    exceptions: int = _differs(32, "0203h ignores handlers of exceptions from {:02X}h on", "6.5")
    has_default_handlers: bool = _differs(True, "0202h: 0:0 where there is no handler", "6.5; EXCVEC")
    extends_frames: bool = _differs(True, "exception frames have the 0.9 part only", "2.12, 3.4")
    exception_depth: int = _differs(
        0, "the client ends at an exception when more than {} events are on the locked stack", "4.4"
    )

    @property
    def has_own_buffer(self) -> bool:
        """Is the block that clients supply too small for the buffer of translated calls?"""
        return self.private_paragraphs <= BUFFER_PARAGRAPHS

    def offers(self, function: int) -> bool:
        """Does the host offer a function of INT 31h?"""
        return function not in self.missing

    @property
    def differences(self) -> Iterator[Difference]:
        """What it does otherwise than `spec`."""
        for each in fields(self):
            value = getattr(self, each.name)
            if each.metadata and value != each.default:
                yield Difference(each.name, each.metadata["words"].format(_in_words(value)), each.metadata["source"])


def _in_words(value: Any) -> Any:
    """A value as sentences name it: sets in ranges, in hexadecimal digits as many as the largest has."""
    if isinstance(value, Enum):
        return value.value
    if not isinstance(value, frozenset):
        return value
    digits = 4 if max(value, default=0) > 0xFF else 2
    runs: list[list[int]] = []
    for number in sorted(value):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    names = (f"{low:0{digits}X}h" if low == high else f"{low:0{digits}X}h to {high:0{digits}X}h" for low, high in runs)
    return ", ".join(names) or "none"

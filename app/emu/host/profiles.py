"""The hosts that can be played (`--profile`)."""

from __future__ import annotations

from typing import Final

from app.emu.host.profile import ANY, V10, Locking, Profile, Tables, VirtualMemory

SPEC: Final = Profile(name="spec", title="DPMI 0.9 with the functions, error codes and rules of 1.0")

DPMI09: Final = Profile(
    name="dpmi09",
    title="DPMI 0.9 and nothing else",
    missing=V10,
    silent=ANY,
    tells_unknown=False,
    yields=False,
    names_vendors=False,
    translates=False,
    mixes_widths=False,
    tables=Tables.SHARED,
    follows_segments=False,
    callbacks=16,
    extends_frames=False,
)
"""Where the text of 0.9 leaves something open, as `spec`."""

HDPMI: Final = Profile(
    name="hdpmi",
    title="HDPMI 3.24 of the HX extender, HDPMI16 and HDPMI32 in one",
    missing=V10 - {0x000E, 0x000F, 0x0210, 0x0212, 0x0401, *range(0x0504, 0x050C), 0x0801, 0x0E00, 0x0E01},
    silent=frozenset({0x00, 0x03, 0x08, 0x0B}),
    yields=False,
    vendor="HDPMI",
    virtual_memory=VirtualMemory.NONE,
    locking=Locking.IGNORED,
    private_paragraphs=0x20,
    mixes_widths=False,
    tables=Tables.RESTORED,
    sets_granularity=False,
    keeps_flag_in_0302=True,
    callbacks=16,
    pools_callbacks=True,
    raised_by_int=frozenset({4}),
    to_interrupt=frozenset({0, 1, 2, 3, 4, 5, 7}),
    to_real=frozenset({1, 2, 3, 4}),
)
"""Not played: its capabilities in 0401h, the size of its state (0305h) and what 0506h writes for a freed block, none of
which is known; rights it lets pass that would be gates."""

CWSDPMI: Final = Profile(
    name="cwsdpmi",
    title="CWSDPMI r7",
    missing=V10 - {0x0401, *range(0x0506, 0x050A), 0x0E01} | {0x0A00},
    silent=ANY,
    tells_unknown=False,
    yields=False,
    names_vendors=False,
    translates=False,
    capabilities=0x2D,
    vendor="CWSDPMI",
    clears_reserved=False,
    virtual_memory=VirtualMemory.CLAIMED,
    locking=Locking.BINARY,
    takes_16_bits=False,
    tables=Tables.SHARED,
    descriptors=128,
    has_whole_limits=True,
    enters_enabled=True,
    failure_code=0x01,
    has_big_descriptors=True,
    mends_rights=True,
    checks_limits=False,
    locks_stack_in_gdt=True,
    judges_stack_by_segment=True,
    callbacks=24,
    pools_callbacks=True,
    keeps_callbacks=True,
    frees_twice=True,
    has_flat_callback_data=True,
    shows_last_call=True,
    saves_state=False,
    switches_disabled=True,
    interrupts_disabled=True,
    answers_critical_errors=True,
    asks_interrupt_first=True,
    to_real=frozenset(),
    exceptions=0x10,
    has_default_handlers=False,
    extends_frames=False,
    exception_depth=5,
)
"""Not played: 0306h as a task gate, switches that must come in pairs, IRQ vectors and vector 7 ignored in part."""

WINDOWS: Final = Profile(
    name="windows",
    title="Windows 3.1 and 9x, as far as it is known",
    missing=V10 | {0x0A00},
    silent=ANY,
    tells_unknown=False,
    is_windows=True,
    virtual_memory=VirtualMemory.CLAIMED,
    mixes_widths=False,
    tables=Tables.SHARED,
    follows_segments=False,
    has_one_dos_descriptor=True,
    callbacks=16,
    extends_frames=False,
)
"""The rules of 0.9, which it reports, and what is known beside them. Not played: CLI and STI that trap (clients run at
IOPL 3 here), the ARPL at the mode switch entry, and all the reference calls unverified."""

PROFILES: Final = {each.name: each for each in (SPEC, DPMI09, HDPMI, CWSDPMI, WINDOWS)}

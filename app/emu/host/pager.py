"""Paging made to hurt: pages a client forgot to lock are taken away, and are missing where a host could not help.

A page that is out keeps its frame and contents; its page table entry only says that it is not present. When client
code, or the host on its behalf, touches it, the host brings it back, and nobody notices. It cannot do so while an
interrupt handler or a real-mode callback runs or DOS is busy: a real host would have to call DOS for its paging file
(reference, section 10). Then the client gets exception 0Eh, or ends.

Pages that may go: those of memory blocks and shared memory, and of DOS memory marked pageable (INT 31h AX=0602h),
unless some client has locked them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.emu import events
from app.emu.host.circumstance import circumstance
from app.emu.memory.layout import PAGE
from app.emu.memory.memory import PAGED_OUT
from app.emu.paging_policy import PagingOption, Policy

if TYPE_CHECKING:
    from app.emu.host.host import Host

_OUT_OF: Final = 4
"""The random policy takes one of so many."""
_MULTIPLIER: Final = 1664525
_INCREMENT: Final = 1013904223
_MASK: Final = 0xFFFFFFFF


@dataclass(slots=True)
class Pager:
    """Takes pages and brings them back. random: the state of the random policy."""

    option: PagingOption
    random: int = 0

    def __post_init__(self) -> None:
        self.random = self.option.seed & _MASK

    @property
    def is_on(self) -> bool:
        """Are pages taken at all?"""
        return self.option.policy is not Policy.OFF

    def take_pages(self, host: Host) -> None:
        """The host was entered and is about to leave: take what the policy takes."""
        if not self.is_on:
            return
        memory = host.machine.memory
        locked = host.locked_pages
        for page in list(self._candidates(host)):
            if page not in locked and self._chooses():
                memory.page_out(page * PAGE)

    def _candidates(self, host: Host) -> Iterator[int]:
        """Pages that are present and pageable."""
        memory = host.machine.memory
        for blocks in host.holders:
            for block in blocks.by_handle.values():
                yield from memory.present_pages(block.linear, block.pages_size)
            for page in sorted(blocks.pageable):
                if memory.is_mapped(page * PAGE, 1):
                    yield page
        for block in host.shared.memory:
            yield from memory.present_pages(block.linear, block.pages_size)

    def _chooses(self) -> bool:
        if self.option.policy is Policy.STRICT:
            return True
        self.random = self.random * _MULTIPLIER + _INCREMENT & _MASK
        return (self.random >> 16) % _OUT_OF == 0

    def serve(self, host: Host, linear: int) -> bool:
        """A page is missing: bring it back if it was taken and the host can do so now."""
        memory = host.machine.memory
        if not memory.page_entry(linear) & PAGED_OUT:
            return False
        busy = circumstance(host)
        if busy is None:
            memory.page_in(linear)
            return True
        host.machine.emit(events.PageMissed, linear=linear, during=busy)
        return False

    def explain(self, host: Host, linear: int) -> str:
        """Words for a page fault at an address: why the page was not there. Empty where paging has no part in it."""
        during = circumstance(host)
        if during is None or not host.machine.memory.page_entry(linear) & PAGED_OUT:
            return ""
        return f"; the page is out, not being locked (INT 31h AX=0600h), and cannot be brought back {during}"

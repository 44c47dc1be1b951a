"""Addresses that lead to handlers, as one list: callbacks of the DPMI host, callbacks and breakpoints of drivers."""

from __future__ import annotations

from dataclasses import dataclass

from app.debug.snapshot import BreakRow, CallbackRow, Snapshot
from app.emu.address import Far
from app.ui.format import dword


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """One of them. address: where ring 3 reaches it; procedure: what runs then; given: what that is given.

    callback: set for those of the DPMI host.
    """

    kind: str
    owner: str
    address: Far
    procedure: str
    procedure_linear: int
    given: str
    given_tip: str
    depth: int
    """Calls in progress."""
    hits: int
    advanced: bool | None
    """Of a V86 breakpoint: did its handler move the client's CS:IP the last time?"""
    last_caller: Far | None
    callback: CallbackRow | None = None

    @property
    def is_active(self) -> bool:
        """Whether the handler is at work."""
        return self.depth > 0


def dispatch_rows(snapshot: Snapshot) -> list[DispatchRow]:
    """All there are, those of the DPMI host first."""
    return [*map(_of_host, snapshot.callbacks), *map(_of_driver, snapshot.drivers.breaks)]


def _of_host(row: CallbackRow) -> DispatchRow:
    return DispatchRow(
        kind=f"DPMI, slot {row.slot}",
        owner=f"client {row.client}",
        address=row.real,
        procedure=str(row.handler),
        procedure_linear=row.handler_linear,
        given=str(row.structure),
        given_tip=f"Real mode call structure, linear {dword(row.structure_linear)}",
        depth=row.depth,
        hits=row.hits,
        advanced=None,
        last_caller=row.last_caller,
        callback=row,
    )


def _of_driver(row: BreakRow) -> DispatchRow:
    return DispatchRow(
        kind=row.kind,
        owner=row.driver,
        address=row.address,
        procedure=dword(row.procedure),
        procedure_linear=row.procedure,
        given=dword(row.reference),
        given_tip="Reference data: what the procedure gets in EDX",
        depth=row.depth,
        hits=row.hits,
        advanced=row.advanced,
        last_caller=None,
    )

"""The table of VMM services; the modules in `services/` fill it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from app.emu.services import Service, ServiceTable
from app.emu.vmm.ordinals import NAMES, service_name, since

DYNALINK: Final = 0x20
"""The interrupt a driver calls services with."""


class _Later(int):
    """No number: the type lets services return it that else return one."""


PENDING: Final = _Later()
"""A service that ends later (`waiting.complete`), or that has set every register itself."""


class Refused(Exception):
    """A service fails: CF=1. gives: the registers it sets all the same."""

    def __init__(self, **gives: int) -> None:
        super().__init__()
        self.gives = gives


class _VmmTable(ServiceTable):
    """Its rows have the names and versions of `ordinals`."""

    def _add(self, row: Service) -> None:
        name = service_name(row.number)
        if row.handler is not None and name.replace("_", "").lower() != row.name.replace("_", ""):
            raise ValueError(f"{row.name} is entered as {row.number:04X}h, which is {name}")
        super()._add(replace(row, name=name, since=since(row.number)))

    def enter_the_rest(self, reasons: Mapping[int, str]) -> None:
        """Enter the services of the reference that this manager does not perform. reasons: why, for some of them."""
        for ordinal, name in enumerate(NAMES):
            if self.find(ordinal) is None:
                self._add(Service(self.interrupt, ordinal, name, "", reasons.get(ordinal, ""), {}, {}, None))


VMM: Final = _VmmTable(DYNALINK)

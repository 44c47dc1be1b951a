"""Hooks on single addresses, found while the engine runs and planted while it stands still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import unicorn


class Hooks:
    """Hooks of one kind (UC_HOOK_CODE, UC_HOOK_BLOCK) with one callback, by linear address."""

    def __init__(self, uc: unicorn.Uc, kind: int, callback: Callable[..., None]) -> None:
        self._uc = uc
        self._kind = kind
        self._callback = callback
        self._planted: dict[int, Any] = {}
        self._missing: set[int] = set()

    def __len__(self) -> int:
        return len(self._planted) + len(self._missing)

    @property
    def are_missing(self) -> bool:
        """There are some to be planted."""
        return bool(self._missing)

    def want(self, linear: int) -> None:
        """There has to be a hook at an address."""
        if linear not in self._planted:
            self._missing.add(linear)

    def plant(self) -> None:
        """Plant what is missing; the code there is translated again."""
        for linear in self._missing:
            self._planted[linear] = self._uc.hook_add(self._kind, self._callback, None, linear, linear)
            self._uc.ctl_remove_cache(linear, linear + 1)
        self._missing.clear()

    def clear(self) -> None:
        """Remove all, and want none."""
        for hook in self._planted.values():
            self._uc.hook_del(hook)
        self._planted.clear()
        self._missing.clear()

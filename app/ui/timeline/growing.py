"""Arrays that grow at the end, for data that arrives while a program runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_FIRST = 1024


class Growing:
    """A one-dimensional numpy array with room behind its last value, so that appending rarely copies."""

    def __init__(self, dtype: DTypeLike) -> None:
        self._room: NDArray[Any] = np.empty(_FIRST, dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> NDArray[Any]:
        """What has been appended so far: a view, valid until the next `extend`."""
        return self._room[: self._size]

    def extend(self, values: Sequence[Any] | NDArray[Any]) -> None:
        """Append values."""
        needed = self._size + len(values)
        if needed > len(self._room):
            room = np.empty(max(needed, 2 * len(self._room)), self._room.dtype)
            room[: self._size] = self.values
            self._room = room
        self._room[self._size : needed] = values
        self._size = needed

    def append(self, value: Any) -> None:
        """Append one value."""
        self.extend((value,))

    def clear(self) -> None:
        """Forget everything; the room stays."""
        self._size = 0

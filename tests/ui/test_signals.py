"""A signal with the name of one of Qt's own takes its place: Qt would then emit ours."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Signal

import app.ui


def classes() -> Iterator[type[QObject]]:
    for module in pkgutil.walk_packages(app.ui.__path__, "app.ui."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, QObject) and value.__module__ == module.name:
                yield value


def signals_of(kind: type[QObject]) -> set[str]:
    return {name for name, value in vars(kind).items() if isinstance(value, Signal)}


@pytest.mark.parametrize("kind", sorted(set(classes()), key=lambda each: each.__qualname__))
def test_no_signal_of_ours_shadows_one_of_qts(kind: type[QObject]) -> None:
    of_qt = [signals_of(base) for base in kind.__mro__ if base.__module__.startswith("PySide6")]
    assert not signals_of(kind) & set().union(*of_qt)


def test_qts_signals_are_found() -> None:
    assert "destroyed" in signals_of(QObject)

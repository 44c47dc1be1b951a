"""For all tests: one process makes thousands of machines here, so the collector keeps its usual pace."""

from __future__ import annotations

import pytest

from app import headless


@pytest.fixture(autouse=True)
def _usual_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    """`run` and `trace` spare the collector because their process ends with the program; this one does not."""
    monkeypatch.setattr(headless, "spare_the_collector", lambda: None)

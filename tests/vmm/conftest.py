"""Every test here builds drivers."""

import pytest

from tests.vmm.lab import bench, needs_nasm

__all__ = ["bench"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "bench" in getattr(item, "fixturenames", ()):
            item.add_marker(needs_nasm)

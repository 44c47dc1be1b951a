"""Signals from services to the machine's loop, and the ways a run can fail."""

from __future__ import annotations


class NotYet(Exception):
    """The service cannot finish before a device delivers something: idle, then enter the same trap again."""


class LoadError(Exception):
    """A program could not be loaded. The message says what, where and what to do, for the user."""

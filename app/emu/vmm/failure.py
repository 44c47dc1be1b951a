"""What drivers do wrong."""


class DriverFailed(Exception):
    """A driver has done what it must not: its VM ends. The text says what."""

"""What AWS does by itself, later than it is asked: each module is one such life, by `sandbox.clock`'s time."""

from __future__ import annotations

from sandbox.lives import guardduty, keepers, lambda_interfaces

LIVES = (keepers, guardduty, lambda_interfaces)


def begin_all() -> None:
    """Put every life into moto, once per process."""
    for life in LIVES:
        life.fill()

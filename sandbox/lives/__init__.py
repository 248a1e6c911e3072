"""What AWS does by itself, later than it is asked: each module is one such life, by `sandbox.clock`'s time."""

from __future__ import annotations

from sandbox.lives import (
    deletion_windows,
    guardduty,
    keepers,
    lambda_interfaces,
    log_groups,
    minor_upgrades,
    recovery_points,
    settling,
    trails,
)

LIVES = (
    keepers,
    deletion_windows,
    guardduty,
    lambda_interfaces,
    log_groups,
    minor_upgrades,
    recovery_points,
    settling,
    trails,
)


def begin_all() -> None:
    """Put every life into moto, once per process."""
    for life in LIVES:
        life.fill()

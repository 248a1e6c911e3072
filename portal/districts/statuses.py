"""A district's states on both axes, each with its word, icon shape and colour."""

from __future__ import annotations

from portal.badges import Badge


class DistrictStatus(Badge):
    """Where a district stands."""

    DRAFT = "draft", "Draft", "circle-dashed", "neutral"
    PROVISIONING = "provisioning", "Provisioning", "progress", "busy"
    LIVE = "live", "Live", "check", "good"
    NEEDS_ATTENTION = "needs_attention", "Needs attention", "alert", "bad"
    TEARING_DOWN = "tearing_down", "Tearing down", "progress-down", "warn"
    REMOVED = "removed", "Removed", "circle-off", "neutral"


class DriftStatus(Badge):
    """Whether AWS is still as the stack says."""

    IN_SYNC = "in_sync", "In sync", "equal", "good"
    DRIFTED = "drifted", "Drifted", "not-equal", "warn"
    NOT_CHECKED = "not_checked", "Not checked", "question", "neutral"


TRANSITIONS: dict[DistrictStatus, frozenset[DistrictStatus]] = {
    DistrictStatus.DRAFT: frozenset({DistrictStatus.PROVISIONING, DistrictStatus.TEARING_DOWN}),
    DistrictStatus.PROVISIONING: frozenset({DistrictStatus.LIVE, DistrictStatus.NEEDS_ATTENTION}),
    DistrictStatus.LIVE: frozenset(
        {DistrictStatus.PROVISIONING, DistrictStatus.NEEDS_ATTENTION, DistrictStatus.TEARING_DOWN}
    ),
    DistrictStatus.NEEDS_ATTENTION: frozenset(
        {DistrictStatus.PROVISIONING, DistrictStatus.TEARING_DOWN, DistrictStatus.LIVE}
    ),
    DistrictStatus.TEARING_DOWN: frozenset({DistrictStatus.REMOVED, DistrictStatus.NEEDS_ATTENTION}),
    DistrictStatus.REMOVED: frozenset(),
}
"""From a status, where a district may go next; what is not here is refused."""

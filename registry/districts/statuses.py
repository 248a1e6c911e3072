"""A district's states on both axes, each with its word."""

from __future__ import annotations

from registry.labels import LabeledEnum
from registry.state_table import By, StateTable, Transition


class DistrictStatus(LabeledEnum):
    """Where a district stands."""

    DRAFT = "draft", "Draft"
    PROVISIONING = "provisioning", "Provisioning"
    LIVE = "live", "Live"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    TEARING_DOWN = "tearing_down", "Tearing down"
    REMOVED = "removed", "Removed"


class DriftStatus(LabeledEnum):
    """Whether AWS is still as the stack says."""

    IN_SYNC = "in_sync", "In sync"
    DRIFTED = "drifted", "Drifted"
    NOT_CHECKED = "not_checked", "Not checked"


_D = DistrictStatus
TABLE: StateTable[DistrictStatus] = StateTable(
    _D.DRAFT,
    (
        Transition(_D.DRAFT, _D.PROVISIONING, By.PERSON, "asks for the first run"),
        Transition(_D.DRAFT, _D.TEARING_DOWN, By.PERSON, "asks for the teardown"),
        Transition(_D.DRAFT, _D.REMOVED, By.PERSON, "deletes the draft"),
        Transition(_D.DRAFT, _D.REMOVED, By.SCHEDULER, "nobody touched the draft for long"),
        Transition(_D.PROVISIONING, _D.LIVE, By.RUN, "came through, or ended before it applied anything"),
        Transition(_D.PROVISIONING, _D.DRAFT, By.RUN, "ended before it applied anything"),
        Transition(_D.PROVISIONING, _D.NEEDS_ATTENTION, By.RUN, "did not come through"),
        Transition(_D.LIVE, _D.PROVISIONING, By.PERSON, "asks for a run"),
        Transition(_D.LIVE, _D.NEEDS_ATTENTION, By.RUN, "did not come through"),
        Transition(_D.LIVE, _D.TEARING_DOWN, By.PERSON, "asks for the teardown"),
        Transition(_D.NEEDS_ATTENTION, _D.PROVISIONING, By.PERSON, "asks for a run"),
        Transition(_D.NEEDS_ATTENTION, _D.TEARING_DOWN, By.PERSON, "asks for the teardown"),
        Transition(_D.NEEDS_ATTENTION, _D.LIVE, By.RUN, "came through"),
        Transition(_D.TEARING_DOWN, _D.REMOVED, By.RUN, "came through, and nothing is left in AWS"),
        Transition(_D.TEARING_DOWN, _D.NEEDS_ATTENTION, By.RUN, "did not come through"),
        Transition(_D.TEARING_DOWN, _D.DRAFT, By.RUN, "ended before it removed anything"),
        Transition(_D.TEARING_DOWN, _D.LIVE, By.RUN, "ended before it removed anything"),
    ),
)
"""From a status, where a district may go next; what is not here is refused, by the service and by PostgreSQL."""

TRANSITIONS: dict[DistrictStatus, frozenset[DistrictStatus]] = {
    status: TABLE.following(status) for status in DistrictStatus
}

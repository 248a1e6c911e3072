"""What becomes of a lost run, as a table of what can be seen of its Terraform."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provisioning.execution.lost_runs import LostRunDecision, Remains, decide

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOON, BEFORE = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("found", "way"),
    [
        (Remains(), LostRunDecision.RECOVER),
        (Remains("plan", alive=False), LostRunDecision.RECOVER),
        (Remains("apply", alive=False), LostRunDecision.RECOVER),
        (Remains("apply", alive=True), LostRunDecision.FOLLOW),
        (Remains("apply", alive=False, finished=True), LostRunDecision.FOLLOW),
        (Remains("plan", alive=True), LostRunDecision.RECOVER),
        (Remains("plan", alive=False, finished=True), LostRunDecision.RECOVER),
        (Remains("refresh", alive=True), LostRunDecision.RECOVER),
        (Remains("apply", alive=None, gone_at=SOON), LostRunDecision.WAIT),
        (Remains("plan", alive=None, gone_at=SOON), LostRunDecision.WAIT),
        (Remains("apply", alive=None, gone_at=BEFORE), LostRunDecision.RECOVER),
        (Remains("apply", alive=None), LostRunDecision.WAIT),
    ],
)
def test_a_lost_run_is_followed_awaited_or_recovered(found, way):
    assert decide(found, now=NOW) is way

"""What becomes of a lost run, as a table of what can be seen of its Terraform."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provisioning.takeover import Remains, TakeOver, decide

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOON, BEFORE = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("found", "way"),
    [
        (Remains(), TakeOver.RECOVER),
        (Remains("plan", alive=False), TakeOver.RECOVER),
        (Remains("apply", alive=False), TakeOver.RECOVER),
        (Remains("apply", alive=True), TakeOver.FOLLOW),
        (Remains("apply", alive=False, finished=True), TakeOver.FOLLOW),
        (Remains("plan", alive=True), TakeOver.RECOVER),
        (Remains("plan", alive=False, finished=True), TakeOver.RECOVER),
        (Remains("refresh", alive=True), TakeOver.RECOVER),
        (Remains("apply", alive=None, gone_at=SOON), TakeOver.WAIT),
        (Remains("plan", alive=None, gone_at=SOON), TakeOver.WAIT),
        (Remains("apply", alive=None, gone_at=BEFORE), TakeOver.RECOVER),
        (Remains("apply", alive=None), TakeOver.WAIT),
    ],
)
def test_a_lost_run_is_followed_awaited_or_recovered(found, way):
    assert decide(found, now=NOW) is way

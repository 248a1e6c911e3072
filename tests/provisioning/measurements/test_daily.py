"""The figures of each day: counted from what ended on it, kept once, and the same when they are kept again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from provisioning.measurements.daily import DAYS, figures, keep_figures
from provisioning.models import DailyFigures, Run
from provisioning.states.runs import RunKind, RunState
from provisioning.tasks import keep_figures as keep_figures_task
from tests.builders import a_district, a_run, moved

pytestmark = pytest.mark.django_db


def ended(state: RunState, *, days_ago: int = 0, seconds: int = 60, code: str = "", kind: str = "apply") -> Run:
    """Return a run that ended so, so many days ago, after so many seconds."""
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    if state is not RunState.FAILED:
        moved(run, RunState.PLANNING)
        moved(run, RunState.VERIFYING)
    moved(run, state)
    at = timezone.now() - timedelta(days=days_ago)
    Run.objects.filter(pk=run.pk).update(
        error_code=code, kind=kind, started_at=at - timedelta(seconds=seconds), finished_at=at
    )
    return run


def of(days_ago: int) -> DailyFigures:
    return DailyFigures.objects.get(day=timezone.localdate() - timedelta(days=days_ago))


def test_a_days_runs_failures_and_time_to_deploy_are_counted():
    for seconds in (100, 200, 900):
        ended(RunState.SUCCEEDED, seconds=seconds)
    ended(RunState.FAILED, code="quota")
    ended(RunState.FAILED, code="quota")
    ended(RunState.FAILED)
    ended(RunState.SUCCEEDED, kind=RunKind.DRIFT.value)
    keep_figures()
    row = of(0)
    assert row.runs == {"succeeded": 3, "failed": 3}
    assert row.failures == {"quota": 2, "unknown": 1}
    assert row.deploy_seconds == 200


def test_days_before_the_first_are_made_later_and_days_that_are_over_stay():
    ended(RunState.FAILED, days_ago=5)
    assert len(keep_figures()) == DAYS
    assert of(5).runs == {"failed": 1}
    DailyFigures.objects.filter(pk=of(5).pk).update(runs={"failed": 9})
    assert len(keep_figures()) == 2, "today, and yesterday once more"
    assert of(5).runs == {"failed": 9}


def test_the_fleet_of_today_is_kept_with_its_cost():
    run = ended(RunState.SUCCEEDED)
    Run.objects.filter(pk=run.pk).update(monthly_cost_usd=Decimal("115.50"))
    a_district()
    keep_figures_task()
    row = of(0)
    assert row.districts == {"draft": 1, "live": 1}
    assert row.monthly_usd == {"sandbox": 115.5}
    assert row.drifted == 0


def test_a_day_without_figures_is_empty():
    days = figures()
    assert len(days) == DAYS
    assert days[-1].day == timezone.localdate()
    assert not any(row.runs or row.kept_at for row in days)

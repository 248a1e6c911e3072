"""What an active run may say of its end is read from stored events of runs that did the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from provisioning.models import Run, RunEvent, RunStep
from provisioning.runs.duration_estimates import Range
from provisioning.runs.past_runs import outlook
from provisioning.runs.selectors import resource_progress, waiting_for
from provisioning.states.runs import RunState
from tests.builders import a_run, moved

pytestmark = pytest.mark.django_db

PLAN = [
    {"address": "aws_vpc.main", "type": "aws_vpc", "action": "create"},
    {"address": "aws_rds_cluster.this", "type": "aws_rds_cluster", "action": "create"},
]


def an_apply(database: int) -> Run:
    """Return an apply that took 10 s for the network, then so many for the database, then 30 s to verify."""
    run = a_run()
    began = timezone.now() - timedelta(hours=1)
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state)
    Run.objects.filter(pk=run.pk).update(plan_resources=PLAN)
    RunStep.objects.filter(run=run, step=RunState.VERIFYING).delete()
    at = [
        ("apply_start", 0, 0),
        ("apply_complete", 0, 10),
        ("apply_start", 1, 10),
        ("apply_complete", 1, 10 + database),
    ]
    for sequence, (kind, part, seconds) in enumerate(at, 1):
        moment = began + timedelta(seconds=seconds)
        row = PLAN[part]
        RunEvent.objects.create(
            run=run,
            sequence=sequence,
            at=moment,
            level="info",
            kind=kind,
            message=kind,
            address=row["address"],
            action=row["action"],
        )
    RunStep.objects.create(
        run=run, step=RunState.VERIFYING, started_at=began, finished_at=began + timedelta(seconds=30)
    )
    return run


def an_applying_run(seconds: int) -> Run:
    """Return a run that made the network and has worked on the database for so long."""
    run = a_run()
    for step in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING):
        moved(run, step, plan_resources=PLAN)
    run.refresh_from_db()
    began = timezone.now() - timedelta(seconds=seconds)
    at = [("apply_start", 0, -10), ("apply_complete", 0, 0), ("apply_start", 1, 0)]
    for sequence, (kind, part, offset) in enumerate(at, 100):
        row = PLAN[part]
        RunEvent.objects.create(
            run=run,
            sequence=sequence,
            at=began + timedelta(seconds=offset),
            level="info",
            kind=kind,
            message=kind,
            address=row["address"],
            action=row["action"],
        )
    return run


def told(run: Run):
    progress = resource_progress(run)
    return outlook(run, progress, waiting_for(progress))


def test_three_runs_that_did_the_same_say_how_long_it_usually_takes_and_what_is_left():
    for database in (400, 500, 600):
        an_apply(database)
    estimate = told(an_applying_run(100))
    assert estimate is not None
    assert estimate.runs == 3
    assert estimate.usual == Range(450, 550)
    assert estimate.left is not None
    assert estimate.left.low == pytest.approx(430, abs=5), "the database has 400 of its usual 500 s left, and 30 verify"
    assert estimate.left.high == pytest.approx(480, abs=5)


def test_lost_trimmed_and_other_runs_teach_nothing():
    an_apply(400)
    an_apply(400)
    Run.objects.filter(pk=an_apply(9000).pk).update(attempt=2)
    Run.objects.filter(pk=an_apply(9000).pk).update(events_trimmed_at=timezone.now())
    Run.objects.filter(pk=an_apply(9000).pk).update(plan_resources=[{**PLAN[0], "action": "update"}])
    estimate = told(an_applying_run(100))
    assert estimate is not None
    assert (estimate.runs, estimate.left, estimate.usual) == (2, None, None)


def test_nothing_is_said_before_there_is_a_plan_and_when_nobody_works():
    for database in (400, 500, 600):
        an_apply(database)
    run = a_run()
    assert told(run) is None
    moved(run, RunState.SYNTHESIZING)
    run.refresh_from_db()
    assert told(run) is None


def test_a_page_that_is_polled_reads_its_teachers_once(django_assert_max_num_queries):
    for database in (400, 500, 600):
        an_apply(database)
    run = an_applying_run(10)
    progress = resource_progress(run)
    outlook(run, progress, None)
    with django_assert_max_num_queries(0):
        outlook(run, progress, None)

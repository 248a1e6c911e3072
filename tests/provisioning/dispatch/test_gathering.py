"""What is asked for together is dispatched once: each time reads all that waits, the longer the more of it there is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from provisioning.dispatch.dispatcher import DISPATCH_LOCK
from provisioning.models import Rollout, Run
from provisioning.rollouts.fleet_plans import plan_now
from provisioning.rollouts.service import RolloutRequest, create_rollout
from provisioning.rollouts.ticking import tick
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry.districts.models import District
from tests.builders import a_district, a_run, moved

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def live() -> None:
    """Have one more district that was deployed."""
    run = a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state)


def dispatched(queries: CaptureQueriesContext) -> int:
    return sum("pg_advisory_xact_lock" in query["sql"] and str(DISPATCH_LOCK) in query["sql"] for query in queries)


def test_plans_of_many_districts_are_dispatched_once_and_all_that_the_limits_admit():
    for _ in range(4):
        a_district()
    with CaptureQueriesContext(connection) as queries:
        assert plan_now(districts=District.objects.all(), actor=None).asked == 4
    assert dispatched(queries) == 1
    assert Run.objects.exclude(sent_at=None).count() == 4


def test_what_is_asked_for_in_one_transaction_is_dispatched_once():
    districts = [a_district() for _ in range(4)]
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        for district in districts:
            request_run(district=district, kind=RunKind.PLAN, actor=None)
    assert dispatched(queries) == 1
    assert Run.objects.exclude(sent_at=None).count() == 4


def test_a_request_that_is_taken_back_leaves_the_dispatch_of_the_others():
    first, second, third = (a_district() for _ in range(3))
    with transaction.atomic():
        request_run(district=first, kind=RunKind.PLAN, actor=None)
        with transaction.atomic():
            request_run(district=second, kind=RunKind.PLAN, actor=None)
            transaction.set_rollback(True)
        request_run(district=third, kind=RunKind.PLAN, actor=None)
    assert set(Run.objects.exclude(sent_at=None).values_list("district_id", flat=True)) == {first.pk, third.pk}


def test_the_first_runs_of_a_rollout_are_dispatched_together():
    for _ in range(4):
        live()
    Run.objects.update(sent_at=None)
    with CaptureQueriesContext(connection) as queries:
        create_rollout(request=RolloutRequest(reason="Tags", change={"tags": {"A": "b"}}, waves="100%"), actor=None)
    assert dispatched(queries) <= 2, "once for the places that are free, once for what the rollout has asked for"
    assert Run.objects.exclude(sent_at=None).count() == Rollout.objects.get().members.exclude(run=None).count() == 4


def test_a_tick_leaves_a_rollout_to_the_one_that_is_at_it():
    """Workers whose runs had ended waited for one another, and their places with them."""
    live()
    later = timezone.now() + timedelta(hours=1)
    request = RolloutRequest(reason="Tags", change={"tags": {"A": "b"}}, waves="100%", starts_at=later)
    rollout = create_rollout(request=request, actor=None)
    Rollout.objects.update(starts_at=None)
    session = connection.copy()
    session.set_autocommit(False)
    try:
        with session.cursor() as cursor, connection.cursor() as ours:
            cursor.execute("SELECT id FROM provisioning_rollout WHERE id = %s FOR UPDATE", [rollout.pk])
            ours.execute("SET lock_timeout = '100ms'")
            tick()
        assert rollout.members.get().run is None
        session.rollback()
    finally:
        session.close()
    tick()
    assert rollout.members.get().run is not None

"""A turn of periodic work: a row that fails is told, and every other row has its turn all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from provisioning.dispatch.dispatcher import dispatch
from provisioning.drift import schedule
from provisioning.health.heartbeats import PERIODIC
from provisioning.models import Presence, Run
from provisioning.periodic.turns import act_on_each, in_batches
from provisioning.rollouts import following, ticking
from provisioning.runs.reaper import loss_of, reap
from provisioning.runs.requests import request_run
from provisioning.runs.transitions import move_if_still
from provisioning.states.runs import RunKind, RunState
from provisioning.tasks import reap_runs
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import a_run, moved

pytestmark = pytest.mark.django_db
LOST = {"state": "lost", "error_code": "worker_lost"}


def at_work() -> Run:
    """Return a run whose lease is over."""
    run = moved(a_run(), RunState.SYNTHESIZING)
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(minutes=5))
    return run


def expired() -> Run:
    """Return a run whose plan has waited too long."""
    run = moved(moved(a_run(), RunState.SYNTHESIZING), RunState.PLANNING)
    Run.objects.filter(pk=run.pk).update(
        approval_reasons=["Production"], plan_expires_at=timezone.now() - timedelta(hours=1)
    )
    return moved(run, RunState.AWAITING_APPROVAL)


def state(run: Run) -> str:
    return Run.objects.values_list("state", flat=True).get(pk=run.pk)


def failing_for(number: int, real: Any) -> Any:
    def act(run: Run, *args: Any, **named: Any) -> Any:
        if run.pk == number:
            raise ValueError(f"run #{number} is a bad row")
        return real(run, *args, **named)

    return act


def test_a_bad_row_ends_no_turn_of_the_reaper(monkeypatch):
    bad, good, waits = at_work(), at_work(), expired()
    monkeypatch.setattr("provisioning.runs.reaper.move_if_still", failing_for(bad.pk, move_if_still))
    monkeypatch.setattr("provisioning.runs.reaper.loss_of", failing_for(bad.pk, loss_of))
    with pytest.raises(ExceptionGroup) as raised:
        reap_runs()
    assert raised.value.subgroup(lambda error: f"#{bad.number} is a bad row" in str(error)) is not None
    assert (state(bad), state(good), state(waits)) == (RunState.SYNTHESIZING, RunState.LOST, RunState.DISCARDED)
    assert Presence.objects.filter(name=PERIODIC).exists(), "the turn was had"


def test_however_many_are_lost_at_once_they_are_marked_by_as_many_statements():
    def statements(count: int) -> int:
        runs = [at_work() for _ in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert sorted(reap()) == [run.number for run in runs]
        for run in runs:
            event = AuditEvent.objects.filter(run_number=run.number).latest("id")
            assert (state(run), event.outcome, event.after) == ("lost", "failure", LOST)
            assert list(run.steps.values_list("step", flat=True)) == ["queued", "synthesizing", "lost"]
            assert run.steps.filter(finished_at=None).count() == 1
        return len(queries)

    assert statements(5) == statements(1)


def test_a_plan_that_cannot_expire_keeps_no_other_from_it():
    bad, good = expired(), expired()
    Run.objects.filter(pk=bad.pk).update(status_before="nowhere")
    with pytest.raises(ExceptionGroup):
        reap_runs()
    assert (state(bad), state(good)) == (RunState.AWAITING_APPROVAL, RunState.DISCARDED)


def test_a_rollout_that_cannot_go_on_keeps_no_other_from_it(monkeypatch):
    stepped: list[int] = []

    def step(number: int) -> bool:
        stepped.append(number)
        if number == 1:
            raise ValueError("a bad rollout")
        return False

    monkeypatch.setattr(ticking, "running", lambda: [1, 2])
    monkeypatch.setattr(ticking, "step", step)
    with pytest.raises(ExceptionGroup):
        ticking.tick()
    assert stepped == [1, 2]


def test_a_district_that_cannot_be_checked_keeps_no_other_from_its_check(monkeypatch):
    for _ in range(2):
        run = a_run()
        for after in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING, RunState.SUCCEEDED):
            moved(run, after)
    District.objects.update(live_at=timezone.now() - timedelta(days=3))
    first = schedule.due(schedule.candidates(), timezone.now(), schedule.limits())[0]

    def ask(**kwargs: Any) -> Run:
        if kwargs["district"].pk == first.pk:
            raise ValueError("a bad district")
        return request_run(**kwargs)

    monkeypatch.setattr("provisioning.drift.schedule.request_run", ask)
    with pytest.raises(ExceptionGroup):
        schedule.sweep()
    assert Run.objects.filter(kind=RunKind.DRIFT.value).exclude(district=first.pk).count() == 1


def test_without_a_database_there_is_no_next_row():
    seen: list[int] = []

    def act(row: int) -> None:
        seen.append(row)
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError):
        act_on_each((1, 2, 3), act)
    assert seen == [1]


def test_a_row_that_another_holds_is_passed_over():
    seen: list[int] = []

    def act(row: int) -> int:
        seen.append(row)
        if row == 1:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '5ms'")
                cursor.execute("SELECT pg_sleep(5)")
        return row

    with pytest.raises(ExceptionGroup) as raised:
        act_on_each((1, 2), act)
    assert [type(error) for error in raised.value.exceptions] == [OperationalError]
    assert seen == [1, 2]


def test_rows_are_read_a_few_at_a_time_and_each_once(django_assert_num_queries):
    numbers = [a_run().number for _ in range(5)]
    with django_assert_num_queries(3):
        assert [run.pk for run in in_batches(Run.objects.all(), seconds=60, batch=2)] == numbers
    assert list(in_batches(Run.objects.all(), seconds=0)) == [], "no time is left"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_runs_that_are_lost_at_once_are_followed_once(monkeypatch):
    """Each time reads all that waits: two hundred lost runs beside a long queue took the reaper half a minute."""
    for _ in range(4):
        run = moved(a_run(), RunState.SYNTHESIZING)
        Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    turns = []
    monkeypatch.setattr(following, "dispatch", lambda: turns.append(Run.objects.filter(state=RunState.LOST).count()))
    reap_runs()
    assert turns == [4]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_while_no_place_is_free_what_waits_is_not_read(settings):
    settings.RUNS_AT_ONCE = 1
    moved(a_run(), RunState.SYNTHESIZING)
    a_run()
    with CaptureQueriesContext(connection) as queries:
        assert dispatch() == []
    assert not [query for query in queries.captured_queries if "created_at" in query["sql"]]
    settings.RUNS_AT_ONCE = 2
    assert len(dispatch()) == 1

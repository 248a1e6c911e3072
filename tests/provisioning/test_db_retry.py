"""A transaction that PostgreSQL ended, since its process stood still, is done again: nothing of it was written.

What has another turn soon passes it over, and is there for that turn.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import ParamSpec, TypeVar

import pytest
from celery.states import SUCCESS
from django.db import DatabaseError, InternalError, connection, transaction
from psycopg import errors

from engine.processes.supervised import Stop
from messages.message import verbatim
from provisioning.db_retry import db_retry, going_on_while_away, is_away, is_cut_off
from provisioning.dispatch import dispatcher
from provisioning.engine_settings import engine_settings
from provisioning.execution import lease
from provisioning.execution.context import RunContext
from provisioning.health import heartbeats
from provisioning.models import PeriodicTask, Presence, Run, RunEvent
from provisioning.periodic import record
from provisioning.periodic.turns import act_on_each
from provisioning.runs.cancellation import request_cancel
from provisioning.runs.claim import claim, renew
from registry.districts.models import AwsAccount
from tests.builders import a_person, a_run, an_account

Given = ParamSpec("Given")
Result = TypeVar("Result")

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def stand_still() -> None:
    """Have PostgreSQL end our session, as it does when nothing comes for too long in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 1")
    assert connection.connection is not None
    assert select.select([connection.connection.pgconn.socket], [], [], 30)[0], "the session goes on"


def cut_off_once(call: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return the call, whose first time meets a session that PostgreSQL has ended, and hears why."""
    left = [True]

    def called(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        while left:
            try:
                with transaction.atomic():
                    stand_still()
                    call(*args, **kwargs)
            except DatabaseError as error:
                # The driver may find the connection closed before it has read why: that is another error.
                if is_cut_off(error):
                    left.clear()
                    raise
        return call(*args, **kwargs)

    return called


def a_hold() -> RunContext:
    claimed = claim(a_run().number, "test")
    assert claimed is not None
    return RunContext(*claimed, engine_settings())


def test_a_transaction_that_was_cut_off_is_done_again_whole():
    tries: list[int] = []

    def once() -> None:
        with transaction.atomic():
            tries.append(len(tries))
            an_account()
            if len(tries) == 1:
                stand_still()
            AwsAccount.objects.count()

    db_retry(once)
    assert tries == [0, 1]
    assert AwsAccount.objects.count() == 1


def test_a_turn_ends_with_the_error_of_a_connection_that_was_cut_off():
    def act(row: int) -> None:
        with transaction.atomic():
            stand_still()
            AwsAccount.objects.count()

    with pytest.raises(DatabaseError) as raised:
        act_on_each((1, 2), act)
    assert is_away(raised.value)


def test_a_dispatcher_that_stood_still_for_too_long_leaves_the_rest_to_the_next_turn(monkeypatch):
    taken = dispatcher.take_lock

    def slowly(cursor):
        taken(cursor)
        stand_still()

    monkeypatch.setattr(dispatcher, "take_lock", slowly)
    assert dispatcher.dispatch() == []


def test_another_internal_error_is_raised_at_once():
    def broken() -> None:
        raise InternalError from errors.InFailedSqlTransaction()

    with pytest.raises(InternalError):
        db_retry(broken)


def test_a_lease_is_renewed_after_its_session_was_ended(monkeypatch, settings):
    settings.LEASE_SECONDS = 4
    monkeypatch.setattr(lease, "renew", cut_off_once(renew))
    hold = a_hold()
    until = Run.objects.values_list("lease_until", flat=True).get(pk=hold.run.pk)
    with hold.heartbeat:
        deadline = time.monotonic() + 20
        while not Run.objects.filter(pk=hold.run.pk, lease_until__gt=until).exists():
            assert time.monotonic() < deadline, "the lease is renewed no more"
            time.sleep(0.02)
        assert hold.heartbeat.is_held()


def test_a_run_is_asked_again_whether_it_is_to_stop(monkeypatch):
    hold = a_hold()
    request_cancel(run=hold.run, actor=a_person())
    monkeypatch.setattr(hold, "_stop_by_people", cut_off_once(hold._stop_by_people))
    assert hold.stop() is Stop.NO
    hold.asked_at = 0.0
    assert hold.stop() is Stop.INTERRUPT


def test_the_events_of_a_run_wait_for_another_session(monkeypatch):
    hold = a_hold()
    monkeypatch.setattr(hold.recorder, "flush", cut_off_once(hold.recorder.flush))
    hold.recorder.note("run", verbatim("Something was done."))
    for _ in range(2):
        hold.recorder.flushed = 0.0
        hold.recorder.tick()
    assert RunEvent.objects.filter(run=hold.run).count() == 1


class Rounds(threading.Event):
    """An event that comes after so many waits."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.left = count

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        return self.left == 0


def test_a_worker_gives_its_next_sign_of_life(monkeypatch):
    monkeypatch.setattr(heartbeats, "sign", cut_off_once(heartbeats.sign))
    heartbeats._beat("celery@here", ["runs"], Rounds(2))
    assert Presence.objects.filter(name="celery@here").exists()


def test_a_worker_whose_last_session_was_ended_goes_all_the_same(monkeypatch):
    heartbeats.sign("celery@here", ["runs"])
    stopped: list[bool] = []
    monkeypatch.setitem(heartbeats._stops, "celery@here", lambda: stopped.append(True))
    monkeypatch.setattr(heartbeats, "leave", cut_off_once(heartbeats.leave))
    heartbeats.end(sender=SimpleNamespace(hostname="celery@here"))
    assert stopped == [True]
    assert Presence.objects.filter(name="celery@here").exists(), "it stays until it is old"


def test_a_turn_that_could_not_be_noted_does_not_fail(monkeypatch):
    record.expect()
    monkeypatch.setattr(record, "note", cut_off_once(record.note))
    task = SimpleNamespace(name="provisioning.reap_runs")
    record.after_a_turn(task=task, state=SUCCESS)
    assert PeriodicTask.objects.get(name=task.name).done_at is None
    record.after_a_turn(task=task, state=SUCCESS)
    assert PeriodicTask.objects.get(name=task.name).done_at is not None


def test_what_is_no_absence_is_not_passed_over():
    with pytest.raises(InternalError), going_on_while_away("It could not be done"):
        raise InternalError from errors.InFailedSqlTransaction()

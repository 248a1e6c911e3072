"""The dispatcher against PostgreSQL and a broker: what it marks, what it sends, and many of them at a time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway

from devtools.services.broker import running_broker
from portal import environment
from portal.celery import app
from provisioning.dispatch import dispatcher
from provisioning.dispatch.dispatcher import dispatch
from provisioning.dispatch.reading import UNCLAIMED
from provisioning.dispatch.reasons import why_waiting
from provisioning.models import Run
from provisioning.runs.cancellation import request_cancel
from provisioning.runs.claim import claim
from provisioning.states.runs import Priority, RunState
from provisioning.tasks import execute_run
from registry.districts.accounts import add_account
from tests.builders import a_person, a_run, moved, with_room

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

QUEUE = "runs"


def delivered() -> list[int]:
    """Take all messages out of the queue; return the runs that they name."""
    numbers: list[int] = []
    with current_app.connection_for_write() as opened:
        queue = opened.SimpleQueue(QUEUE)
        while True:
            try:
                message = queue.get(block=False)
            except queue.Empty:
                return numbers
            message.ack()
            numbers.append(message.payload[0][0])


@pytest.fixture(autouse=True)
def empty_queue() -> Iterator[None]:
    delivered()
    yield
    delivered()


@contextmanager
def held_back(settings) -> Iterator[None]:
    """Let runs be asked for while no place is free."""
    # A limit of nothing cannot be set from outside; here it makes a queue without a race.
    before, settings.RUNS_AT_ONCE = settings.RUNS_AT_ONCE, 0
    yield
    settings.RUNS_AT_ONCE = before


def awaiting_approval(run: Run) -> None:
    """Let a run that plans wait for a second person."""
    Run.objects.filter(pk=run.pk).update(approval_reasons=["Production"])
    moved(run, RunState.AWAITING_APPROVAL)


def marked() -> set[int]:
    return set(Run.objects.filter(sent_at__isnull=False).values_list("id", flat=True))


def test_a_run_that_is_asked_for_goes_to_the_workers_at_once():
    run = a_run()
    assert delivered() == [run.number]
    assert dispatch() == []
    assert delivered() == []


def test_over_the_limit_a_run_waits_and_says_why_until_a_place_comes_free(settings):
    settings.RUNS_PER_ACCOUNT = 1
    first, second = a_run(), a_run()
    assert delivered() == [first.number]
    wait = why_waiting(second)
    assert wait is not None
    assert (wait.place, wait.of, wait.sentence) == (1, 1, "Account Sandbox has 1 of 1 runs running.")
    assert claim(first.number, "test") is not None
    assert dispatch() == [], "a claimed run holds its place"
    first.refresh_from_db()
    moved(first, RunState.FAILED)
    assert delivered() == [second.number], "the end of the one sends the other"


def test_a_run_that_waits_for_approval_holds_no_place(settings):
    settings.RUNS_AT_ONCE = 1
    first, second = a_run(), a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING):
        moved(first, state)
    assert delivered() == [first.number]
    awaiting_approval(first)
    assert delivered() == [second.number]


def test_an_approved_run_goes_again_and_as_a_persons(settings):
    settings.RUNS_AT_ONCE = 1
    run, person = a_run(), a_person()
    Run.objects.filter(pk=run.pk).update(priority=Priority.SWEEP)
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    delivered()
    with held_back(settings):
        other_run = a_run()
        Run.objects.filter(pk=other_run.pk).update(priority=Priority.ROLLOUT)
        awaiting_approval(run)
        approval = {"actor": person, "decision": "approved", "decided_by": person, "decided_at": timezone.now()}
        moved(run, RunState.QUEUED, **approval)
    assert dispatch() == [run.number]
    assert delivered() == [run.number]


def test_a_run_that_nobody_claimed_is_sent_again_and_keeps_its_place(settings):
    settings.RUNS_AT_ONCE = 1
    run, other_run = a_run(), a_run()
    assert dispatch() == []
    Run.objects.filter(pk=run.pk).update(sent_at=timezone.now() - UNCLAIMED - timedelta(seconds=1))
    assert dispatch() == [run.number]
    assert delivered() == [run.number, run.number]
    assert marked() == {run.number}
    assert other_run.number not in marked()


def test_without_a_broker_runs_wait_unmarked_and_go_when_it_is_back(monkeypatch):
    attempts = []

    def away(*args: object, **kwargs: object) -> None:
        attempts.append(args)
        raise BrokerAway

    with monkeypatch.context() as broken:
        broken.setattr(execute_run, "apply_async", away)
        first, second = a_run(), a_run()
        attempts.clear()
        assert set(dispatch()) == {first.number, second.number}
        assert len(attempts) == 1, "a broker that does not answer is asked once, not for each run"
    assert marked() == set()
    assert dispatch() == [first.number, second.number]
    assert delivered() == [first.number, second.number]


def test_a_delivery_before_the_runs_turn_exceeds_no_limit(settings):
    settings.RUNS_AT_ONCE = 1
    _, second = a_run(), a_run()
    execute_run(second.number)
    second.refresh_from_db()
    assert second.state == RunState.QUEUED


def test_a_canceled_run_gives_its_place_to_the_next(settings):
    settings.RUNS_AT_ONCE = 1
    first, second = a_run(), a_run()
    request_cancel(run=first, actor=None)
    assert delivered() == [first.number, second.number]


def test_many_dispatchers_at_a_time_never_exceed_a_limit_and_send_each_run_once(settings):
    south = with_room(add_account(name="South", account_id="210987654321", actor=None))
    settings.RUNS_PER_ACCOUNT, settings.RUNS_PER_REGION = 4, 100
    with held_back(settings):
        runs = [a_run(account_id=south.account_id if number % 2 else "123456789012") for number in range(24)]
    settings.RUNS_AT_ONCE = 6
    outcomes: list[list[int]] = []
    too_many: list[Counter[str]] = []
    start = threading.Barrier(8)

    def work() -> None:
        try:
            start.wait()
            for _ in range(12):
                outcomes.append(dispatch())
                holding = list(
                    Run.objects.filter(sent_at__isnull=False, state__in=["queued", "synthesizing"]).values_list(
                        "district__account_id", flat=True
                    )
                )
                counted = Counter(str(account) for account in holding)
                if len(holding) > 6 or max(counted.values(), default=0) > 4:
                    too_many.append(counted)
                # A worker takes the oldest run that was sent, and ends it: its place comes free.
                oldest = Run.objects.filter(state="queued", sent_at__isnull=False).order_by("sent_at").first()
                taken = claim(oldest.number, "test") if oldest else None
                if taken is not None:
                    moved(taken[0], RunState.FAILED)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert too_many == []
    sent = delivered()
    assert len(sent) == len(set(sent)), "a run was sent twice"
    assert set(sent) == {run.number for run in runs}
    assert len(outcomes) == 96


@contextmanager
def another_session() -> Iterator[BaseDatabaseWrapper]:
    """Yield a connection of its own, as another host has."""
    session = connection.copy()
    try:
        yield session
    finally:
        session.close()


def test_a_dispatcher_that_holds_the_lock_for_long_makes_nobody_wait_for_it(monkeypatch, settings):
    with held_back(settings):
        run = a_run()
    monkeypatch.setattr(dispatcher, "LOCK_WAIT_MS", 50)
    with another_session() as session, session.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [dispatcher.DISPATCH_LOCK])
        assert dispatch() == []
    assert dispatch() == [run.number]


def test_the_lock_of_a_dispatcher_that_vanished_comes_free(monkeypatch, settings):
    with held_back(settings):
        run = a_run()
    monkeypatch.setattr(dispatcher, "LOCK_WAIT_MS", 50_000)
    with another_session() as session:
        session.set_autocommit(False)
        with session.cursor() as cursor:
            dispatcher.take_lock(cursor)
            cursor.execute("SELECT current_setting('idle_in_transaction_session_timeout')::interval")
            assert cursor.fetchone() == (timedelta(milliseconds=dispatcher.IDLE_MS),)
            # The test does not wait for so long; the next dispatcher may take its time.
            cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', '50', true)")
        # It says nothing any more: PostgreSQL ends its session, and the next one need not wait for its host.
        assert dispatch() == [run.number]
        # Which error it is depends on whether its end is read before the question is sent.
        with pytest.raises(DatabaseError, match=r"idle-in-transaction|closed|terminat"), session.cursor() as cursor:
            cursor.execute("SELECT 1")


def test_every_wait_for_the_database_has_an_end(settings):
    options = environment.database("postgresql://u:p@h/d", statement_seconds=60)["OPTIONS"]
    assert set(settings.DATABASES["default"]["OPTIONS"]) == set(options)
    limits = environment.server_limits(statement_seconds=60)
    with another_session() as session:
        session.settings_dict = {**session.settings_dict, "OPTIONS": options}
        with session.cursor() as cursor:
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
                cursor.execute("SELECT current_setting(%s)::interval = %s::interval", [name, limits[name]])
                assert cursor.fetchone() == (True,), name
        assert session.connection is not None
        parameters = session.connection.info.get_parameters()
    # libpq's own: towards a server that does not answer, or does not answer any more.
    assert (parameters["connect_timeout"], parameters["tcp_user_timeout"]) == ("5", "30000")
    assert (parameters["keepalives_idle"], parameters["keepalives_interval"], parameters["keepalives_count"]) == (
        "10",
        "5",
        "4",
    )


def test_workers_take_a_persons_run_before_those_that_were_sent_earlier(tmp_path: Path):
    with (
        running_broker(tmp_path) as broker,
        app.connection_for_write(url=broker.url) as opened,
        app.amqp.Producer(opened) as producer,
    ):
        for number, priority in ((1, Priority.SWEEP), (2, Priority.ROLLOUT), (3, Priority.PERSON)):
            execute_run.apply_async((number,), priority=priority, producer=producer)
        queue, order = opened.SimpleQueue(QUEUE), []
        for _ in range(3):
            message = queue.get(timeout=5)
            message.ack()
            order.append(message.payload[0][0])
        queue.close()
    assert order == [3, 2, 1]

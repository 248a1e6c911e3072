"""Chores wait for AWS: many at a time, but not too many, for so long, and each by one worker alone."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from django.db import connection
from django.utils import timezone

from engine.errors import AwsUnavailableError
from messages.message import verbatim
from provisioning.health import pipeline_metrics
from provisioning.models import Run
from provisioning.periodic.batches import ask_many
from provisioning.periodic.exclusive import lock_of
from provisioning.states.runs import RunState
from provisioning.tasks import measure_pipelines, reap_runs
from tests.builders import a_run, moved


def test_so_many_are_asked_at_a_time_and_no_more():
    together = threading.Barrier(3, timeout=20)
    lock, under_way = threading.Lock(), Counter[str]()

    def ask(row: int) -> int:
        with lock:
            under_way["now"] += 1
            under_way["most"] = max(under_way["most"], under_way["now"])
        # Nobody gets on before three are here.
        together.wait()
        with lock:
            under_way["now"] -= 1
        return row * row

    assert list(ask_many(range(6), ask, seconds=60, at_once=3)) == [(row, row * row) for row in range(6)]
    assert under_way["most"] == 3


def test_none_is_begun_when_the_time_is_over_and_a_refusal_is_an_answer():
    refused = AwsUnavailableError(verbatim("AWS did not let us."))

    def ask(row: int) -> int:
        if row == 1:
            raise refused
        return row

    assert list(ask_many((1, 2), ask, seconds=60)) == [(1, refused), (2, 2)]
    assert list(ask_many((1, 2), ask, seconds=0)) == []


@pytest.mark.django_db
def test_a_chore_is_done_by_one_worker_at_a_time(monkeypatch):
    measured: list[int] = []
    monkeypatch.setattr("provisioning.tasks.measure_all", lambda: measured.append(1))
    theirs = connection.copy()
    try:
        with theirs.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [lock_of("measure pipelines")])
        measure_pipelines()
        assert measured == []
    finally:
        # As when the worker dies that has it.
        theirs.close()
    # PostgreSQL notices the end of a connection a moment later than we do.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '20s'")
        cursor.execute("SELECT pg_advisory_lock(%s)", [lock_of("measure pipelines")])
        cursor.execute("SELECT pg_advisory_unlock(%s)", [lock_of("measure pipelines")])
    measure_pipelines()
    measure_pipelines()
    assert measured == [1, 1]


@pytest.mark.django_db
def test_the_reaper_asks_the_database_alone(monkeypatch):
    def call(*args: Any, **named: Any) -> None:
        raise AssertionError("AWS was asked")

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    lost, waits = moved(a_run(), RunState.SYNTHESIZING), a_run()
    Run.objects.filter(pk=lost.pk).update(lease_until=timezone.now() - timedelta(minutes=5))
    reap_runs()
    lost.refresh_from_db()
    waits.refresh_from_db()
    assert lost.state == RunState.LOST
    assert waits.sent_at is not None


def test_as_many_districts_are_looked_at_in_a_minute_as_keep_figures_young():
    # 13,000 districts, each looked at within ten minutes.
    assert pipeline_metrics.MOST_AT_A_TIME * 10 >= 13_000

"""Each piece of periodic work keeps when it was last done; one that is late, fails or is still at work shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from provisioning import tasks
from provisioning.models import PeriodicTask
from provisioning.periodic.record import after_a_turn, expect, schedule

pytestmark = pytest.mark.django_db


def row(name: str) -> PeriodicTask:
    return PeriodicTask.objects.get(name=name)


def test_there_is_a_row_for_each_piece_of_work_that_beat_asks_for():
    PeriodicTask.objects.create(name="provisioning.gone", interval_seconds=1, expected_since=timezone.now())
    tasks.reap_runs()
    assert set(PeriodicTask.objects.values_list("name", flat=True)) == set(schedule())
    assert row("provisioning.read_quotas").interval_seconds == 3600
    since = row("provisioning.read_quotas").expected_since
    PeriodicTask.objects.filter(name="provisioning.read_quotas").update(interval_seconds=1)
    expect()
    assert row("provisioning.read_quotas").interval_seconds == 3600
    assert row("provisioning.read_quotas").expected_since == since


def test_it_is_due_an_interval_after_it_was_done_or_first_asked_for():
    expect()
    never = row("provisioning.fold_measurements")
    assert never.due_at == never.expected_since + timedelta(seconds=60)
    tasks.fold_measurements.apply()
    done = row("provisioning.fold_measurements")
    assert done.done_at is not None
    assert done.due_at == done.done_at + timedelta(seconds=60)


def test_a_turn_that_fails_is_counted_and_not_done(monkeypatch):
    expect()

    def fail() -> None:
        raise LookupError

    monkeypatch.setattr(tasks, "deliver_due", fail)
    tasks.send_notices.apply()
    assert row("provisioning.send_notices").failures == 1
    assert row("provisioning.send_notices").done_at is None


def test_a_turn_that_found_another_worker_at_it_is_none(monkeypatch):
    expect()
    monkeypatch.setattr(tasks, "do_alone", lambda *_: False)
    tasks.sweep_drift.apply()
    assert row("provisioning.sweep_drift").done_at is None
    assert row("provisioning.sweep_drift").failures == 0


def test_what_somebody_asks_for_of_one_account_is_no_turn():
    expect()
    tasks.read_quotas.apply(args=(10**6,))
    tasks.check_access.apply(kwargs={"account": 10**6})
    assert row("provisioning.read_quotas").done_at is None
    assert row("provisioning.check_access").done_at is None
    tasks.check_access.apply()
    assert row("provisioning.check_access").done_at is not None


def test_a_run_is_no_periodic_work():
    after_a_turn(task=tasks.execute_run, state="SUCCESS")
    assert "provisioning.execute_run" not in schedule()
    assert set(schedule()) == {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

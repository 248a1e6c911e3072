"""Beat by the time that passes: a clock that is set stops no periodic work, and has none repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from celery import Celery
from celery.utils.imports import symbol_by_name
from django.conf import settings

from engine.processes.supervisor import ticking
from portal.celery import app
from provisioning.periodic import steady_beat

STEPS = [pytest.param(timedelta(hours=hours), id=f"{hours:+d} h") for hours in (-4, -1, 1, 4)]
SCHEDULE: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
OFTEN = {name for name, entry in SCHEDULE.items() if entry["schedule"] <= 15}


class Beat:
    """Beat as the settings have it; what it would send is kept, and nothing waits."""

    def __init__(self, file: Path) -> None:
        chosen = symbol_by_name(settings.CELERY_BEAT_SCHEDULER)
        self.scheduler = chosen(app=app, schedule_filename=str(file))
        self.sent: list[str] = []
        self.scheduler.apply_entry = lambda entry, producer=None: self.sent.append(entry.name)
        self.scheduler.producer = None

    def turn(self) -> list[str]:
        """Have beat send all that is due, and return what that was."""
        self.sent.clear()
        while self.scheduler.tick() == 0:
            pass
        return sorted(self.sent)

    def close(self) -> None:
        """End it; what it has done is kept in its file."""
        self.scheduler.close()


@contextmanager
def wall_clock(step: timedelta) -> Iterator[None]:
    """Have Celery read a wall clock that was set."""
    true = Celery.now

    def now(app: Celery) -> datetime:
        return true(app) + step

    with mock.patch.object(Celery, "now", now):
        yield


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what lets seconds pass."""
    passed = [0.0]
    monkeypatch.setattr(steady_beat, "ticking", lambda: ticking() + passed[0])

    def let_pass(seconds: float) -> None:
        passed[0] += seconds

    return let_pass


@pytest.mark.parametrize("step", STEPS)
def test_a_clock_that_is_set_stops_and_repeats_nothing(tmp_path, passing, step):
    beat = Beat(tmp_path / "schedule")
    assert beat.turn() == [], "what begins waits for its time"
    with wall_clock(step):
        assert beat.turn() == []
        passing(16)
        assert set(beat.turn()) == OFTEN, "what is due by the time that has passed"
        assert beat.turn() == []
        passing(16)
        assert set(beat.turn()) == OFTEN
    beat.close()


@pytest.mark.parametrize("step", STEPS)
def test_what_a_beat_of_another_clock_has_kept_holds_nothing_up(tmp_path, passing, monkeypatch, step):
    beat = Beat(tmp_path / "schedule")
    passing(16)
    assert set(beat.turn()) == OFTEN
    beat.close()
    # The next one begins when the clock is another.
    monkeypatch.setattr(steady_beat, "BEGAN_AT", steady_beat.BEGAN_AT + step)
    beat = Beat(tmp_path / "schedule")
    passing(16)
    assert set(beat.turn()) >= OFTEN
    beat.close()


def test_nothing_of_its_schedule_goes_by_another_clock(tmp_path):
    # Entries are asked in the order of their times: one by a clock that is behind would stand before all others.
    beat = Beat(tmp_path / "schedule")
    other = {
        name
        for name, entry in beat.scheduler.schedule.items()
        if not isinstance(entry.schedule, steady_beat.SteadySchedule)
    }
    beat.close()
    assert other == set()


def test_what_is_seldom_due_is_asked_for_once_in_its_time(tmp_path, passing):
    beat = Beat(tmp_path / "schedule")
    with wall_clock(-timedelta(hours=1)):
        passing(3601)
        assert "read-quotas" in beat.turn()
        passing(3500)
        assert "read-quotas" not in beat.turn()
    beat.close()

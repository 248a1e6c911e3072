"""The periodic work: where each piece goes, how long it may take, and that turns which nobody took do not pile up."""

from __future__ import annotations

from typing import Any

import pytest
from celery import current_app
from django.conf import settings

import provisioning.tasks  # noqa: F401 - registers its tasks
import registry.audit.tasks  # noqa: F401 - registers its tasks

SCHEDULE: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
KEEPS_RUNS_ALIVE = {"provisioning.reap_runs"}


def queue_of(task: str) -> str:
    return str(current_app.amqp.router.route({}, task)["queue"].name)


def test_what_keeps_runs_alive_has_a_queue_that_nothing_else_goes_to():
    tasks = {name for name in current_app.tasks if name.startswith(("provisioning.", "audit."))}
    assert tasks >= KEEPS_RUNS_ALIVE
    assert {task for task in tasks if queue_of(task) == "upkeep"} == KEEPS_RUNS_ALIVE
    assert {queue_of(task) for task in tasks - KEEPS_RUNS_ALIVE} == {"runs", "chores"}


@pytest.mark.parametrize("entry", list(SCHEDULE.values()), ids=list(SCHEDULE))
def test_a_turn_that_nobody_took_is_gone_when_the_next_one_comes_or_a_minute_is_over(entry):
    """Clocks of hosts may be half a minute apart (docs/operations.md), and as much is left for the way."""
    assert entry["options"]["expires"] == max(float(entry["schedule"]), 60.0)


@pytest.mark.parametrize("entry", list(SCHEDULE.values()), ids=list(SCHEDULE))
def test_each_piece_of_work_has_an_end_of_its_own(entry):
    task = current_app.tasks[entry["task"]]
    assert task.soft_time_limit is not None
    assert task.time_limit is not None
    # What Celery takes from the settings is meant for runs, and lasts for hours.
    assert task.soft_time_limit < task.time_limit < settings.CELERY_TASK_SOFT_TIME_LIMIT

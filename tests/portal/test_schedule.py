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


LONG = 600
"""Seconds: a chore that may take longer holds a child of its worker for long."""


def queue_of(task: str, *arguments: object) -> str:
    return str(current_app.amqp.router.route({}, task, args=arguments)["queue"].name)


def test_what_keeps_runs_alive_has_a_queue_that_nothing_else_goes_to():
    tasks = {name for name in current_app.tasks if name.startswith(("provisioning.", "audit."))}
    assert tasks >= KEEPS_RUNS_ALIVE
    assert {task for task in tasks if queue_of(task) == "upkeep"} == KEEPS_RUNS_ALIVE
    assert {queue_of(task) for task in tasks - KEEPS_RUNS_ALIVE} == {"runs", "chores", "long-chores"}


def test_no_chore_waits_behind_one_that_may_wait_for_aws_for_long():
    tasks = [task for name, task in current_app.tasks.items() if name.startswith(("provisioning.", "audit."))]
    long = {task.name for task in tasks if (task.soft_time_limit or 0) > LONG and queue_of(task.name) != "runs"}
    assert {task.name for task in tasks if queue_of(task.name) == "long-chores"} == long
    assert {"provisioning.read_costs", "provisioning.read_quotas"} < long


@pytest.mark.parametrize("task", ["provisioning.check_access", "provisioning.read_quotas"])
def test_what_somebody_asks_for_of_one_account_waits_behind_no_other(task: str):
    assert (queue_of(task), queue_of(task, 17)) == ("long-chores", "chores")


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

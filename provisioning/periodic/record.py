"""Keeps when each piece of periodic work was last done, so that one that is late is seen before anybody misses it."""

from __future__ import annotations

from typing import Any

from celery.signals import task_postrun
from celery.states import SUCCESS
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from provisioning.db_retry import going_on_while_away
from provisioning.models import PeriodicTask


def schedule() -> dict[str, int]:
    """Return what beat asks for, by the task's name, and every how many seconds."""
    entries: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    return {str(entry["task"]): int(entry["schedule"]) for entry in entries.values()}


def expect() -> None:
    """Have a row for each piece of work that beat asks for, and none for what it asks for no more."""
    wanted = schedule()
    known = dict(PeriodicTask.objects.values_list("name", "interval_seconds"))
    if known == wanted:
        return
    PeriodicTask.objects.exclude(name__in=wanted).delete()
    PeriodicTask.objects.bulk_create(
        (PeriodicTask(name=name, interval_seconds=seconds, expected_since=Now()) for name, seconds in wanted.items()),
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["interval_seconds"],
    )


def note(name: str, *, is_done: bool) -> None:
    """Keep that a turn is over."""
    rows = PeriodicTask.objects.filter(name=name)
    if is_done:
        rows.update(done_at=Now())
    else:
        rows.update(failures=F("failures") + 1)


@task_postrun.connect(weak=False)
def after_a_turn(
    task: Any = None, state: str | None = None, retval: Any = None, args: Any = None, kwargs: Any = None, **_: Any
) -> None:
    """Note the turn; one that found another worker still at it, or that somebody asked for one row, is none."""
    name = str(getattr(task, "name", ""))
    if name not in schedule() or args or kwargs or retval is False:
        return
    with going_on_while_away(f"The turn of {name} could not be noted"):
        note(name, is_done=state == SUCCESS)

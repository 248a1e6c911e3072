"""Beat by the clock that counts since boot: a wall clock that is set neither stops periodic work nor has it repeated.

Celery asks the wall clock what is due, so that one set back by an hour would leave the fleet without its reaper, its
dispatcher and its notices for that hour. Source: celery.schedules.BaseSchedule.now, celery.beat.Scheduler.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from celery.beat import PersistentScheduler
from celery.schedules import schedstate, schedule

from engine.processes.supervisor import ticking

BEGAN_AT, BEGAN = datetime.now(UTC), ticking()


def steady_now() -> datetime:
    """Return the time by what the wall clock was when this process began, and what has passed since then."""
    return BEGAN_AT + timedelta(seconds=ticking() - BEGAN)


class SteadySchedule(schedule):
    """An interval that is measured by what passes."""

    def now(self) -> datetime:
        """Return the time by which beat decides; it never goes back."""
        return steady_now()

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Return whether it is due, and in how many seconds to ask again.

        Due is also what an earlier beat has done in what is our future: the clock by which that one began was ahead.
        """
        now, last = self.now(), self.maybe_make_aware(last_run_at)
        state: schedstate = super().is_due(last if last <= now else now - timedelta(seconds=self.seconds))
        return state


class SteadyScheduler(PersistentScheduler):
    """Celery's own scheduler, with the intervals of the settings measured so."""

    def install_default_entries(self, data: Any) -> None:
        """Add nothing of Celery's own: it would clean up results, which are kept nowhere, at four by the wall clock.

        Entries are asked in the order of their times, and one by a clock that is behind would hold up all others.
        """

    def merge_inplace(self, b: Any) -> None:
        """Take over the settings' schedule."""
        steady: Any = {name: {**entry, "schedule": SteadySchedule(entry["schedule"])} for name, entry in b.items()}
        super().merge_inplace(steady)

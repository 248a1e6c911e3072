"""When a maintenance window is open: arithmetic over weekdays, clock times and time zones. Pure.

A window begins by the clock on the wall of its time zone, and lasts so many minutes that really pass. Where clocks are
set forward and the time of its beginning is left out, it begins as if they had not been: 02:30 is then 03:30. Where
they are set back and the time comes twice, the first counts. Both are RFC 5545, section 3.3.5, "Form #3", and what
`zoneinfo` does with `fold=0`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_MINUTES = 24 * 60
"""A window never reaches into the one of its next day."""

DAYS_AHEAD = 9
"""Within so many days every window that has a weekday begins once."""


@dataclass(frozen=True)
class Window:
    """Weekdays (0 is Monday), when it begins by the clock, how many minutes it lasts, and in which time zone."""

    weekdays: frozenset[int]
    starts: time
    minutes: int
    zone: str

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Return from when to when the window that begins on this day is open, in UTC."""
        wall = datetime.combine(day, self.starts, ZoneInfo(self.zone))
        begin = wall.astimezone(UTC)
        return begin, begin + timedelta(minutes=self.minutes)

    def spans(self, now: datetime, days_ahead: int = DAYS_AHEAD) -> Iterable[tuple[datetime, datetime]]:
        """Yield the spans around a moment and after it, the earliest first."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        for ahead in range(-2, days_ahead):
            day = today + timedelta(days=ahead)
            if day.weekday() in self.weekdays:
                yield self.span(day)

    def is_open(self, now: datetime) -> bool:
        """Return whether the window is open; the end is not part of it."""
        return any(begin <= now < end for begin, end in self.spans(now, days_ahead=1))

    def opens_at(self, now: datetime) -> datetime:
        """Return when it is open next, in UTC: now, where it is open. Raises ValueError for one without a weekday."""
        openings = [max(begin, now) for begin, end in self.spans(now) if now < end]
        if not openings:
            raise ValueError("A window without a weekday is never open.")
        return min(openings).astimezone(UTC)


def local_moment(moment: datetime, zone: str) -> str:
    """Write a moment by the clock of a time zone, such as ``2026-03-08 03:30 CDT``."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %Z")

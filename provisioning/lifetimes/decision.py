"""How near an end is: by the calendar on the wall of the district's time zone. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Stage(StrEnum):
    """How near an end is; the values are what is kept of how far people were told."""

    FAR = ""
    AHEAD = "ahead"
    OVER = "over"


def today_in(zone: str, now: datetime) -> date:
    """Return the day that it is in a time zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def stage_of(last_day: date, notice_days: int, zone: str, now: datetime) -> Stage:
    """Return how near an end is; the last day itself is still part of the time, to its local midnight."""
    today = today_in(zone, now)
    if today > last_day:
        return Stage.OVER
    return Stage.AHEAD if today >= last_day - timedelta(days=notice_days) else Stage.FAR

"""Freezes, maintenance windows, and the last days of lifetimes and contracts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field

from messages.message import message
from portal.api.schemas.base import RequestBody, ResponsePart
from provisioning.calendar.service import LONGEST_REASON, SHORTEST_MINUTES
from provisioning.calendar.windows import LONGEST_MINUTES
from provisioning.lifetimes.service import MOST_NOTICE_DAYS
from provisioning.models import DistrictEnd, EndKind, Freeze, MaintenanceWindow


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError(message("Send a moment as text, such as 2026-04-13T08:00:00-05:00."))
    return datetime.fromisoformat(value)


def _day(value: Any) -> date:
    if not isinstance(value, str):
        raise ValueError(message("Send a day as text, such as 2026-06-30."))
    return date.fromisoformat(value)


Moment = Annotated[AwareDatetime, BeforeValidator(_moment), Field(description="With its offset from UTC.")]
Day = Annotated[date, BeforeValidator(_day)]
District = Annotated[str, Field(max_length=20, description="A district's suffix; empty for more than one district.")]
Account = Annotated[str, Field(pattern="^([0-9]{12})?$", description="An AWS account's id; empty, too, for the fleet.")]


class FreezeOut(ResponsePart):
    """A time in which no apply starts in its reach."""

    number: int
    district: str | None = Field(description="Null where it is about more than one district.")
    account_id: str | None = Field(description="Null where it is about a district, or the fleet.")
    reason: str
    starts_at: datetime
    ends_at: datetime
    is_in_force: bool
    created_at: datetime
    created_by: str | None
    ended_at: datetime | None = Field(description="When somebody ended it before its time.")


class FreezePage(ResponsePart):
    """Some freezes, the newest first."""

    items: list[FreezeOut]
    next: str | None


class FreezeIn(RequestBody):
    """From when to when no apply starts, and why."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
    starts_at: Moment
    ends_at: Moment
    district: District = ""
    account_id: Account = ""


class WindowOut(ResponsePart):
    """When applies that nobody asked for now may start."""

    number: int
    district: str | None
    account_id: str | None
    weekdays: list[int] = Field(description="0 is Monday.")
    starts: str = Field(description="By the clock of the time zone.")
    minutes: int
    time_zone: str
    created_at: datetime
    created_by: str | None
    ended_at: datetime | None


class WindowPage(ResponsePart):
    """Some maintenance windows, the newest first."""

    items: list[WindowOut]
    next: str | None


class WindowIn(RequestBody):
    """On which days, from when on, and for how long."""

    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, max_length=7)]
    starts: Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    minutes: Annotated[int, Field(ge=SHORTEST_MINUTES, le=LONGEST_MINUTES)]
    time_zone: Annotated[str, Field(max_length=64)]
    district: District = ""
    account_id: Account = ""


class EndOut(ResponsePart):
    """The last day of a sandbox's lifetime, or of a district's contract."""

    kind: EndKind
    last_day: date
    notice_days: int
    tears_down: bool = Field(description="Whether its teardown is requested by itself then.")
    set_by: str | None
    done_at: datetime | None


class EndsOut(ResponsePart):
    """The ends that a district has."""

    items: list[EndOut]


class EndIn(RequestBody):
    """A last day, in the district's time zone."""

    kind: Annotated[EndKind, Field(strict=False)]
    last_day: Day
    notice_days: Annotated[int, Field(ge=1, le=MOST_NOTICE_DAYS)] = 14
    typed_name: Annotated[
        str, Field(max_length=32, description="The suffix once more: the consent to a lifetime's teardown.")
    ] = ""


class EndKindIn(RequestBody):
    """Which end is meant."""

    kind: Annotated[EndKind, Field(strict=False)]


class TimeZoneIn(RequestBody):
    """By which clock a district's windows and last days run."""

    time_zone: Annotated[str, Field(min_length=1, max_length=64, description="Such as America/Chicago.")]


class TimeZoneOut(ResponsePart):
    """A district's time zone."""

    time_zone: str
    windows: int = Field(description="How many of the district's own maintenance windows follow this change.")


class OverrideIn(RequestBody):
    """Why a run starts in spite of what holds it."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)]


def _reach(entry: Freeze | MaintenanceWindow) -> dict[str, Any]:
    return {
        "number": entry.number,
        "district": entry.district.suffix if entry.district else None,
        "account_id": entry.account.account_id if entry.account else None,
        "created_at": entry.created_at,
        "created_by": entry.created_by.get_username() if entry.created_by else None,
        "ended_at": entry.ended_at,
    }


def freeze_out(freeze: Freeze) -> FreezeOut:
    """Return a freeze."""
    copied = ("reason", "starts_at", "ends_at", "is_in_force")
    return FreezeOut(**_reach(freeze), **{name: getattr(freeze, name) for name in copied})


def window_out(window: MaintenanceWindow) -> WindowOut:
    """Return a maintenance window."""
    copied = ("minutes", "time_zone")
    values = {name: getattr(window, name) for name in copied}
    return WindowOut(**_reach(window), weekdays=window.days, starts=f"{window.starts:%H:%M}", **values)


def end_out(end: DistrictEnd) -> EndOut:
    """Return an end."""
    return EndOut(
        kind=EndKind(end.kind),
        last_day=end.last_day,
        notice_days=end.notice_days,
        tears_down=bool(end.confirmed_name),
        set_by=end.set_by.get_username() if end.set_by else None,
        done_at=end.done_at,
    )

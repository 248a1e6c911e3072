"""The only writer of freezes and maintenance windows. Operators write a district's, administrators all others."""

from __future__ import annotations

import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from messages.message import Message, beside_fields, message
from provisioning.calendar.windows import LONGEST_MINUTES, local_moment
from provisioning.models import Freeze, MaintenanceWindow
from provisioning.models.calendar import Reach, to_mask
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import Rights, require
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import AwsAccount, District

LONGEST_REASON = 120
LATEST_START = timedelta(days=5 * 366)
LONGEST_FREEZE = timedelta(days=400)
"""A freeze that is longer is a mistake in the year."""

SHORTEST_MINUTES = 15
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Entry = TypeVar("Entry", Freeze, MaintenanceWindow)


class CalendarRefusedError(Exception):
    """An entry of the calendar cannot be made: for each field, what is wrong and what to do."""

    code = "calendar_refused"

    def __init__(self, problems: Mapping[str, Sequence[str]]) -> None:
        self.problems: dict[str, list[str]] = {field: list(sentences) for field, sentences in problems.items()}
        super().__init__(beside_fields(self.problems))


@dataclass(frozen=True)
class Scope:
    """Whom an entry is about: a district, an AWS account, or neither for the fleet."""

    district: District | None = None
    account: AwsAccount | None = None

    def may_be_written_with(self, rights: Rights) -> bool:
        """Return whether somebody with these rights may write one."""
        if self.district is None:
            return rights.may(Act.ADMINISTER)
        return rights.may(Act.OPERATE, self.district.place)

    def require(self, actor: User | None) -> None:
        """Raise NotAllowedError for who may not write one."""
        if self.district is None:
            require(actor, Act.ADMINISTER)
        else:
            require(actor, Act.OPERATE, self.district.place)

    @classmethod
    def of(cls, entry: Reach) -> Scope:
        """Return whom an entry is about."""
        return cls(entry.district, entry.account)


@transaction.atomic
def create_freeze(*, scope: Scope, reason: str, starts_at: datetime, ends_at: datetime, actor: User | None) -> Freeze:
    """Return the new freeze, from one moment to another. Raises NotAllowedError, or CalendarRefusedError."""
    scope.require(actor)
    problems: dict[str, list[str]] = defaultdict(list)
    if not reason.strip():
        problems["reason"].append(message("Say why; every run that is held shows it."))
    elif len(reason.strip()) > LONGEST_REASON:
        problems["reason"].append(
            message("Shorten the reason to {longest_reason} characters.", longest_reason=LONGEST_REASON)
        )
    if ends_at <= starts_at:
        problems["ends_at"].append(message("The end has to come after the beginning."))
    elif ends_at <= timezone.now():
        problems["ends_at"].append(message("The end is over already."))
    elif starts_at - timezone.now() > LATEST_START:
        problems["starts_at"].append(message("A freeze begins within five years."))
    elif ends_at - starts_at > LONGEST_FREEZE:
        problems["ends_at"].append(message("A freeze lasts {days} days at most.", days=LONGEST_FREEZE.days))
    if problems:
        raise CalendarRefusedError(problems)
    freeze = Freeze.objects.create(
        district=scope.district,
        account=scope.account,
        reason=reason.strip(),
        starts_at=starts_at,
        ends_at=ends_at,
        created_by=actor,
    )
    _record(
        freeze,
        AuditAction.FREEZE_CREATED,
        message(
            "{scope}: no apply starts from {moment} until {moment2}: {reason}",
            scope=freeze.scope,
            moment=local_moment(starts_at, "UTC"),
            moment2=local_moment(ends_at, "UTC"),
            reason=freeze.reason,
        ),
        actor,
        {"reason": freeze.reason, "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()},
    )
    return freeze


@transaction.atomic
def end_freeze(*, freeze: Freeze, actor: User | None) -> Freeze:
    """End a freeze before its time; what it holds goes on. Asking twice is fine. Raises NotAllowedError."""
    return _end(Freeze, freeze.pk, AuditAction.FREEZE_ENDED, message("the freeze was ended"), actor)


@transaction.atomic
def create_window(
    *, scope: Scope, weekdays: Iterable[int], starts: time, minutes: int, time_zone: str, actor: User | None
) -> MaintenanceWindow:
    """Return the new maintenance window; weekdays are 0 to 6 from Monday. Raises NotAllowedError, CalendarRefusedError.

    From its first window on, whoever it reaches has applies that nobody asked for now started in windows alone.
    """
    scope.require(actor)
    days = sorted(set(weekdays))
    problems: dict[str, list[str]] = defaultdict(list)
    if not days or not all(0 <= day <= 6 for day in days):
        problems["weekdays"].append(message("Choose at least one day of the week."))
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        problems["minutes"].append(
            message(
                "A window lasts from {shortest_minutes} to {longest_minutes} minutes.",
                shortest_minutes=SHORTEST_MINUTES,
                longest_minutes=LONGEST_MINUTES,
            )
        )
    if time_zone not in zoneinfo.available_timezones():
        problems["time_zone"].append(
            message("{time_zone} is no time zone. Use one such as America/Chicago.", time_zone=time_zone[:64])
        )
    if problems:
        raise CalendarRefusedError(problems)
    window = MaintenanceWindow.objects.create(
        district=scope.district,
        account=scope.account,
        weekdays=to_mask(days),
        starts=starts.replace(tzinfo=None),
        minutes=minutes,
        time_zone=time_zone,
        created_by=actor,
    )
    names = ", ".join(DAY_NAMES[day] for day in days)
    _record(
        window,
        AuditAction.WINDOW_CREATED,
        message(
            "{scope}: a maintenance window opens {names} at {starts} {time_zone} for {minutes} min.",
            scope=window.scope,
            names=names,
            starts=f"{window.starts:%H:%M}",
            time_zone=time_zone,
            minutes=minutes,
        ),
        actor,
        {"weekdays": days, "starts": f"{window.starts:%H:%M}", "minutes": minutes, "time_zone": time_zone},
    )
    return window


@transaction.atomic
def end_window(*, window: MaintenanceWindow, actor: User | None) -> MaintenanceWindow:
    """Take a window away. Asking twice is fine. Raises NotAllowedError."""
    return _end(
        MaintenanceWindow, window.pk, AuditAction.WINDOW_ENDED, message("the maintenance window was removed"), actor
    )


def _end(model: type[Entry], key: int, action: AuditAction, sentence: Message, actor: User | None) -> Entry:
    rows = model.objects.select_for_update(of=("self",)).select_related("district", "account")
    entry = rows.get(pk=key)
    Scope.of(entry).require(actor)
    if entry.ended_at is None:
        entry.ended_at = timezone.now()
        entry.save(update_fields=["ended_at"])
        _record(
            entry,
            action,
            message("{scope}: {told} ({entry}).", scope=entry.scope, told=sentence, entry=entry),
            actor,
            {},
        )
    return entry


def _record(entry: Reach, action: AuditAction, message: Message, actor: User | None, after: dict[str, Any]) -> None:
    account = entry.account.account_id if entry.account is not None else None
    record(
        action=action,
        actor=actor,
        subject_kind="calendar",
        subject_id=str(entry.number),
        district=entry.district,
        message=message,
        after={**after, "account": account} if after else None,
    )

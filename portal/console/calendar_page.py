"""What pages show of the calendar: freezes and maintenance windows, and what is ahead. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR

from infra.spec import Environment
from provisioning.calendar.holds import about, as_window, count_held
from provisioning.calendar.service import Scope
from provisioning.models import DistrictEnd, EndKind, Freeze, MaintenanceWindow, Rollout
from provisioning.models.calendar import OPEN
from provisioning.states.rollouts import RolloutState
from registry.accounts.models import User
from registry.accounts.roles import has_role
from registry.districts.models import AwsAccount, District
from registry.districts.statuses import DistrictStatus

SHOWN = 100
AHEAD = timedelta(days=90)


@dataclass(frozen=True)
class FreezeLine:
    """A freeze, and whether this person may end it."""

    freeze: Freeze
    may_end: bool


@dataclass(frozen=True)
class WindowLine:
    """A maintenance window in words, whether it is open, when it opens next, and whether this person may remove it."""

    window: MaintenanceWindow
    days: str
    is_open: bool
    opens_at: datetime
    may_end: bool


@dataclass(frozen=True)
class EndLine:
    """A kind of end that a district can have, and the one that it has."""

    kind: EndKind
    end: DistrictEnd | None


@dataclass(frozen=True)
class Entries:
    """Freezes and windows as one page shows them; `query` names whom a new one would be about."""

    freezes: list[FreezeLine]
    windows: list[WindowLine]
    query: str
    may_add: bool
    shows_scope: bool


@dataclass(frozen=True)
class CalendarPage:
    """The page of the fleet."""

    entries: Entries
    held: int
    """How many queued runs a freeze or a closed window holds now."""
    rollouts: list[Rollout]
    ends: list[DistrictEnd]


def entries_of(scope: Scope, user: User) -> Entries:
    """Return what reaches a district or an account, its account's and the fleet's among it; of the fleet, all."""
    now = timezone.now()
    rows: Q = Q()
    given: dict[str, str] = {}
    if scope.district is not None:
        rows, given = about(scope.district), {"district": scope.district.suffix}
    elif scope.account is not None:
        rows = Q(account=scope.account) | Q(account=None, district=None)
        given = {"account": scope.account.account_id}
    along = ("district", "account")
    freezes = list(Freeze.objects.filter(rows).filter(OPEN, ends_at__gt=now).select_related(*along)[:SHOWN])
    windows = list(MaintenanceWindow.objects.filter(rows).filter(OPEN).select_related(*along)[:SHOWN])
    return Entries(
        [FreezeLine(one, has_role(user, Scope.of(one).role)) for one in freezes],
        _window_lines(windows, user, now),
        f"?{urlencode(given)}" if given else "",
        has_role(user, scope.role) and (scope.district is None or scope.district.status != DistrictStatus.REMOVED),
        scope.district is None or any(one.district_id is None for one in (*freezes, *windows)),
    )


def _window_lines(windows: Sequence[MaintenanceWindow], user: User, now: datetime) -> list[WindowLine]:
    lines = []
    for row in windows:
        rule = as_window(row)
        days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in row.days)
        may_end = has_role(user, Scope.of(row).role)
        lines.append(WindowLine(row, days, rule.is_open(now), rule.opens_at(now), may_end))
    return lines


def calendar_page(user: User) -> CalendarPage:
    """Return what holds applies now and what is ahead, for the whole fleet."""
    now = timezone.now()
    scheduled = Rollout.objects.filter(starts_at__gt=now, state=RolloutState.RUNNING.value).order_by("starts_at")
    latest = now.date() + AHEAD
    ends = DistrictEnd.objects.filter(done_at=None, last_day__lte=latest)
    ends = ends.exclude(district__status=DistrictStatus.REMOVED.value).select_related("district")
    return CalendarPage(
        entries_of(Scope(), user),
        count_held(now),
        list(scheduled[:SHOWN]),
        list(ends.order_by("last_day", "pk")[:SHOWN]),
    )


def ends_of(district: District) -> list[EndLine]:
    """Return the kinds of ends that the district can have, each with the one that it has."""
    known = {EndKind(end.kind): end for end in DistrictEnd.objects.filter(district=district)}
    kinds: Sequence[EndKind] = (
        (EndKind.LIFETIME, EndKind.CONTRACT) if district.environment == Environment.SANDBOX else (EndKind.CONTRACT,)
    )
    return [EndLine(kind, known.get(kind)) for kind in kinds]


def scope_named(district: District | None, account: AwsAccount | None) -> Scope:
    """Return whom an entry is to be about; a district is named before an account."""
    return Scope(district=district) if district is not None else Scope(account=account)

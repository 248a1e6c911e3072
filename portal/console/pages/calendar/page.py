"""What pages show of the calendar: freezes and maintenance windows, and what is ahead. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR

from infra.spec import Environment
from portal.reach import Within
from provisioning.calendar.holds import about, as_window, count_held
from provisioning.calendar.service import Scope
from provisioning.models import DistrictEnd, EndKind, Freeze, MaintenanceWindow, Rollout
from provisioning.models.calendar import OPEN
from provisioning.states.rollouts import RolloutState
from registry.accounts.rights import Rights
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

    @property
    def title(self) -> str:
        """Its days and when it begins, which tell it from the others."""
        return f"{self.days} {self.window}"


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
    """How many queued runs a freeze or a closed window holds now; counted for who sees all of them."""
    rollouts: list[Rollout]
    ends: list[DistrictEnd]


def entries_of(scope: Scope, within: Within) -> Entries:
    """Return what reaches a district or an account, its account's and the fleet's too; of the fleet, all in reach."""
    now = timezone.now()
    rows, rights = within.calendar(), within.rights
    parameters: dict[str, str] = {}
    if scope.district is not None:
        rows, parameters = about(scope.district), {"district": scope.district.suffix}
    elif scope.account is not None:
        rows = Q(account=scope.account) | Q(account=None, district=None)
        parameters = {"account": scope.account.account_id}
    along = ("district", "account")
    freezes = list(Freeze.objects.filter(rows).filter(OPEN, ends_at__gt=now).select_related(*along)[:SHOWN])
    windows = list(MaintenanceWindow.objects.filter(rows).filter(OPEN).select_related(*along)[:SHOWN])
    return Entries(
        [FreezeLine(freeze, Scope.of(freeze).may_be_written_with(rights)) for freeze in freezes],
        _window_lines(windows, rights, now),
        f"?{urlencode(parameters)}" if parameters else "",
        scope.may_be_written_with(rights)
        and (scope.district is None or scope.district.status != DistrictStatus.REMOVED),
        scope.district is None or any(entry.district_id is None for entry in (*freezes, *windows)),
    )


def _window_lines(windows: Sequence[MaintenanceWindow], rights: Rights, now: datetime) -> list[WindowLine]:
    lines = []
    for row in windows:
        rule = as_window(row)
        days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in row.days)
        may_end = Scope.of(row).may_be_written_with(rights)
        lines.append(WindowLine(row, days, rule.is_open(now), rule.opens_at(now), may_end))
    return lines


def ends_ahead(within: Within, ahead: timedelta) -> QuerySet[DistrictEnd]:
    """Return the lifetimes and contracts within reach that end in so long, the soonest first."""
    latest = timezone.now().date() + ahead
    ends = within.of(DistrictEnd.objects.all()).filter(done_at=None, last_day__lte=latest)
    ends = ends.exclude(district__status=DistrictStatus.REMOVED.value)
    return ends.select_related("district").order_by("last_day", "pk")


def calendar_page(within: Within) -> CalendarPage:
    """Return what holds applies now and what is ahead, of all that is within reach."""
    now = timezone.now()
    scheduled = within.rollouts().filter(starts_at__gt=now, state=RolloutState.RUNNING.value).order_by("starts_at")
    return CalendarPage(
        entries_of(Scope(), within),
        0 if within.is_narrow else count_held(now),
        list(scheduled[:SHOWN]),
        list(ends_ahead(within, AHEAD)[:SHOWN]),
    )


def ends_of(district: District) -> list[EndLine]:
    """Return the kinds of ends that the district can have, each with the one that it has."""
    ends = {EndKind(end.kind): end for end in DistrictEnd.objects.filter(district=district)}
    kinds: Sequence[EndKind] = (
        (EndKind.LIFETIME, EndKind.CONTRACT) if district.environment == Environment.SANDBOX else (EndKind.CONTRACT,)
    )
    return [EndLine(kind, ends.get(kind)) for kind in kinds]


def scope_named(district: District | None, account: AwsAccount | None) -> Scope:
    """Return whom an entry is to be about; a district is named before an account."""
    return Scope(district=district) if district is not None else Scope(account=account)

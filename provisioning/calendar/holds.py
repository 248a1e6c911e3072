"""Which applies may not start now: asked once for the whole queue, or with its reason for one run. Reads only.

Of an apply or a teardown, a freeze in whose reach it is holds it, whoever asked for it. Maintenance windows hold only
what nobody asked for now: a rollout's runs and what is scheduled. The windows that count for a district are its own;
if it has none, those of its account; if that has none, the fleet's; if there is none, any time will do. Plans and drift
checks are never held, and neither is a run for which an administrator has overridden the hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg, BoolOr
from django.db import connection
from django.db.models import Q, QuerySet

from messages.message import Message, message
from provisioning.calendar.windows import Window, local_moment
from provisioning.models import Freeze, MaintenanceWindow, Run
from provisioning.models.calendar import OPEN, from_mask
from provisioning.states.runs import Priority, RunKind, RunState
from registry.districts.models import District

APPLYING_KINDS = (RunKind.APPLY.value, RunKind.DESTROY.value)

HELD = """
  run.kind IN ('apply', 'destroy') AND run.hold_overridden_at IS NULL AND (
    %(frozen_fleet)s OR district.account_id = ANY (%(frozen_accounts)s::bigint[])
    OR run.district_id = ANY (%(frozen_districts)s::bigint[])
    OR run.priority <> 0 AND CASE
      WHEN run.district_id = ANY (%(open_districts)s::bigint[]) THEN false
      WHEN run.district_id = ANY (%(closed_districts)s::bigint[]) THEN true
      WHEN district.account_id = ANY (%(open_accounts)s::bigint[]) THEN false
      WHEN district.account_id = ANY (%(closed_accounts)s::bigint[]) THEN true
      ELSE %(closed_fleet)s
    END
  )
"""
"""The condition for PostgreSQL, over the tables `run` and `district`: the same as `Calendar.holds`."""

IS_EMPTY = """
SELECT NOT EXISTS (
    SELECT FROM provisioning_freeze WHERE ended_at IS NULL AND starts_at <= %(now)s AND ends_at > %(now)s
  )
  AND NOT EXISTS (SELECT FROM provisioning_maintenancewindow WHERE ended_at IS NULL)
"""
"""Most dispatches find nothing on the calendar: then nothing more is asked."""

COUNT = f"""
SELECT count(*) FROM provisioning_run run JOIN districts_district district ON district.id = run.district_id
WHERE run.state = '{RunState.QUEUED.value}' AND run.sent_at IS NULL AND {HELD}
"""


@dataclass(frozen=True)
class Calendar:
    """The freezes in force and the windows as they stand at one moment, each by whom it is about."""

    frozen_fleet: bool = False
    frozen_accounts: frozenset[int] = frozenset()
    frozen_districts: frozenset[int] = frozenset()
    open_districts: frozenset[int] = frozenset()
    closed_districts: frozenset[int] = frozenset()
    open_accounts: frozenset[int] = frozenset()
    closed_accounts: frozenset[int] = frozenset()
    closed_fleet: bool = False

    @property
    def holds_nothing(self) -> bool:
        """Return whether no run at all can be held now."""
        frozen = self.frozen_fleet or self.frozen_accounts or self.frozen_districts
        return not (frozen or self.closed_fleet or self.closed_accounts or self.closed_districts)

    def holds(self, run: Run) -> bool:
        """Return whether the run's apply may not start now; its district is read along."""
        if run.kind not in APPLYING_KINDS or run.hold_overridden_at is not None:
            return False
        district, account = run.district_id, run.district.account_id
        if self.frozen_fleet or account in self.frozen_accounts or district in self.frozen_districts:
            return True
        if run.priority == Priority.PERSON:
            return False
        for key, is_open, closed in (
            (district, self.open_districts, self.closed_districts),
            (account, self.open_accounts, self.closed_accounts),
        ):
            if key in is_open or key in closed:
                return key not in is_open
        return self.closed_fleet

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of `HELD`."""
        return {
            name: value if isinstance(value, bool) else list(value)
            for name, value in ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        }


NOTHING_HELD = Calendar()


@dataclass(frozen=True)
class Hold:
    """What holds a run: its sentence, and until when, as far as is known now."""

    sentence: Message
    until: datetime


@dataclass
class _Windows:
    """Of one kind of reach, who has an open window, and who has windows of which none is open."""

    open: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)

    def add(self, keys: Iterable[int], *, is_open: bool) -> None:
        (self.open if is_open else self.closed).update(keys)


def calendar(now: datetime) -> Calendar:
    """Return what holds applies at this moment: one query, or three where there is anything, however many entries."""
    with connection.cursor() as cursor:
        cursor.execute(IS_EMPTY, {"now": now})
        (is_empty,) = cursor.fetchone()
    if is_empty:
        return NOTHING_HELD
    freezes = list(in_force(now).order_by().values_list("account_id", "district_id"))
    rules = MaintenanceWindow.objects.filter(OPEN).order_by().values("weekdays", "starts", "minutes", "time_zone")
    # Districts share few rules: each is decided once, for all that have it.
    rows = rules.annotate(
        accounts=ArrayAgg("account_id", filter=Q(account__isnull=False), default=[]),
        districts=ArrayAgg("district_id", filter=Q(district__isnull=False), default=[]),
        of_fleet=BoolOr(Q(account__isnull=True, district__isnull=True)),
    )
    districts, accounts, fleet = _Windows(), _Windows(), []
    for row in rows:
        is_open = Window(from_mask(row["weekdays"]), row["starts"], row["minutes"], row["time_zone"]).is_open(now)
        districts.add(row["districts"], is_open=is_open)
        accounts.add(row["accounts"], is_open=is_open)
        fleet += [is_open] if row["of_fleet"] else []
    return Calendar(
        frozen_fleet=any(account is None and district is None for account, district in freezes),
        frozen_accounts=frozenset(account for account, _ in freezes if account is not None),
        frozen_districts=frozenset(district for _, district in freezes if district is not None),
        open_districts=frozenset(districts.open),
        closed_districts=frozenset(districts.closed - districts.open),
        open_accounts=frozenset(accounts.open),
        closed_accounts=frozenset(accounts.closed - accounts.open),
        closed_fleet=bool(fleet) and not any(fleet),
    )


def in_force(now: datetime) -> QuerySet[Freeze]:
    """Return the freezes that hold applies at this moment."""
    return Freeze.objects.filter(OPEN, starts_at__lte=now, ends_at__gt=now)


def about(district: District) -> Q:
    """Return which entries reach a district."""
    return Q(district=district) | Q(account=district.account_id) | Q(account=None, district=None)


def hold_of(run: Run, now: datetime) -> Hold | None:
    """Return what holds the run's apply at this moment, in a sentence; None where nothing does."""
    if run.kind not in APPLYING_KINDS or run.hold_overridden_at is not None or run.applied:
        return None
    zone = run.district.time_zone
    freeze = in_force(now).filter(about(run.district)).order_by("-ends_at", "id").first()
    if freeze is not None:
        until = local_moment(freeze.ends_at, zone)
        return Hold(
            message("Held: freeze '{reason}' until {until}.", reason=freeze.reason, until=until), freeze.ends_at
        )
    if run.priority == Priority.PERSON:
        return None
    windows = windows_of(run.district)
    if not windows or any(window.is_open(now) for window in windows):
        return None
    opens = min(window.opens_at(now) for window in windows)
    return Hold(
        message("Held: outside the maintenance window, which opens {moment}.", moment=local_moment(opens, zone)), opens
    )


def windows_of(district: District) -> list[Window]:
    """Return the windows that count for a district: its own, or else its account's, or else the fleet's."""
    by_rank: dict[int, list[Window]] = defaultdict(list)
    for row in MaintenanceWindow.objects.filter(OPEN).filter(about(district)):
        rank = 0 if row.district_id is not None else 1 if row.account_id is not None else 2
        by_rank[rank].append(as_window(row))
    return by_rank[min(by_rank)] if by_rank else []


def as_window(row: MaintenanceWindow) -> Window:
    """Return a stored window as its arithmetic takes it."""
    return Window(from_mask(row.weekdays), row.starts, row.minutes, row.time_zone)


def count_held(now: datetime) -> int:
    """Return how many queued runs are held at this moment."""
    held = calendar(now)
    if held.holds_nothing:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(COUNT, held.parameters())
        return int(cursor.fetchone()[0])


def take_back(held: Calendar) -> int:
    """Take back what the workers were told of queued runs that are held now, and return of how many: they wait.

    They are few, however many wait: as many as there are places. Which they are is asked first, by their index.
    """
    if held.holds_nothing:
        return 0
    queued = Run.objects.filter(state=RunState.QUEUED.value)
    numbers = list(queued.filter(sent_at__isnull=False).order_by().values_list("id", flat=True))
    sent = queued.filter(pk__in=numbers).select_related("district")
    read = sent.only("kind", "priority", "hold_overridden_at", "district__account")
    keys = [run.pk for run in read if held.holds(run)]
    return queued.filter(pk__in=keys).update(sent_at=None, sent_for_wait=False) if keys else 0

"""Which runs the list of all runs is asked for, all kept in the address; a saved view is such an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from infra.spec import Environment
from portal.console.addresses import as_query
from provisioning.models import Run
from provisioning.models.run import WIDE
from provisioning.runs.selectors import ACTIVE
from provisioning.states.runs import HELD_STATES, RunKind, RunState

LONGEST = 120
GROUPS: dict[str, tuple[str | Promise, list[str]]] = {
    "active": (_("Any that has not ended"), list(ACTIVE)),
    "working": (_("Running"), sorted(HELD_STATES)),
    "unsuccessful": (_("Failed or lost"), [RunState.FAILED.value, RunState.LOST.value]),
}
"""Words for several states at once, beside the states themselves."""
CHANGES = "all_but_drift"
KINDS: dict[str, tuple[str | Promise, list[str]]] = {
    CHANGES: (_("All but drift checks"), [kind.value for kind in RunKind if kind is not RunKind.DRIFT]),
}
"""Words for several operations at once, beside the operations themselves."""
VIEWS: tuple[tuple[str | Promise, str], ...] = (
    (_("All runs"), ""),
    (_("Running"), "state=working"),
    (_("Queued"), "state=queued"),
    (_("Awaiting approval"), "state=awaiting_approval"),
    (_("Failed or lost"), "state=unsuccessful"),
    (_("Teardowns"), "operation=destroy"),
    (_("Drift checks"), "operation=drift"),
)
"""The saved views: a word and the address of each."""


@dataclass(frozen=True)
class RunFilter:
    """What the address asks for; what it does not know is passed over."""

    state: str = ""
    operation: str = ""
    environment: str = ""
    district: str = ""
    who: str = ""
    since: str = ""
    until: str = ""

    @property
    def query(self) -> str:
        """The filter as an address."""
        return as_query(**asdict(self))

    def runs(self, reached: QuerySet[Run]) -> QuerySet[Run]:
        """Return those of the runs within reach that it lets through, with what a list shows of them."""
        rows = reached.select_related("district", "requested_by").defer(*WIDE)
        if self.state:
            rows = rows.filter(state__in=GROUPS[self.state][1] if self.state in GROUPS else [self.state])
        if self.operation:
            rows = rows.filter(kind__in=KINDS[self.operation][1] if self.operation in KINDS else [self.operation])
        if self.environment:
            rows = rows.filter(district__environment=self.environment)
        if self.district:
            rows = rows.filter(
                Q(district__name__icontains=self.district) | Q(district__suffix__icontains=self.district)
            )
        if self.who:
            rows = rows.filter(requested_by__username__icontains=self.who)
        if self.since:
            rows = rows.filter(created_at__gte=_midnight(self.since, 0))
        if self.until:
            rows = rows.filter(created_at__lt=_midnight(self.until, 1))
        return rows


def read_filter(query: Mapping[str, str]) -> RunFilter:
    """Read the filter out of an address."""

    def one_of(name: str, known: object) -> str:
        value = str(query.get(name, ""))
        return value if value in known else ""  # type: ignore[operator]

    def text(name: str) -> str:
        return str(query.get(name, "")).strip().replace("\x00", "")[:LONGEST]

    return RunFilter(
        state=one_of("state", {*GROUPS, *(state.value for state in RunState)}),
        operation=one_of("operation", {*KINDS, *(kind.value for kind in RunKind)}),
        environment=one_of("environment", {part.value for part in Environment}),
        district=text("district"),
        who=text("who"),
        since=_day(query.get("since", "")),
        until=_day(query.get("until", "")),
    )


def _day(text: object) -> str:
    """Return a day as it was written, nothing for what is none or no database can hold."""
    try:
        day = parse_date(str(text))
    except ValueError:
        return ""
    return day.isoformat() if day is not None and date(1970, 1, 1) <= day < date(9000, 1, 1) else ""


def _midnight(day: str, later: int) -> datetime:
    return datetime.combine(date.fromisoformat(day) + timedelta(days=later), time.min, timezone.get_current_timezone())

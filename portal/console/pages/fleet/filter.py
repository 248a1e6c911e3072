"""Which districts the fleet page is asked for: chips, text and facets, all kept in the address. Reads no row itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from infra.sizes import SIZES
from infra.spec import Environment
from portal.console.addresses import as_query
from provisioning.models import Run
from provisioning.models.district_health import ATTENTION, DRAFT, LIVE
from provisioning.states.runs import HELD_STATES, RunState
from registry.districts.models import District
from registry.districts.registration import REGIONS
from registry.districts.statuses import DistrictStatus, DriftStatus


def _with_run(*states: str) -> Q:
    return Q(pk__in=Run.objects.filter(state__in=states).values("district"))


CHIPS: dict[str, tuple[str | Promise, Q]] = {
    "": (_("All"), Q()),
    "attention": (_("Needs attention"), ATTENTION),
    "running": (_("Running"), _with_run(*sorted(HELD_STATES))),
    "approval": (_("Awaiting approval"), _with_run(RunState.AWAITING_APPROVAL)),
    "drifted": (_("Drifted"), Q(drift=DriftStatus.DRIFTED) & ~Q(status=DistrictStatus.REMOVED)),
    "live": (_("Live"), LIVE),
    "draft": (_("Drafts"), DRAFT),
    "removed": (_("Removed"), Q(status=DistrictStatus.REMOVED)),
}
"""Key in the address, word, and which districts it counts and shows."""

SORTS: dict[str, str | Promise] = {"": _("Newest first"), "oldest": _("Oldest first"), "name": _("By name")}
NAMES = ("show", "q", "region", "environment", "size", "account", "sort")


@dataclass(frozen=True)
class FleetFilter:
    """What the address asks for; what it does not know is passed over."""

    show: str = ""
    q: str = ""
    region: str = ""
    environment: str = ""
    size: str = ""
    account: str = ""
    sort: str = ""

    @property
    def query(self) -> str:
        """The filter as part of an address."""
        return as_query(**asdict(self))

    @property
    def narrows(self) -> bool:
        """Return whether it leaves any district out."""
        return any(getattr(self, name) for name in NAMES if name != "sort")

    def shown_as(self, show: str) -> str:
        """Return the address of another chip with the rest as it is."""
        return replace(self, show=show).query

    def matching(self, reached: QuerySet[District]) -> QuerySet[District]:
        """Return those of the districts within reach that text and facets let through, whatever the chip."""
        rows = reached
        if self.q:
            rows = rows.filter(Q(name__icontains=self.q) | Q(suffix__icontains=self.q))
        for name, value in (("region", self.region), ("environment", self.environment), ("size", self.size)):
            rows = rows.filter(**{name: value}) if value else rows
        return rows.filter(account__account_id=self.account) if self.account else rows

    def districts(self, reached: QuerySet[District]) -> QuerySet[District]:
        """Return those of the districts within reach that the whole filter lets through."""
        return self.matching(reached).filter(CHIPS[self.show][1])

    def as_data(self) -> dict[str, str]:
        """Return what narrows the fleet, for the audit record."""
        return {name: getattr(self, name) for name in NAMES if name != "sort" and getattr(self, name)}


def read_filter(query: Mapping[str, str]) -> FleetFilter:
    """Read the filter out of an address."""

    def one_of(name: str, known: object) -> str:
        value = str(query.get(name, ""))
        return value if value in known else ""  # type: ignore[operator]

    account = str(query.get("account", ""))
    return FleetFilter(
        show=one_of("show", CHIPS),
        q=str(query.get("q", "")).strip().replace("\x00", "")[:120],
        region=one_of("region", REGIONS),
        environment=one_of("environment", {part.value for part in Environment}),
        size=one_of("size", {size.value for size in SIZES}),
        account=account if account.isascii() and account.isdigit() and len(account) == 12 else "",
        sort=one_of("sort", SORTS),
    )

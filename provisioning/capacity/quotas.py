"""Stores what was read of accounts' quotas, lets an administrator set a limit, and tells how full each place is."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from engine.aws.quotas import KINDS, QuotaKind, QuotaReading
from messages.message import listed, message, term
from provisioning.capacity.placement import Amounts, Full, Place, Room, Tenant, how_many, need, refusal, room
from provisioning.capacity.placement import Count as Counted
from provisioning.errors import ServiceRefusedError
from provisioning.models import AccountQuota, StackResource
from provisioning.models.quota import QuotaSource
from provisioning.task_sending import send_task
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import AwsAccount, District
from registry.districts.registration import DEFAULT_REGION
from registry.districts.spec import spec_data
from registry.districts.statuses import DistrictStatus

logger = logging.getLogger(__name__)

QUOTA_NAMES = {code: kind.name for code, kind in KINDS.items()}
"""What may have a limit of an administrator's own, by its code."""

SMALLEST = need({"environment": "sandbox", "size": "S"})
"""What the smallest district takes: by it pages say how many more fit."""

OTHERS = 20
"""Where an account is full, so many others are looked into for room, those with the fewest districts first."""


@transaction.atomic
def store_quotas(account: AwsAccount, region: str, readings: Iterable[QuotaReading]) -> None:
    """Write what was read; an audit event where a limit or its source is another than before."""
    rows = {row.code: row for row in AccountQuota.objects.filter(account=account, region=region)}
    before, after, now = {}, {}, timezone.now()
    for reading in readings:
        row = rows.get(reading.code) or AccountQuota(account=account, region=region, code=reading.code)
        was = {"limit": row.limit, "source": row.source} if row.pk and row.read_at else None
        row.name = KINDS[reading.code].name
        row.limit, row.used, row.source, row.read_at = reading.limit, reading.used, reading.source, now
        row.save()
        current = {"limit": row.limit, "source": row.source}
        if was != current:
            before[reading.code], after[reading.code] = was, current
    if after:
        record(
            action=AuditAction.ACCOUNT_QUOTAS_READ,
            actor=None,
            subject_kind="account",
            subject_id=account.account_id,
            message=message(
                "Quotas of {account} in {region} were read: {after} are new or different.",
                account=account,
                region=region,
                after=len(after),
            ),
            before=before,
            after=after,
        )


@transaction.atomic
def set_limit(*, account: AwsAccount, region: str, code: str, limit: float | None, actor: User | None) -> AccountQuota:
    """Have a limit count in the place of the one that is read; None lets the read one count again.

    Raises NotAllowedError, or ServiceRefusedError for a code that no district meets and a limit below 0.
    """
    require(actor, Act.ADMINISTER)
    kind = KINDS.get(code)
    if kind is None:
        raise ServiceRefusedError(
            "quota_unknown",
            message("{code} is no quota that a district meets.", code=code[:20]),
            message("Use one of {kinds}.", kinds=listed(KINDS)),
        )
    if limit is not None and not 0 <= limit < 1e9:
        raise ServiceRefusedError("limit_refused", message("This is no limit."), message("Give a number of 0 or more."))
    row, _ = AccountQuota.objects.select_for_update().get_or_create(
        account=account,
        region=region,
        code=code,
        defaults={"name": kind.name, "limit": kind.default, "source": _unread(kind).value},
    )
    before = row.set_limit
    row.set_limit = limit
    row.save(update_fields=["set_limit"])
    if before != limit:
        record(
            action=AuditAction.ACCOUNT_QUOTA_SET,
            actor=actor,
            subject_kind="account",
            subject_id=account.account_id,
            message=(
                message(
                    "The limit of {name} of {account} in {region} was set to {limit}.",
                    name=term(kind.name),
                    account=account,
                    region=region,
                    limit=f"{limit:g}",
                )
                if limit is not None
                else message(
                    "The limit of {name} of {account} in {region} was set back to what AWS says.",
                    name=term(kind.name),
                    account=account,
                    region=region,
                )
            ),
            before={"code": code, "limit": before},
            after={"code": code, "limit": limit},
        )
    return row


def regions_of(account: AwsAccount) -> list[str]:
    """Return the regions in which an account has districts, and the one that forms begin with."""
    return regions_of_each([account])[account.pk]


def regions_of_each(accounts: Collection[AwsAccount]) -> dict[int, list[str]]:
    """Return for each account, by its key, the regions that `regions_of` tells, in one query."""
    placed = District.objects.filter(account__in=accounts).exclude(status=DistrictStatus.REMOVED)
    by_account: dict[int, set[str]] = {account.pk: {DEFAULT_REGION} for account in accounts}
    for account, region in placed.order_by().values_list("account_id", "region").distinct():
        by_account[account].add(region)
    return {account: sorted(regions) for account, regions in by_account.items()}


def place_of(account: AwsAccount, region: str, *, without: District | None = None) -> Place:
    """Return how full an account is in a region, but for one district that asks."""
    return _Stock([account], region, without).place(account, region)


class _Stock:
    """What is stored of accounts' quotas and districts, in one region or in all, in three queries."""

    def __init__(
        self, accounts: Collection[AwsAccount], region: str | None = None, without: District | None = None
    ) -> None:
        where: dict[str, Any] = {"account__in": accounts} | ({} if region is None else {"region": region})
        self.rows: dict[tuple[int, str], dict[str, AccountQuota]] = defaultdict(dict)
        for row in AccountQuota.objects.filter(**where):
            self.rows[row.account_id, row.region][row.code] = row
        placed = District.objects.filter(**where).exclude(status=DistrictStatus.REMOVED).select_related("account")
        districts = [district for district in placed if without is None or district.pk != without.pk]
        exists: dict[int, dict[str, int]] = defaultdict(dict)
        recorded: dict[int, datetime | None] = {}
        resources = StackResource.objects.filter(district__in=districts).order_by().values_list("district", "type")
        for pk, kind, number, finished in resources.annotate(Count("id"), Max("run__finished_at")):
            exists[pk][kind] = number
            recorded[pk] = max(filter(None, (finished, recorded.get(pk))), default=None)
        self.tenants: dict[tuple[int, str], list[Tenant]] = defaultdict(list)
        for district in districts:
            tenant = Tenant(need(spec_data(district)), exists.get(district.pk, {}), recorded.get(district.pk))
            self.tenants[district.account_id, district.region].append(tenant)

    def place(self, account: AwsAccount, region: str) -> Place:
        """Return how full an account is in a region."""
        stored, tenants = self.rows[account.pk, region], self.tenants[account.pk, region]
        rooms = []
        for code, kind in KINDS.items():
            row = stored.get(code)
            limit = row.effective if row else kind.default
            count = Counted(row.used, row.read_at) if row and row.used is not None and row.read_at else None
            rooms.append(room(kind, limit, count, tenants))
        return Place(str(account), region, tuple(rooms))


@dataclass(frozen=True)
class Line:
    """One quota of a place, and where its limit is from."""

    room: Room
    source: str


@dataclass(frozen=True)
class Capacity:
    """How full an account is in a region, by the measure of the smallest district."""

    account: str
    region: str
    lines: list[Line]
    read_at: datetime | None
    more: int
    full: Full | None

    @property
    def is_full(self) -> bool:
        """Return whether not even one more fits."""
        return self.full is not None


def capacities(accounts: Collection[AwsAccount]) -> list[Capacity]:
    """Return how full these accounts are in every region that they have districts in, in four queries."""
    stock, regions = _Stock(accounts), regions_of_each(accounts)
    return [_capacity(stock, account, region) for account in accounts for region in regions[account.pk]]


def _capacity(stock: _Stock, account: AwsAccount, region: str) -> Capacity:
    place, rows = stock.place(account, region), stock.rows[account.pk, region]
    read = [row.read_at for row in rows.values() if row.read_at]
    return Capacity(
        account=str(account),
        region=region,
        lines=[Line(room, _source(rows.get(room.code), KINDS[room.code])) for room in place.rooms],
        read_at=min(read, default=None),
        more=how_many(place, SMALLEST),
        full=refusal(place, SMALLEST, ()),
    )


def _source(row: AccountQuota | None, kind: QuotaKind) -> str:
    if row is not None and row.set_limit is not None:
        return message("Set by an administrator")
    return (row.source_badge if row is not None else _unread(kind)).word


def _unread(kind: QuotaKind) -> QuotaSource:
    return QuotaSource.FIXED if kind.is_fixed else QuotaSource.DEFAULT


def full(district: District, spec: dict[str, object]) -> Full | None:
    """Return why a district with this specification does not fit into its account; None where it does."""
    return full_place(district.account, district.region, need(spec), without=district)


def full_place(account: AwsAccount, region: str, wanted: Amounts, *, without: District | None = None) -> Full | None:
    """Return why an account has no room for so much in a region, and which one has; None where it has."""
    place = place_of(account, region, without=without)
    if refusal(place, wanted, ()) is None:
        return None
    in_region = Q(districts__region=region) & ~Q(districts__status=DistrictStatus.REMOVED)
    emptiest = AwsAccount.objects.exclude(pk=account.pk).annotate(placed=Count("districts", filter=in_region))
    others = list(emptiest.order_by("placed", "name")[:OTHERS])
    stock = _Stock(others, region)
    return refusal(place, wanted, [stock.place(other, region) for other in others])


def read_soon(account: AwsAccount, region: str) -> None:
    """Have a worker read the quotas again; what is stored may be an hour old."""
    try:
        send_task("provisioning.read_quotas", account.pk, region)
    except OperationalError:
        logger.warning("The broker does not answer; the quotas of %s are read within the hour.", account)

"""Whether a district fits into an account and region: pure, over limits, use and what is promised to others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import floor
from typing import Any

from engine.aws import quotas
from engine.aws.quotas import KINDS, QuotaKind
from infra.outline import Wish, outline, wish_of
from infra.sizes import SIZES
from messages.message import Message, listed, message, sentences, term
from provisioning.aws_kinds import QUOTA_OF

Amounts = Mapping[str, float]
"""How much of each quota, by its code."""

CPU_UNITS_PER_PROCESSOR = 1024

TYPES = QUOTA_OF
"""Which resources of a stack count in a quota; those of zones and VPCs, and processors, are no resources."""


def need(spec: Mapping[str, Any]) -> dict[str, float]:
    """Return what a district with this specification takes of each quota, as its stack's outline has it."""
    return dict(_need(wish_of(spec)))


@lru_cache(maxsize=512)
def _need(wish: Wish) -> dict[str, float]:
    stack, sizing = outline(wish), SIZES[wish.size]
    endpoints = [body["vpc_endpoint_type"] for body in stack["aws_vpc_endpoint"].values()]
    return {
        **{code: len(stack.get(kind, {})) for code, kind in TYPES.items()},
        quotas.NATS.code: min(len(stack.get("aws_nat_gateway", {})), 1),
        quotas.ENDPOINTS.code: endpoints.count("Interface"),
        # With the group that every VPC brings.
        quotas.GROUPS.code: len(stack["aws_security_group"]) + len(stack["aws_default_security_group"]),
        # Also those of services that wait for their image.
        quotas.PROCESSORS.code: len(stack["aws_ecs_service"])
        * sizing.tasks_min
        * sizing.task_cpu
        / CPU_UNITS_PER_PROCESSOR,
    }


@dataclass(frozen=True)
class Room:
    """One quota of a place: its limit, what is used, and what is promised to districts that are about to be made."""

    code: str
    limit: float
    used: float
    promised: float = 0

    @property
    def name(self) -> str:
        """What it counts."""
        return KINDS[self.code].name

    @property
    def free(self) -> float:
        """How much is left; below 0 where more is promised than there is."""
        return self.limit - self.used - self.promised


@dataclass(frozen=True)
class Count:
    """How much of a quota AWS said is used, and when."""

    used: float
    at: datetime


@dataclass(frozen=True)
class Tenant:
    """A district in a place: what it takes, how many resources of each type it has, and when those were recorded."""

    need: Amounts
    exists: Mapping[str, int]
    recorded_at: datetime | None


def room(kind: QuotaKind, limit: float, count: Count | None, tenants: Iterable[Tenant]) -> Room:
    """Return how full a quota is.

    What AWS counted is used; a district that was made after the count, or is still to be made, is promised what it
    takes. Where nothing was counted, districts that exist are taken to use what they take, beside what every account
    has from its beginning.
    """
    if kind.per == "VPC":
        return Room(kind.code, limit, 0)
    used, promised = (count.used, 0.0) if count else (float(kind.there), 0.0)
    for tenant in tenants:
        amount = tenant.need.get(kind.code, 0)
        if count is None and tenant.exists:
            used += amount
        elif count is None or not tenant.exists or tenant.recorded_at is None or tenant.recorded_at > count.at:
            promised += amount
        elif kind.code in TYPES:
            # A stack that is not whole yet still takes the rest.
            promised += max(0, amount - tenant.exists.get(TYPES[kind.code], 0))
    return Room(kind.code, limit, used, promised)


@dataclass(frozen=True)
class Place:
    """An account in a region, with its quotas."""

    account: str
    region: str
    rooms: tuple[Room, ...]


def shortages(place: Place, wanted: Amounts) -> list[Room]:
    """Return the quotas that do not hold what is wanted; empty where it fits."""
    return [room for room in place.rooms if wanted.get(room.code, 0) > max(room.free, 0)]


def how_many(place: Place, wanted: Amounts) -> int:
    """Return how many times what is wanted fits; quotas per VPC hold it or not, however many there are."""
    if shortages(place, wanted):
        return 0
    shared = [room for room in place.rooms if wanted.get(room.code, 0) > 0 and KINDS[room.code].per != "VPC"]
    return min((floor(room.free / wanted[room.code]) for room in shared), default=0)


@dataclass(frozen=True)
class Full:
    """Why a district does not fit, and what to do, each in sentences."""

    sentence: Message
    remedy: Message


def refusal(place: Place, wanted: Amounts, others: Iterable[Place]) -> Full | None:
    """Return why what is wanted does not fit into a place, with the place that has most room; None where it fits."""
    short = shortages(place, wanted)
    if not short:
        return None
    if any(room.code == quotas.VPCS.code for room in short):
        # AWS raises both by one request (Amazon VPC User Guide, "Amazon VPC quotas").
        short = [room for room in short if room.code != quotas.GATEWAYS.code]
    text = sentences(*(_shortage_message(place, room, wanted[room.code]) for room in short))
    room_in = {other.account: how_many(other, wanted) for other in others}
    best = max(room_in, key=lambda name: room_in[name], default="")
    fixed = [term(room.name) for room in short if KINDS[room.code].is_fixed]
    raised = listed(
        (message("{code} ({name})", code=room.code, name=term(room.name)) for room in short),
        between=" and ",
    )
    if best and room_in[best]:
        count = room_in[best]
        more = (
            message("{best} has room for {count} more district like this.", best=best, count=count)
            if count == 1
            else message("{best} has room for {count} more districts like this.", best=best, count=count)
        )
        if fixed:
            return Full(sentences(text, more), message("Place it there."))
        return Full(
            sentences(text, more),
            message(
                "Place it there, or raise the quotas {raised} of {account} in Service Quotas.",
                raised=raised,
                account=place.account,
            )
            if len(short) > 1
            else message(
                "Place it there, or raise the quota {raised} of {account} in Service Quotas.",
                raised=raised,
                account=place.account,
            ),
        )
    if fixed:
        return Full(
            text,
            message(
                "AWS does not raise its limit of {fixed}: use another account or region.",
                fixed=listed(fixed, between=" and "),
            ),
        )
    return Full(
        text,
        message("Raise the quotas {raised} of {account} in Service Quotas.", raised=raised, account=place.account)
        if len(short) > 1
        else message("Raise the quota {raised} of {account} in Service Quotas.", raised=raised, account=place.account),
    )


def _shortage_message(place: Place, room: Room, wanted: float) -> str:
    if KINDS[room.code].per == "VPC":
        return message(
            "{account} may have {limit} {name} in {region}; this district needs {wanted}.",
            account=place.account,
            limit=f"{room.limit:g}",
            name=term(room.name),
            region=place.region,
            wanted=f"{wanted:g}",
        )
    if room.promised:
        return message(
            "{account} has {used} of {limit} {name} in {region}, and {promised} promised to districts that are "
            "being made; this one needs {wanted}.",
            account=place.account,
            used=f"{room.used:g}",
            limit=f"{room.limit:g}",
            name=term(room.name),
            region=place.region,
            promised=f"{room.promised:g}",
            wanted=f"{wanted:g}",
        )
    need = "" if wanted == 1 else message("; this district needs {wanted}", wanted=f"{wanted:g}")
    return message(
        "{account} has {used} of {limit} {name} in {region}{need}.",
        account=place.account,
        used=f"{room.used:g}",
        limit=f"{room.limit:g}",
        name=term(room.name),
        region=place.region,
        need=need,
    )

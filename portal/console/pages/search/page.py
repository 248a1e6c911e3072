"""Finds districts, runs, resources and audit events by what somebody pasted. Reads only.

A name, a suffix, an NCES id, a run's number, an ARN or an id of AWS, a private address or network, words of the record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from portal.reach import Within
from provisioning.models import Run, StackResource
from provisioning.models.district_health import HEALTH
from provisioning.models.run import WIDE
from provisioning.runs.selectors import exposing
from registry.audit.models import AuditEvent
from registry.districts.models import HOLDS_NAMES, District
from registry.districts.statuses import DistrictStatus

SHOWN = 10
LONGEST = 200
SHORTEST = 3
"""An index of trigrams serves texts of three characters and more (PostgreSQL, "pg_trgm"); shorter ones find names."""
LARGEST_ID = 2**63 - 1
MOST_PARTS = 12
LONGEST_SUFFIX = 20

Row = TypeVar("Row", bound=Model)
Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Hits(Generic[Shown]):
    """The first hits of one kind, and whether there are more."""

    rows: list[Shown]
    more: bool


@dataclass(frozen=True)
class FoundDistrict:
    """A district and how it is, as every other page says it."""

    district: District
    health: DistrictStatus


@dataclass(frozen=True)
class SearchResults:
    """Everything that was found for a text."""

    text: str
    districts: Hits[FoundDistrict]
    runs: Hits[Run]
    resources: Hits[StackResource]
    events: Hits[AuditEvent]
    exposing: frozenset[int] = frozenset()
    """The numbers of those of the runs that are checks which found an exposure."""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was found."""
        return not (self.districts.rows or self.runs.rows or self.resources.rows or self.events.rows)


def search(text: str, within: Within) -> SearchResults:
    """Look for a text within reach, in four queries, whatever it is and however many districts there are."""
    text = text.replace("\x00", "").strip()[:LONGEST]
    if not text:
        return SearchResults(
            text, Hits([], more=False), Hits([], more=False), Hits([], more=False), Hits([], more=False)
        )
    runs = _first(within.of(_runs(text)).select_related("district").defer(*WIDE).order_by("-id"))
    return SearchResults(
        text,
        _found(_first(within.of(_districts(text), "").annotate(health=HEALTH).order_by("-id"))),
        runs,
        _first(within.of(_resources(text)).select_related("district").order_by("-district_id", "address")),
        _first(within.of(_events(text)).select_related("district", "link").order_by("-id")),
        frozenset(exposing(runs.rows)),
    )


def network_in(text: str) -> IPv4Network | None:
    """Read an IPv4 address or network; None for anything else, and for a part of a number."""
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}(/\d{1,2})?", text):
        return None
    try:
        return IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError):
        return None


def suffixes_in(text: str) -> set[str]:
    """Return what in a pasted name or ARN could be a district's suffix: parts joined by hyphens, as names are made."""
    candidates: set[str] = set()
    for word in re.split(r"[^a-z0-9-]+", text.lower()):
        parts = word.split("-")[:MOST_PARTS]
        for start in range(len(parts)):
            candidates.update("-".join(parts[start:end]) for end in range(start + 2, len(parts) + 1))
    return {candidate for candidate in candidates if len(candidate) <= LONGEST_SUFFIX}


def _districts(text: str) -> QuerySet[District]:
    network = network_in(text)
    if network is not None:
        return District.objects.filter(HOLDS_NAMES, cidr__holds=network)
    named = Q(name__icontains=text) | Q(suffix__icontains=text) | Q(suffix__in=suffixes_in(text))
    return District.objects.filter(named | Q(nces_id=text) if text.isdigit() else named)


def _runs(text: str) -> QuerySet[Run]:
    number = re.fullmatch(r"(?:run\s*)?#?\s*(\d{1,19})", text, re.IGNORECASE | re.ASCII)
    if number is None or int(number[1]) > LARGEST_ID:
        return Run.objects.none()
    return Run.objects.filter(pk=int(number[1]))


def _resources(text: str) -> QuerySet[StackResource]:
    if len(text) < SHORTEST:
        return StackResource.objects.none()
    return StackResource.objects.filter(Q(arn__icontains=text) | Q(provider_id__icontains=text))


def _events(text: str) -> QuerySet[AuditEvent]:
    if len(text) < SHORTEST:
        return AuditEvent.objects.none()
    return AuditEvent.objects.filter(message__icontains=text)


def _found(hits: Hits[District]) -> Hits[FoundDistrict]:
    rows = [FoundDistrict(row, DistrictStatus(row.health)) for row in hits.rows]  # type: ignore[attr-defined]
    return Hits(rows, hits.more)


def _first(rows: QuerySet[Row]) -> Hits[Row]:
    queryset: Iterable[Row] = rows[: SHOWN + 1]
    listed = list(queryset)
    return Hits(listed[:SHOWN], more=len(listed) > SHOWN)

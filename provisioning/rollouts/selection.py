"""Which districts a rollout is for, and in which order and wave they go. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import Case, QuerySet, When, Window
from django.db.models.functions import RowNumber

from provisioning.rollouts.waves import bounds, wave_of
from registry.accounts.acts import Act
from registry.accounts.rights import EVERYTHING, Rights
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus

WITH_A_STACK = sorted({DistrictStatus.PROVISIONING, DistrictStatus.LIVE, DistrictStatus.NEEDS_ATTENTION})
CARE = {"sandbox": 0, "staging": 1, "production": 2}
SIZES = {"S": 0, "M": 1, "L": 2}


@dataclass(frozen=True)
class Selection:
    """Districts by name, or all that match; an empty filter lets everything through."""

    suffixes: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return the selection as plain data, without what is empty."""
        return {name: list(value) for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Chosen:
    """The districts in the order in which they go, and the names that belong to none."""

    districts: list[District]
    unknown: list[str] = field(default_factory=list)


def matching(selection: Selection, within: Rights = EVERYTHING) -> QuerySet[District]:
    """Return the districts that somebody may work on, in their order: those where least is at stake first, as canaries.

    Named districts are taken whatever their status, and left out with a word when it is their turn and they have no
    stack; filters pass over districts without one.
    """
    if selection.suffixes:
        rows = District.objects.filter(suffix__in=selection.suffixes).exclude(status=DistrictStatus.REMOVED)
    else:
        rows = District.objects.filter(status__in=WITH_A_STACK)
        for name, values in (
            ("environment__in", selection.environments),
            ("region__in", selection.regions),
            ("size__in", selection.sizes),
        ):
            rows = rows.filter(**{name: values}) if values else rows
    return rows.filter(within.where(Act.OPERATE)).select_related("account").order_by(*_order())


def _order() -> tuple[Case, Case, str]:
    care = Case(*(When(environment=name, then=place) for name, place in CARE.items()), default=9)
    size = Case(*(When(size=name, then=place) for name, place in SIZES.items()), default=9)
    return care, size, "pk"


def at_places(rows: QuerySet[District], places: Sequence[int]) -> dict[int, District]:
    """Return the districts that stand at some places, from 0, of all that match; the others are not read."""
    ranked = rows.annotate(rank=Window(RowNumber(), order_by=_order())).filter(rank__in=[place + 1 for place in places])
    by_place = {place - 1: pk for pk, place in ranked.order_by().values_list("pk", "rank")}
    districts = District.objects.in_bulk(list(by_place.values()))
    return {place: districts[pk] for place, pk in by_place.items() if pk in districts}


def choose_districts(selection: Selection, within: Rights = EVERYTHING) -> Chosen:
    """Return the districts that match, in order, and the names that belong to none."""
    districts = list(matching(selection, within))
    return Chosen(districts, sorted(set(selection.suffixes) - {district.suffix for district in districts}))


def in_waves(districts: Sequence[District], waves: Sequence[str]) -> list[list[District]]:
    """Return the districts of each wave."""
    reached = bounds(waves, len(districts))
    parts: list[list[District]] = [[] for _ in reached]
    for position, district in enumerate(districts):
        parts[wave_of(position, reached) - 1].append(district)
    return parts

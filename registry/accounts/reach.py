"""Which districts a role or a token is for: by environment, AWS account and name. Pure; knows no district's table."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Q

from infra.naming import ENVIRONMENT_CODES
from messages.message import message

MOST_NAMED = 200
"""Accounts or districts that a reach names."""
ACCOUNT_ID = re.compile(r"[0-9]{12}")
SUFFIX = re.compile(r"[a-z][a-z0-9-]{1,18}[a-z0-9]")
NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class Place:
    """Where a district is, or would be; its account is asked for only where a reach names accounts."""

    environment: str
    suffix: str
    account_id: Callable[[], str]


class Reaching(Protocol):
    """What stores a reach: a grant, a token."""

    environments: Any
    account_ids: Any
    suffixes: Any


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Districts that are in every list that is not empty; all empty is all districts."""

    environments: tuple[str, ...] = ()
    account_ids: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    @property
    def is_narrow(self) -> bool:
        """Return whether it leaves any district out."""
        return bool(self.environments or self.account_ids or self.suffixes)

    def admits(self, place: Place) -> bool:
        """Return whether a district at this place is within it."""
        return (
            (not self.environments or place.environment in self.environments)
            and (not self.suffixes or place.suffix in self.suffixes)
            and (not self.account_ids or place.account_id() in self.account_ids)
        )

    def where(self, prefix: str = "") -> Q:
        """Return the condition on rows whose district stands behind `prefix`."""
        condition = Q()
        for name, values in (
            ("environment", self.environments),
            ("account__account_id", self.account_ids),
            ("suffix", self.suffixes),
        ):
            condition &= Q(**{f"{prefix}{name}__in": values}) if values else Q()
        return condition


EVERYWHERE = Reach()


def reach_of(stored: Reaching) -> Reach:
    """Return the reach that a grant or a token has."""
    return Reach(
        environments=tuple(stored.environments),
        account_ids=tuple(stored.account_ids),
        suffixes=tuple(stored.suffixes),
    )


def any_of(reaches: Iterable[Reach], prefix: str = "") -> Q:
    """Return the condition on rows whose district is within one of these; of none, nothing is."""
    condition: Q | None = None
    for reach in reaches:
        if not reach.is_narrow:
            return Q()
        condition = reach.where(prefix) if condition is None else condition | reach.where(prefix)
    return NOTHING if condition is None else condition


def reach_problems(reach: Reach) -> dict[str, list[str]]:
    """Return what is wrong with a reach that somebody has asked for, per list."""
    problems: dict[str, list[str]] = defaultdict(list)
    if unknown := sorted(set(reach.environments) - set(ENVIRONMENT_CODES)):
        problems["environments"].append(message("There is no environment {unknown}.", unknown=unknown[0][:40]))
    for field, pattern, values, what in (
        ("account_ids", ACCOUNT_ID, reach.account_ids, message("AWS account's id, of 12 digits")),
        ("suffixes", SUFFIX, reach.suffixes, message("district's suffix, such as lakeside-sbx")),
    ):
        invalid = [value for value in values if not pattern.fullmatch(value)]
        if invalid:
            problems[field].append(message("{wrong} is no {what}.", wrong=invalid[0][:40], what=what))
        if len(values) > MOST_NAMED:
            problems[field].append(message("Name {most_named} at most.", most_named=MOST_NAMED))
    return dict(problems)

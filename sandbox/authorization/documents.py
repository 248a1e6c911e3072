"""Policy documents as statements, read once each.

Source: IAM User Guide, "Grammar of the IAM JSON policy language". What IAM would not take is an error.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sandbox.authorization import conditions
from sandbox.authorization.conditions import Condition, MalformedPolicyError
from sandbox.authorization.matching import Context, UnknownVariableError, likened, matches

ANYBODY = "*"


class Effect(StrEnum):
    """What a statement says of a call that it applies to."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True)
class Named:
    """A list of patterns, or all but what they match (``NotAction`` and its like)."""

    patterns: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Principals:
    """Who a statement of a resource's policy speaks of, by kind: ``AWS``, ``Service``, ``Federated``."""

    by_kind: tuple[tuple[str, tuple[str, ...]], ...]
    negated: bool = False

    def of(self, kind: str) -> tuple[str, ...]:
        """Return the principals of one kind."""
        return dict(self.by_kind).get(kind, ())


@dataclass(frozen=True)
class Statement:
    """One statement with the policy and the place that it stands in."""

    policy: str
    place: str
    effect: Effect
    actions: Named
    resources: Named | None
    """None in a role's trust policy, which is about the role alone."""
    principals: Principals | None
    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        return f"statement {self.place} of {self.policy}"

    def names_action(self, action: str) -> bool:
        """Return whether it speaks of an action."""
        matched = any(likened(pattern, action, ignore_case=True) for pattern in self.actions.patterns)
        return matched != self.actions.negated

    def names_resource(self, resource: str, context: Context) -> bool:
        """Return whether it speaks of a resource."""
        if self.resources is None:
            return True
        return self._any_matches(resource, context) != self.resources.negated

    def _any_matches(self, resource: str, context: Context) -> bool:
        assert self.resources is not None
        for pattern in self.resources.patterns:
            try:
                if matches(pattern, resource, context):
                    return True
            except UnknownVariableError:
                continue
        return False

    def unmet(self, context: Context) -> Iterator[Condition]:
        """Yield its conditions that a call does not meet."""
        return conditions.unmet(self.conditions, context)

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Return whether it speaks of a call, whoever makes it."""
        return (
            self.names_action(action)
            and self.names_resource(resource, context)
            and next(self.unmet(context), None) is None
        )


Document = tuple[Statement, ...]


@functools.lru_cache(1024)
def read(text: str, policy: str) -> Document:
    """Return the statements of a document in JSON; raises MalformedPolicyError."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        raise MalformedPolicyError(f"{policy} is no JSON: {error}") from error
    return statements(whole.get("Statement", []), policy)


def statements(entries: Any, policy: str) -> Document:
    """Return the statements of a document's list, or of its only statement; raises MalformedPolicyError."""
    return tuple(_statement(entry, policy, index) for index, entry in enumerate(_listed(entries), 1))


def _statement(entry: Mapping[str, Any], policy: str, index: int) -> Statement:
    place = str(entry.get("Sid") or index)
    try:
        return Statement(
            policy=policy,
            place=place,
            effect=Effect(entry["Effect"]),
            actions=_named(entry, "Action"),
            resources=_named(entry, "Resource") if {"Resource", "NotResource"} & entry.keys() else None,
            principals=_principals(entry),
            conditions=tuple(_conditions(entry.get("Condition", {}))),
        )
    except (KeyError, ValueError, AttributeError) as error:
        raise MalformedPolicyError(f"statement {place} of {policy}: {error}") from error


def _named(entry: Mapping[str, Any], element: str) -> Named:
    negated = f"Not{element}" in entry
    return Named(tuple(_listed(entry[f"Not{element}" if negated else element])), negated)


def _principals(entry: Mapping[str, Any]) -> Principals | None:
    negated = "NotPrincipal" in entry
    principals = entry.get("NotPrincipal" if negated else "Principal")
    if principals is None:
        return None
    if principals == ANYBODY:
        return Principals((("AWS", (ANYBODY,)),), negated)
    return Principals(tuple((kind, tuple(_listed(names))) for kind, names in principals.items()), negated)


def _conditions(block: Mapping[str, Mapping[str, Any]]) -> Iterator[Condition]:
    for operator, keys in block.items():
        conditions.check(operator)
        for key, values in keys.items():
            yield Condition(operator, key, tuple(_text(value) for value in _listed(values)))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

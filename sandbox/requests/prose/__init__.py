"""Rules that AWS states in words alone and that concern a district's stack, each with the place where it is written."""

from __future__ import annotations

import functools

from sandbox.requests.prose import computing, databases, firewalls, identities, messages, networks, stores, watching
from sandbox.requests.prose.rule import Rule

RULES: tuple[Rule, ...] = (
    *computing.RULES,
    *databases.RULES,
    *firewalls.RULES,
    *identities.RULES,
    *messages.RULES,
    *networks.RULES,
    *stores.RULES,
    *watching.RULES,
)


@functools.cache
def rules_of(service: str, operation: str) -> tuple[Rule, ...]:
    """Return the rules of one operation."""
    return tuple(rule for rule in RULES if rule.service == service and operation in rule.operations)

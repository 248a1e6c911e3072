"""The adoption table: the rule of each type of resource that a district's stack can hold."""

from __future__ import annotations

from engine.adoption import backup, cache, compute, database, edge, identity, messaging, network, observability, storage
from engine.adoption.rules import Rule

PARTS = (network, identity, storage, messaging, database, cache, compute, edge, observability, backup)
TABLE: dict[str, Rule] = {row.type: row for part in PARTS for row in part.ROWS}

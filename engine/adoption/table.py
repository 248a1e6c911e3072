"""The adoption table: the rule of each type of resource that a district's stack can hold, as its row says it."""

from __future__ import annotations

from engine.kinds import KINDS
from engine.kinds.adoption import Rule

TABLE: dict[str, Rule] = {name: kind.adoption for name, kind in KINDS.items()}

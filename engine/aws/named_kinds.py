"""The kinds that the inventory asks their own services for, by name or by tag: a view of `engine.kinds`.

IAM, budgets, dashboards and aliases are in no tag index; what AWS makes by itself has no tag of ours; and of all others
a lost tag must not hide anything.
"""

from __future__ import annotations

from engine.kinds import KINDS, MADE_BY_AWS
from engine.kinds.listing import NamedKind

BY_NAME: tuple[NamedKind, ...] = (
    *(kind.listing for kind in KINDS.values() if kind.listing is not None),
    *(listing for entry in MADE_BY_AWS for listing in entry.listings),
)
"""Every kind that its own service is asked for."""

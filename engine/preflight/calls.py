"""The calls that a run makes in a district's account, as data: what IAM decides each of them on.

Recorded from the embedded AWS and renewed by ``python -m devtools.calls``. Each names its action in IAM's words, the
resource with the district's name left open, and what IAM is told of it: our tag in the request, or on the resource.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

LIST = Path(__file__).parent / "calls.json"
NEW = (("aws:RequestTag/ManagedBy", "homeroom"),)
"""It is made by this call, which tags it as ours."""
OURS = (("aws:ResourceTag/ManagedBy", "homeroom"),)
"""It is there, and tagged as ours."""

Context = tuple[tuple[str, str], ...]


@dataclass(frozen=True, order=True)
class Call:
    """One call: ``{account}``, ``{region}`` and ``{suffix}`` are left open in its resource and its context's values."""

    action: str
    resource: str
    context: Context = ()

    def as_data(self) -> dict[str, Any]:
        """Return it as the list has it."""
        return {"action": self.action, "resource": self.resource, "context": dict(self.context)}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return what the list has."""
        return cls(data["action"], data["resource"], tuple(sorted(data["context"].items())))

    def within(self, *, account: str, region: str, suffix: str) -> Call:
        """Return the call as a district of this suffix makes it in a place."""

        def filled(text: str) -> str:
            return text.replace("{account}", account).replace("{region}", region).replace("{suffix}", suffix)

        return Call(self.action, filled(self.resource), tuple((key, filled(value)) for key, value in self.context))


@cache
def recorded() -> tuple[Call, ...]:
    """Return every call of the list."""
    return tuple(Call.of(part) for part in json.loads(LIST.read_text()))

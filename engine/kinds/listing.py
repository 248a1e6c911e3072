"""How a row says by which call its own service lists a kind, and which of the names are a district's. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scope:
    """Where one looks, and for whom."""

    account: str
    region: str
    suffix: str


Asks = Callable[[Scope], dict[str, Any]]


def _nothing(scope: Scope) -> dict[str, Any]:
    return {}


def just(**parameters: Any) -> Asks:
    """Return what gives an operation these parameters, whoever is looked for."""
    return lambda scope: parameters


@dataclass(frozen=True)
class NamedKind:
    """A kind that is looked for by name: how AWS lists it, and which names are this district's."""

    service: str
    kind: str
    operation: str
    collection: str
    field: str
    """Where the name stands in a part of the collection; empty where the part is the name itself."""
    pattern: str
    """The whole name, with SUFFIX in place of the suffix, so that ``maple`` never claims what ``big-maple`` has."""
    arn: str = "Arn"
    """The field that holds the ARN, or its text with fields, ``{account}``, ``{region}`` and ``{name}`` in braces."""
    after: str = ""
    """The name is what stands behind the last of these characters."""
    asks: Asks = _nothing
    """What the operation is to be given."""
    paginated: bool = True
    by_tag: bool = False
    """Whether the service itself is asked for our tag, so that no name decides."""

    @property
    def called(self) -> str:
        """Service and kind, as the coverage table names them."""
        return f"{self.service} {self.kind}"

    def owns(self, part: Any, suffix: str) -> bool:
        """Return whether a part of the collection is this district's; a filter in the question decides nothing."""
        if self.by_tag:
            return {"Key": "Suffix", "Value": suffix} in part.get("Tags", [])
        return self.matches(self.name_of(part), suffix)

    def matches(self, name: str, suffix: str) -> bool:
        """Return whether a name is one that this district's stack gives, or AWS gives for it."""
        return not self.by_tag and re.fullmatch(self.searched(suffix), name) is not None

    def searched(self, suffix: str) -> str:
        """Return the expression that names are held against."""
        return f"tag Suffix = {suffix}" if self.by_tag else self.pattern.replace("SUFFIX", re.escape(suffix))

    def name_of(self, part: Any) -> str:
        """Return the name of one part of the collection."""
        value = str(part[self.field]) if self.field else str(part)
        return value.rpartition(self.after)[2] if self.after else value

    def identifier_of(self, part: Any, scope: Scope) -> str:
        """Return the ARN of a part; its name where AWS gives it none."""
        fields: Mapping[str, Any] = part if isinstance(part, Mapping) else {}
        name = self.name_of(part)
        if ":" in self.arn:
            return self.arn.format_map({**fields, "account": scope.account, "region": scope.region, "name": name})
        return str(fields.get(self.arn) or (part if isinstance(part, str) else name))


@dataclass(frozen=True)
class Lingering:
    """How it is told that AWS has deleted something which it still shows for a time.

    In `parameters`, ``{arn}``, ``{id}`` (behind the ARN's last slash) and ``{parent}`` (between its first two) are put
    in. An answer without the thing says that it is gone.
    """

    operation: str
    parameters: Mapping[str, Any]
    collection: str
    """Where in the answer the thing is; of a list it is the first."""
    field: str
    """What of the thing says how it stands."""
    deleted: str
    """The value that says so, in small letters; empty where any value does."""
    note: str
    """Why AWS keeps it; fields of the thing stand in braces."""
    refuses_what_is_gone: bool = True
    """Whether the service answers by an error where the thing is gone."""

"""The Service Authorization Reference as data: which actions there are, on what each is decided, and by which keys.

The file is made by ``devtools/authorization_reference.py`` and names its source, version and date.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "reference.json"
WHOLE_SERVICE = ""
"""The row of an action that names no resource type: its keys go for every resource."""


@dataclass(frozen=True)
class ResourceType:
    """A kind of resource of a service."""

    name: str
    arn: str
    """Its ARN with variables, such as ``arn:${Partition}:sqs:${Region}:${Account}:${QueueName}``."""
    keys: frozenset[str]
    """The condition keys that can be told of any such resource, in lower case."""


@dataclass(frozen=True)
class Row:
    """What an action says of one resource type."""

    required: bool
    keys: frozenset[str]
    dependent_actions: tuple[str, ...]


@dataclass(frozen=True)
class Action:
    """An action and the resource types that it is decided on."""

    service: str
    name: str
    rows: Mapping[str, Row] = field(repr=False)

    @property
    def full_name(self) -> str:
        """Such as ``sqs:CreateQueue``."""
        return f"{self.service}:{self.name}"

    @property
    def resource_types(self) -> tuple[str, ...]:
        """The names of its resource types; none means that it is decided on every resource at once (``*``)."""
        return tuple(name for name in self.rows if name != WHOLE_SERVICE)


class Reference:
    """All services of the data."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.source: Mapping[str, str] = data["source"]
        self._keys = [frozenset(key.lower() for key in keys) for keys in data["condition_keys"]]
        self._services: Mapping[str, Any] = data["services"]
        self._names = {
            prefix: {name.lower(): name for name in body["actions"]} for prefix, body in self._services.items()
        }

    @property
    def services(self) -> frozenset[str]:
        """The prefixes of all services."""
        return frozenset(self._services)

    @functools.cache  # noqa: B019 - there is one of these for a process
    def action(self, service: str, name: str) -> Action | None:
        """Return an action by its service's prefix and its name in any case, or nothing where the data has none."""
        canonical = self._names.get(service, {}).get(name.lower())
        if canonical is None:
            return None
        rows = {
            kind: Row(bool(required), self._keys[place], tuple(dependent))
            for kind, (required, place, dependent) in self._services[service]["actions"][canonical].items()
        }
        return Action(service, canonical, rows)

    @functools.cache  # noqa: B019 - as above
    def resource_type(self, service: str, name: str) -> ResourceType:
        """Return a resource type; raises KeyError for one that the service does not have."""
        arn, place = self._services[service]["resources"][name]
        return ResourceType(name, arn, self._keys[place])

    def supported_keys(self, action: Action, kind: str | None) -> frozenset[str]:
        """Return the condition keys that decide an action on a resource of this type, or on none, in lower case.

        A key of the action's own row, of the row for all resources, or of the resource type itself. Tags are told with
        their key left out: ``aws:requesttag/${tagkey}``.
        """
        keys = action.rows[WHOLE_SERVICE].keys if WHOLE_SERVICE in action.rows else frozenset()
        if kind is None:
            return keys
        return keys | action.rows[kind].keys | self.resource_type(action.service, kind).keys


@functools.cache
def reference() -> Reference:
    """Return the data, read once."""
    return Reference(json.loads(FILE.read_text()))

"""What a source is, where a pull stands, and what one pull of a resource brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from processor.sources.client import Client

Cursor = dict[str, Any]
"""Where the pulling of a resource stands, as JSON: the kind's own words."""

MOST_ROWS = 20_000
MOST_BYTES = 24 * 1024 * 1024
MOST_PAGES = 200
"""A batch ends at whichever comes first; the next one goes on where it ended."""


class Kind(StrEnum):
    """What a source speaks."""

    EDFI = "edfi"
    ONEROSTER = "oneroster"


class State(StrEnum):
    """Whether a source is pulled."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class Wish(StrEnum):
    """What a person wants of a source besides its schedule."""

    PULL = "pull"
    TRY = "try"
    """Pull one batch of each resource as a trial: nothing is stored, and no cursor moves."""
    TEST = "test"
    """Only sign in and ask each resource for one row."""


@dataclass(frozen=True)
class Source:
    """One source as it was configured; its secret is elsewhere."""

    source_id: int
    kind: Kind
    name: str
    address: str
    token_address: str
    every_minutes: int
    state: State
    wish: Wish | None = None


@dataclass
class Batch:
    """What one pull of one resource brought."""

    file_name: str = ""
    content: bytes = b""
    rows: int = 0
    after: Cursor = field(default_factory=dict)
    """Where the pulling stands once this is stored."""
    more: bool = False
    """Whether there was more than a batch may hold."""


class Reader(Protocol):
    """What pulls one kind of source."""

    @property
    def resources(self) -> Sequence[str]:
        """The names of what is pulled, in order."""

    def client(self, source: Source, client: Client) -> Client:
        """Return the client with the token's address that this source has."""

    def test(self, client: Client, source: Source) -> dict[str, int | None]:
        """Return how many rows each resource has, and nothing for one that it lacks; raises SourceProblemError."""

    def pull(self, client: Client, source: Source, resource: str, cursor: Cursor) -> Batch:
        """Return the next batch; raises SourceProblemError, or NotOfferedError."""

"""An Ed-Fi ODS/API for tests, as strict as its documentation: change versions, pages, deletions, ranges of keys.

Each change raises the version of its row, so that the row leaves a window that ends before. Sources: Ed-Fi ODS/API
documentation, "Using the Changed Record Queries", "API Paging", "Cursor Paging" (7.3), "API Versioning" (the document
at the root).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from devtools.services.source_server import Reply, SourceServer

MOST = 500
ALLOWED = frozenset(
    {"offset", "limit", "totalCount", "minChangeVersion", "maxChangeVersion", "pageToken", "pageSize", "number"}
)


@dataclass
class StoredRow:
    """One row of a resource, with its place in the order of keys."""

    place: int
    version: int
    item: dict[str, Any]


@dataclass
class EdFiSource(SourceServer):
    """An ODS with the rows that it was given."""

    version: str = "7.2"
    has_changes: bool = True
    newest: int = 0
    rows: dict[str, dict[str, StoredRow]] = field(default_factory=dict)
    deleted: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    after_page: Callable[[], None] = lambda: None
    """Called after each page: what happens in a system while it is read."""

    def put(self, resource: str, key: str, **item: Any) -> None:
        """Take a row, new or changed: the newest change of all."""
        self.newest += 1
        rows = self.rows.setdefault(resource, {})
        place = rows[key].place if key in rows else len(rows)
        head = {"id": uuid5(NAMESPACE_URL, f"{resource}/{key}").hex, "_etag": str(self.newest)}
        fields = {"_lastModifiedDate": datetime.now(UTC).isoformat().replace("+00:00", "Z"), **item}
        rows[key] = StoredRow(place, self.newest, {**head, **fields})

    def delete(self, resource: str, key: str, **keys: Any) -> None:
        """Delete a row; `keys` are those by which it was known."""
        self.newest += 1
        gone = self.rows[resource].pop(key)
        deletion = {"id": gone.item["id"], "changeVersion": self.newest, "keyValues": keys}
        self.deleted.setdefault(resource, []).append((self.newest, deletion))

    def open_answer(self, path: str) -> Reply | None:
        """Answer the document at the root, which anybody may read."""
        if path != "/":
            return None
        urls = {
            "oauth": f"{self.url}/oauth/token",
            "dataManagementApi": f"{self.url}/data/v3/",
            "changeQueries": f"{self.url}/changeQueries/v1/",
        }
        return 200, {}, {"version": self.version, "informationalModel": "Ed-Fi", "urls": urls}

    def answer(self, path: str, parameters: dict[str, str], scopes: frozenset[str]) -> Reply:
        """Answer a page of rows or deletions, the ranges of keys, or the change versions."""
        if path == "/changeQueries/v1/availableChangeVersions" and self.has_changes:
            return 200, {}, {"oldestChangeVersion": 0, "newestChangeVersion": self.newest}
        match = re.fullmatch(r"/data/v3/ed-fi/(\w+)(/deletes|/partitions)?", path)
        if match is None or match[1] in self.missing or (match[2] == "/deletes" and not self.has_changes):
            return self.refusal(404, "The specified resource could not be found.")
        if set(parameters) - ALLOWED:
            return self.refusal(400, "A parameter is not known.")
        try:
            least, most = int(parameters.get("minChangeVersion", 0)), int(parameters.get("maxChangeVersion", 2**62))
            offset, limit = int(parameters.get("offset", 0)), int(parameters.get("limit", 25))
            size = int(parameters.get("pageSize", 25))
        except ValueError:
            return self.refusal(400, "A parameter is no number.")
        if not 0 <= limit <= MOST or not 0 < size <= MOST or offset < 0 or least > most:
            return self.refusal(400, f"Limit must be omitted or set to a value between 0 and {MOST}.")
        if match[2] == "/deletes":
            gone = [deletion for version, deletion in self.deleted.get(match[1], []) if least <= version <= most]
            return 200, {"Total-Count": str(len(gone))}, gone[offset : offset + limit]
        rows = [row for row in self.rows.get(match[1], {}).values() if least <= row.version <= most]
        rows.sort(key=lambda row: row.place)
        by_keys = tuple(map(int, self.version.split(".")[:2])) >= (7, 3)
        if match[2] == "/partitions":
            return self._partitions(rows, parameters) if by_keys else self.refusal(404, "There is no such resource.")
        if by_keys and ("pageSize" in parameters or "pageToken" in parameters):
            if {"offset", "limit", "totalCount"} & set(parameters):
                return self.refusal(400, "Page tokens and offsets do not go together.")
            return self._by_keys(rows, parameters.get("pageToken", ""), size)
        if "pageSize" in parameters or "pageToken" in parameters:
            return self.refusal(400, "A parameter is not known.")
        headers = {"Total-Count": str(len(rows))} if parameters.get("totalCount") == "true" else {}
        answer = [row.item for row in rows[offset : offset + limit]]
        self.after_page()
        return 200, headers, answer

    def _by_keys(self, rows: list[StoredRow], token: str, size: int) -> Reply:
        try:
            least, most = map(int, base64.urlsafe_b64decode(token).decode().split(",")) if token else (0, 2**31)
        except ValueError:
            return self.refusal(400, "The page token is none.")
        page = [row for row in rows if least <= row.place <= most][:size]
        answer = [row.item for row in page]
        following = {"Next-Page-Token": _token(page[-1].place + 1, most)} if page else {}
        self.after_page()
        return 200, following, answer

    def _partitions(self, rows: list[StoredRow], parameters: dict[str, str]) -> Reply:
        number = max(1, int(parameters.get("number", 1)))
        step = max(1, -(-len(rows) // number))
        starts = [rows[at].place for at in range(0, len(rows), step)]
        ends = [*(start - 1 for start in starts[1:]), 2**31]
        return 200, {}, {"pageTokens": [_token(*pair) for pair in zip(starts, ends, strict=False)]}


def _token(least: int, most: int) -> str:
    return base64.urlsafe_b64encode(f"{least},{most}".encode()).decode()

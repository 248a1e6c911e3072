"""Pulls an Ed-Fi ODS/API: changes since the last pull, deletions first, each window of change versions closed.

A window goes from the version after the last one that was pulled to the newest that there is when it begins. What
changes while it is read leaves it and comes with the next window. So pages by offset are read from the last one
backwards: what leaves moves rows to places that are still to be read, never past them. From 7.3 on pages go by ranges
of keys (`pageToken`), which nothing moves. A source without change queries is read whole each time.

A deletion has no moment of its own. It is given that at which the former window closed: all that we know of the row is
of that time at the latest, and a row that was made anew since is newer.

Sources: Ed-Fi ODS/API documentation, "Using the Changed Record Queries", "API Paging" and "Cursor Paging" (7.3); the
version document at the root ("urls").
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from processor.sources.client import Client, refuse, unexpected
from processor.sources.http_request import Answer, moment_of
from processor.sources.model import MOST_BYTES, MOST_PAGES, MOST_ROWS, Batch, Cursor, Source
from processor.sources.problems import NotOfferedError, SourceProblemError

RESOURCES = (
    "schools",
    "students",
    "studentEducationOrganizationAssociations",
    "studentSchoolAssociations",
    "assessments",
    "objectiveAssessments",
    "studentAssessments",
    "studentAssessmentEducationOrganizationAssociations",
)
NO_DELETES = frozenset({"objectiveAssessments"})
"""Its deletions look like those of an assessment's items; what is left is the name of a part."""
PAGE = 500
"""Rows of a page: the most that an ODS/API gives by default ("DefaultPageSizeLimit")."""
BY_KEYS_SINCE = (7, 3)


class Places:
    """Where an ODS/API has its data, its changes and its tokens; as its version document says, or as usual."""

    def __init__(self, client: Client, source: Source) -> None:
        self.base = source.address.rstrip("/")
        answer = client.open_get(f"{self.base}/")
        document: Any = answer.json() if answer.status == 200 else {}
        urls = document.get("urls", {}) if isinstance(document, dict) else {}
        urls = urls if isinstance(urls, dict) else {}
        ours = client.reach.place(self.base).origin
        self.version = _version(document.get("version") if isinstance(document, dict) else None)

        def place(name: str, usual: str) -> str:
            url = urls.get(name)
            is_told = isinstance(url, str) and "{" not in url and _origin(client, url) == ours
            return str(url).rstrip("/") if is_told else f"{self.base}/{usual}"

        self.data = f"{place('dataManagementApi', 'data/v3')}/ed-fi"
        self.changes = f"{place('changeQueries', 'changeQueries/v1')}/availableChangeVersions"
        self.token = source.token_address or place("oauth", "oauth/token")


def _origin(client: Client, url: str) -> tuple[str, str, int] | None:
    """Return an address's origin; nothing for one that may not be asked, such as one behind a gateway."""
    try:
        return client.reach.place(url).origin
    except SourceProblemError:
        return None


def _version(version: object) -> tuple[int, ...]:
    match = re.match(r"(\d+)\.(\d+)", str(version or ""))
    return (int(match[1]), int(match[2])) if match else (0, 0)


class EdFi:
    """The reader of Ed-Fi ODS/APIs."""

    resources = RESOURCES

    def client(self, source: Source, client: Client) -> Client:
        """Return the client with the token's address, which the version document has."""
        client.token_url = Places(client, source).token
        return client

    def test(self, client: Client, source: Source) -> dict[str, int | None]:
        """Count each resource; raises SourceProblemError where none can be read."""
        places = Places(client, source)
        counts: dict[str, int | None] = {}
        for resource in self.resources:
            try:
                counts[resource] = _total(client, f"{places.data}/{resource}", {})
            except NotOfferedError:
                counts[resource] = None
        return counts

    def pull(self, client: Client, source: Source, resource: str, cursor: Cursor) -> Batch:
        """Return the next batch of a resource as JSON, one object a line."""
        places = Places(client, source)
        window = dict(cursor["window"]) if "window" in cursor else _next_window(client, places, cursor)
        lines = _Lines(moment_of(window.get("seen") or cursor.get("read_at")))
        done = _read(client, places, resource, window, lines)
        window["seen"] = lines.newest and lines.newest.isoformat()
        after: Cursor = {**cursor, "window": window}
        if done:
            read_at = datetime.fromisoformat(window["read_at"])
            after = {"to": window["to"], "read_at": max(read_at, lines.newest or read_at).isoformat()}
        return Batch(f"{resource}.json", lines.content(), lines.rows, after, more=not done)


def _next_window(client: Client, places: Places, cursor: Cursor) -> dict[str, Any]:
    """Begin a window: all that there is at first, and where the source was put back or keeps too little."""
    answer = client.get(places.changes)
    read_at = answer.moment.isoformat()
    former = cursor.get("to")
    if answer.status in (403, 404):
        # No change queries: everything, each time, and no deletions.
        return {"from": None, "to": None, "read_at": read_at, "step": "rows"}
    if answer.status != 200:
        raise unexpected(answer.status, "asked for its change versions")
    document = answer.json()
    names = {str(name).casefold(): value for name, value in document.items()} if isinstance(document, dict) else {}
    newest, oldest = names.get("newestchangeversion"), names.get("oldestchangeversion", 0)
    if not isinstance(newest, int) or not isinstance(oldest, int):
        raise SourceProblemError(
            "no_versions", "The source tells no change versions.", "Check the address with the vendor."
        )
    if former is None or former > newest or former + 1 < oldest:
        return {"from": None, "to": newest, "read_at": read_at, "step": "rows"}
    return {
        "from": former + 1,
        "to": newest,
        "read_at": read_at,
        "since": cursor.get("read_at", ""),
        "step": "deletes" if newest > former else "none",
        "offset": 0,
    }


class _Lines:
    """The objects of a batch, one a line.

    `newest` is when the newest object changed that the source has told so far: its clock tells whole seconds, and by it
    alone an object of the same second would outlive its deletion.
    """

    def __init__(self, newest: datetime | None) -> None:
        self.newest = newest
        self._lines: dict[object, bytes] = {}
        self._bytes = self.pages = 0

    def add(self, items: list[dict[str, Any]]) -> None:
        """Take a page."""
        self.pages += 1
        for item in items:
            changed = moment_of(item.get("_lastModifiedDate"))
            self.newest = max(self.newest or changed, changed) if changed is not None else self.newest
            line = json.dumps(item, separators=(",", ":")).encode() + b"\n"
            # What moved between two pages comes twice.
            self._lines[item.get("id") or len(self._lines)] = line
            self._bytes += len(line)

    @property
    def rows(self) -> int:
        """How many objects there are."""
        return len(self._lines)

    @property
    def full(self) -> bool:
        """Return whether the batch has to end."""
        return self.rows >= MOST_ROWS or self._bytes >= MOST_BYTES or self.pages >= MOST_PAGES

    def content(self) -> bytes:
        """Return all of it."""
        return b"".join(self._lines.values())


def _read(client: Client, places: Places, resource: str, window: dict[str, Any], lines: _Lines) -> bool:
    """Read on in a window until it ends or the batch is full; say whether it has ended. The window says where."""
    url = f"{places.data}/{resource}"
    within = _within(window)
    if window["step"] == "deletes":
        if resource not in NO_DELETES and not _deletes(client, url, window, within, lines):
            return False
        window["step"] = "rows"
    if window["step"] == "none":
        return True
    if places.version >= BY_KEYS_SINCE:
        return _by_keys(client, url, window, within, lines)
    return _backwards(client, url, window, within, lines)


def _within(window: dict[str, Any]) -> dict[str, Any]:
    if window["to"] is None:
        return {}
    least = {"minChangeVersion": window["from"]} if window["from"] is not None else {}
    return {**least, "maxChangeVersion": window["to"]}


def _page(client: Client, url: str, parameters: dict[str, Any]) -> tuple[list[dict[str, Any]], Answer]:
    answer = client.get(f"{url}?{urlencode(parameters)}")
    refuse(answer, "asked for a page")
    rows = answer.json()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceProblemError("no_list", "A page of the source is no list of objects.", "Check the address.")
    return rows, answer


def _total(client: Client, url: str, within: dict[str, Any]) -> int:
    _, answer = _page(client, url, {**within, "offset": 0, "limit": 1, "totalCount": "true"})
    total = answer.headers.get("total-count", "")
    if not total.isdigit():
        raise SourceProblemError(
            "no_count", "The source does not tell how many rows there are.", "Ask the vendor for totalCount."
        )
    return int(total)


def _deletes(client: Client, url: str, window: dict[str, Any], within: dict[str, Any], lines: _Lines) -> bool:
    """Read what was deleted; rows of this list do not leave it, so that it is read from its beginning on."""
    while not lines.full:
        try:
            rows, _ = _page(client, f"{url}/deletes", {**within, "offset": window["offset"], "limit": PAGE})
        except NotOfferedError:
            return True
        # What names no keys (5.1 to 5.3) cannot be told apart here.
        lines.add([
            {"keyValues": row["keyValues"], "_lastModifiedDate": window["since"]}
            for row in rows
            if isinstance(row.get("keyValues"), dict)
        ])  # fmt: skip
        window["offset"] += len(rows)
        if len(rows) < PAGE:
            return True
    return False


def _by_keys(client: Client, url: str, window: dict[str, Any], within: dict[str, Any], lines: _Lines) -> bool:
    while not lines.full:
        token = window.get("token")
        rows, answer = _page(client, url, {**within, **({"pageToken": token} if token else {}), "pageSize": PAGE})
        lines.add(rows)
        following = answer.headers.get("next-page-token", "")
        if not rows or not following:
            return True
        if following == token:
            raise SourceProblemError("no_end", "The source leads to the same page again.", "Tell the vendor.")
        window["token"] = following
    return False


def _backwards(client: Client, url: str, window: dict[str, Any], within: dict[str, Any], lines: _Lines) -> bool:
    if "next" not in window:
        total = _total(client, url, within)
        window["next"] = max(0, total - 1) // PAGE * PAGE
    while not lines.full:
        if window["next"] < 0:
            return True
        rows, _ = _page(client, url, {**within, "offset": window["next"], "limit": PAGE})
        lines.add(rows)
        window["next"] -= PAGE
    return bool(window["next"] < 0)

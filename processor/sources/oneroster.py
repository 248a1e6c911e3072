"""Pulls a OneRoster 1.2 service: what changed since the last pull, sorted by its key, page after page.

`dateLastModified` only grows, so that no row leaves the set that a filter names, and the order is that of the keys:
rows that change meanwhile move others to later places at most. So no row is passed over, and one that is read twice is
merged once. The next filter begins an hour before the last pull began by the source's own clock, or at the newest row
that it had, whichever is earlier.

Sources: 1EdTech, "OneRoster 1.2 Rostering Service REST/JSON Binding" and "Gradebook Service REST/JSON Binding" (19
September 2022): section 3, "Pagination", "Sorting", "Filtering"; "Security Framework": scopes.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from processor.sources.client import Client, refuse
from processor.sources.http_request import Answer, moment_of
from processor.sources.model import MOST_BYTES, MOST_PAGES, MOST_ROWS, Batch, Cursor, Source
from processor.sources.oneroster_tables import archive
from processor.sources.problems import NotOfferedError, SourceProblemError

ROSTERING, GRADEBOOK = "rostering/v1p2", "gradebook/v1p2"
SERVICES = {
    "orgs": ROSTERING,
    "academicSessions": ROSTERING,
    "classes": ROSTERING,
    "users": ROSTERING,
    "demographics": ROSTERING,
    "scoreScales": GRADEBOOK,
    "lineItems": GRADEBOOK,
    "results": GRADEBOOK,
}
"""The resources in the order in which they are pulled, and the service of each."""
ROOT = "/ims/oneroster"
SCOPE = " ".join(
    f"https://purl.imsglobal.org/spec/or/v1p2/scope/{name}.readonly"
    for name in ("roster-core", "roster", "roster-demographics", "gradebook")
)
PAGE = 500
OVERLAP = timedelta(hours=1)
"""How much earlier than the last pull began the next one looks: for clocks that differ, and rows that came late."""
NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next"?', re.IGNORECASE)


class OneRoster:
    """The reader of OneRoster 1.2 services."""

    resources = tuple(SERVICES)

    def client(self, source: Source, client: Client) -> Client:
        """Return the client with the token's address, which the source was given."""
        client.token_url, client.scope = source.token_address, SCOPE
        return client

    def test(self, client: Client, source: Source) -> dict[str, int | None]:
        """Count each resource by its first row."""
        counts: dict[str, int | None] = {}
        for resource in self.resources:
            try:
                rows, answer = _page(client, _url(source, resource), resource, {"limit": 1, "offset": 0})
            except NotOfferedError:
                counts[resource] = None
                continue
            total = _total(answer)
            counts[resource] = len(rows) if total is None else total
        return counts

    def pull(self, client: Client, source: Source, resource: str, cursor: Cursor) -> Batch:
        """Return the next batch of a resource as OneRoster's CSV files, zipped."""
        window = dict(cursor.get("window", {"since": cursor.get("since"), "offset": 0, "began": "", "seen": ""}))
        read: dict[str, dict[str, Any]] = {}
        size, pages, done = 0, 0, False
        while not done and len(read) < MOST_ROWS and size < MOST_BYTES and pages < MOST_PAGES:
            page, answer = _page(client, _url(source, resource), resource, _parameters(window))
            window["began"] = window["began"] or _written(answer.moment)
            known = len(read)
            # A row that moved while pages were read comes twice: as it was read last.
            read.update((str(row.get("sourcedId", f"{window['offset']}/{at}")), row) for at, row in enumerate(page))
            size += len(answer.body)
            pages += 1
            # A source that gives the same page whatever the place has no more.
            done = _ended(answer, page, window) or len(read) == known
            window["offset"] += len(page)
        rows = list(read.values())
        window["seen"] = max([window["seen"], *filter(None, (_changed(row) for row in rows))])
        after: Cursor = {**cursor, "window": window}
        content = archive(resource, rows)
        # An archive has times in it; what it is made of says whether it is the same again.
        digest = hashlib.sha256(repr(rows).encode()).hexdigest()
        if done:
            after = {"since": _since(window), "digest": digest}
        if done and "window" not in cursor and digest == cursor.get("digest"):
            return Batch(after=after)
        return Batch(f"{resource}.zip", content, len(rows), after, more=not done)


def _url(source: Source, resource: str) -> str:
    root = source.address.rstrip("/").partition(ROOT)[0]
    return f"{root}{ROOT}/{SERVICES[resource]}/{resource}"


def _parameters(window: dict[str, Any]) -> dict[str, Any]:
    parameters: dict[str, Any] = {"limit": PAGE, "offset": window["offset"], "sort": "sourcedId", "orderBy": "asc"}
    if window["since"]:
        parameters["filter"] = f"dateLastModified>'{window['since']}'"
    return parameters


def _page(client: Client, url: str, resource: str, parameters: dict[str, Any]) -> tuple[list[dict[str, Any]], Answer]:
    answer = client.get(f"{url}?{urlencode(parameters, quote_via=quote)}")
    refuse(answer, f"asked for {resource}")
    document = answer.json()
    rows = document.get(resource) if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceProblemError(
            "no_list",
            f"The source's answer holds no list of {resource}.",
            "Check that the address is that of a OneRoster 1.2 service.",
        )
    return rows, answer


def _ended(answer: Answer, page: list[dict[str, Any]], window: dict[str, Any]) -> bool:
    """Return whether a page was the last: by the link to the next one, the count of all, or its being empty."""
    if not page:
        return True
    if "link" in answer.headers:
        following = NEXT.search(answer.headers["link"])
        if following is None:
            return True
        # The place is ours to say; of the link only that it goes on is believed.
        offset = parse_qs(urlsplit(following[1]).query).get("offset", [""])[0]
        if offset.isdigit() and int(offset) <= window["offset"]:
            raise SourceProblemError("no_end", "The source leads to the same page again.", "Tell the vendor.")
        return False
    total = _total(answer)
    # Where neither tells, a page is no last one for being short: services give fewer rows than they are asked for.
    return total is not None and bool(window["offset"] + len(page) >= total)


def _total(answer: Answer) -> int | None:
    total = answer.headers.get("x-total-count", "").strip()
    return int(total) if total.isdigit() else None


def _changed(row: dict[str, Any]) -> str:
    """Return when a row changed last, in one way of writing; nothing where that cannot be read."""
    moment = moment_of(row.get("dateLastModified", ""))
    return "" if moment is None else _written(moment)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _since(window: dict[str, Any]) -> str | None:
    """Return from when on the next pull asks; a window without rows leaves it as it was."""
    if not window["seen"]:
        since: str | None = window["since"]
        return since
    began = _written(datetime.fromisoformat(window["began"]) - OVERLAP)
    latest: str = max(min(window["seen"], began), window["since"] or "")
    return latest

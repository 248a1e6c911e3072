"""A OneRoster 1.2 service for tests and the demo, as strict as the specification: what it does not have is an error.

Sources: 1EdTech, "OneRoster 1.2 Rostering Service" and "Gradebook Service", REST/JSON bindings (19 September 2022):
pagination (`limit`, `offset`, `X-Total-Count`, `Link`), `sort` and `orderBy`, `filter`, `imsx_StatusInfo`, scopes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from devtools.services.source_server import Reply, SourceServer

SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
CORE, ROSTER, PEOPLE, GRADES = (
    f"{SCOPE}{name}.readonly" for name in ("roster-core", "roster", "roster-demographics", "gradebook")
)
PLACES = {
    "orgs": ("rostering", frozenset({CORE, ROSTER})),
    "academicSessions": ("rostering", frozenset({CORE, ROSTER})),
    "classes": ("rostering", frozenset({CORE, ROSTER})),
    "users": ("rostering", frozenset({CORE, ROSTER})),
    "demographics": ("rostering", frozenset({PEOPLE, ROSTER})),
    "scoreScales": ("gradebook", frozenset({GRADES})),
    "lineItems": ("gradebook", frozenset({GRADES})),
    "results": ("gradebook", frozenset({GRADES})),
}
NEEDED = {
    "orgs": ("name", "type"),
    "academicSessions": ("title", "startDate", "endDate", "type", "schoolYear"),
    "classes": ("title", "classType", "course", "school", "terms"),
    "users": ("enabledUser", "givenName", "familyName", "roles"),
    "demographics": (),
    "scoreScales": ("title", "type", "class", "scoreScaleValue"),
    "lineItems": ("title", "assignDate", "dueDate", "class", "school", "category"),
    "results": ("lineItem", "student", "scoreStatus", "scoreDate"),
}
"""What an object must have, besides the head."""
FILTER = re.compile(r"^(\w+)\s*(=|!=|>=|>|<=|<|~)\s*'([^']*)'$")
ALLOWED = frozenset({"limit", "offset", "sort", "orderBy", "filter", "fields"})


@dataclass
class OneRosterSource(SourceServer):
    """A service with the objects that it was given."""

    scopes: frozenset[str] = frozenset({CORE, ROSTER, PEOPLE, GRADES})
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    has_links: bool = True
    has_count: bool = True
    most: int = 1000

    def put(self, resource: str, **row: Any) -> None:
        """Take an object in place of one of the same key; raises ValueError for what the specification refuses."""
        head = ("sourcedId", "status", "dateLastModified")
        lacking = [name for name in (*head, *NEEDED[resource]) if row.get(name) in (None, "")]
        if lacking:
            raise ValueError(f"An object of {resource} lacks {', '.join(lacking)}.")
        self.rows.setdefault(resource, {})[row["sourcedId"]] = row

    def refusal(self, status: int, words: str) -> Reply:
        """Return an error as OneRoster writes it."""
        code = {400: "invaliddata", 401: "unauthorisedrequest", 403: "forbidden", 404: "unknownobject"}.get(
            status, "server_busy"
        )
        minor = {"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": code}
        return status, {}, {
            "imsx_codeMajor": "failure", "imsx_severity": "error", "imsx_description": words,
            "imsx_CodeMinor": {"imsx_codeMinorField": [minor]},
        }  # fmt: skip

    def answer(self, path: str, parameters: dict[str, str], scopes: frozenset[str]) -> Reply:
        """Answer a collection's page."""
        match = re.fullmatch(r"/ims/oneroster/(rostering|gradebook)/v1p2/(\w+)", path)
        if match is None or match[2] in self.missing or PLACES.get(match[2], ("",))[0] != match[1]:
            return self.refusal(404, "There is no such collection.")
        resource = match[2]
        if not scopes & PLACES[resource][1]:
            return self.refusal(403, "The token's scopes do not allow it.")
        if set(parameters) - ALLOWED:
            return self.refusal(400, "A parameter is none of the specification's.")
        try:
            limit, offset = int(parameters.get("limit", 100)), int(parameters.get("offset", 0))
        except ValueError:
            return self.refusal(400, "limit and offset are numbers.")
        if limit < 1 or offset < 0 or parameters.get("orderBy", "asc") not in ("asc", "desc"):
            return self.refusal(400, "limit, offset or orderBy is none of those that there are.")
        limit = min(limit, self.most)
        rows = list(self.rows.get(resource, {}).values())
        if "filter" in parameters:
            condition = FILTER.match(parameters["filter"])
            if condition is None:
                return self.refusal(400, "The filter is none.")
            rows = [row for row in rows if _fits(str(row.get(condition[1], "")), condition[2], condition[3])]
        if sort := parameters.get("sort"):
            rows.sort(key=lambda row: str(row.get(sort, "")), reverse=parameters.get("orderBy") == "desc")
        headers = {"X-Total-Count": str(len(rows))} if self.has_count else {}
        if self.has_links and (links := self._links(path, parameters, limit, offset, len(rows))):
            headers["Link"] = links
        return 200, headers, {resource: rows[offset : offset + limit]}

    def _links(self, path: str, parameters: dict[str, str], limit: int, offset: int, total: int) -> str:
        places = {"first": 0, "last": max(0, (total - 1) // limit * limit)}
        if offset + limit < total:
            places["next"] = offset + limit
        if offset > 0:
            places["prev"] = max(0, offset - limit)
        queries = {name: urlencode({**parameters, "limit": limit, "offset": at}) for name, at in places.items()}
        return ", ".join(f'<{self.url}{path}?{query}>; rel="{name}"' for name, query in queries.items())


def _fits(value: str, operator: str, other: str) -> bool:
    answers = {
        "=": value == other, "!=": value != other, ">": value > other, ">=": value >= other, "<": value < other,
        "<=": value <= other, "~": other.casefold() in value.casefold(),
    }  # fmt: skip
    return answers[operator]


def reference(kind: str, key: str) -> dict[str, str]:
    """Return how one object names another (GUIDRef)."""
    return {"href": f"/{kind}/{key}", "sourcedId": key, "type": kind}

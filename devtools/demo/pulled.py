"""The demo's OneRoster service, and how the example district pulls from it: added, tested, pulled, stored."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from devtools.demo.office import Office, OfficeError
from devtools.services.oneroster_source import OneRosterSource, reference
from devtools.services.source_server import serving
from processes.process import free_port

LET_IN = "SOURCES_LET_IN"
STUDENTS = 150
CHANGED = "2025-10-05T06:00:00.000Z"
NAME = "Lakeside's student information system"


def reserve() -> int:
    """Choose the service's port, and have the district's tasks let it in; before the embedded AWS is started."""
    port = free_port()
    os.environ[LET_IN] = f"127.0.0.1:{port}"
    return port


def filled_source(students: int = STUDENTS) -> OneRosterSource:
    """Return a service with a school, a class and a line item, and students with a result each."""
    source = OneRosterSource()
    head = {"status": "active", "dateLastModified": CHANGED}
    role = {"roleType": "primary", "role": "student", "org": reference("org", "sis-1")}
    source.put("orgs", sourcedId="sis-1", **head, name="Lakeside Annex", type="school", identifier="0099")
    source.put("academicSessions", sourcedId="sis-fall", **head, title="Fall 2025", startDate="2025-08-20",
               endDate="2025-12-19", type="gradingPeriod", schoolYear="2026")  # fmt: skip
    source.put("classes", sourcedId="sis-c1", **head, title="Science 4", classType="scheduled", grades=["04"],
               course=reference("course", "k1"), school=reference("org", "sis-1"),
               terms=[reference("academicSession", "sis-fall")])  # fmt: skip
    source.put("lineItems", sourcedId="sis-l1", **head, title="Science benchmark", assignDate="2025-10-01T00:00:00Z",
               dueDate="2025-10-02T00:00:00Z", **{"class": reference("class", "sis-c1")},
               school=reference("org", "sis-1"), category=reference("category", "benchmarks"),
               academicSession=reference("academicSession", "sis-fall"), resultValueMin=0.0,
               resultValueMax=100.0)  # fmt: skip
    for number in range(students):
        own = f"sis-{number:05}"
        source.put("users", sourcedId=own, **head, enabledUser="true", givenName="Made-up", grades=["04"],
                   familyName=f"Pupil {number}", roles=[role], primaryOrg=reference("org", "sis-1"))  # fmt: skip
        source.put("results", sourcedId=f"r-{own}", **head, lineItem=reference("lineItem", "sis-l1"),
                   student=reference("user", own), scoreStatus="fully graded", score=40 + number % 60,
                   scoreDate="2025-10-02")  # fmt: skip
    return source


@contextmanager
def adding(office: Office, port: int) -> Iterator[Callable[[], dict[str, Any] | None]]:
    """Serve the system and add it as a source; yields what tells how it was pulled, or nothing where none can be."""
    if office.get("/v1/sources")["obstacle"]:
        yield lambda: None
        return
    with serving(filled_source(), port) as system:
        payload = {
            "kind": "oneroster",
            "name": NAME,
            "address": system.url,
            "token_address": f"{system.url}/token",
            "every_minutes": 60,
            "client_id": system.client_id,
            "client_secret": system.client_secret,
        }
        number = office.post("/v1/sources", payload)["source_id"]
        yield lambda: dict(office.get(f"/v1/sources/{number}"))


def is_stored(source: dict[str, Any] | None) -> bool:
    """Return whether all that a source has is stored; raises OfficeError where it failed."""
    if source is None:
        return True
    if source["problem"]:
        raise OfficeError(f"The source could not be pulled: {source['problem']}", remedy=str(source["remedy"]))
    ends = [batch["state"] for batch in source["batches"]]
    if "rejected" in ends:
        raise OfficeError("What was pulled was refused.", remedy="Read the reports of its files.")
    return source["pulled_at"] is not None and bool(ends) and all(state == "merged" for state in ends)

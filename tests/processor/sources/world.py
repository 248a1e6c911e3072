"""A source with its stand-in, in a pipeline: pulled by the worker's own code, stored by the pipeline's own way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from devtools.services.edfi_source import EdFiSource
from devtools.services.oneroster_source import OneRosterSource, reference
from devtools.services.source_server import SourceServer, serving
from processor.access import Access, Scope
from processor.ingest.process import Result
from processor.sources import store
from processor.sources.address import Reach
from processor.sources.client import Credentials
from processor.sources.model import Kind, Source, State, Wish
from processor.sources.pull import Pulling
from tests.processor.cases.files import levels, scores
from tests.processor.pipeline import Pipeline

ACCESS = Access("office@maple", "office@maple", "sources", Scope.INGEST, "test", "1")
NAMESPACE = "uri://vendor.example/Assessment"
OLD = "2025-09-01T08:00:00.000Z"


@dataclass
class World:
    """One source, and everything that a test does to it."""

    pipeline: Pipeline
    standin: SourceServer
    kind: Kind
    connection: psycopg.Connection
    source_id: int = 0
    waited: list[float] = field(default_factory=list)

    def pulling(self, **more: Any) -> Pulling:
        """Return what pulls, with the stand-in let in and no time lost by waiting."""
        secret = Credentials(self.standin.client_id, self.standin.client_secret)
        pulling = Pulling(
            self.pipeline.client("s3"),
            self.pipeline.bucket,
            lambda source_id: secret,
            Reach(frozenset({self.standin.url.removeprefix("http://")})),
            wait=self.waited.append,
        )
        return replace(pulling, **more)

    def add(self, **more: Any) -> int:
        """Add the source, as if its secret were there."""
        token = f"{self.standin.url}/oauth/token" if self.kind == Kind.ONEROSTER else ""
        source = Source(0, self.kind, "Maple's system", self.standin.url, token, 60, State.ACTIVE)
        source_id = store.add(self.connection, replace(source, **more), self.pulling().reach, ACCESS)
        store.credentials_written(self.connection, source_id, None, ACCESS)
        self.source_id = self.source_id or source_id
        return source_id

    def due(self) -> None:
        """Let the source be due."""
        self.connection.execute("UPDATE homeroom.source SET next_pull_at = now()")

    def pull(self, **more: Any) -> list[Result]:
        """Pull once, if it is due, and store what came."""
        self.due()
        assert self.pulling(**more).pull_next(self.connection)
        return self.pipeline.drain()

    def pull_all(self) -> list[Result]:
        """Pull until nothing new comes."""
        all_results: list[Result] = []
        while results := self.pull():
            all_results += results
        return all_results

    def wish(self, wish: Wish) -> list[Result]:
        """Ask for something besides the schedule, and do it."""
        store.wish(self.connection, self.source_id, wish, ACCESS)
        assert self.pulling().pull_next(self.connection)
        return self.pipeline.drain()

    def row(self, columns: str) -> tuple[Any, ...]:
        """Return columns of the source."""
        (row,) = self.pipeline.rows(f"SELECT {columns} FROM homeroom.source WHERE source_id = {self.source_id}")
        return row

    def asked(self, word: str) -> list[str]:
        """Return and forget what the stand-in was asked that holds a word."""
        urls = [url for url in self.standin.asked if word in url]
        self.standin.asked.clear()
        return urls

    def scores(self) -> list[tuple[Any, ...]]:
        """Return every score, by the student's own number."""
        return self.pipeline.rows(
            "SELECT i.local_id, r.standard, r.scale_score FROM homeroom.result r "
            "JOIN homeroom.student_identity i USING (student) ORDER BY 1, 2"
        )


@contextlib.contextmanager
def world(pipeline: Pipeline, standin: SourceServer, kind: Kind) -> Iterator[World]:
    """Serve a stand-in, and add it as a source."""
    with serving(standin), pipeline.connections().opened("homeroom_writer", autocommit=True) as connection:
        maple = World(pipeline, standin, kind, connection)
        maple.add()
        yield maple


def fill_oneroster(source: OneRosterSource, students: int = 3, changed: str = OLD) -> None:
    """Give a service a school, a class, students, a line item and a result of each."""
    head = {"status": "active", "dateLastModified": changed}
    source.put("orgs", sourcedId="s1", **head, name="Oak School", type="school", identifier="0001")
    source.put("academicSessions", sourcedId="gp1", **head, title="Fall", startDate="2025-08-20",
               endDate="2025-12-19", type="gradingPeriod", schoolYear="2026")  # fmt: skip
    source.put("classes", sourcedId="c1", **head, title="Maths 4", classType="scheduled", grades=["04"],
               course=reference("course", "k1"), school=reference("org", "s1"),
               terms=[reference("academicSession", "gp1")])  # fmt: skip
    source.put("users", sourcedId="t1", **head, enabledUser="true", givenName="Tom", familyName="Teacher",
               roles=[role("teacher")], grades=[])  # fmt: skip
    source.put("lineItems", sourcedId="l1", **head, title="Mathematics", assignDate="2025-10-01T00:00:00Z",
               dueDate="2025-10-02T00:00:00Z", **{"class": reference("class", "c1")}, school=reference("org", "s1"),
               category=reference("category", "g1"), academicSession=reference("academicSession", "gp1"),
               resultValueMin=0.0, resultValueMax=300.0)  # fmt: skip
    for number in range(1, students + 1):
        put_student(source, number, 200 + number, changed)


def put_student(source: OneRosterSource, number: int, score: float, changed: str = OLD) -> None:
    """Give a service a student with a result."""
    head = {"status": "active", "dateLastModified": changed}
    source.put("users", sourcedId=f"u{number:05}", **head, enabledUser="true", givenName="Ada", familyName="Lovelace",
               grades=["04"], userIds=[{"type": "State", "identifier": f"9{number:06}"}], roles=[role("student")],
               primaryOrg=reference("org", "s1"))  # fmt: skip
    source.put("results", sourcedId=f"r{number:05}", **head, lineItem=reference("lineItem", "l1"),
               student=reference("user", f"u{number:05}"), scoreStatus="fully graded", score=score,
               scoreDate="2025-10-02")  # fmt: skip


def role(word: str) -> dict[str, Any]:
    """Return a role at the school."""
    return {"roleType": "primary", "role": word, "org": reference("org", "s1")}


def fill_edfi(source: EdFiSource, students: int = 3) -> None:
    """Give an ODS a school, an assessment, students and a result of each."""
    source.put("schools", "1", schoolId=1, nameOfInstitution="Oak School")
    source.put("assessments", "a", assessmentIdentifier="Maths", namespace=NAMESPACE, assessmentTitle="Mathematics")
    for number in range(1, students + 1):
        put_result(source, number, 300 + number)


def put_result(source: EdFiSource, number: int, score: float) -> None:
    """Give an ODS a student with a result."""
    unique = f"{number:05}"
    if unique not in source.rows.get("students", {}):
        source.put("students", unique, studentUniqueId=unique, firstName="Ada", lastSurname="Lovelace")
    source.put(
        "studentAssessments",
        unique,
        studentAssessmentIdentifier=f"x{unique}",
        assessmentReference={"assessmentIdentifier": "Maths", "namespace": NAMESPACE},
        studentReference={"studentUniqueId": unique},
        administrationDate="2025-10-02T00:00:00",
        scoreResults=scores(("Scale Score", str(score))),
        performanceLevels=levels(("Performance Level", "Met")),
    )

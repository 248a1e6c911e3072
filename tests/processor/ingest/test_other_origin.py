"""Files as other systems write them: order, quotes, line ends, encodings and containers differ, the tables do not."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from processes.postgres import Postgres
from tests.processor.pipeline import TABLES, Pipeline, running_pipeline


def columns(text: str) -> list[str]:
    return text.split(",")


AT, LATER = "2026-05-01T10:00:00Z", "2026-05-02T10:00:00.000Z"
HEAD = columns(
    "student_id,assessment,administration,date,score,level,school_id,school_name,grade,given_name,family_name,"
    "modified_at"
)
ROWS = [
    HEAD,
    ["1001", "Reading", "Fall", "2025-10-03", "212", "Proficient", "s1", "École Oak", "4", "Zoë", "Núñez", AT],
    ["1002", "Reading", "Fall", "10/03/2025", "190.5", "Basic", "s1", "École Oak", "Grade 4", "Åke", "O'Brien", AT],
    ["1003", "Reading, silent", "Fall", "2025-10-03", "88", "", "s1", "École Oak", "K", 'Ann "Bo"', "Day", AT],
]


def written(rows: list[list[str]], **options: Any) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=options.pop("end", "\n"), **options).writerows(rows)
    return out.getvalue()


def turned(rows: list[list[str]]) -> list[list[str]]:
    return [row[::-1] for row in rows]


def widened(rows: list[list[str]]) -> list[list[str]]:
    return [["row", *row, "comment"] if row is HEAD else ["7", *row, "two\nlines"] for row in rows]


def shouted(rows: list[list[str]]) -> list[list[str]]:
    return [[f" {name.upper()} " for name in rows[0]], *rows[1:]]


def in_zip(content: str, **more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Export 2026/", "")
        archive.writestr("Export 2026/scores.csv", content)
        archive.writestr("__MACOSX/Export 2026/._scores.csv", b"\0\5\26\7")
        archive.writestr("Export 2026/.DS_Store", b"\0\0\0\1Bud1")
        for name, text in more.items():
            archive.writestr(f"Export 2026/{name}.txt", text)
    return out.getvalue()


PLAIN = written(ROWS)
VARIANTS: dict[str, Callable[[], bytes]] = {
    "columns in another order": lambda: written(turned(ROWS)).encode(),
    "more columns, with line ends in cells": lambda: written(widened(ROWS)).encode(),
    "everything quoted": lambda: written(ROWS, quoting=csv.QUOTE_ALL).encode(),
    "CRLF": lambda: written(ROWS, end="\r\n").encode(),
    "CR alone": lambda: written(ROWS, end="\r").encode(),
    "no line end at the end": lambda: PLAIN.rstrip("\n").encode(),
    "empty lines": lambda: ("\n\n" + PLAIN.replace("\n", "\n\n") + "\n\n").encode(),
    "upper-case names with blanks": lambda: written(shouted(ROWS)).encode(),
    "semicolons": lambda: written(ROWS, delimiter=";").encode(),
    "tabs": lambda: written(ROWS, delimiter="\t").encode(),
    "UTF-8 with a mark": lambda: PLAIN.encode("utf-8-sig"),
    "UTF-8 with a mark and everything quoted": lambda: written(ROWS, quoting=csv.QUOTE_ALL).encode("utf-8-sig"),
    "UTF-16 with a mark": lambda: PLAIN.encode("utf-16"),
    "UTF-16 of a spreadsheet": lambda: b"\xff\xfe" + written(ROWS, delimiter="\t", end="\r\n").encode("utf-16-le"),
    "UTF-16, the other way round": lambda: b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "UTF-16 without a mark": lambda: PLAIN.encode("utf-16-le"),
    "Windows-1252": lambda: PLAIN.encode("cp1252"),
    "gzip": lambda: gzip.compress(PLAIN.encode()),
    "gzip in two members": lambda: gzip.compress(PLAIN[:100].encode()) + gzip.compress(PLAIN[100:].encode()),
    "a zip of a folder": lambda: in_zip(PLAIN),
    "a zip with a note": lambda: in_zip(PLAIN, README="Made by another system.\n"),
    "a zip of Windows-1252 with CRLF": lambda: in_zip_of(written(ROWS, end="\r\n").encode("cp1252")),
}


def in_zip_of(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("scores.csv", content)
    return out.getvalue()


@pytest.fixture(scope="module")
def shared(pipeline_server: Postgres, sandbox_url: str) -> Iterator[Pipeline]:
    with running_pipeline(pipeline_server, sandbox_url) as pipeline:
        yield pipeline


@pytest.fixture(scope="module")
def expected(shared: Pipeline) -> dict[str, list[tuple[Any, ...]]]:
    assert shared.take("expected.csv", PLAIN).accepted == 3
    names = shared.rows("SELECT given_name, family_name FROM homeroom.student_name ORDER BY 1")
    assert names == [('Ann "Bo"', "Day"), ("Zoë", "Núñez"), ("Åke", "O'Brien")]
    return shared.tables()


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_rows_end_the_same_however_they_are_written(
    shared: Pipeline, expected: dict[str, list[tuple[Any, ...]]], name: str
):
    shared.admin.execute(f"TRUNCATE {', '.join(f'homeroom.{table}' for table in TABLES)}")
    result = shared.take(f"{name}.csv", VARIANTS[name]())
    assert (result.accepted, result.rejected, result.held) == (3, 0, 0), shared.report(result)
    assert shared.tables() == expected


def oneroster(**files: list[list[str]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, rows in files.items():
            archive.writestr(f"OneRoster/{name}.csv", "\ufeff" + written(rows, quoting=csv.QUOTE_ALL, end="\r\n"))
    return out.getvalue()


def manifest(mode: str, *names: str) -> list[list[str]]:
    rows = [["propertyName", "value"], ["manifest.version", "1.0"], ["oneroster.version", "1.2"]]
    absent = [[f"file.{name}", "absent"] for name in ("categories", "courses", "scoreScales")]
    return [*rows, *absent, *([f"file.{name}", mode] for name in names)]


# OneRoster 1.2, with columns that 1.1 has not, in the order in which the specification lists them.
USERS_12 = columns(
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,"
    "sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,"
    "preferredFamilyName,primaryOrgSourcedId,pronouns,metadata.sis.homeroom"
)
ROLES_12 = columns(
    "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId"
)
ITEMS_12 = columns(
    "sourcedId,status,dateLastModified,title,description,assignDate,dueDate,classSourcedId,categorySourcedId,"
    "gradingPeriodSourcedId,resultValueMin,resultValueMax,schoolSourcedId"
)
RESULTS_12 = columns(
    "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,"
    "textScore,classSourcedId,inProgress,incomplete,late,missing"
)


def row(names: list[str], **cells: str) -> list[str]:
    values = {"status": "active", "dateLastModified": AT, **cells}
    return [values.get(name, "") for name in names]


STUDENT_ASSESSMENT = {
    "id": "b5f0a1c0d7e84c0c9a2f6a0a1d2b3c4d",
    "studentAssessmentIdentifier": "SA-1",
    "assessmentReference": {
        "assessmentIdentifier": "MATH-4",
        "namespace": "uri://example.org/assessments",
        "link": {"rel": "Assessment", "href": "/ed-fi/assessments/1"},
    },
    "schoolYearTypeReference": {"schoolYear": 2026, "link": {"rel": "SchoolYearType", "href": "/x"}},
    "studentReference": {"studentUniqueId": "604821", "link": {"rel": "Student", "href": "/x"}},
    "reportedSchoolReference": {"schoolId": 255901001},
    "administrationDate": "2025-10-02T00:00:00Z",
    "administrationEndDate": "2025-10-02T01:30:00Z",
    "serialNumber": "0",
    "whenAssessedGradeLevelDescriptor": "uri://ed-fi.org/GradeLevelDescriptor#Fourth grade",
    "accommodations": [],
    "items": [],
    "period": {"assessmentPeriodDescriptor": "uri://ed-fi.org/AssessmentPeriodDescriptor#BOY"},
    "performanceLevels": [
        {
            "performanceLevelDescriptor": "uri://ed-fi.org/PerformanceLevelDescriptor#Proficient",
            "assessmentReportingMethodDescriptor": "uri://ed-fi.org/AssessmentReportingMethodDescriptor#Scale score",
        }
    ],
    "scoreResults": [
        {
            "assessmentReportingMethodDescriptor": "uri://ed-fi.org/AssessmentReportingMethodDescriptor#Percentile",
            "resultDatatypeTypeDescriptor": "uri://ed-fi.org/ResultDatatypeTypeDescriptor#Percentile",
            "result": "61",
        },
        {
            "assessmentReportingMethodDescriptor": "uri://ed-fi.org/AssessmentReportingMethodDescriptor#Scale score",
            "resultDatatypeTypeDescriptor": "uri://ed-fi.org/ResultDatatypeTypeDescriptor#Integer",
            "result": "2412",
        },
    ],
    "studentObjectiveAssessments": [],
    "_etag": "5250168731208835753",
    "_lastModifiedDate": "2026-05-01T10:00:00Z",
    "_ext": {"tpdm": {}},
}

PART: dict[str, Any] = {
    "id": "a2d5d6c2b1c94f0e8b7d1c2e3f4a5b6c",
    "identificationCode": "RL.4.1",
    "assessmentReference": {"assessmentIdentifier": "MATH-4", "namespace": "uri://example.org/assessments"},
    "_etag": "5250168731208835753",
}
"""An objectiveAssessment or an assessmentItem: no result of anybody."""

EDFI: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "an array": lambda item: json.dumps([item]).encode(),
    "an array in many lines": lambda item: json.dumps([item], indent=4).replace("\n", "\r\n").encode("utf-8-sig"),
    "one object a line": lambda item: (json.dumps(item) + "\r\n\r\n").encode("utf-8-sig"),
    "one object a line, packed": lambda item: gzip.compress(json.dumps(item).encode()),
    "UTF-16": lambda item: json.dumps([item]).encode("utf-16"),
    "one object in many lines": lambda item: json.dumps(item, indent=2).encode("utf-8-sig"),
    "objects in many lines": lambda item: (json.dumps(item, indent=1) + "\n" + json.dumps(PART, indent=1)).encode(),
    "with an assessment's parts": lambda item: json.dumps([PART, item, {**PART, "maxRawScore": 1}]).encode(),
}


@pytest.mark.parametrize("name", EDFI)
def test_what_an_ed_fi_api_gives_is_read_with_all_that_it_has_besides(shared: Pipeline, name: str):
    shared.admin.execute(f"TRUNCATE {', '.join(f'homeroom.{table}' for table in TABLES)}")
    result = shared.take(f"{name}.json", EDFI[name](STUDENT_ASSESSMENT))
    assert (result.accepted, result.rejected, result.held) == (1, 0, 0), shared.report(result)
    assert shared.rows(
        "SELECT school_year, period, school_id, grade, taken_on::text, scale_score, performance_level "
        "FROM homeroom.analytics_result"
    ) == [(2026, "2026 BOY", "255901001", "04", "2025-10-02", 2412.0, "Proficient")]


def deleted(**keys: str) -> dict[str, Any]:
    """A deletion as a list of changes has it (`/studentAssessments/deletes`)."""
    return {"id": "b5f0a1c0d7e84c0c9a2f6a0a1d2b3c4d", "changeVersion": 1001, "keyValues": keys}


def test_deletions_that_an_ed_fi_api_lists_take_results_and_assessments_back(pipeline: Pipeline):
    test = {"assessmentIdentifier": "MATH-4", "namespace": "uri://example.org/assessments"}
    named = {**test, "assessmentTitle": "Maths", "academicSubjects": [], "_lastModifiedDate": "2026-05-01T10:00:00Z"}
    pipeline.take("all.json", json.dumps([STUDENT_ASSESSMENT, named]))
    assert pipeline.rows("SELECT title FROM homeroom.assessment") == [("Maths",)]
    gone = [
        deleted(**test, studentAssessmentIdentifier="SA-1", studentUniqueId="604821"),
        deleted(**test),
        deleted(**test, identificationCode="RL.4.1"),
    ]
    taken = pipeline.take("deletes.json", json.dumps(gone))
    assert (taken.accepted, taken.rejected) == (2, 1), pipeline.report(taken)
    assert pipeline.rows("SELECT count(*) FROM homeroom.result") == [(0,)]
    assert pipeline.rows("SELECT title, deleted FROM homeroom.assessment") == [(None, True)]


def test_an_export_of_oneroster_12_and_its_delta_with_deletions(pipeline: Pipeline):
    user = {"enabledUser": "true", "username": "u", "grades": "04,05", "primaryOrgSourcedId": "s1"}
    result = {"lineItemSourcedId": "l1", "scoreStatus": "fully graded", "scoreDate": "2025-10-02"}
    bulk = oneroster(
        results=[
            RESULTS_12,
            row(RESULTS_12, sourcedId="r1", studentSourcedId="u1", score="88", late="true", **result),
            row(RESULTS_12, sourcedId="r2", studentSourcedId="u2", score="70", comment="a, b", **result),
            row(RESULTS_12, sourcedId="r3", studentSourcedId="u2", textScore="Meets", **result),
        ],
        users=[
            USERS_12,
            row(USERS_12, sourcedId="u1", givenName="Ada", familyName="Lovelace", **user),
            row(USERS_12, sourcedId="u2", givenName="Alan", familyName="Turing", **user),
            row(USERS_12, sourcedId="t1", givenName="Grace", familyName="Hopper", username="t"),
        ],
        roles=[
            ROLES_12,
            *(
                row(ROLES_12, sourcedId=f"o{who}", userSourcedId=who, roleType="primary", role=role, orgSourcedId="s1")
                for who, role in (("u1", "student"), ("u2", "student"), ("t1", "teacher"))
            ),
        ],
        lineItems=[
            ITEMS_12,
            row(
                ITEMS_12, sourcedId="l1", title="Mathematics", assignDate="2025-10-01", dueDate="2025-10-02",
                classSourcedId="c1", resultValueMin="0", resultValueMax="100", schoolSourcedId="s1",
            ),
        ],
        manifest=manifest("bulk", "results", "users", "roles", "lineItems"),
    )  # fmt: skip
    taken = pipeline.take("bulk.zip", bulk)
    assert (taken.rejected, taken.held) == (0, 0), pipeline.report(taken)
    assert pipeline.rows("SELECT count(*) FROM homeroom.analytics_result") == [(3,)]
    assert pipeline.rows("SELECT family_name FROM homeroom.student_name ORDER BY 1") == [("Lovelace",), ("Turing",)]
    delta = oneroster(
        manifest=manifest("delta", "results", "users"),
        results=[
            RESULTS_12,
            row(RESULTS_12, sourcedId="r1", status="tobedeleted", dateLastModified=LATER),
            row(RESULTS_12, sourcedId="r2", studentSourcedId="u2", score="71", **result | {"dateLastModified": LATER}),
        ],
        users=[USERS_12, row(USERS_12, sourcedId="u1", status="tobedeleted", dateLastModified=LATER)],
    )
    taken = pipeline.take("delta.zip", delta)
    assert (taken.accepted, taken.rejected) == (3, 0), pipeline.report(taken)
    query = "SELECT record_id, scale_score, performance_level FROM homeroom.analytics_result ORDER BY 1"
    assert pipeline.rows(query) == [("or:r2", 71.0, None), ("or:r3", None, "Meets")]
    names = "SELECT family_name FROM homeroom.student_name WHERE family_name IS NOT NULL"
    assert pipeline.rows(names) == [("Turing",)], "of a deleted student no name is left"

"""Small files as vendors, spreadsheets and systems really write them; every name and number is made up."""

from __future__ import annotations

import json
from typing import Any

from processor.ingest.process import Result
from tests.processor import oneroster_tables as spec
from tests.processor.pipeline import Pipeline

PLAIN_HEAD = "student_id,assessment,administration,date,score,level,school_id,grade"


def plain(*rows: str, head: str = PLAIN_HEAD) -> str:
    """Return a plain CSV of these rows."""
    return "\n".join([head, *rows]) + "\n"


def row(student: str = "1001", **more: str) -> str:
    """Return a row of PLAIN_HEAD, with other cells where they are given."""
    cells = {"assessment": "Reading", "administration": "Fall", "date": "2025-10-03", "score": "212", "level": ""}
    cells |= {"student_id": student, "school_id": "s1", "grade": "4", **more}
    return ",".join(cells[name] for name in PLAIN_HEAD.split(","))


def users(*students: dict[str, str], version: str = "1.1") -> str:
    """Return a users.csv of students."""
    rows = [spec.row(version, "users", **{"grades": "04", "orgSourcedIds": "s1", **student}) for student in students]
    return spec.table(version, "users", *rows)


def result(**more: Any) -> dict[str, Any]:
    """Return an Ed-Fi StudentAssessment, with other members; a member that is None is a null."""
    return {
        "studentAssessmentIdentifier": "a1",
        "assessmentReference": {"assessmentIdentifier": "MATH", "namespace": "uri://vendor.example/Assessment"},
        "studentReference": {"studentUniqueId": "1001"},
        "schoolYearTypeReference": {"schoolYear": 2026},
        "administrationDate": "2025-09-16",
        "scoreResults": scores(("Scale Score", "300")),
        **more,
    }


def described(kind: str, word: str) -> str:
    """Return a vendor's descriptor."""
    return f"uri://vendor.example/{kind}Descriptor#{word}"


def scores(*results: tuple[str, Any]) -> list[dict[str, Any]]:
    """Return score results by method."""
    method = "assessmentReportingMethodDescriptor"
    return [{method: described("AssessmentReportingMethod", name), "result": value} for name, value in results]


def levels(*results: tuple[str, str], **more: Any) -> list[dict[str, Any]]:
    """Return performance levels by method."""
    return [
        {
            "assessmentReportingMethodDescriptor": described("AssessmentReportingMethod", method),
            "performanceLevelDescriptor": described("PerformanceLevel", word),
            **more,
        }
        for method, word in results
    ]


def lines(*items: dict[str, Any]) -> str:
    """Return objects as one a line."""
    return "".join(json.dumps(item) + "\n" for item in items)


def problem(pipeline: Pipeline, result: Result) -> tuple[str, str, str]:
    """Return why a file was refused: code, sentence and remedy."""
    query = "SELECT problem_code, problem, remedy FROM homeroom.file WHERE file_id = %s"
    ((code, sentence, remedy),) = pipeline.rows(query, result.file_id)
    return code, sentence, remedy


def numbers(result: Result) -> tuple[int, int, int]:
    """Return how many rows were accepted, rejected and held."""
    return result.accepted, result.rejected, result.held

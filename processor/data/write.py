"""Writes made-up data as files of every format; `expected.json` says what must become of them."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from processor.data.bad import spoil
from processor.data.students import LEVELS, SCHOOLS, SUBJECTS, Score, Student, interim, scores, students_of

STAMP = "T12:00:00.000Z"
NAMESPACE = "uri://homeroom.example/Assessment"
HEAD = ["sourcedId", "status", "dateLastModified"]


def write_all(folder: Path, *, rows: int, seed: int, year: int) -> dict[str, dict[str, int]]:
    """Write every file with about `rows` results all in all; return what each file's rows must come to."""
    folder.mkdir(parents=True, exist_ok=True)
    bulk = rows * 7 // 10
    rest = (rows - bulk) // 2
    expected = {
        "1-oneroster-bulk.zip": bulk_file(folder / "1-oneroster-bulk.zip", bulk, seed, year),
        "2-oneroster-delta.zip": delta_file(folder / "2-oneroster-delta.zip", bulk, seed, year),
        "3-ed-fi.ndjson": edfi_file(folder / "3-ed-fi.ndjson", rest, seed, year),
        "4-plain.csv": plain_file(folder / "4-plain.csv", rows - bulk - rest, seed, year),
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
    return expected


def bulk_file(path: Path, count: int, seed: int, year: int) -> dict[str, int]:
    """Write a OneRoster 1.1 bulk export: roster, line items, results."""
    chance = random.Random(f"bad {seed}")
    everybody = students_of(count, seed)
    spoiled = [0]

    def results() -> Iterator[list[str]]:
        for number, score in enumerate(scores(count, seed, year)):
            cells = {"student": score.student.local_id, "day": score.day, "score": str(score.score)}
            spoiled[0] += spoil(chance, cells)
            # Blank in a bulk file by the specification; most systems fill it in all the same.
            yield _result(f"r{number}", "", f"{score.day}{STAMP}", score, cells)

    roster = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _member(archive, "manifest.csv", ["propertyName", "value"], _manifest("bulk"))
        for name, head, rows in _roster(everybody, year):
            roster += _member(archive, name, head, rows)
        total = _member(archive, "results.csv", RESULT_HEAD, results())
    return {"rows": roster + total, "rejected": spoiled[0]}


def delta_file(path: Path, count: int, seed: int, year: int) -> dict[str, int]:
    """Write a delta: of every hundred results one is corrected, and of every thousand one deleted."""
    at = f"{year}-06-01{STAMP}"

    def changes() -> Iterator[list[str]]:
        for number, score in enumerate(scores(count, seed, year)):
            cells = {"student": score.student.local_id, "day": score.day, "score": str(score.score + 1)}
            if number % 1000 == 500:
                yield [f"r{number}", "tobedeleted", at, *[""] * 6]
            elif number % 100 == 50:
                yield _result(f"r{number}", "active", at, score, cells)

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _member(archive, "manifest.csv", ["propertyName", "value"], _manifest("delta"))
        total = _member(archive, "results.csv", RESULT_HEAD, changes())
    return {"rows": total, "rejected": 0}


def edfi_file(path: Path, count: int, seed: int, year: int) -> dict[str, int]:
    """Write Ed-Fi assessments and student assessments, one object a line."""
    chance, spoiled, total = random.Random(f"bad ed-fi {seed}"), 0, 0
    with path.open("w", encoding="utf-8") as out:
        for subject in SUBJECTS:
            levels = [
                {
                    "performanceLevelDescriptor": f"uri://ed-fi.org/PerformanceLevelDescriptor#{word}",
                    "minimumScore": low,
                }
                for word, low in zip(LEVELS, ("100", "180", "200", "220"), strict=True)
            ]
            total += _line(
                out,
                {
                    "assessmentIdentifier": f"state-{subject}",
                    "namespace": NAMESPACE,
                    "assessmentTitle": f"State {subject}",
                    "academicSubjects": [
                        {"academicSubjectDescriptor": f"uri://ed-fi.org/AcademicSubjectDescriptor#{subject}"}
                    ],
                    "scores": [{"minimumScore": "100", "maximumScore": "300"}],
                    "performanceLevels": levels,
                },
            )
        for number, score in enumerate(scores(count, seed, year)):
            cells = {"student": score.student.local_id, "day": score.day, "score": str(score.score)}
            if spoil(chance, cells):
                spoiled += 1
                # Ed-Fi gives results as text of any kind: only what has neither score nor level is refused.
                cells["day"] = "not a day"
            total += _line(out, _student_assessment(number, score, cells, year))
    return {"rows": total, "rejected": spoiled}


def plain_file(path: Path, count: int, seed: int, year: int) -> dict[str, int]:
    """Write our own CSV."""
    chance, spoiled, total = random.Random(f"bad plain {seed}"), 0, 0
    names = {school: name for school, name, _ in SCHOOLS}
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(PLAIN_HEAD)
        for score in scores(count, seed, year):
            cells = {"student": score.student.local_id, "day": score.day, "score": str(interim(score))}
            spoiled += spoil(chance, cells)
            who = score.student
            flags = ["yes" if flag else "no" for flag in (who.poor, who.learner, who.disability)]
            table.writerow(
                [cells["student"], f"Interim {score.subject}", score.period, cells["day"], cells["score"], score.level,
                 who.school, names[who.school], who.grade, score.subject, who.given, who.family, who.gender,
                 who.ethnicity, *flags]
            )  # fmt: skip
            total += 1
    return {"rows": total, "rejected": spoiled}


RESULT_HEAD = [*HEAD, "lineItemSourcedId", "studentSourcedId", "scoreStatus", "score", "scoreDate", "comment"]
PLAIN_HEAD = [
    "student_id", "assessment", "administration", "date", "score", "level", "school_id", "school_name", "grade",
    "subject", "given_name", "family_name", "gender", "ethnicity", "economically_disadvantaged", "english_learner",
    "disability",
]  # fmt: skip


def _result(source_id: str, status: str, at: str, score: Score, cells: dict[str, str]) -> list[str]:
    item = f"l-{score.student.school}-{score.student.grade}-{score.subject}-{score.period}"
    return [source_id, status, at, item, cells["student"], "fully graded", cells["score"], cells["day"], ""]


def _manifest(mode: str) -> list[list[str]]:
    rows = [["manifest.version", "1.0"], ["oneroster.version", "1.1"]]
    names = ("orgs", "users", "classes", "lineItems", "demographics")
    rows += [[f"file.{name}", mode if mode == "bulk" else "absent"] for name in names]
    return [*rows, ["file.results", mode], ["source.systemName", "Homeroom's generator"], ["source.systemCode", "gen"]]


def _roster(everybody: list[Student], year: int) -> Iterator[tuple[str, list[str], Iterable[list[str]]]]:
    blank = ["", ""]
    schools = [[school, *blank, name, "school", "", "d1"] for school, name, _ in SCHOOLS]
    yield "orgs.csv", [*HEAD, "name", "type", "identifier", "parentSourcedId"], schools
    users_head = ["enabledUser", "orgSourcedIds", "role", "username", "givenName", "familyName", "identifier", "grades"]
    yield (
        "users.csv",
        [*HEAD, *users_head],
        (
            [s.local_id, *blank, "true", s.school, "student", s.local_id, s.given, s.family, "", s.grade]
            for s in everybody
        ),
    )
    races = ["americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican", "white"]
    words = ["American Indian or Alaska Native", "Asian", "Black or African American", "White"]
    yield (
        "demographics.csv",
        [*HEAD, "sex", *races, "demographicRaceTwoOrMoreRaces", "hispanicOrLatinoEthnicity"],
        (
            [s.local_id, *blank, s.gender, *(str(s.ethnicity == word).lower() for word in words),
             str(s.ethnicity == "Two or more races").lower(), str(s.ethnicity == "Hispanic or Latino").lower()]
            for s in everybody
        ),
    )  # fmt: skip
    classes = [(school, grade) for school, _, grades in SCHOOLS for grade in grades]
    yield (
        "classes.csv",
        [*HEAD, "title", "grades", "courseSourcedId", "classType", "schoolSourcedId", "termSourcedIds"],
        (
            [f"c-{school}-{grade}", *blank, f"Grade {grade}", grade, "k1", "homeroom", school, "t1"]
            for school, grade in classes
        ),
    )
    months = {"Fall": f"{year - 1}-10-25", "Winter": f"{year}-01-25", "Spring": f"{year}-05-25"}
    items_head = ["title", "assignDate", "dueDate", "classSourcedId", "categorySourcedId", "gradingPeriodSourcedId",
                  "resultValueMin", "resultValueMax"]  # fmt: skip
    yield (
        "lineItems.csv",
        [*HEAD, *items_head],
        (
            [f"l-{school}-{grade}-{subject}-{period}", *blank, f"{subject} benchmark", day, day, f"c-{school}-{grade}",
             "k", f"{year} {period}", "100", "300"]
            for school, grade in classes for subject in SUBJECTS for period, day in months.items()
        ),
    )  # fmt: skip


def _student_assessment(number: int, score: Score, cells: dict[str, str], year: int) -> dict[str, object]:
    method = "uri://ed-fi.org/AssessmentReportingMethodDescriptor#Scale score"
    return {
        "studentAssessmentIdentifier": f"sa{number}",
        "assessmentReference": {"assessmentIdentifier": f"state-{score.subject}", "namespace": NAMESPACE},
        "studentReference": {"studentUniqueId": cells["student"] or "100000"},
        "schoolYearTypeReference": {"schoolYear": year},
        "reportedSchoolReference": {"schoolId": score.student.school},
        "administrationDate": cells["day"],
        "whenAssessedGradeLevelDescriptor": f"uri://ed-fi.org/GradeLevelDescriptor#Grade {int(score.student.grade)}",
        "period": {"assessmentPeriodDescriptor": f"uri://ed-fi.org/AssessmentPeriodDescriptor#{score.period}"},
        "scoreResults": [{"assessmentReportingMethodDescriptor": method, "result": cells["score"]}],
        "performanceLevels": [
            {
                "performanceLevelDescriptor": f"uri://ed-fi.org/PerformanceLevelDescriptor#{score.level}",
                "performanceLevelMet": True,
            }
        ],
    }


def _line(out: IO[str], item: dict[str, object]) -> int:
    out.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")) + "\n")
    return 1


def _member(archive: zipfile.ZipFile, name: str, head: list[str], rows: Iterable[list[str]]) -> int:
    with archive.open(name, "w", force_zip64=True) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(head)
        return sum(1 for row in rows if table.writerow(row))

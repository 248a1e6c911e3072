"""OneRoster's JSON objects as the CSV files that the specification has for the same, so that one reader reads both.

Of users only who has a student's role is written; of anybody else the role alone, without a name. The columns are those
of the CSV binding 1.2.1.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

HEAD = ("sourcedId", "status", "dateLastModified")
Row = dict[str, Any]
Cells = dict[str, str]
DELETED = "tobedeleted"
RACES = (
    "americanIndianOrAlaskaNative",
    "asian",
    "blackOrAfricanAmerican",
    "nativeHawaiianOrOtherPacificIslander",
    "white",
    "demographicRaceTwoOrMoreRaces",
    "hispanicOrLatinoEthnicity",
)


def text(row: Row, name: str) -> str:
    """Return a value as a cell; nothing where it is missing, null, or no single value."""
    value = row.get(name)
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def reference(row: Row, *names: str) -> str:
    """Return the id of the first object that a row refers to by one of these names."""
    for name in names:
        value = row.get(name)
        if isinstance(value, dict) and value.get("sourcedId"):
            return str(value["sourcedId"])
    return ""


def listed(row: Row, name: str) -> list[Any]:
    """Return a list; a single value is one of one."""
    value = row.get(name)
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def joined(row: Row, name: str) -> str:
    """Return a list of words as a cell has them."""
    return ",".join(str(word) for word in listed(row, name) if not isinstance(word, dict | list))


def head(row: Row) -> Cells:
    """Return the first three columns."""
    return {name: text(row, name) for name in HEAD}


def orgs(row: Row) -> Iterable[tuple[str, Cells]]:
    """Write a school, or what it belongs to."""
    cells = {name: text(row, name) for name in ("name", "type", "identifier")}
    yield "orgs", {**head(row), **cells, "parentSourcedId": reference(row, "parent")}


def academic_sessions(row: Row) -> Iterable[tuple[str, Cells]]:
    """Write a grading period or term."""
    cells = {name: text(row, name) for name in ("title", "type", "startDate", "endDate", "schoolYear")}
    yield "academicSessions", {**head(row), **cells, "parentSourcedId": reference(row, "parent")}


def classes(row: Row) -> Iterable[tuple[str, Cells]]:
    """Write a class."""
    yield (
        "classes",
        {
            **head(row),
            "title": text(row, "title"),
            "grades": joined(row, "grades"),
            "courseSourcedId": reference(row, "course"),
            "classType": text(row, "classType"),
            "schoolSourcedId": reference(row, "school"),
            "subjects": joined(row, "subjects"),
        },
    )


def roles_of(row: Row) -> list[Cells]:
    """Return the roles of a user, as roles.csv has them: in 1.2 a list, in 1.1 one word with the orgs beside it."""
    roles = [
        {
            **{name: text(entry, name) for name in ("roleType", "role", "beginDate", "endDate")},
            "orgSourcedId": reference(entry, "org"),
        }
        for entry in listed(row, "roles")
        if isinstance(entry, dict)
    ]
    if not roles and text(row, "role"):
        orgs_of = [str(entry.get("sourcedId", "")) for entry in listed(row, "orgs") if isinstance(entry, dict)]
        org = orgs_of[0] if orgs_of else ""
        undated = {"beginDate": "", "endDate": ""}
        roles = [{"roleType": "primary", "role": text(row, "role"), **undated, "orgSourcedId": org}]
    for number, role in enumerate(roles):
        role["roleType"] = role["roleType"] or ("secondary" if number else "primary")
    return roles


def users(row: Row) -> Iterable[tuple[str, Cells]]:
    """Write a student with the roles, and of anybody else a role without a name.

    Which school a student without a primary org is at, the roles say, by their dates.
    """
    roles = roles_of(row)
    student = any(role["role"].casefold() == "student" for role in roles)
    if student or (text(row, "status") == DELETED and not roles):
        ids = ",".join(
            f"{{{text(entry, 'type')}:{text(entry, 'identifier')}}}"
            for entry in listed(row, "userIds")
            if isinstance(entry, dict) and text(entry, "identifier")
        )
        cells = {
            name: text(row, name)
            for name in ("username", "givenName", "familyName", "middleName", "identifier", "userMasterIdentifier")
        }
        yield (
            "users",
            {
                **head(row),
                **cells,
                "userIds": ids,
                "grades": joined(row, "grades"),
                "primaryOrgSourcedId": reference(row, "primaryOrg"),
            },
        )
    if text(row, "status") == DELETED:
        return
    for number, role in enumerate(roles, start=1):
        if student and role["role"].casefold() != "student":
            continue
        yield (
            "roles",
            {
                **head(row),
                "sourcedId": f"{text(row, 'sourcedId')}/{number}",
                "userSourcedId": text(row, "sourcedId"),
                **role,
            },
        )


def demographics(row: Row) -> Iterable[tuple[str, Cells]]:
    """Write subgroups; a date of birth is not taken."""
    yield "demographics", {**head(row), "sex": text(row, "sex"), **{name: text(row, name) for name in RACES}}


def score_scales(row: Row) -> Iterable[tuple[str, Cells]]:
    """Write a scale: which words stand for which scores."""
    values = ",".join(
        f"{{{text(entry, 'itemValueLHS')}:{text(entry, 'itemValueRHS')}}}"
        for entry in listed(row, "scoreScaleValue")
        if isinstance(entry, dict)
    )
    yield (
        "scoreScales",
        {
            **head(row),
            "title": text(row, "title"),
            "type": text(row, "type"),
            "orgSourcedId": reference(row, "org", "school"),
            "courseSourcedId": reference(row, "course"),
            "classSourcedId": reference(row, "class"),
            "scoreScaleValue": values,
        },
    )


def line_items(row: Row) -> Iterable[tuple[str, Cells]]:
    """Write a line item, and the scale that its scores are of."""
    cells = {name: text(row, name) for name in ("title", "dueDate", "assignDate", "resultValueMin", "resultValueMax")}
    yield (
        "lineItems",
        {
            **head(row),
            **cells,
            "classSourcedId": reference(row, "class"),
            "academicSessionSourcedId": reference(row, "academicSession", "gradingPeriod"),
            "schoolSourcedId": reference(row, "school"),
        },
    )
    if scale := reference(row, "scoreScale"):
        yield (
            "lineItemScoreScales",
            {
                **head(row),
                "sourcedId": f"{text(row, 'sourcedId')}/scale",
                "title": "",
                "lineItemSourcedId": text(row, "sourcedId"),
                "scoreScaleSourcedId": scale,
            },
        )


def results(row: Row) -> Iterable[tuple[str, Cells]]:
    """Write a result, its scores by learning objective, and the scale that its score is of."""
    own = text(row, "sourcedId")
    cells = {name: text(row, name) for name in ("scoreStatus", "score", "textScore", "scoreDate", "late", "missing")}
    yield (
        "results",
        {
            **head(row),
            **cells,
            "lineItemSourcedId": reference(row, "lineItem"),
            "studentSourcedId": reference(row, "student"),
            "classSourcedId": reference(row, "class"),
        },
    )
    if text(row, "status") == DELETED:
        return
    number = 0
    for group in listed(row, "learningObjectiveSet"):
        for entry in listed(group, "learningObjectiveResults") if isinstance(group, dict) else []:
            if not isinstance(entry, dict):
                continue
            number += 1
            yield (
                "resultLearningObjectiveIds",
                {
                    **head(row),
                    "sourcedId": f"{own}/{number}",
                    "resultSourcedId": own,
                    "source": text(group, "source"),
                    "learningObjectiveId": text(entry, "learningObjectiveId"),
                    "score": text(entry, "score"),
                    "textScore": text(entry, "textScore"),
                },
            )
    if scale := reference(row, "scoreScale"):
        yield (
            "resultScoreScales",
            {
                **head(row),
                "sourcedId": f"{own}/scale",
                "title": "",
                "resultSourcedId": own,
                "scoreScaleSourcedId": scale,
            },
        )


WRITERS: dict[str, Callable[[Row], Iterable[tuple[str, Cells]]]] = {
    "orgs": orgs,
    "academicSessions": academic_sessions,
    "classes": classes,
    "users": users,
    "demographics": demographics,
    "scoreScales": score_scales,
    "lineItems": line_items,
    "results": results,
}


def archive(resource: str, rows: Iterable[Row]) -> bytes:
    """Return a resource's objects as a zip of CSV files, with the manifest of version 1.2 that names them."""
    tables: dict[str, list[Cells]] = {}
    for row in rows:
        for name, cells in WRITERS[resource](row):
            tables.setdefault(name, []).append(cells)
    manifest = [["propertyName", "value"], ["manifest.version", "1.0"], ["oneroster.version", "1.2"]]
    manifest += [[f"file.{name}", "bulk"] for name in tables]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("manifest.csv", _written(manifest))
        for name, table in tables.items():
            bundle.writestr(f"{name}.csv", _written([list(table[0]), *(list(cells.values()) for cells in table)]))
    return out.getvalue()


def _written(rows: Iterable[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()

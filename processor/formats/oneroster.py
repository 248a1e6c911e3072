"""What all OneRoster files have in common: their first three columns, their ids, their manifest.

Source: 1EdTech, "OneRoster v1.1.1: CSV Tables" (22 August 2023) and "OneRoster: CSV Binding 1.2.1" (22 August 2023).
`status` and `dateLastModified` are required in delta files and blank in bulk files; a bulk file that fills them is
read by them all the same. A bulk file does not delete what it does not name.
"""

from __future__ import annotations

from processor.formats import values
from processor.formats.base import DELETED, STATUS, Field, fixed, modified
from processor.problems import FileProblem

SOURCE = "1EdTech OneRoster CSV 1.1.1 and 1.2.1"
PREFIX = "or:"
"""Keeps OneRoster's ids apart from those of other formats."""

HEAD = (
    Field("sourcedId", fixed(values.identifier), required=True, of_deleted=True),
    Field("status", fixed(STATUS), in_delta=True, of_deleted=True),
    Field("dateLastModified", modified(), in_delta=True, of_deleted=True),
)

IGNORED = frozenset(
    f"{name}.csv"
    for name in (
        "academicSessions",
        "categories",
        "classResources",
        "courseResources",
        "courses",
        "enrollments",
        "lineItemLearningObjectiveIds",
        "lineItemScoreScales",
        "resources",
        "resultLearningObjectiveIds",
        "resultScoreScales",
        "scoreScales",
        "userProfiles",
        "userResources",
    )
)
"""Files of the specifications that say nothing about results: they are passed over."""

VERSIONS = ("1.0", "1.1", "1.2")


def version(status: str, modified_at: str) -> tuple[str, str]:
    """Return the last two values of a row: its moment of change and whether it is deleted."""
    return modified_at, "t" if status == DELETED else "f"


def manifest(rows: list[tuple[str, str]]) -> tuple[str, frozenset[str]]:
    """Return OneRoster's version and the files that are deltas; raises FileProblem for a version that is not read."""
    told = dict(rows)
    found = told.get("oneroster.version", "")
    if found not in VERSIONS:
        raise FileProblem(
            "unknown_version",
            "The manifest names no version of OneRoster that can be read.",
            f"Export OneRoster 1.1 or 1.2; the manifest's oneroster.version must be one of {', '.join(VERSIONS)}.",
        )
    deltas = (name.removeprefix("file.") for name, mode in told.items() if mode.strip().lower() == "delta")
    return found, frozenset(f"{name}.csv" for name in deltas)

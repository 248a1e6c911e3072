"""What rows can be merged into: a table, its key, its payload. The tables themselves are in `processor/schema/sql`."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = ("modified_at", "deleted")
"""What every merged row carries besides key and payload."""


@dataclass(frozen=True)
class Target:
    """One table that is merged into."""

    name: str
    key: tuple[str, ...]
    payload: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of a staged row, in order."""
        return (*self.key, *self.payload, *VERSION)


TARGETS = {
    target.name: target
    for target in (
        Target("school", ("school_id",), ("name", "kind", "identifier", "parent_id")),
        Target("class", ("class_id",), ("title", "school_id", "grade", "subject")),
        Target("academic_session", ("session_id",), ("title", "school_year")),
        Target("student", ("student",), ()),
        Target("student_identity", ("student",), ("local_id", "identifier")),
        Target("student_name", ("student",), ("given_name", "middle_name", "family_name")),
        Target(
            "student_subgroup",
            ("student",),
            ("gender", "ethnicity", "economically_disadvantaged", "english_learner", "disability"),
        ),
        Target("enrolment", ("student", "school_year"), ("school_id", "grade")),
        Target("assessment", ("assessment_id",), ("title", "subject", "score_min", "score_max")),
        Target("objective", ("assessment_id", "code"), ("title", "parent_code")),
        Target("score_scale", ("scale_id",), ("title", "words")),
        Target("item_scale", ("administration_id",), ("scale_id",)),
        Target("performance_level", ("assessment_id", "level"), ("rank",)),
        Target(
            "administration",
            ("administration_id",),
            ("assessment_id", "period", "held_on", "class_id", "school_id", "score_min", "score_max"),
        ),
    )
}

RESULT_SCHOOL = Target("result_school", ("record_id", "rank"), ("student", "school_id"))
"""The school of a result that stands in an association of its own; the highest rank counts."""
TARGETS[RESULT_SCHOOL.name] = RESULT_SCHOOL

RESULT = Target(
    "result",
    ("record_id", "standard"),
    (
        "school_year",
        "student",
        "administration_id",
        "school_id",
        "grade",
        "taken_on",
        "scale_score",
        "performance_level",
        "status",
    ),
)
"""Results are merged by record: all rows of one record id, one for each standard, come and go together."""

OTHER_ROLE = Target("other_role", ("student",), ())
"""Users who are said to be no students: staged alone, so that nothing is kept of them."""

STUDENT_KEY = Target("student_key", ("kind", "alias"), ("loose", "owner", "part", "line"))
"""Ids of students as they were read: staged alone, for the crosswalk. An owner is whom a roster gives an id to."""

OF_STUDENTS = ("student", "student_identity", "student_name", "student_subgroup", "enrolment", "result_school")
"""Small targets with a student's pseudonym among their columns."""

RESULT_PLACE = ("line", "part")
"""What a staged result carries besides, so that a report can say where it came from."""


def staged_columns(target: Target) -> tuple[str, ...]:
    """Return the columns of a target's staging table, in the order in which rows are sent."""
    if target is STUDENT_KEY:
        return (*target.key, *target.payload)
    return (*RESULT_PLACE, *target.columns) if target is RESULT else target.columns

"""Choices about Ed-Fi assessments in the database, each a version, never changed; and the methods that were seen.

Only names of methods are kept, no value of anybody's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg

from processor.access import Access, close_access, open_access
from processor.formats.edfi import PREFIX
from processor.formats.edfi_choice import Choice, Window
from processor.formats.edfi_methods import Rank, level_rank, rank_of

LOCK = 7_301_006
MOST_SEEN = 5_000
SCORE, LEVEL = "score", "level"
NEWEST = (
    "SELECT DISTINCT ON (assessment_id) assessment_id, score_method, level_method, period_by, chosen_by, chosen_at "
    "FROM homeroom.assessment_choice ORDER BY assessment_id, version DESC"
)


class NoAssessmentError(LookupError):
    """There is no such assessment of Ed-Fi."""


def chosen(connection: psycopg.Connection) -> dict[str, Choice]:
    """Return the newest choice of each assessment that has one."""
    rows = connection.execute(NEWEST).fetchall()
    return {row[0]: Choice(row[1], row[2], Window(row[3]) if row[3] else None) for row in rows}


def choose(connection: psycopg.Connection, assessment: str, choice: Choice, access: Access) -> int:
    """Decide about an assessment, for what is read from now on; returns the version. Raises NoAssessmentError."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        if assessment not in {row["assessment_id"] for row in assessments(connection)}:
            raise NoAssessmentError("There is no such assessment of Ed-Fi.")
        row = connection.execute(
            "INSERT INTO homeroom.assessment_choice "
            "(assessment_id, version, score_method, level_method, period_by, chosen_by) "
            "SELECT %(which)s, coalesce(max(version), 0) + 1, %(score)s, %(level)s, %(window)s, %(by)s "
            "FROM homeroom.assessment_choice WHERE assessment_id = %(which)s RETURNING version",
            {
                "which": assessment,
                "score": choice.score,
                "level": choice.level,
                "window": choice.window or "",
                "by": access.actor,
            },
        ).fetchone()
        opened = open_access(connection, replace(access, purpose=f"choice for {assessment}"[:200]))
        close_access(connection, opened, 0)
    return int(row[0]) if row else 1


def note_methods(connection: psycopg.Connection, methods: set[tuple[str, str, str]]) -> None:
    """Keep which methods results have, within the merge's transaction."""
    if methods:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO homeroom.assessment_method (assessment_id, kind, method) VALUES (%s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                sorted(methods),
            )


def assessments(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Return every assessment of Ed-Fi that results were seen of: its methods, the usual choice, and the district's."""
    methods: dict[str, dict[str, list[str]]] = {}
    for which, kind, method in connection.execute(
        "SELECT assessment_id, kind, method FROM homeroom.assessment_method ORDER BY 1, 2, 3"
    ):
        methods.setdefault(which, {SCORE: [], LEVEL: []})[kind].append(method)
    titles: dict[str, str] = dict(
        connection.execute(
            "SELECT assessment_id, title FROM homeroom.assessment WHERE starts_with(assessment_id, %s) AND NOT deleted",
            (PREFIX,),
        ).fetchall()
    )
    newest = {row[0]: row for row in connection.execute(NEWEST).fetchall()}
    rows = []
    for which, by_kind in methods.items():
        namespace = which.removeprefix(PREFIX).rpartition("|")[0]
        choice = newest.get(which)
        rows.append(
            {
                "assessment_id": which,
                "title": titles.get(which) or which.rpartition("|")[2],
                "scores": by_kind[SCORE],
                "levels": by_kind[LEVEL],
                "usual_score": usual_score(by_kind[SCORE], namespace),
                "usual_level": usual_level(by_kind[LEVEL]),
                "score": choice[1] if choice else "",
                "level": choice[2] if choice else "",
                "window": choice[3] if choice else "",
                "chosen_by": choice[4] if choice else "",
                "chosen_at": choice[5] if choice else None,
            }
        )
    return sorted(rows, key=lambda row: (str(row["title"]).casefold(), str(row["assessment_id"])))


def usual_score(methods: list[str], namespace: str) -> str:
    """Return the method that is the score where nobody has chosen; nothing where none can be."""
    ranked = [(rank_of(method, namespace), method) for method in methods]
    fitting = [pair for pair in ranked if pair[0][0] < Rank.NEVER]
    return min(fitting)[1] if fitting else ""


def usual_level(methods: list[str]) -> str:
    """Return the method that names the level where nobody has chosen; nothing where none does."""
    ranked = [(rank, method) for method in methods if (rank := level_rank(method)) is not None]
    return min(ranked)[1] if ranked else ""

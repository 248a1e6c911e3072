"""Occasions that are one another's twins: the same results under two titles, but for a few students. SQL alone.

Who asks for both would see by how they differ what those few students reached. So of two such occasions only the one
that was stored first is told, and of the other nothing. Occasions with the very same students and results tell nothing
by their difference, and those that differ by ten students or more in every group that an answer can be about, or by
nobody, tell no more than two schools do.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import psycopg

from processor.analytics.cells import DIMENSIONS
from processor.analytics.occasions import Occasion

SAMPLE = 60
"""So many students are looked up first: an occasion that has not the same results for nearly all of them is no twin."""
MINE = """
    SELECT DISTINCT ON (student) student, scale_score, performance_level{columns} FROM homeroom.analytics_result
    WHERE school_year = %(year)s AND assessment_id = %(assessment)s AND coalesce(period, '') = %(period)s
    AND standard = %(standard)s {only} ORDER BY student, taken_on DESC, record_id DESC
"""
SOME = """
    AND student IN (SELECT r.student FROM homeroom.result r JOIN homeroom.administration a USING (administration_id)
        WHERE a.assessment_id = %(assessment)s AND coalesce(a.period, '') = %(period)s AND r.school_year = %(year)s
        AND r.standard = %(standard)s LIMIT %(sample)s)
"""
NEAR = f"""
    WITH mine AS MATERIALIZED ({MINE.format(only=SOME, columns="")})
    SELECT a.assessment_id, coalesce(a.period, '') FROM mine m
    JOIN homeroom.result r ON r.student = m.student AND r.school_year = %(year)s AND r.standard = %(standard)s
        AND r.scale_score IS NOT DISTINCT FROM m.scale_score
        AND r.performance_level IS NOT DISTINCT FROM m.performance_level
    JOIN homeroom.administration a ON a.administration_id = r.administration_id AND a.assessment_id IS NOT NULL
    WHERE (a.assessment_id, coalesce(a.period, '')) <> (%(assessment)s, %(period)s)
    GROUP BY 1, 2 HAVING count(DISTINCT m.student) > (SELECT count(*) FROM mine) - %(least)s
"""
OF_GROUPS = ("school_id", "grade", *DIMENSIONS)
GROUPS = ", ".join(
    f"({', '.join([*within, *dimension])})"
    for within in ((), ("school_id",), ("grade",), ("school_id", "grade"))
    for dimension in ((), *((one,) for one in DIMENSIONS))
)
"""Every group that an answer can be about, as SQL's grouping sets."""
GROUPED = MINE.format(only="", columns=f", {', '.join(OF_GROUPS)}")
ALIKE = (
    "m.scale_score IS NOT DISTINCT FROM o.scale_score AND m.performance_level IS NOT DISTINCT FROM o.performance_level"
)
COMPARED = f"""
    WITH mine AS MATERIALIZED ({GROUPED}), other AS MATERIALIZED ({GROUPED.replace("%(", "%(other_")}),
    alike AS MATERIALIZED (SELECT student FROM mine m JOIN other o USING (student) WHERE {ALIKE}),
    apart AS (SELECT * FROM mine WHERE student NOT IN (SELECT student FROM alike)
        UNION ALL SELECT * FROM other WHERE student NOT IN (SELECT student FROM alike))
    SELECT (SELECT count(*) FROM alike), min(students) FROM (
        SELECT count(DISTINCT student) AS students FROM apart GROUP BY GROUPING SETS ({GROUPS})) told
"""
FIRST = """
    SELECT min(r.file_id) FROM homeroom.result r JOIN homeroom.administration a USING (administration_id)
    WHERE a.assessment_id = %(assessment)s AND coalesce(a.period, '') = %(period)s AND r.school_year = %(year)s
    AND r.standard = %(standard)s
"""


def is_later_twin(connection: psycopg.Connection, occasion: Occasion, *, least: int) -> bool:
    """Return whether an occasion is, but for 1 to `least` - 1 students of some group, another one stored before it."""
    parameters: dict[str, Any] = {**asdict(occasion), "sample": SAMPLE, "least": least}
    for assessment, period in connection.execute(NEAR, parameters).fetchall():
        other = Occasion(assessment, occasion.year, period, occasion.standard)
        if _differ_by_few(connection, occasion, other, least) and _stored(connection, other) < _stored(
            connection, occasion
        ):
            return True
    return False


def _differ_by_few(connection: psycopg.Connection, occasion: Occasion, other: Occasion, least: int) -> bool:
    parameters = {**asdict(occasion), **{f"other_{name}": value for name, value in asdict(other).items()}}
    row = connection.execute(COMPARED, parameters).fetchone()
    alike, fewest = row if row else (0, 0)
    return bool(alike >= least and 0 < fewest < least)


def _stored(connection: psycopg.Connection, occasion: Occasion) -> tuple[int, str, str]:
    """Return what tells which of two was first: the file that began it, then its names."""
    row = connection.execute(FIRST, asdict(occasion)).fetchone()
    return int(row[0] or 0) if row else 0, occasion.assessment, occasion.period

"""Occasions that are one another's twins: the same results under two titles, but for a few students. SQL alone.

Who asks for both would see by how they differ what those few students reached. So of two such occasions only the one
that was stored first is told, and of the other nothing. Occasions with the very same students and results tell nothing
by their difference, and those that differ by ten students or more no more than two schools do.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import psycopg

from processor.analytics.occasions import Occasion

SAMPLE = 60
"""So many students are looked up first: an occasion that has not the same results for nearly all of them is no twin."""
MINE = """
    SELECT DISTINCT ON (student) student, scale_score, performance_level FROM homeroom.analytics_result
    WHERE school_year = %(year)s AND assessment_id = %(assessment)s AND coalesce(period, '') = %(period)s
    AND standard = %(standard)s {only} ORDER BY student, taken_on DESC, record_id DESC
"""
SOME = """
    AND student IN (SELECT r.student FROM homeroom.result r JOIN homeroom.administration a USING (administration_id)
        WHERE a.assessment_id = %(assessment)s AND coalesce(a.period, '') = %(period)s AND r.school_year = %(year)s
        AND r.standard = %(standard)s LIMIT %(sample)s)
"""
NEAR = f"""
    WITH mine AS MATERIALIZED ({MINE.format(only=SOME)})
    SELECT a.assessment_id, coalesce(a.period, '') FROM mine m
    JOIN homeroom.result r ON r.student = m.student AND r.school_year = %(year)s AND r.standard = %(standard)s
        AND r.scale_score IS NOT DISTINCT FROM m.scale_score
        AND r.performance_level IS NOT DISTINCT FROM m.performance_level
    JOIN homeroom.administration a ON a.administration_id = r.administration_id AND a.assessment_id IS NOT NULL
    WHERE (a.assessment_id, coalesce(a.period, '')) <> (%(assessment)s, %(period)s)
    GROUP BY 1, 2 HAVING count(DISTINCT m.student) > (SELECT count(*) FROM mine) - %(least)s
"""
COMPARED = f"""
    WITH mine AS MATERIALIZED ({MINE.format(only="")}),
    other AS MATERIALIZED ({MINE.format(only="").replace("%(", "%(other_")})
    SELECT count(*) FILTER (WHERE m.student IS NOT NULL AND o.student IS NOT NULL
            AND m.scale_score IS NOT DISTINCT FROM o.scale_score
            AND m.performance_level IS NOT DISTINCT FROM o.performance_level),
        count(*) FROM mine m FULL JOIN other o USING (student)
"""
FIRST = """
    SELECT min(r.file_id) FROM homeroom.result r JOIN homeroom.administration a USING (administration_id)
    WHERE a.assessment_id = %(assessment)s AND coalesce(a.period, '') = %(period)s AND r.school_year = %(year)s
    AND r.standard = %(standard)s
"""


def is_later_twin(connection: psycopg.Connection, occasion: Occasion, *, least: int) -> bool:
    """Say whether an occasion is, but for 1 to `least` - 1 students, another one that was stored before it."""
    told: dict[str, Any] = {**asdict(occasion), "sample": SAMPLE, "least": least}
    for assessment, period in connection.execute(NEAR, told).fetchall():
        other = Occasion(assessment, occasion.year, period, occasion.standard)
        if _differ_by_few(connection, occasion, other, least) and _stored(connection, other) < _stored(
            connection, occasion
        ):
            return True
    return False


def _differ_by_few(connection: psycopg.Connection, one: Occasion, other: Occasion, least: int) -> bool:
    told = {**asdict(one), **{f"other_{name}": value for name, value in asdict(other).items()}}
    row = connection.execute(COMPARED, told).fetchone()
    same, all_of_both = row if row else (0, 0)
    return bool(same >= least and 0 < all_of_both - same < least)


def _stored(connection: psycopg.Connection, occasion: Occasion) -> tuple[int, str, str]:
    """Return what tells which of two was first: the file that began it, then its names."""
    row = connection.execute(FIRST, asdict(occasion)).fetchone()
    return int(row[0] or 0) if row else 0, occasion.assessment, occasion.period

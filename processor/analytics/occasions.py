"""What is read of results for analytics: the occasions, and the students of one by their profiles. SQL alone.

A student counts once in an occasion: with the latest result. Where an occasion has scores, whoever has none is not
counted; otherwise whoever has a level is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from sys import intern
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from processor.analytics.cells import ALL, DIMENSIONS, UNKNOWN
from processor.analytics.level_names import in_order, spellings
from processor.analytics.profiles import Profile, Reading, sorted_scores

WORK_MEMORY = "64MB"
"""For one sort or hash of a reading: with PostgreSQL's own 4 MB a large district's results are sorted on disk."""
SETTINGS = (
    f"SET LOCAL work_mem = '{WORK_MEMORY}'",
    # The planner takes any occasion for some fifty students, since it sees neither through coalesce nor through the
    # bounds of a score: it would look each student up by an index, and sort by nine columns what a hash groups at once.
    "SET LOCAL enable_nestloop = off",
    "SET LOCAL enable_sort = off",
)
TEXTS: tuple[LiteralString, ...] = (
    "school_id AS school",
    "grade",
    "performance_level AS level",
    "gender",
    "ethnicity",
    "economically_disadvantaged::text",
    "english_learner::text",
    "disability::text",
)


@dataclass(frozen=True, order=True)
class Occasion:
    """One occasion of a test in a school year; `standard` is empty for the whole test."""

    assessment: str
    year: int
    period: str
    standard: str = ""


def occasions(connection: psycopg.Connection) -> list[Occasion]:
    """Return every occasion that has results."""
    rows = connection.execute(
        "SELECT a.assessment_id, r.school_year, a.period, r.standard FROM ("
        "SELECT DISTINCT school_year, administration_id, standard FROM homeroom.result) r "
        "JOIN homeroom.administration a USING (administration_id) WHERE a.assessment_id IS NOT NULL "
        "GROUP BY 1, 2, 3, 4 ORDER BY 1, 4, 2, min(a.held_on), 3"
    )
    return [Occasion(assessment, year, period or "", standard) for assessment, year, period, standard in rows]


def read(connection: psycopg.Connection, occasion: Occasion) -> Reading:
    """Read an occasion's results, once."""
    parameters = _parameters(connection, occasion)
    scored = _has_scores(connection, parameters)
    query = sql.SQL(
        "SELECT counted, school, grade, level, {dimensions}, count(*), string_agg(float8send(score), ''::bytea), "
        "{who} FROM ({each}) one GROUP BY counted, school, grade, level, {dimensions}"
    ).format(dimensions=_dimensions(), each=_each(scored), who=WHO)
    ranks = _ranks(connection, occasion)
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(query, parameters).fetchall()
    # A result that does not count names its level all the same: what nobody reached is hidden, not left out.
    levels = {level or UNKNOWN for _, _, _, level, *_ in rows}
    spelt = spellings(levels, ranks)
    students: dict[tuple[Any, ...], list[Any]] = {}
    for counted, school, grade, level, *values, count, scores, who in rows:
        if counted:
            key = (school, grade, spelt[level or UNKNOWN], *values)
            if (known := students.get(key)) is None:
                students[key] = [count, scores or b"", who]
            else:
                # The same level in another spelling.
                students[key] = [known[0] + count, known[1] + (scores or b""), known[2] + who]
    profiles, packed = [], []
    for (school, grade, level, *values), (count, scores, who) in students.items():
        profiles.append(_profile(school, grade, level, values, count, scores))
        packed.append((profiles[-1][:4], who, scores))
    # A test without levels has no order of them.
    words = () if levels <= {UNKNOWN} else in_order(set(spelt.values()), ranks, UNKNOWN)
    return Reading(profiles, words, packed)


def read_changes(connection: psycopg.Connection, before: Occasion, after: Occasion) -> Reading:
    """Read each student's change of score between two occasions, by profiles of the later one without levels."""
    query = sql.SQL(
        "SELECT school, grade, {dimensions}, count(*), string_agg(float8send(one.score - former.score), ''::bytea), "
        "{who} FROM ({after}) one JOIN ({before}) former USING (student) WHERE one.counted AND former.counted "
        "GROUP BY school, grade, {dimensions}"
    ).format(dimensions=_dimensions(), after=_each(True), before=_each(True, "before_", texts=()), who=WHO)
    parameters = {**_parameters(connection, after), **_parameters(connection, before, "before_")}
    with connection.cursor(binary=True) as cursor:
        profiles, packed = [], []
        for school, grade, *values, count, changes, who in cursor.execute(query, parameters):
            profiles.append(_profile(school, grade, ALL, values, count, changes))
            packed.append((profiles[-1][:4], who, changes or b""))
    return Reading(profiles, (), packed)


WHO = sql.SQL("string_agg(substr(uuid_send(student), 1, 8), ''::bytea)")
"""Who stands behind a profile, in the order of the scores."""
OF_OCCASION: LiteralString = (
    "FROM homeroom.analytics_result WHERE school_year = %({p}year)s AND assessment_id = %({p}assessment)s "
    "AND coalesce(period, '') = %({p}period)s AND standard = %({p}standard)s "
    # Said twice, since by these the planner finds the occasion's own rows in an index.
    "AND administration_id = ANY(%({p}administrations)s)"
)


def _each(scored: bool, prefix: LiteralString = "", texts: Iterable[LiteralString] = TEXTS) -> sql.Composed:
    """One row a result, `counted` for one of each student; parameters with a prefix are another occasion's."""
    condition: LiteralString = "scale_score IS NOT NULL" if scored else "performance_level IS NOT NULL"
    return sql.SQL(
        "SELECT {columns}, {wanted} AND row_number() OVER (PARTITION BY student ORDER BY ({wanted}) DESC, "
        "taken_on DESC, record_id DESC) = 1 AS counted {results}"
    ).format(
        columns=sql.SQL(", ").join(map(sql.SQL, ("student", "scale_score AS score", *texts))),
        wanted=sql.SQL(condition), results=sql.SQL(OF_OCCASION.replace("{p}", prefix)),
    )  # fmt: skip


def _has_scores(connection: psycopg.Connection, parameters: dict[str, Any]) -> bool:
    """Return whether any result of the occasion has a score."""
    query = sql.SQL("SELECT EXISTS (SELECT {} AND scale_score IS NOT NULL)").format(
        sql.SQL(OF_OCCASION.replace("{p}", ""))
    )
    row = connection.execute(query, parameters).fetchone()
    return bool(row and row[0])


def _ranks(connection: psycopg.Connection, occasion: Occasion) -> dict[str, int]:
    """Return the ranks that files have told of an assessment's levels, the lowest first."""
    rows = connection.execute(
        "SELECT level, rank FROM homeroom.performance_level WHERE assessment_id = %s AND NOT deleted "
        "AND rank IS NOT NULL",
        (occasion.assessment,),
    )
    ranks: dict[str, int] = dict(rows.fetchall())
    return ranks


def _parameters(connection: psycopg.Connection, occasion: Occasion, prefix: str = "") -> dict[str, Any]:
    rows = connection.execute(
        "SELECT administration_id FROM homeroom.administration WHERE assessment_id = %(assessment)s "
        "AND coalesce(period, '') = %(period)s AND NOT deleted",
        asdict(occasion),
    )
    parameters = {**asdict(occasion), "administrations": [row[0] for row in rows]}
    return {prefix + name: value for name, value in parameters.items()}


def _dimensions() -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, DIMENSIONS))


def _profile(
    school: str | None, grade: str | None, level: str, values: Iterable[str | None], count: int, packed: bytes | None
) -> Profile:
    # Each name once in memory, however many profiles have it.
    of_school, of_grade, *named = (intern(name or UNKNOWN) for name in (school, grade, *values))
    return Profile(of_school, of_grade, intern(level), tuple(named), count, sorted_scores(packed or b""))

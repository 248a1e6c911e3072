"""What is read of results for analytics: the occasions, their counts, and the numbers of groups. SQL and nothing else.

A student counts once in an occasion: with the latest result. Where an occasion has scores, whoever has none is not
counted; otherwise whoever has a level is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from processor.analytics.cells import ALL, DIMENSIONS, UNKNOWN, Atom, Cell

PERCENTILES = (10, 25, 50, 75, 90)
GROUPED_BY = ("school", "grade", *DIMENSIONS)
COLUMNS = {"school": "school_id", "grade": "grade", "level": "performance_level"}
WORK_MEMORY = "32MB"
"""For one sort or hash of a question: with PostgreSQL's own 4 MB a large district's results are sorted on disk."""


@dataclass(frozen=True)
class Occasion:
    """One occasion of a test in a school year; `standard` is empty for the whole test."""

    assessment: str
    year: int
    period: str
    standard: str = ""


@dataclass(frozen=True)
class Numbers:
    """What is computed of the scores of one group; empty where there are none."""

    n: int
    mean: float | None
    deviation: float | None
    percentiles: tuple[float | None, ...]


def occasions(connection: psycopg.Connection) -> list[Occasion]:
    """Return every occasion that has results."""
    rows = connection.execute(
        "SELECT a.assessment_id, r.school_year, a.period, r.standard FROM ("
        "SELECT DISTINCT school_year, administration_id, standard FROM homeroom.result) r "
        "JOIN homeroom.administration a USING (administration_id) WHERE a.assessment_id IS NOT NULL "
        "GROUP BY 1, 2, 3, 4 ORDER BY 1, 4, 2, min(a.held_on), 3"
    )
    return [Occasion(assessment, year, period or "", standard) for assessment, year, period, standard in rows]


def has_scores(connection: psycopg.Connection, occasion: Occasion) -> bool:
    """Say whether any result of the occasion has a score."""
    row = connection.execute(
        sql.SQL("SELECT EXISTS (SELECT {} AND scale_score IS NOT NULL)").format(OF_OCCASION), _parameters(occasion)
    ).fetchone()
    return bool(row and row[0])


def levels(connection: psycopg.Connection, occasion: Occasion) -> list[str]:
    """Return the levels of the occasion's results, the lowest first; none where no result has one."""
    rows = connection.execute(
        sql.SQL(
            "SELECT l.level FROM (SELECT DISTINCT coalesce(performance_level, {unknown}) AS level {results}) l "
            "LEFT JOIN homeroom.performance_level p ON p.assessment_id = %(assessment)s AND p.level = l.level "
            "AND NOT p.deleted ORDER BY p.rank NULLS LAST, l.level"
        ).format(unknown=UNKNOWN, results=OF_OCCASION),
        _parameters(occasion),
    ).fetchall()
    found = [row[0] for row in rows]
    return [] if found == [UNKNOWN] else found


def atoms(connection: psycopg.Connection, occasion: Occasion, scored: bool) -> list[Atom]:
    """Return how many students there are of each school, grade and level; and again for each dimension's values."""
    sets: list[sql.Composable] = [sql.SQL("(school, grade, level)")]
    sets += [sql.SQL("(school, grade, level, {})").format(sql.Identifier(name)) for name in DIMENSIONS]
    query = sql.SQL(
        "WITH one AS ({one}) SELECT school, grade, level, grouping({names}), {names}, count(*) FROM one "
        "GROUP BY GROUPING SETS ({sets})"
    ).format(
        one=_one_each(scored), names=sql.SQL(", ").join(map(sql.Identifier, DIMENSIONS)), sets=sql.SQL(", ").join(sets)
    )
    made = []
    for school, grade, level, bits, *rest in connection.execute(query, _parameters(occasion)):
        *values, count = rest
        # grouping(): a bit is 0 where the column is grouped by, the last column's bit is the lowest.
        which = [place for place in range(len(DIMENSIONS)) if not bits >> (len(DIMENSIONS) - 1 - place) & 1]
        dimension, value = (DIMENSIONS[which[0]], values[which[0]]) if which else (ALL, ALL)
        made.append(Atom(school, grade, dimension, value, level, count))
    return made


def numbers(
    connection: psycopg.Connection, occasion: Occasion, scored: bool, within: Cell, by: str
) -> dict[Cell, Numbers]:
    """Return the numbers of the groups within a cell, told apart by one of GROUPED_BY, or of the cell itself."""
    query = sql.SQL(
        "WITH one AS ({one}) SELECT {key}, count(*), avg(score), stddev_samp(score), "
        "percentile_cont({shares}) WITHIN GROUP (ORDER BY score) FROM one WHERE {within} GROUP BY 1"
    ).format(
        one=_one_each(scored, names=_needed(within, by)), key=_key(by),
        shares=[share / 100 for share in PERCENTILES], within=_within(within),
    )  # fmt: skip
    rows = connection.execute(query, {**_parameters(occasion), **_values(within)})
    return {
        told_apart(within, by, key): Numbers(n, mean, deviation, tuple(found or [None] * len(PERCENTILES)))
        for key, n, mean, deviation, found in rows
    }


def changes(
    connection: psycopg.Connection, before: Occasion, after: Occasion, within: Cell, by: str
) -> dict[Cell, Numbers]:
    """Return the numbers of each student's change of score between two occasions, by groups of the later one."""
    query = sql.SQL(
        "WITH one AS ({after}), former AS ({before}), pairs AS (SELECT one.*, one.score - former.score AS change "
        "FROM one JOIN former USING (student)) SELECT {key}, count(*), "
        "percentile_cont({shares}) WITHIN GROUP (ORDER BY change) FROM pairs WHERE {within} GROUP BY 1"
    ).format(
        after=_one_each(True, names=_needed(within, by)), before=_one_each(True, "before_", names=()), key=_key(by),
        shares=[share / 100 for share in PERCENTILES], within=_within(within),
    )  # fmt: skip
    parameters = {**_parameters(after), **_parameters(before, "before_"), **_values(within)}
    return {
        told_apart(within, by, key): Numbers(n, None, None, tuple(found))
        for key, n, found in connection.execute(query, parameters)
    }


def changed_atoms(connection: psycopg.Connection, before: Occasion, after: Occasion) -> list[Atom]:
    """Return how many students have a score in both occasions, as `atoms` does, without levels."""
    sets: list[sql.Composable] = [sql.SQL("(school, grade)")]
    sets += [sql.SQL("(school, grade, {})").format(sql.Identifier(name)) for name in DIMENSIONS]
    query = sql.SQL(
        "WITH one AS ({after}), former AS ({before}) SELECT school, grade, grouping({names}), {names}, count(*) "
        "FROM (SELECT one.* FROM one JOIN former USING (student)) pairs GROUP BY GROUPING SETS ({sets})"
    ).format(
        after=_one_each(True), before=_one_each(True, "before_", names=()),
        names=sql.SQL(", ").join(map(sql.Identifier, DIMENSIONS)), sets=sql.SQL(", ").join(sets),
    )  # fmt: skip
    made = []
    parameters = {**_parameters(after), **_parameters(before, "before_")}
    for school, grade, bits, *rest in connection.execute(query, parameters):
        *values, count = rest
        which = [place for place in range(len(DIMENSIONS)) if not bits >> (len(DIMENSIONS) - 1 - place) & 1]
        dimension, value = (DIMENSIONS[which[0]], values[which[0]]) if which else (ALL, ALL)
        made.append(Atom(school, grade, dimension, value, ALL, count))
    return made


def told_apart(within: Cell, by: str, key: str) -> Cell:
    """Return the cell of one group within another."""
    if by in ("school", "grade"):
        return within._replace(**{by: key})
    return within._replace(dimension=by, value=key) if by in DIMENSIONS else within


OF_OCCASION_TEXT: LiteralString = (
    "FROM homeroom.analytics_result WHERE school_year = %({p}year)s AND assessment_id = %({p}assessment)s "
    "AND coalesce(period, '') = %({p}period)s AND standard = %({p}standard)s"
)
OF_OCCASION = sql.SQL(OF_OCCASION_TEXT.replace("{p}", ""))


def _one_each(scored: bool, prefix: LiteralString = "", names: Sequence[str] = (*GROUPED_BY, "level")) -> sql.Composed:
    """One row a student: the latest result of the occasion; parameters with a prefix are another occasion's.

    A row has the names that are asked for alone: what is not is neither joined nor sorted along.
    """
    columns = {**COLUMNS, **{name: name for name in DIMENSIONS}}
    texts = [
        sql.SQL(", coalesce({column}::text, {unknown}) AS {name}").format(
            column=sql.Identifier(columns[name]), name=sql.Identifier(name), unknown=UNKNOWN
        )
        for name in names
    ]
    wanted: LiteralString = "scale_score IS NOT NULL" if scored else "performance_level IS NOT NULL"
    return sql.SQL(
        "SELECT DISTINCT ON (student) student, scale_score AS score{texts} {results} AND {wanted} "
        "ORDER BY student, taken_on DESC, record_id DESC"
    ).format(
        texts=sql.Composed(texts), results=sql.SQL(OF_OCCASION_TEXT.replace("{p}", prefix)), wanted=sql.SQL(wanted)
    )


def _needed(within: Cell, by: str) -> list[str]:
    """Return the names that the groups within a cell are told apart by."""
    named = {"school": within.school, "grade": within.grade, within.dimension: within.value}
    return [name for name in GROUPED_BY if name == by or named.get(name, ALL) != ALL]


def _parameters(occasion: Occasion, prefix: str = "") -> dict[str, Any]:
    return {prefix + name: value for name, value in asdict(occasion).items()}


def _key(by: str) -> sql.Composable:
    return sql.Identifier(by) if by in GROUPED_BY else sql.SQL("''")


def _within(cell: Cell) -> sql.Composable:
    told: list[sql.Composable] = [sql.SQL("true")]
    if cell.school != ALL:
        told.append(sql.SQL("school = %(of_school)s"))
    if cell.grade != ALL:
        told.append(sql.SQL("grade = %(of_grade)s"))
    if cell.dimension != ALL:
        told.append(sql.SQL("{} = %(of_value)s").format(sql.Identifier(cell.dimension)))
    return sql.SQL(" AND ").join(told)


def _values(cell: Cell) -> dict[str, Any]:
    return {"of_school": cell.school, "of_grade": cell.grade, "of_value": cell.value}

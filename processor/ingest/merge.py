"""Merges staged rows of small tables: by key, the newest wins, whatever the order in which files come.

Newest is by moment of change; at the same moment a deletion wins, and of two contents the one that sorts last. So the
end does not depend on order or repetition.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from processor.ingest.staging import stage
from processor.model import OTHER_ROLE, TARGETS, Target

LOCK = 7_301_002
"""Merges take turns: the advisory lock that each holds from its first statement to its commit."""


def merge_small(connection: psycopg.Connection, used: set[str], file_id: int) -> int:
    """Merge every staged small table, and return how many rows changed."""
    return sum(connection.execute(statement(TARGETS[name]), (file_id,)).rowcount for name in TARGETS if name in used)


def forget_others(connection: psycopg.Connection, used: set[str]) -> None:
    """Delete what was kept of users until their roles were known, who are no students."""
    others = stage(OTHER_ROLE).as_string(None)
    if OTHER_ROLE.name in used:
        for name in ("student_identity", "student_name", "enrolment"):
            connection.execute(
                f"DELETE FROM homeroom.{name} t USING {others} o WHERE o.student = t.student "
                "AND NOT EXISTS (SELECT FROM homeroom.student s WHERE s.student = t.student)"
            )


def ensure_years(connection: psycopg.Connection, used: set[str]) -> None:
    """Make the partitions of the school years that the staged rows are of."""
    for name in ("enrolment", "result"):
        if name in used:
            years = connection.execute(
                f"SELECT DISTINCT school_year FROM pg_temp.stage_{name} WHERE school_year IS NOT NULL"
            ).fetchall()
            for year in years:
                connection.execute("SELECT homeroom.ensure_school_year(%s)", year)


def rank(target: Target, prefix: str) -> sql.Composed:
    """Return what two rows of one key are compared by, as SQL."""
    columns = sql.SQL(", ").join(sql.Identifier(prefix, name) for name in target.payload)
    content = sql.SQL('ROW({})::text COLLATE "C"').format(columns) if target.payload else sql.SQL("''")
    return sql.SQL("{0}.modified_at, {0}.deleted, {1}").format(sql.Identifier(prefix), content)


def statement(target: Target) -> sql.Composed:
    """Return the one statement that merges a table; its parameter is the file's number."""
    columns = [*target.columns]
    assignments = [
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in (*columns[len(target.key) :], "file_id")
    ]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    keys = sql.SQL(", ").join(map(sql.Identifier, target.key))
    ordered = sql.SQL(" DESC, ").join([sql.SQL("s.modified_at"), sql.SQL("s.deleted"), *_content_order(target)])
    return sql.SQL(
        "INSERT INTO homeroom.{table} AS t ({names}, file_id) "
        "SELECT DISTINCT ON ({keys}) {names}, %s::bigint FROM {stage} AS s ORDER BY {keys}, {ordered} DESC "
        "ON CONFLICT ({keys}) DO UPDATE SET {assignments} WHERE ({new}) > ({old})"
    ).format(
        table=sql.Identifier(target.name),
        names=names,
        keys=keys,
        stage=stage(target),
        ordered=ordered,
        assignments=sql.SQL(", ").join(assignments),
        new=rank(target, "excluded"),
        old=rank(target, "t"),
    )


def _content_order(target: Target) -> list[sql.Composed]:
    columns = sql.SQL(", ").join(sql.Identifier("s", name) for name in target.payload)
    return [sql.SQL('ROW({})::text COLLATE "C"').format(columns)] if target.payload else []

"""Keeps what each file said about a row that several files speak of, so that one of them can be taken back exactly.

A row that one file alone has named costs nothing here: it stands in its table with that file's number. When a second
file names it, what both said is kept, whichever of them wins.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from processor.ingest.staging import stage
from processor.model import RESULT, TARGETS, Target

KEPT_DAYS = 30
"""So long a file can be taken back, and what was said before is kept."""
RESULT_NAME = RESULT.name
OF_RESULTS = stage(RESULT).as_string(None)


def keep_small(connection: psycopg.Connection, used: set[str], file_id: int) -> None:
    """Keep what is there and what comes of every small table's rows that are in both; called before they are merged."""
    for name in TARGETS:
        if name in used:
            connection.execute(_keep(TARGETS[name]), {"target": name, "file": file_id})


def _keep(target: Target) -> sql.Composed:
    """Return the statement that keeps both sides of one table."""
    keys = sql.SQL(", ").join(map(sql.Identifier, target.key))
    return sql.SQL(
        "WITH told AS (SELECT DISTINCT ROW({t_keys})::text AS key, t.file_id, {t_student} AS student, "
        "to_jsonb(t) - 'file_id' AS content FROM {stage} s JOIN homeroom.{table} t USING ({keys}) "
        "UNION ALL SELECT DISTINCT ROW({s_keys})::text, %(file)s::bigint, {s_student}, to_jsonb(s) "
        "FROM {stage} s JOIN homeroom.{table} t USING ({keys})) "
        "INSERT INTO homeroom.row_version (target, key, file_id, student, content) "
        "SELECT %(target)s, key, file_id, student, content FROM told b WHERE NOT EXISTS ("
        "SELECT FROM homeroom.row_version v WHERE (v.target, v.key, v.file_id) = (%(target)s, b.key, b.file_id))"
    ).format(
        t_keys=_prefixed(target, "t"),
        s_keys=_prefixed(target, "s"),
        t_student=_student(target, "t"),
        s_student=_student(target, "s"),
        stage=stage(target),
        table=sql.Identifier(target.name),
        keys=keys,
    )


def _prefixed(target: Target, prefix: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(prefix, name) for name in target.key)


def _student(target: Target, prefix: str) -> sql.Composable:
    there = "student" in (*target.key, *target.payload)
    return sql.Identifier(prefix, "student") if there else sql.SQL("NULL::uuid")


def keep_tombstoned(connection: psycopg.Connection, file_id: int) -> None:
    """Keep the deletions of records that come again, and what comes; called before they are settled."""
    connection.execute(
        "WITH told AS (SELECT DISTINCT t.record_id AS key, t.file_id, NULL::uuid AS student, jsonb_build_object("
        "'record_id', t.record_id, 'modified_at', t.modified_at, 'deleted', true, 'line', 0, 'part', 0) AS content "
        f"FROM {OF_RESULTS} s JOIN homeroom.result_tombstone t USING (record_id) "
        "UNION ALL SELECT s.record_id, %(file)s::bigint, s.student, to_jsonb(s) "
        f"FROM {OF_RESULTS} s JOIN homeroom.result_tombstone t USING (record_id)) {INSERT}",
        {"target": RESULT_NAME, "file": file_id},
    )


def keep_results(connection: psycopg.Connection, file_id: int) -> None:
    """Keep what is there and what comes of the records in the temporary table `known`."""
    connection.execute(
        "WITH met AS (SELECT DISTINCT record_id FROM known), told AS ("
        "SELECT r.record_id AS key, r.file_id, r.student, (to_jsonb(r) - 'file_id') "
        '|| \'{"deleted": false, "line": 0, "part": 0}\' AS content '
        "FROM homeroom.result r JOIN met USING (record_id) "
        f"UNION ALL SELECT s.record_id, %(file)s::bigint, s.student, to_jsonb(s) FROM {OF_RESULTS} s "
        f"JOIN met USING (record_id)) {INSERT}",
        {"target": RESULT_NAME, "file": file_id},
    )


INSERT = (
    "INSERT INTO homeroom.row_version (target, key, file_id, student, content) "
    "SELECT %(target)s, key, file_id, student, content FROM told b WHERE NOT EXISTS ("
    "SELECT FROM homeroom.row_version v WHERE (v.target, v.key, v.file_id) = (%(target)s, b.key, b.file_id))"
)


def prune(connection: psycopg.Connection) -> None:
    """Once a day, let go what can no longer be asked for.

    Rows that no file of the last days has spoken of need no words any more. Of other rows' older words the newest is
    kept, on which those of the last days stand; before it were files that cannot be taken back.
    """
    first = connection.execute(
        "SELECT NOT EXISTS (SELECT FROM homeroom.file WHERE state = 'merged' AND finished_at >= current_date)"
    ).fetchone()
    if first != (True,):
        return
    connection.execute(
        "DELETE FROM homeroom.row_version v WHERE v.kept_at < now() - make_interval(days => %(days)s) AND EXISTS ("
        "SELECT FROM homeroom.row_version n WHERE (n.target, n.key) = (v.target, v.key) AND n.file_id > v.file_id "
        "AND n.kept_at < now() - make_interval(days => %(days)s) "
        "AND (n.content ->> 'modified_at')::timestamptz >= (v.content ->> 'modified_at')::timestamptz)",
        {"days": KEPT_DAYS},
    )
    connection.execute(
        "DELETE FROM homeroom.row_version v WHERE v.kept_at < now() - make_interval(days => %(days)s) "
        "AND NOT EXISTS (SELECT FROM homeroom.row_version n WHERE (n.target, n.key) = (v.target, v.key) "
        "AND n.kept_at >= now() - make_interval(days => %(days)s))",
        {"days": KEPT_DAYS},
    )

"""Takes a stored file back: what it wrote is undone, what other files said is there again, what came after stays.

Rows that it alone has named go. Of all others every file's word is kept (`processor.ingest.versions`): its own is
dropped, and the rest is merged again by the very rules that merged it before. Ids that it alone has given to a child
are that child's no longer (`processor.ingest.undo_keys`).
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from processor.access import Access, close_access, open_access
from processor.ingest import staging, undo_keys, versions
from processor.ingest.merge import LOCK, ensure_years, merge_small
from processor.ingest.merge_results import fill_schools, merge_results, prepare, refill_schools, unfill_schools
from processor.ingest.staging import TABLES, stage
from processor.ingest.states import FileState
from processor.model import OF_STUDENTS, OTHER_ROLE, RESULT, TARGETS, staged_columns

STUDENTS = ("result", *OF_STUDENTS)
OF_A_MERGE = "known, kept, several, twice, losers, erased"
"""The temporary tables that a merge leaves until its transaction ends."""


class NotUndoableError(RuntimeError):
    """The file cannot be taken back: it stored nothing, was taken back before, or came too long ago."""


@dataclass(frozen=True)
class Undone:
    """What a taking back did, in rows."""

    file_id: int
    removed: int
    restored: int
    students: int


def undo(connection: psycopg.Connection, file_id: int, access: Access) -> Undone:
    """Take a file back in one transaction, with its record of access; the purpose is the reason that is kept.

    The connection is the writer's, in autocommit mode. Raises NotUndoableError.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        _check(connection, file_id)
        staging.create(connection)
        prepare(connection)
        opened = open_access(connection, access)
        connection.execute(
            "CREATE TEMPORARY TABLE back ON COMMIT DROP AS "
            "SELECT DISTINCT target, key FROM homeroom.row_version WHERE file_id = %s AND target <> %s",
            (file_id, versions.KEYS),
        )
        undo_keys.turn_back(connection, file_id)
        students = _record_students(connection, opened, file_id)
        unfill_schools(connection, file_id)
        removed = _remove(connection, file_id)
        connection.execute("DELETE FROM homeroom.row_version WHERE file_id = %s", (file_id,))
        restored = sum(_merge_again(connection, other) for other in _others(connection))
        refill_schools(connection)
        connection.execute("UPDATE homeroom.data_version SET version = version + 1, changed_at = now()")
        connection.execute(
            "UPDATE homeroom.file SET state = %s, undone_at = now(), undone_by = %s, undone_why = %s, "
            "data_version = (SELECT version FROM homeroom.data_version) WHERE file_id = %s",
            (FileState.UNDONE, access.actor, access.purpose, file_id),
        )
        close_access(connection, opened, removed)
    return Undone(file_id, removed, restored, students)


def _check(connection: psycopg.Connection, file_id: int) -> None:
    row = connection.execute(
        "SELECT state, finished_at > now() - make_interval(days => %s) FROM homeroom.file WHERE file_id = %s "
        "FOR UPDATE",
        (versions.KEPT_DAYS, file_id),
    ).fetchone()
    if row is None:
        raise NotUndoableError("There is no such file.")
    if row[0] == FileState.UNDONE:
        raise NotUndoableError("The file was taken back before.")
    if row[0] != FileState.MERGED:
        raise NotUndoableError("The file has stored nothing that could be taken back.")
    if not row[1]:
        raise NotUndoableError(f"The file came more than {versions.KEPT_DAYS} days ago; send corrected rows instead.")


def _record_students(connection: psycopg.Connection, opened: int, file_id: int) -> int:
    """Put every student whose rows change into the record of access, and return how many."""
    selects = " UNION ".join(f"SELECT student FROM homeroom.{name} WHERE file_id = %(file)s" for name in STUDENTS)
    return connection.execute(
        "INSERT INTO homeroom.access_student SELECT %(opened)s::bigint, student FROM ("
        f"{selects} UNION SELECT v.student FROM homeroom.row_version v JOIN back USING (target, key) "
        "WHERE v.student IS NOT NULL) AS everyone GROUP BY student ORDER BY student",
        {"opened": opened, "file": file_id},
    ).rowcount


def _remove(connection: psycopg.Connection, file_id: int) -> int:
    """Remove the file's own rows, and those that the others' words are going to make again; return the former."""
    removed = 0
    for name, target in {**TARGETS, RESULT.name: RESULT}.items():
        table = sql.Identifier(name)
        removed += connection.execute(
            sql.SQL("DELETE FROM homeroom.{} WHERE file_id = %s").format(table), (file_id,)
        ).rowcount
        key = (
            sql.SQL("t.record_id")
            if target is RESULT
            else sql.SQL("ROW({})::text").format(
                sql.SQL(", ").join(sql.Identifier("t", column) for column in target.key)
            )
        )
        connection.execute(
            sql.SQL("DELETE FROM homeroom.{} t USING back b WHERE b.target = %s AND b.key = {}").format(table, key),
            (name,),
        )
    connection.execute("DELETE FROM homeroom.other_child WHERE file_id = %s", (file_id,))
    removed += connection.execute("DELETE FROM homeroom.result_tombstone WHERE file_id = %s", (file_id,)).rowcount
    connection.execute(
        "DELETE FROM homeroom.result_tombstone t USING back b WHERE b.target = 'result' AND b.key = t.record_id"
    )
    return removed


def _others(connection: psycopg.Connection) -> list[int]:
    """Return the files whose words are left, in the order in which they were merged."""
    rows = connection.execute(
        "SELECT v.file_id FROM homeroom.row_version v JOIN back USING (target, key) "
        "LEFT JOIN homeroom.file f USING (file_id) GROUP BY v.file_id ORDER BY min(f.finished_at), v.file_id"
    ).fetchall()
    return [row[0] for row in rows]


def _merge_again(connection: psycopg.Connection, file_id: int) -> int:
    """Merge what one file said of the rows in question, and return how many rows that made."""
    staged = set()
    for name, target in {**TARGETS, RESULT.name: RESULT}.items():
        names = (*staged_columns(target), "named_as") if target is RESULT else staged_columns(target)
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        selected = sql.SQL(", ").join(sql.Identifier("p", column) for column in names)
        count = connection.execute(
            sql.SQL(
                "INSERT INTO {stage} ({columns}) SELECT {wanted} FROM homeroom.row_version v "
                "JOIN back b ON (b.target, b.key) = (v.target, v.key), "
                "jsonb_populate_record(NULL::{stage}, v.content) p WHERE v.file_id = %s AND v.target = %s "
                "AND NOT v.content ? %s"
            ).format(stage=stage(target), columns=columns, wanted=selected),
            (file_id, name, versions.LEFT_OUT),
        ).rowcount
        if count:
            staged.add(name)
    used = frozenset(staged)
    ensure_years(connection, used)
    changed = merge_small(connection, used, file_id)
    if RESULT.name in used:
        changed += merge_results(connection, file_id)
    changed += fill_schools(connection, used, file_id)
    connection.execute(f"DROP TABLE IF EXISTS {OF_A_MERGE}")
    for target in TABLES.values():
        if target is not OTHER_ROLE:
            connection.execute(sql.SQL("DELETE FROM {}").format(stage(target)))
    return changed

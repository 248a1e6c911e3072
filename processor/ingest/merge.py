"""Merges staged rows of small tables, column by column: what a row does not tell is left as it was known.

Of two rows the newer wins each column that both tell, whatever the order in which files come. Newer is by the source's
own moment of change where both rows tell one, at the same moment a deletion, then the later upload; where one of them
tells none, the later upload. Within one file the content that sorts last decides, so that nothing depends on chance.
"""

from __future__ import annotations

import psycopg

from processor.ingest.staging import stage
from processor.model import OTHER_ROLE, TARGETS, Target

GAPS_BEFORE = "1990-01-01 00:00:00+00"
"""Rows of an earlier moment are no roster's (`processor.formats.base.filling`)."""
LOCK = 7_301_002
"""Merges take turns: the advisory lock that each holds from its first statement to its commit."""


def merge_small(connection: psycopg.Connection, used: frozenset[str], file_id: int) -> int:
    """Merge every staged small table, and return how many rows changed."""
    if ENROLMENT in used:
        connection.execute(OF_OTHER_SCHOOLS)
    return sum(_merge(connection, TARGETS[name], file_id) for name in TARGETS if name in used)


def forget_others(connection: psycopg.Connection, used: frozenset[str]) -> None:
    """Delete what was kept of users until their roles were known, who are no students."""
    staged = stage(OTHER_ROLE).as_string(None)
    if OTHER_ROLE.name in used:
        for name in ("student_identity", "student_name", "enrolment"):
            connection.execute(
                f"DELETE FROM homeroom.{name} t USING {staged} o WHERE o.student = t.student "
                "AND NOT EXISTS (SELECT FROM homeroom.student s WHERE s.student = t.student)"
            )


def ensure_years(connection: psycopg.Connection, used: frozenset[str]) -> None:
    """Make the partitions of the school years that the staged rows are of.

    That of a year's first results is only begun: `merge_results` fills it, and attaches it.
    """
    for name, make in (("result", "begin_school_year"), ("enrolment", "ensure_school_year")):
        if name in used:
            years = connection.execute(
                f"SELECT DISTINCT school_year FROM pg_temp.stage_{name} WHERE school_year IS NOT NULL"
            ).fetchall()
            for year in years:
                connection.execute(f"SELECT homeroom.{make}(%s)", year)


def newer(new: str, old: str, *, content: str = "''") -> str:
    """Return the SQL condition that a staged row is newer than a stored one; `{}` of `content` is either's alias.

    The stored row is joined with its file as `f`, this upload's is `u`: a row that tells no moment of change has its
    upload's, to the microsecond.
    """
    # A row that only fills gaps never wins against one of a roster, whichever came first.
    only_new, only_old = (f"{row}.modified_at < '{GAPS_BEFORE}'" for row in (new, old))
    both_dated = (
        f"{new}.modified_at IS DISTINCT FROM u.uploaded_at AND {old}.modified_at IS DISTINCT FROM f.uploaded_at"
    )
    # Of two versions of one object within a second nobody can say which is later.
    order = "CASE WHEN f.object_key = u.object_key THEN 0 ELSE {} END"
    upload = f"coalesce(u.uploaded_at, '-infinity'), {order.format('u.file_id')}"
    former = f"coalesce(f.uploaded_at, '-infinity'), {order.format(f'{old}.file_id')}"
    new_row = f"({new}.modified_at, {new}.deleted, {upload}, {content.format(new)})"
    old_row = f"({old}.modified_at, {old}.deleted, {former}, {content.format(old)})"
    by_upload = f"({upload}, {new}.deleted, {content.format(new)}) > ({former}, {old}.deleted, {content.format(old)})"
    return (
        f"CASE WHEN ({only_new}) <> ({only_old}) THEN {only_old} "
        f"WHEN {both_dated} THEN {new_row} > {old_row} ELSE {by_upload} END"
    )


def this_upload(file_id: int) -> str:
    """Return the upload that is merged as a row in SQL: its number, and when it was made where that is known."""
    columns = "n.file_id, f.uploaded_at, f.object_key"
    return f"(SELECT {columns} FROM (VALUES ({file_id}::bigint)) n (file_id) LEFT JOIN homeroom.file f USING (file_id))"


def _merge(connection: psycopg.Connection, target: Target, file_id: int) -> int:
    changed = 0
    has_deleted = connection.execute(f"SELECT EXISTS (SELECT FROM {_stage(target)} WHERE deleted)").fetchone()
    # Deletions first, so that what is told anew after one takes nothing over from before it.
    for deleted in (True, False) if has_deleted == (True,) else (False,):
        connection.execute("DROP TABLE IF EXISTS pg_temp.incoming")
        connection.execute(_incoming(target, file_id, deleted=deleted))
        changed += connection.execute(_update(target, file_id, deleted=deleted)).rowcount
        changed += connection.execute(_insert(target, file_id)).rowcount
        if deleted and target.name == ENROLMENT:
            connection.execute(LEFT_NO_TRACE, (file_id,))
    connection.execute("DROP TABLE IF EXISTS pg_temp.incoming")
    return changed


ENROLMENT = "enrolment"
OF_OTHER_SCHOOLS = (
    "DELETE FROM pg_temp.stage_enrolment s WHERE s.deleted AND s.school_id IS NOT NULL AND NOT EXISTS ("
    "SELECT FROM homeroom.enrolment e WHERE (e.student, e.school_year, e.school_id) = "
    "(s.student, s.school_year, s.school_id) AND NOT e.deleted)"
)
"""The end of an association with one school says nothing of a student who is known to be at another."""
LEFT_NO_TRACE = (
    "DELETE FROM homeroom.enrolment e USING pg_temp.stage_enrolment s WHERE s.deleted AND s.school_id IS NOT NULL "
    "AND e.deleted AND (e.student, e.school_year, e.file_id) = (s.student, s.school_year, %s)"
)
"""It keeps no other association of the year out, of which each has a moment of its own."""


def _stage(target: Target) -> str:
    return stage(target).as_string(None)


def _content(target: Target, row: str = "{0}") -> str:
    """Return a row's content as one text, which decides where nothing else does."""
    columns = ", ".join(f"{row}.{name}" for name in target.payload)
    return f'ROW({columns})::text COLLATE "C"' if target.payload else "''"


def _incoming(target: Target, file_id: int, *, deleted: bool) -> str:
    """Return what makes one row of each key: of every column the newest value that is told."""
    order = f"s.modified_at DESC, {_content(target, 's')} DESC"
    columns = [
        f"(array_agg(s.{name} ORDER BY {order}) FILTER (WHERE s.{name} IS NOT NULL))[1] AS {name}"
        for name in target.payload
    ]
    keys = ", ".join(f"s.{name}" for name in target.key)
    column_list = ", ".join([keys, *columns, "max(s.modified_at) AS modified_at", f"{deleted} AS deleted"])
    return (
        f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {column_list} FROM {_stage(target)} AS s "
        f"CROSS JOIN {this_upload(file_id)} u WHERE s.deleted = {deleted} AND NOT EXISTS ("
        f"SELECT FROM homeroom.{target.name} o LEFT JOIN homeroom.file f ON f.file_id = o.file_id WHERE o.deleted "
        f"AND {_same(target, 's', 'o')} AND NOT ({newer('s', 'o')})) GROUP BY {keys}"
    )


def _same(target: Target, alias: str, other: str) -> str:
    return " AND ".join(f"{alias}.{name} = {other}.{name}" for name in target.key)


def _update(target: Target, file_id: int, *, deleted: bool) -> str:
    """Return what brings rows that are there up to date: a deletion leaves the key alone."""
    if deleted:
        columns = [f"{name} = CASE WHEN j.newer THEN NULL ELSE t.{name} END" for name in target.payload]
        fills = "false"
    else:
        columns = [
            f"{name} = CASE WHEN j.newer THEN coalesce(j.{name}, t.{name}) ELSE coalesce(t.{name}, j.{name}) END"
            for name in target.payload
        ]
        gaps = " OR ".join(f"(t.{name} IS NULL AND j.{name} IS NOT NULL)" for name in target.payload)
        fills = f"NOT t.deleted AND ({gaps})" if gaps else "false"
    version = [f"{name} = CASE WHEN j.newer THEN j.{name} ELSE t.{name} END" for name in ("modified_at", "deleted")]
    version.append(f"file_id = CASE WHEN j.newer THEN {file_id} ELSE t.file_id END")
    return (
        f"UPDATE homeroom.{target.name} AS t SET {', '.join([*columns, *version])} FROM ("
        f"SELECT s.*, {newer('s', 'o', content=_content(target))} AS newer FROM pg_temp.incoming s "
        f"JOIN homeroom.{target.name} o ON {_same(target, 's', 'o')} "
        f"LEFT JOIN homeroom.file f ON f.file_id = o.file_id CROSS JOIN {this_upload(file_id)} u) j "
        f"WHERE {_same(target, 't', 'j')} AND (j.newer AND ({_differs(target, deleted=deleted)}) OR ({fills}))"
    )


def _differs(target: Target, *, deleted: bool) -> str:
    """Return the condition that a newer row brings anything new."""
    moment_differs = "(j.modified_at, j.deleted) IS DISTINCT FROM (t.modified_at, t.deleted)"
    if deleted:
        return moment_differs
    return " OR ".join(
        [moment_differs, *(f"(j.{name} IS NOT NULL AND j.{name} IS DISTINCT FROM t.{name})" for name in target.payload)]
    )


def _insert(target: Target, file_id: int) -> str:
    names = ", ".join(target.columns)
    return (
        f"INSERT INTO homeroom.{target.name} ({names}, file_id) "
        f"SELECT {names}, {file_id}::bigint FROM pg_temp.incoming ON CONFLICT DO NOTHING"
    )

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
RESULT_NAME, KEYS = RESULT.name, "student_key"
"""`student_key` is no target of a merge: its words say which file named a student by which id."""
OF_RESULTS = stage(RESULT).as_string(None)
LEFT_OUT = "left_out"
"""Marks what a file said and what was not merged: it is again when it comes to count."""
RENAMED = (
    "replace(replace({0}, m.old::text, m.new::text), replace(m.old::text, '-', ''), replace(m.new::text, '-', ''))"
)
"""A text with the pseudonym of `m.old` in it, with hyphens or without, as that of `m.new`."""

INSERT = (
    "INSERT INTO homeroom.row_version (target, key, file_id, student, content) "
    "SELECT %(target)s, key, file_id, student, content FROM (SELECT b.*, count(*) OVER () AS in_all FROM told b "
    "WHERE NOT EXISTS (SELECT FROM homeroom.row_version v "
    "WHERE (v.target, v.key, v.file_id) = (%(target)s, b.key, b.file_id))) n WHERE in_all > 0 ORDER BY key"
)
"""What was told goes in sorted, and only when all of it was looked for, since how many there are is asked first: where
the planner takes the table for empty, each look would otherwise pass over all that was put in so far."""


def keep_small(connection: psycopg.Connection, used: frozenset[str], file_id: int) -> None:
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
        "FROM {stage} s JOIN homeroom.{table} t USING ({keys})) " + INSERT
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
    has_student = "student" in (*target.key, *target.payload)
    return sql.Identifier(prefix, "student") if has_student else sql.SQL("NULL::uuid")


def keep_keys(connection: psycopg.Connection, file_id: int) -> None:
    """Keep who said what of each student's id that is known, or that is like one; called before ids are resolved.

    The student of such a word is the id itself, so that it is erased with every id that a child was known by.
    """
    key, content = "ROW({0}.kind, {0}.alias)::text", "'kind', {0}.kind, 'alias', {0}.alias, 'loose', {0}.loose"
    connection.execute(
        f"WITH told AS (SELECT {key.format('k')} AS key, k.file_id, k.alias AS student, "
        f"jsonb_build_object({content.format('k')}, 'owner', CASE k.said_by WHEN 'roster' THEN k.student END, "
        "'disputed', k.said_by = 'disputed') AS content FROM homeroom.student_key k "
        "WHERE k.file_id IS NOT NULL AND EXISTS (SELECT FROM pg_temp.stage_student_key s WHERE s.loose = k.loose) "
        f"UNION ALL SELECT {key.format('s')}, %(file)s::bigint, s.alias, "
        f"jsonb_build_object({content.format('s')}, 'owner', s.owner, 'disputed', false) "
        "FROM (SELECT DISTINCT kind, alias, loose, owner FROM pg_temp.stage_student_key) s "
        "WHERE EXISTS (SELECT FROM homeroom.student_key k WHERE k.loose = s.loose) "
        f"AND NOT EXISTS (SELECT FROM homeroom.erased_student e WHERE e.student = s.alias)) {INSERT}",
        {"target": KEYS, "file": file_id},
    )


def keep_left_out(connection: psycopg.Connection, target: Target, file_id: int, which: str) -> None:
    """Keep the staged rows that are not merged because a roster knows better, or because their id names nobody.

    `which` is a condition on `s`, the staged row, and `w`, whose its student's id is.
    """
    record = "replace(s.record_id, replace(w.alias::text, '-', ''), replace(w.student::text, '-', ''))"
    places = {"student": "w.student", "record_id": record}
    key = ", ".join(places.get(column, f"s.{column}") for column in target.key)
    content = f"'record_id', {record}, " if "record_id" in target.key else ""
    connection.execute(
        f"WITH told AS (SELECT DISTINCT ROW({key})::text AS key, %(file)s::bigint AS file_id, w.student, to_jsonb(s) "
        f"|| jsonb_build_object({content}'student', w.student, '{LEFT_OUT}', true) AS content "
        f"FROM pg_temp.stage_{target.name} s JOIN pg_temp.rewrites w ON s.student = w.alias WHERE {which} "
        f"AND NOT EXISTS (SELECT FROM homeroom.erased_student e WHERE e.student IN (w.alias, w.student))) {INSERT}",
        {"target": target.name, "file": file_id},
    )


def keep_moved(connection: psycopg.Connection, target: Target) -> None:
    """Rename what was said of the students of the temporary table `moves`, and keep what meets where they go."""
    _rename(connection, target.name)
    places = {"student": "m.new", "record_id": RENAMED.format("o.record_id")}
    key = ", ".join(places.get(column, f"o.{column}") for column in target.key)
    record = f"'record_id', {places['record_id']}, " if "record_id" in target.key else ""
    connection.execute(
        f"WITH everyone AS (SELECT ROW({key})::text AS key, o.file_id, m.new AS student, (to_jsonb(o) - 'file_id') "
        f"|| jsonb_build_object({record}'student', m.new) AS content FROM homeroom.{target.name} o "
        "JOIN pg_temp.moves m ON o.student = m.old WHERE NOT o.deleted UNION ALL "
        f"SELECT DISTINCT ROW({', '.join(f'n.{column}' for column in target.key)})::text, n.file_id, n.student, "
        f"to_jsonb(n) - 'file_id' FROM homeroom.{target.name} n JOIN pg_temp.moves m ON n.student = m.new), "
        "told AS (SELECT * FROM everyone WHERE key IN (SELECT key FROM everyone GROUP BY key HAVING count(*) > 1)) "
        f"{INSERT}",
        {"target": target.name},
    )


def keep_moved_results(connection: psycopg.Connection) -> None:
    """Do the same for results: those of the temporary table `meeting` that become one are kept as what they become."""
    _rename(connection, RESULT_NAME)
    connection.execute(
        f"WITH told AS (SELECT g.becomes AS key, r.file_id, g.student, {CONTENT_OF_RESULT} || jsonb_build_object("
        "'record_id', g.becomes, 'student', g.student, 'named_as', "
        "CASE WHEN r.student = g.student THEN r.named_as ELSE coalesce(r.named_as, r.student) END) AS content "
        f"FROM homeroom.result r JOIN pg_temp.meeting g USING (record_id) WHERE g.several > 1) {INSERT}",
        {"target": RESULT_NAME},
    )


def _rename(connection: psycopg.Connection, name: str) -> None:
    """Let the words about the students `old` of the temporary table `moves` be about `new`."""
    named_as = "'{}'::jsonb"
    if name == RESULT_NAME:
        named_as = "jsonb_build_object('named_as', coalesce(nullif(v.content -> 'named_as', 'null'), to_jsonb(m.old)))"
    connection.execute(
        f"UPDATE homeroom.row_version v SET student = m.new, key = {RENAMED.format('v.key')}, "
        f"content = {RENAMED.format('v.content::text')}::jsonb || {named_as} "
        "FROM pg_temp.moves m WHERE v.student = m.old AND v.target = %s",
        (name,),
    )


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
        f"SELECT r.record_id AS key, r.file_id, r.student, {CONTENT_OF_RESULT} AS content "
        "FROM homeroom.result r JOIN met USING (record_id) "
        f"UNION ALL SELECT s.record_id, %(file)s::bigint, s.student, to_jsonb(s) FROM {OF_RESULTS} s "
        f"JOIN met USING (record_id)) {INSERT}",
        {"target": RESULT_NAME, "file": file_id},
    )


CONTENT_OF_RESULT = (
    # A school that an association has given is no word of the result's own file.
    '(to_jsonb(r) - \'file_id\') || \'{"deleted": false, "line": 0, "part": 0}\'::jsonb '
    "|| CASE WHEN r.is_placed THEN '{\"school_id\": null}'::jsonb ELSE '{}'::jsonb END"
)


FOLD = """
    WITH old AS (
        SELECT v.ctid AS place, v.*, (v.content ->> 'modified_at')::timestamptz AS at,
            first_value(v.ctid) OVER newest AS first, count(*) OVER (PARTITION BY v.target, v.key) AS several
        FROM homeroom.row_version v
        WHERE v.kept_at < now() - make_interval(days => %(days)s) AND v.target NOT IN ('result', 'student_key')
            AND NOT v.content ? 'left_out'
        WINDOW newest AS (PARTITION BY v.target, v.key
            ORDER BY (v.content ->> 'modified_at')::timestamptz DESC, v.file_id DESC, v.ctid)
    ), cells AS (
        SELECT DISTINCT ON (o.first, c.key) o.first, c.key, c.value
        FROM old o CROSS JOIN LATERAL jsonb_each(o.content) c
        WHERE o.several > 1 AND c.value <> 'null' AND NOT EXISTS (
            SELECT FROM old d WHERE d.first = o.first AND d.content -> 'deleted' = 'true' AND d.at > o.at
        )
        ORDER BY o.first, c.key, o.at DESC, o.file_id DESC
    )
    UPDATE homeroom.row_version v SET content = v.content || f.content
    FROM (SELECT first, jsonb_object_agg(key, value) AS content FROM cells GROUP BY first) f
    WHERE v.ctid = f.first AND v.content -> 'deleted' <> 'true'
"""
"""What was told before, column by column, goes over to the newest of the words that are too old to be taken back."""


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
    connection.execute(FOLD, {"days": KEPT_DAYS})
    connection.execute(
        "DELETE FROM homeroom.row_version v WHERE v.kept_at < now() - make_interval(days => %(days)s) AND EXISTS ("
        "SELECT FROM homeroom.row_version n WHERE (n.target, n.key) = (v.target, v.key) AND n.file_id > v.file_id "
        "AND n.kept_at < now() - make_interval(days => %(days)s) "
        f"AND (n.content ? '{LEFT_OUT}') = (v.content ? '{LEFT_OUT}') AND CASE v.target "
        "WHEN 'student_key' THEN n.content -> 'owner' = v.content -> 'owner' ELSE "
        "(n.content ->> 'modified_at')::timestamptz >= (v.content ->> 'modified_at')::timestamptz END)",
        {"days": KEPT_DAYS},
    )
    connection.execute(
        "DELETE FROM homeroom.row_version v WHERE v.kept_at < now() - make_interval(days => %(days)s) "
        "AND NOT EXISTS (SELECT FROM homeroom.row_version n WHERE (n.target, n.key) = (v.target, v.key) "
        "AND n.kept_at >= now() - make_interval(days => %(days)s))",
        {"days": KEPT_DAYS},
    )

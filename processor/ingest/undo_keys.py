"""Takes back whose ids a file has said: what stands under them goes to whom the other files' words leave it.

An id that the file alone has named is forgotten. One that others have named is again whose they say: a roster's child
where another roster says so, or else a student by that id. What these others brought in under it follows: results by
the id that they came under, other rows by which file named the student so.
"""

from __future__ import annotations

import psycopg

from processor.ingest import versions
from processor.ingest.crosswalk import LEVELS, NOWHERE, renamed
from processor.model import OF_STUDENTS, TARGETS, Target

WORDS = """
    CREATE TEMPORARY TABLE words ON COMMIT DROP AS
    SELECT DISTINCT file_id, content ->> 'kind' AS kind, (content ->> 'alias')::uuid AS alias, a.loose,
        (content ->> 'owner')::uuid AS owner, (content ->> 'disputed')::boolean AS disputed
    FROM homeroom.row_version v JOIN affected a ON a.loose = (v.content ->> 'loose')::uuid
    WHERE v.target = 'student_key' UNION
    SELECT file_id, kind, alias, loose, CASE said_by WHEN 'roster' THEN student END, said_by = 'disputed'
    FROM homeroom.student_key JOIN affected USING (loose) WHERE said_by <> 'person' AND file_id IS NOT NULL
"""
"""What all files have said of the ids in question."""
WHOSE = f"""
    SELECT r.kind, r.alias, (
        SELECT coalesce(k.student, {NOWHERE.format(alias="r.alias")}) FROM homeroom.student_key k
        WHERE k.alias = r.alias ORDER BY {LEVELS} LIMIT 1
    ) AS student FROM (
        SELECT DISTINCT CASE kind WHEN 'sourced' THEN kind ELSE 'number' END AS kind, alias FROM words
    ) r
"""
"""Whose each of them is at the moment."""
RESTORE = """
    INSERT INTO homeroom.student_key (kind, alias, loose, student, said_by, file_id)
    SELECT kind, alias, loose, CASE WHEN several THEN NULL WHEN owner IS NULL THEN alias ELSE coalesce((
        SELECT k.student FROM homeroom.student_key k
        WHERE k.kind = 'sourced' AND k.alias = owner AND k.said_by = 'person'
    ), owner) END, CASE WHEN several THEN 'disputed' WHEN owner IS NULL THEN 'file' ELSE 'roster' END, file_id
    FROM (
        SELECT kind, alias, min(loose::text)::uuid AS loose, min(owner::text)::uuid AS owner,
            count(DISTINCT owner) > 1 OR bool_or(disputed) AS several, min(file_id) AS file_id
        FROM words w WHERE file_id <> %(file)s GROUP BY kind, alias
    ) told
    WHERE {which} ON CONFLICT DO NOTHING
"""
OF_FILE_ITSELF = "(kind, alias) IN (SELECT kind, alias FROM words WHERE file_id = %(file)s)"
OF_NOBODY = "NOT EXISTS (SELECT FROM homeroom.student_key k WHERE k.alias = told.alias)"
FOLLOW = """
    UPDATE homeroom.student_key k SET student = coalesce(
        (SELECT o.student FROM homeroom.student_key o WHERE o.alias = k.alias AND o.said_by IN ('roster', 'person')
         ORDER BY o.kind LIMIT 1),
        (SELECT min(o.student::text)::uuid FROM homeroom.student_key o WHERE o.loose = k.loose AND o.said_by <> 'file'
         HAVING count(DISTINCT o.student) = 1 AND NOT bool_or(o.student IS NULL)),
        (SELECT o.alias FROM homeroom.student_key o WHERE o.loose = k.loose AND o.said_by = 'file'
         ORDER BY o.file_id, o.alias LIMIT 1)
    )
    FROM affected a WHERE a.loose = k.loose AND k.said_by = 'file' AND NOT EXISTS (
        SELECT FROM homeroom.student_key o WHERE o.student = k.student AND o.said_by <> 'file'
            AND (o.alias = k.alias OR o.loose = k.loose)
    )
"""
"""An id that files alone have named is whose an id like it is, or that of the first of its spellings."""
TURNED = f"""
    CREATE TEMPORARY TABLE turned ON COMMIT DROP AS
    SELECT b.kind, b.alias, coalesce(b.student, {NOWHERE.format(alias="b.alias")}) AS old,
        coalesce(n.student, b.alias) AS new
    FROM before b JOIN ({WHOSE}) n USING (kind, alias)
    WHERE coalesce(b.student, {NOWHERE.format(alias="b.alias")}) <> coalesce(n.student, b.alias)
"""
BY_FILE = """
    CREATE TEMPORARY TABLE moves ON COMMIT DROP AS SELECT DISTINCT w.file_id, t.alias, t.old, t.new
    FROM turned t JOIN words w ON w.alias = t.alias AND (w.kind = 'sourced') = (t.kind = 'sourced')
    WHERE w.file_id <> %(file)s AND w.owner IS NULL AND NOT EXISTS (
        SELECT FROM words o JOIN homeroom.student_key k USING (kind, alias)
        WHERE o.file_id = w.file_id AND o.owner IS NULL AND o.alias <> w.alias AND k.student = t.old
    )
"""
"""Which files named a student by an id that is now another student's."""


def turn_back(connection: psycopg.Connection, file_id: int) -> None:
    """Take back what a file has said of ids, and add to `back` what is to be merged again for it; within an undoing."""
    parameters = {"file": file_id}
    connection.execute(
        "CREATE TEMPORARY TABLE affected ON COMMIT DROP AS SELECT DISTINCT loose FROM homeroom.student_key "
        "WHERE file_id = %(file)s AND said_by <> 'person' UNION SELECT (content ->> 'loose')::uuid "
        "FROM homeroom.row_version WHERE target = 'student_key' AND file_id = %(file)s",
        parameters,
    )
    connection.execute(WORDS)
    connection.execute(f"CREATE TEMPORARY TABLE before ON COMMIT DROP AS {WHOSE}")
    connection.execute(
        "DELETE FROM homeroom.student_key k USING words w WHERE w.file_id = %(file)s AND k.said_by <> 'person' "
        "AND (k.kind, k.alias) = (w.kind, w.alias)",
        parameters,
    )
    for which in (OF_FILE_ITSELF, OF_NOBODY):
        connection.execute(RESTORE.format(which=which), parameters)
    connection.execute(FOLLOW)
    connection.execute(TURNED)
    connection.execute(BY_FILE, parameters)
    for name in OF_STUDENTS:
        _turn(connection, TARGETS[name])
    _turn_results(connection)
    # Whom nothing may be destroyed of under one id, nothing may be under the other.
    connection.execute(
        "INSERT INTO homeroom.hold (student, reason, placed_by, placed_at) SELECT DISTINCT t.new, h.reason, "
        "h.placed_by, h.placed_at FROM homeroom.hold h JOIN turned t ON t.old = h.student WHERE h.lifted_at IS NULL"
    )


def _turn(connection: psycopg.Connection, target: Target) -> None:
    """Bring the rows of one table from the child to the student of the id that their file named."""
    name = target.name
    record = renamed("o.record_id", "m.old", "m.new")
    places = {"student": "m.new", "record_id": record}
    key = ", ".join(places.get(column, f"o.{column}") for column in target.key)
    there = ", ".join(f"o.{column}" for column in target.key)
    content = f"'record_id', {record}, 'student', m.new" if "record_id" in target.key else "'student', m.new"
    # What was left out because a roster knew better, or because nobody was named, counts where neither holds any more.
    again = "m.new = m.alias" if name == "student_identity" else "true"
    _rename_words(connection, name, "v.file_id = m.file_id", again=again)
    _again(connection, name, f"SELECT ROW({there})::text FROM homeroom.{name} o JOIN moves m {OF_FILE}")
    _again(connection, name, f"SELECT ROW({key})::text FROM homeroom.{name} o JOIN moves m {OF_FILE}")
    connection.execute(
        f"WITH told AS (SELECT ROW({key})::text AS key, o.file_id, m.new AS student, (to_jsonb(o) - 'file_id') "
        f"|| jsonb_build_object({content}) AS content FROM homeroom.{name} o JOIN moves m {OF_FILE}) {versions.INSERT}",
        {"target": name},
    )
    connection.execute(f"DELETE FROM homeroom.{name} o USING moves m WHERE o.student = m.old AND o.file_id = m.file_id")
    # What stands where they go is one file's word too.
    connection.execute(
        f"WITH told AS (SELECT ROW({there})::text AS key, o.file_id, o.student, to_jsonb(o) - 'file_id' AS content "
        f"FROM homeroom.{name} o JOIN back b ON b.target = %(target)s AND b.key = ROW({there})::text) "
        f"{versions.INSERT}",
        {"target": name},
    )


OF_FILE = "ON o.student = m.old AND o.file_id = m.file_id"


def _turn_results(connection: psycopg.Connection) -> None:
    """Bring the results that came under an id to whose it is now."""
    own = "(t.kind = 'sourced') = starts_with(r.record_id, 'or:')"
    connection.execute("DROP TABLE moves")
    connection.execute("CREATE TEMPORARY TABLE moves ON COMMIT DROP AS SELECT * FROM turned")
    record = renamed("r.record_id", "t.old", "t.new")
    which = f"homeroom.result r JOIN turned t ON r.named_as = t.alias AND r.student = t.old AND {own}"
    _rename_words(
        connection,
        versions.RESULT_NAME,
        "(v.content ->> 'named_as')::uuid = m.alias AND (m.kind = 'sourced') = starts_with(v.key, 'or:')",
        "jsonb_build_object('named_as', nullif(m.alias, m.new))",
    )
    for key in ("r.record_id", record):
        _again(connection, versions.RESULT_NAME, f"SELECT {key} FROM {which}")
    connection.execute(
        f"WITH told AS (SELECT {record} AS key, r.file_id, t.new AS student, {versions.CONTENT_OF_RESULT} || "
        f"jsonb_build_object('record_id', {record}, 'student', t.new, 'named_as', nullif(t.alias, t.new)) AS content "
        f"FROM {which}) {versions.INSERT}",
        {"target": versions.RESULT_NAME},
    )
    connection.execute(
        f"DELETE FROM homeroom.result r USING turned t WHERE r.named_as = t.alias AND r.student = t.old AND {own}"
    )
    connection.execute(
        f"WITH told AS (SELECT r.record_id AS key, r.file_id, r.student, {versions.CONTENT_OF_RESULT} AS content "
        f"FROM homeroom.result r JOIN back b ON b.target = %(target)s AND b.key = r.record_id) {versions.INSERT}",
        {"target": versions.RESULT_NAME},
    )


def _rename_words(
    connection: psycopg.Connection, name: str, whose: str, more: str = "'{}'::jsonb", again: str = "true"
) -> None:
    """Let the words that came under an id be about whose it is now, and let both be merged again."""
    which = f"homeroom.row_version v JOIN moves m ON v.student = m.old AND v.target = %(target)s AND {whose}"
    for key in ("v.key", versions.RENAMED.format("v.key")):
        _again(connection, name, f"SELECT {key} FROM {which}", {"target": name})
    connection.execute(
        f"UPDATE homeroom.row_version v SET student = m.new, key = {versions.RENAMED.format('v.key')}, "
        f"content = ({versions.RENAMED.format('v.content::text')}::jsonb || {more}) "
        f"- CASE WHEN {again} THEN '{versions.LEFT_OUT}' ELSE '' END "
        f"FROM moves m WHERE v.student = m.old AND v.target = %(target)s AND {whose}",
        {"target": name},
    )


def _again(connection: psycopg.Connection, name: str, keys: str, parameters: dict[str, str] | None = None) -> None:
    """Let the rows with these keys be merged again."""
    connection.execute(
        f"INSERT INTO back SELECT '{name}', key FROM ({keys}) AS found (key) EXCEPT SELECT target, key FROM back",
        parameters,
    )

"""Merges staged results, record by record: all rows of a record, one for each standard, come and go together.

The rule is that of `processor.ingest.merge`; a deleted record leaves a tombstone. Each step looks at what is there
before it works, since most files bring records that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from processor.ingest import versions
from processor.ingest.staging import stage
from processor.model import RESULT

STAGE = stage(RESULT).as_string(None)
CONTENT = (
    "ROW({0}.school_year, {0}.student, {0}.administration_id, {0}.school_id, {0}.grade, {0}.taken_on, "
    "{0}.scale_score, {0}.performance_level, {0}.status)::text"
)
WORK_MEMORY = "96MB"
COLUMNS = (
    "school_year, record_id, standard, student, administration_id, school_id, grade, taken_on, scale_score, "
    "performance_level, status, modified_at"
)


@dataclass(frozen=True)
class Place:
    """Where in the upload a row came from, and why it does not count, or not yet."""

    part: int
    line: int
    code: str
    reason: str


def prepare(connection: psycopg.Connection) -> None:
    """Let the transaction's statements know what is staged, and have room for it; the first thing in a merge."""
    connection.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
    # Of those columns alone that rows are grouped and joined by.
    connection.execute(f"ANALYZE {STAGE} (record_id, student, administration_id, school_year, modified_at, deleted)")


def merge_results(connection: psycopg.Connection, file_id: int) -> int:
    """Merge what `refuse_before` has left, and return how many rows changed."""
    changed = _settle_tombstones(connection, file_id) + _settle_known(connection, file_id)
    changed += connection.execute(
        f"INSERT INTO homeroom.result_tombstone AS t (record_id, modified_at, file_id) "
        f"SELECT record_id, modified_at, %s FROM {STAGE} WHERE deleted "
        "ON CONFLICT (record_id) DO UPDATE SET modified_at = excluded.modified_at, file_id = excluded.file_id "
        "WHERE excluded.modified_at > t.modified_at",
        (file_id,),
    ).rowcount
    changed += connection.execute(
        f"INSERT INTO homeroom.result ({COLUMNS}, file_id) "
        f"SELECT {COLUMNS.replace('standard', 'coalesce(standard, %s)')}, %s FROM {STAGE} WHERE NOT deleted",
        ("", file_id),
    ).rowcount
    return changed


def _settle_tombstones(connection: psycopg.Connection, file_id: int) -> int:
    """Let go what is older than its own deletion; what is newer than it comes back to life."""
    if connection.execute("SELECT NOT EXISTS (SELECT FROM homeroom.result_tombstone)").fetchone() == (True,):
        return 0
    versions.keep_tombstoned(connection, file_id)
    connection.execute(
        f"DELETE FROM {STAGE} s USING homeroom.result_tombstone t "
        "WHERE t.record_id = s.record_id AND t.modified_at >= s.modified_at"
    )
    return connection.execute(
        f"DELETE FROM homeroom.result_tombstone t USING {STAGE} s WHERE t.record_id = s.record_id AND NOT s.deleted"
    ).rowcount


def _settle_known(connection: psycopg.Connection, file_id: int) -> int:
    """Let go what is older than the record that is there, and remove the records that newer ones replace."""
    if connection.execute("SELECT NOT EXISTS (SELECT FROM homeroom.result)").fetchone() == (True,):
        return 0
    connection.execute(
        f"CREATE TEMPORARY TABLE known ON COMMIT DROP AS SELECT record_id, r.modified_at AS there, "
        f"s.modified_at AS comes, bool_or(s.deleted) AS deleted "
        f"FROM homeroom.result r JOIN {STAGE} s USING (record_id) GROUP BY 1, 2, 3"
    )
    versions.keep_results(connection, file_id)
    # At the same moment a deletion wins, and otherwise the content that sorts last.
    told = "string_agg(coalesce({0}.standard, '') || {1}, '' ORDER BY {0}.standard) COLLATE \"C\""
    connection.execute(
        "CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT record_id FROM known k WHERE there > comes OR "
        "(there = comes AND NOT deleted AND "
        f"(SELECT {told.format('r', CONTENT.format('r'))} FROM homeroom.result r WHERE r.record_id = k.record_id) >= "
        f"(SELECT {told.format('s', CONTENT.format('s'))} FROM {STAGE} s WHERE s.record_id = k.record_id))"
    )
    connection.execute(f"DELETE FROM {STAGE} s USING kept k WHERE s.record_id = k.record_id")
    connection.execute("DELETE FROM known k USING kept g WHERE k.record_id = g.record_id")
    return connection.execute("DELETE FROM homeroom.result r USING known k WHERE r.record_id = k.record_id").rowcount


def refuse_before(connection: psycopg.Connection) -> Iterator[Place]:
    """Take out of the staged rows what must not be merged, and yield where it was: erased students, duplicate ids."""
    if _take_erased(connection):
        yield from _places(connection, "erased", "erased_student", "The student's records were erased on request.")
    if _take_losers(connection):
        reason = "Another row of this file has the same id, and is newer."
        yield from _places(connection, "losers", "duplicate_id", reason)


def _take_erased(connection: psycopg.Connection) -> bool:
    """Take out the rows of erased students, and say whether any can be; `erased` then has their places."""
    if connection.execute("SELECT NOT EXISTS (SELECT FROM homeroom.erased_student)").fetchone() == (True,):
        return False
    # Of the small tables too, whose rows have no line of their own to report.
    for name in ("student", "student_identity", "student_name", "student_subgroup", "enrolment"):
        connection.execute(
            f"DELETE FROM pg_temp.stage_{name} s USING homeroom.erased_student e WHERE e.student = s.student"
        )
    connection.execute(
        "CREATE TEMPORARY TABLE erased ON COMMIT DROP AS "
        f"SELECT s.part, s.line FROM {STAGE} s JOIN homeroom.erased_student e USING (student)"
    )
    connection.execute(f"DELETE FROM {STAGE} s USING homeroom.erased_student e WHERE e.student = s.student")
    return True


def _take_losers(connection: psycopg.Connection) -> bool:
    """Take out all rows but one of each id that is there twice, and say whether any is; `losers` has their places."""
    # A record's rows come from one line, except where the id is there twice; most records have but one row.
    connection.execute(
        f"CREATE TEMPORARY TABLE several ON COMMIT DROP AS SELECT record_id FROM {STAGE} "
        "GROUP BY record_id HAVING count(*) > 1"
    )
    connection.execute(
        f"CREATE TEMPORARY TABLE twice ON COMMIT DROP AS SELECT record_id FROM {STAGE} JOIN several USING (record_id) "
        "GROUP BY record_id HAVING min(line) <> max(line) OR min(part) <> max(part)"
    )
    if connection.execute("SELECT NOT EXISTS (SELECT FROM twice)").fetchone() == (True,):
        return False
    connection.execute(
        "CREATE TEMPORARY TABLE losers ON COMMIT DROP AS SELECT record_id, part, line FROM ("
        "SELECT record_id, part, line, row_number() OVER (PARTITION BY record_id ORDER BY modified_at DESC, "
        'deleted DESC, content COLLATE "C" DESC, part, line) AS place FROM ('
        "SELECT record_id, part, line, modified_at, bool_or(deleted) AS deleted, "
        f"string_agg(coalesce(standard, '') || {CONTENT.format('s')}, '' ORDER BY standard) AS content "
        f"FROM {STAGE} s WHERE record_id IN (SELECT record_id FROM twice) GROUP BY 1, 2, 3, 4) records) ranked "
        "WHERE place > 1"
    )
    connection.execute(
        f"DELETE FROM {STAGE} s USING losers l WHERE (s.record_id, s.part, s.line) = (l.record_id, l.part, l.line)"
    )
    return True


def held(connection: psycopg.Connection) -> Iterator[Place]:
    """Yield the merged rows that wait unseen, each line once: a roster, a test or a bound decides about them later."""
    with connection.cursor(name="held") as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            f"SELECT DISTINCT ON (s.part, s.line) s.part, s.line, CASE WHEN t.student IS NULL THEN 0 "
            f"WHEN a.administration_id IS NULL THEN 1 ELSE 2 END FROM {STAGE} s "
            "LEFT JOIN homeroom.student t ON t.student = s.student AND NOT t.deleted "
            "LEFT JOIN homeroom.administration a ON a.administration_id = s.administration_id AND NOT a.deleted "
            "WHERE NOT s.deleted AND (t.student IS NULL OR a.administration_id IS NULL "
            "OR s.scale_score < a.score_min OR s.scale_score > a.score_max) ORDER BY s.part, s.line"
        )
        for part, line, why in cursor:
            yield Place(part, line, *HELD[why])


HELD = (
    ("unknown_student", "No roster names this student yet; the result counts as soon as one does."),
    ("unknown_administration", "The test's occasion is not known yet; the result counts as soon as it is."),
    ("score_out_of_range", "The score is outside the bounds of the test; the result counts when one is corrected."),
)


def _places(connection: psycopg.Connection, table: str, code: str, reason: str) -> Iterator[Place]:
    """Yield the places in a temporary table; there may be as many as rows, so that not all are held in memory."""
    with connection.cursor(name=table) as cursor:
        cursor.itersize = 5_000
        cursor.execute(f"SELECT DISTINCT part, line FROM {table} ORDER BY part, line")
        for part, line in cursor:
            yield Place(part, line, code, reason)

"""Whose an id is, and a person's word about it: two records are one child's, or one id is another child's after all.

Every decision is one transaction with its own row in `student_decision` and a record of access. What a person has said,
no roster changes afterwards.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import psycopg
from psycopg_pool import ConnectionPool

from processor.access import Access, Scope, close_access, open_access
from processor.formats import ids
from processor.ingest.crosswalk import move, renamed
from processor.ingest.merge import LOCK
from processor.problems import InvalidValueError
from processor.pseudonyms import Pseudonyms

FOUND = """
    SELECT k.student, k.said_by FROM homeroom.student_key k WHERE {column} = %s
    ORDER BY array_position(ARRAY['local', 'number', 'sourced', 'state', 'vendor'], k.kind) LIMIT {most}
"""


class UnclearIdError(RuntimeError):
    """The id names nobody, or several students may be meant by it."""


@dataclass(frozen=True)
class Decision:
    """Who decides, and why."""

    decided_by: str
    reason: str
    district: str


def child_of(pool: ConnectionPool[psycopg.Connection], student: uuid.UUID) -> uuid.UUID:
    """Return the child that a pseudonym is of, also one that its records were under before."""
    with pool.connection() as connection:
        return of_pseudonym(connection, student)


def find_child(pool: ConnectionPool[psycopg.Connection], pseudonyms: Pseudonyms, local_id: str) -> uuid.UUID:
    """Return the child that an id names, whichever it is. Raises UnclearIdError where several may be meant."""
    with pool.connection() as connection:
        return named(connection, pseudonyms, local_id)


def of_pseudonym(connection: psycopg.Connection, student: uuid.UUID) -> uuid.UUID:
    """Return the child of a pseudonym: itself where it is a child's own, else whose id it is."""
    rows = connection.execute(
        "SELECT student FROM homeroom.student_key WHERE (alias = %s OR student = %s) AND student IS NOT NULL ORDER BY "
        "student = %s DESC, array_position(ARRAY['sourced', 'local', 'number', 'state', 'vendor'], kind) LIMIT 1",
        (student, student, student),
    ).fetchall()
    return uuid.UUID(str(rows[0][0])) if rows else student


def named(connection: psycopg.Connection, pseudonyms: Pseudonyms, local_id: str) -> uuid.UUID:
    """Return the child that an id names, read as files are read. Raises UnclearIdError where several may be meant."""
    cleaned_id = cleaned(local_id)
    alias = pseudonyms.uuid(cleaned_id)
    exact = connection.execute(FOUND.format(column="k.alias", most=1), (alias,)).fetchall()
    if exact:
        if exact[0][0] is None:
            raise UnclearIdError("Several students of the roster have this id: name one by another of its ids.")
        return uuid.UUID(str(exact[0][0]))
    near = connection.execute(
        FOUND.format(column="k.loose", most=100), (uuid.UUID(pseudonyms.loose(cleaned_id)),)
    ).fetchall()
    students = {student for student, _ in near}
    if len(students) > 1 or None in students:
        raise UnclearIdError("Several students have an id that differs from this one in zeros or case alone.")
    return uuid.UUID(str(students.pop())) if students else alias


def cleaned(local_id: str) -> str:
    """Return an id as files are read. Raises UnclearIdError for what is no student's."""
    try:
        student_id = ids.student_id(local_id)
    except InvalidValueError as error:
        raise UnclearIdError(error.reason) from error
    if not student_id:
        raise UnclearIdError("Name a student by an id.")
    return student_id


def ids_of(connection: psycopg.Connection, student: uuid.UUID) -> list[uuid.UUID]:
    """Return all pseudonyms that a child is or was known by."""
    row = connection.execute("SELECT homeroom.ids_of_child(%s)", (student,)).fetchone()
    return [student] if row is None else sorted({student, *row[0]})


def merge(
    connection: psycopg.Connection, pseudonyms: Pseudonyms, keep: str, other: str, decision: Decision
) -> dict[str, object]:
    """Make the records of two ids one child's: the first's; return what was done.

    The connection is the writer's, in autocommit mode. Raises UnclearIdError where the first id names nobody.
    """
    alias = pseudonyms.uuid(cleaned(other))
    with connection.transaction():
        _begin(connection)
        kept = _known(connection, named(connection, pseudonyms, keep))
        former = _own_or_named(connection, pseudonyms, other, alias)
        if kept == former:
            return {"student": str(kept), "other": str(former), "results": 0}
        opened = _open(connection, decision, [kept, former], "merge-students command")
        connection.execute("DROP TABLE IF EXISTS pg_temp.moves")
        connection.execute("CREATE TEMPORARY TABLE moves (old uuid, new uuid) ON COMMIT DROP")
        connection.execute("INSERT INTO pg_temp.moves VALUES (%s, %s)", (former, kept))
        # What waits because several were meant by the id is the child's too.
        moved = move(connection) + _results_named(connection, alias, kept)
        connection.execute(
            "INSERT INTO homeroom.student_key AS k (kind, alias, loose, student, said_by) "
            "SELECT kind, %(alias)s, %(loose)s, %(kept)s, 'person' FROM (SELECT kind FROM homeroom.student_key "
            "WHERE alias = %(alias)s UNION SELECT 'number' WHERE NOT EXISTS (SELECT FROM homeroom.student_key "
            "WHERE alias = %(alias)s)) kinds ON CONFLICT (kind, alias) DO UPDATE SET student = excluded.student, "
            "said_by = 'person'",
            {"alias": alias, "loose": uuid.UUID(pseudonyms.loose(cleaned(other))), "kept": kept},
        )
        connection.execute(
            "UPDATE homeroom.student_key SET said_by = 'person' WHERE student = %s AND alias = %s", (kept, former)
        )
        _write_down(connection, "merge", kept, former, moved, decision)
        close_access(connection, opened, moved)
    return {"student": str(kept), "other": str(former), "results": moved}


def split(
    connection: psycopg.Connection, pseudonyms: Pseudonyms, local_id: str, decision: Decision
) -> dict[str, object]:
    """Make an id another child's than the one it was matched with: with the results that came under it.

    Raises UnclearIdError for an id that was matched with nobody: it is the child's own, and another is to be split.
    """
    cleaned_id = cleaned(local_id)
    alias = pseudonyms.uuid(cleaned_id)
    with connection.transaction():
        _begin(connection)
        child = named(connection, pseudonyms, cleaned_id)
        if child == alias:
            raise UnclearIdError("This id is the child's own: split the other id from it.")
        opened = _open(connection, decision, [child, alias], "split-student command")
        connection.execute(
            "INSERT INTO homeroom.student_key AS k (kind, alias, loose, student, said_by) "
            "SELECT kind, %(alias)s, %(loose)s, %(alias)s, 'person' FROM (SELECT kind FROM homeroom.student_key "
            "WHERE alias = %(alias)s UNION SELECT 'number' WHERE NOT EXISTS (SELECT FROM homeroom.student_key "
            "WHERE alias = %(alias)s)) kinds ON CONFLICT (kind, alias) DO UPDATE SET student = excluded.student, "
            "said_by = 'person'",
            {"alias": alias, "loose": uuid.UUID(pseudonyms.loose(cleaned_id))},
        )
        moved = _results_named(connection, alias, alias)
        for table, columns, values in (
            ("student", "", ""),
            ("student_identity", "local_id, ", "%(id)s, "),
        ):
            connection.execute(
                f"INSERT INTO homeroom.{table} (student, {columns}modified_at, file_id) "
                f"SELECT %(alias)s, {values}now(), 0 WHERE EXISTS (SELECT FROM homeroom.student s "
                "WHERE s.student = %(child)s AND NOT s.deleted) ON CONFLICT DO NOTHING",
                {"alias": alias, "id": cleaned_id, "child": child},
            )
        # School and grade of a result tell where its student was enrolled; names come with the next roster.
        connection.execute(
            "INSERT INTO homeroom.enrolment (student, school_year, school_id, grade, modified_at, file_id) "
            "SELECT DISTINCT ON (school_year) student, school_year, school_id, grade, modified_at, file_id "
            "FROM homeroom.result WHERE student = %s AND school_id IS NOT NULL ORDER BY school_year, taken_on DESC "
            "ON CONFLICT DO NOTHING",
            (alias,),
        )
        _write_down(connection, "split", alias, child, moved, decision)
        close_access(connection, opened, moved)
    return {"student": str(alias), "other": str(child), "results": moved}


def _results_named(connection: psycopg.Connection, alias: uuid.UUID, child: uuid.UUID) -> int:
    """Bring the results that came under an id to a child, and return how many rows."""
    parameters = {"alias": alias, "child": child}
    record = renamed("r.record_id", "r.student", "%(child)s::uuid")
    connection.execute(
        f"DELETE FROM homeroom.result r WHERE r.named_as = %(alias)s AND r.student <> %(child)s AND EXISTS ("
        f"SELECT FROM homeroom.result o WHERE o.record_id = {record} AND o.record_id <> r.record_id)",
        parameters,
    )
    return connection.execute(
        f"UPDATE homeroom.result r SET record_id = {record}, student = %(child)s, "
        "named_as = CASE WHEN %(child)s = %(alias)s THEN NULL ELSE r.named_as END "
        "WHERE r.named_as = %(alias)s AND r.student <> %(child)s",
        parameters,
    ).rowcount


def _begin(connection: psycopg.Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def _own_or_named(connection: psycopg.Connection, pseudonyms: Pseudonyms, local_id: str, alias: uuid.UUID) -> uuid.UUID:
    """Return whom an id names now; where several are meant by it, the id itself, under which nothing is stored."""
    try:
        return named(connection, pseudonyms, local_id)
    except UnclearIdError:
        return alias


def _known(connection: psycopg.Connection, student: uuid.UUID) -> uuid.UUID:
    row = connection.execute("SELECT 1 FROM homeroom.student WHERE student = %s", (student,)).fetchone()
    if row is None:
        raise UnclearIdError("No student has this id.")
    return student


def _open(connection: psycopg.Connection, decision: Decision, students: list[uuid.UUID], command: str) -> int:
    access = Access(decision.decided_by, decision.district, decision.reason, Scope.IDENTITY, command, "")
    return open_access(connection, access, students)


def _write_down(
    connection: psycopg.Connection, kind: str, student: uuid.UUID, other: uuid.UUID, rows: int, decision: Decision
) -> None:
    connection.execute(
        "INSERT INTO homeroom.student_decision (kind, student, other, rows, decided_by, reason) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        (kind, student, other, rows, decision.decided_by, decision.reason),
    )
    connection.execute("UPDATE homeroom.data_version SET version = version + 1, changed_at = now()")

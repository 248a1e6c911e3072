"""Erasure: of one student on request, and of a school year at the end of its retention; each with a certificate.

A student is erased by all ids that the district knows the child by, and stays out under each of them.
The record of access stays, by pseudonym: it is kept as long as the records of the district are (34 CFR 99.32(a)(2)).
Nothing is erased while a request to inspect it is open (34 CFR 99.10(e)).
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg

from processor.access import Access, Scope, close_access, open_access
from processor.analytics.ledger_store import forget, forget_year
from processor.children import cleaned, ids_of, named
from processor.ingest.merge import LOCK
from processor.pseudonyms import Pseudonyms

OF_A_STUDENT = (
    "result",
    "enrolment",
    "student_subgroup",
    "student_name",
    "student_identity",
    "student",
)
BESIDES = ("result_school", "report_student", "row_version")
"""What besides has a student's pseudonym."""
BEYOND = (
    "Uploaded objects listed here still hold the student's rows until the bucket's lifecycle or the district removes "
    "them; backups of the database end with their retention."
)


class HeldError(RuntimeError):
    """A hold forbids the erasure."""


@dataclass(frozen=True)
class Request:
    """Who asks for an erasure, and why."""

    requested_by: str
    reason: str
    district: str


def erase_student(
    connection: psycopg.Connection, pseudonyms: Pseudonyms, local_id: str, request: Request
) -> dict[str, Any]:
    """Erase everything about one student, keep them out from now on, and return the signed certificate.

    The connection is the writer's, in autocommit mode. A second erasure finds nothing and certifies that.
    """
    with connection.transaction():
        _begin(connection)
        student = named(connection, pseudonyms, local_id)
        known_by = sorted({*ids_of(connection, student), pseudonyms.uuid(cleaned(local_id))})
        _refuse_held(connection, known_by)
        opened = _open(connection, request, known_by)
        objects = connection.execute(OBJECTS, (known_by,)).fetchall()
        # Their tombstones go too: the block below keeps all of the student's records out.
        counts = {table: _delete(connection, table, known_by) for table in OF_A_STUDENT}
        for table in BESIDES:
            _delete(connection, table, known_by)
        forget(connection, known_by)
        connection.execute(
            "INSERT INTO homeroom.erased_student SELECT DISTINCT id, now() FROM (SELECT unnest(%(ids)s::uuid[]) AS id "
            # Other spellings of the ids as well; but none that another child has.
            "UNION SELECT loose FROM homeroom.student_key WHERE alias = ANY (%(ids)s) UNION SELECT %(loose)s::uuid) i "
            "WHERE id = ANY (%(ids)s) OR NOT EXISTS (SELECT FROM homeroom.student_key o WHERE o.loose = i.id "
            "AND o.student IS NOT NULL AND o.student <> ALL (%(ids)s)) ON CONFLICT (student) DO NOTHING",
            {"ids": known_by, "loose": pseudonyms.loose(cleaned(local_id))},
        )
        connection.execute(
            "DELETE FROM homeroom.student_key WHERE student = ANY (%(ids)s) OR alias = ANY (%(ids)s)", {"ids": known_by}
        )
        connection.execute("DELETE FROM homeroom.other_child WHERE alias = ANY (%s)", (known_by,))
        left = sum(_count(connection, table, known_by) for table in OF_A_STUDENT + BESIDES)
        details = {
            "student": str(student),
            "known_by": [str(alias) for alias in known_by],
            "rows_left": left,
            "objects": [f"{key} ({version})" for key, version in objects],
        }
        certificate = _certify(connection, pseudonyms, "student", str(student), request, counts, details)
        close_access(connection, opened, sum(counts.values()))
    return certificate


def erase_school_year(
    connection: psycopg.Connection, pseudonyms: Pseudonyms, year: int, request: Request
) -> dict[str, Any]:
    """Erase a school year, and the students of whom nothing is left; return the signed certificate."""
    with connection.transaction():
        _begin(connection)
        students = [
            row[0]
            for row in connection.execute(
                "SELECT student FROM homeroom.result WHERE school_year = %s UNION "
                "SELECT student FROM homeroom.enrolment WHERE school_year = %s",
                (year, year),
            )
        ]
        _refuse_held(connection, students)
        opened = _open(connection, request, students)
        counts = {
            table: connection.execute(
                f"SELECT count(*) FROM homeroom.{table} WHERE school_year = %s", (year,)
            ).fetchone()[0]  # type: ignore[index]
            for table in ("result", "enrolment")
        }
        connection.execute("SELECT homeroom.drop_school_year(%s)", (year,))
        forget_year(connection, year)
        for table in ("student_subgroup", "student_name", "student_identity", "student"):
            counts[table] = connection.execute(
                f"DELETE FROM homeroom.{table} s WHERE student = ANY (%s) "
                "AND NOT EXISTS (SELECT FROM homeroom.result r WHERE r.student = s.student) "
                "AND NOT EXISTS (SELECT FROM homeroom.enrolment e WHERE e.student = s.student)",
                (students,),
            ).rowcount
        connection.execute(
            "WITH gone AS (DELETE FROM homeroom.student_key k WHERE student = ANY (%s) "
            "AND NOT EXISTS (SELECT FROM homeroom.student s WHERE s.student = k.student) RETURNING k.alias) "
            "DELETE FROM homeroom.row_version v USING gone g WHERE v.target = 'student_key' AND v.student = g.alias",
            (students,),
        )
        # A key that nobody has any more is no other child's.
        connection.execute(
            "DELETE FROM homeroom.other_child c WHERE NOT EXISTS ("
            "SELECT FROM homeroom.student_key k WHERE k.alias = c.alias)"
        )
        for table in ("student_name", "student_identity"):
            counts[table] += connection.execute(WAITING.format(table=table), (year,)).rowcount
        certificate = _certify(connection, pseudonyms, "school year", str(year), request, counts, {"school_year": year})
        close_access(connection, opened, sum(counts.values()))
    return certificate


def hold(connection: psycopg.Connection, pseudonyms: Pseudonyms, local_id: str, request: Request) -> int:
    """Place a hold on a student's records, and return how many stand; who asked and why is on the record."""
    with connection.transaction():
        _begin(connection)
        student = named(connection, pseudonyms, local_id)
        opened = _open(connection, request, [student], "hold command")
        connection.execute(
            "INSERT INTO homeroom.hold (student, reason, placed_by) VALUES (%s, %s, %s)",
            (student, request.reason, request.requested_by),
        )
        close_access(connection, opened, 1)
        return _standing(connection, [student])


def lift(connection: psycopg.Connection, pseudonyms: Pseudonyms, local_id: str, request: Request) -> int:
    """Lift every hold on a student's records, and return how many there were; who asked and why is on the record."""
    with connection.transaction():
        _begin(connection)
        student = named(connection, pseudonyms, local_id)
        opened = _open(connection, request, [student], "hold command, lifting")
        lifted = connection.execute(
            "UPDATE homeroom.hold SET lifted_at = now() WHERE student = %s AND lifted_at IS NULL", (student,)
        ).rowcount
        close_access(connection, opened, lifted)
    return lifted


def years_past_retention(connection: psycopg.Connection, today: date, keep_years: int) -> list[int]:
    """Return the school years that ended more than so many years ago."""
    newest = today.year + (today.month >= 7) - keep_years
    rows = connection.execute(
        "SELECT DISTINCT school_year FROM homeroom.result WHERE school_year < %s UNION "
        "SELECT DISTINCT school_year FROM homeroom.enrolment WHERE school_year < %s ORDER BY 1",
        (newest, newest),
    )
    return [row[0] for row in rows]


WAITING = """
    DELETE FROM homeroom.{table} w WHERE modified_at < make_date(%s, 7, 1)
    AND NOT EXISTS (SELECT FROM homeroom.student s WHERE s.student = w.student)
    AND NOT EXISTS (SELECT FROM homeroom.hold h WHERE h.student = w.student AND h.lifted_at IS NULL)
"""
"""Names that waited for a role until the end of the school year, and that none came for."""
OBJECTS = """
    SELECT DISTINCT f.object_key, f.object_version
    FROM homeroom.access_student s JOIN homeroom.access_record r USING (access_id)
    JOIN homeroom.file f ON r.source = 'file ' || f.file_id
    WHERE s.student = ANY (%s) AND r.scope = 'ingest' ORDER BY 1, 2
"""


def _begin(connection: psycopg.Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def _open(
    connection: psycopg.Connection, request: Request, students: list[uuid.UUID], command: str = "erase command"
) -> int:
    access = Access(request.requested_by, request.district, request.reason, Scope.ERASURE, command, "")
    return open_access(connection, access, students)


def _refuse_held(connection: psycopg.Connection, students: list[uuid.UUID]) -> None:
    if _standing(connection, students):
        raise HeldError("A request to inspect these records is open: nothing may be destroyed until it is answered.")


def _standing(connection: psycopg.Connection, students: list[uuid.UUID]) -> int:
    row = connection.execute(
        "SELECT count(*) FROM homeroom.hold WHERE student = ANY (%s) AND lifted_at IS NULL", (students,)
    ).fetchone()
    return int(row[0]) if row else 0


def _delete(connection: psycopg.Connection, table: str, known_by: list[uuid.UUID]) -> int:
    return connection.execute(f"DELETE FROM homeroom.{table} WHERE {_whose(table)}", {"ids": known_by}).rowcount


def _count(connection: psycopg.Connection, table: str, known_by: list[uuid.UUID]) -> int:
    query = f"SELECT count(*) FROM homeroom.{table} WHERE {_whose(table)}"
    row = connection.execute(query, {"ids": known_by}).fetchone()
    return int(row[0]) if row else 0


def _whose(table: str) -> str:
    """Return the condition that a row is the child's, also one that waits because several may be meant by its id."""
    condition = "student = ANY (%(ids)s)"
    if table == "row_version":
        # Of what files said too, what waits, and what they deleted: that names the student within the record alone.
        return (
            f"({condition} OR student IN (SELECT md5('unresolved ' || id)::uuid FROM unnest(%(ids)s::uuid[]) id) "
            "OR (target = 'result' AND student IS NULL AND EXISTS (SELECT FROM unnest(%(ids)s::uuid[]) id "
            "WHERE strpos(key, replace(id::text, '-', '')) > 0)))"
        )
    return (
        f"({condition} OR (named_as = ANY (%(ids)s) AND student = md5('unresolved ' || named_as)::uuid))"
        if table == "result"
        else condition
    )


def _certify(
    connection: psycopg.Connection,
    pseudonyms: Pseudonyms,
    kind: str,
    subject: str,
    request: Request,
    counts: dict[str, int],
    more: dict[str, Any],
) -> dict[str, Any]:
    connection.execute("UPDATE homeroom.data_version SET version = version + 1, changed_at = now()")
    at = datetime.now(UTC)
    content = {
        "kind": kind,
        "district": request.district,
        "erased_at": at.isoformat(),
        "requested_by": request.requested_by,
        "reason": request.reason,
        "rows_erased": counts,
        "beyond_this_database": BEYOND,
        **more,
    }
    certificate = {**content, "signature": pseudonyms.signature(canonical(content))}
    connection.execute(
        "INSERT INTO homeroom.erasure (kind, subject, requested_by, reason, erased_at, certificate) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        (kind, subject, request.requested_by, request.reason, at, json.dumps(certificate)),
    )
    return certificate


def canonical(content: dict[str, Any]) -> bytes:
    """Return what a certificate's signature is taken over: its JSON with sorted keys, without the signature."""
    return json.dumps({key: value for key, value in content.items() if key != "signature"}, sort_keys=True).encode()


def is_genuine(certificate: dict[str, Any], pseudonyms: Pseudonyms) -> bool:
    """Return whether a certificate is as it was signed."""
    return certificate.get("signature") == pseudonyms.signature(canonical(certificate))

"""One student's own record, and who has seen it; each reading is on the record of access."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from processor.access import Access, close_access, open_access
from processor.database import Connections

AUDITOR = "homeroom_auditor"
MOST_ACCESSES = 1_000
WHO = """
    SELECT s.student::text AS student, i.local_id, n.given_name, n.middle_name, n.family_name
    FROM homeroom.student s LEFT JOIN homeroom.student_identity i USING (student)
    LEFT JOIN homeroom.student_name n USING (student) WHERE s.student = %s AND NOT s.deleted
"""
RESULTS = """
    SELECT r.school_year, r.assessment_id, t.title, t.subject, r.period, r.standard, r.taken_on, r.scale_score,
           r.performance_level, r.status, r.school_id, r.grade
    FROM homeroom.analytics_result r LEFT JOIN homeroom.assessment t USING (assessment_id)
    WHERE r.student = %s ORDER BY r.taken_on, r.assessment_id, r.standard
"""
ENROLMENTS = """
    SELECT school_year, school_id, grade FROM homeroom.enrolment WHERE student = %s AND NOT deleted ORDER BY 1
"""
SEEN = """
    SELECT DISTINCT c.position, encode(c.hash, 'hex') AS hash, r.at, r.actor, r.on_behalf_of, r.purpose, r.scope,
           r.source, r.request, r.rows
    FROM homeroom.access_student s JOIN homeroom.access_record r USING (access_id)
    JOIN homeroom.access_chain c USING (access_id)
    WHERE s.student = ANY (homeroom.ids_of_child(%s)) ORDER BY c.position DESC LIMIT %s
"""


def record_of(pool: ConnectionPool[psycopg.Connection], access: Access, student: uuid.UUID) -> dict[str, Any] | None:
    """Return a student's name, enrolments and results, or nothing where there is no such student."""
    with pool.connection() as connection, connection.transaction():
        opened = open_access(connection, access, [student])
        with connection.cursor(row_factory=dict_row) as cursor:
            who = cursor.execute(WHO, (student,)).fetchone()
            enrolments = cursor.execute(ENROLMENTS, (student,)).fetchall()
            results = cursor.execute(RESULTS, (student,)).fetchall()
        close_access(connection, opened, len(results) + len(enrolments) + (who is not None))
    return None if who is None else {**who, "enrolments": enrolments, "results": results}


def accesses_to(connections: Connections, access: Access, student: uuid.UUID) -> list[dict[str, Any]]:
    """Return who reached for a student's records, under any id, the newest first: 34 CFR 99.32(c). It is recorded."""
    with connections.opened(AUDITOR) as connection, connection.transaction():
        opened = open_access(connection, access, [student])
        with connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(SEEN, (student, MOST_ACCESSES)).fetchall()
        close_access(connection, opened, len(rows))
    return rows


def first_broken_link(connections: Connections) -> int | None:
    """Return where the chain of the record does not hold, or nothing where it does."""
    with connections.opened(AUDITOR) as connection:
        row = connection.execute("SELECT homeroom.first_broken_link()").fetchone()
    return None if row is None else row[0]

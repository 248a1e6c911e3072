"""Keys that two systems of a district have given to two children: the second one's rows are refused, not mixed in.

Systems of a district share OneRoster's ids on purpose: a vendor's roster comes from the student information system, and
keeps its `sourcedId`. Two that count from 1 do not. So an id is one child's until two systems contradict each other by
name or number; what a person has decided about the id counts before that.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from processor.ingest.merge import GAPS_BEFORE
from processor.ingest.merge_results import Place
from processor.model import OF_STUDENTS, RESULT

CODE = "id_of_another"
REASON = (
    "Another system of the district has given this id to a child of another name: nothing of this row was stored. Let "
    "one of the two export other ids, or correct the name, and send it again."
)
NEW = (
    "SELECT DISTINCT ON (k.alias) k.alias, n.given_name, n.family_name, i.identifier, o.given_name, o.family_name, "
    "j.identifier, f.origin FROM pg_temp.stage_student_key k "
    "JOIN pg_temp.stage_student_name n ON n.student = k.alias AND NOT n.deleted "
    "LEFT JOIN pg_temp.stage_student_identity i ON i.student = k.alias "
    "JOIN homeroom.student_key h ON (h.kind, h.alias) = ('sourced', k.alias) AND h.said_by = 'roster' "
    f"JOIN homeroom.student_name o ON o.student = h.student AND NOT o.deleted AND o.modified_at >= '{GAPS_BEFORE}' "
    "LEFT JOIN homeroom.student_identity j ON j.student = h.student JOIN homeroom.file f ON f.file_id = o.file_id "
    "WHERE k.kind = 'sourced' AND k.owner = k.alias ORDER BY k.alias"
)
"""Whom the file and the district's tables call by one key."""


@dataclass(frozen=True)
class Person:
    """Who a system says that somebody is."""

    given: str
    family: str
    number: str = ""


def words(name: str) -> frozenset[str]:
    """Return a name's words as they are compared: without case and accents."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return frozenset("".join(sign if sign.isalnum() else " " for sign in plain.casefold()).split())


def _alike(one: str, other: str) -> bool:
    """Return whether two names can be one person's: a word is the same, begins alike, or one is not told."""
    ours, theirs = words(one), words(other)
    if not ours or not theirs:
        return True
    return any(a.startswith(b) or b.startswith(a) for a in ours for b in theirs)


def is_another(one: Person, other: Person) -> bool:
    """Return whether two systems speak of two children: no name is alike, or the given one and the number differ."""
    if _alike(one.given, other.family) and _alike(one.family, other.given):
        return False
    given, family = _alike(one.given, other.given), _alike(one.family, other.family)
    numbers = [person.number.strip().casefold().lstrip("0") for person in (one, other)]
    return not given and (not family or (all(numbers) and numbers[0] != numbers[1]))


def refuse(connection: psycopg.Connection, used: frozenset[str], file_id: int, origin: str) -> Iterator[Place]:
    """Take out the rows under keys that are another system's child's, and yield the places of those that have one."""
    if "student_key" not in used:
        return
    connection.execute("DROP TABLE IF EXISTS pg_temp.others")
    connection.execute("CREATE TEMPORARY TABLE others (alias uuid PRIMARY KEY) ON COMMIT DROP")
    told = connection.execute(NEW).fetchall() if "student_name" in used else []
    another = [
        row[0]
        for row in told
        if row[7] != origin and is_another(*(Person(*(cell or "" for cell in row[at : at + 3])) for at in (1, 4)))
    ]
    # What is no longer contradicted is the child's again.
    connection.execute(
        "DELETE FROM homeroom.other_child WHERE origin = %s AND alias = ANY (%s)", (origin, [row[0] for row in told])
    )
    connection.execute(
        "INSERT INTO homeroom.other_child (origin, alias, file_id) SELECT %s, unnest(%s::uuid[]), %s",
        (origin, another, file_id),
    )
    connection.execute(
        "INSERT INTO others SELECT DISTINCT alias FROM homeroom.other_child o WHERE origin = %s AND EXISTS ("
        "SELECT FROM pg_temp.stage_student_key k WHERE (k.kind, k.alias) = ('sourced', o.alias))",
        (origin,),
    )
    if connection.execute("SELECT NOT EXISTS (SELECT FROM others)").fetchone() == (True,):
        return
    yield from _take_out(connection, used)


def _take_out(connection: psycopg.Connection, used: frozenset[str]) -> Iterator[Place]:
    places = connection.execute(
        "SELECT k.part, k.line FROM pg_temp.stage_student_key k JOIN others USING (alias) "
        "WHERE k.kind = 'sourced' AND k.owner = k.alias AND k.line > 0"
    ).fetchall()
    if RESULT.name in used:
        places += connection.execute(
            "WITH gone AS (DELETE FROM pg_temp.stage_result s USING others o WHERE o.alias = s.student "
            "RETURNING s.part, s.line) SELECT DISTINCT part, line FROM gone"
        ).fetchall()
    for name in (*OF_STUDENTS, "other_role"):
        if name in used:
            connection.execute(f"DELETE FROM pg_temp.stage_{name} s USING others o WHERE o.alias = s.student")
    connection.execute(
        "DELETE FROM pg_temp.stage_student_key k USING others o WHERE k.owner = o.alias "
        "OR (k.alias = o.alias AND k.kind = 'sourced')"
    )
    for part, line in sorted(set(places)):
        yield Place(part, line, CODE, REASON)


def origin_of(key: str, system: str) -> str:
    """Return which system an object is of: the pulled source, or the system that its manifest names."""
    way = key.split("/")
    if "sources" in way[1:3] and (number := way[way.index("sources") + 1]).isdigit():
        return f"source {number}"
    return system


def known_years(connection: psycopg.Connection, key: str) -> set[str]:
    """Return the school years of a pulled source's academic sessions; none of an upload, which brings its own."""
    if not (origin := origin_of(key, "")):
        return set()
    return {
        str(year)
        for (year,) in connection.execute(
            "SELECT DISTINCT s.school_year FROM homeroom.academic_session s JOIN homeroom.file f USING (file_id) "
            "WHERE NOT s.deleted AND s.school_year IS NOT NULL AND f.origin = %s",
            (origin,),
        )
    }

"""Which child an id names: the crosswalk of a district's ids, asked and added to by every merge.

An id is looked up as it is written; only one that nobody has is looked up by what its spellings have in common. A
roster's word makes one child out of several ids, and takes over what was stored under them. Where two children of a
roster have the same id it names nobody: results under it wait. All in the merge's own transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg

from processor.ingest import versions
from processor.ingest.staging import stage
from processor.model import OF_STUDENTS, RESULT, TARGETS

MOST_NOTES = 1_000
STAGE = stage(RESULT).as_string(None)
NOWHERE = "md5('unresolved ' || {alias})::uuid"
"""Whose results wait: nobody's, so that no roster and no other file makes them count."""
ALIAS_IN_RECORD = "substring({record} FROM '[|]([0-9a-f]{{32}})(?:[|][^|]*)?$')"
LEVELS = (
    "CASE r.kind WHEN 'sourced' THEN array_position(ARRAY['sourced', 'number', 'local', 'state', 'vendor'], k.kind) "
    "ELSE array_position(ARRAY['local', 'number', 'state', 'vendor', 'sourced'], k.kind) END"
)
"""Which kind of id counts first: a system's own key is looked for among those, a number among numbers."""


@dataclass(frozen=True)
class Doubt:
    """What a person should know about an id of the file: where it stands first, and what was made of it."""

    part: int
    line: int
    code: str
    reason: str


@dataclass(frozen=True)
class Matches:
    """How many students a file names, how many of them the district knows, and what is doubtful."""

    named: int = 0
    matched: int = 0
    doubts: list[Doubt] = field(default_factory=list)


def resolve(connection: psycopg.Connection, used: frozenset[str], file_id: int) -> Matches:
    """Say of every id that was read whose it is, and let the staged rows name the child; the first step of a merge."""
    if "student_key" not in used:
        return Matches()
    connection.execute("ANALYZE pg_temp.stage_student_key")
    versions.keep_keys(connection, file_id)
    _drop(connection, "claims", "refs", "resolved", "rewrites", "moves", "disputed", "ambiguous")
    doubts = list(_take_claims(connection, file_id, "EXISTS"))
    _look_up(connection)
    _remember(connection, file_id)
    doubts += _take_claims(connection, file_id, "NOT EXISTS")
    named, matched = _counted(connection)
    doubts += _repaired(connection)
    _rewrite(connection, used, file_id)
    return Matches(named, matched, doubts[:MOST_NOTES])


def _drop(connection: psycopg.Connection, *names: str) -> None:
    for name in names:
        connection.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")


def _take_claims(connection: psycopg.Connection, file_id: int, of_roster: str) -> Iterator[Doubt]:
    """Take a roster's word for the ids of its students: of those with a key of the system's own first, then others.

    Yields the ids that several students have.
    """
    _drop(connection, "claims", "disputed")
    own_key = (
        "(SELECT FROM pg_temp.stage_student_key o WHERE o.kind = 'sourced' AND o.alias = s.owner AND o.owner = s.owner)"
    )
    child = (
        "coalesce((SELECT k.student FROM homeroom.student_key k WHERE k.kind = 'sourced' AND k.alias = s.owner "
        "AND k.said_by IN ('roster', 'person')), s.owner)"
        if of_roster == "EXISTS"
        else "coalesce((SELECT student FROM pg_temp.resolved r WHERE r.alias = s.owner LIMIT 1), s.owner)"
    )
    connection.execute(
        "CREATE TEMPORARY TABLE claims ON COMMIT DROP AS SELECT DISTINCT ON (s.kind, s.alias, s.owner) s.kind, "
        f"s.alias, s.loose, {child} AS student, s.part, s.line FROM pg_temp.stage_student_key s "
        f"WHERE s.owner IS NOT NULL AND {of_roster} {own_key} ORDER BY s.kind, s.alias, s.owner, s.part, s.line"
    )
    if connection.execute("SELECT NOT EXISTS (SELECT FROM claims)").fetchone() == (True,):
        return
    connection.execute("ANALYZE pg_temp.claims")
    # What a person has said of an id stays, of whichever kind a roster takes it for.
    connection.execute(
        "DELETE FROM claims c USING homeroom.student_key k WHERE k.alias = c.alias AND k.said_by = 'person' "
        "AND k.student <> c.student"
    )
    connection.execute(
        "CREATE TEMPORARY TABLE disputed ON COMMIT DROP AS SELECT kind, alias FROM claims GROUP BY kind, alias "
        "HAVING count(DISTINCT student) > 1 UNION SELECT c.kind, c.alias FROM claims c "
        "JOIN homeroom.student_key k USING (kind, alias) WHERE k.student <> c.student AND k.said_by = 'roster' "
        "AND EXISTS (SELECT FROM homeroom.student s WHERE s.student = k.student AND NOT s.deleted)"
    )
    yield from [
        Doubt(part, line, "same_id_twice", SAME_ID)
        for part, line in connection.execute(
            "SELECT part, line FROM claims JOIN disputed USING (kind, alias) ORDER BY 1, 2 LIMIT %s", (MOST_NOTES,)
        )
    ]
    # An id of several names nobody from now on.
    connection.execute(
        "INSERT INTO homeroom.student_key AS k (kind, alias, loose, student, said_by, file_id) "
        "SELECT DISTINCT ON (kind, alias) kind, alias, loose, NULL::uuid, 'disputed', %s::bigint FROM claims "
        "JOIN disputed USING (kind, alias) ON CONFLICT (kind, alias) DO UPDATE SET student = NULL, "
        "said_by = 'disputed', file_id = excluded.file_id WHERE k.said_by <> 'person'",
        (file_id,),
    )
    connection.execute("DELETE FROM claims c USING disputed d WHERE (c.kind, c.alias) = (d.kind, d.alias)")
    connection.execute(
        "INSERT INTO homeroom.student_key AS k (kind, alias, loose, student, said_by, file_id) "
        # Two keys that a person has made one child's may have the same number.
        "SELECT DISTINCT ON (kind, alias) kind, alias, loose, student, 'roster', %s::bigint FROM claims "
        "ON CONFLICT (kind, alias) DO UPDATE SET student = excluded.student, said_by = 'roster', "
        "file_id = excluded.file_id WHERE k.said_by <> 'person' AND (k.student, k.said_by) "
        "IS DISTINCT FROM (excluded.student, 'roster')",
        (file_id,),
    )
    _keep_erased_out(connection)
    _move_to_rostered_child(connection)


def _keep_erased_out(connection: psycopg.Connection) -> None:
    """Let a child stay out who was erased under another id than the roster's own."""
    connection.execute(
        "INSERT INTO homeroom.erased_student (student, erased_at) SELECT DISTINCT other.id, e.erased_at "
        "FROM claims c JOIN homeroom.erased_student e ON e.student IN (c.alias, c.student) "
        "CROSS JOIN LATERAL (VALUES (c.student), (c.alias), (c.loose)) other (id) ON CONFLICT DO NOTHING"
    )


ROSTERED = "EXISTS (SELECT FROM homeroom.student_key o WHERE o.student = {0} AND o.said_by IN ('roster', 'person'))"


def _move_to_rostered_child(connection: psycopg.Connection) -> None:
    """Move what is stored under the ids that a roster has given to a child, as far as it is no other child's."""
    _drop(connection, "moves")
    connection.execute(
        "CREATE TEMPORARY TABLE moves ON COMMIT DROP AS SELECT old, min(new::text)::uuid AS new FROM ("
        "SELECT c.alias AS old, c.student AS new FROM claims c UNION "
        "SELECT k.student, c.student FROM claims c JOIN homeroom.student_key k ON k.alias = c.alias "
        "AND k.said_by = 'file' UNION "
        # By what spellings have in common only where one child alone has it.
        "SELECT k.student, c.student FROM claims c JOIN homeroom.student_key k ON k.loose = c.loose "
        "AND k.said_by = 'file' AND (k.kind = 'sourced') <= (c.kind = 'sourced') WHERE NOT EXISTS ("
        "SELECT FROM homeroom.student_key o WHERE o.loose = c.loose AND o.said_by <> 'file' "
        "AND o.student IS DISTINCT FROM c.student)) found "
        f"WHERE old IS NOT NULL AND old <> new AND NOT {ROSTERED.format('old')} "
        "GROUP BY old HAVING count(DISTINCT new) = 1"
    )
    move(connection)
    # An id can be one child's key in a system and another one's number: what came by number goes to the latter.
    connection.execute(
        "CREATE TEMPORARY TABLE numbers ON COMMIT DROP AS SELECT DISTINCT c.alias AS old, c.student AS new "
        "FROM claims c JOIN homeroom.student_key k ON k.kind = 'number' AND k.alias = c.alias AND k.student = c.alias "
        "WHERE c.kind <> 'sourced' AND c.student <> c.alias"
    )
    connection.execute(
        "UPDATE homeroom.result r SET student = m.new, named_as = r.student, "
        f"record_id = {renamed('r.record_id', 'm.old', 'm.new')} FROM numbers m "
        "WHERE r.student = m.old AND r.named_as IS NULL AND r.record_id NOT LIKE 'or:%'"
    )
    connection.execute(
        "UPDATE homeroom.student_key k SET student = m.new FROM numbers m WHERE k.kind = 'number' AND k.alias = m.old"
    )
    _drop(connection, "numbers")
    # What was taken for another child's, by its spelling or in doubt, goes to the one whom a roster names by it now.
    owned = (
        "(c.kind <> 'sourced' OR NOT EXISTS (SELECT FROM homeroom.student_key o WHERE o.alias = c.alias "
        "AND o.kind IN ('local', 'state', 'vendor') AND o.student IS NOT NULL))"
    )
    connection.execute(
        "UPDATE homeroom.result r SET student = c.student, "
        f"record_id = {renamed('r.record_id', 'r.student', 'c.student')}, "
        "named_as = CASE WHEN c.student = c.alias THEN NULL ELSE c.alias END FROM claims c "
        "JOIN homeroom.student_key k ON (k.kind, k.alias) = (c.kind, c.alias) AND k.student = c.student "
        "WHERE r.named_as = c.alias AND r.student <> c.student AND "
        f"(c.kind = 'sourced' OR NOT starts_with(r.record_id, 'or:')) AND {owned}"
    )
    connection.execute(
        "UPDATE homeroom.student_key k SET student = c.student FROM claims c WHERE k.kind = 'number' "
        f"AND k.alias = c.alias AND k.said_by = 'file' AND k.student <> c.student AND {owned}"
    )


def renamed(record: str, old: str, new: str) -> str:
    """Return the SQL of a record's id with another pseudonym in it."""
    return f"replace({record}, replace({old}::text, '-', ''), replace({new}::text, '-', ''))"


def move(connection: psycopg.Connection) -> int:
    """Bring everything of the students `old` of the temporary table `moves` to `new`, and return how many results."""
    if connection.execute("SELECT NOT EXISTS (SELECT FROM pg_temp.moves)").fetchone() == (True,):
        return 0
    # Of a result that several of them have, the newest stays.
    _drop(connection, "meeting")
    connection.execute(
        "CREATE TEMPORARY TABLE meeting ON COMMIT DROP AS SELECT *, count(*) OVER (PARTITION BY becomes) AS several, "
        "row_number() OVER (PARTITION BY becomes ORDER BY modified_at DESC, was_there DESC, record_id) AS place FROM ("
        f"SELECT DISTINCT r.record_id, {renamed('r.record_id', 'm.old', 'm.new')} AS becomes, m.new AS student, "
        "r.modified_at, false AS was_there FROM homeroom.result r JOIN pg_temp.moves m ON r.student = m.old UNION ALL "
        "SELECT DISTINCT o.record_id, o.record_id, o.student, o.modified_at, true FROM homeroom.result o "
        "JOIN pg_temp.moves m ON o.student = m.new) told"
    )
    versions.keep_moved_results(connection)
    connection.execute(
        "DELETE FROM homeroom.result r USING pg_temp.meeting g WHERE r.record_id = g.record_id AND g.place > 1"
    )
    moved = connection.execute(
        "UPDATE homeroom.result r SET student = m.new, named_as = coalesce(r.named_as, r.student), "
        f"record_id = {renamed('r.record_id', 'm.old', 'm.new')} FROM pg_temp.moves m WHERE r.student = m.old"
    ).rowcount
    for name in OF_STUDENTS:
        target = TARGETS[name]
        versions.keep_moved(connection, target)
        if name == "result_school":
            connection.execute(
                "INSERT INTO homeroom.result_school "
                "(record_id, rank, student, school_id, modified_at, deleted, file_id) "
                f"SELECT {renamed('o.record_id', 'm.old', 'm.new')}, rank, m.new, school_id, modified_at, deleted, "
                "file_id FROM homeroom.result_school o JOIN pg_temp.moves m ON o.student = m.old WHERE NOT o.deleted "
                "ORDER BY modified_at DESC ON CONFLICT DO NOTHING"
            )
            connection.execute("DELETE FROM homeroom.result_school o USING pg_temp.moves m WHERE o.student = m.old")
            continue
        keys, columns = [key for key in target.key if key != "student"], [*target.payload, "modified_at", "deleted"]
        fill = [f"{column} = coalesce(t.{column}, excluded.{column})" for column in target.payload]
        if name == "student_identity":
            fill = ["identifier = coalesce(t.identifier, excluded.identifier)"]
        column_list = ", ".join([*keys, *columns, "file_id"])
        action = f"DO UPDATE SET {', '.join(fill)} WHERE NOT t.deleted" if fill else "DO NOTHING"
        connection.execute(
            f"INSERT INTO homeroom.{name} AS t (student, {column_list}) "
            f"SELECT DISTINCT ON ({', '.join(['m.new', *keys])}) m.new, {column_list} FROM homeroom.{name} o "
            f"JOIN pg_temp.moves m ON o.student = m.old WHERE NOT o.deleted "
            f"ORDER BY {', '.join(['m.new', *keys])}, o.modified_at DESC "
            f"ON CONFLICT ({', '.join(target.key)}) {action}"
        )
        connection.execute(f"DELETE FROM homeroom.{name} o USING pg_temp.moves m WHERE o.student = m.old")
    connection.execute("UPDATE homeroom.student_key k SET student = m.new FROM pg_temp.moves m WHERE k.student = m.old")
    connection.execute("UPDATE homeroom.hold h SET student = m.new FROM pg_temp.moves m WHERE h.student = m.old")
    return moved


def _look_up(connection: psycopg.Connection) -> None:
    """Find whom each id names: `exact` as written, `near` by what spellings have in common, `fresh` for nobody."""
    connection.execute(
        "CREATE TEMPORARY TABLE refs ON COMMIT DROP AS SELECT DISTINCT ON (kind, alias) kind, alias, loose "
        "FROM pg_temp.stage_student_key WHERE owner IS NULL ORDER BY kind, alias"
    )
    connection.execute("ANALYZE pg_temp.refs")
    connection.execute(
        "CREATE TEMPORARY TABLE resolved ON COMMIT DROP AS WITH exact AS ("
        "SELECT DISTINCT ON (r.kind, r.alias) r.kind, r.alias, k.student, k.said_by FROM refs r "
        f"JOIN homeroom.student_key k USING (alias) ORDER BY r.kind, r.alias, {LEVELS}"
        "), near AS ("
        "SELECT r.kind, r.alias, min(k.student::text)::uuid AS student, count(DISTINCT k.student) AS several, "
        "bool_or(k.student IS NULL) AS in_dispute FROM refs r JOIN homeroom.student_key k USING (loose) "
        "WHERE NOT EXISTS (SELECT FROM exact e WHERE (e.kind, e.alias) = (r.kind, r.alias)) "
        "AND NOT EXISTS (SELECT FROM homeroom.student s WHERE s.student = r.alias) GROUP BY 1, 2"
        ") SELECT r.kind, r.alias, r.loose, CASE "
        "WHEN e.alias IS NOT NULL THEN CASE WHEN e.student IS NULL THEN 'ambiguous' ELSE 'exact' END "
        "WHEN n.alias IS NOT NULL THEN CASE WHEN n.several = 1 AND NOT n.in_dispute THEN 'near' ELSE 'ambiguous' END "
        "WHEN EXISTS (SELECT FROM homeroom.student s WHERE s.student = r.alias) THEN 'own' "
        "WHEN EXISTS (SELECT FROM homeroom.erased_student x WHERE x.student = r.loose) THEN 'erased' "
        "ELSE 'fresh' END AS how, coalesce(e.student, n.student) AS student "
        "FROM refs r LEFT JOIN exact e USING (kind, alias) LEFT JOIN near n USING (kind, alias)"
    )
    connection.execute(
        "UPDATE resolved r SET student = CASE how WHEN 'erased' THEN loose WHEN 'own' THEN alias "
        f"WHEN 'ambiguous' THEN {NOWHERE.format(alias='alias')} END WHERE how IN ('erased', 'own', 'ambiguous')"
    )
    # Of ids that nobody knows, those that are the same but for case and zeros are one student's.
    connection.execute(
        "UPDATE resolved r SET student = f.first FROM (SELECT loose, min(alias::text)::uuid AS first FROM resolved "
        "WHERE how = 'fresh' GROUP BY loose) f WHERE r.how = 'fresh' AND f.loose = r.loose"
    )


def _remember(connection: psycopg.Connection, file_id: int) -> None:
    """Keep the ids that nobody has said anything of yet."""
    connection.execute(
        "INSERT INTO homeroom.student_key (kind, alias, loose, student, said_by, file_id) "
        "SELECT kind, alias, loose, student, 'file', %s::bigint FROM resolved WHERE how IN ('near', 'own', 'fresh') "
        "ON CONFLICT DO NOTHING",
        (file_id,),
    )


def _counted(connection: psycopg.Connection) -> tuple[int, int]:
    """Return how many students the file names, and of how many of them the district knew, or knows by its roster."""
    row = connection.execute(
        "SELECT count(DISTINCT coalesce(student, alias)), count(DISTINCT student) FILTER ("
        "WHERE how IN ('exact', 'near', 'own') AND (EXISTS ("
        "SELECT FROM homeroom.student s WHERE s.student = r.student AND NOT s.deleted) OR EXISTS ("
        "SELECT FROM homeroom.student_key k WHERE k.student = r.student AND k.said_by = 'roster'))) FROM resolved r"
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _repaired(connection: psycopg.Connection) -> Iterator[Doubt]:
    """Yield the ids that were taken for another spelling of a known one, each at its first result."""
    rows = connection.execute(
        f"SELECT DISTINCT ON (s.student) s.part, s.line FROM {STAGE} s JOIN resolved r ON r.alias = s.student "
        "WHERE r.how = 'near' OR (r.how = 'fresh' AND r.student <> r.alias) "
        "ORDER BY s.student, s.part, s.line LIMIT %s",
        (MOST_NOTES,),
    ).fetchall()
    for part, line in sorted(rows):
        yield Doubt(part, line, "id_repaired", REPAIRED)


def _rewrite(connection: psycopg.Connection, used: frozenset[str], file_id: int) -> None:
    """Let the staged rows name the child whose id they have."""
    connection.execute(
        "CREATE TEMPORARY TABLE rewrites ON COMMIT DROP AS SELECT DISTINCT ON (r.alias) r.alias, "
        # A claim of this very file may have moved the child since it was looked up.
        "coalesce((SELECT m.new FROM pg_temp.moves m WHERE m.old = r.student), r.student) AS student, how "
        "FROM resolved r ORDER BY r.alias, (r.kind = 'sourced') DESC"
        if _table_exists(connection, "moves")
        else "CREATE TEMPORARY TABLE rewrites ON COMMIT DROP AS SELECT DISTINCT ON (r.alias) r.alias, r.student, how "
        "FROM resolved r ORDER BY r.alias, (r.kind = 'sourced') DESC"
    )
    connection.execute("DELETE FROM rewrites WHERE student IS NULL OR student = alias")
    if connection.execute("SELECT NOT EXISTS (SELECT FROM rewrites)").fetchone() == (True,):
        return
    connection.execute("ANALYZE pg_temp.rewrites")
    if RESULT.name in used:
        connection.execute(
            f"UPDATE {STAGE} s SET student = w.student, named_as = w.alias, "
            f"record_id = {renamed('s.record_id', 'w.alias', 'w.student')} FROM rewrites w WHERE s.student = w.alias"
        )
        # Deletions name their student within the record's id alone.
        connection.execute(
            f"UPDATE {STAGE} s SET record_id = {renamed('s.record_id', 'w.alias', 'w.student')} FROM rewrites w "
            f"WHERE s.deleted AND {ALIAS_IN_RECORD.format(record='s.record_id')} = replace(w.alias::text, '-', '')"
        )
    for name in (*OF_STUDENTS, "other_role"):
        if name not in used:
            continue
        # Who the roster says a child is counts before what a file of results says.
        drop = "true" if name == "student_identity" else "w.how = 'ambiguous'"
        if name in TARGETS:
            versions.keep_left_out(connection, TARGETS[name], file_id, drop)
        connection.execute(f"DELETE FROM pg_temp.stage_{name} s USING rewrites w WHERE s.student = w.alias AND {drop}")
        record = ""
        if name == "result_school":
            record = f", record_id = {renamed('s.record_id', 'w.alias', 'w.student')}"
        connection.execute(
            f"UPDATE pg_temp.stage_{name} s SET student = w.student{record} FROM rewrites w WHERE s.student = w.alias"
        )


def _table_exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT to_regclass(%s) IS NOT NULL", (f"pg_temp.{name}",)).fetchone() == (True,)


SAME_ID = "Another student of the roster has this id as well: it names nobody until one of them is corrected."
REPAIRED = "The id differs from a known one in leading zeros or in case alone, and was taken for the same student."

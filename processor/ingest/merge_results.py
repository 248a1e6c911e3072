"""Merges staged results, record by record: all rows of a record, one for each standard, come and go together.

The rule is that of `processor.ingest.merge`, and of two rows of the plain CSV, which has one result for each occasion
of a test, the one with the later date: a test that was taken again. A deleted record leaves a tombstone. Each step
looks at what is there before it works, since most files bring records that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from processor.formats.base import NOT_TESTED
from processor.ingest import versions
from processor.ingest.merge import newer, this_upload
from processor.ingest.staging import stage
from processor.model import OF_STUDENTS, RESULT

STAGE = stage(RESULT).as_string(None)
CONTENT = (
    "ROW({0}.school_year, {0}.student, {0}.administration_id, {0}.school_id, {0}.grade, {0}.taken_on, "
    "to_char({0}.scale_score + 1000000, 'FM0000000.000000'), {0}.performance_level, {0}.status)::text"
)
"""A record's content as one text; scores are written so that they sort as numbers do, 99 before 212."""
WORK_MEMORY = "96MB"
COLUMNS = (
    "school_year, record_id, standard, student, administration_id, school_id, grade, taken_on, scale_score, "
    "performance_level, status, modified_at, named_as"
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
    # The latter for the indexes of a school year's first results.
    connection.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; SET LOCAL maintenance_work_mem = '{WORK_MEMORY}'")
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
    return changed + _insert(connection, file_id)


BEGUN = (
    "SELECT substring(relname FROM '[0-9]+$')::integer FROM pg_class WHERE relnamespace = 'homeroom'::regnamespace "
    "AND relname ~ '^result_[0-9]{4}$' AND relkind = 'r' AND NOT relispartition"
)
"""The school years whose first results are those of this transaction (`0017_first_of_year.sql`)."""


def _insert(connection: psycopg.Connection, file_id: int) -> int:
    """Insert what is staged, and return how many rows; those of a school year that has none before it has indexes."""
    begun = [year for (year,) in connection.execute(BEGUN)]
    insert = (
        f"INSERT INTO homeroom.{{}} ({COLUMNS}, file_id) "
        f"SELECT {COLUMNS.replace('standard', 'coalesce(standard, %(none)s)')}, %(file)s FROM {STAGE} "
        "WHERE NOT deleted AND {}"
    )
    values = {"none": "", "file": file_id, "begun": begun}
    changed = 0
    for year in begun:
        changed += connection.execute(insert.format(f"result_{year}", f"school_year = {year}"), values).rowcount
        connection.execute("SELECT homeroom.finish_school_year(%s)", (year,))
    others = insert.format("result", "(school_year = ANY(%(begun)s::integer[])) IS NOT TRUE")
    return changed + connection.execute(others, values).rowcount


def _settle_tombstones(connection: psycopg.Connection, file_id: int) -> int:
    """Let go what is older than its own deletion; what is newer than it comes back to life."""
    if connection.execute("SELECT NOT EXISTS (SELECT FROM homeroom.result_tombstone)").fetchone() == (True,):
        return 0
    versions.keep_tombstoned(connection, file_id)
    connection.execute(
        f"DELETE FROM {STAGE} d USING (SELECT s.record_id, s.part, s.line FROM {STAGE} s "
        "JOIN (SELECT *, true AS deleted FROM homeroom.result_tombstone) t USING (record_id) "
        f"LEFT JOIN homeroom.file f ON f.file_id = t.file_id CROSS JOIN {this_upload(file_id)} u "
        f"WHERE NOT ({newer('s', 't')})) o WHERE (d.record_id, d.part, d.line) = (o.record_id, o.part, o.line)"
    )
    return connection.execute(
        f"DELETE FROM homeroom.result_tombstone t USING {STAGE} s WHERE t.record_id = s.record_id AND NOT s.deleted"
    ).rowcount


def _settle_known(connection: psycopg.Connection, file_id: int) -> int:
    """Let go what is older than the record that is there, and remove the records that newer ones replace."""
    if connection.execute("SELECT NOT EXISTS (SELECT FROM homeroom.result)").fetchone() == (True,):
        return 0
    connection.execute(
        f"CREATE TEMPORARY TABLE known ON COMMIT DROP AS SELECT record_id, r.modified_at AS there, r.file_id, "
        f"s.modified_at AS comes, bool_or(s.deleted) AS deleted, max(r.taken_on) AS there_on, "
        f"max(s.taken_on) AS comes_on, bool_and({FITS.format('r')}) AS there_fits, "
        f"bool_and({FITS.format('s')}) AS comes_fits "
        f"FROM homeroom.result r JOIN {STAGE} s USING (record_id) GROUP BY 1, 2, 3, 4"
    )
    versions.keep_results(connection, file_id)
    # Where nothing else tells them apart, the content that sorts last wins.
    template = (
        "(SELECT string_agg(coalesce({0}.standard, '') || {1}, '' ORDER BY {0}.standard) FROM {2} {0} "
        'WHERE {0}.record_id = k.record_id) COLLATE "C"'
    )
    stored = template.format("r", CONTENT.format("r"), "homeroom.result")
    staged = template.format("c", CONTENT.format("c"), STAGE)
    comes = "(SELECT k.comes AS modified_at, k.deleted)"
    there = "(SELECT k.there AS modified_at, false AS deleted, k.file_id)"
    # Nobody can say which is later: two versions of one object within a second, or two rows of one file.
    upload = "(u.uploaded_at = f.uploaded_at AND u.object_key = f.object_key OR u.file_id = k.file_id)"
    same = f"{upload} AND NOT k.deleted AND (k.comes = k.there OR k.comes = u.uploaded_at OR k.there = f.uploaded_at)"
    connection.execute(
        "CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT k.record_id FROM known k "
        f"LEFT JOIN homeroom.file f ON f.file_id = k.file_id CROSS JOIN {this_upload(file_id)} u "
        f"CROSS JOIN LATERAL {comes} s CROSS JOIN LATERAL {there} o WHERE CASE "
        f"WHEN {RETEST} AND NOT k.deleted AND NOT (s.modified_at IS DISTINCT FROM u.uploaded_at "
        "AND o.modified_at IS DISTINCT FROM f.uploaded_at) "
        "THEN (k.there_fits, k.there_on) > (k.comes_fits, k.comes_on) "
        f"WHEN NOT k.deleted AND k.comes = k.there AND {stored} = {staged} THEN true "
        f"WHEN {same} THEN {stored} >= {staged} ELSE NOT ({newer('s', 'o')}) END"
    )
    connection.execute(f"DELETE FROM {STAGE} s USING kept k WHERE s.record_id = k.record_id")
    connection.execute("DELETE FROM known k USING kept g WHERE k.record_id = g.record_id")
    return connection.execute("DELETE FROM homeroom.result r USING known k WHERE r.record_id = k.record_id").rowcount


FITS = "{0}.school_year = extract(year FROM {0}.taken_on) + (extract(month FROM {0}.taken_on) >= 7)::int"
"""Whether a date is of the school year that its row names: one that is not is a typing error."""
RETEST = "starts_with(k.record_id, 'pl:') AND k.there_on <> k.comes_on"
"""Whether two rows of one result are two times that the test was taken."""


def fill_schools(connection: psycopg.Connection, used: frozenset[str], file_id: int) -> int:
    """Give results the school that an association names, where they name none themselves; either may come first."""
    if "result_school" not in used and RESULT.name not in used:
        return 0
    if connection.execute("SELECT NOT EXISTS (SELECT FROM homeroom.result_school)").fetchone() == (True,):
        return 0
    return connection.execute(f"{FILL} AND (r.file_id = %s OR x.file_id = %s)", (file_id, file_id)).rowcount


def order_levels(connection: psycopg.Connection, used: frozenset[str]) -> int:
    """Give the words of results the order of the scales that their line items name; either may come first."""
    if not used & {"score_scale", "item_scale", "administration"}:
        return 0
    if connection.execute("SELECT NOT EXISTS (SELECT FROM homeroom.item_scale)").fetchone() == (True,):
        return 0
    return connection.execute(ORDER).rowcount


ORDER = """
    INSERT INTO homeroom.performance_level AS l (assessment_id, level, rank, modified_at, deleted, file_id)
    SELECT DISTINCT ON (a.assessment_id, w.word) a.assessment_id, w.word, w.rank, s.modified_at, false, s.file_id
    FROM homeroom.item_scale i JOIN homeroom.score_scale s ON s.scale_id = i.scale_id AND NOT s.deleted
    JOIN homeroom.administration a ON a.administration_id = i.administration_id AND a.assessment_id IS NOT NULL
    CROSS JOIN LATERAL jsonb_array_elements_text(s.words::jsonb) WITH ORDINALITY AS w (word, rank)
    WHERE NOT i.deleted AND NOT a.deleted ORDER BY a.assessment_id, w.word, s.modified_at DESC, s.scale_id
    ON CONFLICT (assessment_id, level) DO UPDATE SET rank = excluded.rank, modified_at = excluded.modified_at,
    deleted = false, file_id = excluded.file_id WHERE l.rank IS DISTINCT FROM excluded.rank OR l.deleted
"""
FILL = (
    "UPDATE homeroom.result r SET school_id = x.school_id, is_placed = true FROM (SELECT DISTINCT ON (record_id) "
    "record_id, school_id, file_id FROM homeroom.result_school WHERE NOT deleted AND school_id IS NOT NULL "
    "ORDER BY record_id, rank DESC) x WHERE x.record_id = r.record_id "
    # The school that another association has given is replaced by a better one's; the result's own is not.
    "AND r.school_id IS DISTINCT FROM x.school_id AND (r.school_id IS NULL OR r.is_placed)"
)


def unfill_schools(connection: psycopg.Connection, file_id: int) -> None:
    """Take the schools of results back that a file's associations have given; `unfilled` then names the results."""
    connection.execute(
        "CREATE TEMPORARY TABLE unfilled ON COMMIT DROP AS SELECT DISTINCT record_id FROM homeroom.result_school "
        "WHERE file_id = %s UNION SELECT v.content ->> 'record_id' FROM homeroom.row_version v "
        "WHERE v.file_id = %s AND v.target = 'result_school'",
        (file_id, file_id),
    )
    connection.execute(
        "UPDATE homeroom.result r SET school_id = NULL, is_placed = false FROM unfilled u "
        "WHERE u.record_id = r.record_id AND r.is_placed"
    )


def refill_schools(connection: psycopg.Connection) -> None:
    """Give the results of the temporary table `unfilled` the schools that other files' associations name."""
    connection.execute(f"{FILL} AND r.record_id IN (SELECT record_id FROM unfilled)")


def refuse_before(connection: psycopg.Connection) -> Iterator[Place]:
    """Take out of the staged rows what must not be merged, and yield where it was: erased students, duplicate ids."""
    _settle_untested(connection)
    if _take_erased(connection):
        yield from _places(connection, "SELECT part, line, 0 FROM erased", ERASED)
    if _take_losers(connection):
        yield from _places(connection, "SELECT part, line, min(why) FROM losers GROUP BY 1, 2", LOST)


ERASED = (("erased_student", "The student's records were erased on request."),)
LOST = (
    ("duplicate_id", "The same row is there twice: one of them was taken."),
    ("duplicate_id", "Another row of this file is of the same result, with a later date: that one was taken."),
    ("duplicate_id", "Another row of this file has the same id, and is newer."),
)


def _settle_untested(connection: psycopg.Connection) -> None:
    """Let go what would take a result out (`processor.formats.base.taken_out`) where there is none of that sitting.

    A result in the same file counts: who was absent was tested another time. Of the plain CSV, whose result may be of
    any day of its occasion, another day is another sitting. What the file says of a result is gathered once: asked
    of each row, it would be looked for in the whole file each time.
    """
    connection.execute(
        f"DELETE FROM {STAGE} s USING (SELECT record_id, bool_or(NOT deleted) AS told, min(ctid) AS first FROM {STAGE} "
        f"WHERE record_id IN (SELECT record_id FROM {STAGE} WHERE deleted AND status = %(status)s) "
        "GROUP BY record_id) o WHERE o.record_id = s.record_id AND s.deleted AND s.status = %(status)s "
        "AND (o.told OR o.first < s.ctid OR NOT EXISTS (SELECT FROM homeroom.result r WHERE r.record_id = s.record_id "
        "AND (NOT starts_with(r.record_id, 'pl:') OR r.taken_on = s.taken_on)))",
        {"status": NOT_TESTED},
    )


def _take_erased(connection: psycopg.Connection) -> bool:
    """Take out the rows of erased students, and say whether any can be; `erased` then has their places."""
    if connection.execute("SELECT NOT EXISTS (SELECT FROM homeroom.erased_student)").fetchone() == (True,):
        return False
    # Of the small tables too, whose rows have no line of their own to report.
    for name in OF_STUDENTS:
        connection.execute(
            f"DELETE FROM pg_temp.stage_{name} s USING homeroom.erased_student e WHERE e.student = s.student"
        )
    connection.execute(
        "CREATE TEMPORARY TABLE erased ON COMMIT DROP AS "
        f"SELECT DISTINCT s.part, s.line FROM {STAGE} s JOIN homeroom.erased_student e USING (student)"
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
        "CREATE TEMPORARY TABLE losers ON COMMIT DROP AS SELECT record_id, part, line, CASE "
        "WHEN (modified_at, deleted, content) = (best_moment, best_deleted, best_content) THEN 0 "
        "WHEN modified_at = best_moment AND taken_on < best_day THEN 1 ELSE 2 END AS why FROM ("
        "SELECT *, row_number() OVER w AS place, first_value(modified_at) OVER w AS best_moment, "
        "first_value(deleted) OVER w AS best_deleted, first_value(taken_on) OVER w AS best_day, "
        "first_value(content) OVER w AS best_content FROM ("
        "SELECT record_id, part, line, modified_at, bool_or(deleted) AS deleted, max(taken_on) AS taken_on, "
        f"string_agg(coalesce(standard, '') || {CONTENT.format('s')}, '' ORDER BY standard) AS content "
        f"FROM {STAGE} s WHERE record_id IN (SELECT record_id FROM twice) GROUP BY 1, 2, 3, 4) records "
        "WINDOW w AS (PARTITION BY record_id ORDER BY modified_at DESC, deleted DESC, taken_on DESC NULLS LAST, "
        'content COLLATE "C" DESC, part, line)) ranked WHERE place > 1'
    )
    connection.execute(
        f"DELETE FROM {STAGE} s USING losers l WHERE (s.record_id, s.part, s.line) = (l.record_id, l.part, l.line)"
    )
    return True


def other_scales(connection: psycopg.Connection) -> Iterator[Place]:
    """Yield where results begin whose scores are far from those that are stored of the same occasion.

    Two files of one occasion may have the scores of two scales, raw and scaled ones. Told is only what no grade and no
    school explains: ten scores and more on either side, with more than the whole range of the stored ones in between.
    """
    if connection.execute("SELECT NOT EXISTS (SELECT FROM homeroom.result)").fetchone() == (True,):
        return
    rows = connection.execute(OTHER_SCALES, {"least": FEWEST_TO_COMPARE}).fetchall()
    yield from (Place(part, line, "scale_differs", SCALE_DIFFERS) for part, line in rows)


FEWEST_TO_COMPARE = 10
SCALE_DIFFERS = (
    "The scores of this test and window are of quite another size than those that are stored of it: they may be of "
    "another scale. Were they mixed up, take this file back, and give the test of one of the two scales another name."
)
OTHER_SCALES = f"""
    WITH told AS (
        SELECT administration_id, school_year, min(scale_score) AS least, max(scale_score) AS most,
            min(ARRAY[part, line]) AS place FROM {STAGE}
        WHERE NOT deleted AND coalesce(standard, '') = '' AND scale_score IS NOT NULL
            AND NOT starts_with(administration_id, 'or:')
        GROUP BY administration_id, school_year HAVING count(*) >= %(least)s
    )
    SELECT t.place[1], t.place[2] FROM told t CROSS JOIN LATERAL (
        SELECT count(*) AS number, min(scale_score) AS least, max(scale_score) AS most FROM homeroom.result r
        WHERE r.administration_id = t.administration_id AND r.school_year = t.school_year AND r.standard = ''
            AND r.scale_score IS NOT NULL
    ) o WHERE o.number >= %(least)s
        AND (t.least > o.most + (o.most - o.least) OR t.most < o.least - (o.most - o.least)) ORDER BY t.place
"""


def held(connection: psycopg.Connection) -> Iterator[Place]:
    """Yield the merged rows that wait unseen, each line once: a roster, a test or a bound decides about them later."""
    with connection.cursor(name="held") as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            "SELECT DISTINCT ON (s.part, s.line) s.part, s.line, "
            "CASE WHEN s.student = md5('unresolved ' || s.named_as)::uuid THEN 3 WHEN t.student IS NULL THEN 0 "
            f"WHEN a.administration_id IS NULL THEN 1 ELSE 2 END FROM {STAGE} s "
            "LEFT JOIN homeroom.student t ON t.student = s.student AND (NOT t.deleted OR s.taken_on <= t.modified_at) "
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
    ("ambiguous_id", "Several students may be meant by this id; the result counts as soon as a person says who."),
)


def _places(connection: psycopg.Connection, query: str, reasons: tuple[tuple[str, str], ...]) -> Iterator[Place]:
    """Yield the places of a query, with a reason by number; there may be as many as rows: not all are in memory."""
    with connection.cursor(name="places") as cursor:
        cursor.itersize = 5_000
        cursor.execute(f"{query} ORDER BY 1, 2")
        for part, line, why in cursor:
            yield Place(part, line, *reasons[why])

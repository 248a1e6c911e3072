"""A stored file is taken back exactly: what it wrote is undone, what other files said, before or after, stays."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from devtools.services.postgres import Postgres
from processor.access import Access, Scope
from processor.ingest.undo import NotUndoableError, undo
from tests.processor import samples
from tests.processor.pipeline import Pipeline, running_pipeline, zipped

HEAD = "student_id,assessment,administration,date,score,level,school_id,school_name,grade,modified_at,status\n"
FIRST = HEAD + (
    "1001,Reading,Fall,2025-10-03,212,Proficient,s1,Oak School,4,2025-10-04T08:00:00Z,\n"
    "1002,Reading,Fall,2025-10-03,190,Basic,s1,Oak School,4,2025-10-04T08:00:00Z,\n"
)
NEWER = HEAD + (
    "1001,Reading,Fall,2025-10-03,215,Advanced,s2,Elm School,4,2025-11-04T08:00:00Z,\n"
    "1003,Reading,Fall,2025-10-03,201,Basic,s2,Elm School,4,2025-11-04T08:00:00Z,\n"
)
OLDER = HEAD + "1001,Reading,Fall,2025-10-03,180,Basic,s1,Old Oak School,4,2025-09-04T08:00:00Z,\n"
DELETION = HEAD + "1001,Reading,Fall,2025-10-03,,,s1,,,2025-12-04T08:00:00Z,tobedeleted\n"
MAP = (
    "TermName,StudentID,Subject,TestStartDate,TestRITScore,SchoolName,Goal1Name,Goal1RitScore\n"
    "Fall 2025-2026,1001,Mathematics,09/16/2025,208,Oak School,Algebra,210\n"
)
ROSTER = zipped(
    users=samples.USERS, orgs=samples.ORGS, classes=samples.CLASSES, lineItems=samples.LINE_ITEMS,
    results=samples.RESULTS, manifest=samples.MANIFEST.format(mode="bulk"),
)  # fmt: skip
CHANGE = samples.delta("r1,active,2026-01-02T08:00:00Z,l1,u1,fully graded,12,2025-10-02,")
GONE = samples.delta("r1,tobedeleted,2026-01-03T08:00:00Z,l1,u1,fully graded,,2025-10-02,")

ORDERS: dict[str, tuple[list[bytes | str], int]] = {
    "the only file": ([FIRST], 0),
    "a correction": ([FIRST, NEWER], 1),
    "the corrected one": ([FIRST, NEWER], 0),
    "one that lost to what was there": ([NEWER, OLDER], 1),
    "one that what came after had lost to": ([NEWER, OLDER], 0),
    "the middle of three": ([OLDER, FIRST, NEWER], 1),
    "a deletion": ([FIRST, DELETION], 1),
    "what was deleted": ([FIRST, DELETION], 0),
    "a vendor's file": ([FIRST, MAP], 1),
    "a roster's results changed and deleted": ([ROSTER, CHANGE, GONE], 2),
}


def access(why: str = "sent by mistake") -> Access:
    return Access("office@maple", "office@maple", why, Scope.INGEST, "a test", "r-1")


def taken_back(pipeline: Pipeline, file_id: int) -> None:
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as connection:
        undo(connection, file_id, access())


def without_uploads(pipeline: Pipeline) -> dict[str, list[tuple[object, ...]]]:
    """Return all tables; moments that are an upload's own differ from one pipeline to the other."""
    return {
        name: [tuple("now" if getattr(one, "year", 0) >= 2026 and hasattr(one, "hour") else one for one in row)
               for row in rows]
        for name, rows in pipeline.tables().items()
    }  # fmt: skip


@pytest.fixture
def send(pipeline: Pipeline) -> Callable[[bytes | str], int]:
    count = iter(range(100))
    return lambda content: (
        pipeline.take(f"{next(count)}.{'zip' if isinstance(content, bytes) else 'csv'}", content).file_id
    )


@pytest.mark.parametrize("case", ORDERS)
def test_what_is_left_is_as_if_the_file_had_never_come(
    pipeline: Pipeline, pipeline_server: Postgres, sandbox_url: str, send: Callable[[bytes | str], int], case: str
):
    contents, which = ORDERS[case]
    sent = [send(content) for content in contents]
    taken_back(pipeline, sent[which])
    left = without_uploads(pipeline)
    with running_pipeline(pipeline_server, sandbox_url) as other:
        for place, content in enumerate(contents):
            if place != which:
                other.take(f"{place}.{'zip' if isinstance(content, bytes) else 'csv'}", content)
        assert left == without_uploads(other)


def test_a_second_taking_back_ends_as_the_first_did(pipeline: Pipeline, send: Callable[[bytes | str], int]):
    first, second, third = send(FIRST), send(NEWER), send(OLDER)
    taken_back(pipeline, second)
    taken_back(pipeline, first)
    assert pipeline.rows("SELECT scale_score FROM homeroom.result") == [(180.0,)]
    taken_back(pipeline, third)
    assert not any(pipeline.tables().values())
    assert pipeline.rows("SELECT count(*) FROM homeroom.row_version") == [(0,)]


def test_it_is_on_the_record_with_everyone_whose_rows_change(pipeline: Pipeline, send: Callable[[bytes | str], int]):
    send(FIRST)
    newer = send(NEWER)
    version = pipeline.rows("SELECT version FROM homeroom.data_version")
    taken_back(pipeline, newer)
    assert pipeline.rows("SELECT state, undone_by, undone_why FROM homeroom.file WHERE file_id = %s", newer) == [
        ("undone", "office@maple", "sent by mistake")
    ]
    assert pipeline.rows(
        "SELECT r.actor, r.purpose, r.rows > 0, count(s.student) FROM homeroom.access_record r "
        "JOIN homeroom.access_student s USING (access_id) WHERE r.purpose = 'sent by mistake' GROUP BY 1, 2, 3"
    ) == [("office@maple", "sent by mistake", True, 2)]
    assert pipeline.rows("SELECT homeroom.first_broken_link()") == [(None,)]
    assert pipeline.rows("SELECT version FROM homeroom.data_version") > version


def test_only_a_stored_file_of_the_last_days_is_taken_back_and_only_once(
    pipeline: Pipeline, send: Callable[[bytes | str], int]
):
    stored, refused = send(FIRST), send("a,b\n1,2\n")
    with pytest.raises(NotUndoableError, match="stored nothing"):
        taken_back(pipeline, refused)
    with pytest.raises(NotUndoableError, match="no such file"):
        taken_back(pipeline, 10**6)
    pipeline.admin.execute("UPDATE homeroom.file SET finished_at = now() - interval '31 days'")
    with pytest.raises(NotUndoableError, match="30 days"):
        taken_back(pipeline, stored)
    pipeline.admin.execute("UPDATE homeroom.file SET finished_at = now()")
    taken_back(pipeline, stored)
    with pytest.raises(NotUndoableError, match="before"):
        taken_back(pipeline, stored)


def test_an_erased_student_does_not_come_back(pipeline: Pipeline, send: Callable[[bytes | str], int]):
    send(FIRST)
    newer = send(NEWER)
    erased = pipeline.start(
        "erase", "--student", "1001", "--requested-by", "office", "--reason", "request"
    ).communicate(timeout=120)[0]
    assert '"rows_left": 0' in erased
    taken_back(pipeline, newer)
    student = pipeline.pseudonyms.uuid("1001")
    assert pipeline.rows("SELECT count(*) FROM homeroom.result WHERE student = %s", student) == [(0,)]
    assert pipeline.rows("SELECT count(*) FROM homeroom.row_version WHERE student = %s", student) == [(0,)]


def test_the_reader_never_sees_what_was_kept(pipeline: Pipeline, send: Callable[[bytes | str], int]):
    send(FIRST)
    send(NEWER)
    with (
        pipeline.connections().opened("homeroom_reader", autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT count(*) FROM homeroom.row_version")


def test_words_that_nobody_can_ask_for_are_let_go_once_a_day(pipeline: Pipeline, send: Callable[[bytes | str], int]):
    send(OLDER)
    send(FIRST)
    words = "SELECT count(*) FROM homeroom.row_version WHERE target = 'result'"
    assert pipeline.rows(words) == [(2,)]
    pipeline.admin.execute("UPDATE homeroom.row_version SET kept_at = kept_at - interval '40 days'")
    pipeline.admin.execute("UPDATE homeroom.file SET finished_at = finished_at - interval '40 days'")
    newest = send(NEWER)
    assert pipeline.rows(words) == [(2,)], "the newest of before, and what came today"
    taken_back(pipeline, newest)
    assert pipeline.rows("SELECT scale_score FROM homeroom.result ORDER BY 1") == [(190.0,), (212.0,)]

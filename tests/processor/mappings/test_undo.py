"""A stored file is taken back exactly: what it wrote is undone, what other files said, before or after, stays."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from processes.postgres import Postgres
from processor.access import Access, Scope
from processor.children import Decision, merge
from processor.erasure import HeldError, Request, erase_student, hold
from processor.ingest.undo import NotUndoableError, undo
from tests.examples import first_of
from tests.processor import oneroster_tables as spec
from tests.processor import samples
from tests.processor.cases.files import lines, plain, result, row
from tests.processor.cases.files import users as listed
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
KEY = "5d41402abc4b2a76b9719d911017c592"
STATE = "9000001001"


def users(*students: dict[str, str]) -> bytes:
    return spec.archive({"users.csv": listed(*students)})


PLAIN = plain(row("1001"))
BY_STATE = plain(row(STATE, administration="Winter", date="2026-01-09"))
TWICE = plain(row(STATE, score="190"))
CHILDREN = users({"sourcedId": KEY, "identifier": "1001", "userIds": f"{{State:{STATE}}}"})
OTHERS = users({"sourcedId": "K-2", "identifier": "1001"})
NO_ZEROS = plain(row("1234"))
ZEROS = plain(row("0001234", administration="Winter", date="2026-01-09"))
OF_NUMBER = users({"sourcedId": "K-3", "identifier": "0001234"})
PARTS = HEAD.replace("school_name", "gender") + (
    "1001,Reading,Fall,2025-10-03,212,Proficient,s1,female,4,2025-10-04T08:00:00Z,\n"
)
MORE_PARTS = HEAD.replace("school_name", "ethnicity") + (
    "1001,Reading,Winter,2026-01-09,214,Proficient,s1,Asian,4,2025-11-04T08:00:00Z,\n"
)
ED_FI = lines(result())
SCHOOL = lines({
    "studentAssessmentReference": {
        "studentAssessmentIdentifier": "a1", "assessmentIdentifier": "MATH",
        "namespace": "uri://vendor.example/Assessment", "studentUniqueId": "1001",
    },
    "educationOrganizationReference": {"educationOrganizationId": 255901001},
    "educationOrganizationAssociationTypeDescriptor": "uri://ed-fi.org/EducationOrganizationAssociationTypeDescriptor#Enrollment",
})  # fmt: skip
CHANGE = samples.delta("r1,active,2026-01-02T08:00:00Z,l1,u1,fully graded,12,2025-10-02,")
GONE = samples.delta("r1,tobedeleted,2026-01-03T08:00:00Z,l1,u1,fully graded,,2025-10-02,")
INVALID = plain(row("1001", score="", level="Invalidated"))
OF_VENDORS = listed({"sourcedId": "1001", "givenName": "Jo", "familyName": "Doe", "grades": "05"})
AT_SCHOOL = {"studentReference": {"studentUniqueId": "1001"}, "schoolReference": {"schoolId": 10},
             "entryDate": "2025-08-15", "schoolYearTypeReference": {"schoolYear": 2026}}  # fmt: skip
LEFT = lines({**AT_SCHOOL, "exitWithdrawDate": "2025-10-10", "_lastModifiedDate": "2025-10-14T09:00:00Z"})
CAME = lines({**AT_SCHOOL, "schoolReference": {"schoolId": 20}, "entryDate": "2025-10-13"})
ENDED = lines({"keyValues": {"schoolId": 20, "studentUniqueId": "1001", "entryDate": "2025-10-13"}})

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
    "the roster that made one child of two ids": ([PLAIN, BY_STATE, CHILDREN], 2),
    "that roster, where it came first": ([CHILDREN, PLAIN, BY_STATE], 0),
    "that roster, where it came between": ([PLAIN, CHILDREN, BY_STATE], 1),
    "that roster, where two ids have the same result": ([PLAIN, TWICE, CHILDREN], 2),
    "a file of one id of a child": ([PLAIN, CHILDREN, BY_STATE], 2),
    "the first file of an id": ([PLAIN, CHILDREN, BY_STATE], 0),
    "one of two rosters": ([PLAIN, CHILDREN, CHILDREN, BY_STATE], 1),
    "a roster that gives the number to another child": ([CHILDREN, OTHERS, PLAIN], 1),
    "such a roster after the results": ([CHILDREN, PLAIN, OTHERS, NO_ZEROS], 2),
    "a roster by whose number zeros were found": ([NO_ZEROS, OF_NUMBER, ZEROS], 1),
    "the first spelling of a number": ([NO_ZEROS, ZEROS], 0),
    "columns that another file has told": ([PARTS, MORE_PARTS], 1),
    "columns that another file tells later": ([PARTS, MORE_PARTS], 0),
    "a test that was invalidated": ([PLAIN, INVALID], 1),
    "the result of a test that was invalidated": ([PLAIN, INVALID], 0),
    "a vendor's file beside a roster": ([MAP, OF_VENDORS], 0),
    "a roster that a vendor's file has filled": ([OF_VENDORS, MAP], 0),
    "the school that a student came to": ([LEFT, CAME], 1),
    "the school that a student left": ([LEFT, CAME], 0),
    "the end of an association": ([CAME, ENDED], 1),
    "the school of a result": ([ED_FI, SCHOOL], 1),
    "a result whose school is told": ([ED_FI, SCHOOL, ED_FI.replace("300", "301")], 2),
}


def access(why: str = "sent by mistake") -> Access:
    return Access("office@maple", "office@maple", why, Scope.INGEST, "a test", "r-1")


def taken_back(pipeline: Pipeline, file_id: int) -> None:
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as connection:
        undo(connection, file_id, access())


def without_uploads(pipeline: Pipeline) -> dict[str, list[tuple[object, ...]]]:
    """Return all tables; moments that are an upload's own differ from one pipeline to the other."""
    return {
        name: [tuple("now" if getattr(value, "year", 0) >= 2026 and hasattr(value, "hour") else value for value in row)
               for row in rows]
        for name, rows in {**pipeline.tables(), "ids": pipeline.rows(IDS), "schools": pipeline.rows(SCHOOLS)}.items()
    }  # fmt: skip


IDS = "SELECT kind, alias::text, student::text, said_by FROM homeroom.student_key ORDER BY 1, 2"
SCHOOLS = "SELECT record_id, rank, school_id FROM homeroom.result_school ORDER BY 1, 2"


@pytest.fixture
def send(pipeline: Pipeline) -> Callable[[bytes | str], int]:
    count = iter(range(100))
    return lambda content: pipeline.take(name_of(next(count), content), content).file_id


def name_of(number: int, content: bytes | str) -> str:
    return f"{number}.{'zip' if isinstance(content, bytes) else 'jsonl' if content[0] == '{' else 'csv'}"


OF_EVERY_RUN = (
    "a correction", "the middle of three", "what was deleted", "a vendor's file",
    "the roster that made one child of two ids", "that roster, where two ids have the same result",
    "a roster that gives the number to another child", "a roster by whose number zeros were found",
    "columns that another file tells later", "the school of a result",
)  # fmt: skip


@pytest.mark.parametrize("case", first_of(ORDERS, OF_EVERY_RUN))
def test_what_is_left_is_as_if_the_file_had_never_come(
    pipeline: Pipeline, pipeline_server: Postgres, sandbox_url: str, send: Callable[[bytes | str], int], case: str
):
    contents, which = ORDERS[case]
    file_ids = [send(content) for content in contents]
    taken_back(pipeline, file_ids[which])
    actual = without_uploads(pipeline)
    with running_pipeline(pipeline_server, sandbox_url) as fresh:
        for place, content in enumerate(contents):
            if place != which:
                fresh.take(name_of(place, content), content)
        assert actual == without_uploads(fresh)


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


@pytest.mark.parametrize("said", first_of([STATE, "1001", KEY], 1))
def test_a_child_is_erased_from_what_was_kept_under_all_its_ids(
    pipeline: Pipeline, send: Callable[[bytes | str], int], said: str
):
    send(PLAIN)
    file_ids = [send(content) for content in (BY_STATE, CHILDREN, CHILDREN, BY_STATE, DELETION)]
    assert pipeline.rows("SELECT count(*) > 10 FROM homeroom.row_version") == [(True,)]
    options = ("--requested-by", "office", "--reason", "request")
    erased = pipeline.start("erase", "--student", said, *options).communicate(timeout=120)[0]
    assert '"rows_left": 0' in erased
    versions = pipeline.rows("SELECT key, student::text, content::text FROM homeroom.row_version")
    for local_id in (KEY, "1001", STATE):
        name = pipeline.pseudonyms.uuid(local_id)
        assert not [row for row in versions if str(name) in str(row) or name.hex in str(row)]
    for file_id in file_ids[:2]:
        taken_back(pipeline, file_id)
    assert not any(
        rows for name, rows in pipeline.tables().items() if name in ("result", "student", "student_identity")
    )


def test_what_a_person_has_said_of_an_id_outlives_the_roster_that_is_taken_back(
    pipeline: Pipeline, send: Callable[[bytes | str], int]
):
    send(PLAIN)
    send(plain(row("T-77", administration="Winter", date="2026-01-09")))
    roster = send(CHILDREN)
    decided = Decision("registrar", "the birth certificate", "maple-test")
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as writer:
        merge(writer, pipeline.pseudonyms, KEY, "T-77", decided)
    taken_back(pipeline, roster)
    alias, child = pipeline.pseudonyms.uuid("T-77"), pipeline.pseudonyms.uuid(KEY)
    assert pipeline.rows("SELECT said_by, student FROM homeroom.student_key WHERE alias = %s", alias) == [
        ("person", child)
    ]
    assert pipeline.rows("SELECT student FROM homeroom.result WHERE named_as = %s", alias) == [(child,)]
    assert pipeline.rows(
        "SELECT count(*) FROM homeroom.result WHERE student = %s", pipeline.pseudonyms.uuid("1001")
    ) == [(1,)]


def test_a_hold_on_a_child_holds_for_the_student_whom_a_taking_back_leaves(
    pipeline: Pipeline, send: Callable[[bytes | str], int]
):
    send(PLAIN)
    roster = send(CHILDREN)
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as writer:
        hold(writer, pipeline.pseudonyms, KEY, Request("parent", "inspection", "maple-test"))
    taken_back(pipeline, roster)
    with (
        pipeline.connections().opened("homeroom_writer", autocommit=True) as writer,
        pytest.raises(HeldError),
    ):
        erase_student(writer, pipeline.pseudonyms, "1001", Request("parent", "request", "maple-test"))


def test_what_columns_were_told_long_ago_is_there_again(pipeline: Pipeline, send: Callable[[bytes | str], int]):
    send(PARTS)
    send(MORE_PARTS)
    pipeline.admin.execute("UPDATE homeroom.row_version SET kept_at = kept_at - interval '40 days'")
    pipeline.admin.execute("UPDATE homeroom.file SET finished_at = finished_at - interval '40 days'")
    newest = send(MORE_PARTS.replace("ethnicity", "disability").replace("Asian", "yes"))
    words = "SELECT count(*) FROM homeroom.row_version WHERE target = 'student_subgroup'"
    assert pipeline.rows(words) == [(2,)], "the older two are one"
    taken_back(pipeline, newest)
    query = "SELECT gender, ethnicity, disability FROM homeroom.student_subgroup"
    assert pipeline.rows(query) == [("female", "Asian", None)]


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

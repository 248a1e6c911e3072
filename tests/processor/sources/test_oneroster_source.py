"""A OneRoster 1.2 service that is pulled: everything once, then what changed, page by page, and nothing passed over."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest

from devtools.services.oneroster_source import OneRosterSource
from processor.ingest.process import Ended
from processor.sources import oneroster
from processor.sources.model import Kind
from tests.processor.pipeline import Pipeline
from tests.processor.sources.world import World, fill_oneroster, put_student, role, world

LATER = "2099-01-01T08:00:00.000Z"


@pytest.fixture
def there(pipeline: Pipeline) -> Iterator[tuple[World, OneRosterSource]]:
    standin = OneRosterSource()
    fill_oneroster(standin)
    with world(pipeline, standin, Kind.ONEROSTER) as maple:
        yield maple, standin


def test_everything_is_pulled_and_stored_like_an_upload(there: tuple[World, OneRosterSource]):
    maple, _ = there
    results = maple.pull()
    assert {result.ended for result in results} == {Ended.MERGED}
    assert sum(result.rejected + result.held for result in results) == 0
    assert maple.scores() == [("u00001", "", 201.0), ("u00002", "", 202.0), ("u00003", "", 203.0)]
    assert maple.pipeline.rows("SELECT name FROM homeroom.school") == [("Oak School",)]
    # Of the teacher nothing is kept.
    assert maple.pipeline.rows("SELECT count(*) FROM homeroom.student_name") == [(3,)]
    assert maple.row("problem_code, failures, pulled_at IS NOT NULL") == (None, 0, True)
    # Every batch is on the record of access, as that of a file.
    accesses = "SELECT count(*) FROM homeroom.access_record WHERE starts_with(source, 'file ')"
    assert maple.pipeline.rows(accesses) == [(len(results),)]


def test_the_next_pull_asks_for_what_changed_and_stores_that_alone(there: tuple[World, OneRosterSource]):
    maple, standin = there
    maple.pull_all()
    maple.asked("")
    put_student(standin, 2, 250, "2026-01-09T08:00:00.000Z")
    standin.put("results", sourcedId="r00003", status="tobedeleted", dateLastModified="2026-01-09T08:00:00.000Z",
                lineItem={"sourcedId": "l1"}, student={"sourcedId": "u00003"}, scoreStatus="fully graded",
                scoreDate="2025-10-02")  # fmt: skip
    results = maple.pull()
    assert all("filter=dateLastModified%3E%272025-09-01T08%3A00" in url for url in maple.asked("/results"))
    assert maple.scores() == [("u00001", "", 201.0), ("u00002", "", 250.0)]
    assert {result.ended for result in results} == {Ended.MERGED}


def test_a_pull_that_brings_the_same_again_stores_nothing(there: tuple[World, OneRosterSource]):
    maple, _ = there
    maple.pull_all()
    files = maple.pipeline.rows("SELECT count(*) FROM homeroom.file")
    assert maple.pull() == []
    assert maple.pipeline.rows("SELECT count(*) FROM homeroom.file") == files


@pytest.mark.parametrize(
    ("links", "count"),
    [
        (True, True),
        (False, False),
        pytest.param(False, True, marks=pytest.mark.soak),
        pytest.param(True, False, marks=pytest.mark.soak),
    ],
)
def test_pages_go_on_by_links_by_the_count_or_by_their_size(
    there: tuple[World, OneRosterSource], monkeypatch: pytest.MonkeyPatch, links: bool, count: bool
):
    maple, standin = there
    monkeypatch.setattr(oneroster, "PAGE", 2)
    standin.has_links, standin.has_count = links, count
    fill_oneroster(standin, students=7)
    maple.pull_all()
    assert len(maple.scores()) == 7


def test_a_batch_that_is_full_goes_on_where_it_ended(
    there: tuple[World, OneRosterSource], monkeypatch: pytest.MonkeyPatch
):
    maple, standin = there
    monkeypatch.setattr(oneroster, "PAGE", 2)
    monkeypatch.setattr(oneroster, "MOST_PAGES", 1)
    fill_oneroster(standin, students=5)
    first = maple.pull()
    # Of the two users of the page one is a teacher.
    assert len(maple.scores()) == 1
    assert first
    # What is stored calls for more at once.
    assert maple.row("next_pull_at <= now()") == (True,)
    maple.pull_all()
    assert len(maple.scores()) == 5


def test_rows_that_change_while_pages_are_read_come_now_or_the_next_time(
    there: tuple[World, OneRosterSource], monkeypatch: pytest.MonkeyPatch
):
    """The order is that of the keys: a change moves no unread row to a place that was read already."""
    maple, standin = there
    monkeypatch.setattr(oneroster, "PAGE", 2)
    fill_oneroster(standin, students=8)
    answered = standin.answer

    def answer(path, parameters, scopes):
        reply = answered(path, parameters, scopes)
        if path.endswith("/results"):
            # A row of the page that was just given changes, and a new one comes before all others.
            put_student(standin, 1, 299, LATER)
            put_student(standin, 0, 111, LATER)
        return reply

    monkeypatch.setattr(standin, "answer", answer)
    maple.pull_all()
    assert [row[0] for row in maple.scores()] == [f"u{number:05}" for number in range(9)]
    assert maple.scores()[1][2] == 299.0


def test_a_service_without_a_gradebook_is_pulled_for_what_it_has(there: tuple[World, OneRosterSource]):
    maple, standin = there
    standin.missing = frozenset({"scoreScales", "lineItems", "results"})
    maple.pull()
    assert maple.pipeline.rows("SELECT count(*) FROM homeroom.student") == [(3,)]
    standin.missing = frozenset(oneroster.SERVICES)
    maple.pull()
    assert maple.row("problem_code") == ("nothing_offered",)


def test_of_who_is_no_student_no_name_leaves_the_source(there: tuple[World, OneRosterSource]):
    maple, standin = there
    standin.put("users", sourcedId="p1", status="active", dateLastModified=LATER, enabledUser="true", givenName="Petra",
                familyName="Principal", roles=[role("principal"), role("teacher")])  # fmt: skip
    maple.pull_all()
    s3 = maple.pipeline.client("s3")
    keys = "SELECT object_key FROM homeroom.file WHERE right(object_key, 9) = 'users.zip' ORDER BY file_id"
    contents = [
        unzipped(s3.get_object(Bucket=maple.pipeline.bucket, Key=key)["Body"].read())
        for (key,) in maple.pipeline.rows(keys)
    ]
    assert b"Lovelace" in contents[0]
    assert not [content for content in contents if b"Petra" in content]


def unzipped(content: bytes) -> bytes:
    """Return all files of an archive."""

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_what_the_source_refuses_to_this_client_is_told_and_the_rest_is_pulled(
    there: tuple[World, OneRosterSource], monkeypatch: pytest.MonkeyPatch
):
    maple, _ = there
    monkeypatch.setattr(
        oneroster, "SCOPE", " ".join(scope for scope in oneroster.SCOPE.split() if "gradebook" not in scope)
    )
    assert {result.ended for result in maple.pull()} == {Ended.MERGED}
    assert maple.row("problem_code, failures, pulled_at IS NOT NULL") == ("resource_refused", 0, True)
    assert "scoreScales, lineItems, results" in maple.row("problem")[0]

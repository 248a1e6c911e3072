"""An Ed-Fi ODS/API that is pulled: windows of change versions, pages, deletions; what changes meanwhile is not lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devtools.services.edfi_source import EdFiSource
from processor.ingest.process import Ended
from processor.sources import edfi
from processor.sources.model import Kind
from tests.examples import first_of
from tests.processor.pipeline import Pipeline
from tests.processor.sources.world import NAMESPACE, World, fill_edfi, put_result, world


@pytest.fixture(params=first_of(["7.3", "7.2"], 1))
def there(pipeline: Pipeline, request: pytest.FixtureRequest) -> Iterator[tuple[World, EdFiSource]]:
    standin = EdFiSource(version=request.param)
    fill_edfi(standin)
    with world(pipeline, standin, Kind.EDFI) as maple:
        yield maple, standin


@pytest.mark.parametrize("there", ["7.2", "7.3"], indirect=True)
def test_everything_once_then_what_changed_and_what_was_deleted(there: tuple[World, EdFiSource]):
    maple, standin = there
    assert {result.ended for result in maple.pull()} == {Ended.MERGED}
    assert maple.scores() == [("00001", "", 301.0), ("00002", "", 302.0), ("00003", "", 303.0)]
    newest = standin.newest
    put_result(standin, 2, 350)
    standin.delete(
        "studentAssessments", "00003", studentAssessmentIdentifier="x00003", assessmentIdentifier="Maths",
        namespace=NAMESPACE, studentUniqueId="00003",
    )  # fmt: skip
    maple.asked("")
    assert [result.rejected for result in maple.pull()] == [0]
    assert maple.scores() == [("00001", "", 301.0), ("00002", "", 350.0)]
    window = f"minChangeVersion={newest + 1}&maxChangeVersion={newest + 2}"
    assert all(window in url for url in maple.asked("/studentAssessments"))
    # Nothing has changed since: nothing is asked for but the change versions.
    assert maple.pull() == []
    assert maple.asked("/data/") == []


def test_what_was_deleted_and_made_anew_between_two_pulls_stays(there: tuple[World, EdFiSource]):
    maple, standin = there
    maple.pull()
    standin.delete(
        "studentAssessments", "00001", studentAssessmentIdentifier="x00001", assessmentIdentifier="Maths",
        namespace=NAMESPACE, studentUniqueId="00001",
    )  # fmt: skip
    put_result(standin, 1, 390)
    maple.pull()
    assert maple.scores()[0] == ("00001", "", 390.0)


def test_rows_that_leave_a_window_while_it_is_read_come_with_the_next(
    there: tuple[World, EdFiSource], monkeypatch: pytest.MonkeyPatch
):
    """A row that changes leaves the window: those after it move up, and none of them may be passed over."""
    maple, standin = there
    monkeypatch.setattr(edfi, "PAGE", 2)
    fill_edfi(standin, students=9)
    changed = iter(range(1, 6))

    def change() -> None:
        number = next(changed, 0)
        if number:
            put_result(standin, number, 400 + number)

    standin.after_page = change
    maple.pull()
    standin.after_page = lambda: None
    maple.pull()
    assert [row[0] for row in maple.scores()] == [f"{number:05}" for number in range(1, 10)]
    assert [row[2] for row in maple.scores()[:5]] == [401.0, 402.0, 403.0, 404.0, 405.0]


def test_a_batch_that_is_full_goes_on_within_its_window(
    there: tuple[World, EdFiSource], monkeypatch: pytest.MonkeyPatch
):
    maple, standin = there
    monkeypatch.setattr(edfi, "PAGE", 2)
    monkeypatch.setattr(edfi, "MOST_PAGES", 1)
    fill_edfi(standin, students=5)
    maple.pull_all()
    assert len(maple.scores()) == 5


def test_an_ods_without_change_queries_is_read_whole(there: tuple[World, EdFiSource]):
    maple, standin = there
    standin.has_changes = False
    maple.pull()
    put_result(standin, 1, 377)
    maple.pull()
    assert maple.scores()[0] == ("00001", "", 377.0)


def test_an_ods_that_was_put_back_is_read_from_its_beginning(there: tuple[World, EdFiSource]):
    maple, standin = there
    maple.pull()
    standin.newest = 1
    standin.rows.clear()
    standin.deleted.clear()
    fill_edfi(standin, students=4)
    standin.newest = 3
    for row in standin.rows["studentAssessments"].values():
        row.version = 3
    maple.pull()
    assert len(maple.scores()) == 4

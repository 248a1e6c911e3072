"""The record of access says whom a report showed, and by whichever id a child is known; odd tokens are refused."""

from __future__ import annotations

from typing import Any

import pytest

from processor.access import Access, Scope
from processor.analytics.students import accesses_to
from processor.api import files, tokens
from tests.processor.cases.files import lines, numbers, plain, result, row, users
from tests.processor.pipeline import Pipeline

TOLD = Access("helper@vendor", "office", "correction of an upload", Scope.INGEST, "10.0.0.1", "r1")


def test_a_reports_download_lists_those_whose_values_it_shows(district: Pipeline):
    bad = [row("1001", score="high"), row("NULL"), row("1002"), row("1003", grade="thirteen and a half")]
    taken = district.take("bad.csv", plain(*bad))
    assert numbers(taken) == (2, 2, 0)
    with district.connections().pool("homeroom_reader", most=1) as pool:
        report = files.report(pool, district.client("s3"), district.bucket, TOLD, taken.file_id)
    assert report is not None
    assert b"high" in b"".join(report[1])
    listed = district.rows(
        "SELECT s.student FROM homeroom.access_student s JOIN homeroom.access_record r USING (access_id) "
        "WHERE r.actor = 'helper@vendor' ORDER BY 1"
    )
    assert listed == [(student,) for student in sorted(map(district.pseudonyms.uuid, ("1001", "1003")))]


def test_a_report_of_ed_fi_lists_them_as_well(district: Pipeline):
    taken = district.take("bad.jsonl", lines(result(scoreResults=[{"result": "3e9"}])))
    query = "SELECT student FROM homeroom.report_student WHERE file_id = %s"
    assert district.rows(query, taken.file_id) == [(district.pseudonyms.uuid("1001"),)]


def test_the_report_of_accesses_goes_by_the_child(district: Pipeline):
    district.take("plain.csv", plain(row("8001")))
    district.take("users.csv", users({"sourcedId": "K-8001", "identifier": "8001"}))
    access = Access("parent", "parent", "report of accesses", Scope.AUDIT, "10.0.0.1", "r2")
    for local_id in ("K-8001", "8001"):
        rows = accesses_to(district.connections(), access, district.pseudonyms.uuid(local_id))
        assert len([entry for entry in rows if entry["scope"] == "ingest"]) == 2, local_id


@pytest.mark.parametrize("scope", [7, 7.5, None, True, {"ingest": 1}, [7, "ingest"], ["student", None]])
def test_a_scope_that_is_neither_text_nor_a_list_of_texts_is_refused(scope: Any):
    with pytest.raises(tokens.TokenRefusedError):
        tokens.caller_of({"sub": "a", "exp": 1, "scope": scope})

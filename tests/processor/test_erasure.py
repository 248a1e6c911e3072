"""Erasure: of one student, who stays out, and of a school year; with certificates, and holds that stop both."""

from __future__ import annotations

import json
from datetime import date

import pytest

from processor.erasure import (
    HeldError,
    Request,
    erase_school_year,
    erase_student,
    is_genuine,
    years_past_retention,
)
from tests.processor import samples
from tests.processor.pipeline import Pipeline

REQUEST = Request("Mrs Lovelace, parent", "request of 1 June", "maple-test")
OF_STUDENTS = ("student", "student_identity", "student_name", "enrolment", "result")


def of(pipeline: Pipeline, local_id: str) -> int:
    student = pipeline.pseudonyms.uuid(local_id)
    counts = [
        pipeline.rows(f"SELECT count(*) FROM homeroom.{table} WHERE student = %s", student)[0][0]
        for table in OF_STUDENTS
    ]
    return sum(counts)


def test_an_erased_student_is_gone_and_stays_out(pipeline: Pipeline):
    pipeline.take("fall.csv", samples.PLAIN)
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as writer:
        certificate = erase_student(writer, pipeline.pseudonyms, "1001", REQUEST)
    assert certificate["rows_erased"] == {
        "result": 1,
        "enrolment": 1,
        "student_subgroup": 0,
        "student_name": 1,
        "student_identity": 1,
        "student": 1,
    }
    assert certificate["rows_left"] == 0
    assert len(certificate["objects"]) == 1
    assert is_genuine(certificate, pipeline.pseudonyms)
    assert not is_genuine({**certificate, "rows_left": 1}, pipeline.pseudonyms)
    assert (of(pipeline, "1001"), of(pipeline, "1002")) == (0, 5)
    again = pipeline.take("again.csv", samples.PLAIN)
    assert (again.accepted, again.rejected) == (1, 1)
    assert "erased_student" in pipeline.report(again)
    assert of(pipeline, "1001") == 0
    assert pipeline.rows("SELECT scope FROM homeroom.access_record ORDER BY access_id") == [
        ("ingest",),
        ("erasure",),
        ("ingest",),
    ]
    assert pipeline.rows("SELECT homeroom.first_broken_link()") == [(None,)]


def test_nothing_is_erased_while_a_request_to_inspect_is_open(pipeline: Pipeline):
    pipeline.take("fall.csv", samples.PLAIN)
    told = ("--student", "1001", "--requested-by", "office", "--reason", "request to inspect")
    assert pipeline.start("hold", *told).wait(60) == 0
    refused = pipeline.start("erase", *told)
    output = refused.communicate(timeout=60)[0]
    assert refused.returncode == 2
    assert "inspect" in output
    with (
        pipeline.connections().opened("homeroom_writer", autocommit=True) as writer,
        pytest.raises(HeldError),
    ):
        erase_school_year(writer, pipeline.pseudonyms, 2026, REQUEST)
    assert of(pipeline, "1001") == 5
    assert pipeline.start("hold", *told, "--lift").wait(60) == 0
    done = pipeline.start("erase", *told)
    output = done.communicate(timeout=60)[0]
    assert done.returncode == 0, output
    assert json.loads(output)["rows_left"] == 0


def test_a_school_year_goes_at_the_end_of_its_retention(pipeline: Pipeline):
    old = samples.PLAIN.replace("2025-10-03", "2019-10-03").replace("10/03/2025", "2025-10-03")
    pipeline.take("fall.csv", old)
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as writer:
        assert years_past_retention(writer, date(2026, 8, 1), 5) == [2020]
        certificate = erase_school_year(writer, pipeline.pseudonyms, 2020, REQUEST)
        assert years_past_retention(writer, date(2026, 8, 1), 5) == []
    assert certificate["rows_erased"]["result"] == 1
    assert (of(pipeline, "1001"), of(pipeline, "1002")) == (0, 5)
    assert pipeline.take("new.csv", samples.PLAIN).accepted == 2, "the year can be filled again"

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
from tests.processor import oneroster_tables as spec
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
    options = ("--student", "1001", "--requested-by", "office", "--reason", "request to inspect")
    assert pipeline.start("hold", *options).wait(60) == 0
    refused = pipeline.start("erase", *options)
    output = refused.communicate(timeout=60)[0]
    assert refused.returncode == 2
    assert "inspect" in output
    with (
        pipeline.connections().opened("homeroom_writer", autocommit=True) as writer,
        pytest.raises(HeldError),
    ):
        erase_school_year(writer, pipeline.pseudonyms, 2026, REQUEST)
    assert of(pipeline, "1001") == 5
    assert pipeline.start("hold", *options, "--lift").wait(60) == 0
    done = pipeline.start("erase", *options)
    output = done.communicate(timeout=60)[0]
    assert done.returncode == 0, output
    assert json.loads(output)["rows_left"] == 0


def test_names_that_waited_for_a_role_go_with_the_year_they_are_of(pipeline: Pipeline):
    users = [
        spec.row("1.2", "users", sourcedId=who, status="active", dateLastModified=f"{year}-06-30T12:00:00Z")
        for who, year in (("w1", 2020), ("w2", 2021))
    ]
    pipeline.take("users.csv", spec.table("1.2", "users", *users))
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as writer:
        certificate = erase_school_year(writer, pipeline.pseudonyms, 2020, REQUEST)
    assert certificate["rows_erased"]["student_name"] == 1
    left = [(pipeline.pseudonyms.uuid("w2"),)]
    for table in ("student_name", "student_identity"):
        assert pipeline.rows(f"SELECT student FROM homeroom.{table}") == left


def test_the_commands_hold_lift_and_retain_and_every_step_is_on_the_record(pipeline: Pipeline):
    def run(*arguments: str) -> tuple[int, str]:
        started = pipeline.start(*arguments)
        output = started.communicate(timeout=60)[0]
        return started.wait(), output

    old = samples.PLAIN.replace("2025-10-03", "2015-10-03").replace("10/03/2025", "2014-10-03")
    pipeline.take("old.csv", old)
    who = ("--student", "1001", "--requested-by", "office")
    assert run("hold", *who, "--reason", "request to inspect") == (0, '{"holds": 1}\n')
    code, output = run("retain", "--years", "5")
    assert code == 2
    records = [json.loads(line) for line in output.splitlines()]
    (certificate,) = [line for line in records if "signature" in line]
    assert certificate["school_year"] == 2015
    assert is_genuine(certificate, pipeline.pseudonyms)
    assert "School year 2016: A request to inspect these records is open" in output
    assert (of(pipeline, "1001"), of(pipeline, "1002")) == (5, 0), "the year that is held stays, the other goes"

    assert run("hold", *who, "--reason", "inspected on 3 May", "--lift") == (0, '{"lifted": 1}\n')
    assert run("hold", *who, "--reason", "once more", "--lift") == (0, '{"lifted": 0}\n')
    code, output = run("retain", "--years", "5")
    assert (code, json.loads(output)["school_year"]) == (0, 2016), output
    assert run("retain", "--years", "5") == (0, ""), "nothing is left that is past its time"
    assert of(pipeline, "1001") == 0
    assert pipeline.rows("SELECT to_regclass('homeroom.result_2016')") == [(None,)]
    assert run("retain", "--years", "0")[0] == 2, "the year that is going on is never erased"
    accesses = pipeline.rows(
        "SELECT source, actor, purpose FROM homeroom.access_record WHERE scope = 'erasure' ORDER BY 1, 3"
    )
    assert ("hold command", "office", "request to inspect") in accesses
    assert ("hold command, lifting", "office", "inspected on 3 May") in accesses
    assert [kind for kind, *_ in accesses].count("erase command") == 2
    assert pipeline.rows("SELECT homeroom.first_broken_link()") == [(None,)]


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

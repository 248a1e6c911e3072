"""One file's way: from the bucket to the tables, with its report and its record of access."""

from __future__ import annotations

from processor.ingest.process import Ended
from tests.processor import samples
from tests.processor.pipeline import Pipeline, zipped


def test_a_oneroster_archive_ends_in_the_tables(pipeline: Pipeline):
    result = pipeline.take(
        "export.zip",
        zipped(
            manifest=samples.MANIFEST.format(mode="bulk"),
            orgs=samples.ORGS,
            users=samples.USERS,
            classes=samples.CLASSES,
            lineItems=samples.LINE_ITEMS,
            results=samples.RESULTS,
        ),
    )
    assert (result.ended, result.rows, result.accepted, result.rejected, result.held) == (Ended.MERGED, 8, 8, 0, 0)
    ada = pipeline.pseudonyms.uuid("u1")
    pipeline.admin.execute("SET ROLE homeroom_reader")
    with pipeline.admin.transaction():
        assert pipeline.rows("SELECT count(*) FROM homeroom.analytics_result") == [(0,)], "nothing was opened"
        pipeline.rows("SELECT homeroom.record_access('t', '', 'test', 'aggregate', '{}', '', '', 2)")
        assert pipeline.rows(
            "SELECT student, school_year, assessment_id, period, school_id, grade, scale_score, status "
            "FROM homeroom.analytics_result WHERE scale_score IS NOT NULL"
        ) == [(ada, 2026, "or:mathematics", "g1", "s1", "04", 88.5, "fully graded")]
        assert pipeline.rows("SELECT count(*) FROM homeroom.student_name") == [(0,)], "aggregates open no names"
    with pipeline.admin.transaction():
        pipeline.rows("SELECT homeroom.record_access('t', '', 'test', 'student', ARRAY[%s], '', '', 1)", ada)
        assert pipeline.rows("SELECT given_name, family_name FROM homeroom.student_name") == [("Ada", "Lovelace")]
    pipeline.admin.execute("RESET ROLE")
    names = {row[0] for row in pipeline.rows("SELECT family_name FROM homeroom.student_name")}
    assert names == {"Lovelace", "Turing"}, "who is no student is not taken"


def test_what_a_file_does_is_in_the_record_of_access(pipeline: Pipeline):
    result = pipeline.take("fall.csv", samples.PLAIN)
    assert pipeline.rows("SELECT purpose, scope, source, rows FROM homeroom.access_record") == [
        ("processing of uploaded results", "ingest", f"file {result.file_id}", 2)
    ]
    students = {row[0] for row in pipeline.rows("SELECT student FROM homeroom.access_student")}
    assert students == {pipeline.pseudonyms.uuid("1001"), pipeline.pseudonyms.uuid("1002")}
    assert pipeline.rows("SELECT homeroom.first_broken_link()") == [(None,)]


def test_refused_rows_are_reported_with_line_reason_and_a_harmless_value(pipeline: Pipeline):
    bad = samples.PLAIN + "1003,Reading,Fall,03.10.2025,=1+1,,,s1,,4,,\n1004,Reading,Fall,2025-10-03,,,,s1,,4,,\n"
    result = pipeline.take("fall.csv", bad)
    assert (result.rows, result.accepted, result.rejected) == (4, 2, 2)
    report = pipeline.report(result)
    assert "fall.csv,4,date,not_a_date,This is no date as YYYY-MM-DD or MM/DD/YYYY.,03.10.2025" in report
    assert "fall.csv,4,score,not_a_number,This is no number with a decimal point.,'=1+1" in report
    assert "fall.csv,5,score,missing,A result needs a score or a level.," in report
    assert pipeline.rows("SELECT line, field, code FROM homeroom.rejected_row ORDER BY number") == [
        (4, "date", "not_a_date"),
        (4, "score", "not_a_number"),
        (5, "score", "missing"),
    ]
    assert pipeline.rows("SELECT state, format, encoding FROM homeroom.file") == [("merged", "plain csv", "UTF-8")]


def test_a_result_waits_for_the_roster_that_names_its_student(pipeline: Pipeline):
    first = pipeline.take("results.csv", samples.RESULTS)
    assert (first.accepted, first.held) == (0, 2)
    assert "unknown_student" in pipeline.report(first)
    for name in ("users", "lineItems", "orgs", "classes"):
        pipeline.take(f"{name}.csv", getattr(samples, {"lineItems": "LINE_ITEMS"}.get(name, name.upper())))
    assert pipeline.rows("SELECT count(*) FROM homeroom.analytics_result") == [(2,)]
    assert pipeline.rows("SELECT version FROM homeroom.data_version") == [(5,)]

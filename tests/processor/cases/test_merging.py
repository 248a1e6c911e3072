"""Merging by what is known: what a file does not tell stays, and the newer word counts, by the source's own time."""

from __future__ import annotations

import itertools

import pytest

from tests.examples import first_of
from tests.processor import oneroster_tables as spec
from tests.processor.cases.files import PLAIN_HEAD, numbers, plain, row, users
from tests.processor.pipeline import Pipeline

FLAGS = f"{PLAIN_HEAD},english_learner,disability,economically_disadvantaged,ethnicity"
SUBGROUP = (
    "SELECT gender, ethnicity, english_learner, disability, economically_disadvantaged FROM homeroom.student_subgroup"
)


@pytest.mark.parametrize("order", first_of(itertools.permutations(range(3)), [(0, 1, 2), (2, 1, 0)]))
def test_a_file_without_a_column_wipes_nothing(district: Pipeline, order: tuple[int, ...]):
    files = [
        ("plain.csv", plain(f"{row()},yes,yes,yes,", head=FLAGS)),
        ("demographics.csv", spec.table("1.1", "demographics", spec.row("1.1", "demographics", sourcedId="1001"))),
        ("one column.csv", plain(f"{row(administration='Winter')},yes", head=f"{PLAIN_HEAD},english_learner")),
    ]
    for place in order:
        assert district.take(*files[place]).rejected == 0
    assert district.rows(SUBGROUP) == [("female", "White", True, True, True)]


def test_bounds_and_subject_stay_where_a_file_has_none(district: Pipeline):
    head = f"{PLAIN_HEAD},subject,score_min,score_max"
    district.take("bounds.csv", plain(f"{row()},ELA,100,300", head=head))
    taken = district.take("none.csv", plain(row("1002", score="900")))
    assert numbers(taken) == (0, 0, 1), "a score beyond the bounds that are known waits"
    assert district.rows("SELECT subject, score_min, score_max FROM homeroom.assessment") == [("ELA", 100.0, 300.0)]
    assert district.take("higher.csv", plain(f"{row('1003')},ELA,,1000", head=head)).rejected == 0
    assert district.rows("SELECT score_min, score_max FROM homeroom.administration") == [(100.0, 1000.0)]


def test_two_tests_of_one_title_and_several_subjects_stay_two(district: Pipeline):
    head = f"{PLAIN_HEAD},subject"
    line = row(assessment="Benchmark")
    taken = district.take("both.csv", plain(f"{line},Mathematics", f"{line},ELA", head=head))
    assert numbers(taken) == (2, 0, 0), district.report(taken)
    district.take("again.csv", plain(f"{line.replace('212', '213')},ELA", head=head))
    query = (
        "SELECT t.subject, r.scale_score FROM homeroom.analytics_result r "
        "JOIN homeroom.assessment t USING (assessment_id)"
    )
    assert sorted(district.rows(query)) == [("ELA", 213.0), ("Mathematics", 212.0)]


RETESTS = {"earlier": row(date="2025-09-03", score="214", grade="5"), "later": row(date="2025-09-20", score="190")}


@pytest.mark.parametrize("order", [("earlier", "later"), ("later", "earlier")])
@pytest.mark.parametrize("several", [False, True])
def test_of_two_times_a_test_was_taken_the_later_counts(district: Pipeline, order: tuple[str, str], several: bool):
    if several:
        for name in order:
            district.take(f"{name}.csv", plain(RETESTS[name]))
    else:
        taken = district.take("both.csv", plain(*(RETESTS[name] for name in order)))
        assert "with a later date" in district.report(taken)
    assert district.rows("SELECT scale_score, taken_on::text FROM homeroom.result") == [(190.0, "2025-09-20")]


def test_the_same_row_twice_is_called_so(district: Pipeline):
    taken = district.take("twice.csv", plain(row(), row(), row("1002")))
    assert numbers(taken) == (2, 1, 0)
    assert "The same row is there twice" in district.report(taken)


def test_a_later_upload_corrects_what_tells_no_time(district: Pipeline):
    district.take("first.csv", plain(row(score="290")))
    district.take("second.csv", plain(row(score="209")))
    assert district.rows("SELECT scale_score FROM homeroom.result") == [(209.0,)]


@pytest.mark.parametrize("wrong", ["2024-10-03", "2026-10-03"])
def test_a_corrected_year_replaces_the_wrong_one(district: Pipeline, wrong: str):
    line = row(administration="Fall 2025-2026", date=wrong)
    district.take("wrong.csv", plain(line))
    district.take("right.csv", plain(line.replace(wrong, "2025-10-03")))
    assert district.rows("SELECT school_year, taken_on::text FROM homeroom.result") == [(2026, "2025-10-03")]


ITEMS = spec.table("1.1", "lineItems", spec.row("1.1", "lineItems", dueDate="2025-04-02", gradingPeriodSourcedId="g0"))
RESULTS = spec.table("1.1", "results", spec.row("1.1", "results", scoreDate="2025-04-02"))


def delta(**cells: str) -> bytes:
    files = {"manifest.csv": spec.manifest("1.1", {"users": "delta"}), "users.csv": users(cells)}
    return spec.archive(files)


def test_who_has_left_keeps_last_years_results_and_no_name(district: Pipeline):
    district.take("year.zip", spec.archive({"users.csv": users({}), "lineItems.csv": ITEMS, "results.csv": RESULTS}))
    district.take("delta.zip", delta(status="tobedeleted", dateLastModified="2026-03-02T20:00:00Z"))
    assert district.rows("SELECT scale_score FROM homeroom.analytics_result") == [(88.5,)]
    assert district.rows("SELECT family_name FROM homeroom.student_name") == [(None,)]


def test_a_delta_of_an_older_moment_than_a_bulk_files_upload_is_applied(district: Pipeline):
    district.take("bulk.zip", spec.archive({"users.csv": users({"grades": "04"})}))
    district.take(
        "delta.zip", delta(status="active", dateLastModified="2026-03-02T11:30:00Z", orgSourcedIds="s7", grades="05")
    )
    rows = district.rows("SELECT school_id, grade FROM homeroom.enrolment WHERE NOT deleted")
    assert rows == [("s7", "05")], "in this school year, whenever the row was changed last"
    district.take(
        "old.zip", delta(status="active", dateLastModified="2025-03-02T11:30:00Z", orgSourcedIds="s1", grades="03")
    )
    assert district.rows("SELECT school_id, grade FROM homeroom.enrolment WHERE NOT deleted") == [("s7", "05")]


@pytest.mark.parametrize(("score", "counts"), [("105", True), ("150", True), ("900", False), ("0", True)])
def test_extra_credit_counts_and_a_typing_error_waits(district: Pipeline, score: str, counts: bool):
    files = {
        "users.csv": users({}),
        "lineItems.csv": spec.table("1.1", "lineItems"),
        "results.csv": spec.table("1.1", "results", spec.row("1.1", "results", score=score)),
    }
    taken = district.take("extra.zip", spec.archive(files))
    assert (taken.rejected, taken.held) == (0, 0 if counts else 1), district.report(taken)


def test_deletions_name_the_students_in_the_record_of_access(district: Pipeline):
    district.take("all.zip", spec.archive({"users.csv": users({}), "lineItems.csv": ITEMS, "results.csv": RESULTS}))
    gone = spec.row(
        "1.1", "results", status="tobedeleted", dateLastModified="2026-05-02T10:00:00Z", studentSourcedId=""
    )
    taken = district.take("results.csv", spec.table("1.1", "results", gone))
    query = (
        "SELECT s.student FROM homeroom.access_student s JOIN homeroom.access_record r USING (access_id) "
        "WHERE r.source = %s"
    )
    assert district.rows(query, f"file {taken.file_id}") == [(district.pseudonyms.uuid("u1"),)]
    assert district.rows("SELECT count(*) FROM homeroom.result") == [(0,)]

"""One child, one record: by whichever of its ids a file names it, in whatever order files come."""

from __future__ import annotations

import itertools
import json

import pytest

from processor.children import Decision, UnclearIdError, merge, named, split
from processor.erasure import Request, erase_student
from tests.examples import first_of
from tests.processor import oneroster_tables as spec
from tests.processor.cases.files import lines, numbers, plain, result, row, users
from tests.processor.pipeline import Pipeline

KEY = "5d41402abc4b2a76b9719d911017c592"
ROSTER = users({"sourcedId": KEY, "identifier": "1001", "userIds": "{State:9000001001},{SSN:123-45-6789}"})
DEMOGRAPHICS = spec.table("1.1", "demographics", spec.row("1.1", "demographics", sourcedId=KEY))
FILES: dict[str, bytes | str] = {
    "roster.zip": spec.archive({"users.csv": ROSTER, "demographics.csv": DEMOGRAPHICS}),
    "local.csv": plain(row("1001")),
    "state.csv": plain(row("9000001001", administration="Winter", date="2026-01-09")),
    "edfi.jsonl": lines(result()),
}
DECISION = Decision("registrar", "the birth certificate", "maple-test")


def students(pipeline: Pipeline) -> list[tuple[str, int]]:
    query = "SELECT student::text, count(*) FROM homeroom.analytics_result GROUP BY 1 ORDER BY 1"
    return pipeline.rows(query)


@pytest.mark.parametrize("order", first_of(list(itertools.permutations(FILES))[::3], 3))
def test_files_by_key_by_number_and_by_state_number_end_as_one_child_in_any_order(district: Pipeline, order):
    for name in order:
        taken = district.take(name, FILES[name])
        assert taken.rejected == 0, district.report(taken)
    child = str(district.pseudonyms.uuid(KEY))
    assert students(district) == [(child, 3)]
    assert district.rows("SELECT DISTINCT gender FROM homeroom.analytics_result") == [("female",)]
    assert district.rows("SELECT student::text FROM homeroom.student") == [(child,)]


@pytest.mark.parametrize("said", first_of(["01001", KEY.upper(), "1001", KEY, "9000001001"], 2))
def test_erasure_goes_by_the_child_whichever_id_it_is_asked_by(district: Pipeline, said: str):
    for name, content in FILES.items():
        district.take(name, content)
    request = Request("parent", "request of 1 June", "maple-test")
    with district.connections().opened("homeroom_writer", autocommit=True) as writer:
        certificate = erase_student(writer, district.pseudonyms, said, request)
    assert (certificate["rows_erased"]["result"], certificate["rows_left"]) == (3, 0)
    assert len(certificate["objects"]) >= 4, "every file that named the child under any id"
    assert district.rows("SELECT count(*) FROM homeroom.result") == [(0,)]
    for name, content in FILES.items():
        again = district.take(f"again {name}", content)
        assert (again.held, students(district)) == (0, []), district.report(again)
    assert district.rows("SELECT count(*) FROM homeroom.student_name WHERE family_name IS NOT NULL") == [(0,)]


def test_a_child_erased_before_its_roster_came_stays_out_under_its_other_ids(district: Pipeline):
    district.take("local.csv", FILES["local.csv"])
    with district.connections().opened("homeroom_writer", autocommit=True) as writer:
        erase_student(writer, district.pseudonyms, "1001", Request("parent", "request", "maple-test"))
    district.take("roster.zip", FILES["roster.zip"])
    state = district.take("state.csv", FILES["state.csv"])
    assert state.rejected == 1
    assert district.rows("SELECT count(*) FROM homeroom.student_name WHERE family_name IS NOT NULL") == [(0,)]


GUIDS = (
    "A1B2C3D4-0000-4000-8000-00000000AB01", "a1b2c3d4-0000-4000-8000-00000000ab01",
    "{A1B2C3D4-0000-4000-8000-00000000AB01}", "a1b2c3d40000400080000000" + "0000ab01",
)  # fmt: skip


def test_guids_are_compared_without_case(district: Pipeline):
    results = [
        spec.row("1.1", "results", sourcedId=f"r{place}", studentSourcedId=written)
        for place, written in enumerate(GUIDS)
    ]
    files = {
        "users.csv": users({"sourcedId": GUIDS[0]}),
        "lineItems.csv": spec.table("1.1", "lineItems"),
        "results.csv": spec.table("1.1", "results", *results),
    }
    taken = district.take("guid.zip", spec.archive(files))
    assert (taken.rejected, taken.held) == (0, 0), district.report(taken)
    assert students(district) == [(str(district.pseudonyms.uuid(GUIDS[0])), len(GUIDS))]


SPELLINGS = ("0001234", "1234", "1234.0", "'0001234", '"=""0001234"""', " 0001234\u00a0", "001234")


@pytest.mark.parametrize("first", first_of(SPELLINGS[:4], ["1234.0"]))
def test_what_a_spreadsheet_does_to_an_id_makes_no_other_student(district: Pipeline, first: str):
    for number, written in enumerate((first, *SPELLINGS)):
        taken = district.take(f"{number}.csv", plain(row(written, administration=f"Month {number}")))
        assert numbers(taken) == (1, 0, 0), district.report(taken)
    assert len(students(district)) == 1
    query = "SELECT string_agg(code, ',') FROM homeroom.rejected_row WHERE code = 'id_repaired'"
    assert district.rows(query) != [(None,)], "that zeros were dropped is said"


def test_zeros_that_were_dropped_are_found_by_the_rosters_numbers(district: Pipeline):
    district.take("lost.csv", plain(row("1234")))
    district.take("users.csv", users({"sourcedId": "K-1", "identifier": "0001234"}))
    district.take("lost again.csv", plain(row("1234", administration="Winter")))
    assert students(district) == [(str(district.pseudonyms.uuid("K-1")), 2)]


def test_children_whose_keys_differ_in_zeros_alone_stay_two(district: Pipeline):
    district.take("users.csv", users({"sourcedId": "007", "familyName": "A"}, {"sourcedId": "7", "familyName": "B"}))
    results = [spec.row("1.1", "results", sourcedId=f"r{who}", studentSourcedId=who) for who in ("007", "7")]
    district.take("items.csv", spec.table("1.1", "lineItems"))
    taken = district.take("results.csv", spec.table("1.1", "results", *results))
    assert numbers(taken) == (2, 0, 0)
    assert len(students(district)) == 2
    doubtful = district.take("plain.csv", plain(row("0007")))
    assert numbers(doubtful) == (0, 0, 1)
    assert "ambiguous_id" in district.report(doubtful)


@pytest.mark.parametrize("late", [False, True])
def test_a_key_that_was_taken_for_another_spelling_is_its_own_once_a_roster_says_so(district: Pipeline, late: bool):
    results = spec.table("1.1", "results", spec.row("1.1", "results", studentSourcedId="7"))
    district.take("items.csv", spec.table("1.1", "lineItems"))
    if not late:
        district.take("results.csv", results)
    district.take("users.csv", users({"sourcedId": "007"}))
    if late:
        district.take("results.csv", results)
    assert students(district) == [(str(district.pseudonyms.uuid("007")), 1)]
    district.take("more users.csv", users({"sourcedId": "7"}))
    assert students(district) == [(str(district.pseudonyms.uuid("7")), 1)]


DAMAGED = ("1.23457E+09", "1.2E+11", "5E+08", "#######", '"9,00E+12"')


def test_ids_whose_digits_are_lost_are_refused_with_the_reason(district: Pipeline):
    rows = [row(written, score=score) for written in DAMAGED for score in ("212", "213")]
    taken = district.take("rounded.csv", plain(*rows, row("1002")))
    assert numbers(taken) == (1, len(rows), 0)
    assert district.report(taken).count("damaged_id") == len(rows)
    assert len(students(district)) == 1


NOBODY = ("NULL", "null", "N/A", "n/a", "NA", "#N/A", "None", "0", "0000", "-", "--", "#REF!", "undefined", "nan")


def test_what_stands_in_an_ids_place_is_no_student(district: Pipeline):
    taken = district.take("nobody.csv", plain(*map(row, NOBODY), row("1002")))
    assert numbers(taken) == (1, len(NOBODY), 0)
    assert district.report(taken).count("nobodys_id") == len(NOBODY)
    results = [result(studentReference={"studentUniqueId": written}) for written in NOBODY]
    assert numbers(district.take("nobody.jsonl", lines(*results))) == (0, len(NOBODY), 0)


def test_a_number_that_two_children_of_a_roster_have_names_nobody(district: Pipeline):
    roster = users({"sourcedId": "A", "identifier": "1001"}, {"sourcedId": "B", "identifier": "1001"})
    taken = district.take("users.csv", roster)
    assert "same_id_twice" in district.report(taken)
    waits = district.take("plain.csv", plain(row("1001")))
    assert numbers(waits) == (0, 0, 1)
    assert "ambiguous_id" in district.report(waits)
    with district.connections().opened("homeroom_writer", autocommit=True) as writer:
        with pytest.raises(UnclearIdError):
            named(writer, district.pseudonyms, "1001")
        merge(writer, district.pseudonyms, "B", "1001", DECISION)
    assert students(district) == [(str(district.pseudonyms.uuid("B")), 1)]


def test_rosters_that_write_no_number_give_nobody_one(district: Pipeline):
    roster = users({"sourcedId": "A", "identifier": "0"}, {"sourcedId": "B", "identifier": "N/A"}, {"sourcedId": "C"})
    taken = district.take("users.csv", roster)
    assert (taken.accepted, taken.rejected) == (3, 0)
    assert "same_id_twice" not in district.report(taken)


def test_a_key_of_one_child_can_be_the_number_of_another(district: Pipeline):
    district.take("plain.csv", plain(row("1001")))
    district.take(
        "users.csv", users({"sourcedId": "1001", "identifier": "2002"}, {"sourcedId": "K", "identifier": "1001"})
    )
    assert students(district) == [(str(district.pseudonyms.uuid("K")), 1)]
    district.take("more.csv", plain(row("1001", administration="Winter"), row("2002", administration="Winter")))
    assert students(district) == sorted(
        [(str(district.pseudonyms.uuid("K")), 2), (str(district.pseudonyms.uuid("1001")), 1)]
    )


def test_each_file_says_how_many_of_its_students_are_known(district: Pipeline):
    district.take(
        "users.csv", users({"sourcedId": "A", "identifier": "1001"}, {"sourcedId": "B", "identifier": "1002"})
    )
    taken = district.take(
        "plain.csv", plain(row("1001"), row("1001", administration="Winter"), row("1002"), row("7777"))
    )
    query = "SELECT students_named, students_matched FROM homeroom.file WHERE file_id = %s"
    assert district.rows(query, taken.file_id) == [(3, 2)]


def test_a_person_merges_and_parts_records_with_a_record_of_both(district: Pipeline):
    district.take("a.csv", plain(row("1001")))
    district.take("b.csv", plain(row("T-77", administration="Winter", date="2026-01-09")))
    options = ("--requested-by", "registrar", "--reason", "the birth certificate")
    merged = district.start("merge-students", "--student", "1001", "--other", "T-77", *options)
    output = merged.communicate(timeout=60)[0]
    assert (merged.returncode, json.loads(output)["results"]) == (0, 1), output
    child = str(district.pseudonyms.uuid("1001"))
    assert students(district) == [(child, 2)]
    district.take("c.csv", plain(row("T-77", administration="Spring", date="2026-05-09")))
    assert students(district) == [(child, 3)], "files that come later find the child as well"
    parted = district.start("split-student", "--student", "T-77", *options)
    output = parted.communicate(timeout=60)[0]
    assert (parted.returncode, json.loads(output)["results"]) == (0, 2), output
    assert students(district) == sorted([(child, 1), (str(district.pseudonyms.uuid("T-77")), 2)])
    query = "SELECT kind, decided_by, reason, rows FROM homeroom.student_decision ORDER BY decision_id"
    assert district.rows(query)[-2:] == [("merge", *options[1::2], 1), ("split", *options[1::2], 2)]
    accesses = district.rows("SELECT actor, purpose, source FROM homeroom.access_record WHERE scope = 'identity'")
    assert {source for *_, source in accesses} >= {"merge-students command", "split-student command"}
    again = district.start("split-student", "--student", "T-77", *options)
    assert "child's own" in again.communicate(timeout=60)[0]
    assert again.returncode == 2


def test_what_a_person_has_said_no_roster_changes(district: Pipeline):
    district.take(
        "users.csv", users({"sourcedId": "A", "identifier": "1001"}, {"sourcedId": "B", "identifier": "1002"})
    )
    with district.connections().opened("homeroom_writer", autocommit=True) as writer:
        merge(writer, district.pseudonyms, "A", "B", DECISION)
        merge(writer, district.pseudonyms, "A", "1002", DECISION)
    taken = district.take("users again.csv", users({"sourcedId": "B", "identifier": "1002"}))
    assert taken.rejected == 0
    district.take("plain.csv", plain(row("1002"), row("1001", administration="Winter")))
    assert students(district) == [(str(district.pseudonyms.uuid("A")), 2)]


def test_a_split_outlives_the_next_roster(district: Pipeline):
    roster = users({"sourcedId": "A", "identifier": "1001"})
    district.take("users.csv", roster)
    district.take("plain.csv", plain(row("1001")))
    with district.connections().opened("homeroom_writer", autocommit=True) as writer:
        split(writer, district.pseudonyms, "1001", DECISION)
    district.take("users again.csv", roster)
    district.take("plain again.csv", plain(row("1001", administration="Winter")))
    assert students(district) == [(str(district.pseudonyms.uuid("1001")), 2)]

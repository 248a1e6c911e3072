"""One who asks before and after a file lands, or is taken back, learns of no few students by the difference."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from processor.access import Access, Scope
from processor.analytics.cells import Cell
from processor.analytics.ledger import WAITS_SECONDS, Ledger, Piece, renewed
from processor.analytics.ledger_bytes import as_bytes, bag_of, fingerprint, of_bytes
from processor.analytics.occasions import Occasion
from processor.analytics.profiles import Reading
from processor.analytics.service import Analytics
from processor.cache.singleflight import SingleFlight
from processor.cache.store import Store
from processor.erasure import Request, erase_student
from tests.processor.analytics import versions
from tests.processor.analytics.adversary import LEVELS, Student
from tests.processor.analytics.versions import Version, answered, history, moved, told_by_differences
from tests.processor.pipeline import Pipeline

ACCESS = Access("a", "a", "a test", Scope.AGGREGATE, "test", "1")
HEADER = "student_id,assessment,administration,date,score,level,school_id\n"


def district(*schools: int, first: int = 0, at: int = 0) -> Version:
    """Return schools of so many students, half of them female, the levels in turn."""
    students: Version = {}
    for place, size in enumerate(schools):
        for number in range(size):
            who = first + len(students)
            students[who] = Student(
                f"s{at + place:02}", "g0", "female" if number % 2 else "male", LEVELS[number // 2 % 3]
            )
    return students


def counts(*data: Version) -> list[int | None]:
    """Return how many are told of in all at each version; nothing where nobody is."""
    return [report.shown[Cell()].n if Cell() in report.shown else None for _, report in answered(data, LEVELS)]


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=pytest.mark.soak if seed >= 12 else ()) for seed in range(60)]
)
def test_no_few_students_are_told_by_the_difference_of_versions(seed: int):
    assert told_by_differences(history(seed, steps=2 if seed < 12 else 3)) == []


def test_the_attack_finds_what_answers_from_the_data_as_it_is_would_tell(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(versions, "renewed", lambda _, bag, levels, now: Ledger((Piece(bag),), levels))
    before = district(60)
    after = before | {99: Student("s00", "g0", "female", LEVELS[0])}
    assert ("came", 0, Cell(), 1) in told_by_differences([before, after])


def test_a_few_who_come_late_wait_until_they_are_more():
    first = district(60, 60)
    late = first | district(5, first=900)
    enough = late | district(60, first=1_000)
    assert counts(first, late, enough) == [120, 120, 185]


def test_who_waits_a_week_is_told_where_the_school_has_ten():
    first = district(600)
    late = first | district(12, first=900) | district(9, first=1_000, at=1)
    days = WAITS_SECONDS / 86_400
    numbers = [len(students) for students, _ in answered([first, late, late, late], LEVELS, days / 2)]
    assert numbers == [600, 600, 600, 612]


def test_a_file_taken_back_that_came_by_itself_is_told_no_more_and_is_told_again():
    first = district(60, 60)
    with_it = first | district(60, first=1_000, at=2)
    assert counts(first, with_it, first, with_it) == [120, 180, 120, 180]


def test_a_correction_of_one_waits_and_one_of_a_whole_school_does_not():
    first = district(90, 90)
    corrected = first | {3: replace(first[3], level=LEVELS[2])}
    every = {number: replace(student, level=LEVELS[(LEVELS.index(student.level) + 1) % 3])
             if student.school == "s00" else student for number, student in first.items()}  # fmt: skip
    answers = [students for students, _ in answered([first, corrected, every], LEVELS)]
    assert answers[1] == first
    assert answers[2] == every


def test_a_file_that_is_taken_back_and_comes_again_with_one_correction_tells_the_former():
    first = district(60)
    again = first | {3: replace(first[3], level=LEVELS[2])}
    assert [students for students, _ in answered([first, {}, again], LEVELS)] == [first, {}, first]


def test_a_first_look_at_a_few_does_not_hide_what_comes():
    few, many = district(12), district(400, 400, first=100)
    *_, (students, report) = answered([few, few | many], LEVELS)
    assert len(students) == 800
    assert None not in report.shown[Cell()].levels


def test_nothing_is_kept_of_an_occasion_of_which_nothing_may_be_told():
    assert renewed(Ledger(), versions.bag_of(district(9)), LEVELS, now=0) == Ledger((), LEVELS)


def test_a_ledger_comes_out_of_the_database_as_it_went_in():
    chance, ledger, students = random.Random(3), Ledger(), district(40, 30)
    for number in range(8):
        ledger = renewed(ledger, versions.bag_of(students), LEVELS, now=number * WAITS_SECONDS)
        students = moved(chance, students)
        assert of_bytes(as_bytes(ledger), ledger.waits_since) == ledger
    assert len(ledger.pieces) > 1


def test_data_looks_other_where_one_score_is():
    key = ("s", "g", "", ("a",) * 5)
    packed = (key, bytes(7) + b"\1" + bytes(7) + b"\2", b"\x40\x10" + bytes(6) + b"\x40\x14" + bytes(6))
    turned = (key, bytes(7) + b"\2" + bytes(7) + b"\1", b"\x40\x14" + bytes(6) + b"\x40\x10" + bytes(6))
    changed = (key, packed[1], packed[2][:-1] + b"\1")
    assert bag_of(Reading([], (), [packed])) == {1: (key, 4.0), 2: (key, 5.0)}
    assert fingerprint(Reading([], (), [packed])) == fingerprint(Reading([], (), [turned]))
    assert fingerprint(Reading([], (), [packed])) != fingerprint(Reading([], (), [changed]))


def rows(students: range, title: str = "Reading", school: str = "s1") -> str:
    return HEADER + "".join(
        f"7{number:03},{title},Fall,2025-10-03,{200 + number % 40},{'Met' if number % 2 else 'Below'},{school}\n"
        for number in students
    )


def told(pipeline: Pipeline) -> int | None:
    """Return how many students the answer about everybody is of, as the API's process asks."""
    with pipeline.connections().pool("homeroom_reader", most=2) as pool:
        analytics = Analytics(pool, SingleFlight(Store(None)), "maple-test", at_hand=0)
        (occasion,) = analytics.occasions(ACCESS).rows
        rows = analytics.table(ACCESS, Occasion(**occasion), Cell(), "").rows
        return int(rows[0]["n"]) if rows else None


def test_of_stored_files_no_one_student_is_told_and_nobody_who_was_erased_is_known(pipeline: Pipeline):
    pipeline.take("one.csv", rows(range(60)))
    assert told(pipeline) == 60
    pipeline.take("two.csv", rows(range(60, 61)))
    assert told(pipeline) == 60
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as connection:
        erase_student(connection, pipeline.pseudonyms, "7003", Request("Ms Okafor", "a request", "maple-test"))
    ((ledger,),) = pipeline.rows("SELECT ledger FROM homeroom.told")
    gone = int.from_bytes(pipeline.pseudonyms.uuid("7003").bytes[:8], "big", signed=True)
    assert not [piece for piece in of_bytes(bytes(ledger)).pieces if gone in piece.bag]
    assert told(pipeline) == 60
    pipeline.take("three.csv", rows(range(100, 160), school="s2"))
    assert told(pipeline) == 120

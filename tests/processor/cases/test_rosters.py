"""Who knows best where a student is: the roster before the file of results, the later entry, the role that goes on."""

from __future__ import annotations

from typing import Any

import pytest

from processor.sources.oneroster_tables import archive
from tests.examples import first_of
from tests.processor import oneroster_tables as spec
from tests.processor.cases.files import described, lines, numbers, plain, result, row, users
from tests.processor.mappings.reading import read, table
from tests.processor.mappings.vendors import CASES
from tests.processor.pipeline import Pipeline

MAP = next(dict(cells) for name, cells, _ in CASES if name == "nwea-map-growth")
ENROLLED = "SELECT school_id, grade FROM homeroom.enrolment WHERE NOT deleted"
OF_VENDOR = {**MAP, "StudentID": "u1", "StudentFirstName": "Jon", "StudentLastName": "Do", "Grade": "9",
             "StudentGender": "F", "SchoolName": "Oak Elem (MAP)"}  # fmt: skip


@pytest.mark.parametrize("vendor_first", [False, True])
def test_a_vendors_file_fills_gaps_and_overwrites_nothing_of_the_roster(district: Pipeline, vendor_first: bool):
    roster = ("users.csv", users({"sourcedId": "u1", "givenName": "John", "familyName": "Doe", "middleName": ""}))
    vendor = ("map.csv", table({**OF_VENDOR, "StudentMI": "Q"}))
    for file in (vendor, roster) if vendor_first else (roster, vendor):
        assert district.take(*file).rejected == 0
    assert district.rows("SELECT given_name, middle_name, family_name FROM homeroom.student_name") == [
        ("John", "Q", "Doe")
    ]
    assert ("s1", "04") in district.rows(ENROLLED)
    assert district.rows("SELECT gender FROM homeroom.student_subgroup") == [("female",)], "a gap is filled"
    assert district.rows("SELECT school_id, grade FROM homeroom.result WHERE standard = ''") == [
        ("Oak Elem (MAP)", "09")
    ]


def test_of_two_vendors_files_the_later_one_counts(district: Pipeline):
    district.take("first.csv", table(OF_VENDOR))
    district.take("second.csv", table({**OF_VENDOR, "StudentFirstName": "Joan"}))
    assert district.rows("SELECT given_name FROM homeroom.student_name") == [("Joan",)]


def association(school: int, entry: str, **more: Any) -> dict[str, Any]:
    return {
        "studentReference": {"studentUniqueId": "1001"}, "schoolReference": {"schoolId": school}, "entryDate": entry,
        "schoolYearTypeReference": {"schoolYear": 2026}, **more,
    }  # fmt: skip


LEFT = association(10, "2025-08-15", exitWithdrawDate="2025-10-10", _lastModifiedDate="2025-10-14T09:00:00Z")
CAME = association(20, "2025-10-13", _lastModifiedDate="2025-10-13T09:00:00Z")
SHORT = association(30, "2025-11-03", exitWithdrawDate="2025-11-07", _lastModifiedDate="2025-11-09T09:00:00Z")
DELETED = {"keyValues": {"schoolId": 10, "studentUniqueId": "1001", "entryDate": "2025-08-15"}}
THERE = {"keyValues": {"schoolId": 20, "studentUniqueId": "1001", "entryDate": "2025-10-13"}}


@pytest.mark.parametrize("order", first_of([(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)], [(0, 1, 2), (2, 1, 0)]))
@pytest.mark.parametrize("one_file", [True, False])
def test_after_a_transfer_the_school_is_the_one_that_goes_on(
    district: Pipeline, order: tuple[int, ...], one_file: bool
):
    told = [(LEFT, CAME, SHORT)[place] for place in order]
    for number, items in enumerate([told] if one_file else [[item] for item in told]):
        assert district.take(f"{number}.jsonl", lines(*items)).rejected == 0
    assert district.rows(ENROLLED) == [("20", None)]


def test_the_end_of_one_association_leaves_another_ones_school(district: Pipeline):
    district.take("both.jsonl", lines(LEFT, CAME))
    district.take("deleted.jsonl", lines(DELETED))
    assert district.rows(ENROLLED) == [("20", None)]
    district.take("gone.jsonl", lines(THERE))
    assert district.rows(ENROLLED) == []
    district.take("anew.jsonl", lines(association(40, "2025-10-12")))
    assert district.rows(ENROLLED) == [("40", None)], "a deletion keeps no other association out"


def test_the_school_that_a_result_names_overwrites_no_association(district: Pipeline):
    district.take("schools.jsonl", lines(CAME))
    district.take(
        "results.jsonl", lines(result(schoolReference={"schoolId": 10}, _lastModifiedDate="2026-01-05T00:00:00Z"))
    )
    assert district.rows(ENROLLED) == [("20", None)]


def roles(*told: dict[str, str]) -> str:
    return spec.table("1.2", "roles", *(spec.row("1.2", "roles", **{"sourcedId": f"x{n}", **cells})
                                        for n, cells in enumerate(told)))  # fmt: skip


STUDENT = {"userSourcedId": "u1", "role": "student", "roleType": "primary", "beginDate": "", "endDate": ""}


@pytest.mark.parametrize(
    ("told", "school"),
    [
        ([{**STUDENT, "orgSourcedId": "s9"}], "s9"),
        ([{**STUDENT, "orgSourcedId": "s1", "endDate": "2024-06-30"}, {**STUDENT, "orgSourcedId": "s2"}], "s2"),
        ([{**STUDENT, "orgSourcedId": "s7", "roleType": "secondary"}, {**STUDENT, "orgSourcedId": "s2"}], "s2"),
        ([{**STUDENT, "orgSourcedId": "s7", "roleType": "secondary"}], "s7"),
        ([{**STUDENT, "orgSourcedId": "s1", "endDate": "2024-06-30"}], None),
    ],
)
def test_the_school_of_a_role_is_the_students_where_the_user_names_none(
    district: Pipeline, told: list[dict[str, str]], school: str | None
):
    user = spec.row("1.2", "users", sourcedId="u1", primaryOrgSourcedId="", grades="04")
    files = {"users.csv": spec.table("1.2", "users", user), "roles.csv": roles(*told)}
    taken = district.take("roster.zip", spec.archive(files))
    assert taken.rejected == 0, district.report(taken)
    assert district.rows(ENROLLED) == [(school, "04")]


def test_a_users_own_school_counts_before_the_roles(district: Pipeline):
    user = spec.row("1.2", "users", sourcedId="u1", primaryOrgSourcedId="s3", grades="04")
    files = {"users.csv": spec.table("1.2", "users", user), "roles.csv": roles({**STUDENT, "orgSourcedId": "s9"})}
    district.take("roster.zip", spec.archive(files))
    assert district.rows(ENROLLED) == [("s3", "04")]


def test_a_pulled_users_role_that_has_ended_is_no_school(district: Pipeline):
    told = [("s1", "", "2024-06-30"), ("s2", "2025-08-01", "")]
    pulled = {
        "sourcedId": "u1", "status": "active", "givenName": "A", "familyName": "B", "grades": ["04"],
        "roles": [{"roleType": "primary", "role": "student", "org": {"sourcedId": org}, "beginDate": begins,
                   "endDate": ends} for org, begins, ends in told],
    }  # fmt: skip
    plain_user = {**pulled, "sourcedId": "u2", "roles": [], "role": "student", "orgs": [{"sourcedId": "s5"}]}
    taken = district.take("users.zip", archive("users", [pulled, plain_user]))
    assert taken.rejected == 0, district.report(taken)
    assert sorted(district.rows(ENROLLED)) == [("s2", "04"), ("s5", "04")]


CODES = [{"studentIdentificationSystemDescriptor": described("StudentIdentificationSystem", "District"),
          "assigningOrganizationIdentificationCode": "D", "identificationCode": "4711"}]  # fmt: skip
OF_DISTRICT = {
    "studentReference": {"studentUniqueId": "1001"},
    "educationOrganizationReference": {"educationOrganizationId": 255901}, "sexDescriptor": described("Sex", "Female"),
    "races": [{"raceDescriptor": described("Race", "Black - African American")}],
    "limitedEnglishProficiencyDescriptor": described("LimitedEnglishProficiency", "Limited"),
    "studentCharacteristics": [{"studentCharacteristicDescriptor": described("C", "Economic Disadvantaged")}],
    "studentIdentificationCodes": CODES,
}  # fmt: skip


def test_an_association_with_the_district_tells_ids_and_subgroups(district: Pipeline):
    taken = district.take("seoa.jsonl", lines(OF_DISTRICT))
    assert numbers(taken) == (1, 0, 0), district.report(taken)
    groups = "gender, ethnicity, economically_disadvantaged, english_learner, disability"
    assert district.rows(f"SELECT {groups} FROM homeroom.student_subgroup") == [
        ("female", "Black or African American", True, True, None)
    ]
    assert district.take("plain.csv", plain(row("4711"))).accepted == 1
    assert district.rows(
        "SELECT count(DISTINCT student) FROM homeroom.result JOIN homeroom.student USING (student)"
    ) == [(1,)]
    assert district.rows("SELECT count(*) FROM homeroom.student") == [(1,)], "the district's number is the same child's"
    gone = {"keyValues": {"educationOrganizationId": 255901, "studentUniqueId": "1001"}}
    assert district.take("gone.jsonl", lines(gone)).rejected == 0
    assert district.rows("SELECT count(*) FROM homeroom.student_subgroup WHERE NOT deleted") == [(1,)]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"hispanicLatinoEthnicity": True}, ("female", "Hispanic or Latino", "true", "true", "")),
        ({"races": [{"raceDescriptor": "#White"}, {"raceDescriptor": "#Asian"}]},
         ("female", "Two or more races", "true", "true", "")),
        ({"races": [], "limitedEnglishProficiencyDescriptor": "#NotLimited"}, ("female", "", "true", "false", "")),
        ({"studentCharacteristics": [{"studentCharacteristicDescriptor": "#Economic Disadvantaged",
                                      "periods": [{"beginDate": "2024-08-01", "endDate": "2025-06-30"}]}]},
         ("female", "Black or African American", "", "true", "")),
        ({"disabilities": [{"disabilityDescriptor": "#Speech"}], "sexDescriptor": "#Not Selected"},
         ("", "Black or African American", "true", "true", "true")),
    ],
)  # fmt: skip
def test_subgroups_of_such_an_association(more: dict[str, Any], expected: tuple[str, ...]):
    sink = read(lines({**OF_DISTRICT, **more}), name="seoa.jsonl").sink
    assert next(iter(sink.small["student_subgroup"].values()))[1:-2] == expected


def test_an_object_of_another_resource_is_none_of_these():
    parsed = read(lines(OF_DISTRICT, {**OF_DISTRICT, "programReference": {"programName": "x"}}), name="seoa.jsonl")
    assert [(cell.line, cell.code) for cell in parsed.refused] == [(2, "unknown_format")]


@pytest.mark.parametrize("kind", ["plain", "vendor"])
def test_a_result_that_is_invalidated_later_no_longer_counts(district: Pipeline, kind: str):
    if kind == "plain":
        preliminary, final = plain(row(), row("1002")), plain(row(score="", level="Invalidated"), row("1002"))
    else:
        first = {**MAP, "TestID": "T1"}
        preliminary, final = table(first), table({**first, "TestRITScore": "", "AchievementQuintile": "Invalidated"})
    district.take("preliminary.csv", preliminary)
    before = district.rows("SELECT count(*) FROM homeroom.result WHERE standard = ''")[0][0]
    taken = district.take("final.csv", final)
    assert taken.rejected == 1, district.report(taken)
    assert "not_tested" in district.report(taken)
    assert district.rows("SELECT count(*) FROM homeroom.result WHERE standard = ''") == [(before - 1,)]
    corrected = district.take("corrected.csv", preliminary)
    assert corrected.rejected == 0
    assert district.rows("SELECT count(*) FROM homeroom.result WHERE standard = ''") == [(before,)], "it may come again"


def test_who_was_absent_once_and_tested_another_day_keeps_the_score(district: Pipeline):
    district.take("tested.csv", plain(row(date="2025-10-03")))
    district.take("retest.csv", plain(row(date="2025-10-10", score="0", level="Absent")))
    both = plain(row("1002", score="", level="Absent"), row("1002", date="2025-10-08"))
    taken = district.take("both.csv", both)
    assert numbers(taken) == (1, 1, 0), district.report(taken)
    assert district.rows("SELECT count(*) FROM homeroom.result WHERE scale_score = 212") == [(2,)]
    assert district.rows("SELECT count(*) FROM homeroom.result_tombstone") == [(0,)]


def test_of_two_scores_of_one_sitting_the_greater_counts_as_a_number(district: Pipeline):
    district.take("map.csv", table({**MAP, "TestRITScore": "99"}, {**MAP, "TestRITScore": "212"}))
    assert district.rows("SELECT scale_score FROM homeroom.result WHERE standard = ''") == [(212.0,)]
    district.take("two.csv", table({**MAP, "TestID": "T1", "TestRITScore": "99"}, {**MAP, "TestID": "T2"}))
    assert district.rows("SELECT count(*) FROM homeroom.result WHERE standard = ''") == [(3,)], "sittings have ids"


def test_line_items_of_one_title_in_two_subjects_are_two_tests(district: Pipeline):
    subjects = {"math4": "Mathematics", "ela4": "ELA", "none": ""}
    classes = spec.table("1.1", "classes", *(spec.row("1.1", "classes", sourcedId=name, subjects=subject)
                                             for name, subject in subjects.items()))  # fmt: skip
    told = [(name, title) for name in subjects for title in ("Unit 1 Test", "Mathematics quiz")]
    items = spec.table("1.1", "lineItems", *(
        spec.row("1.1", "lineItems", sourcedId=f"{title} {name}", title=title, classSourcedId=name)
        for name, title in told
    ))  # fmt: skip
    expected = {
        ("Unit 1 Test", "Mathematics"), ("Unit 1 Test", "ELA"), ("Unit 1 Test", None), ("Mathematics quiz", None),
        ("Mathematics quiz", "ELA"),
    }  # fmt: skip
    tests = "SELECT title, subject FROM homeroom.assessment"
    district.take("both.zip", spec.archive({"lineItems.csv": items, "classes.csv": classes}))
    assert set(district.rows(tests)) == expected
    district.admin.execute("TRUNCATE homeroom.assessment, homeroom.administration")
    assert district.take("items.csv", items).rejected == 0
    assert set(district.rows(tests)) == expected, "by the classes that are known from before"


def test_after_a_transfer_a_result_stays_with_the_school_of_its_class(district: Pipeline):
    classes = spec.table("1.1", "classes", spec.row("1.1", "classes", sourcedId="c1", schoolSourcedId="s1"))
    items = spec.table("1.1", "lineItems", spec.row("1.1", "lineItems", sourcedId="l1", classSourcedId="c1"))
    results = spec.table("1.1", "results", spec.row("1.1", "results", lineItemSourcedId="l1", studentSourcedId="u1"))
    roster = users({"sourcedId": "u1", "orgSourcedIds": "s1"})
    files = {"users.csv": roster, "classes.csv": classes, "lineItems.csv": items, "results.csv": results}
    district.take("fall.zip", spec.archive(files))
    district.take("transfer.csv", users({"sourcedId": "u1", "orgSourcedIds": "s2"}))
    assert [school for school, _ in district.rows(ENROLLED)] == ["s2"]
    assert district.rows("SELECT school_id FROM homeroom.analytics_result") == [("s1",)]

"""Conformance of each format: what its specification allows is read, in the words of the tables of fields."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from processor.formats import edfi, values
from processor.formats.base import Format, Reading, plan
from processor.formats.registry import formats, recognize
from processor.problems import InvalidValueError
from processor.pseudonyms import Pseudonyms
from tests.processor import oneroster_tables as spec
from tests.processor import samples

READING = Reading(Pseudonyms({"pseudonym_key": "k" * 40}), datetime(2026, 6, 1, tzinfo=UTC), frozenset({"D1"}))
STUDENT = READING.pseudonyms.of("u1")
AT = "2026-05-01T10:00:00.000Z"


class Taken:
    """A sink that keeps rows by target."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []

    def put(self, target: str, *values: str) -> None:
        self.rows.append((target, *values))

    def put_result(self, line: str) -> None:
        self.rows.append(("result", *line.rstrip("\n").split("\t")[2:]))

    def put_results(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.put_result(line)


def named(name: str) -> Format:
    return next(data_format for data_format in formats() if data_format.name == name)


def read(kind: Format, cells: dict[str, str], reading: Reading = READING) -> list[tuple[str, ...]]:
    taken = Taken()
    assert kind.writer is not None
    order = plan(kind, reading)
    picked = [cells.get(name, "") for name in order.names]
    kind.writer(reading, taken)(2, order.deleted(picked) or order.read(picked))
    return taken.rows


@pytest.mark.parametrize(
    ("header", "name", "file_name"),
    [
        (samples.USERS, "oneroster users", ""),
        (samples.ORGS, "oneroster orgs", ""),
        (samples.CLASSES, "oneroster classes", ""),
        (samples.LINE_ITEMS, "oneroster lineItems", ""),
        (samples.RESULTS, "oneroster results", ""),
        (samples.PLAIN, "plain csv", ""),
        ("sourcedId,userSourcedId,roleType,role,orgSourcedId", "oneroster roles", ""),
        ("sourcedId,hispanicOrLatinoEthnicity", "oneroster demographics", ""),
        ("SOURCEDID,LINEITEMSOURCEDID,STUDENTSOURCEDID,SCORESTATUS", "oneroster results", ""),
        ("sourcedId,score", "oneroster results", "results.csv"),
    ],
)
def test_a_file_is_known_by_its_columns(header: str, name: str, file_name: str):
    recognized = recognize(header.splitlines()[0].split(","), is_json=False, file_name=file_name)
    assert recognized is not None
    assert recognized.name == name


def test_every_format_names_its_source_and_its_fields_once():
    for data_format in formats():
        assert data_format.source
        assert data_format.title
        assert len(set(data_format.names())) == len(data_format.names())
        assert (data_format.writer is None) is data_format.is_json


RESULT = {
    "sourcedId": "r1",
    "lineItemSourcedId": "l1",
    "studentSourcedId": "u1",
    "scoreStatus": "fully graded",
    "score": "88.50",
    "scoreDate": "2025-10-02",
}


def result(**more: str) -> list[tuple[str, ...]]:
    return read(named("oneroster results"), RESULT | more)


def test_oneroster_bulk_leaves_status_and_date_blank_and_the_upload_dates_it():
    expected = ("result", "or:r1", "", "2026", STUDENT, "or:l1", "", "", "2025-10-02", "88.5", "", "fully graded")
    assert result() == [(*expected, "2026-06-01T00:00:00+00:00", "f")]


@pytest.mark.parametrize("status", ["exempt", "not submitted", "submitted"])
def test_oneroster_results_without_a_score_have_a_status_that_says_so(status: str):
    assert result(score="", scoreStatus=status)[0][9:12] == ("", "", status)


def test_oneroster_12_scores_in_words_are_levels():
    assert result(score="", textScore="Meets")[0][9:11] == ("", "Meets")


def test_oneroster_graded_results_need_a_score_in_11_alone():
    with pytest.raises(InvalidValueError, match="needs a score"):
        result(score="")
    later = Reading(READING.pseudonyms, READING.uploaded_at, version="1.2")
    assert read(named("oneroster results"), RESULT | {"score": ""}, later)[0][9:12] == ("", "", "fully graded")


@pytest.mark.parametrize("status", [*spec.SCORE_STATUS, "Fully Graded", "fullyGraded", "ext:audited"])
def test_oneroster_score_statuses_of_the_specification_and_extensions_are_known(status: str):
    expected = "fully graded" if status.lower().startswith("fully") else status
    assert result(scoreStatus=status)[0][11] == expected


def test_oneroster_score_statuses_that_are_neither_are_refused():
    with pytest.raises(InvalidValueError, match="none of"):
        result(scoreStatus="late")


@pytest.mark.parametrize("kind", [*spec.ORG_TYPES, "ext:campus"])
def test_oneroster_org_types_of_the_specification_and_extensions_are_known(kind: str):
    ((_, _, _, actual, *_),) = read(named("oneroster orgs"), {"sourcedId": "s", "name": "S", "type": kind})
    assert actual == kind


@pytest.mark.parametrize("role", [*spec.ROLES_12, "ext:mentor"])
def test_oneroster_12_roles_introduce_students_and_nobody_else(role: str):
    cells = {"sourcedId": "o1", "userSourcedId": "u1", "roleType": "primary", "role": role, "orgSourcedId": "s1"}
    (target, who, *_), *further = read(named("oneroster roles"), cells)
    assert (target, who) == ("student" if role == "student" else "other_role", STUDENT)
    assert [row[:4] for row in further] == ([("enrolment", STUDENT, "2026", "s1")] if role == "student" else [])


@pytest.mark.parametrize("role", spec.ROLES_11)
def test_oneroster_11_roles_of_the_specification_are_known(role: str):
    assert bool(read(named("oneroster users"), USER | {"role": role})) is (role == "student")


@pytest.mark.parametrize(
    ("told", "expected"),
    [*((word, word) for word in spec.SEX_12), ("ext:twoSpirit", "other"), ("F", "female"), ("M", "male"), ("", "")],
)
def test_oneroster_sexes_of_both_versions_and_extensions_are_known(told: str, expected: str):
    (row,) = read(named("oneroster demographics"), {"sourcedId": "u1", "sex": told})
    assert row[2] == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [("04", "04"), ("4", "04"), ("KG", "KG"), ("PK,KG", "PK"), ("Year 5", "Year 5"), ("", ""), ("EE", "EE")],
)
def test_oneroster_grades_are_of_whatever_vocabulary_was_agreed_on(told: str, expected: str):
    rows = {row[0]: row for row in read(named("oneroster users"), USER | {"role": "student", "grades": told})}
    assert rows["enrolment"][4] == expected


def test_oneroster_users_without_a_school_keep_their_grade():
    rows = {row[0]: row for row in read(named("oneroster users"), USER | {"orgSourcedIds": ""})}
    assert rows["enrolment"][3:5] == ("", "04")


def test_oneroster_12_line_items_name_their_session_and_school():
    item = {"sourcedId": "l1", "title": "Maths", "dueDate": "2025-10-02", "classSourcedId": "c1"}
    (_, occasion) = read(
        named("oneroster lineItems"), item | {"academicSessionSourcedId": "gp2", "schoolSourcedId": "s1"}
    )
    assert occasion[3:7] == ("gp2", "2025-10-02", "c1", "s1")


def test_texts_of_255_characters_are_taken():
    title = "T" * 255
    item = {"sourcedId": "l1", "title": title, "dueDate": "2025-10-02", "classSourcedId": "c1"}
    assert read(named("oneroster lineItems"), item)[0][2] == title
    assert result(textScore=title)[0][10] == title


def test_oneroster_deletions_need_nothing_but_id_and_date():
    rows = read(named("oneroster results"), {"sourcedId": "r1", "status": "tobedeleted", "dateLastModified": AT})
    assert rows == [("result", "or:r1", *[""] * 10, AT, "t")]


@pytest.mark.parametrize("missing", ["status", "dateLastModified"])
def test_oneroster_deltas_need_status_and_date(missing: str):
    delta = Reading(READING.pseudonyms, READING.uploaded_at, delta=True)
    cells = RESULT | {"status": "active", "dateLastModified": AT}
    assert read(named("oneroster results"), cells, delta)
    with pytest.raises(InvalidValueError, match="required"):
        read(named("oneroster results"), cells | {missing: ""}, delta)


def test_a_change_from_the_future_is_refused():
    with pytest.raises(InvalidValueError, match="future"):
        result(dateLastModified="2031-01-01T00:00:00Z")


USER = {
    "sourcedId": "u1",
    "givenName": "Ada",
    "familyName": "Lovelace",
    "identifier": "1001",
    "grades": "4",
    "orgSourcedIds": "s1,s2",
}


def test_oneroster_11_students_are_known_by_their_role():
    kind = named("oneroster users")
    rows = {row[0]: row[1:-2] for row in read(kind, USER | {"role": "student"})}
    assert rows == {
        "student": (STUDENT,),
        "student_identity": (STUDENT, "u1", "1001"),
        "student_name": (STUDENT, "Ada", "", "Lovelace"),
        "enrolment": (STUDENT, "2026", "s1", "04"),
    }
    assert read(kind, USER | {"role": "teacher"}) == []


def test_oneroster_12_students_are_known_by_their_grades():
    kind = named("oneroster users")
    rows = {row[0]: row[1:-2] for row in read(kind, USER | {"orgSourcedIds": "", "primaryOrgSourcedId": "s9"})}
    assert rows["enrolment"] == (STUDENT, "2026", "s9", "04")
    undecided = {row[0] for row in read(kind, USER | {"grades": ""})}
    assert undecided == {"student_identity", "student_name", "enrolment"}, "nobody is a student before a role says so"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"white": "true"}, "White"),
        ({"white": "true", "asian": "true"}, "Two or more races"),
        ({"white": "true", "hispanicOrLatinoEthnicity": "true"}, "Hispanic or Latino"),
        ({"demographicRaceTwoOrMoreRaces": "true"}, "Two or more races"),
        ({}, ""),
    ],
)
def test_oneroster_demographics_are_counted_as_federal_reports_do(told: dict[str, str], expected: str):
    (row,) = read(named("oneroster demographics"), {"sourcedId": "u1", "sex": "female", **told})
    assert row[:4] == ("student_subgroup", STUDENT, "female", expected)


def test_oneroster_line_items_of_one_title_and_period_are_one_occasion_of_one_assessment():
    item = {"sourcedId": "l1", "title": "Maths  Benchmark", "dueDate": "2025-10-02", "classSourcedId": "c1"}
    (test, occasion) = read(named("oneroster lineItems"), item | {"resultValueMax": "100"})
    assert test[:6] == ("assessment", "or:maths benchmark", "Maths  Benchmark", "", "", "100.0")
    assert occasion[:6] == ("administration", "or:l1", "or:maths benchmark", "2026", "2025-10-02", "c1")


def test_oneroster_orgs_of_another_district_are_refused():
    kind, org = named("oneroster orgs"), {"sourcedId": "d", "name": "D", "type": "district"}
    assert read(kind, org | {"identifier": "D1"})
    with pytest.raises(InvalidValueError, match="another district"):
        read(kind, org | {"identifier": "D2"})


STUDENT_ASSESSMENT: dict[str, Any] = {
    "studentAssessmentIdentifier": "sa1",
    "assessmentReference": {"assessmentIdentifier": "math", "namespace": "uri://state"},
    "schoolYearTypeReference": {"schoolYear": 2021},
    "studentReference": {"studentUniqueId": "u1"},
    "administrationDate": "2021-05-12T17:27:08.943Z",
    "whenAssessedGradeLevelDescriptor": "uri://ed-fi.org/GradeLevelDescriptor#Fourth grade",
    "performanceLevels": [
        {"performanceLevelDescriptor": "uri://ed-fi.org/PerformanceLevelDescriptor#Low", "performanceLevelMet": False},
        {"performanceLevelDescriptor": "uri://ed-fi.org/PerformanceLevelDescriptor#Met", "performanceLevelMet": True},
    ],
    "scoreResults": [
        {"assessmentReportingMethodDescriptor": "uri://ed-fi.org/X#Raw score", "result": "8"},
        {"assessmentReportingMethodDescriptor": "uri://ed-fi.org/X#Scale score", "result": "2412"},
    ],
    "studentObjectiveAssessments": [
        {
            "objectiveAssessmentReference": {"identificationCode": "RL.3.1"},
            "scoreResults": [{"result": "5"}],
        }
    ],
}


def read_object(item: dict[str, Any]) -> list[tuple[str, ...]]:
    kind = recognize(item, is_json=True)
    assert kind is not None
    assert kind.object_writer is not None
    taken, order = Taken(), plan(kind, READING)
    kind.object_writer(READING, taken, 1, order.read([edfi.at(item, name) for name in order.names]), item)
    return taken.rows


def test_ed_fi_results_have_their_scale_score_their_level_and_their_objectives():
    rows = [row for row in read_object(STUDENT_ASSESSMENT) if row[0] == "result"]
    record = f"ef:uri://state|math|sa1|{STUDENT}"
    assert [row[1:4] for row in rows] == [(record, "", "2021"), (record, "RL.3.1", "2021")]
    assert rows[0][7:11] == ("04", "2021-05-12", "2412.0", "Met")
    assert rows[1][9:11] == ("5.0", "")


def test_ed_fi_results_need_a_score_or_a_level():
    empty = STUDENT_ASSESSMENT | {"scoreResults": [], "performanceLevels": [], "studentObjectiveAssessments": []}
    with pytest.raises(InvalidValueError, match="score or a performance level"):
        read_object(empty)


def edfi_row(**more: Any) -> tuple[str, ...]:
    """The row of the whole test, with other members."""
    item = {name: value for name, value in (STUDENT_ASSESSMENT | more).items() if value is not None}
    return next(row for row in read_object(item) if row[0] == "result")


def scored(**results: str) -> list[dict[str, str]]:
    return [
        {"assessmentReportingMethodDescriptor": f"uri://x#{method.replace('_', ' ')}", "result": value}
        for method, value in results.items()
    ]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (scored(Raw_score="28", Vertical_score="691"), "691.0"),
        (scored(Percentile="61", Standard_error_measurement="3", RIT_scale_score="212"), "212.0"),
        (scored(Standard_error_measurement="3", Percentile_rank="61", Composite_Score="18"), "18.0"),
        (scored(Percentile="61"), "61.0"),
        (scored(State_index="7", Percentile="61"), "7.0"),
        (scored(Standard_error_measurement="3"), ""),
    ],
)
def test_ed_fi_scores_are_told_apart_by_their_reporting_method(results: list[dict[str, str]], expected: str):
    assert edfi_row(scoreResults=results)[9] == expected


@pytest.mark.parametrize("word", ["Pass", "B+", "61%", "<100"])
def test_ed_fi_results_in_words_are_levels(word: str):
    row = edfi_row(scoreResults=scored(Letter_grade="".join(word)), performanceLevels=None)
    assert row[9:11] == ("", word)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({"administrationDate": "2021-05-12"}, "2021-05-12"),
        ({"administrationDate": "2021-05-12T16:00:00"}, "2021-05-12"),
        ({"administrationDate": "2021-05-12T23:30:00-06:00"}, "2021-05-12"),
        ({"administrationEndDate": "2021-05-13T00:00:00Z"}, "2021-05-13"),
        ({"period": {"assessmentPeriodDescriptor": "uri://x#Spring", "beginDate": "2021-04-01"}}, "2021-04-01"),
        ({}, "2021-06-30"),
    ],
)
def test_ed_fi_results_are_dated_since_version_4_by_what_is_there(days: dict[str, Any], expected: str):
    assert edfi_row(**({"administrationDate": None} | days))[8] == expected


def test_ed_fi_results_without_any_date_are_refused():
    with pytest.raises(InvalidValueError, match="date, or a school year"):
        edfi_row(administrationDate=None, schoolYearTypeReference=None)


def test_ed_fi_students_who_were_not_tested_have_no_score_and_a_status_that_says_so():
    reason = "uri://ed-fi.org/ReasonNotTestedDescriptor#Absent"
    row = edfi_row(
        scoreResults=[], performanceLevels=[], studentObjectiveAssessments=[], reasonNotTestedDescriptor=reason
    )
    assert row[9:12] == ("", "", "not tested")


GRADE_LEVELS = {
    "Infant/toddler": "IT", "Preschool": "PR", "Prekindergarten": "PK", "Transitional Kindergarten": "TK",
    "Kindergarten": "KG", "First grade": "01", "Second grade": "02", "Third grade": "03", "Fourth grade": "04",
    "Fifth grade": "05", "Sixth grade": "06", "Seventh grade": "07", "Eighth grade": "08", "Ninth grade": "09",
    "Tenth grade": "10", "Eleventh grade": "11", "Twelfth grade": "12", "Grade 13": "13", "Postsecondary": "PS",
    "Ungraded": "UG", "Other": "Other", "Out of School": "Out of School", "Adult Education": "AE",
    "Early Education": "Early Education", "No grade level": "",
    "Preschool/Prekindergarten": "PK",
}  # fmt: skip
"""Every value of GradeLevelDescriptor.xml of Data Standard 5.2."""


@pytest.mark.parametrize(("word", "expected"), GRADE_LEVELS.items())
def test_ed_fi_grade_levels_are_all_known(word: str, expected: str):
    assert edfi_row(whenAssessedGradeLevelDescriptor=f"uri://ed-fi.org/GradeLevelDescriptor#{word}")[7] == expected


def test_ed_fi_assessments_may_have_bounds_in_words_and_several_scales():
    def bounds(method: str, least: str, most: str) -> dict[str, str]:
        described = f"uri://ed-fi.org/AssessmentReportingMethodDescriptor#{method}"
        return {"assessmentReportingMethodDescriptor": described, "minimumScore": least, "maximumScore": most}

    item = {
        "assessmentIdentifier": "math",
        "namespace": "uri://state",
        "assessmentTitle": "M" * 255,
        "academicSubjects": [{"academicSubjectDescriptor": "uri://x#Mathematics"}],
        "scores": [
            bounds("Letter grade/mark", "F", "A"),
            bounds("Raw score", "0", "40"),
            bounds("Scale score", "", "9"),
        ],
        "performanceLevels": [{"performanceLevelDescriptor": "uri://x#Met", "minimumScore": "B"}],
        "periods": [{"assessmentPeriodDescriptor": "uri://x#Fall"}],
    }
    rows = read_object(item)
    assert rows[0][4:6] == ("", "9.0")
    assert rows[1][2:4] == ("Met", "1")


def test_ed_fi_levels_are_in_the_order_of_their_least_scores():
    def level(word: str, least: str) -> dict[str, str]:
        return {"performanceLevelDescriptor": f"uri://x#{word}", "minimumScore": least}

    rows = read_object(
        {
            "assessmentIdentifier": "math",
            "namespace": "uri://state",
            "assessmentTitle": "Maths",
            "academicSubjects": [{"academicSubjectDescriptor": "uri://x#Mathematics"}],
            "performanceLevels": [level("High", "200"), level("Low", "100")],
        }
    )
    assert rows[0][:4] == ("assessment", "ef:uri://state|math", "Maths", "Mathematics")
    assert [row[2:4] for row in rows[1:]] == [("Low", "1"), ("High", "2")]


PLAIN = dict(zip(samples.PLAIN.splitlines()[0].split(","), samples.PLAIN.splitlines()[1].split(","), strict=True))


@pytest.mark.parametrize("day", ["2025-10-03", "10/03/2025", "10/3/2025"])
def test_plain_rows_may_write_their_date_in_two_ways(day: str):
    (row,) = [row for row in read(named("plain csv"), PLAIN | {"date": day}) if row[0] == "result"]
    assert row[8] == "2025-10-03"


def test_plain_scores_outside_their_own_bounds_are_refused():
    with pytest.raises(InvalidValueError, match="bounds"):
        read(named("plain csv"), PLAIN | {"score_max": "200"})


@pytest.mark.parametrize(
    "cell",
    ["2025-10-03", "10/3/2025", "10/03/25 9:15 AM", "20251003", "2025/10/03", "2025/10/3 08:00", "3-Oct-2025",
     "3-Oct-25", "Oct 3, 2025", "October 3 2025", "3 Sept 2025"],
)  # fmt: skip
def test_a_date_is_read_as_spreadsheets_and_vendors_write_it(cell: str):
    assert values.any_date(cell) == ("2025-09-03" if "Sept" in cell else "2025-10-03")


@pytest.mark.parametrize(
    "cell", ["03.10.2025", "Oct 2025", "Fall 2025", "3 Foo 2025", "Marx 3, 2025", "31-Feb-2025", "45933"]
)
def test_what_may_be_two_dates_or_none_is_refused(cell: str):
    with pytest.raises(InvalidValueError):
        values.any_date(cell)

"""One school under several names: its key, its number in the district, the state's, its bare name, a lost zero."""

from __future__ import annotations

import itertools

import pytest

from tests.processor.cases.files import lines, plain
from tests.processor.mappings.reading import table
from tests.processor.mappings.vendors import CASES
from tests.processor.pipeline import Pipeline

MAP = next(dict(cells) for name, cells, _ in CASES if name == "nwea-map-growth")
HEAD = "student_id,assessment,administration,date,score,school_id,school_name"
SCHOOLS = "SELECT DISTINCT school_id FROM homeroom.analytics_result ORDER BY 1"


def orgs(*schools: tuple[str, str, str]) -> str:
    """Return an orgs.csv of schools by key, name and number."""
    head = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId"
    return "\n".join([head, *(f"{key},,,{name},school,{number},d1" for key, name, number in schools)]) + "\n"


OAK, ELM = ("s1", "Oak Elementary", "0107"), ("s2", "Elm", "0108")


def of(school_id: str, name: str = "", student: str = "1001") -> str:
    return plain(f"{student},Reading,Fall,2025-10-03,212,{school_id},{name}", head=HEAD)


@pytest.mark.parametrize(
    ("school_id", "name"),
    [("s1", ""), ("S1", ""), ("0107", ""), ("107", ""), ("107", "Oak elementary"), ("", "Oak  Elementary"),
     ("9034", "OAK ELEMENTARY")],
)  # fmt: skip
@pytest.mark.parametrize("roster_first", [True, False])
def test_a_school_is_known_by_key_number_and_name(district: Pipeline, school_id: str, name: str, roster_first: bool):
    files = [("orgs.csv", orgs(OAK, ELM)), ("plain.csv", of(school_id, name))]
    for file in files if roster_first else reversed(files):
        assert district.take(*file).rejected == 0
    assert district.rows(SCHOOLS) == [("s1",)]


@pytest.mark.parametrize(
    ("schools", "school_id", "name", "stays"),
    [
        ([OAK, ("s2", "Oak Elementary", "0108")], "", "Oak Elementary", "Oak Elementary"),
        ([OAK, ("s2", "Elm", "107")], "107", "", "107"),
        ([("12", "Oak", ""), ("012", "Elm", "")], "12", "", "12"),
        # A roster's own key is not another school's number.
        ([("1", "Oak", "2"), ("2", "Elm", "1")], "2", "", "2"),
        # A vendor's own number, under which it calls another school by name.
        ([OAK, ELM], "107", "Elm", "107"),
        ([OAK], "0109", "Ash", "0109"),
    ],
)
def test_what_could_be_two_schools_is_neither(
    district: Pipeline, schools: list[tuple[str, str, str]], school_id: str, name: str, stays: str
):
    district.take("orgs.csv", orgs(*schools))
    assert district.take("plain.csv", of(school_id, name)).rejected == 0
    assert district.rows(SCHOOLS) == [(stays,)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_vendor_state_and_roster_tell_of_one_school(district: Pipeline, order: tuple[int, ...]):
    """Ed-Fi's number is OneRoster's identifier; MAP has the name, and a number without its zero."""
    school = {"schoolId": 255901107, "nameOfInstitution": "Oak Elementary"}
    result = {
        "studentAssessmentIdentifier": "a1", "studentReference": {"studentUniqueId": "1002"},
        "assessmentReference": {"assessmentIdentifier": "ELA", "namespace": "uri://state.example"},
        "schoolYearTypeReference": {"schoolYear": 2026}, "administrationDate": "2025-10-01",
        "reportedSchoolReference": {"schoolId": 255901107},
        "scoreResults": [{"assessmentReportingMethodDescriptor": "x#Scale score", "result": "745"}],
    }  # fmt: skip
    assessment = {"assessmentIdentifier": "ELA", "namespace": "uri://state.example", "assessmentTitle": "ELA"}
    files = [
        ("orgs.csv", orgs(("s1", "Oak Elementary", "255901107"), ELM)),
        ("edfi.jsonl", lines(school, assessment, result)),
        ("map.csv", table({**MAP, "School_StateID": "", "SchoolName": "Oak Elementary"})),
    ]
    for place in order:
        assert district.take(*files[place]).rejected == 0
    assert district.rows(SCHOOLS) == [("s1",)]


def test_the_roster_that_is_taken_back_leaves_the_school_as_it_was_told(district: Pipeline):
    district.take("plain.csv", of("107"))
    district.take("orgs.csv", orgs(OAK))
    district.admin.execute("DELETE FROM homeroom.school WHERE school_id = 's1'")
    assert district.rows(SCHOOLS) == [("107",)]

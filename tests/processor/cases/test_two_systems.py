"""Two systems of one district: whose an id is that both have given, and of which year a roster in pieces is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.erasure import Request, erase_student
from processor.ingest.other_child import Person, is_another, origin_of
from processor.sources.oneroster_tables import archive
from tests.processor import oneroster_tables as spec
from tests.processor.cases.files import plain, row
from tests.processor.mappings.reading import read, table
from tests.processor.pipeline import Pipeline

SIS, VENDOR = "sources/1/a", "sources/2/a"
ITEM: dict[str, object] = {
    "sourcedId": "v1", "title": "Benchmark", "dueDate": "2025-10-10", "class": {"sourcedId": "c1"},
    "resultValueMin": 0, "resultValueMax": 900,
}  # fmt: skip


def user(source_id: str, given_name: str, family_name: str, number: str = "") -> dict[str, object]:
    """Return a student as a source tells one."""
    return {
        "sourcedId": source_id, "status": "active", "givenName": given_name, "familyName": family_name,
        "role": "student", "identifier": number, "grades": ["04"], "orgs": [{"sourcedId": "s1"}],
    }  # fmt: skip


def result(number: str, source_id: str, score: int) -> dict[str, object]:
    """Return a result as a source tells one."""
    return {
        "sourcedId": number, "status": "active", "lineItem": {"sourcedId": "v1"}, "student": {"sourcedId": source_id},
        "scoreStatus": "fully graded", "score": score, "scoreDate": "2025-10-12",
    }  # fmt: skip


def pulled(district: Pipeline, where: str, resource: str, *rows: dict[str, object]) -> int:
    """Bring a batch as a pull writes it, and return how many rows were refused."""
    return district.take(f"{where}/{resource}.zip", archive(resource, rows)).rejected


NAMES = "SELECT given_name FROM homeroom.student_name WHERE NOT deleted ORDER BY 1"
SCORES = (
    "SELECT n.given_name, r.scale_score FROM homeroom.result r "
    "LEFT JOIN homeroom.student_name n USING (student) ORDER BY 2"
)


def test_two_children_with_one_id_of_two_systems_stay_two(district: Pipeline):
    pulled(district, SIS, "users", user("7", "Ann", "Lee", "4711"))
    assert pulled(district, VENDOR, "users", user("7", "Omar", "Diaz"), user("8", "Cy", "Poe")) == 1
    assert district.rows(NAMES) == [("Ann",), ("Cy",)]
    pulled(district, VENDOR, "lineItems", ITEM)
    assert pulled(district, VENDOR, "results", result("r1", "7", 300), result("r2", "8", 400)) == 1
    assert district.rows(SCORES) == [("Cy", 400.0)], "the vendor's result of Omar is not Ann's"
    assert district.rows("SELECT code FROM homeroom.rejected_row ORDER BY file_id") == [("id_of_another",)] * 2
    assert pulled(district, SIS, "results", result("r3", "7", 200)) == 0, "the first system goes on"


def test_an_id_that_systems_share_on_purpose_is_one_child(district: Pipeline):
    pulled(district, SIS, "users", user("7", "José Luis", "Núñez", "0042"))
    assert pulled(district, VENDOR, "users", user("7", "Jose", "Nunez-Vega", "42")) == 0
    pulled(district, VENDOR, "lineItems", ITEM)
    assert pulled(district, VENDOR, "results", result("r1", "7", 300)) == 0
    assert district.rows(
        "SELECT count(DISTINCT student) FROM homeroom.result JOIN homeroom.student USING (student)"
    ) == [(1,)]


def test_a_system_may_correct_its_own_names(district: Pipeline):
    pulled(district, SIS, "users", user("7", "Ann", "Lee"))
    assert pulled(district, "sources/1/b", "users", user("7", "Omar", "Diaz")) == 0
    assert district.rows(NAMES) == [("Omar",)]


def test_a_name_that_was_corrected_makes_the_id_the_childs_again(district: Pipeline):
    pulled(district, SIS, "users", user("7", "Ann", "Lee"))
    pulled(district, VENDOR, "users", user("7", "Omar", "Diaz"))
    assert pulled(district, VENDOR, "users", user("7", "Ann", "Lee")) == 0
    pulled(district, VENDOR, "lineItems", ITEM)
    assert pulled(district, VENDOR, "results", result("r1", "7", 300)) == 0
    assert district.rows(SCORES) == [("Ann", 300.0)]


def test_archives_are_told_apart_by_the_system_that_their_manifest_names(district: Pipeline):
    def roster(system: str, given_name: str, family_name: str) -> bytes:
        told = spec.row("1.1", "users", sourcedId="7", givenName=given_name, familyName=family_name, grades="04")
        manifest = spec.manifest("1.1", {"users": "bulk"}) + f"source.systemName,{system}\r\n"
        return spec.archive({"manifest.csv": manifest, "users.csv": spec.table("1.1", "users", told)})

    district.take("sis.zip", roster("Maple SIS", "Ann", "Lee"))
    assert district.take("vendor.zip", roster("Test Vendor", "Omar", "Diaz")).rejected == 1
    assert district.take("again.zip", roster("Maple SIS", "Omar", "Diaz")).rejected == 0


def test_erasure_forgets_whose_the_key_was_not(district: Pipeline):
    pulled(district, SIS, "users", user("7", "Ann", "Lee"))
    pulled(district, VENDOR, "users", user("7", "Omar", "Diaz"))
    assert district.rows("SELECT origin FROM homeroom.other_child") == [("source 2",)]
    with district.connections().opened("homeroom_writer", autocommit=True) as writer:
        erase_student(writer, district.pseudonyms, "7", Request("office", "asked for", "maple-test"))
    assert district.rows("SELECT count(*) FROM homeroom.other_child") == [(0,)]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("Ann", "Lee"), ("Omar", "Diaz"), True),
        (("Ann", "Lee"), ("ANN", "Smith"), False),
        (("Ann", "Lee"), ("Ben", "Lee"), False),
        (("Ann", "Lee", "12"), ("Ben", "Lee", "13"), True),
        (("Ann", "Lee", "0012"), ("Annabel", "Roe", "12"), False),
        (("Lee", "Ann"), ("Ann", "Lee"), False),
        (("A.", "Lee"), ("Ann", "Roe"), False),
        (("", "Lee"), ("Ann", "Roe"), False),
    ],
)
def test_whether_two_systems_speak_of_two_children(one: tuple[str, ...], other: tuple[str, ...], expected: bool):
    assert is_another(Person(*one), Person(*other)) is is_another(Person(*other), Person(*one)) is expected


@given(given_name=st.text(min_size=1), family=st.text(min_size=1), number=st.text())
def test_nobody_is_another_than_the_same(given_name: str, family: str, number: str):
    assert not is_another(Person(given_name, family, number), Person(given_name.upper(), family.upper(), number))


@pytest.mark.parametrize(
    ("key", "system", "expected"),
    [("incoming/sources/3/ab/users.zip", "x", "source 3"), ("incoming/trial/sources/3/ab/users.zip", "", "source 3"),
     ("incoming/roster.zip", "maple sis", "maple sis"), ("incoming/sources.zip", "", "")],
)  # fmt: skip
def test_which_system_an_object_is_of(key: str, system: str, expected: str):
    assert origin_of(key, system) == expected


@pytest.mark.parametrize(("least", "told"), [(410, 1), (215, 0)])
def test_two_scales_in_two_files_of_one_occasion_are_told(district: Pipeline, least: int, told: int):
    scaled = [row(str(1000 + place), score=str(180 + 3 * place)) for place in range(12)]
    other = [row(str(2000 + place), score=str(least + place)) for place in range(12)]
    district.take("first.csv", plain(*scaled))
    second = district.take("second.csv", plain(*other))
    assert second.accepted == 12
    assert district.report(second).count("scale_differs") == told


@pytest.mark.parametrize(("ours", "refused"), [("1234", 0), ("9999", 1)])
def test_a_column_that_one_vendor_alone_calls_so_tells_the_district(ours: str, refused: int):
    cells = {"STN": "100001", "Test name": "Math 4", "Overall scale score": "6400", "Enrolled Grade": "4",
             "Enrolled School ID": "12", "Enrolled Corporation ID": "1234", "School Year": "2026"}  # fmt: skip
    parsed = read(table(cells), district_ids=frozenset({ours}))
    assert [cell.code for cell in parsed.refused] == ["wrong_district"] * refused


def test_a_pulled_roster_is_of_the_year_of_its_sources_sessions(district: Pipeline):
    session: dict[str, object] = {
        "sourcedId": "t1", "status": "active", "title": "2024", "type": "schoolYear", "schoolYear": "2024",
        "startDate": "2023-08-10", "endDate": "2024-06-05",
    }  # fmt: skip
    pulled(district, SIS, "academicSessions", session)
    pulled(district, SIS, "users", user("7", "Ann", "Lee"))
    assert district.rows("SELECT school_year FROM homeroom.enrolment") == [(2024,)]
    pulled(district, VENDOR, "users", user("8", "Cy", "Poe"))
    assert district.rows("SELECT count(*) FROM homeroom.enrolment WHERE school_year = 2024") == [(1,)], "its own alone"

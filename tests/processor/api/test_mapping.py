"""An unknown file is mapped, tried and taken back: on the pages without any script, and by the API."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.markup import squeezed
from tests.processor.api.world import PLAIN, Api, Issuer
from tests.processor.pipeline import Pipeline

UNKNOWN = (
    "Pupil outcomes report\nPrinted 2026-02-01\n\n"
    "Pupil Ref,Exam,Sitting,Sat On,Result Points,Band,Site\n"
    "9001,Woodland Reading,Autumn,9/16/2025,208,Secure,Oak\n"
    "9002,Woodland Reading,Autumn,9/16/2025,many,Secure,Oak\n"
)
NEARLY_MAP = (
    "Term Name,Student Id,RIT Score,Test Start Dt,Subject,SchoolName\nFall 2025-2026,9003,208,9/16/2025,Science,Oak\n"
)
UNDATED = (
    "STN,Test name,Overall scale score,Overall proficiency level,Enrolled Grade\n"
    "9101,ILEARN Mathematics Grade 6,5300,Below Proficiency,6\n"
)
CHOICES = {"title": "Woodland", "student_id": "Pupil Ref", "assessment": "Exam", "administration": "Sitting",
           "date": "Sat On", "score": "Result Points", "level": "Band", "school_name": "Site"}  # fmt: skip


@pytest.fixture
def office(api: Api, issuer: Issuer) -> Iterator[httpx.Client]:
    headers = {"accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=api.url, follow_redirects=True, headers=headers, timeout=120, verify=PLAIN) as client:
        client.post("/sign-in", data={"token": issuer.token()})
        yield client


def newest(district: Pipeline) -> tuple[int, str]:
    ((file_id, state),) = district.rows("SELECT file_id, state FROM homeroom.file ORDER BY file_id DESC LIMIT 1")
    return file_id, state


def test_an_unknown_file_is_mapped_on_its_page_and_the_next_one_is_read_by_itself(
    office: httpx.Client, district: Pipeline
):
    saved_before = district.rows("SELECT count(*) FROM homeroom.mapping")
    refused = district.take("unknown/woodland.csv", UNKNOWN).file_id
    assert f'href="/files/{refused}/mapping"' in office.get(f"/files/{refused}").text
    page = squeezed(office.get(f"/files/{refused}/mapping").text)
    assert "No mapping reads this file yet" in page
    assert "Pupil outcomes report" in page
    assert re.search(r'<option value="Result Points"', page)
    again = office.post(f"/files/{refused}/mapping", data={**CHOICES, "score": "", "level": "", "act": "preview"})
    assert again.status_code == 422
    assert "Choose a column for score or level." in again.text
    preview = squeezed(office.post(f"/files/{refused}/mapping", data={**CHOICES, "act": "preview"}).text)
    assert "<td>9001</td><td>Woodland Reading</td>" in preview
    assert "<td>2026</td><td>Autumn</td><td>2025-09-16</td><td>Oak</td>" in preview
    assert "Line 6, Result Points: This is no number" in preview
    assert district.rows("SELECT count(*) FROM homeroom.mapping") == saved_before, "a preview saves nothing"
    saved = office.post(f"/files/{refused}/mapping", data={**CHOICES, "act": "save"})
    assert saved.url.path == "/uploaded"
    district.drain()
    file_id, state = newest(district)
    assert (state, file_id > refused) == ("merged", True)
    assert district.rows(
        "SELECT format, rows_accepted, rows_rejected FROM homeroom.file WHERE file_id = %s", file_id
    ) == [("woodland (mapping 1)", 1, 1)]
    content = UNKNOWN.replace("9001", "9011").replace("many", "190").replace("Pupil outcomes report\n", "")
    taken = district.take("other.csv", content)
    assert (taken.accepted, taken.rejected) == (2, 0)
    students = "SELECT count(s.student) FROM homeroom.access_record r JOIN homeroom.access_student s USING (access_id) "
    assert district.rows(f"{students} WHERE r.purpose = 'mapping of an upload'")[0][0] >= 1


RECORDS = "".join(
    f"WOOD{number:06}10032025 {score}Oak{' ' * 20}\n" for number, score in ((9201, 212), (9202, 198), (9203, 201))
)
POSITIONS = "kind 1 4 = WOOD\nstudent_id 5 6\ndate 11 8 MMDDYYYY\nscore 20 3\nschool_name 23 6\n"


def test_records_of_fixed_width_are_mapped_by_positions_and_the_next_ones_are_read_by_themselves(
    office: httpx.Client, district: Pipeline
):
    refused = district.take("unknown/records.txt", RECORDS).file_id
    address = f"/files/{refused}/mapping"
    page = office.get(address).text
    assert "········10" in page
    assert "AAAA99999999999999 999AAA" in page, "the shape of a record, and nothing of a student"
    assert "Oak " not in page
    wrong = office.post(address, data={"title": "Records", "positions": "student_id one 6", "act": "preview"})
    assert (wrong.status_code, "Line 1 of the positions is no name" in wrong.text) == (422, True)
    assert "student_id one 6</textarea>" in wrong.text, "what was written stays"
    told = {"title": "Records", "positions": POSITIONS, "assessment_is": "Woodland records", "act": "preview"}
    guessed = office.post(address, data={key: told[key] for key in ("title", "positions", "act")})
    assert re.search(r'<option value="student_id"\s+selected', guessed.text), "fields are guessed by their names"
    choices = {name: name for name in ("student_id", "date", "score", "school_name")}
    preview = squeezed(office.post(address, data={**told, **choices}).text)
    assert "<td>009201</td><td>Woodland records</td>" in preview
    assert "<td>2025-10-03</td><td>Oak</td>" in preview
    assert office.post(address, data={**told, **choices, "act": "save"}).url.path == "/uploaded"
    district.drain()
    newest_file, state = newest(district)
    assert (state, newest_file > refused) == ("merged", True)
    taken = district.take("next.txt", RECORDS.replace("00920", "00930"))
    assert (taken.accepted, taken.rejected) == (3, 0)


def test_a_file_like_a_known_one_is_proposed_with_the_nearest_columns(api: Api, district: Pipeline):
    refused = district.take("unknown/nearly.csv", NEARLY_MAP).file_id
    with api.client() as client:
        answer = client.get(f"/v1/files/{refused}/mapping").json()
        assert answer["recognized"] == ""
        assert answer["after"] == "nwea-map-growth"
        assert answer["missing"] == [{"column": "TestStartDate", "nearest": ["Test Start Dt"]}]
        assert [(row["student"], row["assessment"], row["window"], row["score"]) for row in answer["preview"]] == [
            ("9003", "MAP Growth Science", "Fall", 208.0)
        ]
        mapping = {**answer["proposal"], "name": "our-map", "title": "Our MAP"}
        assert client.put("/v1/mappings/another", json=mapping).status_code == 422
        assert client.put("/v1/mappings/our-map", json=mapping).json()["version"] == 1
        assert client.put("/v1/mappings/our-map", json=mapping).json()["version"] == 2
        assert client.post(f"/v1/files/{refused}/again").status_code == 202
        district.drain()
        file_id, state = newest(district)
        assert state == "merged"
        assert client.get(f"/v1/files/{file_id}").json()["format"] == "our-map (mapping 2)"
        assert client.post(f"/v1/files/{file_id}/again").status_code == 409, "it is stored already"
        assert "our-map" in [row["name"] for row in client.get("/v1/mappings").json()]
        assert client.delete("/v1/mappings/our-map").status_code == 204
        assert client.get("/v1/mappings/our-map").status_code == 404
        assert client.delete("/v1/mappings/nwea-map-growth").status_code == 404, "the library's own stays"
        bad = {**mapping, "results": [{"assessment": {"value": "X"}, "score": {"columns": ["a"], "do": ["eval"]}}]}
        assert client.post(f"/v1/files/{refused}/mapping", json=bad).status_code == 422
        assert client.get("/v1/files/999999/mapping").status_code == 404
    assert district.take("unknown/nearly-2.csv", NEARLY_MAP).ended.value == "rejected", "it was withdrawn"


def test_a_tried_file_is_stored_by_one_button_and_taken_back_with_a_reason(
    office: httpx.Client, api: Api, district: Pipeline
):
    form = office.get("/upload?trial=1").text
    assert "Nothing of it is stored." in form
    assert 'name="key" value="incoming/trial/' in form
    content = NEARLY_MAP.replace("Test Start Dt", "TestStartDate").replace("9003", "9077")
    tried = district.take("trial/x/map.csv", content).file_id
    page = squeezed(office.get(f"/files/{tried}").text)
    assert "was tried: nothing of it is stored" in page
    assert "<dt>New students</dt><dd>1</dd>" in page
    student = district.pseudonyms.uuid("9077")
    query = ("SELECT count(*) FROM homeroom.result WHERE student = %s", student)
    assert district.rows(*query) == [(0,)]
    assert office.post(f"/files/{tried}/again").url.path == "/uploaded"
    district.drain()
    stored, state = newest(district)
    assert (state, district.rows(*query)) == ("merged", [(1,)])
    confirmation = office.get(f"/files/{stored}/undo").text
    assert "Take the file back" in confirmation
    assert office.post(f"/files/{stored}/undo", data={"reason": ""}).status_code == 422
    done = office.post(f"/files/{stored}/undo", data={"reason": "the wrong school"})
    assert "Taken back" in done.text
    assert "the wrong school" in done.text
    assert district.rows(*query) == [(0,)]
    assert office.post(f"/files/{stored}/undo", data={"reason": "once more"}).status_code == 409
    assert district.rows("SELECT count(*) FROM homeroom.access_record WHERE purpose = 'the wrong school'") == [(1,)]
    with api.client() as client:
        assert client.post(f"/v1/files/{stored}/undo", json={"reason": "again"}).status_code == 409
        upload = client.post("/v1/uploads", params={"trial": True}).json()
        assert upload["folder"].startswith("incoming/trial/")


def test_who_may_not_upload_may_neither_map_nor_take_back(api: Api):
    for method, path in (("GET", "/v1/mappings"), ("GET", "/v1/files/1/mapping"), ("POST", "/v1/files/1/undo"),
                         ("POST", "/v1/files/1/again"), ("PUT", "/v1/mappings/x"), ("GET", "/files/1/mapping"),
                         ("POST", "/files/1/undo"), ("GET", "/files/1/undo")):  # fmt: skip
        headers = {"Authorization": f"Bearer {api.issuer.token('aggregate')}"}
        assert httpx.request(method, api.url + path, headers=headers, verify=PLAIN).status_code == 403, path


def test_the_pages_are_whole_without_scripts_or_styles_within(office: httpx.Client, district: Pipeline):
    refused = district.take("unknown/whole.csv", UNKNOWN.replace("Pupil Ref", "Pupil Key")).file_id
    for path in (f"/files/{refused}/mapping", f"/files/{refused}/undo", "/upload?trial=1"):
        answer = office.get(path)
        assert answer.status_code == 200
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?! src=\"/static/)", answer.text), path
        assert answer.text.count("<h1>") == 1
        for field in re.findall(r'<(?:select|textarea|input)[^>]* id="([^"]+)"', answer.text):
            assert f'<label for="{field}"' in answer.text


def test_the_school_year_of_a_folder_counts_in_the_preview_and_when_a_tried_file_is_stored(
    api: Api, district: Pipeline
):
    tried = district.take("trial/2024-25/ilearn.csv", UNDATED).file_id
    with api.client() as client:
        answer = client.get(f"/v1/files/{tried}/mapping").json()
        assert [(row["student"], row["school_year"], row["score"]) for row in answer["preview"]] == [
            ("9101", 2025, 5300.0)
        ]
        assert client.post(f"/v1/files/{tried}/again").status_code == 202
    (result,) = district.drain()
    assert (result.accepted, result.rejected) == (1, 0)

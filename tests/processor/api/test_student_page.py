"""A student's page: for those with the scope, with a purpose that is kept, and never with an id in an address."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.markup import squeezed
from tests.processor.api.world import PLAIN, Api, Issuer
from tests.processor.pipeline import Pipeline

MINE = "SELECT rows FROM homeroom.access_record WHERE scope = 'student' AND purpose = %s"


@pytest.fixture
def office(api: Api, issuer: Issuer) -> Iterator[httpx.Client]:
    headers = {"accept": "text/html", "sec-fetch-site": "same-origin"}
    with httpx.Client(base_url=api.url, follow_redirects=True, headers=headers, timeout=60, verify=PLAIN) as client:
        client.post("/sign-in", data={"token": issuer.token("student")})
        yield client


def test_a_record_is_shown_for_a_purpose_that_is_kept_and_its_id_stands_in_no_address(
    office: httpx.Client, district: Pipeline
):
    ((student, local),) = district.rows(
        "SELECT student::text, local_id FROM homeroom.student_identity JOIN homeroom.student_name USING (student) "
        "WHERE student IN (SELECT student FROM homeroom.analytics_result) LIMIT 1"
    )
    ((given, family),) = district.rows(
        "SELECT given_name, family_name FROM homeroom.student_name WHERE student = %s", student
    )
    answer = office.post("/students", data={"local_id": local, "purpose": "a talk with the family"})
    page = squeezed(answer.text)
    assert answer.status_code == 200
    assert str(answer.url).endswith("/students")
    assert given in page
    assert family in page
    ((results,),) = district.rows("SELECT count(*) FROM homeroom.analytics_result WHERE student = %s", student)
    assert (
        page.partition("Every result, the earliest first")[2].partition("</table>")[0].count('scope="row"') == results
    )
    assert len(district.rows(MINE, "a talk with the family")) == 1


@pytest.mark.parametrize(
    ("typed", "status", "told"),
    [
        ({"local_id": "nobodys", "purpose": ""}, 422, "Say for which purpose"),
        ({"local_id": "", "purpose": "a talk"}, 422, "Type the student"),
        ({"local_id": "nobodys", "purpose": "a talk"}, 404, "There is no such student."),
    ],
)
def test_what_cannot_be_shown_is_said_and_what_was_typed_stays(
    office: httpx.Client, typed: dict[str, str], status: int, told: str
):
    answer = office.post("/students", data=typed)
    assert answer.status_code == status
    page = squeezed(answer.text)
    assert 'role="alert"' in page
    assert told in page
    for name, value in typed.items():
        assert f'name="{name}" value="{value}"' in page


def test_who_has_no_such_scope_finds_no_link_and_is_refused(api: Api, issuer: Issuer):
    with httpx.Client(base_url=api.url, follow_redirects=True, timeout=60, verify=PLAIN) as client:
        page = client.post("/sign-in", data={"token": issuer.token("aggregate ingest")}).text
        assert 'href="/students"' not in page
        assert client.get("/students").status_code == 403
        assert client.post("/students", data={"local_id": "1", "purpose": "x"}).status_code == 403


def test_a_form_of_another_site_reads_nothing(api: Api, issuer: Issuer):
    headers = {"cookie": f"homeroom-session={issuer.token('student')}", "sec-fetch-site": "cross-site"}
    answer = httpx.post(f"{api.url}/students", data={"local_id": "1", "purpose": "x"}, headers=headers, verify=PLAIN)
    assert answer.status_code == 403

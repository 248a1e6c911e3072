"""The data office's way without any script: sign in, upload, see what became of it, look at results."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.markup import squeezed
from tests.processor import oneroster_tables as spec
from tests.processor import samples
from tests.processor.api.world import PLAIN, Api, Issuer
from tests.processor.pipeline import Pipeline

RESULTS = ("/results", "/results?by=ethnicity", "/results?by=grade")


@pytest.fixture
def office(api: Api, issuer: Issuer) -> Iterator[httpx.Client]:
    headers = {"accept": "text/html"}
    with httpx.Client(base_url=api.url, follow_redirects=True, headers=headers, timeout=60, verify=PLAIN) as client:
        assert client.post("/sign-in", data={"token": issuer.token()}).url.path == "/files"
        yield client


def test_a_file_is_uploaded_by_a_plain_form_and_its_rows_are_explained(office: httpx.Client, district: Pipeline):
    page = squeezed(office.get("/upload").text)
    action = re.findall(r'<form method="post" action="([^"]+)" enctype', page)[0]
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', page))
    content = samples.PLAIN.replace("190", "=cmd()")
    back = httpx.post(action, data=fields, files={"file": ("fall scores.csv", content)}, verify=PLAIN)
    assert back.status_code == 303
    waiting = office.get(back.headers["location"])
    assert "It waits to be read" in waiting.text
    district.drain()
    file_page = office.get(back.headers["location"])
    assert file_page.url.path.startswith("/files/")
    assert "fall scores.csv" in file_page.text
    assert "The file is in." in file_page.text
    assert "This is no number" in file_page.text
    assert "=cmd()" not in file_page.text
    downloads = "SELECT count(*) FROM homeroom.access_record WHERE purpose = 'correction of an upload'"
    ((before,),) = district.rows(downloads)
    report = office.get(f"{file_page.url.path}/report")
    assert "'=cmd()" in report.text
    assert "attachment" in report.headers["content-disposition"]
    assert district.rows(downloads) == [(before + 1,)]


def test_the_face_is_served_and_a_browser_that_has_it_gets_it_no_second_time(office: httpx.Client):
    face = office.get("/static/vendor/inter-latin.woff2")
    assert (face.status_code, face.headers["cache-control"]) == (200, "no-cache")
    assert "font-src 'self'" in face.headers["content-security-policy"]
    again = office.get("/static/vendor/inter-latin.woff2", headers={"If-None-Match": face.headers["etag"]})
    assert again.status_code == 304


def test_every_chart_has_its_table_and_nothing_is_styled_or_scripted_inline(office: httpx.Client):
    for path in (*RESULTS, "/upload", "/files", "/sources", "/tests", "/sign-in"):
        answer = office.get(path)
        assert answer.status_code == 200
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?! src=\"/static/)", answer.text), path
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.text.count("<h1>") == 1
        for field in re.findall(r'<(?:select|textarea|input)[^>]* id="([^"]+)"', answer.text):
            assert f'<label for="{field}"' in answer.text
    occasions = re.findall(r'<option value="([0-9a-f]{8})"', office.get("/results").text)
    pages = [office.get("/results", params={"occasion": occasion}).text for occasion in occasions]
    # Groups that are too small, as of the tests beside this one, are in no table.
    results = next(page for page in pages if 'scope="row"' in page)
    charts = results.count("<figure>")
    assert charts >= 1
    assert results.count('role="img"') == charts
    assert results.count("<table>") == charts
    assert 'scope="row"' in results


def test_tests_and_periods_are_called_by_their_titles_and_not_by_ids(office: httpx.Client, district: Pipeline):
    period = "7f3c2d9e-0b5a-4c1d-8e2f-a1b2c3d4e5f6"
    files = {
        "users": spec.table("1.1", "users", spec.row("1.1", "users", sourcedId="titled")),
        "academicSessions": spec.table(
            "1.1", "academicSessions", spec.row("1.1", "academicSessions", sourcedId=period, title="First quarter")
        ),
        "lineItems": spec.table(
            "1.1", "lineItems",
            spec.row("1.1", "lineItems", sourcedId="titled", title="A Called Test", gradingPeriodSourcedId=period),
        ),
        "results": spec.table(
            "1.1", "results",
            spec.row("1.1", "results", sourcedId="titled", studentSourcedId="titled", lineItemSourcedId="titled"),
        ),
    }  # fmt: skip
    taken = district.take("titled.zip", spec.archive({f"{name}.csv": content for name, content in files.items()}))
    assert (taken.accepted, taken.rejected) == (4, 0)
    page = office.get("/results").text
    assert ">A Called Test, 2025-26, First quarter<" in page
    assert period not in page


def test_a_form_of_another_site_is_refused_and_who_is_not_signed_in_is_led_to_the_door(api: Api, issuer: Issuer):
    led = httpx.get(f"{api.url}/files", headers={"accept": "text/html"}, verify=PLAIN)
    assert led.headers["location"] == "/sign-in"
    cookie = {"cookie": f"homeroom-session={issuer.token()}", "sec-fetch-site": "cross-site"}
    assert httpx.post(f"{api.url}/v1/uploads", headers=cookie, verify=PLAIN).status_code == 403
    same = {**cookie, "sec-fetch-site": "same-origin"}
    assert httpx.post(f"{api.url}/v1/uploads", headers=same, verify=PLAIN).status_code == 201
    refused = httpx.post(f"{api.url}/sign-in", data={"token": "nonsense"}, verify=PLAIN)
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_sites_page_signs_nobody_in(api, issuer, headers):
    answer = httpx.post(f"{api.url}/sign-in", data={"token": issuer.token()}, headers=headers, verify=PLAIN)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_token_that_signed_out_is_good_nowhere(api, issuer):
    token = issuer.token()
    ours = {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=api.url, verify=PLAIN, headers=ours) as client:
        assert client.post("/sign-in", data={"token": token}).status_code == 303
        assert client.post("/sign-out").status_code == 303
    stolen = httpx.get(f"{api.url}/v1/files", headers={"Authorization": f"Bearer {token}"}, verify=PLAIN)
    assert stolen.status_code == 401


def test_a_large_body_is_refused_before_anybody_is_asked_who_they_are(api):
    answer = httpx.post(f"{api.url}/v1/students/find", content=b"x" * 70_000, verify=PLAIN)
    assert answer.status_code == 413


def test_an_upload_leads_back_to_no_foreign_host(api, issuer):
    headers = {"Authorization": f"Bearer {issuer.token()}", "Host": "evil.example"}
    assert "evil.example" not in httpx.get(f"{api.url}/upload", headers=headers, verify=PLAIN).text


def test_the_face_is_asked_for_before_the_styles_that_name_it(office):
    page = office.get("/results").text
    face = re.search(r'<link rel="preload" href="(/static/[^"]+)" as="font"', page)
    assert face, "a face that comes late is never shown: its letters would change before one's eyes"
    assert office.get(face.group(1)).content[:4] == b"wOF2"
    assert page.index(face.group(0)) < page.index('rel="stylesheet"')

"""The data office's door over HTTP: where it leads, what its pages tell the script, and which tokens it takes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from devtools.demo.issuer import Issuer as Provider
from devtools.demo.sign_ins import CLIENT_ID
from tests.processor.api.world import AUDIENCE, PLAIN, Api

OURS = {"accept": "text/html", "sec-fetch-site": "same-origin"}
CALLBACK = "/sign-in/callback"


@pytest.fixture
def door(client_office: Api) -> Iterator[httpx.Client]:
    """A browser without a script: it keeps cookies, and is led nowhere by itself."""
    with httpx.Client(base_url=client_office.url, headers=OURS, timeout=60, verify=PLAIN) as client:
        yield client


def told(page: str) -> dict[str, str]:
    """What the page tells the script."""
    return {name: html.unescape(value) for name, value in re.findall(r'data-([a-z]+)="([^"]*)"', page)}


def assert_nobody_is_in(answer: httpx.Response, status: int, sentence: str) -> None:
    assert answer.status_code == status, answer.text
    assert sentence in html.unescape(answer.text)
    assert "set-cookie" not in answer.headers


def test_who_asks_for_a_page_is_told_at_the_door_and_comes_to_it(door: httpx.Client, provider: Provider):
    led = door.get("/results?by=grade").headers["location"]
    assert led == "/sign-in?then=%2Fresults%3Fby%3Dgrade"
    page = door.get(led).text
    assert told(page) | {"error": ""} == {
        "client": CLIENT_ID, "issuer": provider.url, "audience": AUDIENCE, "then": "/results?by=grade", "error": "",
        "scopes": "openid aggregate student ingest audit",
    }  # fmt: skip
    assert '<input type="hidden" name="then" value="/results?by=grade">' in page
    let_in = door.post("/sign-in", data={"token": provider.token(), "then": "/results?by=grade"})
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/results?by=grade")
    assert "HttpOnly" in let_in.headers["set-cookie"]
    assert "SameSite=lax" in let_in.headers["set-cookie"]
    assert door.get("/results?by=grade").status_code == 200


def test_who_asks_for_nothing_in_particular_comes_to_what_the_scopes_open(door: httpx.Client, provider: Provider):
    assert door.get("/files").headers["location"] == "/sign-in"
    assert door.post("/sign-in", data={"token": provider.token()}).headers["location"] == "/files"
    reader = door.post("/sign-in", data={"token": provider.token("aggregate"), "then": ""})
    assert reader.headers["location"] == "/results"


def test_a_form_that_was_sent_leads_back_to_no_form(door: httpx.Client):
    assert door.post("/tests/choice", data={"a": "b"}).headers["location"] == "/sign-in"


@pytest.mark.parametrize("then", ["https://evil.example", "//evil.example/files", "/\\evil.example", "/%09/../\t/evil"])
def test_no_way_back_leads_to_another_site(door: httpx.Client, provider: Provider, then: str):
    assert told(door.get("/sign-in", params={"then": then}).text)["then"] == ""
    assert door.post("/sign-in", data={"token": provider.token(), "then": then}).headers["location"] == "/files"


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "for another district": ({"aud": "cedar-test"}, 401, "for another district"),
    "for the client": ({"aud": CLIENT_ID}, 401, "for another district"),
    "of another issuer": ({"iss": "https://evil.example"}, 401, "of another issuer"),
    "expired": ({"seconds": -60}, 401, "has expired"),
    "for a week": ({"seconds": 7 * 86_400}, 401, "longer than a day"),
    "of nobody": ({"sub": ""}, 401, "names nobody"),
    "without a scope of ours": ({"scope": "openid"}, 403, "has none of the scopes aggregate, student, ingest, audit"),
    "too long for a browser": ({"more": "x" * 4_000}, 403, "longer than 3,800 characters"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_token_that_the_api_would_refuse_lets_nobody_in_whoever_brings_it(
    door: httpx.Client, provider: Provider, name: str
):
    claims, status, sentence = REFUSED[name]
    answer = door.post("/sign-in", data={"token": provider.token(**claims), "then": "/files/7"})
    assert_nobody_is_in(answer, status, sentence)
    assert told(answer.text)["then"] == "/files/7"
    assert (f"for the audience {AUDIENCE}" in answer.text) == (status == 401)


def test_a_refusal_is_said_in_spanish_to_who_reads_it(door: httpx.Client, provider: Provider):
    spanish = {"accept-language": "es-US,es;q=0.9,en;q=0.5"}
    page = door.get("/sign-in", headers=spanish).text
    assert '<html lang="es">' in page
    assert "Iniciar sesión con la cuenta de su distrito" in page
    assert not re.search(r"Sign in|Skip to|Begin again", page)
    answer = door.post("/sign-in", data={"token": provider.token(seconds=-60)}, headers=spanish)
    assert_nobody_is_in(answer, 401, "El token ha caducado. Inicie sesión de nuevo.")


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
@pytest.mark.parametrize("then", ["", "/files/7"])
def test_another_sites_page_hands_over_no_token(
    client_office: Api, provider: Provider, headers: dict[str, str], then: str
):
    data = {"token": provider.token(), "then": then}
    answer = httpx.post(f"{client_office.url}/sign-in", data=data, headers=headers, verify=PLAIN)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/sign-in", CALLBACK])
def test_the_two_pages_reach_the_issuer_and_run_no_script_but_ours(door: httpx.Client, provider: Provider, path: str):
    answer = door.get(path)
    assert answer.status_code == 200
    assert f"connect-src {provider.url};" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert re.findall(r"<script[^>]*>", answer.text) == ['<script src="/static/sign_in.js" defer>']
    assert provider.url not in door.get("/files/7").headers["content-security-policy"]


def test_nothing_of_an_answer_is_read_or_shown_by_the_office(door: httpx.Client):
    bare = door.get(CALLBACK).text
    answer = door.get(CALLBACK, params={"code": "a", "state": "b", "error_description": "made up", "then": "/files/7"})
    assert answer.text == bare
    assert answer.headers.get("set-cookie") is None


def test_without_a_client_id_tokens_are_pasted_and_no_script_runs(api: Api):
    page = httpx.get(f"{api.url}/sign-in", verify=PLAIN)
    assert "data-client" not in page.text
    assert "<script" not in page.text
    assert '<label for="token">' in page.text
    assert httpx.get(api.url + CALLBACK, verify=PLAIN).status_code == 404

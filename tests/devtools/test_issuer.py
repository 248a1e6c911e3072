"""The demo's issuer gives its tokens to programs and people on this machine, and to no page of another site.

Those of a sign-in it gives to the page that the answer went to, once, for the proof that goes with the code (RFC 7636).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from devtools.demo.issuer import (
    AUTHORIZE_PATH,
    DISCOVERY_PATH,
    EXCHANGE_PATH,
    PICK_PATH,
    TOKEN_PATH,
    Issuer,
    running_issuer,
)
from devtools.demo.sign_ins import CLIENT_ID, OFFICE


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[Issuer]:
    with running_issuer(tmp_path, audience="maple-sbx") as running:
        yield running


def test_programs_and_whoever_types_the_address_get_a_token(issuer: Issuer):
    assert httpx.get(issuer.token_url).text.count(".") == 2
    assert httpx.get(issuer.token_url, headers={"Sec-Fetch-Site": "none"}).status_code == 200
    assert httpx.get(f"{issuer.url}/keys").json()["keys"]


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
@pytest.mark.parametrize("path", [TOKEN_PATH, "/keys", PICK_PATH])
def test_another_sites_page_gets_none(issuer: Issuer, path: str, headers: dict[str, str]):
    answer = httpx.get(f"{issuer.url}{path}", headers=headers)
    assert answer.status_code == 403
    assert "eyJ" not in answer.text


ASKED = {
    "client_id": CLIENT_ID, "redirect_uri": "http://127.0.0.1:1/sign-in/callback", "response_type": "code",
    "state": "a", "nonce": "b", "code_challenge": "c", "code_challenge_method": "S256",
}  # fmt: skip


def test_a_link_of_the_data_office_leads_to_the_page_of_its_people_and_a_frame_or_script_does_not(issuer: Issuer):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert OFFICE in httpx.get(f"{issuer.url}{AUTHORIZE_PATH}", params=ASKED, headers=link).text
    script = {**link, "Sec-Fetch-Mode": "no-cors"}
    assert httpx.get(f"{issuer.url}{AUTHORIZE_PATH}", params=ASKED, headers=script).status_code == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/sign-in/callback"},
        {"redirect_uri": "http://127.0.0.1:1@evil.example/sign-in/callback"},
        {"redirect_uri": "http://127.0.0.1:1/elsewhere"},
        {"redirect_uri": "http://127.0.0.1:1/sign-in/callback?x=y"},
        {"client_id": "another"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
        {"response_mode": "form_post"},
        {"state": ""},
    ],
)
def test_another_client_or_address_is_led_nowhere(issuer: Issuer, changed: dict[str, str]):
    # The page to pick on is not told again what is always the same.
    always = {"code_challenge_method", "response_type"} & set(changed)
    for path in (AUTHORIZE_PATH,) if always else (AUTHORIZE_PATH, PICK_PATH):
        answer = httpx.get(f"{issuer.url}{path}", params={**ASKED, **changed, "person": OFFICE})
        assert answer.status_code == 400
        assert "location" not in answer.headers


VERIFIER = "a-verifier-that-is-long-enough-to-be-one-43"
HOME = "http://127.0.0.1:1"


def picked(issuer: Issuer, **more: str) -> dict[str, str]:
    """Be picked at the issuer, and return what is to be sent for the code."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    parameters = {**ASKED, "code_challenge": challenge, "person": OFFICE, **more}
    back = urlsplit(httpx.get(f"{issuer.url}{PICK_PATH}", params=parameters).headers["location"])
    answer = {name: value for name, (value,) in parse_qs(back.query or back.fragment).items()}
    assert (answer["state"], answer["iss"]) == ("a", issuer.name)
    return {
        "grant_type": "authorization_code", "code": answer["code"], "client_id": CLIENT_ID,
        "redirect_uri": ASKED["redirect_uri"], "code_verifier": VERIFIER,
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_a_code_becomes_tokens_once_for_the_page_that_the_answer_went_to(issuer: Issuer, mode: str):
    form = picked(issuer, response_mode=mode)
    page = {"Origin": HOME, "Sec-Fetch-Site": "same-site"}
    answer = httpx.post(f"{issuer.url}{EXCHANGE_PATH}", data=form, headers=page)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == HOME
    claims = jwt.decode(answer.json()["id_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["nonce"], claims["sub"]) == (CLIENT_ID, "b", OFFICE)
    again = httpx.post(f"{issuer.url}{EXCHANGE_PATH}", data=form, headers=page)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert again.headers["access-control-allow-origin"] == HOME


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "another"},
        {"code_verifier": ""},
        {"client_id": "another"},
        {"redirect_uri": "http://127.0.0.1:2/sign-in/callback"},
        {"grant_type": "password"},
        {"code": "another"},
    ],
)
def test_a_code_without_what_goes_with_it_becomes_nothing(issuer: Issuer, changed: dict[str, str]):
    answer = httpx.post(f"{issuer.url}{EXCHANGE_PATH}", data={**picked(issuer), **changed})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1:2"}, 400),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
    ],
)
def test_a_page_of_another_origin_gets_nothing_for_a_code(issuer: Issuer, headers: dict[str, str], status: int):
    answer = httpx.post(f"{issuer.url}{EXCHANGE_PATH}", data=picked(issuer), headers=headers)
    assert answer.status_code == status
    assert "eyJ" not in answer.text


def test_pages_of_this_machine_alone_read_what_the_issuer_is(issuer: Issuer):
    answer = httpx.get(f"{issuer.url}{DISCOVERY_PATH}", headers={"Origin": HOME, "Sec-Fetch-Site": "same-site"})
    assert answer.headers["access-control-allow-origin"] == HOME
    assert answer.json()["issuer"] == issuer.name
    refused = httpx.get(f"{issuer.url}{DISCOVERY_PATH}", headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers

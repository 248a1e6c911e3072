"""What the sign-in decides by itself: paths of ours, what is asked for, whom a page reaches, and in which words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from processor.api import authorization, keys, sign_in_pages, sign_in_words, tokens
from processor.api.languages import preferred
from processor.api.sign_in import CALLBACK, SIGN_IN, Client, landing, own_path, way_back_to
from processor.api.sign_in_words import ERRORS, IN_SPANISH, saying
from processor.api.tokens import Right

HERE = Path(sign_in_pages.__file__).parent
SCRIPT = (HERE / "static" / "sign_in.js").read_text()
TEMPLATES = "".join(
    (HERE / "templates" / name).read_text() for name in ("base.html", "sign_in.html", "sign_in_token.html")
)
OFFICE = Client("https://login.example.org/maple", "office", "maple-prod")


@pytest.mark.parametrize("path", ["/files", "/results?by=grade&school=a%2Fb", "/files/7", "/sign-ins"])
def test_the_way_back_leads_to_pages_of_ours(path: str):
    assert own_path(path) == path
    assert landing(path, frozenset()) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", "files", "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "/a\\b"),
        *("/\t/evil.example", "/\n/evil.example", "/files\r\nSet-Cookie: a=b", "javascript:alert(1)", "/é", "/a b"),
        *("/sign-in", "/sign-in?then=/files", "/sign-in/callback", "/sign-out", "/" + "a" * 1_000),
    ],
)
def test_the_way_back_leads_nowhere_else(path: str):
    assert own_path(path) == way_back_to(path) == ""
    assert landing(path, frozenset(Right)) == "/files"
    assert landing(path, frozenset({Right.AGGREGATE})) == "/results"


def test_who_asked_for_no_page_in_particular_comes_to_what_the_rights_open():
    assert way_back_to("/files") == way_back_to("/") == ""
    assert way_back_to("/files/7") == "/files/7"


def test_every_right_is_asked_for_and_where_entra_signs_in_by_the_name_of_its_api():
    assert OFFICE.scopes == "openid aggregate student ingest audit"
    api = "0f3c7d52-9a1e-4a77-8f0e-5f2f3f0f9c11"
    entra = Client(f"https://login.microsoftonline.com/{api}/v2.0", "office", api)
    assert entra.scopes == f"openid {api}/aggregate {api}/student {api}/ingest {api}/audit"
    assert Client("https://login.microsoftonline.com.evil.example", "office", api).scopes == OFFICE.scopes


def directives(policy: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.strip().partition(" ") for part in policy.split(";"))}


def test_a_page_reaches_the_issuer_alone_and_only_the_one_to_come_back_to_where_a_code_is_exchanged():
    assert directives(OFFICE.policy(SIGN_IN))["connect-src"] == "https://login.example.org"
    back = directives(OFFICE.policy(CALLBACK))
    assert back.pop("connect-src") == "https://login.example.org https:"
    assert set(back.values()) == {"'none'", "'self'"}
    assert (back["default-src"], back["script-src"], back["form-action"]) == ("'none'", "'self'", "'self'")


@pytest.mark.parametrize("path", [SIGN_IN, CALLBACK])
def test_nothing_is_reached_without_tls_but_an_issuer_that_has_none(path: str):
    here = Client("http://127.0.0.1:9000", "office", "maple-sbx")
    assert directives(here.policy(path))["connect-src"] == "http://127.0.0.1:9000"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        *(("", "en"), ("es", "es"), ("es-US,es;q=0.9,en;q=0.8", "es"), ("en-US,en;q=0.9,es;q=0.8", "en")),
        *(("fr,de", "en"), ("fr, ES-mx;q=0.5", "es"), ("es;q=0, en;q=0", "en"), ("es;q=x,;;,=", "en"), ("*", "en")),
    ],
)
def test_a_page_is_in_the_language_that_the_browser_would_rather_have(accept: str, language: str):
    assert preferred(accept) == language


def test_every_sentence_of_the_pages_and_of_a_refused_token_is_said_in_spanish():
    checks = "".join(Path(str(module.__file__)).read_text() for module in (authorization, keys, tokens))
    refused = re.findall(r'(?:TokenRefusedError|KeysUnavailableError|HTTPException)\((?:503, )?"([^"]+)"', checks)
    shown = re.findall(r'say\("([^"]+)"', TEMPLATES)
    assert len(refused) >= 15
    assert len(shown) >= 10
    said = {*refused, *shown, *ERRORS.values(), sign_in_words.NO_RIGHTS, sign_in_words.TOO_LONG, sign_in_words.EXPECTED}
    assert said == set(IN_SPANISH)
    for english, spanish in IN_SPANISH.items():
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", spanish))
        assert english != spanish
    # As in a template, so in Python: none is made of parts.
    assert not re.search(r'(?:TokenRefusedError|KeysUnavailableError)\(f"', checks)


def test_the_script_and_the_page_know_a_fault_by_the_same_name():
    thrown = set(re.findall(r'Refused\("(\w+)"\)', SCRIPT)) | set(re.findall(r'"(\w+)"', refusals()))
    thrown |= set(re.findall(r'asked\([^;]*?, "(\w+)"', SCRIPT)) | {"used", "exchange", "refused", "failed"}
    assert thrown == set(ERRORS)


def refusals() -> str:
    """The script's list of a provider's own refusals."""
    return SCRIPT.partition("const REFUSALS = [")[2].partition("]")[0]


def test_what_a_reader_says_in_no_language_of_ours_is_english():
    assert saying("es")("A sentence of no catalogue") == "A sentence of no catalogue"
    assert saying("es")("Token of {issuer}", issuer="{x}") == "Token de {x}"

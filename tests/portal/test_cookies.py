"""Which cookies there are: those that docs/security.md names, with what it says of them, and no others."""

from __future__ import annotations

import re
import runpy

import pytest
from django.conf import settings
from django.test import Client

from devtools.paths import ROOT
from portal.console.display import DENSITIES, THEMES
from portal.sign_in.saml.views import COOKIE as SAML_ANSWER
from processor.api.authorization import COOKIE as OF_THE_DATA_OFFICE
from registry.accounts.roles import Role
from tests.builders import PASSWORD, a_person, a_run

pytestmark = pytest.mark.django_db
SCRIPTS_READ = {settings.CSRF_COOKIE_NAME}


def told() -> set[str]:
    """Return the names of cookies in the document."""
    text = (ROOT / "docs" / "security.md").read_text()
    (paragraph,) = re.findall(r"^- Cookies, .*?(?=^- |\n\n)", text, re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([a-z_-]+)`", paragraph))


def test_the_document_names_each_cookie_that_is_set():
    run, ada = a_run(), a_person(Role.ADMINISTRATOR)
    client = Client()
    client.get("/sign-in")
    client.post("/language", {"language": "es"})
    client.post("/display", {"theme": "dark", "density": "compact"})
    client.post("/sign-in", {"username": ada.username, "password": PASSWORD})
    refused = client.post(f"/runs/{run.pk}/decide", {"decision": "approved"})
    assert refused.status_code == 302
    ours = {name: cookie for name, cookie in client.cookies.items() if cookie.value}
    elsewhere = {SAML_ANSWER, OF_THE_DATA_OFFICE}
    assert {settings.SESSION_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME, THEMES.cookie, DENSITIES.cookie} <= set(ours)
    assert {*ours, *elsewhere} == told()
    for name, cookie in ours.items():
        assert (bool(cookie["httponly"]), cookie["samesite"]) == (name not in SCRIPTS_READ, "Lax"), name
    assert "messages" not in client.cookies, "what a page tells lies in the session"
    assert client.get(f"/runs/{run.pk}").content.decode().count('class="messages"') == 1


def test_behind_tls_no_neighbour_in_the_domain_sets_what_a_session_rests_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOMEROOM_BEHIND_TLS", "1")
    values = runpy.run_path(str(ROOT / "portal" / "settings.py"))
    for kind in ("SESSION", "CSRF"):
        assert values[f"{kind}_COOKIE_NAME"].startswith("__Host-")
        # What browsers ask of such a name: Secure, the path /, no domain.
        assert values[f"{kind}_COOKIE_SECURE"]
        assert (values.get(f"{kind}_COOKIE_PATH", "/"), values.get(f"{kind}_COOKIE_DOMAIN")) == ("/", None)

"""Signing in by a SAML provider: what the portal says of itself, where it leads, and which answers let nobody in."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from portal import identity_providers

pytestmark = pytest.mark.django_db
SSO = "https://provider.example/sso"
UNSIGNED = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0" IssueInstant="2026-11-29T00:00:00Z"
 InResponseTo="{request}" Destination="http://testserver/account/saml/saml/acs/">
<saml:Issuer>https://provider.example</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<saml:Assertion ID="_2" Version="2.0" IssueInstant="2026-11-29T00:00:00Z"><saml:Issuer>https://provider.example</saml:Issuer>
<saml:Subject><saml:NameID>olivia</saml:NameID></saml:Subject></saml:Assertion></samlp:Response>"""
ENTITIES = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'


@pytest.fixture(autouse=True)
def provider(settings: Any) -> None:
    oidc = identity_providers.OpenIdConnect(issuer="", name="", client_id="", secret="")
    saml = identity_providers.Saml(
        sso_url=SSO, name="Example Schools", entity_id="https://provider.example", certificate="MIIBszCCAVmgAwIBAgIU"
    )
    settings.SOCIALACCOUNT_PROVIDERS = identity_providers.providers(oidc=oidc, saml=saml)
    settings.GROUP_ROLES = {"platform-admins": "Administrator"}


def test_the_portal_says_who_it_is_and_leads_to_the_provider():
    client = Client()
    assert b"/account/saml/saml/acs/" in client.get("/account/saml/saml/metadata/").content
    assert "Sign in with Example Schools" in client.get("/sign-in").content.decode()
    there = client.post("/account/saml/saml/login/")["Location"]
    assert there.startswith(f"{SSO}?")
    assert "SAMLRequest" in parse_qs(urlsplit(there).query)


@pytest.mark.parametrize(
    "document", ["not base64 é", "", "<a", ENTITIES, UNSIGNED, UNSIGNED.replace("{request}", "_0")]
)
def test_a_document_that_does_not_hold_lets_nobody_in(document: str):
    client = Client()
    client.post("/account/saml/saml/login/")
    sent = document if "base64" in document else base64.b64encode(document.encode()).decode()
    answer = client.post("/account/saml/saml/acs/", {"SAMLResponse": sent, "RelayState": "/"}, follow=True)
    assert answer.status_code == 401
    assert "The sign-in failed" in answer.content.decode()
    assert client.get("/system").status_code == 302


def test_there_is_nothing_for_another_organization():
    assert Client().get("/account/saml/other/metadata/").status_code == 404

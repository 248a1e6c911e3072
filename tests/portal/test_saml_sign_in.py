"""Signing in by the organization's SAML provider: who comes in, as what, and which answers let nobody in."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from devtools.paths import ROOT
from devtools.services import saml_provider
from devtools.services.identity_provider import GROUP_ROLES, MEMBERS
from devtools.services.saml_hostile import ENCRYPTED, HOSTILE, another_key
from devtools.services.saml_provider import Provider
from portal import identity_providers, saml_metadata
from portal.sign_in.saml.documents import NotHoldingError, decoded, inflated, parsed, signed_assertion
from registry.accounts.models import User
from registry.accounts.roles import Role, role_of
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_person

pytestmark = pytest.mark.django_db
LOGIN, ACS, FINISH, LEAVE = (f"/account/saml/{name}/" for name in ("login", "acs", "acs/finish", "sign-out"))
ATTRIBUTES = {"uid": "", "username": "username", "email": "email", "groups": "groups"}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with saml_provider.running_saml_provider() as provider:
        yield provider


def use(provider: Provider, settings: Any, *, own: saml_provider.Key | None = None, **attributes: str) -> None:
    saml = identity_providers.Saml(
        name="Example Schools",
        idp=saml_metadata.read(provider.metadata),
        attributes=ATTRIBUTES | attributes,
        key=own.pem if own else "",
        certificate=own.certificate if own else "",
    )
    none = identity_providers.OpenIdConnect(issuer="", name="", client_id="", secret="")
    settings.SOCIALACCOUNT_PROVIDERS = identity_providers.providers(oidc=none, saml=saml)


@pytest.fixture
def provider(running: Provider, settings: Any) -> Iterator[Provider]:
    use(running, settings)
    settings.GROUP_ROLES = dict(pair.split("=") for pair in GROUP_ROLES.split(","))
    yield running
    running.twist, running.authenticated_at = None, None


def asked(client: Client, then: str = "/system") -> dict[str, str]:
    answer = client.post(LOGIN, {"next": then})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def carry(client: Client, response: str) -> Any:
    """Bring an answer as a browser does: from another site without the session, then again with it."""
    cross_site = Client()
    answer = cross_site.post(ACS, {"SAMLResponse": response})
    if answer.status_code != 302:
        return answer
    client.cookies.update(cross_site.cookies)
    return client.get(answer["Location"])


def sign_in(client: Client, provider: Provider, name: str = "oscar") -> Any:
    member = next(member for member in MEMBERS if member.name == name)
    location, response = provider.answer(asked(client)["SAMLRequest"], member)
    assert urlsplit(location).path == ACS
    return carry(client, response)


def test_somebody_with_a_role_comes_in_and_is_made_at_the_first_time(provider: Provider):
    client = Client()
    answer = sign_in(client, provider)
    assert (answer.status_code, answer["Location"]) == (302, "/system"), answer.content.decode()
    oscar = User.objects.get(username="oscar")
    assert role_of(oscar) is Role.OPERATOR
    assert oscar.email == "oscar@organization.example"
    assert not oscar.has_usable_password()
    assert client.get("/system").status_code == 200
    assert AuditEvent.objects.filter(action=AuditAction.USER_SIGNED_IN, actor=oscar).exists()
    sign_in(Client(), provider)
    assert User.objects.filter(username__startswith="oscar").count() == 1
    assert SocialAccount.objects.get().extra_data == {"saml": {"groups": ["platform-operators"]}}


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_an_answer_that_does_not_hold_lets_nobody_in(provider: Provider, kind: str):
    if kind == "replayed":
        sign_in(Client(), provider)
    provider.twist = HOSTILE[kind]
    client = Client()
    answer = sign_in(client, provider)
    assert answer.status_code == 401
    assert "The sign-in failed" in answer.content.decode()
    assert "Begin again" in answer.content.decode()
    assert client.get("/system").status_code == 302
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.outcome, event.subject_id) == (
        AuditAction.USER_SIGN_IN_FAILED,
        "refused",
        "provider:saml",
    )


@pytest.mark.parametrize("cipher", ["AES128_GCM", "AES256_GCM", "AES256"])
def test_an_encrypted_answer_is_read_with_a_key_of_ours_and_refused_without(
    provider: Provider, settings: Any, cipher: str, caplog: pytest.LogCaptureFixture
):
    own = another_key()
    provider.twist = lambda it, answer: saml_provider.encrypted(it.signed(answer), own.certificate, cipher=cipher)
    assert sign_in(Client(), provider).status_code == 401
    assert "HOMEROOM_SAML_OWN_KEY names no key" in caplog.text
    use(provider, settings, own=own)
    answer = sign_in(Client(), provider)
    assert (answer.status_code, role_of(User.objects.get(username="oscar"))) == (302, Role.OPERATOR)
    provider.twist = lambda it, answer: it.last
    assert sign_in(Client(), provider).status_code == 401, "it was used"
    metadata = Client().get("/account/saml/metadata/").content.decode()
    assert 'use="encryption"' in metadata


NAMED = (
    "<ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>",
    "<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName>"
    "<ds:X509SerialNumber>7</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>",
    '<o:SecurityTokenReference xmlns:o="http://docs.oasis-open.org/wss/2004/01/'
    'oasis-200401-wss-wssecurity-secext-1.0.xsd"><ds:X509Data><ds:X509SKI>eA==</ds:X509SKI></ds:X509Data>'
    "</o:SecurityTokenReference>",
    "<ds:KeyName>homeroom</ds:KeyName>",
)


@pytest.mark.parametrize("named", NAMED)
def test_however_a_provider_names_the_key_that_it_encrypted_for(provider: Provider, settings: Any, named: str):
    own = another_key()
    use(provider, settings, own=own)

    def twist(it: Provider, answer: saml_provider.Answer) -> bytes:
        root = etree.fromstring(saml_provider.encrypted(it.signed(answer), own.certificate))
        certificate = "".join(own.certificate.splitlines()[1:-1])
        space = saml_provider.NAMESPACES["ds"]
        info = f'<ds:KeyInfo xmlns:ds="{space}">{named.format(certificate=certificate)}</ds:KeyInfo>'
        saml_provider.element_at(root, "//xenc:EncryptedKey/xenc:EncryptionMethod").addnext(etree.fromstring(info))
        return saml_provider.written(root)

    provider.twist = twist
    assert sign_in(Client(), provider).status_code == 302


@pytest.mark.parametrize("kind", list(ENCRYPTED))
def test_an_encrypted_answer_that_does_not_hold_lets_nobody_in(provider: Provider, settings: Any, kind: str):
    use(provider, settings, own=another_key())
    provider.twist = ENCRYPTED[kind]
    client = Client()
    assert sign_in(client, provider).status_code == 401
    assert client.get("/system").status_code == 302
    assert AuditEvent.objects.latest("id").action == AuditAction.USER_SIGN_IN_FAILED


def test_a_response_whose_own_signature_covers_what_is_encrypted_is_verified_as_it_came(
    provider: Provider, settings: Any
):
    own = another_key()
    use(provider, settings, own=own)

    def signed_again(key: saml_provider.Key) -> Any:
        def twist(it: Provider, answer: saml_provider.Answer) -> bytes:
            root = etree.fromstring(saml_provider.encrypted(it.signed(answer), own.certificate))
            saml_provider.sign(root, key)
            return saml_provider.written(root)

        return twist

    provider.twist = signed_again(provider.key)
    assert sign_in(Client(), provider).status_code == 302
    provider.twist = signed_again(own)
    assert sign_in(Client(), provider).status_code == 401


def test_an_answer_belongs_to_the_browser_that_began_and_is_taken_once(provider: Provider):
    client, other_client = Client(), Client()
    asked(other_client)
    _there, response = provider.answer(asked(client)["SAMLRequest"], MEMBERS[1])
    assert carry(other_client, response).status_code == 401
    assert carry(client, response).status_code == 401, "it was used"
    _there, response = provider.answer(asked(client)["SAMLRequest"], MEMBERS[1])
    assert carry(client, response).status_code == 302
    assert client.get(FINISH).status_code == 401
    assert client.get("/system").status_code == 200


def test_what_is_no_answer_is_kept_nowhere(provider: Provider):
    before = Session.objects.count()
    assert Client().post(ACS, {"SAMLResponse": "bm90aGluZw=="}).status_code == 401
    assert Client().post(ACS, {}).status_code == 401
    assert Client().get(ACS).status_code == 405
    assert Session.objects.count() == before


def test_somebody_without_a_role_or_inactive_does_not_come_in(provider: Provider):
    answer = sign_in(Client(), provider, "stranger")
    assert answer.status_code == 403
    assert "You have no role here" in answer.content.decode()
    assert not User.objects.filter(username="stranger").exists()
    client = Client()
    sign_in(client, provider)
    User.objects.filter(username="oscar").update(is_active=False)
    assert client.get("/system").status_code == 302
    assert sign_in(Client(), provider).status_code == 403


def test_a_name_that_somebody_has_is_never_taken_over(provider: Provider):
    a_person(Role.ADMINISTRATOR, "oscar")
    sign_in(Client(), provider)
    assert User.objects.get(username="oscar").has_usable_password()
    assert role_of(User.objects.exclude(username="oscar").get()) is Role.OPERATOR


def test_an_attribute_can_be_what_the_provider_knows_a_person_by(provider: Provider, settings: Any):
    use(provider, settings, uid="email")
    assert sign_in(Client(), provider).status_code == 302
    assert SocialAccount.objects.get().uid == "oscar@organization.example"
    use(provider, settings, uid="employee number")
    assert sign_in(Client(), provider).status_code == 401


def test_asking_again_means_a_fresh_sign_in_at_the_provider(provider: Provider):
    client = Client()
    sign_in(client, provider)
    assert "Sign in with Example Schools" in client.get("/sign-in/again").content.decode()
    provider.authenticated_at = datetime.now(UTC) - timedelta(hours=1)
    assert sign_in(client, provider).status_code == 401
    assert sign_in(Client(), provider).status_code == 302, "the provider's own session is as good at the first sign-in"


def test_a_provider_without_a_file_of_metadata_is_told_by_its_parts(provider: Provider, settings: Any):
    idp = identity_providers.saml_idp(
        entity_id=provider.entity_id, sso_url=f"{provider.url}/sso", slo_url="", certificate=provider.key.certificate
    )
    app = settings.SOCIALACCOUNT_PROVIDERS["saml"]["APPS"][0]
    app["settings"]["idp"] = idp
    client = Client()
    assert sign_in(client, provider).status_code == 302
    provider.twist = HOSTILE["signed by another"]
    assert sign_in(Client(), provider).status_code == 401
    assert identity_providers.saml_idp(entity_id="", sso_url="", slo_url="", certificate="") == {}


def test_a_file_that_is_no_metadata_of_a_provider_is_named(provider: Provider):
    for text in ("", "<a/>", "{}", provider.metadata.replace("X509Certificate", "Nothing")):
        with pytest.raises(ImproperlyConfigured, match="HOMEROOM_SAML_METADATA"):
            saml_metadata.read(text)


def test_the_settings_come_from_the_environment(provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def loaded(**variables: str) -> Any:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(f"HOMEROOM_SAML_{name}", value)
            return runpy.run_path(str(ROOT / "portal" / "settings.py"))

    assert "saml" not in loaded()["SOCIALACCOUNT_PROVIDERS"]
    certificate = tmp_path / "certificate.pem"
    certificate.write_text(provider.key.certificate)
    key = tmp_path / "key.pem"
    key.write_text(provider.key.pem)
    parts = {"ENTITY_ID": provider.entity_id, "SSO_URL": f"{provider.url}/sso", "CERTIFICATE": str(certificate)}
    own = {"OWN_KEY": str(key), "OWN_CERTIFICATE": str(certificate)}
    metadata = saml_provider.variables(provider.metadata, tmp_path)["HOMEROOM_SAML_METADATA"]
    for variables in (parts | own, {"METADATA": metadata, **own}):
        values = loaded(GROUPS_ATTRIBUTE="memberOf", **variables)
        (app,) = values["SOCIALACCOUNT_PROVIDERS"]["saml"]["APPS"]
        assert app["settings"]["idp"]["entityId"] == provider.entity_id
        assert app["settings"]["attributes"]["groups"] == "memberOf"
        assert app["settings"]["key"] == provider.key.pem
        assert provider.url in values["SIGN_IN_ORIGINS"]
    for incomplete, named in (
        ({"ENTITY_ID": provider.entity_id}, "SAML_SSO_URL"),
        ({"METADATA": str(tmp_path / "nothing")}, "SAML_METADATA"),
        ({"METADATA": str(certificate)}, "SAML_METADATA"),
        (parts | {"OWN_KEY": str(key)}, "SAML_OWN_CERTIFICATE"),
    ):
        with pytest.raises(ImproperlyConfigured, match=named):
            loaded(**incomplete)


def test_a_sign_out_ends_the_session_here_and_with_a_key_of_ours_there(provider: Provider, settings: Any):
    client = Client()
    sign_in(client, provider)
    assert client.post("/sign-out")["Location"].startswith("/sign-in")
    assert client.get("/system").status_code == 302
    use(provider, settings, own=another_key())
    sign_in(client, provider)
    location, _, query = client.post("/sign-out")["Location"].partition("?")
    assert location == f"{provider.url}/sign-out"
    assert {"SAMLRequest", "Signature", "SigAlg"} <= set(parse_qs(query))
    assert client.get("/system").status_code == 302
    assert client.get(f"{LEAVE}?SAMLResponse=x")["Location"] == "/sign-in"


def test_the_provider_ends_a_session_by_a_signed_request_that_names_it(provider: Provider, settings: Any):
    use(provider, settings, own=another_key())
    client = Client()
    sign_in(client, provider)
    destination = f"http://testserver{LEAVE}"
    name = "stand-in|oscar"
    unsigned = provider.sign_out(destination, name).partition("&SigAlg")[0]
    for address in (
        unsigned,
        provider.sign_out(destination, name, key=another_key()),
        provider.sign_out("http://testserver/elsewhere", name),
    ):
        assert client.get(LEAVE, QUERY_STRING=urlsplit(address).query).status_code == 400
    client.get(LEAVE, QUERY_STRING=urlsplit(provider.sign_out(destination, "stand-in|vera")).query)
    assert client.get("/system").status_code == 200
    answer = client.get(LEAVE, QUERY_STRING=urlsplit(provider.sign_out(destination, name)).query)
    assert answer["Location"].startswith(f"{provider.url}/sign-out?SAMLResponse=")
    assert client.get("/system").status_code == 302


def test_the_portal_says_what_a_provider_has_to_know(provider: Provider):
    metadata = Client().get("/account/saml/metadata/").content.decode()
    assert f"http://testserver{ACS}" in metadata
    assert 'WantAssertionsSigned="true"' in metadata


def test_without_a_provider_there_are_no_addresses():
    for address in ("metadata", "sign-out", "acs/finish"):
        assert Client().get(f"/account/saml/{address}/").status_code == 404
    for address in (LOGIN, ACS):
        assert Client().post(address).status_code == 404


@given(st.text(max_size=400) | st.binary(max_size=400).map(lambda raw: raw.hex()))
def test_any_text_is_read_or_refused(text: str):
    for reading in (decoded, inflated):
        try:
            signed_assertion(parsed(reading(text)))
        except NotHoldingError:
            continue
        raise AssertionError("Nothing of this is a signed assertion.")

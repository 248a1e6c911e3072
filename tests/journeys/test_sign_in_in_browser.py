"""Signing in by an organization's providers in a browser: a passkey, a step-up, and an end that somebody else sets.

The providers are the demo's own processes, and their hostile answers are chosen on their pages.
"""

from __future__ import annotations

import html
import re
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from devtools.services import identity_provider, saml_hostile
from devtools.services.identity_provider import CLIENT_ID, CLIENT_SECRET, GROUP_ROLES
from devtools.services.sign_in_providers import OPENID, SAML, SignInProvider, running_provider
from portal import identity_providers, saml_metadata, security_headers
from portal.sign_in.reauthentication import FACTOR_AT
from provisioning.models import Run
from provisioning.onboarding.service import onboard
from provisioning.states.runs import RunState
from registry.accounts.people import let_in
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_person, a_registration, moved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SignInProvider, SignInProvider]]:
    """Run both stand-ins, each as a process of its own."""
    folder = tmp_path_factory.mktemp("providers")
    with running_provider(OPENID, folder) as openid, running_provider(SAML, folder) as saml:
        yield openid, saml


@pytest.fixture
def providers(running: tuple[SignInProvider, SignInProvider], settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the portal and its pages' forms lead to both."""
    openid, saml = running
    settings.OIDC_ISSUER = openid.url
    settings.SOCIALACCOUNT_PROVIDERS = identity_providers.providers(
        oidc=identity_providers.OpenIdConnect(openid.url, "Example Schools", CLIENT_ID, CLIENT_SECRET),
        saml=identity_providers.Saml(
            name="Example Colleges",
            idp=saml_metadata.read(saml.metadata()),
            attributes={"uid": "", "username": "username", "email": "email", "groups": "groups"},
        ),
    )
    settings.GROUP_ROLES = dict(pair.split("=") for pair in GROUP_ROLES.split(","))
    settings.REQUIRE_SECOND_FACTOR = True
    origins = " ".join(("form-action 'self'", *identity_providers.origins(openid.url, saml.url)))
    policy = security_headers.CONTENT_SECURITY_POLICY.replace("form-action 'self'", origins)
    monkeypatch.setattr(security_headers, "CONTENT_SECURITY_POLICY", policy)


@pytest.fixture
def waiting() -> Run:
    run = onboard(registration=a_registration(), actor=a_person(Role.OPERATOR, "otto"))
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    later = timezone.now() + timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(approval_reasons=["It is production."], plan_expires_at=later)
    moved(run, RunState.AWAITING_APPROVAL)
    return run


def sign_in(page: Page, organization: str, name: str, then: str = "/", *, answer: str = "") -> None:
    page.goto(f"/sign-in?next={then}")
    page.get_by_role("button", name=f"Sign in with {organization}").click()
    page.get_by_label("Answer").select_option(answer)
    page.get_by_role("button", name=name, exact=True).click()


def long_ago(page: Page) -> None:
    """Let the use of the second factor in this browser's session be of an hour ago."""
    name = django_settings.SESSION_COOKIE_NAME
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == name)
    session = SessionStore(key)
    session[FACTOR_AT] = (timezone.now() - timedelta(hours=1)).isoformat()
    session.save()


def test_a_passkey_beside_the_provider_approves_a_plan_until_the_person_is_deactivated(
    providers: None, waiting: Run, door: Page, live_server: LiveServer, expected: list[str]
):
    devices = door.context.new_cdp_session(door)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    run = f"/runs/{waiting.number}"

    sign_in(door, "Example Schools", "olivia", run)
    expect(door.get_by_text("Add a second factor first")).to_be_visible()
    door.goto("/account/factors/passkeys/add/")
    door.get_by_role("button", name="Add", exact=True).click()
    door.wait_for_url(lambda url: "/passkeys/" not in url)
    door.goto(run)
    expect(door.get_by_role("button", name="Approve and apply")).to_be_visible()
    door.context.clear_cookies()

    sign_in(door, "Example Schools", "olivia", run)
    door.get_by_role("button", name="Use a passkey").click()
    expect(door.get_by_role("button", name="Approve and apply")).to_be_visible()
    long_ago(door)
    door.get_by_role("button", name="Approve and apply").click()
    expect(door.get_by_role("heading", name="Sign in again")).to_be_visible()
    waiting.refresh_from_db()
    assert waiting.state == RunState.AWAITING_APPROVAL
    door.get_by_role("button", name="Use a passkey").click()
    door.get_by_role("button", name="Approve and apply").click()
    expect(door.get_by_text("Exactly this plan is applied.")).to_be_visible()

    waiting.refresh_from_db()
    assert waiting.decided_by is not None
    assert waiting.decided_by.username == "olivia"

    let_in(waiting.decided_by, active=False, actor=a_person(Role.ADMINISTRATOR, "ada"))
    door.goto("/system")
    expect(door.get_by_role("heading", name="Sign in to Homeroom")).to_be_visible()
    expected.append("403")
    sign_in(door, "Example Schools", "olivia")
    expect(door.get_by_role("heading", name="You have no role here")).to_be_visible()


def test_an_answer_that_comes_from_another_site_finds_the_session_that_asked(
    providers: None, door: Page, live_server: LiveServer
):
    sign_in(door, "Example Colleges", "vera", "/system")
    expect(door.get_by_role("heading", level=1, name="System")).to_be_visible()
    expect(door).to_have_url(f"{live_server.url}/system")


ALIKE = ("wrong issuer", "replayed", "unsigned", "expired", "wrong audience")
ANSWERS = {"Example Schools": (*ALIKE, "another's nonce"), "Example Colleges": (*ALIKE, "asked by nobody")}
"""Of the hostile answers, those that are chosen in a browser; all of them are tried without one."""


@pytest.mark.parametrize("organization", list(ANSWERS))
def test_a_hostile_answer_is_refused_on_a_page_that_says_what_to_do(
    providers: None, door: Page, live_server: LiveServer, expected: list[str], organization: str
):
    sign_in(door, organization, "vera", "/system")
    expect(door.get_by_role("heading", level=1, name="System")).to_be_visible()
    door.context.clear_cookies()
    expected.append("401")
    came_in = AuditEvent.objects.filter(action=AuditAction.USER_SIGNED_IN)
    refused = AuditEvent.objects.filter(action=AuditAction.USER_SIGN_IN_FAILED)
    assert (came_in.count(), refused.count()) == (1, 0)
    for number, answer in enumerate(ANSWERS[organization], start=1):
        sign_in(door, organization, "vera", "/system", answer=answer)
        expect(door.get_by_role("heading", name="The sign-in failed"), answer).to_be_visible()
        expect(door.get_by_text("Begin again; if it persists, tell an administrator.")).to_be_visible()
        assert (came_in.count(), refused.count()) == (1, number), answer
        assert door.request.get("/system", max_redirects=0).status == HTTPStatus.FOUND, answer
    door.get_by_role("link", name="Back to the sign-in").click()
    expect(door.get_by_role("button", name=f"Sign in with {organization}")).to_be_visible()


def test_the_providers_pages_offer_every_hostile_answer(running: tuple[SignInProvider, SignInProvider]):
    hostile = (list(identity_provider.HOSTILE), list(saml_hostile.HOSTILE))
    for provider, address, answers in zip(running, ("authorize", "sso"), hostile, strict=True):
        with urllib.request.urlopen(f"{provider.url}/{address}") as opened:
            page = opened.read().decode()
        assert re.findall(r'<option value="(.*?)">', page) == ["", *(html.escape(answer) for answer in answers)]

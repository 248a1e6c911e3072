"""The page of API tokens: a secret is seen once, after a sign-in of lately, and everybody sees their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from registry.accounts.models import ApiToken, User
from registry.accounts.roles import Role
from registry.accounts.services import set_service_account
from registry.accounts.tokens.secrets import PATTERN, digest
from tests.builders import a_person

pytestmark = pytest.mark.django_db
FORM = {"name": "ci", "scopes": ["operate"], "days": "30", "environments": ["sandbox"], "suffixes": "lakeside-sbx"}


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_secret_is_shown_this_once():
    client = signed_in(a_person())
    answer = client.post("/tokens", FORM)
    match = PATTERN.search(answer.content.decode())
    assert match is not None
    assert "no-store" in answer["Cache-Control"]
    token = ApiToken.objects.get()
    assert (token.sha256, token.environments, token.suffixes) == (digest(match[0]), ["sandbox"], ["lakeside-sbx"])
    page = client.get("/tokens").content.decode()
    assert "lakeside-sbx" in page
    assert PATTERN.search(page) is None


def test_what_lets_people_in_is_off_unless_chosen_and_then_told():
    client = signed_in(a_person(Role.ADMINISTRATOR))
    page = client.get("/tokens").content.decode()
    assert 'value="people"' in page
    assert "checked" not in page[page.index('name="scopes"') : page.index('name="days"')]
    assert "can let anybody in" not in client.post("/tokens", FORM | {"scopes": ["administer"]}).content.decode()
    assert "can let anybody in" in client.post("/tokens", FORM | {"name": "b", "scopes": ["people"]}).content.decode()
    assert [token.scopes for token in ApiToken.objects.order_by("pk")] == [["administer", "read"], ["people", "read"]]


def test_a_viewer_is_offered_reading_alone():
    client = signed_in(a_person(Role.VIEWER))
    assert 'value="operate"' not in client.get("/tokens").content.decode()
    assert client.post("/tokens", FORM).status_code == 422
    assert not ApiToken.objects.exists()


def test_who_signed_in_long_ago_signs_in_again():
    client = signed_in(a_person())
    client.post("/tokens", FORM)
    session = client.session
    session["signed_in_at"] = (timezone.now() - timedelta(minutes=16)).isoformat()
    session.save()
    token = ApiToken.objects.get()
    for answer in (client.post("/tokens", FORM | {"name": "b"}), client.post(f"/tokens/{token.pk}/revoke")):
        assert answer["Location"] == "/sign-in/again?next=%2Ftokens"
    assert ApiToken.objects.filter(revoked_at=None).count() == 1


def test_who_needs_a_second_factor_makes_no_token_without(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client = signed_in(a_person())
    assert client.post("/tokens", FORM)["Location"].startswith("/account?next=")
    assert not ApiToken.objects.exists()


def test_one_revokes_ones_own_and_an_administrator_all():
    owner, other, admin = signed_in(a_person()), signed_in(a_person()), signed_in(a_person(Role.ADMINISTRATOR))
    owner.post("/tokens", FORM)
    token = ApiToken.objects.get()
    assert other.post(f"/tokens/{token.pk}/revoke").status_code == 404
    assert "No active tokens." in other.get("/tokens").content.decode()
    assert token.user.username in admin.get("/tokens").content.decode()
    assert admin.post(f"/tokens/{token.pk}/revoke").status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert "No active tokens." in owner.get("/tokens").content.decode()


def test_an_administrator_makes_those_of_service_accounts():
    service = set_service_account(username="pipeline", role=Role.OPERATOR)
    assert signed_in(a_person()).post("/tokens", FORM | {"owner": str(service.pk)}).status_code == 200
    assert not ApiToken.objects.filter(user=service).exists()
    signed_in(a_person(Role.ADMINISTRATOR)).post("/tokens", FORM | {"owner": str(service.pk)})
    assert ApiToken.objects.get(user=service).scopes == ["operate", "read"]

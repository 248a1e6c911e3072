"""What a browser sends for a passkey: whatever it is, it is answered, and what lets nobody in is on record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from registry.accounts import throttle
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import PASSWORD, a_person
from tests.portal.passkeys import LOGIN, Passkey

pytestmark = pytest.mark.django_db
SECOND = "/account/factors/authenticate/"
AGAIN = "/sign-in/again"
ADD = "/account/factors/passkeys/add/"
UNREADABLE = (
    '{"id": "x"}',
    '{"id": "x", "rawId": "x"}',
    '{"id": 1, "rawId": 1, "response": {}}',
    '{"rawId": "eA", "response": {"clientDataJSON": "eA"}}',
    '{"rawId": "eA", "response": {"clientDataJSON": "e30", "authenticatorData": "eA", "signature": "eA"}}',
    '{"rawId": "eA", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}}',
    '{"response": []}',
    "[]",
    "1",
    "\u202e",
    "[" * 5000,
    '{"a":' * 5000,
)
DOORS = (LOGIN, SECOND, AGAIN, ADD)


@pytest.fixture
def person() -> User:
    return a_person(username="otto")


def at(door: str, person: User) -> Client:
    """Return a client that stands before a door."""
    client = Client(raise_request_exception=False)
    if door == SECOND:
        client.post("/sign-in", {"username": person.username, "password": PASSWORD})
    elif door != LOGIN:
        client.force_login(person)
    return client


def challenge(client: Client, door: str) -> str:
    """Return what the door's page asks a browser to sign."""
    if door == LOGIN:
        asked = client.get(LOGIN, headers={"accept": "application/json"}).json()
    else:
        asked = client.get(door).context["js_data"]
    found: str = asked["request_options"]["publicKey"]["challenge"]
    return found


def failures() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=AuditAction.USER_SIGN_IN_FAILED))


@pytest.mark.parametrize("door", DOORS)
def test_what_no_browser_sends_is_answered(person: User, door: str):
    Passkey.of(person)
    client, answers = at(door, person), {}
    if door == ADD:
        client.post(AGAIN, {"password": PASSWORD})
    for credential in UNREADABLE:
        cache.clear()
        answers[credential[:40]] = client.post(door, {"credential": credential}).status_code
    assert all(code < 500 for code in answers.values()), answers
    assert client.get("/account").status_code == (302 if door in (LOGIN, SECOND) else 200)


def signed_by_another(passkey: Passkey, person: User, asked: str) -> dict[str, Any]:
    stranger = Passkey(person)
    stranger.credential_id = passkey.credential_id
    return stranger.shown(asked)


@pytest.mark.parametrize(("door", "whose"), [(LOGIN, "passkey:"), (SECOND, "otto"), (AGAIN, "otto")])
def test_a_passkey_that_lets_nobody_in_is_on_record(person: User, door: str, whose: str):
    passkey = Passkey.of(person)
    client = at(door, person)
    answer = client.post(door, {"credential": json.dumps(signed_by_another(passkey, person, challenge(client, door)))})
    assert answer.status_code < 500
    (event,) = failures()
    assert event.subject_id.startswith(whose)
    assert event.outcome == "refused"
    assert "otto" not in event.message or door != LOGIN, "who it was meant to be, nobody has shown"
    answer = client.post(door, {"credential": json.dumps(passkey.shown(challenge(client, door)))})
    assert answer.status_code == 302
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize("is_readable", [True, False])
def test_too_many_passkeys_are_on_record_once(person: User, is_readable: bool):
    passkey = Passkey.of(person)
    client = at(SECOND, person)
    for _ in range(throttle.PER_ACCOUNT + 5):
        wrong = signed_by_another(passkey, person, challenge(client, SECOND)) if is_readable else {"id": "x"}
        client.post(SECOND, {"credential": json.dumps(wrong)})
    sentences = [str(event.message) for event in failures()]
    assert sentences.count("otto had too many tries at a second factor.") == 1
    assert 1 < len(sentences) <= throttle.PER_ACCOUNT + 1

"""A program signs in by a code that a person confirms: what each is told, and everything that gives no token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from portal.console.reauthentication import SIGNED_IN_AT
from registry.accounts.models import ApiToken, DeviceSignIn, User
from registry.accounts.people import let_in
from registry.accounts.roles import Role
from registry.accounts.tokens import devices
from registry.accounts.tokens.service import known_token
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_person
from tests.portal.api.callers import code

pytestmark = pytest.mark.django_db
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def post(path: str, body: Any, address: str = "127.0.0.1") -> Any:
    return Client(raise_request_exception=False, REMOTE_ADDR=address).post(
        f"/api/v1{path}", body, content_type="application/json"
    )


def begun(*scopes: str) -> dict[str, Any]:
    answer = post("/device/authorize", {"client_id": "homeroom-laptop", "scopes": list(scopes) or ["operate"]})
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def ask(told: dict[str, Any], *, wait: bool = True, **address: str) -> Any:
    """Ask for the token; as if the interval had gone by, unless told otherwise."""
    if wait:
        DeviceSignIn.objects.filter(asked_at__isnull=False).update(asked_at=F("asked_at") - timedelta(hours=1))
    return post("/device/token", {"grant_type": GRANT, "device_code": told["device_code"]}, **address)


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def decide(client: Client, told: dict[str, Any], decision: str = "approve") -> Any:
    return client.post("/device", {"user_code": told["user_code"], "decision": decision})


def test_the_person_sees_who_asks_for_what_and_the_program_gets_a_token_once():
    otto = a_person(Role.OPERATOR)
    told = begun("operate", "approve", "administer")
    assert told["verification_uri"] == "http://testserver/device"
    assert (told["expires_in"], told["interval"]) == (600, 5)
    answer = ask(told)
    assert (answer.status_code, code(answer)) == (400, "authorization_pending")
    client = browser(otto)
    assert told["user_code"] in client.get(f"/device?user_code={told['user_code']}").content.decode()
    page = client.post("/device", {"user_code": told["user_code"].lower().replace("-", " ")}).content.decode()
    for shown in ("homeroom-laptop", "127.0.0.1", "Register, plan and deploy", "Asked for, and not yours to give"):
        assert shown in page
    assert not ApiToken.objects.exists()
    assert decide(client, told)["Location"] == "/tokens"
    answer = ask(told)
    assert answer["Cache-Control"] == "no-store"
    token = known_token(answer.json()["access_token"])
    assert (token.user, token.created_by, sorted(token.scopes)) == (otto, otto, ["approve", "operate", "read"])
    assert token.expires_at <= timezone.now() + timedelta(days=30)
    assert code(ask(told)) == "invalid_grant"
    assert ApiToken.objects.count() == 1
    event = AuditEvent.objects.get(action=AuditAction.DEVICE_APPROVED)
    assert (event.actor, (event.after or {})["client"]) == (otto, "homeroom-laptop")
    kept = str(list(AuditEvent.objects.values())) + str(list(DeviceSignIn.objects.values()))
    for secret in (told["user_code"], told["device_code"], answer.json()["access_token"]):
        assert secret not in kept


def test_who_refuses_gives_nothing_and_nobody_else_can_decide_after():
    told = begun()
    assert decide(browser(a_person()), told, "refuse").status_code == 302
    assert decide(browser(a_person()), told).status_code == 422
    assert code(ask(told)) == "access_denied"
    assert code(ask(told)) == "access_denied"
    assert not ApiToken.objects.exists()
    assert AuditEvent.objects.filter(action=AuditAction.DEVICE_REFUSED).count() == 1


def test_a_code_holds_for_ten_minutes():
    told, approved = begun(), begun()
    client = browser(a_person())
    decide(client, approved)
    DeviceSignIn.objects.update(expires_at=timezone.now())
    assert code(ask(told)) == code(ask(approved)) == "expired_token"
    page = decide(client, told)
    assert page.status_code == 422
    assert "Nobody waits for this code" in page.content.decode()
    DeviceSignIn.objects.update(expires_at=timezone.now() - timedelta(hours=2))
    begun()
    assert DeviceSignIn.objects.count() == 1, "old ones are forgotten"


def test_who_asks_too_soon_waits_longer():
    told = begun()
    ask(told)
    assert code(ask(told, wait=False)) == "slow_down"
    assert DeviceSignIn.objects.get().interval == 10
    assert code(ask(told)) == "authorization_pending"


def test_wrong_codes_are_no_codes_and_cannot_be_tried_for_ever():
    begun()
    client = browser(a_person())
    for typed in ("BBBB-BBBB", "", "x" * 20):
        assert client.post("/device", {"user_code": typed, "decision": "approve"}).status_code == 422
    for _ in range(devices.TRIES_PER_PERSON):
        answer = client.post("/device", {"user_code": "BBBB-BBBB"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert code(post("/device/token", {"grant_type": GRANT, "device_code": "guessed"})) == "invalid_grant"
    for _ in range(devices.CODES_PER_ADDRESS):
        answer = post("/device/token", {"grant_type": GRANT, "device_code": "guessed"})
    assert (answer.status_code, code(answer)) == (429, "rate_limited")


def test_one_address_begins_so_often_and_others_are_not_kept_out():
    body = {"client_id": "homeroom-laptop"}
    for _ in range(devices.CODES_PER_ADDRESS):
        assert post("/device/authorize", body).status_code == 200
    assert code(post("/device/authorize", body)) == "rate_limited"
    assert post("/device/authorize", body, address="192.0.2.7").status_code == 200
    for host in range(devices.CODES_PER_ADDRESS + 1):
        answer = post("/device/authorize", body, address=f"2001:db8::{host:x}")
    assert code(answer) == "rate_limited", "of IPv6 the network is counted"


def test_a_decision_takes_a_sign_in_of_lately():
    told = begun()
    client = browser(a_person())
    session = client.session
    session[SIGNED_IN_AT] = (timezone.now() - timedelta(hours=1)).isoformat()
    session.save()
    assert decide(client, told)["Location"].startswith("/sign-in/again?next=%2Fdevice%3Fuser_code%3D")
    assert code(ask(told)) == "authorization_pending"
    assert Client().get("/device")["Location"].startswith("/sign-in?next=")


def test_somebody_who_may_no_longer_come_in_has_given_nothing():
    otto = a_person()
    told = begun()
    decide(browser(otto), told)
    let_in(otto, active=False, actor=a_person(Role.ADMINISTRATOR))
    assert code(ask(told)) == "access_denied"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"client_id": "<b>x</b>"},
        {"client_id": "a" * 41},
        {"client_id": "x", "scopes": ["everything"]},
        {"client_id": "x", "more": 1},
        {},
    ],
)
def test_what_is_no_request_is_refused(body: dict[str, Any]):
    assert post("/device/authorize", body).status_code == 422
    assert not DeviceSignIn.objects.exists()

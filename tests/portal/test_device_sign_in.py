"""A program signs in by a code that a person confirms: what each is told, and everything that gives no token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from portal.sign_in.reauthentication import SIGNED_IN_AT
from registry.accounts.models import ApiToken, DeviceSignIn, User
from registry.accounts.people import let_in
from registry.accounts.roles import Role
from registry.accounts.tokens import devices
from registry.accounts.tokens.service import known_token
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from tests.builders import a_person
from tests.markup import squeezed

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def code(answer: Any) -> str:
    """Return OAuth's word for a refusal."""
    assert answer["Content-Type"] == "application/json", answer.content
    assert answer.json()["status"] == answer.status_code
    return str(answer.json()["error"])


def post(path: str, body: Any, address: str = "127.0.0.1") -> Any:
    return Client(raise_request_exception=False, REMOTE_ADDR=address).post(
        f"/api/v1{path}", body, content_type="application/json"
    )


def begun(*scopes: str) -> dict[str, Any]:
    answer = post("/device/authorize", {"client_id": "homeroom-laptop", "scopes": list(scopes) or ["operate"]})
    assert answer.status_code == 200, answer.content
    authorization: dict[str, Any] = answer.json()
    return authorization


def ask(authorization: dict[str, Any], *, wait: bool = True, **address: str) -> Any:
    """Ask for the token; as if the interval had gone by, unless told otherwise."""
    if wait:
        DeviceSignIn.objects.filter(asked_at__isnull=False).update(asked_at=F("asked_at") - timedelta(hours=1))
    return post("/device/token", {"grant_type": GRANT, "device_code": authorization["device_code"]}, **address)


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def decide(client: Client, authorization: dict[str, Any], decision: str = "approve", **terms: Any) -> Any:
    return client.post(
        "/device", {"user_code": authorization["user_code"], "decision": decision, "days": "30", **terms}
    )


def test_the_person_sees_who_asks_for_what_and_the_program_gets_a_token_once():
    otto = a_person(Role.OPERATOR)
    authorization = begun("operate", "approve", "administer")
    assert authorization["verification_uri"] == "http://testserver/device"
    assert (authorization["expires_in"], authorization["interval"]) == (600, 5)
    answer = ask(authorization)
    assert (answer.status_code, code(answer)) == (400, "authorization_pending")
    client = browser(otto)
    assert authorization["user_code"] in client.get(f"/device?user_code={authorization['user_code']}").content.decode()
    page = client.post("/device", {"user_code": authorization["user_code"].lower().replace("-", " ")}).content.decode()
    for text in ("homeroom-laptop", "127.0.0.1", "Register, plan and deploy", "Asked for, and not given here"):
        assert text in page
    assert not ApiToken.objects.exists()
    assert decide(client, authorization)["Location"] == "/tokens"
    answer = ask(authorization)
    assert answer["Cache-Control"] == "no-store"
    token = known_token(answer.json()["access_token"])
    assert (token.user, token.created_by, sorted(token.scopes)) == (otto, otto, ["approve", "operate", "read"])
    assert token.expires_at <= timezone.now() + timedelta(days=30)
    assert code(ask(authorization)) == "invalid_grant"
    assert ApiToken.objects.count() == 1
    event = AuditEvent.objects.get(action=AuditAction.DEVICE_APPROVED)
    assert (event.actor, (event.after or {})["client"]) == (otto, "homeroom-laptop")
    stored = str(list(AuditEvent.objects.values())) + str(list(DeviceSignIn.objects.values()))
    for secret in (authorization["user_code"], authorization["device_code"], answer.json()["access_token"]):
        assert secret not in stored


def test_the_person_chooses_how_far_the_token_goes_and_how_long():
    authorization, client = begun("operate"), browser(a_person(Role.OPERATOR))
    for terms, sentence in (
        ({"days": "31"}, "Select a valid choice"),
        ({"days": ""}, "required"),
        ({"environments": "moon"}, "Select a valid choice"),
        ({"suffixes": "Lakeside!"}, "Lakeside! is no district"),
        ({"account_ids": "12"}, "12 is no AWS account"),
    ):
        answer = decide(client, authorization, **terms)
        assert (answer.status_code, sentence in answer.content.decode()) == (422, True), terms
        assert "asks for a token of yours" in answer.content.decode()
    chosen = {"days": "7", "environments": "sandbox", "account_ids": "123456789012", "suffixes": "lakeside-sbx"}
    assert decide(client, authorization, **chosen).status_code == 302
    token = known_token(ask(authorization).json()["access_token"])
    assert (token.environments, token.account_ids, token.suffixes) == (["sandbox"], ["123456789012"], ["lakeside-sbx"])
    assert timedelta(days=6) < token.expires_at - timezone.now() <= timedelta(days=7)
    listed = squeezed(client.get("/tokens").content.decode())
    assert "sandbox 123456789012 lakeside-sbx" in listed
    event = AuditEvent.objects.get(action=AuditAction.DEVICE_APPROVED)
    assert {name: (event.after or {})[name] for name in ("districts", "days")} == {
        "districts": ["lakeside-sbx"],
        "days": 7,
    }


def test_who_refuses_gives_nothing_and_nobody_else_can_decide_after():
    authorization = begun()
    assert decide(browser(a_person()), authorization, "refuse").status_code == 302
    assert decide(browser(a_person()), authorization).status_code == 422
    assert code(ask(authorization)) == "access_denied"
    assert code(ask(authorization)) == "access_denied"
    assert not ApiToken.objects.exists()
    assert AuditEvent.objects.filter(action=AuditAction.DEVICE_REFUSED).count() == 1


def test_a_code_holds_for_ten_minutes():
    authorization, approved = begun(), begun()
    client = browser(a_person())
    decide(client, approved)
    DeviceSignIn.objects.update(expires_at=timezone.now())
    assert code(ask(authorization)) == code(ask(approved)) == "expired_token"
    page = decide(client, authorization)
    assert page.status_code == 422
    assert "Nobody waits for this code" in page.content.decode()
    DeviceSignIn.objects.update(expires_at=timezone.now() - timedelta(hours=2))
    begun()
    assert DeviceSignIn.objects.count() == 1, "old ones are forgotten"


def test_who_asks_too_soon_waits_longer():
    authorization = begun()
    ask(authorization)
    assert code(ask(authorization, wait=False)) == "slow_down"
    assert DeviceSignIn.objects.get().interval == 10
    assert code(ask(authorization)) == "authorization_pending"


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
    assert (answer.status_code, code(answer)) == (429, "slow_down")


def test_one_address_begins_so_often_and_others_are_not_kept_out():
    body = {"client_id": "homeroom-laptop"}
    for _ in range(devices.CODES_PER_ADDRESS):
        assert post("/device/authorize", body).status_code == 200
    assert code(post("/device/authorize", body)) == "slow_down"
    assert post("/device/authorize", body, address="192.0.2.7").status_code == 200
    for host in range(devices.CODES_PER_ADDRESS + 1):
        answer = post("/device/authorize", body, address=f"2001:db8::{host:x}")
    assert code(answer) == "slow_down", "of IPv6 the network is counted"


def test_a_decision_takes_a_sign_in_of_lately():
    authorization = begun()
    client = browser(a_person())
    session = client.session
    session[SIGNED_IN_AT] = (timezone.now() - timedelta(hours=1)).isoformat()
    session.save()
    assert decide(client, authorization)["Location"].startswith("/sign-in/again?next=%2Fdevice%3Fuser_code%3D")
    assert code(ask(authorization)) == "authorization_pending"
    assert Client().get("/device")["Location"].startswith("/sign-in?next=")


def test_somebody_who_may_no_longer_come_in_has_given_nothing():
    otto = a_person()
    authorization = begun()
    decide(browser(otto), authorization)
    let_in(otto, active=False, actor=a_person(Role.ADMINISTRATOR))
    assert code(ask(authorization)) == "access_denied"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"client_id": "<b>x</b>"},
        {"client_id": "a" * 41},
        {"client_id": "x", "scopes": ["everything"]},
        {},
    ],
)
def test_what_is_no_request_is_refused(body: dict[str, Any]):
    answer = post("/device/authorize", body)
    assert (answer.status_code, code(answer)) == (400, "invalid_scope" if "scopes" in body else "invalid_request")
    assert not DeviceSignIn.objects.exists()


def sent(path: str, **form: Any) -> Any:
    """Send a form, as clients of OAuth do."""
    return Client().post(f"/api/v1{path}", urlencode(form, doseq=True), content_type=FORM)


def test_any_client_of_oauth_signs_in_by_forms():
    request = {"client_id": "a-client", "scope": "read operate", "resource": "unknown", "audience": ""}
    authorization = sent("/device/authorize", **request).json()
    question = {"grant_type": GRANT, "device_code": authorization["device_code"], "client_id": "a-client"}
    answer = sent("/device/token", **question)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert {name: answer.json()[name] for name in ("error", "code", "status")} == {
        "error": "authorization_pending",
        "code": "authorization_pending",
        "status": 400,
    }
    assert answer.json()["error_description"].startswith("Nobody has confirmed")
    decide(browser(a_person(Role.OPERATOR)), authorization)
    DeviceSignIn.objects.update(asked_at=None)
    assert code(sent("/device/token", **question | {"client_id": "another"})) == "invalid_grant"
    token = sent("/device/token", **question).json()
    assert (token["token_type"], token["scope"]) == ("Bearer", "operate read")
    assert 0 < token["expires_in"] <= 30 * 24 * 3600
    assert known_token(token["access_token"]).name.startswith("a-client ")


@pytest.mark.parametrize(
    ("path", "form", "error"),
    [
        ("/device/token", {"grant_type": "password", "device_code": "x"}, "unsupported_grant_type"),
        ("/device/token", {"device_code": "x"}, "invalid_request"),
        ("/device/token", {"grant_type": GRANT}, "invalid_request"),
        ("/device/token", {"grant_type": GRANT, "device_code": "x"}, "invalid_grant"),
        ("/device/token", {"grant_type": GRANT, "device_code": ["x", "y"]}, "invalid_request"),
        ("/device/token", {"grant_type": GRANT, "device_code": "\x00"}, "invalid_request"),
        ("/device/authorize", {"client_id": "x", "scope": "read everything"}, "invalid_scope"),
        ("/device/authorize", {"client_id": "<b>"}, "invalid_request"),
        ("/device/authorize", {}, "invalid_request"),
    ],
)
def test_each_refusal_is_said_in_the_word_of_oauth(path: str, form: dict[str, Any], error: str):
    answer = sent(path, **form)
    assert (answer.status_code, code(answer)) == (400, error)
    assert set(answer.json()["error_description"]) <= set(map(chr, range(0x20, 0x7F))) - set('"\\')


def test_only_the_sign_in_takes_forms():
    assert sent("/districts", client_id="x").status_code == 415


def test_no_program_gets_by_a_code_what_lets_people_in():
    ada = a_person(Role.ADMINISTRATOR, "ada")
    authorization = begun("administer", "people")
    client = browser(ada)
    page = client.post("/device", {"user_code": authorization["user_code"]}).content.decode()
    assert "Asked for, and not given here" in page
    assert decide(client, authorization)["Location"] == "/tokens"
    token = known_token(ask(authorization).json()["access_token"])
    assert sorted(token.scopes) == ["administer", "read"]

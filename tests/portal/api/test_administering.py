"""Endpoints of notices, people and AWS accounts by the API: the console's services, its refusals and its events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from portal.api.door import OPERATIONS
from portal.api.models import IdempotentAnswer
from provisioning.models import AccountAccess, AccountQuota, Notice, NoticeEndpoint
from provisioning.notices.endpoint_secrets import valid_secrets
from provisioning.notices.outbox import announce_drift, deliver_due
from registry.accounts.acts import Act
from registry.accounts.grants import give_grant
from registry.accounts.models import Grant, User
from registry.accounts.people import invite
from registry.accounts.rights import may
from registry.accounts.roles import Role, role_of
from registry.accounts.tokens.service import Reach
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import AwsAccount
from tests.builders import ACCOUNT_ID, PASSWORD, a_district, a_person, an_account
from tests.portal.api.callers import API, ApiCaller, a_caller, code
from tests.registry.outbound.receiver import LOOPBACK, Receiver, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_NETWORKS = LOOPBACK
    with receiving() as server:
        yield server


@pytest.fixture
def caller() -> ApiCaller:
    return a_caller(Role.ADMINISTRATOR)


def fields(answer: Any) -> list[str]:
    return [error["field"] for error in answer.json()["errors"]]


def test_an_endpoint_is_added_tested_changed_and_removed(caller: ApiCaller, receiver: Receiver):
    district = a_district()
    body = {"name": "Ops", "kind": "webhook", "address": receiver.url, "districts": [district.suffix]}
    created = caller.post("/endpoints", body)
    assert created.status_code == 201, created.content
    endpoint = NoticeEndpoint.objects.get()
    path = f"/endpoints/{endpoint.pk}"
    assert created["Location"] == API + path
    assert created.json()["secret"].startswith("whsec_")
    assert (created.json()["host"], created.json()["districts"]) == ("127.0.0.1", [district.suffix])
    current = caller.get(path)
    assert "secret" not in current.json()
    assert receiver.url not in current.content.decode()

    # Tested, with its answer.
    receiver.answers.append(500)
    test = caller.post(f"{path}/test")
    assert (test.status_code, test.json()["sent_at"]) == (202, None)
    deliver_due()
    (delivery,) = caller.get(f"{path}/deliveries").json()["items"]
    assert [attempt["status"] for attempt in delivery["tries"]] == [500]
    assert delivery["given_up_at"] is not None
    again = caller.post(f"/deliveries/{delivery['number']}/redeliver")
    assert (again.status_code, again.json()["id"]) == (202, delivery["id"])
    deliver_due()
    assert caller.get(f"{path}/deliveries").json()["items"][0]["sent_at"] is not None

    # Changed by parts, by who has seen it as it is.
    changed = caller.call("PATCH", path, {"occasions": ["district.drifted"]}, If_Match=current["ETag"])
    assert changed.status_code == 200, changed.content
    assert (changed.status_code, changed.json()["name"], changed.json()["districts"]) == (200, "Ops", [district.suffix])
    late = caller.call("PATCH", path, {"name": "Late"}, If_Match=current["ETag"])
    assert (late.status_code, code(late)) == (412, "changed_meanwhile")
    assert caller.post(f"{path}/switch", {"on": False}).json()["is_enabled"] is False
    off = caller.post(f"{path}/test")
    assert (off.status_code, code(off)) == (409, "endpoint_off")
    caller.post(f"{path}/switch", {"on": True})
    announce_drift(district, 1)
    deliver_due()
    assert json.loads(receiver.taken[-1][1])["type"] == "district.drifted"
    assert caller.post(f"{path}/remove").json()["name"] == "Ops"
    assert caller.get(path).status_code == 404
    assert AuditEvent.objects.filter(subject_kind="endpoint", actor=caller.user).count() == 7


def test_a_secret_is_told_once_to_its_request_and_kept_nowhere(caller: ApiCaller, receiver: Receiver, settings: Any):
    body = {"name": "Ops", "kind": "webhook", "address": receiver.url}
    created = caller.post("/endpoints", body, Idempotency_Key="one")
    endpoint, secret = NoticeEndpoint.objects.get(), created.json()["secret"]
    rotated = caller.post(f"/endpoints/{endpoint.pk}/secret", Idempotency_Key="two").json()
    endpoint.refresh_from_db()
    assert rotated["former_secret_until"] is not None
    assert endpoint.former_until is not None
    within = endpoint.former_until - timedelta(hours=1)
    assert valid_secrets(endpoint, within) == [rotated["secret"], secret]
    stored = " ".join(IdempotentAnswer.objects.values_list("body", flat=True))
    assert stored.count("sealed:") == 2
    assert secret not in stored
    assert rotated["secret"] not in stored
    replayed = caller.post("/endpoints", body, Idempotency_Key="one")
    assert (replayed.status_code, replayed["Idempotency-Replayed"]) == (201, "true")
    assert replayed.json()["secret"] == secret, "an answer that was lost is told again, for a day"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key, of forty letters or even more", []
    lost = caller.post("/endpoints", body, Idempotency_Key="one")
    assert (lost.status_code, code(lost)) == (409, "answer_lost")
    assert NoticeEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"address": "https://169.254.169.254/"}, "body.address"),
        ({"address": "https://[::ffff:10.0.0.1]/"}, "body.address"),
        ({"address": ""}, "body.address"),
        ({"kind": "mail", "address": "nobody"}, "body.address"),
        ({"name": " "}, "body.name"),
        ({"districts": ["nowhere-sbx"]}, "body.districts"),
        ({"kind": "pager"}, "body.kind"),
        ({"occasions": ["no.such"]}, "body.occasions.0"),
    ],
)
def test_an_endpoint_that_cannot_be_names_its_field(
    caller: ApiCaller, receiver: Receiver, more: dict[str, Any], field: str
):
    answer = caller.post("/endpoints", {"name": "Ops", "kind": "webhook", "address": receiver.url} | more)
    assert (answer.status_code, fields(answer)) == (422, [field])
    assert not NoticeEndpoint.objects.exists()


def test_a_person_is_invited_granted_and_kept_out(caller: ApiCaller):
    created = caller.post("/people", {"username": "iris", "email": "iris@example.org", "role": "Viewer"})
    assert (created.status_code, created["Location"]) == (201, f"{API}/people/iris")
    iris = User.objects.get(username="iris")
    link = caller.post("/people/iris/link", Idempotency_Key="link").json()["link"]
    assert link not in IdempotentAnswer.objects.get(key="link").body
    person = Client()
    (path,) = re.findall(r"http://testserver(/invited/.+)", link)
    assert person.post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 302
    person.login(username="iris", password=PASSWORD)
    assert person.get("/").status_code == 200
    assert caller.post("/people/iris/sessions/end").status_code == 200
    assert person.get("/").status_code == 302

    role = caller.post("/people/iris/role", {"role": None})
    assert (role.json()["role"], role_of(User.objects.get(pk=iris.pk))) == (None, None)
    district = a_district()
    grant = caller.post(
        "/people/iris/grants",
        {"role": "Operator", "districts": [district.suffix], "expires_at": "2099-01-01T00:00:00+00:00"},
    )
    assert (grant.status_code, grant.json()["reach"]["districts"]) == (201, [district.suffix])
    assert may(User.objects.get(pk=iris.pk), Act.OPERATE, district.place)
    entry = caller.get("/people/iris").json()
    assert [item["number"] for item in entry["grants"]] == [grant.json()["number"]]
    ended_grant = caller.post(f"/people/iris/grants/{grant.json()['number']}/end").json()
    assert ended_grant["ended_at"] is not None
    assert not may(User.objects.get(pk=iris.pk), Act.OPERATE, district.place)
    assert caller.post("/people/iris/deactivate").json()["is_active"] is False
    assert code(caller.post("/people/iris/link")) == "no_link"
    assert caller.post("/people/iris/activate").json()["is_active"] is True
    assert {event.actor for event in AuditEvent.objects.filter(action=AuditAction.GRANT_GIVEN)} == {caller.user}


def test_no_link_by_a_token_for_somebody_who_has_come_in(caller: ApiCaller):
    a_person(Role.VIEWER, "olga")
    answer = caller.post("/people/olga/link")
    assert (answer.status_code, code(answer)) == (409, "came_in_before")
    assert "link" not in answer.json()


def test_what_a_token_lets_in_is_on_record_by_its_name(caller: ApiCaller):
    caller.post("/people", {"username": "iris", "role": "Viewer"})
    caller.post("/people/iris/role", {"role": "Operator"})
    caller.post("/people/iris/grants", {"role": "Viewer", "expires_at": "2099-01-01T00:00:00+00:00"})
    caller.post("/service-accounts", {"username": "pipeline", "role": "Viewer"})
    token = caller.user.api_tokens.get()
    events = AuditEvent.objects.filter(subject_id__in=["iris", "pipeline"])
    assert {event.subject_id for event in events} == {"iris", "pipeline"}
    assert {(event.actor, (event.after or {}).get("token")) for event in events} == {(caller.user, token.name)}


def test_no_operation_makes_a_token_of_somebody(caller: ApiCaller):
    ours = {OPERATIONS[name].path for name in OPERATIONS if "token" in name or "token" in OPERATIONS[name].path}
    assert ours == {"/tokens", "/tokens/{number}/revoke"}, "they are listed, and end"
    a_person(Role.VIEWER, "otto")
    for path in ("/tokens", "/people/otto/tokens", "/service-accounts/otto/tokens"):
        assert caller.post(path, {"name": "x", "scopes": ["read"]}).status_code in {404, 405}


def test_a_service_account_is_made_and_given_another_role(caller: ApiCaller):
    for role in ("Operator", "Viewer"):
        created = caller.post("/service-accounts", {"username": "deploy-pipeline", "role": role})
        assert (created.status_code, created.json()["role"], created.json()["is_service"]) == (201, role, True)
    taken = caller.post("/service-accounts", {"username": caller.user.username, "role": "Viewer"})
    assert (taken.status_code, fields(taken)) == (422, ["body.username"])


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/people", {"username": "system"}, 422, "person_refused"),
        ("/people", {"username": "a b"}, 422, "person_refused"),
        ("/people", {"username": "iris", "email": "no"}, 422, "person_refused"),
        ("/people", {"username": "iris", "role": "King"}, 422, "invalid"),
        ("/people/{own}/role", {"role": None}, 409, "oneself"),
        ("/people/{own}/deactivate", None, 409, "oneself"),
        ("/people/{own}/grants", {"role": "Viewer"}, 409, "oneself"),
        ("/people/otto/grants", {"role": "Viewer", "districts": ["UPPER"]}, 422, "grant_refused"),
        ("/people/otto/grants", {"role": "Viewer", "expires_at": "2001-01-01T00:00:00Z"}, 422, "grant_refused"),
        ("/people/otto/grants", {"role": "Viewer", "expires_at": "2099-01-01T00:00:00"}, 422, "invalid"),
        ("/people/otto/grants", {"role": "Viewer", "expires_at": "9999-12-31T23:59:59-12:00"}, 422, "invalid"),
        ("/people/otto/grants/77/end", None, 404, "not_found"),
        ("/people/nobody/link", None, 404, "not_found"),
    ],
)
def test_what_administrators_are_refused(caller: ApiCaller, path: str, body: Any, status: int, told: str):
    a_person(Role.VIEWER, "otto")
    answer = caller.post(path.format(own=caller.user.username), body)
    assert (answer.status_code, code(answer)) == (status, told), answer.content
    assert not Grant.objects.exists()


def test_no_token_makes_or_lets_in_an_administrator(caller: ApiCaller):
    """Who is one outlasts the token and could make others: a person's act, with a sign-in of lately."""
    ada, grace = a_person(Role.ADMINISTRATOR, "ada"), a_person(Role.VIEWER, "grace")
    give_grant(grace, role=Role.ADMINISTRATOR, reach=Reach(environments=("sandbox",)), actor=None)
    User.objects.filter(pk__in=[ada.pk, grace.pk]).update(is_active=False)
    a_person(Role.VIEWER, "otto")
    role = {"role": "Administrator"}
    requests = [
        ("/people", {"username": "iris"} | role),
        ("/service-accounts", {"username": "pipeline"} | role),
        ("/people/otto/role", role),
        ("/people/otto/grants", role | {"environments": ["sandbox"]}),
        ("/people/ada/activate", None),
        ("/people/grace/activate", None),
        ("/people/ada/link", None),
    ]
    for path, body in requests:
        answer = caller.post(path, body)
        assert (answer.status_code, code(answer)) == (403, "needs_person"), (path, answer.content)
    assert not User.objects.filter(username__in=["iris", "pipeline"]).exists()
    assert Grant.objects.count() == 1
    assert not User.objects.filter(username__in=["ada", "grace"], is_active=True).exists()
    assert caller.post("/people/otto/deactivate").status_code == 200


def test_an_account_is_added_changed_looked_at_and_retired(caller: ApiCaller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("provisioning.health.access_requests.ask_workers", lambda name, number: None)
    created = caller.post("/accounts", {"account_id": "210987654321", "name": "Riverside"})
    assert (created.status_code, created["Location"]) == (201, f"{API}/accounts/210987654321")
    account = AwsAccount.objects.get(account_id="210987654321")
    assert account.external_id in created.json()["cloudformation"]
    again = caller.post("/accounts", {"account_id": "210987654321", "name": "Other"})
    assert (again.status_code, code(again)) == (409, "account_refused")
    path = "/accounts/210987654321"
    changed = caller.call("PATCH", path, {"name": "River"}, If_Match=caller.get(path)["ETag"])
    assert (changed.json()["name"], changed.json()["role_arn"]) == ("River", account.role_arn)
    refused = caller.call("PATCH", path, {"role_arn": "arn:aws:iam::111111111111:role/x"})
    assert (refused.status_code, code(refused)) == (409, "account_refused")
    assert caller.get(f"{path}/access").status_code == 404
    looked = caller.post(f"{path}/access")
    assert (looked.status_code, looked.json()["is_under_way"]) == (202, True)
    assert AccountAccess.objects.get().account == account
    limit = {"region": "us-east-1", "code": "L-0263D0A3", "limit": 40}
    assert caller.post(f"{path}/limits", limit).json()["set_limit"] == 40
    assert caller.get(f"{path}/quotas").json()["items"][0]["set_limit"] == 40
    assert AccountQuota.objects.get().account == account
    unknown = caller.post(f"{path}/limits", limit | {"code": "none"})
    assert (unknown.status_code, fields(unknown)) == (422, ["body.code"])
    assert caller.post(f"{path}/retire").json()["retired_at"] is not None


def test_an_account_with_districts_is_not_retired(caller: ApiCaller):
    a_district()
    account = an_account()
    answer = caller.post(f"/accounts/{account.account_id}/retire")
    assert (account.account_id, answer.status_code, code(answer)) == (ACCOUNT_ID, 409, "account_refused")


def test_a_token_that_reaches_some_districts_alone_administers_nothing(receiver: Receiver):
    invite(username="iris", email="", role=None, actor=None)
    narrow = a_caller(Role.ADMINISTRATOR, reach=Reach(environments=("sandbox",)))
    for method, path, body in (
        ("GET", "/people/iris", None),
        ("POST", "/people/iris/role", {"role": "Administrator"}),
        ("GET", "/endpoints", None),
        ("POST", "/endpoints", {"name": "Ops", "kind": "webhook", "address": receiver.url}),
        ("POST", "/accounts", {"account_id": "210987654321", "name": "Riverside"}),
    ):
        answer = narrow.call(method, path, body)
        assert (answer.status_code, code(answer)) == (403, "reach_narrow"), path
    assert not Notice.objects.filter(endpoint__isnull=False).exists()


def test_tokens_are_listed_and_end_and_another_scope_sees_ones_own_alone(caller: ApiCaller):
    otto = a_caller(Role.OPERATOR)
    names = {row["username"]: row["number"] for row in caller.get("/tokens").json()["items"]}
    assert set(names) == {caller.user.username, otto.user.username}
    assert {row["username"] for row in otto.get("/tokens").json()["items"]} == {otto.user.username}
    assert otto.post(f"/tokens/{names[otto.user.username]}/revoke").status_code == 403
    assert caller.post(f"/tokens/{names[otto.user.username]}/revoke").json()["revoked"]
    assert otto.get("/me").status_code == 401
    assert caller.post(f"/tokens/{names[otto.user.username]}/revoke").status_code == 404


def test_an_auditors_token_sees_people_their_factors_and_sessions_and_changes_nothing():
    auditor, otto = a_caller(Role.AUDITOR), a_person(Role.OPERATOR, "otto")
    Client().post("/sign-in", {"username": "otto", "password": PASSWORD})
    rows = {row["username"]: row for row in auditor.get("/people").json()["items"]}
    assert rows["otto"]["has_second_factor"] is False
    assert auditor.get("/people/otto").json()["role"] == "Operator"
    (session,) = auditor.get("/people/otto/sessions").json()["items"]
    assert session["address"]
    assert auditor.post("/people/otto/deactivate").status_code == 403
    assert a_caller(Role.OPERATOR).get("/people/otto/sessions").status_code == 403
    assert otto.is_active

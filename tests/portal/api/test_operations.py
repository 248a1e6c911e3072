"""What programs do by the API is what people do in the console: the same services, states and events."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from provisioning.models import AuditCursor, PipelineFigures, Presence, Run, RunEvent, StackResource
from provisioning.states.runs import RunState
from registry.accounts.models import ApiToken, User
from registry.accounts.roles import Role
from registry.accounts.tokens.scopes import Scope
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import ACCOUNT_ID, a_run, an_account, moved
from tests.pages.fixtures import deployed, planned, torn_down
from tests.portal.api.callers import API, ApiCaller, a_caller, code

pytestmark = pytest.mark.django_db


def a_waiting_run(user: User | None = None) -> Run:
    run = a_run()
    if user is not None:
        Run.objects.filter(pk=run.pk).update(requested_by=user)
        run.refresh_from_db()
    planned(run, 3, waits=True)
    moved(run, RunState.AWAITING_APPROVAL)
    return run


def test_a_district_is_registered_changed_planned_and_removed():
    an_account()
    caller = a_caller()
    created = caller.post("/districts", {"name": "Lakeside", "account_id": ACCOUNT_ID, "slug": "lakeside"})
    assert (created.status_code, created["Location"]) == (201, f"{API}/districts/lakeside-sbx")
    first = created.json()["active_run"]
    told = {name: created.json()[name] for name in ("health", "operation", "status")}
    assert told == {"health": "draft", "operation": "queued", "status": "provisioning"}
    for query, found in (("health=draft", 1), ("health=provisioning", 0), ("status=provisioning", 1)):
        assert len(caller.get(f"/districts?{query}").json()["items"]) == found, query
    assert caller.get(f"/runs/{first}").json()["requested_by"] == caller.user.username
    cancel = caller.post(f"/runs/{first}/cancel")
    assert (cancel.status_code, cancel.json()["state"]) == (200, "canceled")
    settings = caller.get("/districts/lakeside-sbx/settings")
    changed = caller.call("PATCH", "/districts/lakeside-sbx/settings", {"zones": 3}, If_Match=settings["ETag"])
    assert (changed.status_code, changed.json()["reason"]) == (202, "Change of settings: availability zones")
    assert changed["Location"] == f"{API}/runs/{changed.json()['number']}"
    beside = caller.post("/districts/lakeside-sbx/plan", {})
    assert (beside.status_code, code(beside)) == (409, "run_active")
    caller.post(f"/runs/{changed.json()['number']}/cancel")
    refused = caller.post("/districts/lakeside-sbx/destroy", {"confirm": "lakeside", "reason": "Over."})
    assert (refused.status_code, code(refused)) == (422, "name_differs")
    gone = caller.post("/districts/lakeside-sbx/destroy", {"confirm": "lakeside-sbx", "reason": "Over."})
    assert (gone.status_code, gone.json()["kind"]) == (202, "destroy")
    assert District.objects.get().status == "tearing_down"


def test_each_act_is_the_event_that_it_is_for_people_and_names_its_token():
    run = a_run()
    caller = a_caller()
    name = ApiToken.objects.get(user=caller.user).name
    caller.post(f"/runs/{run.pk}/comments", {"comment": "Hello."})
    caller.post(f"/runs/{run.pk}/cancel")
    events = AuditEvent.objects.filter(actor=caller.user).exclude(action=AuditAction.TOKEN_CREATED)
    acts = {AuditAction.RUN_COMMENTED, AuditAction.RUN_CANCEL_REQUESTED, AuditAction.RUN_STATE_CHANGED}
    assert {event.action for event in events} >= acts
    assert {(event.after or {})["token"] for event in events} == {name}
    assert {event.request_id != "" for event in events} == {True}


def test_what_is_refused_says_which_field_and_what_to_do():
    account = an_account()
    answer = a_caller().post("/districts", {"name": "Lakeside", "account_id": account.account_id, "cidr": "x"})
    assert (answer.status_code, code(answer)) == (422, "registration_refused")
    assert [(error["field"], "Write it as" in error["detail"]) for error in answer.json()["errors"]] == [
        ("body.cidr", True)
    ]
    assert not District.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "refusal"),
    [
        ("{", 400, "unreadable"),
        ('{"reason": NaN}', 400, "unreadable"),
        ('{"reason": "a", "reason": "b"}', 400, "unreadable"),
        ('{"reason": "\\u0000"}', 400, "unreadable"),
        ('{"reason": "\\ud800"}', 400, "unreadable"),
        ("[" * 100_000, 400, "unreadable"),
        ('{"reason": 1' + "0" * 5000 + "}", 400, "unreadable"),
        ('{"reason": 1}', 422, "invalid"),
        ('{"unknown": 1}', 422, "invalid"),
        ("[]", 422, "invalid"),
        (json.dumps({"reason": "x" * 300_000}), 413, "too_large"),
    ],
)
def test_a_body_that_cannot_be_is_refused_as_a_problem(body: str, status: int, refusal: str):
    run = a_run()
    answer = a_caller().post(f"/districts/{run.district.suffix}/plan", body)
    assert (answer.status_code, code(answer)) == (status, refusal)


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain"])
@pytest.mark.parametrize("act", ["cancel", "comments"])
def test_a_form_is_no_request(kind: str, act: str):
    run = a_run()
    caller = a_caller()
    headers = {"Authorization": f"Bearer {caller.secret}", "Idempotency-Key": "k"}
    answer = caller.client.generic("POST", f"{API}/runs/{run.pk}/{act}", "--x--", kind, headers=headers)
    assert (answer.status_code, code(answer)) == (415, "no_json")


def test_addresses_that_there_are_not_are_problems_too():
    caller = a_caller()
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("GET", "/districts/UPPER", 422),
        ("GET", f"/runs/{'9' * 30}", 422),
        ("GET", "/runs/0", 422),
        ("DELETE", "/districts", 405),
        ("GET", "/districts?enviroment=production", 422),
        ("GET", "/districts?limit=1000", 422),
        ("GET", "/districts?cursor=x", 422),
        ("GET", "/districts?q=%ff", 400),
    ):
        answer = caller.call(method, path)
        assert answer.status_code == status, path
        code(answer)


def test_a_session_is_no_token_and_a_browser_does_nothing_here():
    run = a_run()
    caller = a_caller()
    browser = ApiCaller("", caller.user)
    browser.client.force_login(caller.user)
    address, headers = f"{API}/runs/{run.pk}/cancel", {"Origin": "https://elsewhere.example"}
    answer = browser.client.post(address, content_type="application/json", headers=headers)
    assert (answer.status_code, code(answer)) == (401, "token_missing")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    for header in ("Basic eDp5", "Bearer", "Bearer hmrm_x", "Bearer \xe9"):
        refused = browser.client.get(f"{API}/me", headers={"Authorization": header})
        assert refused.status_code == 401, header


def test_a_token_that_is_over_says_so():
    caller = a_caller()
    assert caller.get("/me").json()["username"] == caller.user.username
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(days=1), created_at=timezone.now())
    assert code(caller.get("/me")) == "token_expired"
    ApiToken.objects.update(revoked_at=timezone.now())
    assert code(caller.get("/me")) == "token_revoked"


def test_a_token_has_so_many_requests_a_minute(settings: Any):
    settings.API_REQUESTS_PER_MINUTE = 2
    caller, other_caller = a_caller(), a_caller()
    remaining = [caller.get("/me")["RateLimit-Remaining"] for _ in range(2)]
    assert remaining == ["1", "0"]
    answer = caller.get("/me")
    assert (answer.status_code, code(answer)) == (429, "rate_limited")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert (answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == ("2", "0")
    assert other_caller.get("/me").status_code == 200


def test_a_large_body_is_refused_before_anybody_is_asked_who_they_are():
    client = ApiCaller("", a_caller().user).client
    for length, status in ((str(5 * 1024 * 1024), 413), ("many", 400)):
        answer = client.generic("POST", f"{API}/districts", CONTENT_LENGTH=length, CONTENT_TYPE="application/json")
        assert answer.status_code == status
        code(answer)


def test_settings_that_somebody_has_changed_are_not_overwritten():
    run = a_run()
    moved(run, RunState.CANCELED)
    caller, address = a_caller(), f"/districts/{run.district.suffix}/settings"
    tag = caller.get(address)["ETag"]
    District.objects.update(zones=3)
    answer = caller.call("PATCH", address, {"size": "M"}, If_Match=tag)
    assert (answer.status_code, code(answer)) == (412, "changed_meanwhile")
    fresh = caller.get(address)["ETag"]
    assert fresh != tag
    assert caller.call("PATCH", address, {"zones": 3}, If_Match=fresh).json()["code"] == "nothing_to_change"
    assert caller.call("PATCH", address, {"size": "M"}, If_Match="*").status_code == 202


def test_what_the_caller_has_is_not_sent_again():
    run = a_run()
    caller = a_caller()
    answer = caller.get(f"/runs/{run.pk}")
    again = caller.get(f"/runs/{run.pk}", If_None_Match=f'W/{answer["ETag"]}, "x"')
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])
    moved(run, RunState.CANCELED)
    assert caller.get(f"/runs/{run.pk}", If_None_Match=answer["ETag"]).status_code == 200


def test_a_list_is_read_page_by_page_while_it_grows():
    runs = [a_run() for _ in range(5)]
    caller, seen, cursor = a_caller(), [], ""
    while True:
        page = caller.get(f"/districts?limit=2&cursor={cursor}").json()
        seen += [item["suffix"] for item in page["items"]]
        a_run()
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [run.district.suffix for run in reversed(runs)]


def test_lists_ask_as_often_for_many_as_for_few(django_assert_max_num_queries: Any):
    caller = a_caller()
    for _ in range(6):
        a_run()
    for path in ("/districts", "/runs", "/audit", "/rollouts"):
        with django_assert_max_num_queries(12):
            assert caller.get(path).status_code == 200


def test_filters_narrow_lists_down():
    first, second = a_run(), a_run(egress="none", size="M")
    moved(first, RunState.CANCELED)
    caller = a_caller()
    for query, expected in (
        ("environment=staging", []),
        ("size=M&status=provisioning", [second]),
        (f"q={first.district.suffix}", [first]),
        ("account=999999999999", []),
        ("status=draft", [first]),
    ):
        suffixes = [item["suffix"] for item in caller.get(f"/districts?{query}").json()["items"]]
        assert suffixes == [run.district.suffix for run in expected], query
    assert [item["number"] for item in caller.get("/runs?which=active").json()["items"]] == [second.pk]
    assert [item["number"] for item in caller.get("/runs?state=canceled").json()["items"]] == [first.pk]


def test_a_run_is_followed_by_its_events(monkeypatch: pytest.MonkeyPatch):
    run = a_run()
    caller = a_caller()
    now = timezone.now()
    RunEvent.objects.bulk_create(
        RunEvent(run=run, sequence=n, at=now, level="info", kind="x", message=f"m{n}") for n in range(1, 5)
    )
    page = caller.get(f"/runs/{run.pk}/events?after=1&limit=2").json()
    assert ([item["message"] for item in page["items"]], page["after"], page["more"]) == (["m2", "m3"], 3, True)

    class Meanwhile:
        """Stands in for the time that passes: an event comes in it."""

        def wait(self, seconds: float) -> None:
            RunEvent.objects.create(run=run, sequence=5, at=now, level="info", kind="x", message="m5")

    monkeypatch.setattr("portal.api.following._never", Meanwhile())
    page = caller.get(f"/runs/{run.pk}/events?after=4&wait=20").json()
    assert [item["message"] for item in page["items"]] == ["m5"]
    moved(run, RunState.CANCELED)
    page = caller.get(f"/runs/{run.pk}/events?after=5&wait=20").json()
    assert (page["items"], page["after"], page["is_active"], page["state"]) == ([], 5, False, "canceled")


def test_only_so_many_wait_at_a_time(monkeypatch: pytest.MonkeyPatch):
    run = a_run()

    class Full:
        def acquire(self, blocking: bool) -> bool:
            assert not blocking
            return False

    monkeypatch.setattr("portal.api.following._places", Full())
    assert a_caller().get(f"/runs/{run.pk}/events?wait=20").json()["items"] == []


def test_a_plan_is_approved_by_another_and_by_a_token_for_it_alone():
    asker, approver = a_caller(), a_caller()
    run = a_waiting_run(asker.user)
    changes = approver.get(f"/runs/{run.pk}/changes?limit=2").json()
    assert changes["total"] >= len(changes["items"])
    own = asker.post(f"/runs/{run.pk}/approve", {})
    assert (own.status_code, code(own)) == (403, "own_request")
    weak = a_caller(Role.OPERATOR, Scope.OPERATE).post(f"/runs/{run.pk}/approve", {})
    assert (weak.status_code, code(weak)) == (403, "scope_missing")
    answer = approver.post(f"/runs/{run.pk}/approve", {"comment": "Fine."})
    assert (answer.status_code, answer.json()["state"], answer.json()["decided_by"]) == (
        200,
        "queued",
        approver.user.username,
    )
    again = approver.post(f"/runs/{run.pk}/approve", {})
    assert (again.status_code, code(again)) == (409, "not_waiting")


def test_a_plan_is_discarded():
    run = a_waiting_run()
    answer = a_caller().post(f"/runs/{run.pk}/discard", {"comment": "No."})
    assert (answer.json()["state"], answer.json()["decision"]) == ("discarded", "discarded")
    assert a_caller().post(f"/runs/{run.pk}/retry").json()["retry_of"] == run.pk


def test_a_certificate_is_handed_out_as_it_was_signed():
    removed, number = torn_down(a_run())
    caller = a_caller(Role.VIEWER)
    listed = caller.get("/certificates").json()["items"]
    assert [(item["number"], item["district"]) for item in listed] == [(int(number), removed.suffix)]
    assert caller.get(f"/certificates/{number}").json()["problem"] == ""
    file = caller.get(f"/certificates/{number}/file").json()
    assert file["document"]["district"]["suffix"] == removed.suffix
    assert file["signature"]["algorithm"] == "Ed25519"


def test_the_record_is_exported_and_that_is_on_record():
    a_run()
    caller = a_caller(Role.VIEWER)
    answer = caller.get("/audit/export")
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert answer["Content-Type"] == "application/x-ndjson"
    assert len(lines) == AuditEvent.objects.count()
    assert AuditEvent.objects.filter(action=AuditAction.AUDIT_EXPORTED, actor=caller.user).count() == 1


def test_a_deployed_district_is_asked_about_drift():
    district = deployed(a_run())
    caller = a_caller()
    assert caller.get(f"/districts/{district.suffix}/drift").json()["items"] == []
    assert code(caller.post(f"/districts/{district.suffix}/drift/repair")) == "no_drift"


def test_people_are_told_to_administrators():
    caller = a_caller(Role.ADMINISTRATOR)
    items = caller.get("/people").json()["items"]
    assert {item["username"]: (item["role"], item["tokens"]) for item in items} == {
        caller.user.username: ("Administrator", 1)
    }


def test_sentences_for_programs_are_english_in_every_language():
    answer = a_caller().get("/runs/1", Accept_Language="es")
    assert answer.json()["detail"] == "This token reaches no run #1."


@pytest.mark.django_db
def test_what_pages_show_of_a_stack_its_pipeline_and_the_portal_is_told():
    run, caller = a_run(), a_caller(Role.VIEWER)
    path = f"/districts/{run.district.suffix}"
    for number in range(3):
        StackResource.objects.create(
            district=run.district, run=run, address=f"aws_vpc.{number}", type="aws_vpc", name=str(number), service="VPC"
        )
    first = caller.get(f"{path}/resources?limit=2").json()
    rest = caller.get(f"{path}/resources?limit=2&cursor={first['next']}").json()
    assert [row["address"] for row in first["items"] + rest["items"]] == ["aws_vpc.2", "aws_vpc.1", "aws_vpc.0"]
    assert rest["next"] is None
    assert caller.get(f"{path}/pipeline").json()["watched"] is False
    now = timezone.now()
    PipelineFigures.objects.create(district=run.district, tried_at=now, measured_at=now, rows_accepted=7)
    assert caller.get(f"{path}/pipeline").json()["rows_accepted"] == 7
    Presence.objects.create(name="worker@host-1", queues=["runs"], started_at=now, seen_at=now)
    system = caller.get("/system").json()
    assert [(row["name"], row["silent"]) for row in system["workers"]] == [("worker@host-1", False)]
    assert (system["queue"]["waiting"], system["chain_holds"]) == (1, None)
    AuditCursor.objects.create(destination="collector", position=9)
    auditor = a_caller(Role.AUDITOR)
    (stream,) = auditor.get("/evidence/streams").json()["items"]
    assert (stream["destination"], stream["position"], stream["last_error"]) == ("collector", 9, "")
    assert caller.get("/evidence/streams").status_code == 403


def test_a_token_for_approvals_needs_no_sign_in_of_lately_and_ends_at_its_end():
    """The token was made after such a sign-in, and is its person's hand: the same people are kept out."""
    approver = a_caller(Role.OPERATOR, Scope.APPROVE)
    run = a_waiting_run()
    User.objects.filter(pk=approver.user.pk).update(last_login=timezone.now() - timedelta(days=30))
    ApiToken.objects.filter(user=approver.user).update(expires_at=timezone.now() - timedelta(seconds=1))
    ended = approver.post(f"/runs/{run.pk}/approve", {})
    assert (ended.status_code, code(ended)) == (401, "token_expired")
    ApiToken.objects.filter(user=approver.user).update(expires_at=timezone.now() + timedelta(days=1))
    assert approver.post(f"/runs/{run.pk}/approve", {}).status_code == 200
    event = AuditEvent.objects.get(action=AuditAction.RUN_DECIDED, run_number=run.number)
    assert event.after is not None
    assert (event.actor, event.after["token"]) == (approver.user, ApiToken.objects.get(user=approver.user).name)

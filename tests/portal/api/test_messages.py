"""Beside every sentence stand its code and values: in answers, refusals, record, archive and webhooks."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone

from messages.message import message, sentences
from messages.stored import stored
from provisioning.models import NoticeEndpoint, Run, RunEvent
from provisioning.notices.writing import NoticePayload, written
from provisioning.runs.approval_rules import LOOK
from provisioning.runs.archive import _event, lines_of
from provisioning.states.runs import RunState
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.services import record
from tests.builders import a_run, an_account, moved
from tests.portal.api.callers import a_caller

pytestmark = pytest.mark.django_db

LOCKED = message("{who} holds it for {operation} since {since} UTC.", who="ada@host", operation="plan", since="now")
CODE = {
    "code": LOCKED.code,
    "values": {"who": "ada@host", "operation": "plan", "since": "now"},
}


def test_a_run_and_its_events_tell_codes_and_a_persons_words_are_verbatim() -> None:
    run = a_run()
    moved(run, RunState.CANCELED)
    finding = {"code": "x", "address": "a", "blocks": True, "sentence": LOCKED}
    Run.objects.filter(pk=run.pk).update(
        error_summary=sentences(LOCKED, message("Empty.")),
        reason="Because.",
        approval_reasons=[LOOK],
        policy_findings=[finding],
    )
    RunEvent.objects.create(run=run, sequence=1, at=timezone.now(), level="info", kind="x", message=LOCKED)
    caller = a_caller()
    answer = caller.get(f"/runs/{run.pk}").json()
    assert answer["error_summary"] == f"{LOCKED} Empty."
    assert answer["messages"]["error_summary"] == [CODE, {"code": "empty", "values": {}}]
    assert answer["messages"]["reason"] == [{"code": "verbatim", "values": {"text": "Because."}}]
    assert answer["messages"]["approval_reasons.0"] == [{"code": LOOK.code, "values": {}}]
    assert "error_remedy" not in answer["messages"]
    assert answer["policy_findings"] == [finding | {"messages": {"sentence": [CODE]}}]
    (event,) = caller.get(f"/runs/{run.pk}/events").json()["items"]
    assert (event["message"], event["messages"]) == (LOCKED, {"message": [CODE]})


def test_a_refusal_tells_the_codes_of_its_sentences() -> None:
    run = a_run()
    moved(run, RunState.CANCELED)
    refused = a_caller().post(f"/runs/{run.pk}/cancel")
    assert refused.status_code == 409
    first, second = refused.json()["messages"]
    assert (first["code"], second["code"]) == ("run_number_ended_state", "there_nothing_cancel")
    assert first["values"] == {"number": run.pk, "state": "canceled"}


def test_what_the_api_itself_refuses_has_its_codes_too() -> None:
    caller, client = a_caller(), Client()
    (message,) = caller.get("/runs/4711").json()["messages"]
    assert message == {"code": "token_reaches_no_run_number", "values": {"number": 4711}}
    answers = [
        caller.get("/runs?cursor=x"),
        caller.get("/runs?limit=none"),
        caller.get("/runs?surely=not"),
        caller.get("/nothing"),
        client.delete("/api/v1/runs"),
        client.get("/api/v1/runs"),
        client.get("/api/v1/runs", headers={"Authorization": "Bearer hr_wrong"}),
        client.post("/api/v1/districts", data="x", content_type="text/plain"),
    ]
    assert {answer.status_code for answer in answers} == {401, 404, 405, 415, 422}
    for answer in answers:
        problem = answer.json()
        assert problem["messages"], problem
        assert all(entry["code"] for entry in problem["messages"]), problem
        assert all(error["messages"] for error in problem["errors"]), problem


def test_what_the_specification_and_a_schema_refuse_has_a_code_and_its_values() -> None:
    wrong = {"name": "Lakeside", "account_id": an_account().account_id, "cidr": "10.0.0.0/30"}
    caller = a_caller(Role.ADMINISTRATOR)
    (network,) = caller.post("/districts", wrong).json()["errors"]
    assert network["messages"] == [
        {
            "code": "use_network_between_largest_smallest_such_10_0_4_0_22",
            "values": {"largest": 16, "smallest": 22},
        }
    ]
    freeze = {"reason": "x", "starts_at": 1, "ends_at": "2026-04-13T08:00:00-05:00"}
    (moment,) = caller.post("/freezes", freeze).json()["errors"]
    assert moment["field"] == "body.starts_at"
    assert moment["messages"][0]["code"].startswith("send_moment_text_such")


def test_the_audit_record_tells_them() -> None:
    caller = a_caller()
    record(action=AuditAction.RUN_DECIDED, actor=None, subject_kind="run", subject_id="1", message=LOCKED)
    (event,) = [item for item in caller.get("/audit").json()["items"] if item["message"] == LOCKED]
    assert event["messages"] == {"message": [CODE]}


def test_an_archived_event_comes_back_as_it_was() -> None:
    run = a_run()
    rows = [
        RunEvent(run=run, sequence=n, at=timezone.now(), level="info", kind="x", message=text)
        for n, text in enumerate((LOCKED, "aws_vpc.this: Creating..."), 1)
    ]
    lines = [json.loads(line) for line in lines_of(rows).splitlines()]
    assert [line["message"] for line in lines] == [LOCKED, "aws_vpc.this: Creating..."]
    assert "made_of" not in lines[1]
    assert [stored(_event(run, line).message) for line in lines] == [stored(row.message) for row in rows]


def test_a_webhook_is_told_code_and_sentence() -> None:
    notice = NoticePayload(LOCKED, "https://x.example/runs/1", timezone.now(), {"run": 1})
    body = json.loads(written(NoticeEndpoint.Kind.WEBHOOK, "run.failed", notice))
    assert (body["data"]["message"], body["data"]["messages"]) == (LOCKED, [CODE])

"""Notices: what is worth one, that none is lost or told by halves, and what a receiver gets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from engine.terraform.drift import DriftedAttribute
from provisioning.drift.check import store_drift
from provisioning.models import Notice, Rollout, Run
from provisioning.notices.occasions import occasion_of
from provisioning.notices.outbox import PAUSES, deliver_due, forget_old
from provisioning.rollouts.moving import move_rollout
from provisioning.states.rollouts import RolloutState
from provisioning.states.runs import RunKind, RunState
from registry.districts.statuses import DriftStatus
from registry.state_table import By
from tests.builders import a_run, moved

pytestmark = pytest.mark.django_db
SECRET = "a secret between two"


class Receiver(BaseHTTPRequestHandler):
    """Takes what is posted, and answers as it is told."""

    answers: ClassVar[list[int]] = []
    taken: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        """Take a body."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((dict(self.headers), body))
        self.send_response(self.answers.pop(0) if self.answers else 204)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def webhook(settings) -> Iterator[type[Receiver]]:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Receiver.answers.clear()
    Receiver.taken.clear()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.NOTIFY_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/hook"
    settings.NOTIFY_WEBHOOK_SECRET = SECRET
    settings.PUBLIC_URL = "https://portal.example.com/"
    yield Receiver
    server.shutdown()
    thread.join()
    server.server_close()


def failed(name: str = "Lakeside Unified") -> Run:
    run = moved(a_run(name=name), RunState.SYNTHESIZING)
    return moved(run, RunState.FAILED, error_code="throttled", error_summary="AWS asked to slow down.")


@pytest.mark.parametrize(
    ("kind", "after", "told"),
    [
        (RunKind.APPLY, RunState.AWAITING_APPROVAL, "run.awaiting_approval"),
        (RunKind.DRIFT, RunState.FAILED, "run.failed"),
        (RunKind.APPLY, RunState.SUCCEEDED, "district.live"),
        (RunKind.DESTROY, RunState.SUCCEEDED, "district.removed"),
        (RunKind.PLAN, RunState.SUCCEEDED, None),
        (RunKind.APPLY, RunState.CANCELED, None),
        (RunKind.APPLY, RunState.LOST, None),
    ],
)
def test_what_is_worth_a_notice(kind, after, told):
    assert occasion_of(kind, after) == told


def test_without_a_channel_nothing_is_kept():
    failed()
    assert not Notice.objects.exists()


def test_a_webhook_gets_a_signed_body(webhook):
    run = failed()
    assert deliver_due() == 1
    ((headers, body),) = webhook.taken
    headers = {name.lower(): value for name, value in headers.items()}
    payload = json.loads(body)
    assert headers["webhook-id"] == payload["id"]
    signed = f"{payload['id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert payload["type"] == "run.failed"
    assert payload["url"] == f"https://portal.example.com/runs/{run.number}"
    assert payload["message"] == f"Run #{run.number} for Lakeside Unified: failed. AWS asked to slow down."
    assert payload["run"] == {"number": run.number, "kind": "apply", "state": "failed", "error_code": "throttled"}
    assert payload["id"] == str(Notice.objects.get().key)


def test_people_get_mail(settings):
    settings.NOTIFY_EMAILS, settings.EMAIL_FROM = ["ops@example.com"], "homeroom@example.com"
    run = failed()
    assert deliver_due() == 1
    (message,) = mail.outbox
    assert message.to == ["ops@example.com"]
    assert message.subject == f"[Homeroom] Run #{run.number} for Lakeside Unified: failed. AWS asked to slow down."
    assert f"/runs/{run.number}" in message.body


@pytest.mark.parametrize("answer", [500, 404, 302])
def test_what_was_not_taken_is_sent_again_later(webhook, answer):
    webhook.answers.append(answer)
    failed()
    assert deliver_due() == 0
    assert deliver_due() == 0, "it is not due yet"
    notice = Notice.objects.get()
    assert notice.attempts == len(webhook.taken) == 1
    assert notice.last_error == f"The webhook answered {answer}."
    assert notice.due_at - timezone.now() > PAUSES[0] / 2
    Notice.objects.update(due_at=timezone.now())
    assert deliver_due() == 1
    assert webhook.taken[0][1] == webhook.taken[1][1], "the same body, with the same id"


def test_it_is_given_up_in_the_end_and_others_go_on(webhook):
    failed()
    for _ in range(len(PAUSES) + 1):
        webhook.answers.append(503)
        Notice.objects.update(due_at=timezone.now())
        assert deliver_due() == 0
    assert Notice.objects.get().given_up_at is not None
    failed("Maple Valley")
    assert deliver_due() == 1
    assert deliver_due() == 0


def test_nobody_there_is_told_without_the_address(settings, webhook):
    settings.NOTIFY_WEBHOOK_URL = "http://127.0.0.1:9/token-in-the-path"
    failed()
    deliver_due()
    assert Notice.objects.get().last_error == "The webhook did not answer: URLError."


def test_a_notice_is_not_without_what_it_tells(webhook):
    run = moved(a_run(), RunState.SYNTHESIZING)
    with transaction.atomic():
        moved(run, RunState.FAILED)
        assert Notice.objects.count() == 1
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


def test_drift_is_told_once(webhook):
    run = a_run()
    drifted = [DriftedAttribute("aws_vpc.this", "aws_vpc", "tags.Name", "a", "b")]
    store_drift(run, drifted, {})
    run.district.refresh_from_db()
    assert run.district.drift_badge is DriftStatus.DRIFTED
    store_drift(run, drifted, {})
    assert [notice.occasion for notice in Notice.objects.all()] == ["district.drifted"]


def test_a_halted_rollout_is_told(webhook):
    rollout = Rollout.objects.create(reason="New image", waves=["100%"], halt_failures=1)
    move_rollout(rollout, RolloutState.HALTED, by=By.SCHEDULER, reason="1 of 1 failed.")
    assert Notice.objects.get().sentence == f"Rollout #{rollout.number} has halted: 1 of 1 failed."


def test_old_ones_are_forgotten_and_waiting_ones_kept(webhook):
    failed()
    deliver_due()
    failed("Maple Valley")
    Notice.objects.exclude(sent_at=None).update(sent_at=timezone.now() - timedelta(days=91))
    assert forget_old(90) == 1
    assert Notice.objects.get().sent_at is None

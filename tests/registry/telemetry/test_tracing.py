"""From a person's click to Terraform's commands and calls of AWS it is one trace; without a collector there is none."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session
from celery import current_app
from django.db import connection as database
from django.test import Client
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from devtools.paths import ROOT
from engine.aws.clients import answering, client, new_session
from engine.errors import AwsUnavailableError, TerraformFailedError
from engine.settings import EngineSettings
from engine.terraform.command import Terraform
from provisioning import tasks
from provisioning.models import Run
from provisioning.runs.fence import RunMovedError
from provisioning.states.runs import RunState
from registry.accounts.roles import Role
from registry.telemetry import tracing
from tests.builders import a_person, a_run, moved
from tests.markup import squeezed
from tests.registry.telemetry.lines import work_off, written

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
IDENTITY = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account><Arn>a</Arn><UserId>u</UserId>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
REFUSAL = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not for user/x</Message></Error></ErrorResponse>"
TERRAFORM = '#!/bin/sh\n[ "$1" = version ] && echo \'{"terraform_version": "1.13.5"}\' && exit 0\nexit 1\n'
logger = logging.getLogger("tests.tracing")


class Spans:
    """What was kept so far."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()

    def all(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())

    def named(self, name: str) -> Any:
        (match,) = [span for span in self.all() if span.name == name]
        return match

    def trace_of(self, name: str) -> str:
        return f"{self.named(name).context.trace_id:032x}"

    def is_part(self, inner: str, outer: str) -> bool:
        parent = self.named(inner).parent
        return parent is not None and parent.span_id == self.named(outer).context.span_id


@pytest.fixture
def spans(monkeypatch) -> Iterator[Spans]:
    collected = Spans()
    into_memory = tracing.KeptTracing(collected.exporter, at_once=True)
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setitem(tracing._kept, os.getpid(), into_memory)
    yield collected
    into_memory.close()


@pytest.fixture
def answer_of_aws(monkeypatch) -> dict[str, Any]:
    """Answer each call of AWS with this status and body."""
    answer: dict[str, Any] = {"status": 200, "body": IDENTITY}

    class Raw(io.BytesIO):
        def stream(self, **_: object) -> Iterator[bytes]:
            yield self.read()

    def send(session: object, request: Any) -> AWSResponse:
        return AWSResponse(request.url, answer["status"], HTTPHeaders(), Raw(answer["body"]))

    monkeypatch.setattr(URLLib3Session, "send", send)
    return answer


@pytest.fixture
def engine(tmp_path) -> EngineSettings:
    program = tmp_path / "terraform"
    program.write_text(TERRAFORM)
    program.chmod(0o700)
    return EngineSettings(work_dir=tmp_path, state_bucket="states", terraform=str(program))


def ask_who_we_are(engine: EngineSettings) -> None:
    session = new_session(aws_access_key_id="key", aws_secret_access_key="not-to-be-told")
    client(engine, "sts", "us-east-1", session).get_caller_identity()


@pytest.mark.django_db
def test_a_click_its_task_and_their_commands_are_one_trace(
    spans, engine, tmp_path, answer_of_aws, monkeypatch, django_capture_on_commit_callbacks
):
    district = moved(a_run(), RunState.CANCELED).district
    # The click asks for a dispatch by itself, and not with what made the district.
    database.run_on_commit.clear()
    with current_app.connection_for_write() as connection:
        channel: Any = connection.channel()
        channel.queue_purge("runs")

    def walk(*_: object) -> None:
        Terraform(engine, tmp_path, "key").version()
        ask_who_we_are(engine)
        logger.info("On the way.")
        raise RunMovedError("That was all.")

    monkeypatch.setattr(tasks, "execute", walk)
    browser = Client()
    browser.force_login(a_person(Role.OPERATOR))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"/districts/{district.suffix}/plan")
    run = Run.objects.latest("pk")
    with written() as lines:
        assert work_off("runs") == 1
    click, task = "POST /districts/<slug:suffix>/plan", "provisioning.execute_run"
    assert spans.is_part(task, click)
    assert spans.is_part("terraform version", task)
    assert spans.is_part("sts.GetCallerIdentity", task)
    assert {f"{span.context.trace_id:032x}" for span in spans.all()} == {run.trace_id}
    assert lines.saying("On the way.")["trace_id"] == run.trace_id
    activity = squeezed(browser.get(f"/runs/{run.number}/activity").content.decode())
    assert f'<dd class="mono">{run.trace_id}</dd>' in activity
    assert "not-to-be-told" not in str([(span.name, dict(span.attributes)) for span in spans.all()])


@pytest.mark.django_db
def test_a_run_that_is_sent_later_belongs_to_the_trace_in_which_it_was_asked_for(
    spans, monkeypatch, django_capture_on_commit_callbacks
):
    with current_app.connection_for_write() as connection:
        channel: Any = connection.channel()
        channel.queue_purge("runs")
    monkeypatch.setattr(tasks, "execute", lambda *_: None)
    run = a_run()
    Run.objects.filter(pk=run.pk).update(traceparent=PARENT)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.reap_runs.apply()
    assert work_off("runs") == 1
    assert spans.trace_of("provisioning.execute_run") == PARENT.split("-")[1]
    assert spans.trace_of("provisioning.reap_runs") != PARENT.split("-")[1]


def test_a_command_that_fails_says_how_and_not_why(spans, engine, tmp_path):
    with pytest.raises(TerraformFailedError):
        Terraform(engine, tmp_path, "key").init()
    span = spans.named("terraform init")
    assert span.attributes["error.type"] == "status 1"
    assert span.status.is_ok is False


def test_a_call_that_aws_refuses_has_its_code_alone(spans, engine, answer_of_aws):
    answer_of_aws |= {"status": 403, "body": REFUSAL}
    with pytest.raises(AwsUnavailableError), answering("ask"):
        ask_who_we_are(engine)
    span = spans.named("sts.GetCallerIdentity")
    assert span.attributes["error.type"] == "AccessDenied"
    assert "user/x" not in str(dict(span.attributes)) + str(span.events) + str(span.status.description)


def test_a_call_that_nobody_answers_is_over_too(spans, engine, monkeypatch):
    def refuse(*_: object) -> None:
        raise ConnectionResetError("at 10.0.0.1")

    monkeypatch.setattr(URLLib3Session, "send", refuse)
    with pytest.raises(ConnectionResetError):
        ask_who_we_are(engine)
    assert spans.named("sts.GetCallerIdentity").attributes["error.type"] == "ConnectionResetError"


def test_machines_that_ask_every_few_seconds_make_no_span(spans):
    Client().get("/livez")
    assert spans.all() == []


@pytest.mark.parametrize("sent", ["", "x", "00-short-b7ad6b7169203331-01", "traceparent"])
def test_what_is_no_traceparent_names_no_trace(sent):
    assert tracing.trace_of(sent) == ""


def test_nothing_of_it_is_imported_while_no_collector_is_named():
    program = (
        "import django; django.setup()\n"
        "import sys, portal.wsgi, registry.telemetry.tasks\n"
        "from registry.telemetry.tracing import tracing, current_trace_id\n"
        "with tracing().span('x') as span: span.tell({'a': 1})\n"
        "tracing().begin('y', {})('')\n"
        "assert current_trace_id() == ''\n"
        "print(sorted(name for name in sys.modules if name.startswith('opentelemetry')))\n"
    )
    completed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (completed.stdout.strip(), completed.returncode) == ("[]", 0), completed.stderr

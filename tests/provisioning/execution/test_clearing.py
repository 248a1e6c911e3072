"""What a teardown does beside Terraform: it empties buckets, and removes what AWS adds meanwhile; all of it is told."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from engine.aws.clients import client
from engine.errors import AwsUnavailableError, EngineError, InterruptedRunError
from engine.terraform.command import Plan, read_plan
from messages.message import verbatim
from provisioning.engine_settings import engine_settings
from provisioning.execution import apply, clearing
from provisioning.execution.apply import carry
from provisioning.execution.clearing import Sweep, empty_buckets
from provisioning.execution.context import RunContext
from provisioning.models import RunEvent
from provisioning.runs.cancellation import request_cancel
from provisioning.states.runs import RunState
from provisioning.teardown.service import request_teardown
from tests.builders import a_person, a_run, moved
from tests.engine.aws.test_guardduty import watched
from tests.sandbox.levers import pull
from tests.sandbox.small_stack import until

pytestmark = pytest.mark.django_db
REGION = "us-east-1"


@pytest.fixture
def held(settings, url, monkeypatch) -> RunContext:
    """A teardown that is about to apply its plan."""
    settings.AWS_ENDPOINT_URL = url
    monkeypatch.setattr(clearing, "SANDBOX_LOOK_SECONDS", 0.01)
    first = a_run(slug="maple")
    for step in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(first, step)
    first.district.refresh_from_db()
    run = request_teardown(district=first.district, typed_name=first.district.suffix, reason="The end", actor=None)
    for step in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING):
        moved(run, step)
    assert run.claim_token is not None
    return RunContext(run, run.claim_token, engine_settings())


def deleting(bucket: str) -> Plan:
    change = {"actions": ["delete"], "before": {"bucket": bucket, "force_destroy": True}}
    plan = {"resource_changes": [{"address": "b", "type": "aws_s3_bucket", "mode": "managed", "change": change}]}
    return read_plan(Path("tfplan"), plan)


def told(context: RunContext, kind: str) -> list[str]:
    context.recorder.flush()
    events = RunEvent.objects.filter(run=context.run, kind=kind).order_by("sequence")
    return list(events.values_list("message", flat=True))


def a_bucket(url: str, name: str, count: int) -> None:
    client(engine_settings(), "s3", REGION).create_bucket(Bucket=name)
    pull(url, "crowd", bucket=name, count=count)


def test_a_bucket_is_emptied_before_the_destroy_and_the_page_is_told_how_far(held, url, monkeypatch):
    monkeypatch.setattr(clearing, "TELL_SECONDS", 0.0)
    a_bucket(url, "results", 1100)
    empty_buckets(held, deleting("results"))
    messages = told(held, "emptying")
    assert messages[-1].startswith("results is emptied before it is deleted: 1,100 object versions in")
    assert any("object versions are deleted so far" in text for text in messages[:-1])
    assert "Versions" not in client(held.settings, "s3", REGION).list_object_versions(Bucket="results")


def test_a_teardown_that_is_canceled_stops_emptying(held, url):
    a_bucket(url, "long", 1001)
    request_cancel(run=held.run, actor=a_person())
    with pytest.raises(InterruptedRunError):
        empty_buckets(held, deleting("long"))


class QuietTerraform:
    """Nothing to record: it is never asked in these tests."""


def test_what_guardduty_brings_during_a_destroy_is_removed_and_its_reason_told(held, url, monkeypatch):
    monkeypatch.setattr(apply, "record_what_exists", lambda context, terraform: None)
    ec2 = client(held.settings, "ec2", REGION)

    def work() -> None:
        """Take a network down, as Terraform does: it waits for the endpoint to go."""
        endpoint, group = watched(ec2, held.run.spec["suffix"], GuardDutyManaged="true")
        names.extend((endpoint, group))
        until(lambda: state(endpoint) == "deleted", "GuardDuty's endpoint has gone", 20)

    def state(endpoint: str) -> str:
        return str(ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]["State"]).lower()

    names: list[str] = []
    quiet: Any = QuietTerraform()
    carry(held, quiet, work)
    messages = told(held, "sweep")
    # The group may have been there for a look before its endpoint was.
    assert any(sentence.startswith(f"{names[0]} is deleted: GuardDuty makes it") for sentence in messages)


def test_an_aws_that_is_away_is_told_once_and_asked_again(held, monkeypatch):
    attempts = threading.Semaphore(0)

    def away(*args: Any) -> tuple[str, ...]:
        attempts.release()
        raise AwsUnavailableError(verbatim("AWS did not answer."))

    monkeypatch.setattr(clearing, "remove_guardduty", away)
    with Sweep(held):
        for _ in range(3):
            assert attempts.acquire(timeout=20)
    held.listen()
    assert told(held, "sweep") == ["AWS did not answer. It is retried."]


def test_a_fault_of_the_sweep_is_raised_and_never_hides_terraforms_own(held, monkeypatch):
    failed = threading.Event()

    def broken(*args: Any) -> tuple[str, ...]:
        failed.set()
        raise ZeroDivisionError

    monkeypatch.setattr(clearing, "remove_guardduty", broken)
    with pytest.raises(ZeroDivisionError), Sweep(held):
        assert failed.wait(20)
    failed.clear()

    def fail() -> None:
        assert failed.wait(20)
        raise EngineError(verbatim("Terraform failed."))

    with pytest.raises(EngineError, match="Terraform failed"), Sweep(held):
        fail()

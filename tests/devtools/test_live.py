"""What guards the first deployment into a real account, and how its report tells where AWS was otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from devtools.live import __main__ as command
from devtools.live import child, guardrails
from devtools.live.difference import Difference, differences
from devtools.live.guardrails import NotHereError
from devtools.live.life import GONE, Target
from devtools.live.observation import Calls, Names, Observation, answers_in, calls_in_history, calls_recorded
from devtools.live.report import Report, text, write
from processes.errors import RemediedError
from sandbox.launch import running_sandbox

ACCOUNT = "123456789012"
NAMES = Names(ACCOUNT, "us-east-1", "live-1a2b-sbx")


@pytest.fixture(scope="module")
def make() -> Iterator[guardrails.Make]:
    with running_sandbox() as running:
        session: Any = boto3.session.Session(region_name="us-east-1")
        yield lambda service: session.client(service, endpoint_url=running.url)


def test_another_account_than_the_one_that_was_named_is_left_alone(make):
    assert guardrails.require_account(make, ACCOUNT).startswith("arn:aws:sts::")
    with pytest.raises(NotHereError, match=f"are the account {ACCOUNT}'s, not 999999999999's"):
        guardrails.require_account(make, "999999999999")


def test_an_account_with_one_thing_of_production_is_refused_and_named(make):
    guardrails.refuse_production(make, ACCOUNT)
    ec2 = make("ec2")
    tags = [{"Key": "Environment", "Value": "production"}]
    network = ec2.create_vpc(CidrBlock="10.7.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])["Vpc"]
    with pytest.raises(NotHereError, match=network["VpcId"]):
        guardrails.refuse_production(make, ACCOUNT)
    ec2.delete_vpc(VpcId=network["VpcId"])
    guardrails.refuse_production(make, ACCOUNT)


def test_an_account_that_calls_itself_production_is_refused(make):
    make("iam").create_account_alias(AccountAlias="schools-prod")
    with pytest.raises(NotHereError, match="calls itself schools-prod"):
        guardrails.refuse_production(make, ACCOUNT)
    make("iam").delete_account_alias(AccountAlias="schools-prod")


@pytest.mark.parametrize("name", ["reproduction-lab", "products", "sandbox", "delivery"])
def test_a_name_that_only_sounds_like_it_is_none_of_production(name):
    assert guardrails.IN_NAME.search(name) is None


def test_one_question_names_the_account_the_time_and_the_cost():
    questions: list[str] = []

    def read(question: str) -> str:
        questions.append(question)
        return ACCOUNT

    guardrails.ask_once(ACCOUNT, "us-east-1", "S", given="", read=read)
    (question,) = questions
    assert ACCOUNT in question
    assert "one to 2 hours" in question
    assert "USD an hour" in question
    guardrails.ask_once(ACCOUNT, "us-east-1", "S", given=ACCOUNT, read=read)
    assert len(questions) == 1, "who has typed it beforehand is not asked"
    with pytest.raises(NotHereError, match="Nothing was made"):
        guardrails.ask_once(ACCOUNT, "us-east-1", "S", given="", read=lambda question: "yes")


@pytest.mark.parametrize("given", [{}, {"ACCOUNT": ACCOUNT}, {"ACCOUNT": "12", "REGION": "us-east-1"}])
def test_without_an_account_and_a_region_nothing_begins(given):
    with pytest.raises(RemediedError, match="which account and region"):
        command.target_of(given)


def test_the_callers_credentials_go_to_the_portal_and_no_endpoint_by_accident():
    environment = {
        "ACCOUNT": ACCOUNT,
        "REGION": "us-east-1",
        "AWS_PROFILE": "trial",
        "AWS_ENDPOINT_URL": "x",
        "HOME": "h",
    }
    target = command.target_of(environment)
    assert target.aws is not None
    assert (target.aws.endpoint_url, target.aws.variables) == ("", {"AWS_PROFILE": "trial"})
    assert command.target_of(environment).slug != target.slug, "buckets' names are one space for all of AWS"


MASKED = [
    (
        f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:aurora-live-1a2b-sbx",
        "arn:aws:rds:{region}:{account}:cluster:aurora-{suffix}",
    ),
    ("vpc-0a1b2c3d4e5f60718", "vpc-{id}"),
    ("2026-11-29T13:04:05.123Z", "{time}"),
    ("10.0.3.17", "{address}"),
    ("4f7f740e-5e55-4899-ad69-b73c275ddd5a", "{uuid}"),
    ("secret:database-live-1a2b-sbx-kyEJdt", "secret:database-{suffix}-{id}"),
    ("aurora-postgresql16", "aurora-postgresql16"),
    ("ip-10-233-83-180.ec2.internal", "ip-{address}.ec2.internal"),
    ("aurora-live-1a2b-sbx.cluster-ro-9rbams7iov64.us-east-1.rds", "aurora-{suffix}.cluster-ro-{id}.{region}.rds"),
    ("aurora-live-1a2b-sbx.cluster-9rbams7iov64.us-east-1.rds", "aurora-{suffix}.cluster-{id}.{region}.rds"),
    ("master.cache-live-1a2b-sbx.tnf5e4.use1.cache", "master.cache-{suffix}.{id}.use1.cache"),
    ("cluster-I4HDA7XCKE76TOTDFPKJT3RGNM", "cluster-{id}"),
    ("scalable-target/w4kiwtxbjzawiou6hrkcxi7c7vxhzssoyjbt", "scalable-target/{id}"),
    ("V2bRGV4L4gkz9AMxTjkFXrZ7PyyF2UnTRxdeq4UMYUxQsmgl", "{id}"),
    ("ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-TLS13-1-2-2021-06"),
]


@pytest.mark.parametrize(("value", "masked"), MASKED)
def test_what_is_made_up_anew_is_no_difference(value, masked):
    assert NAMES.masked(value) == masked
    assert NAMES.masked({"a": [value]}) == {"a": [masked]}


def test_answers_are_read_from_the_state_without_what_is_sensitive():
    state = {
        "resources": [
            {"mode": "data", "type": "aws_region", "name": "here", "instances": [{"attributes": {"id": "x"}}]},
            {
                "mode": "managed",
                "type": "aws_sqs_queue",
                "name": "results",
                "instances": [
                    {
                        "index_key": 0,
                        "attributes": {"name": "results-live-1a2b-sbx", "policy": "secret"},
                        "sensitive_attributes": [[{"type": "get_attr", "value": "policy"}]],
                    }
                ],
            },
        ]
    }
    assert answers_in(state, NAMES) == {"aws_sqs_queue.results[0]": {"name": "results-{suffix}"}}


def test_calls_are_named_alike_by_cloudtrail_and_by_the_embedded_aws(tmp_path):
    events = [
        {"eventSource": "lambda.amazonaws.com", "eventName": "GetFunction20150331v2"},
        {"eventSource": "monitoring.amazonaws.com", "eventName": "PutMetricAlarm"},
        {"eventSource": "rds.amazonaws.com", "eventName": "CreateDBCluster", "errorCode": "InvalidParameterValue"},
    ]
    calls = calls_in_history([{"CloudTrailEvent": json.dumps(event)} for event in events])
    assert set(calls) == {"lambda:GetFunction", "cloudwatch:PutMetricAlarm", "rds:CreateDBCluster"}
    assert calls["rds:CreateDBCluster"].errors == {"InvalidParameterValue": 1}
    recording = tmp_path / "calls"
    recording.write_text(json.dumps({"service": "monitoring", "action": "PutMetricAlarm", "ok": False}) + "\n")
    assert calls_recorded(recording) == {"cloudwatch:PutMetricAlarm": Calls(1, {"refused": 1})}


def test_every_kind_of_difference_is_told_and_what_is_alike_is_not():
    embedded = Observation(
        seconds={"aws_rds_cluster.a": 2.0, "aws_sqs_queue.q": 1.0},
        answers={"aws_sqs_queue.q": {"fifo": False, "size": 1}, "aws_only.here": {}},
        calls={"rds:CreateDBCluster": Calls(1), "rds:Gone": Calls(1), "s3:GetObject": Calls(4)},
    )
    aws = Observation(
        seconds={"aws_rds_cluster.a": 312.0, "aws_sqs_queue.q": 3.0},
        answers={"aws_sqs_queue.q": {"fifo": False, "size": 2}},
        calls={"rds:CreateDBCluster": Calls(2, {"Throttling": 1}), "rds:More": Calls(1)},
        drift=["aws_rds_cluster.a engine_version"],
        errors=["AWS did not answer."],
    )
    assert differences(embedded, aws) == [
        Difference("error", "AWS did not answer.", False, True),
        Difference("drift", "aws_rds_cluster.a engine_version", False, True),
        Difference("call", "rds:CreateDBCluster", {}, {"Throttling": 1}),
        Difference("call", "rds:Gone", True, False),
        Difference("call", "rds:More", False, True),
        Difference("answer", "aws_only.here", True, False),
        Difference("answer", "aws_sqs_queue.q: size", 1, 2),
        Difference("time", "aws_rds_cluster.a", 2.0, 312.0),
    ]
    assert differences(embedded, embedded) == []


def test_the_report_is_for_people_and_its_rows_are_cases_of_a_test(tmp_path):
    deviations = [Difference("answer", "aws_sqs_queue.q: size", 1, "a|b")]
    began = datetime(2026, 11, 29, 13, tzinfo=UTC)
    report = Report(
        ACCOUNT, "us-east-1", began, began + timedelta(minutes=70), "", Observation(), Observation(), deviations
    )
    page = write(report, tmp_path).read_text()
    assert "70 minutes. It came through." in page
    assert "| aws_sqs_queue.q: size | 1 | a\\|b |" in page
    rows = json.loads((tmp_path / "report.json").read_text())["differences"]
    assert rows == [{"kind": "answer", "subject": "aws_sqs_queue.q: size", "embedded": 1, "aws": "a|b"}]
    failed = Report(ACCOUNT, "us-east-1", began, began, "No more VPCs.", Observation(), Observation(), [])
    assert "It did not come through: No more VPCs." in text(failed)


@pytest.fixture
def target() -> Target:
    return Target(ACCOUNT, "us-east-1", None)


def test_where_the_process_dies_another_one_removes_what_is_left(tmp_path, target, monkeypatch):
    calls: list[tuple[str, ...]] = []

    def ended(target: Target, folder: Path, *more: str) -> int:
        calls.append(more)
        if more:
            (folder / GONE).touch()
        return 0 if more else -9

    monkeypatch.setattr(child, "_ended", ended)
    outcome = child.in_a_process(target, tmp_path / "one")
    assert calls == [(), ("--remove",)]
    assert outcome.failure == "The process ended with status -9."


def test_what_could_not_be_removed_is_said_with_how_to_find_it(tmp_path, target, monkeypatch):
    monkeypatch.setattr(child, "_ended", lambda target, folder, *more: 1)
    outcome = child.in_a_process(target, tmp_path / "one")
    assert f"the tag Suffix with the value {target.slug}-sbx finds it" in outcome.failure


def test_a_life_that_was_removed_is_not_removed_again(tmp_path, target, monkeypatch):
    def ended(target: Target, folder: Path, *more: str) -> int:
        assert not more
        observation = Observation(figures={"resources": 91})
        (folder / child.RESULT).write_text(json.dumps({"seen": observation.as_data(), "failure": ""}))
        (folder / GONE).touch()
        return 0

    monkeypatch.setattr(child, "_ended", ended)
    outcome = child.in_a_process(target, tmp_path / "one")
    assert (outcome.failure, outcome.seen.figures) == ("", {"resources": 91})


def test_a_target_survives_the_way_to_its_process():
    target = command.target_of({"ACCOUNT": ACCOUNT, "REGION": "us-east-1", "AWS_PROFILE": "trial"})
    assert child.target_of(json.loads(json.dumps(asdict(target)))) == target

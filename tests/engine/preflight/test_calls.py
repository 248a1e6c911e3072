"""The recorded list of a run's calls is what the deploy role may do, and covers every kind of a stack."""

from __future__ import annotations

import json

import pytest

from devtools.recorded_calls import listed, opened
from engine.preflight.calls import NEW, OURS, Call, recorded
from infra.deploy_rights import deploy_statements
from tests.infra.iam import allowed
from tests.infra.test_platform import MADE_BY_NAME

ACCOUNT = "123456789012"


def test_the_deploy_role_may_make_every_call_of_a_run():
    rights, district = deploy_statements(ACCOUNT), {"account": ACCOUNT, "region": "us-east-1", "suffix": "maple-sbx"}
    calls = [call.within(**district) for call in recorded()]
    assert len(calls) > 200
    assert [call for call in calls if not allowed(rights, call.action, call.resource, dict(call.context))] == []


def test_the_list_has_what_makes_each_kind_of_a_stack():
    actions = {call.action for call in recorded()}
    assert {action for action, _, _ in MADE_BY_NAME.values()} - actions == set()


def line(service: str, action: str, **more: object) -> dict[str, object]:
    return {"service": service, "action": action, "path": "/", "tagged": False, "asked": [], "answered": [], **more}


RECORDED = [
    (
        line("rds", "CreateDBCluster", tagged=True, answered=["arn:aws:rds:us-east-1:1:cluster:aurora-lakeside-sbx"]),
        Call("rds:CreateDBCluster", "arn:aws:rds:{region}:1:cluster:aurora-{suffix}", NEW),
    ),
    (line("ec2", "CreateVpc", tagged=True), Call("ec2:CreateVpc", "arn:aws:ec2:{region}:{account}:vpc/id", NEW)),
    (line("ec2", "DescribeVpcs"), Call("ec2:DescribeVpcs", "*")),
    (
        line("s3", "HeadBucket", path="/homeroom-logs-123456789012-lakeside-prod"),
        Call("s3:ListBucket", "arn:aws:s3:::homeroom-logs-{account}-{suffix}"),
    ),
    (line("monitoring", "DescribeAlarms"), Call("cloudwatch:DescribeAlarms", "*")),
    (
        line("kms", "DescribeKey", answered=["arn:aws:kms:us-east-1:1:key/4f7f740e-5e55-4899-ad69-b73c275ddd5a"]),
        Call("kms:DescribeKey", "arn:aws:kms:{region}:1:key/id", OURS),
    ),
]


@pytest.mark.parametrize(("told", "call"), RECORDED, ids=lambda part: getattr(part, "action", ""))
def test_a_request_becomes_what_iam_decides(told, call):
    calls = listed([told])
    assert call in [candidate for candidate in calls if candidate.action == call.action] or call in calls


def test_the_state_buckets_calls_are_the_workers_own():
    state = line("s3", "PutBucketVersioning", path="/homeroom-terraform-state/districts/x")
    assert [call for call in listed([state]) if call.action == "s3:PutBucketVersioning"] == []


def test_a_recording_of_tomorrow_gives_the_same_list():
    first = "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-owner-lakeside-sbx-kyEJdt"
    second = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:database-owner-lakeside-prod-Ab12Cd"
    assert opened(first) == opened(second)
    assert json.loads(json.dumps(Call("a:b", "*", NEW).as_data())) == {
        "action": "a:b",
        "resource": "*",
        "context": dict(NEW),
    }


def test_an_id_that_ends_in_twelve_digits_is_an_id():
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/135b67d8-2668-4a7a-98b0-267820543757"
    assert opened(key) == "arn:aws:kms:{region}:{account}:key/id"

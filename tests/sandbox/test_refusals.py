"""An action that the sandbox lacks is refused at once, by name, in the protocol of its service."""

from __future__ import annotations

import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.launch import Sandbox
from sandbox.refusals import Protocol, RefusalCode, protocol_of, refuse, sentence_for

LACKING = [
    ("elasticache", "describe_events", {}, "elasticache:DescribeEvents"),
    ("ec2", "describe_fleet_history", {"FleetId": "fleet-1", "StartTime": "2026-01-01"}, "ec2:DescribeFleetHistory"),
    ("ecs", "submit_task_state_change", {}, "ecs:SubmitTaskStateChange"),
    ("chime", "list_accounts", {}, "chime:"),
    ("lambda", "list_code_signing_configs", {}, "lambda:ListCodeSigningConfigs"),
]


@pytest.mark.parametrize(("service", "method", "arguments", "named"), LACKING)
def test_a_lacking_action_is_refused_at_once_by_name_and_not_retried(
    sandbox: Sandbox, service, method, arguments, named
):
    retrying = Config(retries={"mode": "standard", "total_max_attempts": 4})
    caller = boto3.client(service, endpoint_url=sandbox.url, config=retrying, region_name="us-east-1")
    began = time.monotonic()
    with pytest.raises(ClientError) as refused:
        getattr(caller, method)(**arguments)
    error = refused.value.response
    assert error["Error"]["Code"] == RefusalCode.NOT_IMPLEMENTED
    assert named in error["Error"]["Message"]
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert error["ResponseMetadata"]["RetryAttempts"] == 0
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("facts", "protocol"),
    [
        ({"service": "ecs", "target": "X.Y"}, Protocol.JSON),
        ({"service": "ec2", "has_action": True}, Protocol.EC2),
        ({"service": "rds", "has_action": True}, Protocol.QUERY),
        ({"service": "s3"}, Protocol.S3),
        ({"service": "route53"}, Protocol.REST_XML),
        ({"service": "lambda"}, Protocol.JSON),
        ({"service": "cloudwatch", "smithy": "rpc-v2-cbor"}, Protocol.CBOR),
    ],
)
def test_each_kind_of_request_reads_errors_in_its_own_protocol(facts, protocol):
    whole = {"target": None, "smithy": None, "has_action": False} | facts
    assert protocol_of(**whole) is protocol


def test_a_message_is_escaped_in_xml():
    message = sentence_for(code=RefusalCode.FAILED, service="s3", action="PutObject", detail="<a> & b")
    assert b"&lt;a&gt; &amp; b" in refuse(Protocol.S3, code=RefusalCode.FAILED, message=message).body

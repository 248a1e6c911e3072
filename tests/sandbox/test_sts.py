"""A role is assumed by who knows its external id, in its own account."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.launch import Sandbox
from tests.sandbox.conftest import Clients

OTHER = "210987654321"
ROLE = f"arn:aws:iam::{OTHER}:role/homeroom-deploy"


def assumed(sandbox: Sandbox, client: Clients, arn: str, **more: str) -> Any:
    credentials = client("sts").assume_role(RoleArn=arn, RoleSessionName="test", **more)["Credentials"]
    return boto3.session.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name="us-east-1",
    )


def test_a_role_is_assumed_in_its_own_account_with_its_external_id(sandbox, client):
    with pytest.raises(ClientError, match="AccessDenied"):
        assumed(sandbox, client, ROLE)
    member = assumed(sandbox, client, f"arn:aws:iam::{OTHER}:role/OrganizationAccountAccessRole")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "0123456789abcdef"}},
            }
        ],
    }
    iam = member.client("iam", endpoint_url=sandbox.url)
    iam.create_role(RoleName="homeroom-deploy", AssumeRolePolicyDocument=json.dumps(trust))
    rights = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "*"}}
    iam.put_role_policy(RoleName="homeroom-deploy", PolicyName="queues", PolicyDocument=json.dumps(rights))
    for options in ({}, {"ExternalId": "another-one"}):
        with pytest.raises(ClientError, match="AccessDenied"):
            assumed(sandbox, client, ROLE, **options)
    inside = assumed(sandbox, client, ROLE, ExternalId="0123456789abcdef")
    assert inside.client("sts", endpoint_url=sandbox.url).get_caller_identity()["Account"] == OTHER
    sqs = inside.client("sqs", endpoint_url=sandbox.url)
    sqs.create_queue(QueueName="results-maple-sbx")
    assert "QueueUrls" not in client("sqs").list_queues(QueueNamePrefix="results-maple-sbx")

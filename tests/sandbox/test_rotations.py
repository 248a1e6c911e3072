"""A version that stays pending blocks the next rotation; one that became current, or was only tested, does not."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRUSTED = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture(scope="module")
def function(client) -> str:
    """A function that Secrets Manager may call; nothing of it runs."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("code.py", "def handle(event, context): return 1")
    name = f"rotates-{uuid.uuid4().hex[:8]}"
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUSTED]})
    answer = client("lambda").create_function(
        FunctionName=name,
        Role=client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"],
        Runtime="python3.12",
        Handler="code.handle",
        Code={"ZipFile": archive.getvalue()},
    )
    client("lambda").add_permission(
        FunctionName=name,
        StatementId="rotates",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        SourceAccount="123456789012",
    )
    return str(answer["FunctionArn"])


@pytest.fixture
def secret(client) -> str:
    answer = client("secretsmanager").create_secret(Name=f"secret-{uuid.uuid4().hex[:8]}", SecretString="one")
    return str(answer["ARN"])


def rotate(client: Any, secret: str, function: str, *, now: bool) -> str:
    """Return what it is refused with, or nothing."""
    parameters = {"SecretId": secret, "RotationLambdaARN": function, "RotationRules": {"AutomaticallyAfterDays": 30}}
    try:
        client("secretsmanager").rotate_secret(**parameters, RotateImmediately=now)
    except ClientError as refused:
        return f"{refused.response['Error']['Code']}: {refused.response['Error']['Message']}"
    return ""


def stages(client: Any, secret: str) -> list[list[str]]:
    return list(client("secretsmanager").describe_secret(SecretId=secret)["VersionIdsToStages"].values())


@pytest.mark.parametrize("now", [True, False])
def test_a_version_that_stays_pending_blocks_the_next_rotation(client, secret, function, now):
    manager = client("secretsmanager")
    token = str(uuid.uuid4())
    manager.put_secret_value(
        SecretId=secret, ClientRequestToken=token, SecretString="two", VersionStages=["AWSPENDING"]
    )
    refused = "InvalidRequestException: A previous rotation isn't complete. That rotation will be reattempted."
    assert rotate(client, secret, function, now=now) == refused
    assert sorted(stages(client, secret)) == [["AWSCURRENT"], ["AWSPENDING"]], "and changes nothing"
    manager.update_secret_version_stage(SecretId=secret, VersionStage="AWSPENDING", RemoveFromVersionId=token)
    assert rotate(client, secret, function, now=False) == ""


def test_a_rotation_that_has_ended_blocks_none(client, secret, function):
    manager = client("secretsmanager")
    token = str(uuid.uuid4())
    manager.put_secret_value(
        SecretId=secret, ClientRequestToken=token, SecretString="two", VersionStages=["AWSPENDING", "AWSCURRENT"]
    )
    assert rotate(client, secret, function, now=False) == ""
    assert manager.get_secret_value(SecretId=secret)["SecretString"] == "two"


def test_a_test_of_the_configuration_leaves_nothing_pending_and_can_be_asked_for_again(client, secret, function):
    for _ in range(2):
        assert rotate(client, secret, function, now=False) == ""
        assert stages(client, secret) == [["AWSCURRENT"]]

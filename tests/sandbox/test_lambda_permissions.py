"""A statement is in a function's policy once."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def function(client):
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client("iam").create_role(RoleName="function-role", AssumeRolePolicyDocument=document)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("handler.py", "def handle(event, context): ...")
    client("lambda").create_function(
        FunctionName="rotation-small-sbx",
        Runtime="python3.12",
        Role="arn:aws:iam::123456789012:role/function-role",
        Handler="handler.handle",
        Code={"ZipFile": archive.getvalue()},
    )
    yield "rotation-small-sbx"
    client("lambda").delete_function(FunctionName="rotation-small-sbx")
    client("iam").delete_role(RoleName="function-role")


def test_a_repeated_permission_is_one_and_another_of_its_id_is_refused(client, function):
    permission = {
        "FunctionName": function,
        "StatementId": "Rotates",
        "Action": "lambda:InvokeFunction",
        "Principal": "secretsmanager.amazonaws.com",
    }
    for _ in range(2):
        client("lambda").add_permission(**permission)
    policy = json.loads(client("lambda").get_policy(FunctionName=function)["Policy"])
    assert [part["Sid"] for part in policy["Statement"]] == ["Rotates"]
    with pytest.raises(ClientError, match="ResourceConflictException"):
        client("lambda").add_permission(**(permission | {"Principal": "s3.amazonaws.com"}))
    client("lambda").remove_permission(FunctionName=function, StatementId="Rotates")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client("lambda").get_policy(FunctionName=function)

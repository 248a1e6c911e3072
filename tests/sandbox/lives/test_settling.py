"""What IAM and KMS were told a moment ago decides a while later, and the provider knows to repeat."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.launch import Sandbox
from tests.sandbox.levers import forward, pull

ADMINISTRATOR = "arn:aws:iam::123456789012:user/administrator"


def document(principal: dict[str, Any] | None, action: str, **more: Any) -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, **more}
    if principal:
        statement["Principal"] = principal
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def a_role(client: Any, name: str, **rights: Any) -> str:
    trust = document({"AWS": ADMINISTRATOR}, "sts:AssumeRole")
    arn = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if rights:
        right = document(None, **rights)
        client("iam").put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=right)
    return str(arn)


def test_a_role_that_has_just_been_made_is_there_and_is_assumed_by_nobody_yet(client, aws):
    role = a_role(client, "new")
    assert client("iam").get_role(RoleName="new")["Role"]["Arn"] == role
    forward(aws.url, seconds=9)
    with pytest.raises(ClientError, match="AccessDenied"):
        client("sts").assume_role(RoleArn=role, RoleSessionName="early")
    forward(aws.url, seconds=1)
    assert client("sts").assume_role(RoleArn=role, RoleSessionName="late")["Credentials"]


def test_tags_that_a_key_is_given_decide_on_it_minutes_later_and_those_that_it_is_made_with_at_once(client, aws):
    ours = {"StringEquals": {"aws:ResourceTag/ManagedBy": "homeroom"}}
    role = a_role(client, "keeper", action="kms:GetKeyRotationStatus", Resource="*", Condition=ours)
    forward(aws.url, seconds=10)
    kms = client("kms")
    tag = {"TagKey": "ManagedBy", "TagValue": "homeroom"}
    tagged = kms.create_key(Tags=[tag])["KeyMetadata"]["KeyId"]
    later = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.tag_resource(KeyId=later, Tags=[tag])
    assert kms.list_resource_tags(KeyId=later)["Tags"] == [tag]

    credentials = client("sts").assume_role(RoleArn=role, RoleSessionName="asks")["Credentials"]
    keys = {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    session: Any = boto3.session.Session(region_name="us-east-1", **keys)
    asks = session.client("kms", endpoint_url=aws.url)
    assert "KeyRotationEnabled" in asks.get_key_rotation_status(KeyId=tagged)
    with pytest.raises(ClientError, match="AccessDenied"):
        asks.get_key_rotation_status(KeyId=later)
    kms.untag_resource(KeyId=tagged, TagKeys=["ManagedBy"])
    forward(aws.url, minutes=4)
    assert "KeyRotationEnabled" in asks.get_key_rotation_status(KeyId=tagged), "what it had still decides"
    forward(aws.url, minutes=1)
    assert "KeyRotationEnabled" in asks.get_key_rotation_status(KeyId=later)
    with pytest.raises(ClientError, match="AccessDenied"):
        asks.get_key_rotation_status(KeyId=tagged)


CONFIGURATION = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
provider "aws" { region = "us-east-1" }
locals {
  trusted = ["backup.amazonaws.com", "monitoring.rds.amazonaws.com"]
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = local.trusted }, Action = "sts:AssumeRole" }]
  })
}
resource "aws_iam_role" "new" {
  name               = "new"
  assume_role_policy = local.trust
}
resource "aws_backup_plan" "daily" {
  name = "daily"
  rule {
    rule_name         = "daily"
    target_vault_name = "Default"
    schedule          = "cron(0 5 * * ? *)"
  }
}
resource "aws_backup_selection" "all" {
  name         = "all"
  plan_id      = aws_backup_plan.daily.id
  iam_role_arn = aws_iam_role.new.arn
  resources    = ["*"]
}
"""


@pytest.mark.terraform
def test_terraform_repeats_what_is_refused_for_a_role_that_has_just_been_made(client, aws: Sandbox, tmp_path: Path):
    """At a third of AWS's delays; nothing of ours but Terraform uses a role that it has just made."""
    binary = os.environ["HOMEROOM_TERRAFORM"]
    assert binary, "Terraform is not on the PATH"
    (tmp_path / "main.tf").write_text(CONFIGURATION)
    pull(aws.url, "clock", pace=3)
    environment = os.environ | {"AWS_ENDPOINT_URL": aws.url, "CHECKPOINT_DISABLE": "1"}
    for command in (["init"], ["apply", "-auto-approve"]):
        completed = subprocess.run(
            [binary, *command, "-no-color", "-input=false"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert completed.returncode == 0, completed.stdout[-3000:] + completed.stderr[-3000:]
    denied = pull(aws.url, "health")["denied"]
    assert denied == {"backup:CreateBackupSelection": denied["backup:CreateBackupSelection"]}
    assert denied["backup:CreateBackupSelection"] >= 1

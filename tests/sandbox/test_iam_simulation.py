"""IAM's simulator says what a role's policies and its boundary decide, without anything being called."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"} | part for part in statements]}


@pytest.fixture(scope="module")
def iam(client):
    """Have a role that may use S3 and keys of ours, within a boundary that leaves buckets' deletion out."""
    admin = client("iam")
    rights = document(
        {"Action": "s3:*"},
        {"Effect": "Deny", "Action": "s3:PutBucketPolicy"},
        {"Action": "kms:*", "Condition": {"StringEquals": {"aws:ResourceTag/ManagedBy": "homeroom"}}},
    )
    limit = document({"Action": ["s3:Get*", "s3:PutObject", "kms:*"]})
    boundary = admin.create_policy(PolicyName="limit", PolicyDocument=json.dumps(limit))["Policy"]["Arn"]
    admin.create_role(RoleName="simulated", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=boundary)
    admin.put_role_policy(RoleName="simulated", PolicyName="rights", PolicyDocument=json.dumps(rights))
    managed = admin.create_policy(PolicyName="more", PolicyDocument=json.dumps(document({"Action": "ec2:Describe*"})))
    admin.attach_role_policy(RoleName="simulated", PolicyArn=managed["Policy"]["Arn"])
    return admin


def simulated(iam: Any, *actions: str, context: dict[str, str] | None = None, **more: Any) -> dict[str, str]:
    entries = [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in (context or {}).items()
    ]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/simulated",
        ActionNames=list(actions),
        ContextEntries=entries,
        **more,
    )
    return {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}


def test_policies_allow_deny_and_say_nothing_and_the_boundary_limits_them(iam):
    actions = ("s3:GetObject", "s3:PutBucketPolicy", "s3:DeleteBucket", "ec2:DescribeVpcs", "sqs:SendMessage")
    assert simulated(iam, *actions) == {
        "s3:GetObject": "allowed",
        "s3:PutBucketPolicy": "explicitDeny",
        "s3:DeleteBucket": "implicitDeny",
        "ec2:DescribeVpcs": "implicitDeny",
        "sqs:SendMessage": "implicitDeny",
    }


def test_what_a_condition_asks_for_is_given_as_context(iam):
    assert simulated(iam, "kms:Decrypt") == {"kms:Decrypt": "implicitDeny"}
    ours, theirs = ({"aws:ResourceTag/ManagedBy": name} for name in ("homeroom", "somebody"))
    assert simulated(iam, "kms:Decrypt", context=ours) == {"kms:Decrypt": "allowed"}
    assert simulated(iam, "kms:Decrypt", context=theirs) == {"kms:Decrypt": "implicitDeny"}


def test_more_results_than_fit_come_page_by_page(iam):
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/simulated",
        ActionNames=["s3:GetObject", "s3:PutObject", "s3:DeleteBucket"],
        PaginationConfig={"PageSize": 2},
    )
    assert [len(page["EvaluationResults"]) for page in pages] == [2, 1]


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/nobody", "NoSuchEntity"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/simulated/session", "InvalidInput"),
        (f"arn:aws:iam::{ACCOUNT}:root", "InvalidInput"),
    ],
)
def test_who_is_no_role_and_no_user_is_refused(iam, arn, code):
    with pytest.raises(ClientError) as refused:
        iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
    assert refused.value.response["Error"]["Code"] == code

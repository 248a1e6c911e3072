"""The deploy role of an account as a template for whoever owns it: CloudFormation, or Terraform's own JSON.

The same role, policies and boundaries as `infra.platform` makes, without what else an account shares.
"""

from __future__ import annotations

import json
from typing import Any

from infra.deploy_rights import (
    DEPLOY_BOUNDARY,
    DEPLOY_POLICY,
    DEPLOY_ROLE,
    DISTRICT_BOUNDARY,
    deploy_statements,
    without_names,
)
from infra.district_rights import district_statements
from infra.durations import ENDING, LONGEST_RUN

VERSION = "2012-10-17"
SECONDS = int((LONGEST_RUN + 2 * ENDING).total_seconds())
MARKED = {"ManagedBy": "homeroom"}


def role_arn(account_id: str) -> str:
    """Return the ARN that the deploy role has in an account."""
    return f"arn:aws:iam::{account_id}:role/{DEPLOY_ROLE}"


def boundary_arn(account_id: str) -> str:
    """Return the ARN of the boundary of districts' roles in an account."""
    return f"arn:aws:iam::{account_id}:policy/{DISTRICT_BOUNDARY}"


def cloudformation(account_id: str, external_id: str, principal_arn: str) -> str:
    """Return the template; its stack needs the capability CAPABILITY_NAMED_IAM."""
    policies = {
        logical: {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"ManagedPolicyName": name, "Description": what, "PolicyDocument": document},
        }
        for logical, (name, what, document) in _policies(account_id).items()
    }
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": DEPLOY_ROLE,
            "AssumeRolePolicyDocument": _trust(external_id, principal_arn),
            "PermissionsBoundary": {"Ref": "Boundary"},
            "ManagedPolicyArns": [{"Ref": "Rights"}],
            "MaxSessionDuration": SECONDS,
            "Tags": [{"Key": key, "Value": value} for key, value in MARKED.items()],
        },
    }
    return _text(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "The role by which Homeroom works in this account",
            "Resources": {**policies, "DeployRole": role},
            "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["DeployRole", "Arn"]}}},
        }
    )


def terraform(account_id: str, external_id: str, principal_arn: str) -> str:
    """Return the same as a file main.tf.json."""
    policies = {
        logical.lower(): {"name": name, "description": what, "policy": json.dumps(document), "tags": MARKED}
        for logical, (name, what, document) in _policies(account_id).items()
    }
    role = {
        "name": DEPLOY_ROLE,
        "assume_role_policy": json.dumps(_trust(external_id, principal_arn)),
        "permissions_boundary": "${aws_iam_policy.boundary.arn}",
        "max_session_duration": SECONDS,
        "tags": MARKED,
    }
    attached = {"role": "${aws_iam_role.deploy.name}", "policy_arn": "${aws_iam_policy.rights.arn}"}
    return _text(
        {
            "resource": {
                "aws_iam_policy": policies,
                "aws_iam_role": {"deploy": role},
                "aws_iam_role_policy_attachment": {"deploy": attached},
            },
            "output": {"role_arn": {"value": "${aws_iam_role.deploy.arn}"}},
        }
    )


def _policies(account_id: str) -> dict[str, tuple[str, str, dict[str, Any]]]:
    rights, most = deploy_statements(account_id), deploy_statements(account_id, ("*",))
    return {
        "Rights": (DEPLOY_POLICY, "What the deploy role may do", _document(without_names(rights))),
        "Boundary": (DEPLOY_BOUNDARY, "The most that the deploy role may ever do", _document(without_names(most))),
        "District": (
            DISTRICT_BOUNDARY,
            "The most that any role of a district may do",
            _document(district_statements(account_id)),
        ),
    }


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": VERSION, "Statement": list(statements)}


def _trust(external_id: str, principal_arn: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [principal_arn]},
        "Action": ["sts:AssumeRole"],
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    return _document([statement])


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1) + "\n"

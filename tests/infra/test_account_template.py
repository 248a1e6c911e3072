"""The template of an account's deploy role makes the very role that the platform makes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.account_template import cloudformation, terraform
from tests import synthesis
from tests.infra.test_platform import ACCOUNT, SPEC

PRINCIPAL = SPEC["portal_principal_arns"][0]
NAMES = {"rights": "homeroom-deploy", "boundary": "homeroom-deploy-boundary", "district": "homeroom-district"}


@pytest.fixture(scope="module")
def platform() -> dict[str, dict[str, Any]]:
    declared: dict[str, dict[str, Any]] = synthesis.platform(SPEC | {"hosted_zone_ids": []}).data["resource"]
    return declared


@pytest.fixture(scope="module")
def expected(platform) -> dict[str, Any]:
    """Return the platform's role: its policies by the template's names, and whole."""
    policies = platform["aws_iam_policy"]
    return {
        "rights": json.loads(policies["deploy_rights"]["policy"]),
        "boundary": json.loads(policies["deploy_boundary"]["policy"]),
        "district": json.loads(policies["deploy_district_boundary"]["policy"]),
        "trust": json.loads(platform["aws_iam_role"]["deploy_role"]["assume_role_policy"]),
        "seconds": platform["aws_iam_role"]["deploy_role"]["max_session_duration"],
    }


def test_the_platforms_role_has_its_rights_within_its_boundary_and_nothing_beside(platform):
    role = platform["aws_iam_role"]["deploy_role"]
    attached = {
        body["policy_arn"]
        for body in platform["aws_iam_role_policy_attachment"].values()
        if body["role"] == "${aws_iam_role.deploy_role.name}"
    }
    assert (role["name"], role["permissions_boundary"]) == ("homeroom-deploy", "${aws_iam_policy.deploy_boundary.arn}")
    assert attached == {"${aws_iam_policy.deploy_rights.arn}"}
    assert not [body for body in platform["aws_iam_role_policy"].values() if "deploy" in body["role"]]


def test_cloudformation_makes_it(expected):
    resources = json.loads(cloudformation(ACCOUNT, SPEC["external_id"], PRINCIPAL))["Resources"]
    policies = {name.lower(): part["Properties"] for name, part in resources.items() if name != "DeployRole"}
    assert {name: part["ManagedPolicyName"] for name, part in policies.items()} == NAMES
    assert {name: part["PolicyDocument"] for name, part in policies.items()} == {name: expected[name] for name in NAMES}
    role = resources["DeployRole"]["Properties"]
    assert role == {
        "RoleName": "homeroom-deploy",
        "AssumeRolePolicyDocument": expected["trust"],
        "PermissionsBoundary": {"Ref": "Boundary"},
        "ManagedPolicyArns": [{"Ref": "Rights"}],
        "MaxSessionDuration": expected["seconds"],
        "Tags": [{"Key": "ManagedBy", "Value": "homeroom"}],
    }


def test_terraform_makes_it(expected):
    resources = json.loads(terraform(ACCOUNT, SPEC["external_id"], PRINCIPAL))["resource"]
    policies = resources["aws_iam_policy"]
    assert {name: part["name"] for name, part in policies.items()} == NAMES
    assert {name: json.loads(part["policy"]) for name, part in policies.items()} == {
        name: expected[name] for name in NAMES
    }
    (role,) = resources["aws_iam_role"].values()
    assert role | {"assume_role_policy": json.loads(role["assume_role_policy"])} == {
        "name": "homeroom-deploy",
        "assume_role_policy": expected["trust"],
        "permissions_boundary": "${aws_iam_policy.boundary.arn}",
        "max_session_duration": expected["seconds"],
        "tags": {"ManagedBy": "homeroom"},
    }
    (attached,) = resources["aws_iam_role_policy_attachment"].values()
    assert attached == {"role": "${aws_iam_role.deploy.name}", "policy_arn": "${aws_iam_policy.rights.arn}"}

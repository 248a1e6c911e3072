"""What an account's districts share: a deploy role that reaches what is ours and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import infra
from tests.infra.iam import allowed

ACCOUNT = "123456789012"
SPEC: dict[str, Any] = {
    "account_id": ACCOUNT,
    "external_id": "0123456789abcdef",
    "portal_principal_arns": ["arn:aws:iam::210987654321:role/homeroom-portal"],
    "state_bucket": "homeroom-terraform-state",
}
OURS = {"aws:ResourceTag/ManagedBy": "homeroom"}
PLATFORM = {"aws:ResourceTag/ManagedBy": "homeroom-platform"}
MADE = {"aws:RequestTag/ManagedBy": "homeroom"}
EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}"
IAM = f"arn:aws:iam::{ACCOUNT}"
BOUNDARY = {"iam:PermissionsBoundary": f"{IAM}:policy/homeroom-district"}

LISTS = (
    "application-autoscaling:DescribeScalableTargets",
    "backup:ListBackupPlans",
    "backup:ListBackupVaults",
    "budgets:ViewBudget",
    "cloudtrail:ListTrails",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:ListDashboards",
    "ec2:DescribeNetworkInterfaces",
    "ecs:ListClusters",
    "ecs:ListTaskDefinitions",
    "elasticache:DescribeUsers",
    "elasticloadbalancing:DescribeLoadBalancers",
    "iam:ListRoles",
    "kms:ListAliases",
    "lambda:ListFunctions",
    "logs:DescribeLogGroups",
    "rds:DescribeDBClusterAutomatedBackups",
    "rds:DescribeDBClusterSnapshots",
    "s3:ListAllMyBuckets",
    "secretsmanager:ListSecrets",
    "sns:ListTopics",
    "sqs:ListQueues",
    "sts:GetCallerIdentity",
    "wafv2:ListWebACLs",
)
"""What the inventory calls beside the tag index; without one of these a teardown could not be proven."""

MAY = [
    ("ec2:CreateVpc", f"{EC2}:vpc/*", MADE),
    ("ec2:DeleteVpc", f"{EC2}:vpc/vpc-1", OURS),
    ("ec2:CreateSubnet", f"{EC2}:vpc/vpc-1", OURS),
    ("ec2:DescribeSubnets", "*", {}),
    ("rds:CreateDBCluster", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:aurora-maple-sbx", MADE),
    ("rds:DeleteDBCluster", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:aurora-maple-sbx", OURS),
    ("s3:CreateBucket", f"arn:aws:s3:::homeroom-results-{ACCOUNT}-maple-sbx", {}),
    ("s3:DeleteObject", f"arn:aws:s3:::homeroom-audit-{ACCOUNT}-maple-sbx/AWSLogs/x", {}),
    ("kms:ScheduleKeyDeletion", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", OURS),
    ("kms:CreateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/data-maple-sbx", {}),
    ("logs:CreateLogGroup", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/homeroom/api-maple-sbx:*", {}),
    ("logs:PutRetentionPolicy", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/rotation-maple-sbx:*", {}),
    ("iam:CreateRole", f"{IAM}:role/api-task-maple-sbx", BOUNDARY),
    ("iam:PutRolePolicy", f"{IAM}:role/api-task-maple-prod", BOUNDARY),
    ("iam:DeleteRole", f"{IAM}:role/api-task-maple-stg", {}),
    ("iam:PassRole", f"{IAM}:role/api-task-maple-sbx", {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    ("cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:queue-age-maple-sbx", {}),
    ("budgets:ModifyBudget", f"arn:aws:budgets::{ACCOUNT}:budget/monthly-maple-sbx", {}),
    ("tag:GetResources", "*", {}),
    ("rds:CopyDBClusterSnapshot", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster-snapshot:final-maple-sbx-1", MADE),
    ("rds:DeleteDBClusterSnapshot", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster-snapshot:final-maple-sbx-1", OURS),
    ("kms:DescribeKey", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/of-rds", {}),
    *((action, "*", {}) for action in LISTS),
]
MAY_NOT = [
    ("ec2:CreateVpc", f"{EC2}:vpc/*", {}),
    ("ec2:DeleteVpc", f"{EC2}:vpc/vpc-of-somebody", {}),
    ("ec2:DeleteVpc", f"{EC2}:vpc/vpc-of-somebody", {"aws:ResourceTag/ManagedBy": "somebody"}),
    ("ec2:CreateSubnet", f"{EC2}:vpc/vpc-of-somebody", {}),
    ("ec2:CreateTags", f"{EC2}:vpc/vpc-of-somebody", {}),
    ("rds:DeleteDBCluster", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:payroll", {}),
    ("rds:ModifyDBCluster", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:payroll", MADE),
    ("s3:GetObject", "arn:aws:s3:::homeroom-terraform-state/districts/maple-sbx/terraform.tfstate", {}),
    ("s3:DeleteBucket", "arn:aws:s3:::homeroom-terraform-state", {}),
    ("s3:GetObject", "arn:aws:s3:::payroll/2026.csv", {}),
    ("kms:ScheduleKeyDeletion", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/of-somebody", {}),
    (
        "kms:Decrypt",
        f"arn:aws:kms:us-east-1:{ACCOUNT}:key/of-somebody",
        {"aws:ResourceTag/ManagedBy": "homeroom-platform"},
    ),
    ("kms:DeleteAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/homeroom-platform", {}),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:payroll", {}),
    ("logs:DeleteLogGroup", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/payroll:*", {}),
    ("iam:CreateRole", f"{IAM}:role/api-task-maple-sbx", {}),
    ("iam:CreateRole", f"{IAM}:role/administrator", BOUNDARY),
    ("iam:CreateRole", f"{IAM}:role/api-task-maple-sbx", {"iam:PermissionsBoundary": f"{IAM}:policy/wider"}),
    ("iam:PutRolePolicy", f"{IAM}:role/api-task-maple-sbx", {}),
    ("iam:AttachRolePolicy", f"{IAM}:role/homeroom-deploy", BOUNDARY),
    ("iam:DeleteRolePermissionsBoundary", f"{IAM}:role/api-task-maple-sbx", {}),
    ("iam:CreatePolicyVersion", f"{IAM}:policy/homeroom-deploy", {}),
    ("iam:CreatePolicyVersion", f"{IAM}:policy/homeroom-district", {}),
    ("iam:CreateUser", f"{IAM}:user/somebody", {}),
    ("iam:CreateAccessKey", f"{IAM}:user/somebody", {}),
    ("iam:PassRole", f"{IAM}:role/administrator", {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    ("iam:PassRole", f"{IAM}:role/api-task-maple-sbx", {"iam:PassedToService": "ec2.amazonaws.com"}),
    ("iam:CreateServiceLinkedRole", f"{IAM}:role/aws-service-role/x", {"iam:AWSServiceName": "sso.amazonaws.com"}),
    ("sts:AssumeRole", f"{IAM}:role/administrator", {}),
    ("ecr:PutImage", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/homeroom/processor", {}),
    ("organizations:LeaveOrganization", "*", {}),
    ("ec2:CreateVpc", f"{EC2}:vpc/*", {"aws:RequestTag/ManagedBy": "somebody"}),
    ("rds:CopyDBClusterSnapshot", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster-snapshot:payroll", {}),
]
DISTRICT_MAY_NOT = [
    ("iam:CreateRole", f"{IAM}:role/api-task-maple-sbx", BOUNDARY),
    ("iam:PassRole", f"{IAM}:role/homeroom-deploy", {}),
    ("sts:AssumeRole", f"{IAM}:role/homeroom-deploy", {}),
    ("s3:GetObject", "arn:aws:s3:::homeroom-terraform-state/districts/maple-sbx/terraform.tfstate", {}),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:payroll", {}),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/of-somebody", {}),
    ("ec2:DeleteVpc", f"{EC2}:vpc/vpc-1", OURS),
    ("rds:DeleteDBCluster", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:aurora-maple-sbx", OURS),
]


@pytest.fixture(scope="module")
def platform(tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("platform")
    ended = infra("platform", "-", str(folder), given=json.dumps(SPEC))
    assert ended.returncode == 0, ended.stderr
    data: dict[str, Any] = json.loads((folder / "cdk.tf.json").read_text())
    return folder, data


def rights(platform: tuple[Path, dict[str, Any]], name: str) -> list[dict[str, Any]]:
    document = platform[1]["resource"]["aws_iam_policy"][f"deploy_{name}"]["policy"]
    statements: list[dict[str, Any]] = json.loads(document)["Statement"]
    return statements


@pytest.mark.parametrize(("action", "resource", "context"), MAY)
def test_the_deploy_role_does_what_a_district_needs(platform, action, resource, context):
    assert allowed(rights(platform, "rights"), action, resource, context)


@pytest.mark.parametrize(("action", "resource", "context"), MAY_NOT)
def test_the_deploy_role_touches_nothing_that_is_not_ours(platform, action, resource, context):
    assert not allowed(rights(platform, "rights"), action, resource, context)


@pytest.mark.parametrize(("action", "resource", "context"), DISTRICT_MAY_NOT)
def test_no_role_of_a_district_ever_reaches_beyond_it(platform, action, resource, context):
    assert not allowed(rights(platform, "district_boundary"), action, resource, context)


def test_what_the_deploy_role_may_is_the_most_it_may_ever(platform):
    resources = platform[1]["resource"]
    (role,) = resources["aws_iam_role"].values()
    (attached,) = resources["aws_iam_role_policy_attachment"].values()
    assert role["permissions_boundary"] == attached["policy_arn"] == "${aws_iam_policy.deploy_rights.arn}"


def test_the_portal_alone_assumes_the_role_and_knows_the_external_id(platform):
    (role,) = platform[1]["resource"]["aws_iam_role"].values()
    (trust,) = json.loads(role["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"AWS": SPEC["portal_principal_arns"]}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": SPEC["external_id"]}}


def test_the_documents_fit_into_a_managed_policy(platform):
    """6,144 characters without white space (IAM and STS quotas)."""
    for body in platform[1]["resource"]["aws_iam_policy"].values():
        assert len("".join(body["policy"].split())) <= 6144


def test_no_right_is_for_every_action(platform):
    for name in ("rights", "district_boundary"):
        for statement in rights(platform, name):
            assert "*" not in statement["Action"]


def test_the_state_bucket_is_taken_over_closed_and_encrypted(platform):
    data = platform[1]
    imported = (platform[0] / "imports.tf").read_text().split()
    assert imported == [
        "import",
        "{",
        "to",
        "=",
        "aws_s3_bucket.state_bucket",
        "id",
        "=",
        f'"{SPEC["state_bucket"]}"',
        "}",
    ]
    (closed,) = data["resource"]["aws_s3_bucket_public_access_block"].values()
    assert all(closed[name] for name in closed if name != "bucket" and name != "depends_on")
    (encrypted,) = data["resource"]["aws_s3_bucket_server_side_encryption_configuration"].values()
    rule = encrypted["rule"][0]["apply_server_side_encryption_by_default"]
    assert rule == {"sse_algorithm": "aws:kms", "kms_master_key_id": "${aws_kms_key.key_key.arn}"}
    (versioning,) = data["resource"]["aws_s3_bucket_versioning"].values()
    assert versioning["versioning_configuration"] == {"status": "Enabled"}


def test_images_are_scanned_and_never_overwritten(platform):
    (repository,) = platform[1]["resource"]["aws_ecr_repository"].values()
    assert repository["image_tag_mutability"] == "IMMUTABLE"
    assert repository["image_scanning_configuration"] == {"scan_on_push": True}


@pytest.mark.terraform
def test_terraform_accepts_it(platform):
    environment = {**os.environ, "TF_DATA_DIR": str(platform[0] / ".terraform")}
    for arguments in (["init", "-backend=false", "-input=false"], ["validate"]):
        ended = subprocess.run(
            [os.environ["HOMEROOM_TERRAFORM"], *arguments, "-no-color"],
            cwd=platform[0],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_id", "1"),
        ("region", "Ohio"),
        ("external_id", "short"),
        ("portal_principal_arns", []),
        ("portal_principal_arns", ["*"]),
        ("portal_principal_arns", ["arn:aws:iam::123456789012:root"]),
        ("state_bucket", "Not A Bucket"),
        ("admin_role_arn", "mine"),
        ("guardduty", "perhaps"),
        ("extra", 1),
    ],
)
def test_a_bad_field_is_named_with_a_sentence(tmp_path, field, value):
    ended = infra("platform", "-", str(tmp_path), given=json.dumps(SPEC | {field: value}))
    assert ended.returncode == 2
    lines = dict(line.split(": ", 1) for line in ended.stderr.splitlines())
    assert field in {name.partition(".")[0] for name in lines}
    assert list(tmp_path.iterdir()) == []

"""A drift check with real Terraform, the real stack's networks, rules, buckets, roles and logs, and an embedded AWS.

AWS is changed behind Terraform's back in many ways at once; what is stored says precisely that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from engine.state.store import ensure_state_bucket, state_key
from engine.terraform.command import Terraform
from engine.terraform.synthesis import STACK_FILE, synthesize
from provisioning.drift.check import check_drift, settle
from provisioning.engine_settings import engine_settings
from provisioning.models import DriftItem, Run
from provisioning.runs.claim import claim
from provisioning.runs.fence import Fence
from provisioning.runs.recorder import Recorder
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.statuses import DistrictStatus, DriftStatus
from sandbox.launch import Sandbox, running_sandbox
from tests.builders import a_run, moved
from tests.synthesis import keep_of

pytestmark = [pytest.mark.terraform, pytest.mark.django_db]

PART = (
    r"aws_vpc_security_group_ingress_rule\..*",
    r"aws_cloudwatch_log_group\.(compute_api|compute_worker)_group",
    r"aws_s3_bucket_(policy|versioning)\.ingest_results_.*",
    r"aws_sns_topic_(policy|subscription)\..*",
    r"aws_budgets_budget\..*",
    r"aws_iam_role_policy\.network_flow_role_policy",
    r"aws_iam_role_policy_attachment\.database_monitoring_policy",
    r"aws_route\.network_public_out",
)
"""What of the stack is applied here, with all that it refers to: databases and caches would only take time."""


def keep_part(stack_file: Path) -> None:
    """Leave of a synthesized stack the resources of `PART` and whatever they refer to."""
    stack = json.loads(stack_file.read_text())
    del stack["output"], stack["ephemeral"]
    addresses = [f"{kind}.{name}" for kind, named in stack["resource"].items() for name in named]
    keep_of(stack, [address for address in addresses if any(re.fullmatch(pattern, address) for pattern in PART)])
    stack_file.write_text(json.dumps(stack))


@pytest.fixture
def sandbox(settings) -> Iterator[Sandbox]:
    with running_sandbox() as running:
        settings.AWS_ENDPOINT_URL = running.url
        yield running


@pytest.fixture
def deployed(sandbox: Sandbox, tmp_path: Path) -> tuple[Run, Terraform]:
    """A live district whose part of the stack was applied, and its Terraform."""
    run = a_run(alarm_emails=("oncall@example.org",))
    settings = engine_settings()
    synthesize(settings, json.dumps(run.spec), tmp_path)
    keep_part(tmp_path / STACK_FILE)
    ensure_state_bucket(settings)
    terraform = Terraform(settings, tmp_path, state_key(run.spec["suffix"]))
    terraform.init()
    terraform.apply(terraform.plan())
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING):
        moved(run, state)
    settled(run, terraform)
    moved(run, RunState.SUCCEEDED)
    return run, terraform


def settled(run: Run, terraform: Terraform) -> bool:
    """Let the state take over what AWS says, as an apply's verification does."""
    refreshed = terraform.plan(look=True)
    assert refreshed.is_empty
    terraform.store_refreshed(refreshed)
    return settle(run, refreshed.shown)


def checked(district: Any, terraform: Terraform) -> bool:
    run = request_run(district=district, kind=RunKind.DRIFT, actor=None)
    claimed = claim(run.number, "test")
    assert claimed is not None
    claimed_run, token = claimed
    moved(claimed_run, RunState.PLANNING)
    drifted = check_drift(Fence(claimed_run, token), terraform, Recorder(Fence(claimed_run, token)))
    moved(claimed_run, RunState.SUCCEEDED if drifted else RunState.NO_CHANGES)
    district.refresh_from_db()
    return drifted


def change_behind_its_back(url: str, ids: dict[str, str], suffix: str) -> None:
    def client(service: str) -> Any:
        return boto3.client(service, region_name="us-east-1", endpoint_url=url)  # type: ignore[call-overload]

    client("logs").put_retention_policy(logGroupName=f"/homeroom/api-{suffix}", retentionInDays=30)
    ec2 = client("ec2")
    ec2.create_tags(Resources=[ids["aws_vpc.network_vpc"]], Tags=[{"Key": "Owner", "Value": "somebody"}])
    ec2.delete_tags(Resources=[ids["aws_internet_gateway.network_internet"]], Tags=[{"Key": "Suffix"}])
    opened = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}
    database = ids["aws_security_group.security_database"]
    ec2.authorize_security_group_ingress(GroupId=database, IpPermissions=[opened])
    gone = ids["aws_vpc_security_group_ingress_rule.security_rotation_to_database_in"]
    ec2.revoke_security_group_ingress(GroupId=database, SecurityGroupRuleIds=[gone])
    clients = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIpv4": "198.51.100.0/24"}
    clients["Description"] = "Allowed clients to the load balancer"
    ec2.modify_security_group_rules(
        GroupId=ids["aws_security_group.security_balancer"],
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": ids["aws_vpc_security_group_ingress_rule.security_clients_1_80"],
                "SecurityGroupRule": clients,
            }
        ],
    )
    ec2.create_route(
        RouteTableId=ids["aws_route_table.network_public"],
        DestinationCidrBlock="192.0.2.0/24",
        GatewayId=ids["aws_internet_gateway.network_internet"],
    )
    s3, bucket = client("s3"), ids["aws_s3_bucket.ingest_results_bucket"]
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    policy["Statement"][0]["Effect"] = "Allow"
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    client("sns").unsubscribe(SubscriptionArn=ids["aws_sns_topic_subscription.topic_mail_1"])
    budgets = client("budgets")
    budget = budgets.describe_budget(AccountId="123456789012", BudgetName=f"monthly-{suffix}")["Budget"]
    arguments = {name: budget[name] for name in ("BudgetName", "BudgetType", "TimeUnit", "CostFilters", "TimePeriod")}
    limit = {"BudgetLimit": {"Amount": "900", "Unit": "USD"}}
    budgets.update_budget(AccountId="123456789012", NewBudget=arguments | limit)
    client("iam").attach_role_policy(
        RoleName=f"aurora-monitoring-{suffix}", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )


def stored(district: Any) -> dict[tuple[str, str], tuple[Any, Any]]:
    return {(item.address, item.path): (item.before, item.after) for item in district.drift_items.all()}


def test_what_is_stored_says_what_was_changed_and_a_repair_leaves_only_what_is_foreign(deployed, sandbox):
    run, terraform = deployed
    district = run.district
    district.refresh_from_db()
    assert (district.status, district.drift) == (DistrictStatus.LIVE, DriftStatus.IN_SYNC)

    assert not checked(district, terraform), stored(district)

    ids = {resource.address: resource.id for resource in terraform.contents().resources}
    change_behind_its_back(sandbox.url, ids, district.suffix)
    assert checked(district, terraform)

    rule = {"protocol": "tcp", "from_port": 5432, "to_port": 5432, "source": "203.0.113.0/24"}
    gateway = ids["aws_internet_gateway.network_internet"]
    role, monitoring = "arn:aws:iam::aws:policy/AdministratorAccess", "aws_iam_role.database_monitoring_role"
    foreign: dict[tuple[str, str], tuple[Any, Any]] = {
        (monitoring, "managed_policy_arns[]"): (None, role),
        ("aws_route_table.network_public", "route[]"): (None, {"to": "192.0.2.0/24", "by": gateway}),
        ("aws_security_group.security_database", "ingress[]"): (None, rule),
    }
    ours: dict[tuple[str, str], tuple[Any, Any]] = {
        ("aws_budgets_budget.budget_monthly", "limit_amount"): ("500", "900"),
        ("aws_cloudwatch_log_group.compute_api_group", "retention_in_days"): (365, 30),
        ("aws_internet_gateway.network_internet", "tags_all.Suffix"): (district.suffix, None),
        ("aws_s3_bucket_policy.ingest_results_policy", "policy.Statement[0].Effect"): ("Deny", "Allow"),
        ("aws_sns_topic_subscription.topic_mail_1", ""): (None, None),
        ("aws_vpc.network_vpc", "tags.Owner"): (None, "somebody"),
        ("aws_vpc_security_group_ingress_rule.security_clients_1_80", "cidr_ipv4"): ("0.0.0.0/0", "198.51.100.0/24"),
        ("aws_vpc_security_group_ingress_rule.security_rotation_to_database_in", ""): (None, None),
    }
    assert stored(district) == foreign | ours
    assert (district.status, district.drift) == (DistrictStatus.LIVE, DriftStatus.DRIFTED)
    marks = {
        mark: {(item.address, item.path) for item in DriftItem.objects.filter(**{mark: True})}
        for mark in ("foreign", "repairable", "gone", "sensitive")
    }
    assert marks["foreign"] == set(foreign)
    assert marks["repairable"] == set(ours)
    assert {address for address, _ in marks["gone"]} == {address for address, path in ours if not path}
    assert not marks["sensitive"]
    event = AuditEvent.objects.filter(action=AuditAction.DRIFT_CHECKED).latest("pk")
    assert event.after is not None
    assert event.after["drift"] == DriftStatus.DRIFTED
    assert len(event.after["found"]) == len(foreign | ours)

    terraform.apply(terraform.plan())
    assert settled(run, terraform)
    assert set(stored(district)) == set(foreign), "what nobody declared stays drift, although the state took it over"

"""What no policy says and no drawing shows: each subnet has its way, each task its own roles, each role its rights."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devtools.golden import FOLDER, SHOWN

NEEDED = {"ecr.api", "ecr.dkr", "logs", "secretsmanager", "sqs"}
"""Endpoints without which no task starts or works where nothing leads out (Amazon ECS, "Interface VPC endpoints")."""


def resources(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())["resource"]
    return found


def faults(stack: dict[str, dict[str, Any]]) -> list[str]:
    """Return what is not whole, a sentence each."""
    subnets = {f"${{aws_subnet.{name}.id}}" for name in stack["aws_subnet"]}
    routed = {row["subnet_id"] for row in stack["aws_route_table_association"].values()}
    found = [f"{subnet} has no table" for subnet in sorted(subnets - routed)]
    gateways = stack.get("aws_nat_gateway", {})
    found += [f"{name} is not public" for name, row in gateways.items() if "network_public" not in row["subnet_id"]]
    out = {row["route_table_id"] for row in stack["aws_route"].values() if "nat_gateway_id" in row}
    tables = {f"${{aws_route_table.{name}.id}}" for name in stack["aws_route_table"] if "application" in name}
    found += [f"{table} leads nowhere" for table in sorted(tables - out if gateways else ())]
    endpoints = stack["aws_vpc_endpoint"].values()
    private = {
        row["service_name"].split(".", 3)[3] for row in endpoints if row["vpc_endpoint_type"] == "Interface"
        and row["private_dns_enabled"]
    }  # fmt: skip
    found += [f"{service} is not reached" for service in sorted(set() if gateways else NEEDED - private)]
    for name, task in stack["aws_ecs_task_definition"].items():
        program = name.removeprefix("compute_").removesuffix("_task")
        for kind in ("execution", "task"):
            if f"compute_{program}_{kind}_role" not in task[f"{kind}_role_arn"]:
                found.append(f"{name} has another's {kind} role")
    attached = sorted(row["policy_arn"].rpartition("/")[2] for row in stack["aws_iam_role_policy_attachment"].values())
    if attached != RIGHTS:
        found.append(f"attached are {attached}")
    found += [
        f"{name} does not name the cluster" for name, row in stack["aws_backup_selection"].items()
        if row.get("resources") != ["${aws_rds_cluster.database_cluster.arn}"] or row.get("selection_tag")
    ]  # fmt: skip
    return found


RIGHTS = [
    "AWSBackupServiceRolePolicyForBackup",
    "AWSBackupServiceRolePolicyForRestores",
    "AmazonRDSEnhancedMonitoringRole",
]


@pytest.mark.parametrize("name", SHOWN)
def test_every_way_and_every_role_is_whole(name):
    assert faults(resources(name)) == []


def test_what_is_taken_out_or_exchanged_is_told():
    for kind, name in (
        ("aws_route_table_association", "network_application_1_routes"),
        ("aws_route", "network_application_2_out"),
        ("aws_iam_role_policy_attachment", "backup_right_1"),
    ):
        stack = resources("sandbox-S-2-nat")
        del stack[kind][name]
        assert len(faults(stack)) == 1, name
    stack = resources("production-L-3-none")
    del stack["aws_vpc_endpoint"]["endpoints_sqs"]
    stack["aws_ecs_task_definition"]["compute_worker_task"]["task_role_arn"] = "another's"
    assert faults(stack) == ["sqs is not reached", "compute_worker_task has another's task role"]

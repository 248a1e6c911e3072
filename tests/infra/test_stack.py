"""Rules over the synthesized JSON, not over our Python: names, reach, rights, encryption, and that all of it can go."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import pytest

from devtools import reach
from devtools.reach import Way
from infra.naming import LIMITS
from infra.placeholder import IMAGE as PLACEHOLDER
from infra.placeholder import command as placeholder_command
from infra.zone_ids import WITHOUT_FARGATE
from processes.process import free_port
from sandbox.standins.health import Check, is_healthy, unverified
from tests.infra.conftest import CERTIFICATE, HOSTILE, IMAGE, SPECS, infra, synthesized
from tests.infra.iam import allowed
from tests.infra.order import needed
from tests.synthesis import COMMON, Stack, district

NAMED_BY = {
    "aws_appautoscaling_policy": ("name", "default"),
    "aws_backup_plan": ("name", "default"),
    "aws_backup_selection": ("name", "default"),
    "aws_backup_vault": ("name", "default"),
    "aws_budgets_budget": ("name", "default"),
    "aws_cloudtrail": ("name", "default"),
    "aws_cloudwatch_dashboard": ("dashboard_name", "default"),
    "aws_cloudwatch_metric_alarm": ("alarm_name", "default"),
    "aws_db_event_subscription": ("name", "default"),
    "aws_db_parameter_group": ("name", "default"),
    "aws_db_subnet_group": ("name", "default"),
    "aws_ecs_cluster": ("name", "default"),
    "aws_ecs_service": ("name", "default"),
    "aws_ecs_task_definition": ("family", "default"),
    "aws_elasticache_parameter_group": ("name", "default"),
    "aws_elasticache_replication_group": ("replication_group_id", "elasticache"),
    "aws_elasticache_subnet_group": ("name", "default"),
    "aws_elasticache_user": ("user_id", "elasticache"),
    "aws_elasticache_user_group": ("user_group_id", "elasticache"),
    "aws_iam_role": ("name", "iam_role"),
    "aws_iam_role_policy": ("name", "default"),
    "aws_kms_alias": ("name", "default"),
    "aws_lambda_function": ("function_name", "iam_role"),
    "aws_lb": ("name", "alb"),
    "aws_lb_target_group": ("name", "target_group"),
    "aws_rds_cluster": ("cluster_identifier", "s3"),
    "aws_rds_cluster_instance": ("identifier", "s3"),
    "aws_rds_cluster_parameter_group": ("name", "default"),
    "aws_s3_bucket": ("bucket", "s3"),
    "aws_secretsmanager_secret": ("name", "default"),
    "aws_security_group": ("name", "default"),
    "aws_sns_topic": ("name", "default"),
    "aws_sqs_queue": ("name", "default"),
    "aws_wafv2_web_acl": ("name", "default"),
}
TAGGED_BY_NAME = {
    "aws_default_security_group",
    "aws_eip",
    "aws_flow_log",
    "aws_internet_gateway",
    "aws_kms_key",
    "aws_lb_listener",
    "aws_nat_gateway",
    "aws_route_table",
    "aws_subnet",
    "aws_vpc",
    "aws_vpc_endpoint",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_ingress_rule",
}
NAMELESS = {
    "aws_appautoscaling_target",
    "aws_cloudwatch_log_group",  # its suffix may stand inside a path that AWS prescribes: a test of its own
    "aws_iam_role_policy_attachment",
    "aws_lambda_permission",
    "aws_route",
    "aws_route_table_association",
    "aws_s3_bucket_cors_configuration",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_notification",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_secretsmanager_secret_policy",
    "aws_secretsmanager_secret_rotation",
    "aws_secretsmanager_secret_version",
    "aws_sns_topic_policy",
    "aws_sns_topic_subscription",
    "aws_sqs_queue_policy",
    "aws_sqs_queue_redrive_allow_policy",
    "aws_wafv2_web_acl_association",
    "aws_wafv2_web_acl_logging_configuration",
}
"""What is a part of something that has a name."""

ANY_RESOURCE = {
    "ecr:GetAuthorizationToken": "ECR's sign-in knows no resource",
    "secretsmanager:GetRandomPassword": "it makes a password and touches no secret",
    "ec2:DescribeNetworkInterfaces": "EC2's descriptions know no resource; Lambda asks for it",
    "ec2:DescribeSubnets": "EC2's descriptions know no resource; Lambda asks for it",
    "logs:DescribeLogGroups": "a list knows no resource; flow logs look for their group in it",
    "logs:DescribeQueries": "it lists the account's queries; their results are read by log group",
    "logs:StopQuery": "a query is no resource",
    "cloudtrail:DescribeTrails": "a trail's settings, by which its files are found",
    "cloudtrail:ListPublicKeys": "CloudTrail's public keys, which prove its digests",
}
INSIDE = {
    Way("balancer", "api", 8080),
    Way("api", "database", 5432),
    Way("worker", "database", 5432),
    Way("rotation", "database", 5432),
    Way("api", "cache", 6379),
}
CALLERS = ("api", "worker", "rotation")
BY_ENDPOINTS = {Way(tier, "endpoints", 443) for tier in CALLERS} | {
    Way(tier, "storage", 443) for tier in ("api", "worker")
}
DRAWN = {
    "sandbox": INSIDE | {Way("clients", "balancer", 80)} | {Way(tier, "internet", 443) for tier in CALLERS},
    "staging": INSIDE
    | {Way("clients", "balancer", 80), Way("clients", "balancer", 443)}
    | {Way(tier, "internet", 443) for tier in CALLERS},
    "production": INSIDE | {Way("clients", "balancer", 80), Way("clients", "balancer", 443)} | BY_ENDPOINTS,
}
"""Every connection that may be opened, written down by hand; `devtools.reach` computes it from groups and routes."""


def group_of(reference: str) -> str:
    """Return the tier out of a reference such as ${aws_security_group.security_api.id}."""
    match = re.fullmatch(r"\$\{aws_security_group\.security_(\w+)\.id\}", reference)
    assert match, reference
    return match[1]


def statements(stack: Stack, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    documents = [body[key] for kind, _, body in stack.each() for key in kinds if key in body]
    return [statement for document in documents for statement in json.loads(document)["Statement"]]


def test_every_name_ends_in_the_suffix_and_fits(stack):
    for kind, (field, limit) in NAMED_BY.items():
        assert stack.all(kind), kind
        for body in stack.all(kind).values():
            assert body[field].endswith(f"-{stack.suffix}")
            assert len(body[field]) <= LIMITS[limit]
    for kind in TAGGED_BY_NAME:
        for body in stack.all(kind).values():
            assert body["tags"]["Name"].endswith(f"-{stack.suffix}")


def test_every_kind_of_resource_is_named_tagged_or_a_part_of_one_that_is(stack):
    assert set(stack.data["resource"]) <= {*NAMED_BY, *TAGGED_BY_NAME, *NAMELESS}


def test_every_log_group_carries_the_suffix(stack):
    names = [body["name"] for body in stack.all("aws_cloudwatch_log_group").values()]
    assert all(re.search(rf"-{stack.suffix}(/|$)", name) for name in names)
    assert len(names) == len(set(names))


def test_no_security_group_begins_as_aws_refuses_it(stack):
    assert not [body for body in stack.all("aws_security_group").values() if body["name"].startswith("sg-")]


def test_two_districts_share_no_name(stacks):
    names = [
        {body[field] for kind, (field, _) in NAMED_BY.items() for body in stack.all(kind).values()}
        for stack in stacks.values()
    ]
    assert sum(map(len, names)) == len(set().union(*names))


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_who_may_talk_to_whom_by_groups_and_routes_is_what_is_drawn(stacks, name):
    resources = stacks[name].data["resource"]
    assert reach.ways(resources) == DRAWN[name]
    assert reach.one_sided(resources) == frozenset()


def test_production_with_nat_still_reaches_aws_by_endpoints_alone_and_buys_no_gateway():
    stack = district(SPECS["production"] | {"egress": "nat", "zones": 3})
    assert reach.ways(stack.data["resource"]) == DRAWN["production"]
    assert not stack.all("aws_nat_gateway")
    assert not stack.all("aws_eip")


def test_a_gateway_is_bought_only_where_a_rule_lets_somebody_reach_it(stack):
    out = [way for way in reach.ways(stack.data["resource"]) if way.target == "internet"]
    assert bool(stack.all("aws_nat_gateway")) == bool(out)


def test_what_aws_does_with_a_role_after_its_resource_has_gone_ends_before_the_role_does(stack):
    """Recovery points are deleted by the backup role, a function's interfaces by the function's (see `infra`)."""
    resources = stack.data["resource"]
    backup = {f"aws_iam_role_policy_attachment.backup_right_{number}" for number in (1, 2)}
    assert needed(resources, "aws_backup_vault.backup_vault") >= backup | {"aws_iam_role.backup_role_role"}
    network = "aws_iam_role_policy.rotation_function_role_network"
    assert "rotation_function_role_role" in resources["aws_iam_role_policy"]["rotation_function_role_network"]["role"]
    subnets = [f"aws_subnet.{name}" for name in stack.all("aws_subnet") if "application" in name]
    for address in (*subnets, "aws_security_group.security_rotation", "aws_lambda_function.rotation_function"):
        assert network in needed(resources, address), address


def test_the_function_reaches_secrets_manager_before_it_is_called_for_the_first_time(stack):
    """`RotateImmediately` false calls it at once, as a test of the configuration (RotateSecret, RotateImmediately)."""
    resources = stack.data["resource"]
    ways = {"aws_vpc_endpoint.endpoints_secretsmanager"}
    if stack.all("aws_nat_gateway"):
        ways = {f"aws_route.{name}" for name in stack.all("aws_route") if name.startswith("network_application")}
        ways |= {"aws_route.network_public_out", "aws_vpc_security_group_egress_rule.security_rotation_to_aws"}
    else:
        ways |= {
            "aws_vpc_security_group_egress_rule.security_rotation_to_endpoints_out",
            "aws_vpc_security_group_ingress_rule.security_rotation_to_endpoints_in",
        }
    rotations = stack.all("aws_secretsmanager_secret_rotation")
    assert rotations
    for name in rotations:
        assert ways <= needed(resources, f"aws_secretsmanager_secret_rotation.{name}")


@pytest.mark.parametrize("tier", ["api", "worker"])
def test_no_task_is_started_before_its_ways_and_its_rights_are_there(stack, tier):
    resources = stack.data["resource"]
    expected = {f"aws_iam_role_policy.compute_{tier}_{part}_role_policy" for part in ("task", "execution")}
    expected |= {f"aws_vpc_security_group_egress_rule.security_{tier}_to_aws"}
    expected |= {f"aws_vpc_endpoint.{name}" for name in stack.all("aws_vpc_endpoint") if name.startswith("endpoints_")}
    expected |= {f"aws_route.{name}" for name in stack.all("aws_route")} if stack.all("aws_nat_gateway") else set()
    assert expected <= needed(resources, f"aws_ecs_service.compute_{tier}")


def test_lambda_has_the_rights_in_a_network_that_it_asks_for(stack):
    """Those of AWSLambdaVPCAccessExecutionRole, version 3, which the Lambda Developer Guide names."""
    policies = [stack.all("aws_iam_role_policy")[f"rotation_function_role_{name}"] for name in ("network", "policy")]
    rights = [part for body in policies for part in json.loads(body["policy"])["Statement"]]
    ours = "arn:aws:ec2:us-east-1:123456789012"
    for action, kinds in LAMBDA_IN_A_NETWORK.items():
        for kind in kinds:
            assert allowed(rights, f"ec2:{action}", f"{ours}:{kind}" if kind != "*" else "*", {}), (action, kind)


LAMBDA_IN_A_NETWORK = {
    "AssignPrivateIpAddresses": ["network-interface/eni-1"],
    "CreateNetworkInterface": ["network-interface/*", "security-group/sg-1", "subnet/subnet-1"],
    "DeleteNetworkInterface": ["network-interface/eni-1", "*/*"],
    "DescribeNetworkInterfaces": ["*"],
    "DescribeSubnets": ["*"],
    "UnassignPrivateIpAddresses": ["network-interface/eni-1"],
}


def test_every_rule_is_one_port_with_a_reason_and_a_group_for_its_source(stack):
    for kind in ("aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"):
        for body in stack.all(kind).values():
            assert body["description"]
            assert body["from_port"] == body["to_port"]
            assert body["ip_protocol"] == "tcp"
            assert sum(key in body for key in ("referenced_security_group_id", "prefix_list_id", "cidr_ipv4")) == 1
    assert not any(body.keys() & {"ingress", "egress"} for body in stack.all("aws_security_group").values())


def test_a_way_needs_both_rules_and_a_route(stacks):
    """The computation itself: without one side's rule, or without the route, there is no way."""
    resources = json.loads(json.dumps(stacks["sandbox"].data["resource"]))
    del resources["aws_vpc_security_group_ingress_rule"]["security_api_to_database_in"]
    assert Way("api", "database", 5432) not in reach.ways(resources)
    assert reach.one_sided(resources) == {Way("api", "database", 5432)}
    del resources["aws_route"]["network_public_out"]
    assert not [way for way in reach.ways(resources) if way.source == "clients"]
    resources["aws_route"] = {}
    assert not [way for way in reach.ways(resources) if way.target == "internet"]


def test_the_data_subnets_tables_have_no_route_at_all(stack):
    resources = stack.data["resource"]
    seats, tables, out = reach.subnets_of_tiers(resources), reach.table_of(resources), reach.ways_out(resources)
    assert {name for name, subnets in seats.items() if any("data" in subnet for subnet in subnets)} == {
        "cache",
        "database",
    }
    for tier in ("database", "cache"):
        assert len(seats[tier]) == stack.spec.get("zones", 2)
        assert not any(out.get(tables[subnet]) for subnet in seats[tier])


def test_the_world_reaches_the_load_balancer_only(stack):
    ports = {80, 443} if stack.spec.get("certificate_arn") else {80}
    rules = [b for b in stack.all("aws_vpc_security_group_ingress_rule").values() if "cidr_ipv4" in b]
    assert {(group_of(rule["security_group_id"]), rule["from_port"]) for rule in rules} == {
        ("balancer", p) for p in ports
    }


def test_without_nat_nothing_has_a_way_to_the_internet(stacks):
    stack = stacks["production"]
    assert not stack.all("aws_nat_gateway")
    assert not [b for b in stack.all("aws_vpc_security_group_egress_rule").values() if "cidr_ipv4" in b]
    assert [body.get("gateway_id") for body in stack.all("aws_route").values()] != [None]
    assert len(stack.all("aws_route")) == 1


def test_data_subnets_have_no_way_out_and_public_ones_give_no_address(stack):
    assert not [name for name in stack.all("aws_route") if "data" in name]
    assert not any(body["map_public_ip_on_launch"] for body in stack.all("aws_subnet").values())
    assert len(stack.all("aws_subnet")) == 3 * stack.spec.get("zones", 2)


def test_no_subnet_is_put_into_a_zone_where_no_task_of_ours_can_run(stack):
    (zones,) = stack.data["data"]["aws_availability_zones"].values()
    assert set(zones["exclude_zone_ids"]) == set(WITHOUT_FARGATE)
    assert all("data.aws_availability_zones" in body["availability_zone"] for body in stack.all("aws_subnet").values())


def test_nobody_is_let_into_the_cache_without_signing_in(stack):
    ways = {
        body["user_name"]: body["authentication_mode"]["type"] for body in stack.all("aws_elasticache_user").values()
    }
    (group,) = stack.all("aws_elasticache_user_group").values()
    app = f"app-{stack.suffix}"
    if stack.spec.get("cache_engine") == "valkey":
        # Valkey knows no user without a password, and turns its own default user off (ElastiCache, RBAC).
        assert ways == {app: "iam"}
    else:
        assert ways == {app: "iam", "default": "no-password-required"}
        (off,) = [b for b in stack.all("aws_elasticache_user").values() if b["user_name"] == "default"]
        assert off["access_string"] == "off -@all"
    assert len(group["user_ids"]) == len(ways)


def test_no_right_is_for_everything(stack):
    for statement in statements(stack, ("policy", "assume_role_policy")):
        if statement["Effect"] != "Allow":
            continue
        assert "*" not in statement["Action"]
        if statement.get("Resource") == ["*"] and "Principal" not in statement:
            assert set(statement["Action"]) <= set(ANY_RESOURCE), statement


SEVERAL = {"kms:GenerateDataKey*", "kms:ReEncrypt*"}
"""Two actions each, which KMS's users need together (KMS Developer Guide, "Key policies")."""


def test_no_right_of_a_districts_role_is_a_pattern_of_several(stack):
    for body in stack.all("aws_iam_role_policy").values():
        for statement in json.loads(body["policy"])["Statement"]:
            assert [action for action in statement["Action"] if "*" in action and action not in SEVERAL] == []


FLOW_LOGS = ["CreateLogGroup", "CreateLogStream", "DescribeLogGroups", "DescribeLogStreams", "PutLogEvents"]


def test_flow_logs_have_the_rights_that_they_have_to_have_at_least(stack):
    own = json.loads(stack.all("aws_iam_role_policy")["network_flow_role_policy"]["policy"])["Statement"]
    assert sorted(action for part in own for action in part["Action"]) == [f"logs:{action}" for action in FLOW_LOGS]


def test_a_role_asks_for_whom_a_service_acts_where_the_service_says_so(stack):
    asks = {}
    for body in stack.all("aws_iam_role").values():
        (part,) = json.loads(body["assume_role_policy"])["Statement"]
        if service := part["Principal"].get("Service"):
            asks[service] = part.get("Condition")
    ours = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    silent = {"backup.amazonaws.com", "cloudtrail.amazonaws.com", "lambda.amazonaws.com"}
    assert asks == {service: None if service in silent else ours for service in asks}
    assert len(asks) == 6


def test_the_secret_is_read_by_these_tasks_and_the_rotation_only(stack):
    readers = {
        name
        for name, body in stack.all("aws_iam_role_policy").items()
        for statement in json.loads(body["policy"])["Statement"]
        if "secretsmanager:GetSecretValue" in statement["Action"]
    }
    tasks = {f"compute_{name}_task_role_policy" for name in ("api", "worker", "migrate")}
    assert readers == tasks | {"rotation_function_role_policy"}


def test_what_sources_let_us_in_by_is_written_by_the_api_and_read_by_the_worker_alone(stack):
    arn = "${aws_secretsmanager_secret.sources_credentials.arn}"
    statements = {part["Sid"]: part for part in json.loads(policy_of(stack, "sources_readers"))["Statement"]}
    role = f"arn:aws:iam::123456789012:role/homeroom/{{}}-task-{stack.suffix}"
    changes = ["CancelRotateSecret", "PutSecretValue", "RotateSecret", "UpdateSecretVersionStage"]
    for sid, actions, task in (("RefuseChanges", changes, "api"), ("RefuseOtherReaders", ["GetSecretValue"], "worker")):
        assert statements[sid] == refusing(sid, arn, actions, [role.format(task)])
    rights = {
        (name.removeprefix("compute_").removesuffix("_task_role_policy"), action.partition(":")[2])
        for name, body in stack.all("aws_iam_role_policy").items()
        for statement in json.loads(body["policy"])["Statement"]
        if arn in statement["Resource"]
        for action in statement["Action"]
    }
    assert rights == {("worker", "GetSecretValue"), ("api", "PutSecretValue"), ("api", "UpdateSecretVersionStage")}


def test_nobody_rotates_the_pseudonyms_key_and_its_tasks_alone_read_it(stack):
    """Terraform writes and reads no version of it, and the migration alone may make one."""
    arn = "${aws_secretsmanager_secret.pseudonyms_key.arn}"
    for kind in ("aws_secretsmanager_secret_rotation", "aws_secretsmanager_secret_version"):
        assert not [body for body in stack.all(kind).values() if "pseudonyms" in body["secret_id"]]
    statements = {part["Sid"]: part for part in json.loads(policy_of(stack, "pseudonyms_readers"))["Statement"]}
    admitted = {
        sid: statements[sid]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
        for sid in statements
        if "Other" not in sid
    }
    role = f"arn:aws:iam::123456789012:role/homeroom/{{}}-task-{stack.suffix}"
    assert admitted == {"RefuseChanges": [role.format("migrate")]}
    readers = statements["RefuseOtherReaders"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    assert readers == [role.format(name) for name in ("api", "worker", "migrate")]
    rights = {
        (name.removeprefix("compute_").removesuffix("_task_role_policy"), action)
        for name, body in stack.all("aws_iam_role_policy").items()
        for statement in json.loads(body["policy"])["Statement"]
        if arn in statement["Resource"]
        for action in statement["Action"]
    }
    read, make = "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"
    assert rights == {("api", read), ("worker", read), ("migrate", read), ("migrate", make)}


def policy_of(stack: Stack, name: str) -> str:
    return str(stack.all("aws_secretsmanager_secret_policy")[name]["policy"])


def test_a_browser_may_send_forms_to_the_results_from_the_services_own_pages_alone(stacks):
    for name, origin in (("sandbox", "http://${aws_lb.edge_balancer.dns_name}"), ("production", "https://*")):
        (cors,) = stacks[name].all("aws_s3_bucket_cors_configuration").values()
        (rule,) = cors["cors_rule"]
        assert cors["bucket"] == "${aws_s3_bucket.ingest_results_bucket.id}"
        assert (rule["allowed_methods"], rule["allowed_origins"]) == (["POST"], [origin])


def test_the_application_never_reads_the_owners_secret(stack):
    owner = "${aws_secretsmanager_secret.secret_owner_secret.arn}"
    readers = {name for name, body in stack.all("aws_iam_role_policy").items() if owner in body["policy"]}
    assert readers == {"compute_migrate_task_role_policy", "rotation_function_role_policy"}
    for name in ("api", "worker"):
        assert owner not in stack.all("aws_ecs_task_definition")[f"compute_{name}_task"]["container_definitions"]


def refusing(sid: str, secret: str, actions: list[str], admitted: list[str]) -> dict[str, Any]:
    """Return the statement that refuses this to everybody else: one condition more, and it might refuse nobody."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": [f"secretsmanager:{action}" for action in actions],
        "Resource": [secret],
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": admitted}},
    }


READERS = {
    "owner": ("migrate-task", "rotation"),
    "application": ("api-task", "worker-task", "migrate-task", "rotation"),
}


def test_the_secrets_own_policy_refuses_all_but_their_readers(stacks):
    stack = stacks["production"]
    role = f"arn:aws:iam::123456789012:role/homeroom/{{}}-{stack.suffix}"
    for name, kinds in READERS.items():
        body = stack.all("aws_secretsmanager_secret_policy")[f"secret_{name}_readers"]
        secret = f"${{aws_secretsmanager_secret.secret_{name}_secret.arn}}"
        admitted = [*(role.format(kind) for kind in kinds), stack.spec["role_arn"]]
        strangers, others = json.loads(body["policy"])["Statement"]
        assert body["block_public_policy"] is True
        assert others == refusing("RefuseOtherReaders", secret, ["GetSecretValue"], admitted)
        assert strangers == refusing("RefuseOtherAccounts", secret, ["*"], []) | {
            "Condition": {
                "StringNotEquals": {"aws:PrincipalAccount": "123456789012"},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            }
        }


def test_every_role_is_under_our_path(stack):
    """What the deploy role may make and pass is told by the path: a name's end would be somebody else's too."""
    assert {body["path"] for body in stack.all("aws_iam_role").values()} == {"/homeroom/"}


ENGINES = ("aws_elasticache_replication_group", "aws_rds_cluster", "aws_rds_cluster_instance")


def engines(stack: Stack) -> list[tuple[bool, bool]]:
    """Return of each engine whether AWS upgrades it by itself, and whether a plan leaves its version to AWS."""
    upgraded = {kind: body for kind, _, body in stack.each() if "auto_minor_version_upgrade" in body}
    assert set(upgraded) == set(ENGINES) - {"aws_rds_cluster"}, "a cluster's members say it for the cluster"
    return [
        (
            str(body.get("auto_minor_version_upgrade", upgraded["aws_rds_cluster_instance"])).lower() != "false",
            "engine_version" in body.get("lifecycle", {}).get("ignore_changes", []),
        )
        for kind in ENGINES
        for body in stack.all(kind).values()
    ]


def test_no_plan_asks_for_the_version_back_that_aws_has_upgraded_by_itself(stack):
    assert set(engines(stack)) == {(True, True)}


def test_a_version_that_is_given_is_kept_and_no_upgrade_comes_by_itself(tmp_path):
    pinned = {"engine_versions": {"postgres": "16.8", "cache": "7.1"}}
    stack = synthesized(SPECS["sandbox"] | pinned, tmp_path / "out")
    assert {upgrades for _, upgrades in engines(stack)} == {False}
    for kind in ENGINES:
        bodies = stack.all(kind).values()
        assert {str(body.get("auto_minor_version_upgrade", "false")).lower() for body in bodies} == {"false"}
        assert {body["engine_version"] for body in bodies} <= {"16.8", "7.1"}


def test_a_task_pulls_its_own_image_and_no_other(stacks):
    for name, expected in (("sandbox", set()), ("production", {ECR})):
        policies = [json.loads(body["policy"]) for body in stacks[name].all("aws_iam_role_policy").values()]
        pulled = {
            resource
            for policy in policies
            for part in policy["Statement"]
            if "ecr:BatchGetImage" in part["Action"]
            for resource in part["Resource"]
        }
        assert pulled == expected


ECR = "arn:aws:ecr:us-east-1:123456789012:repository/homeroom/processor"


def test_every_role_stays_within_the_accounts_boundary(stacks):
    for name, stack in stacks.items():
        boundaries = {body.get("permissions_boundary") for body in stack.all("aws_iam_role").values()}
        assert boundaries == {stack.spec.get("permissions_boundary_arn")}, name


def test_the_account_is_entered_by_its_role_with_the_external_id(stacks):
    (assumed,) = stacks["production"].data["provider"]["aws"][0]["assume_role"]
    spec = stacks["production"].spec
    assert (assumed["role_arn"], assumed["external_id"]) == (spec["role_arn"], spec["external_id"])
    assert "assume_role" not in stacks["sandbox"].data["provider"]["aws"][0]


def test_a_sandbox_with_a_certificate_serves_over_tls_and_leads_there():
    stack = district(SPECS["sandbox"] | {"certificate_arn": CERTIFICATE})
    listeners = {body["port"]: body for body in stack.all("aws_lb_listener").values()}
    assert listeners[443]["certificate_arn"] == CERTIFICATE
    assert listeners[80]["default_action"][0]["redirect"]["protocol"] == "HTTPS"
    assert stack.data["output"]["service_url"]["value"].startswith("https://")


def test_the_firewall_stands_before_the_load_balancer_and_logs_no_credentials(stack):
    (association,) = stack.all("aws_wafv2_web_acl_association").values()
    assert association["resource_arn"] == "${aws_lb.edge_balancer.arn}"
    (acl,) = stack.all("aws_wafv2_web_acl").values()
    assert any("rate_based_statement" in rule["statement"] for rule in acl["rule"])
    last = max(acl["rule"], key=lambda rule: rule["priority"])
    large, elsewhere = last["statement"]["and_statement"]["statement"]
    assert large["label_match_statement"]["key"] == "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body"
    assert elsewhere["not_statement"]["statement"][0]["byte_match_statement"]["search_string"] == "/sign-in"
    (logging,) = stack.all("aws_wafv2_web_acl_logging_configuration").values()
    hidden = {part["single_header"]["name"] for part in logging["redacted_fields"]}
    assert hidden == {"authorization", "cookie"}


def test_the_auditor_alone_reads_the_trail(stack):
    statements = json.loads(stack.all("aws_s3_bucket_policy")["audit_records_policy"]["policy"])["Statement"]
    (reading,) = [part for part in statements if part["Sid"] == "AuditorAloneReads"]
    auditor = f"arn:aws:iam::123456789012:role/homeroom/auditor-{stack.suffix}"
    assert (reading["Effect"], reading["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]) == ("Deny", auditor)
    trust = json.loads(stack.all("aws_iam_role")["audit_auditor_role"]["assume_role_policy"])["Statement"]
    assert trust[0]["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_a_districts_trail_records_what_is_done_to_its_own_data_and_nothing_of_its_neighbours(stack):
    """A trail cannot narrow management events to resources, so one that has any has the whole account's."""
    (trail,) = stack.all("aws_cloudtrail").values()
    fields = [
        {
            field["field"]: field.get("equals") or field.get("starts_with")
            for field in sorted(part["field_selector"], key=lambda field: str(field["field"]))
        }
        for part in trail["advanced_event_selector"]
    ]
    buckets = "arn:aws:s3:::homeroom-{}-123456789012-" + f"{stack.suffix}/"
    objects = {"eventCategory": ["Data"], "resources.type": ["AWS::S3::Object"]}
    assert fields == [
        objects | {"resources.ARN": [buckets.format("results")]},
        # Reads alone: a trail that recorded its own deliveries would never end.
        objects | {"readOnly": ["true"], "resources.ARN": [buckets.format("audit")]},
        {
            "eventCategory": ["Data"],
            "resources.type": ["AWS::Lambda::Function"],
            "resources.ARN": [f"arn:aws:lambda:us-east-1:123456789012:function:rotation-{stack.suffix}"],
        },
    ]
    assert trail["include_global_service_events"] is False
    assert trail["enable_log_file_validation"] is True


def test_a_districts_management_events_are_asked_for_by_its_own_output(stack):
    query = stack.data["output"]["management_events_query"]["value"]
    assert f"/-{stack.suffix}[^a-z0-9]/" in query
    for without_a_name in ("${aws_kms_key.encryption_key.key_id}", "${aws_vpc.network_vpc.id}"):
        assert f'@message like "{without_a_name}"' in query


def test_the_load_balancer_reaches_its_tasks_over_tls_alone(stack):
    (group,) = stack.all("aws_lb_target_group").values()
    assert (group["protocol"], group["health_check"]["protocol"]) == ("HTTPS", "HTTPS")
    # A group of before, which a listener uses, goes only after the listener has another: under a name of its own.
    assert group["lifecycle"] == {"create_before_destroy": True}
    assert group["name"] == f"api-tls-{stack.suffix}"
    containers = [
        json.loads(body["container_definitions"])[0] for body in stack.all("aws_ecs_task_definition").values()
    ]
    variables = {
        container["name"]: {pair["name"]: pair["value"] for pair in container["environment"]}
        for container in containers
    }
    assert variables["api"]["API_TLS"] == "required"
    assert not any("API_TLS" in variables[name] for name in ("worker", "migrate"))


@pytest.mark.skipif(shutil.which("openssl") is None or sys.platform != "linux", reason="runs what the image has")
def test_the_placeholder_answers_the_health_check_over_tls():
    port = free_port()
    program = placeholder_command("api", port)
    with subprocess.Popen([sys.executable, *program[1:]], stderr=subprocess.DEVNULL) as running:
        try:
            until = time.monotonic() + 60
            check = Check(tls=True, path="/healthz", statuses="200")
            while not is_healthy(("127.0.0.1", port), check, unverified()):
                assert running.poll() is None
                assert time.monotonic() < until
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.wait(0.1)
            assert not is_healthy(("127.0.0.1", port), replace(check, tls=False), unverified())
        finally:
            running.kill()


def test_images_are_named_by_digest_or_by_the_placeholder(stacks):
    for name, stack in stacks.items():
        for body in stack.all("aws_ecs_task_definition").values():
            (container,) = json.loads(body["container_definitions"])
            image = IMAGE if name == "production" else PLACEHOLDER
            assert (container["image"], container["readonlyRootFilesystem"]) == (image, True)
            assert container["user"] not in {"", "0", "root"}


def test_a_sandbox_pauses_and_the_others_have_a_reader(stacks):
    capacity = {
        name: next(iter(stack.all("aws_rds_cluster").values()))["serverlessv2_scaling_configuration"]
        for name, stack in stacks.items()
    }
    assert (capacity["sandbox"]["min_capacity"], capacity["sandbox"]["seconds_until_auto_pause"]) == (0, 1800)
    assert capacity["production"]["min_capacity"] > 0
    counted = {name: len(stack.all("aws_rds_cluster_instance")) for name, stack in stacks.items()}
    assert counted == {"sandbox": 1, "staging": 2, "production": 2}


@pytest.mark.parametrize("size", ["S", "M", "L"])
def test_a_second_database_instance_is_made_in_another_zone_whatever_the_size(size):
    stack = district(SPECS["sandbox"] | {"size": size, "database_instances": 2})
    instances = stack.all("aws_rds_cluster_instance")
    assert {name: body["promotion_tier"] for name, body in instances.items()} == {
        "database_writer": 0,
        "database_reader": 1,
    }
    zones = ", ".join(f"aws_subnet.network_data_{number}.availability_zone" for number in (1, 2))
    writer = "aws_rds_cluster_instance.database_writer.availability_zone"
    reader = instances["database_reader"]
    assert reader["availability_zone"] == f"${{[for zone in [{zones}] : zone if zone != {writer}][0]}}"
    assert "availability_zone" in reader["lifecycle"]["ignore_changes"], "one that is there is not replaced for it"
    assert "availability_zone" not in instances["database_writer"]
    assert any("database-lag" in body["alarm_name"] for body in stack.all("aws_cloudwatch_metric_alarm").values())


def test_staging_may_have_one_database_instance():
    stack = district(SPECS["staging"] | {"database_instances": 1})
    assert list(stack.all("aws_rds_cluster_instance")) == ["database_writer"]


def test_the_budget_and_the_backup_are_the_specifications(stack):
    (budget,) = stack.all("aws_budgets_budget").values()
    assert (budget["limit_amount"], budget["limit_unit"]) == ("500", "USD")
    assert budget["cost_filter"] == [{"name": "TagKeyValue", "values": [f"user:Suffix${stack.suffix}"]}]
    (vault,) = stack.all("aws_backup_vault").values()
    assert vault["force_destroy"] is True
    (plan,) = stack.all("aws_backup_plan").values()
    assert plan["rule"][0]["lifecycle"] == {"delete_after": 7}


def test_what_the_log_of_statements_holds_is_audited_and_never_a_value(stack):
    parameters = [p for g in stack.all("aws_rds_cluster_parameter_group").values() for p in g["parameter"]]
    values = {parameter["name"]: parameter["value"] for parameter in parameters}
    assert {"read", "write", "ddl", "role"} <= set(values["pgaudit.log"].split(","))
    assert (values["pgaudit.log_parameter"], values["log_statement"]) == ("0", "none")


KEYS = {
    "aws_rds_cluster": "kms_key_id",
    "aws_elasticache_replication_group": "kms_key_id",
    "aws_secretsmanager_secret": "kms_key_id",
    "aws_sqs_queue": "kms_master_key_id",
    "aws_sns_topic": "kms_master_key_id",
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_cloudtrail": "kms_key_id",
    "aws_lambda_function": "kms_key_arn",
    "aws_backup_vault": "kms_key_arn",
}


def test_no_plan_asks_again_for_another_way_to_apply_a_parameter(stack):
    groups = [*stack.all("aws_rds_cluster_parameter_group").values(), *stack.all("aws_db_parameter_group").values()]
    methods = [parameter["apply_method"] for body in groups for parameter in body["parameter"]]
    assert len(methods) > 5
    assert set(methods) == {"pending-reboot"}


def test_secrets_manager_is_asked_for_the_account_that_it_tells_and_for_nothing_else(stack):
    for body in stack.all("aws_lambda_permission").values():
        assert body["source_account"] == stack.spec.get("account_id", COMMON["account_id"])
        assert "source_arn" not in body


def test_everything_is_encrypted_with_the_districts_own_key(stack):
    for kind, field in KEYS.items():
        assert stack.all(kind), kind
        assert {body[field] for body in stack.all(kind).values()} == {"${aws_kms_key.encryption_key.arn}"}
    # A key alone encrypts neither of the two.
    assert all(cluster["storage_encrypted"] is True for cluster in stack.all("aws_rds_cluster").values())
    groups = stack.all("aws_elasticache_replication_group").values()
    assert {str(group["at_rest_encryption_enabled"]).lower() for group in groups} == {"true"}
    rules = {
        name: body["rule"][0]["apply_server_side_encryption_by_default"]
        for name, body in stack.all("aws_s3_bucket_server_side_encryption_configuration").items()
    }
    assert len(rules) == len(stack.all("aws_s3_bucket"))
    # The load balancer and S3 deliver access logs to a bucket with S3's own keys only.
    assert rules.pop("access_logs_bucket_encryption") == {"sse_algorithm": "AES256"}
    assert {rule["kms_master_key_id"] for rule in rules.values()} == {"${aws_kms_key.encryption_key.arn}"}
    assert all(key["enable_key_rotation"] for key in stack.all("aws_kms_key").values())


def test_tls_is_required_everywhere(stack):
    for cluster in stack.all("aws_elasticache_replication_group").values():
        assert (cluster["transit_encryption_enabled"], cluster["transit_encryption_mode"]) == (True, "required")
    parameters = [p for g in stack.all("aws_rds_cluster_parameter_group").values() for p in g["parameter"]]
    assert {"rds.force_ssl": "1"}.items() <= {p["name"]: p["value"] for p in parameters}.items()
    for body in stack.all("aws_s3_bucket_policy").values():
        assert json.loads(body["policy"])["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    for kind in ("aws_sqs_queue_policy", "aws_sns_topic_policy"):
        for body in stack.all(kind).values():
            refused = json.loads(body["policy"])["Statement"][-1]
            assert (refused["Effect"], refused["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    if stack.spec.get("certificate_arn"):
        tls = stack.all("aws_lb_listener")["edge_tls"]
        assert (tls["protocol"], "TLS13" in tls["ssl_policy"]) == ("HTTPS", True)
        assert stack.all("aws_lb_listener")["edge_plain"]["default_action"][0]["type"] == "redirect"


def test_nothing_resists_its_end(stack):
    assert "prevent_destroy" not in json.dumps(stack.data)
    assert all(body["force_destroy"] for body in stack.all("aws_s3_bucket").values())
    assert all(body["recovery_window_in_days"] == 0 for body in stack.all("aws_secretsmanager_secret").values())
    for body in stack.all("aws_rds_cluster").values():
        assert (body["deletion_protection"], body["skip_final_snapshot"]) == (False, True)
    assert not any(body["enable_deletion_protection"] for body in stack.all("aws_lb").values())


def test_the_secret_is_rotated_every_30_days_and_its_password_is_in_no_state(stack):
    rotated = {body["secret_id"] for body in stack.all("aws_secretsmanager_secret_rotation").values()}
    secrets = {f"${{aws_secretsmanager_secret.{name}.arn}}" for name in stack.all("aws_secretsmanager_secret")}
    unrotated = ("pseudonyms_key", "sources_credentials")
    assert secrets - rotated == {f"${{aws_secretsmanager_secret.{name}.arn}}" for name in unrotated}
    for body in stack.all("aws_secretsmanager_secret_rotation").values():
        assert body["rotation_rules"] == {"automatically_after_days": 30}
        assert body["rotate_immediately"] is False
    assert set(stack.data["ephemeral"]) == {"aws_secretsmanager_random_password"}
    for _, _, body in stack.each():
        assert not {"master_password", "secret_string", "auth_token", "password"} & set(body)
    assert not [kind for kind in stack.data["resource"] if "random" in kind]


def test_peoples_text_is_text(stacks):
    stack = stacks["sandbox"]
    assert HOSTILE.startswith("Maple ${aws_kms_key.x}")
    assert stack.all("aws_kms_key")["encryption_key"]["description"] == "Student data of Maple aws_kms_key.x if true"
    assert stack.data["provider"]["aws"][0]["default_tags"][0]["tags"]["District"] == "Maple aws_kms_key.x if true"


def test_no_two_kinds_of_queue_can_share_a_name_whatever_the_slugs(stack):
    """With kinds "x" and "x-y", the districts "y-z" and "z" would both ask for the name "x-y-z"."""
    kinds = [body["name"].removesuffix(f"-{stack.suffix}") for body in stack.all("aws_sqs_queue").values()]
    assert not [(a, b) for a in kinds for b in kinds if a != b and b.startswith(f"{a}-")]


def test_the_rotation_function_reaches_no_storage(stacks):
    rules = stacks["production"].all("aws_vpc_security_group_egress_rule").values()
    assert {group_of(b["security_group_id"]) for b in rules if "prefix_list_id" in b} == {"api", "worker"}


def test_every_alarm_says_what_to_do_and_every_log_is_kept_for_a_time(stack):
    assert all(len(body["alarm_description"]) > 40 for body in stack.all("aws_cloudwatch_metric_alarm").values())
    assert all(body["retention_in_days"] == 365 for body in stack.all("aws_cloudwatch_log_group").values())


def test_no_output_is_sensitive(stack):
    assert not [name for name, body in stack.data["output"].items() if body.get("sensitive")]


def test_the_provider_is_pinned_and_the_backend_is_locked(stack):
    terraform = stack.data["terraform"]
    assert terraform["required_providers"]["aws"] == {"source": "hashicorp/aws", "version": "5.100.0"}
    assert terraform["backend"] == {"s3": {"use_lockfile": True}}, (
        "`encrypt` would put S3's key in place of the bucket's"
    )


def test_the_program_gives_the_same_bytes_for_the_same_specification_and_loads_what_it_uses(
    stacks, tmp_path, monkeypatch
):
    counting, loaded = tmp_path / "counting.js", tmp_path / "loaded"
    of_provider = "Object.keys(require.cache).filter((name) => name.includes('provider-aws')).length"
    write = f"require('fs').appendFileSync({json.dumps(str(loaded))}, `${{{of_provider}}} `)"
    counting.write_text(f"process.on('exit', () => {write});")
    monkeypatch.setenv("NODE_OPTIONS", f'--require "{counting}"')
    first, again = stacks["sandbox"], synthesized(SPECS["sandbox"], tmp_path / "out")
    # Both of CDKTF's processes have counted; the package has 2,135 modules, and only one of them is not loaded.
    assert 50 < max(map(int, loaded.read_text().split())) < 500
    for name in ("cdk.tf.json", "rotation.zip"):
        assert (first.folder / name).read_bytes() == (again.folder / name).read_bytes()


def test_a_bad_specification_ends_with_a_line_per_field(tmp_path):
    completed = infra("-", str(tmp_path), given=json.dumps({"slug": "X", "cidr": "nowhere"}))
    assert completed.returncode == 2
    lines = dict(line.split(": ", 1) for line in completed.stderr.splitlines())
    assert {"slug", "cidr", "district_name", "account_id", "suffix", "environment"} <= set(lines)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_said(tmp_path):
    (tmp_path / "out").touch()
    completed = infra("-", str(tmp_path / "out"), given=json.dumps(COMMON | SPECS["sandbox"]))
    assert (completed.returncode, completed.stderr.startswith("out_dir: ")) == (2, True)


@pytest.mark.parametrize("arguments", [(), ("one",), ("/nowhere/spec.json", "out")])
def test_a_wrong_call_is_said(arguments):
    completed = infra(*arguments)
    assert completed.returncode == 2
    assert completed.stderr.strip()


def test_what_is_no_json_is_said(tmp_path):
    completed = infra("-", str(tmp_path), given="{")
    assert (completed.returncode, completed.stderr.startswith("spec: This is no JSON")) == (2, True)


def test_our_tags_are_on_whatever_can_have_tags(stack):
    """The provider's default tags reach every resource; none takes one of them back."""
    (provider,) = stack.data["provider"]["aws"]
    tags = provider["default_tags"][0]["tags"]
    assert tags | {"District": ""} == {
        "District": "",
        "Suffix": stack.suffix,
        "Environment": stack.spec["environment"],
        "ManagedBy": "homeroom",
    }
    assert tags["District"]
    assert not [name for _, name, body in stack.each() if set(tags) & set(body.get("tags") or {})]
    services = stack.all("aws_ecs_service").values()
    assert {body["propagate_tags"] for body in services} == {"SERVICE"}


def test_the_region_and_the_account_are_the_specifications():
    changes = {"region": "us-west-2", "account_id": "210987654321", "tags": {"Team": "Assessment"}}
    stack = district(SPECS["sandbox"] | changes)
    (provider,) = stack.data["provider"]["aws"]
    assert (provider["region"], provider["allowed_account_ids"]) == ("us-west-2", ["210987654321"])
    assert provider["default_tags"][0]["tags"]["Team"] == "Assessment"
    text = json.dumps(stack.data)
    assert "us-east-1" not in text
    assert "123456789012" not in text

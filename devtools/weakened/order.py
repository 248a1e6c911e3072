"""Which resource of a stack has to be made before which, and go after it, and why: beyond what a reference says.

Terraform makes the needed one first and destroys it last; references and `depends_on` say so. Pure: functions of a
synthesized stack. Source: Terraform, "Resource graph"; each rule names its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Resources = dict[str, dict[str, dict[str, Any]]]
Graph = dict[str, frozenset[str]]


@dataclass(frozen=True)
class Rule:
    """Each resource whose address is like `dependent` needs each that is like `needed`, where there is one.

    In `needed`, ``{0}`` stands for the first group of `dependent`.
    """

    dependent: str
    needed: str
    why: str
    one_is_enough: bool = False
    """Of those that are like `needed`, one has to be there, whichever."""


CALLERS = r"aws_ecs_service\.compute_(api|worker)"
ROTATIONS = r"aws_secretsmanager_secret_rotation\.rotation_(.+)"
STARTED = "ECS starts a task as soon as its service is there (ECS Developer Guide, deployment circuit breaker)"
TESTED = "Secrets Manager calls the function as soon as a rotation is set up (RotateSecret, RotateImmediately)"
LATE_GROUP = "the service makes the group itself, without our key and retention, and it stays (log groups by AWS)"
RULES = (
    Rule(CALLERS, r"aws_vpc_endpoint\.endpoints_.+", f"{STARTED}: without its way a call times out"),
    Rule(CALLERS, r"aws_route\.network_application_\d+_out", f"{STARTED}: without its way a call times out"),
    Rule(CALLERS, r"aws_vpc_security_group_(e|in)gress_rule\.security_{0}_to_(aws|endpoints_(out|in))", STARTED),
    Rule(
        CALLERS, r"aws_iam_role_policy\.compute_{0}_(task|execution)_role_policy", f"{STARTED}: with its roles' rights"
    ),
    Rule(
        r"aws_ecs_service\.compute_api",
        r"aws_lb_listener\.edge_.+",
        "a service is given only a target group that a load balancer uses (ECS API Reference, CreateService)",
        one_is_enough=True,
    ),
    Rule(ROTATIONS, r"aws_vpc_endpoint\.endpoints_.+", TESTED),
    Rule(ROTATIONS, r"aws_route\.network_application_\d+_out", TESTED),
    Rule(ROTATIONS, r"aws_vpc_security_group_(e|in)gress_rule\.security_rotation_to_(aws|endpoints_(out|in))", TESTED),
    Rule(
        ROTATIONS,
        r"aws_lambda_permission\.rotation_invoke",
        "a rotation is set up only where Secrets Manager may call the function (RotateSecret, AccessDeniedException)",
    ),
    Rule(ROTATIONS, r"aws_secretsmanager_secret_version\.secret_{0}_first_version", f"{TESTED}: it tests a value"),
    Rule(
        r"aws_lambda_function\.rotation_function",
        r"aws_iam_role_policy\.rotation_function_role_network",
        "a function is made only by a role with rights on interfaces (CreateFunction, InvalidParameterValueException)",
    ),
    Rule(
        r"aws_lambda_function\.rotation_function",
        r"aws_iam_role_policy\.rotation_function_role_policy",
        "it is called as soon as a rotation is set up",
    ),
    Rule(r"aws_lambda_function\.rotation_function", r"aws_cloudwatch_log_group\.rotation_log_group", LATE_GROUP),
    Rule(r"aws_ecs_cluster\.compute_cluster", r"aws_cloudwatch_log_group\.compute_insights_group", LATE_GROUP),
    Rule(r"aws_rds_cluster\.database_cluster", r"aws_cloudwatch_log_group\.database_log_group", LATE_GROUP),
    Rule(
        r"aws_(?:subnet\.network_application_\d+|security_group\.security_rotation)",
        r"aws_iam_role_policy\.rotation_function_role_network",
        "Lambda removes a function's interfaces with its role, up to 45 minutes after it: subnets and group wait",
    ),
    Rule(
        r"aws_backup_vault\.backup_vault",
        r"(aws_iam_role\.backup_role_role|aws_iam_role_policy_attachment\.backup_right_\d)",
        "a recovery point is deleted by the role that made it (AWS Backup Developer Guide, recovery point status)",
    ),
    Rule(
        r"aws_backup_selection\.backup_selection",
        r"aws_iam_role_policy_attachment\.backup_right_\d",
        "AWS Backup asks what a selection has by its role (CreateBackupSelection)",
    ),
    Rule(
        r"aws_rds_cluster_instance\.database_.+",
        r"aws_iam_role_policy_attachment\.database_monitoring_policy",
        "an instance is made only with a role that may write its metrics (CreateDBInstance, ENHANCED_MONITORING)",
    ),
    Rule(
        r"aws_cloudtrail\.audit_trail",
        r"(aws_s3_bucket_policy\.audit_records_policy|aws_iam_role_policy\.audit_trail_writer_policy)",
        "a trail is made only where bucket and role admit it (CreateTrail, errors)",
    ),
    Rule(
        r"aws_(?:lb\.edge_balancer|s3_bucket_logging\..+)",
        r"aws_s3_bucket_policy\.access_logs_bucket_policy",
        "access logs are turned on only where the bucket admits them (ModifyLoadBalancerAttributes, PutBucketLogging)",
    ),
    Rule(
        r"aws_s3_bucket_notification\.ingest_notification",
        r"aws_sqs_queue_policy\.ingest_queue_policy",
        "a notification is set only where the queue admits S3 (PutBucketNotificationConfiguration)",
    ),
    Rule(
        r"aws_db_event_subscription\.observability_database_events",
        r"aws_sns_topic_policy\.topic_policy",
        "a subscription is made only where the topic admits RDS (CreateEventSubscription, SNSNoAuthorization)",
    ),
    Rule(
        r"aws_s3_bucket_policy\.(.+)_(?:bucket_)?policy",
        r"aws_s3_bucket_public_access_block\.{0}_(bucket_)?closed",
        "S3 refuses two changes of a bucket at a time (OperationAborted), and a public policy while it is closed",
    ),
    Rule(
        r"aws_appautoscaling_target\.scaling_(api|worker)",
        r"aws_ecs_service\.compute_{0}",
        "what is not there cannot be scaled (RegisterScalableTarget, ValidationException)",
    ),
    Rule(
        r"aws_route\.network_application_\d+_out",
        r"aws_route\.network_public_out",
        "a NAT gateway leads out by the public subnets' route (VPC User Guide, NAT gateways)",
    ),
)


def addresses(resources: Resources) -> list[str]:
    """Return the addresses of all resources."""
    return [f"{kind}.{name}" for kind, bodies in resources.items() for name in bodies]


def graph(resources: Resources) -> Graph:
    """Return what each resource refers to, by references and by `depends_on`."""
    known = frozenset(addresses(resources))
    return {
        f"{kind}.{name}": frozenset(re.findall(r"\b(aws_\w+\.\w+)", json.dumps(body))) & known
        for kind, bodies in resources.items()
        for name, body in bodies.items()
    }


def dependencies(resources: Resources) -> Iterator[tuple[str, str]]:
    """Yield every explicit dependency: whose, and on what."""
    for kind, bodies in resources.items():
        for name, body in bodies.items():
            yield from ((f"{kind}.{name}", on) for on in body.get("depends_on", []))


def without(resources: Resources, whole: Graph, address: str, on: str) -> Graph:
    """Return the graph without one explicit dependency; a reference beside it stays."""
    kind, _, name = address.partition(".")
    body = resources[kind][name]
    weakened = body | {"depends_on": [dependency for dependency in body["depends_on"] if dependency != on]}
    return whole | {address: graph({kind: {name: weakened}} | _others(resources, kind))[address]}


def _others(resources: Resources, kind: str) -> Resources:
    """Return the other resources by their addresses alone."""
    return {other: {name: {} for name in bodies} for other, bodies in resources.items() if other != kind}


def reached(whole: Graph, address: str) -> frozenset[str]:
    """Return all that a resource needs, directly or by others."""
    needed: set[str] = set()
    waiting = [address]
    while waiting:
        direct = whole[waiting.pop()] - needed
        needed |= direct
        waiting += direct
    return frozenset(needed - {address})


def claims(resources: Resources) -> Iterator[tuple[Rule, str, frozenset[str]]]:
    """Yield each rule with a resource that it is about, and those of which all, or one, have to be made before it."""
    nodes = addresses(resources)
    for rule in RULES:
        for address in nodes:
            if (match := re.fullmatch(rule.dependent, address)) is not None:
                pattern = rule.needed.replace("{0}", re.escape(match[1]) if match.groups() else "")
                needed = [on for on in nodes if re.fullmatch(pattern, on)]
                groups = [frozenset(needed)] if rule.one_is_enough else [frozenset({on}) for on in needed]
                yield from ((rule, address, group) for group in groups if group)


def broken(resources: Resources, whole: Graph) -> list[str]:
    """Return which rules a graph breaks, in words."""
    cache: dict[str, frozenset[str]] = {}
    return [
        f"{address} may come before {' and '.join(sorted(needed))}: {rule.why}"
        for rule, address, needed in claims(resources)
        if not needed & cache.setdefault(address, reached(whole, address))
    ]


def survivors(resources: Resources) -> list[tuple[str, str]]:
    """Return the explicit dependencies that may be taken out without that a rule is broken."""
    whole, about = graph(resources), list(claims(resources))
    removable = []
    for address, on in dependencies(resources):
        # Whoever needs the weakened one loses by it too; its own rules are enough to tell.
        reachable = reached(without(resources, whole, address, on), address)
        if all(needed & reachable for _, dependent, needed in about if dependent == address):
            removable.append((address, on))
    return removable


REDUNDANT = {
    ("aws_backup_selection.backup_selection", "aws_iam_role_policy_attachment.backup_right_1"): "by its plan's vault",
    ("aws_backup_selection.backup_selection", "aws_iam_role_policy_attachment.backup_right_2"): "by its plan's vault",
    ("aws_backup_vault.backup_vault", "aws_iam_role.backup_role_role"): "by the rights that are attached to it",
    (
        "aws_lambda_function.rotation_function",
        "aws_cloudwatch_log_group.rotation_log_group",
    ): "by the right to write it",
    ("aws_lambda_function.rotation_function", "aws_iam_role_policy.rotation_function_role_network"): "by its subnets",
}
"""Explicit dependencies that may be taken out, each with how it follows from others."""

"""Asks AWS, not Terraform, what of a district still exists: by its tag, and by name where AWS's tag index has gaps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from provisioning.engine.aws import DeployRole, answering, client, error_code, session_in
from provisioning.engine.settings import EngineSettings

GONE = {
    "ClientException",
    "ClusterNotFoundException",
    "NatGatewayNotFound",
    "NoSuchEntity",
    "NotFoundException",
    "ResourceNotFoundException",
}


@dataclass(frozen=True)
class InventoryItem:
    """Something that exists; `scheduled` says why AWS itself keeps it for a time, and is empty otherwise."""

    service: str
    kind: str
    identifier: str
    scheduled: str = ""


def remaining(
    settings: EngineSettings, region: str, suffix: str, role: DeployRole | None = None
) -> tuple[InventoryItem, ...]:
    """Return everything of the district that AWS still has, by service; raises AwsUnavailable.

    With a role, in the account that the role is in.
    """
    session = session_in(settings, region, role)

    def make(service: str) -> Any:
        return client(settings, service, region, session)

    found = {item.identifier: item for item in _tagged(make, suffix)}
    for wanted in BY_NAME:
        for item in _named(make, suffix, wanted):
            found.setdefault(item.identifier, item)
    return tuple(sorted(found.values(), key=lambda item: (item.service, item.kind, item.identifier)))


def left_behind(items: Iterable[InventoryItem]) -> tuple[InventoryItem, ...]:
    """Return what ought to be gone: everything but what AWS deletes by itself after its own waiting time."""
    return tuple(item for item in items if not item.scheduled)


Make = Callable[[str], Any]


def _tagged(make: Make, suffix: str) -> Iterator[InventoryItem]:
    with answering("list the district's resources by tag"):
        pages = make("resourcegroupstaggingapi").get_paginator("get_resources")
        filters = [{"Key": "Suffix", "Values": [suffix]}]
        arns = [
            mapping["ResourceARN"]
            for page in pages.paginate(TagFilters=filters)
            for mapping in page["ResourceTagMappingList"]
        ]
        for arn in arns:
            service, kind = _parts(arn)
            note = NOTES.get((service, kind), _no_note)(make, arn)
            if note is not None:
                yield InventoryItem(service, kind, arn, note)


def _parts(arn: str) -> tuple[str, str]:
    """Return service and kind of an ARN (AWS, "Amazon Resource Names": three formats of the resource part)."""
    service, rest = arn.split(":", 5)[2], arn.split(":", 5)[5]
    separators = [mark for mark in ("/", ":") if mark in rest]
    kind = rest.split(min(separators, key=rest.index))[0] if separators else ""
    return service, kind or service


def _no_note(make: Make, arn: str) -> str:
    return ""


def _key_note(make: Make, arn: str) -> str | None:
    try:
        told = make("kms").describe_key(KeyId=arn)["KeyMetadata"]
    except ClientError as error:
        if error_code(error) in GONE:
            return None
        raise
    return f"key deleted on {told['DeletionDate']:%Y-%m-%d}" if told["KeyState"] == "PendingDeletion" else ""


def _task_definition_note(make: Make, arn: str) -> str | None:
    try:
        told = make("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    except ClientError as error:
        if error_code(error) in GONE:
            return None
        raise
    return "inactive; ECS keeps the text of a deregistered definition" if told["status"] == "INACTIVE" else ""


def _cluster_note(make: Make, arn: str) -> str | None:
    told = make("ecs").describe_clusters(clusters=[arn])["clusters"]
    return _inactive_note(told)


def _service_note(make: Make, arn: str) -> str | None:
    cluster = arn.split("/")[1]
    try:
        told = make("ecs").describe_services(cluster=cluster, services=[arn])["services"]
    except ClientError as error:
        if error_code(error) in GONE:
            return None
        raise
    return _inactive_note(told)


def _inactive_note(told: list[dict[str, Any]]) -> str | None:
    if not told:
        return None
    return "inactive; ECS shows what was deleted for a time" if told[0]["status"] == "INACTIVE" else ""


def _nat_note(make: Make, arn: str) -> str | None:
    try:
        told = make("ec2").describe_nat_gateways(NatGatewayIds=[arn.rpartition("/")[2]])["NatGateways"]
    except ClientError as error:
        if error_code(error) in GONE:
            return None
        raise
    if not told:
        return None
    return "deleted; EC2 shows it for about an hour" if told[0]["State"] == "deleted" else ""


NOTES: dict[tuple[str, str], Callable[[Make, str], str | None]] = {
    ("kms", "key"): _key_note,
    ("ecs", "cluster"): _cluster_note,
    ("ecs", "service"): _service_note,
    ("ecs", "task-definition"): _task_definition_note,
    ("ec2", "natgateway"): _nat_note,
}
"""Kinds that outlive their deletion, each with what tells it: text while AWS keeps it, None when it is gone."""


@dataclass(frozen=True)
class NamedKind:
    """A kind that is looked for by name: how AWS lists it, and which names are this district's."""

    service: str
    kind: str
    operation: str
    collection: str
    field: str
    pattern: str
    """The whole name, with SUFFIX in place of the suffix, so that ``maple`` never claims what ``big-maple`` has."""
    of_account: bool = False
    """Whether the operation asks for the account's id."""

    def matches(self, name: str, suffix: str) -> bool:
        """Say whether a name is one that this district's stack gives."""
        return re.fullmatch(self.pattern.replace("SUFFIX", re.escape(suffix)), name) is not None


ROLES = r"(flow-logs|aurora-monitoring|rotation|trail|auditor|backup|(api|worker|migrate)-(execution|task))-SUFFIX"
LOG_GROUPS = (
    r"/homeroom/(flows|cache-(slow|engine)-log|api|worker|migrate|access|trail)-SUFFIX"
    r"|/aws/lambda/rotation-SUFFIX|/aws/rds/cluster/aurora-SUFFIX/postgresql"
    r"|/aws/ecs/containerinsights/processing-SUFFIX/performance|aws-waf-logs-SUFFIX"
)
BY_NAME = (
    NamedKind("budgets", "budget", "describe_budgets", "Budgets", "BudgetName", r"monthly-SUFFIX", of_account=True),
    NamedKind("cloudwatch", "dashboard", "list_dashboards", "DashboardEntries", "DashboardName", r"district-SUFFIX"),
    NamedKind("iam", "role", "list_roles", "Roles", "RoleName", ROLES),
    NamedKind("kms", "alias", "list_aliases", "Aliases", "AliasName", r"alias/data-SUFFIX"),
    NamedKind("logs", "log-group", "describe_log_groups", "logGroups", "logGroupName", LOG_GROUPS),
    NamedKind("s3", "bucket", "list_buckets", "Buckets", "Name", r"homeroom-(results|audit|logs)-\d{12}-SUFFIX"),
)
"""IAM, budgets and dashboards are not in the tag index; the others are asked again: a lost tag must not hide them."""


def _named(make: Make, suffix: str, wanted: NamedKind) -> Iterator[InventoryItem]:
    with answering(f"list {wanted.kind}s of {wanted.service}"):
        given = {"AccountId": make("sts").get_caller_identity()["Account"]} if wanted.of_account else {}
        for page in make(wanted.service).get_paginator(wanted.operation).paginate(**given):
            for part in page.get(wanted.collection, []):
                name = str(part[wanted.field])
                if wanted.matches(name, suffix):
                    yield InventoryItem(wanted.service, wanted.kind, str(part.get("Arn", name)))

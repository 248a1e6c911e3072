"""Asks AWS, not Terraform, what of a district still exists: by its tag, and by name where AWS's tag index has gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from provisioning.engine.aws import answering, client, error_code
from provisioning.engine.settings import EngineSettings

GONE = {"NotFoundException", "ResourceNotFoundException", "ClientException", "NoSuchEntity"}


@dataclass(frozen=True)
class InventoryItem:
    """Something that exists; `scheduled` says why AWS itself keeps it for a time, and is empty otherwise."""

    service: str
    kind: str
    identifier: str
    scheduled: str = ""


def remaining(settings: EngineSettings, region: str, suffix: str) -> tuple[InventoryItem, ...]:
    """Return everything of the district that AWS still has, by service; raises AwsUnavailable."""

    def make(service: str) -> Any:
        return client(settings, service, region)

    found = {item.identifier: item for item in _tagged(make, suffix)}
    for source in BY_NAME:
        for item in source(make, suffix):
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


NOTES: dict[tuple[str, str], Callable[[Make, str], str | None]] = {
    ("kms", "key"): _key_note,
    ("ecs", "task-definition"): _task_definition_note,
}
"""Kinds that outlive their deletion, each with what tells it: text while AWS keeps it, None when it is gone."""


def _named(
    service: str, kind: str, operation: str, collection: str, name: str, **arguments: str
) -> Callable[[Make, str], Iterator[InventoryItem]]:
    """Return a source that lists a kind page by page and picks what ends in the district's suffix."""

    def source(make: Make, suffix: str) -> Iterator[InventoryItem]:
        with answering(f"list {kind}s of {service}"):
            for page in make(service).get_paginator(operation).paginate(**arguments):
                for part in page[collection]:
                    text = str(part[name])
                    if text.endswith(f"-{suffix}"):
                        yield InventoryItem(service, kind, str(part.get("Arn", text)))

    return source


BY_NAME: tuple[Callable[[Make, str], Iterator[InventoryItem]], ...] = (
    _named("iam", "role", "list_roles", "Roles", "RoleName"),
    _named("iam", "policy", "list_policies", "Policies", "PolicyName", Scope="Local"),
    _named("kms", "alias", "list_aliases", "Aliases", "AliasName"),
    _named("cloudwatch", "dashboard", "list_dashboards", "DashboardEntries", "DashboardName"),
    _named("logs", "log-group", "describe_log_groups", "logGroups", "logGroupName"),
    _named("s3", "bucket", "list_buckets", "Buckets", "Name"),
)
"""IAM and dashboards are not in the tag index; the others are asked again, since a lost tag must not hide them."""

"""What conditions may ask of a call: the keys that every call has, those of its action, and those of its resource.

Sources: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, "Condition keys", which
says where a key is told at all: a condition on a key that an action does not support is never met.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.authorization import kept
from sandbox.authorization.identities import Caller, Kind
from sandbox.authorization.reference import WHOLE_SERVICE, Action, reference
from sandbox.authorization.requests import Operation
from sandbox.authorization.resources import Target

Facts = dict[str, tuple[str, ...]]
REQUEST_TAG, RESOURCE_TAG, TAG_KEYS = "aws:requesttag/${tagkey}", "resourcetag/${tagkey}", "aws:tagkeys"
TAG_MEMBERS = (
    "Tags",
    "tags",
    "TagList",
    "TagsList",
    "BackupPlanTags",
    "BackupVaultTags",
    "ResourceTags",
    "Tagging.TagSet",
    "CreateBucketConfiguration.Tags",
)
"""The members by which services take tags."""


@dataclass(frozen=True)
class Surroundings:
    """Where and when a call is made."""

    now: dt.datetime
    source_ip: str
    region: str


def of_caller(caller: Caller, around: Surroundings) -> Facts:
    """Return what every call of this caller has."""
    is_service = caller.kind is Kind.SERVICE
    facts: Facts = {key: (value,) for key, value in caller.facts}
    facts |= {
        "aws:currenttime": (around.now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(around.now.timestamp())),),
        "aws:principalisawsservice": (_bool(is_service),),
        "aws:requestedregion": (around.region,),
        # The loopback address stands for TLS: nobody listens in between.
        "aws:securetransport": ("true",),
        "aws:viaawsservice": ("false",),
    }
    if is_service:
        facts["aws:principalservicename"] = (caller.arn,)
        return facts
    facts["aws:sourceip"] = (around.source_ip,)
    if caller.kind is Kind.ANYBODY:
        return facts | {"aws:principaltype": ("Anonymous",)}
    facts |= {
        "aws:principalarn": (caller.principal_arn,),
        "aws:principalaccount": (caller.account,),
        "aws:principaltype": ("AssumedRole" if caller.kind is Kind.SESSION else "User",),
    }
    if caller.kind is Kind.SESSION:
        # Only temporary credentials have it; nobody here has a second factor.
        facts.setdefault("aws:multifactorauthpresent", ("false",))
    return facts


def of_request(operation: Operation, account: str) -> Facts:
    """Return the service's own keys of a request to this account."""
    return {key.lower(): (value,) for key, value in _own(operation, account)}


def tags_in(operation: Operation) -> dict[str, str]:
    """Return the tags that a request gives to something."""
    tags: dict[str, str] = {}
    for member in TAG_MEMBERS:
        value: Any = operation.given
        for part in member.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        tags |= _tags(value)
    for specification in operation.given.get("TagSpecifications") or []:
        tags |= _tags(specification.get("Tags"))
    return tags


def tag_keys_in(operation: Operation) -> tuple[str, ...]:
    """Return the keys of the tags that a request gives or takes away."""
    taken = operation.given.get("TagKeys") or operation.given.get("tagKeys") or operation.given.get("TagKeyList") or []
    return (*tags_in(operation), *(str(key) for key in taken))


def _tags(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(key): str(tag_value) for key, tag_value in value.items()}
    tags = {}
    for tag in value if isinstance(value, list) else []:
        if isinstance(tag, Mapping):
            fields = {str(key).lower(): str(field) for key, field in tag.items()}
            key = fields.get("key", fields.get("tagkey"))
            if key is not None:
                tags[key] = fields.get("value", fields.get("tagvalue", ""))
    return tags


def of_target(action: Action, operation: Operation, target: Target) -> Facts:
    """Return what is told of a resource, and of the tags in the request, where the reference says so."""
    facts: Facts = {}
    rows = [action.rows[name].keys for name in (WHOLE_SERVICE, target.kind) if name is not None and name in action.rows]
    of_action = frozenset().union(*rows)
    if REQUEST_TAG in of_action:
        facts |= {f"aws:requesttag/{key}".lower(): (value,) for key, value in tags_in(operation).items()}
    if TAG_KEYS in of_action and (keys := tag_keys_in(operation)):
        facts[TAG_KEYS] = keys
    if target.kind is None:
        return facts
    supported = reference().supported_keys(action, target.kind)
    prefixes = [key.removesuffix("${tagkey}") for key in supported if key.endswith(RESOURCE_TAG)]
    if prefixes:
        for key, value in kept.tags_of(target.arn).items():
            facts |= {f"{prefix}{key}".lower(): (value,) for prefix in prefixes}
    return facts


def _own(operation: Operation, account: str) -> Iterator[tuple[str, str]]:
    """Yield a service's own keys."""
    parameters = operation.given
    match operation.service:
        case "iam":
            yield from _of_iam(operation, account)
        case "sts":
            yield from _named(parameters, {"sts:ExternalId": "ExternalId", "sts:RoleSessionName": "RoleSessionName"})
        case "s3":
            yield from _of_s3(operation)
        case "sns":
            yield from _named(parameters, {"sns:Protocol": "Protocol", "sns:Endpoint": "Endpoint"})
        case "ecs":
            yield from _named(parameters, {"ecs:cluster": "cluster"})
        case "secretsmanager":
            names = {"secretsmanager:VersionId": "VersionId", "secretsmanager:VersionStage": "VersionStage"}
            yield from _named(parameters, names)


def _named(parameters: Mapping[str, Any], members: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, member in members.items():
        if parameters.get(member):
            yield key, str(parameters[member])


def _of_iam(operation: Operation, account: str) -> Iterator[tuple[str, str]]:
    parameters = operation.given
    yield from _named(parameters, {"iam:PolicyARN": "PolicyArn", "iam:AWSServiceName": "AWSServiceName"})
    boundary = parameters.get("PermissionsBoundary")
    if not boundary and "RoleName" in parameters and operation.name != "CreateRole":
        # What is done to a role that is there is told by the boundary that it has.
        roles = kept.backend("iam", account, kept.PARTITION).roles.values()
        boundary = next((role.permissions_boundary_arn for role in roles if role.name == parameters["RoleName"]), None)
    if boundary:
        yield "iam:PermissionsBoundary", str(boundary)


def _of_s3(operation: Operation) -> Iterator[tuple[str, str]]:
    members = {
        "s3:prefix": "Prefix",
        "s3:delimiter": "Delimiter",
        "s3:max-keys": "MaxKeys",
        "s3:VersionId": "VersionId",
    }
    yield from _named(operation.given, members)
    for header in (
        "x-amz-acl",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-storage-class",
        "x-amz-content-sha256",
    ):
        if operation.headers.get(header):
            yield f"s3:{header}", operation.headers[header]


def _bool(value: bool) -> str:
    return "true" if value else "false"

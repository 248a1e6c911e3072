"""On which resources a request is decided, by the resource types that the reference gives its action.

What a request names is taken from its members; a required type that it names nothing of is the whole type (``vpc/*``),
as for what is yet to be made. Source: Service Authorization Reference, "Resource types"; exceptions name theirs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.authorization import kept
from sandbox.authorization.names import EC2_KINDS, MADE, MAKING, MEMBERS, TAGGING
from sandbox.authorization.reference import Action, reference
from sandbox.authorization.requests import Operation

VARIABLE = re.compile(r"\$\{(\w+)\}")
EC2_ID = re.compile(r"([a-z]+)-[0-9a-f]{8,17}")
EVERYTHING = "*"


@dataclass(frozen=True)
class Target:
    """A resource that an action is decided on; with no kind, all of them at once."""

    kind: str | None
    arn: str


@dataclass(frozen=True)
class Place:
    """Where a request was sent: its account and region."""

    account: str
    region: str


def targets(action: Action, operation: Operation, place: Place) -> list[Target]:
    """Return what an action of this request is decided on."""
    by_arn: dict[str, Target] = {}
    for kind in action.resource_types:
        for arn in named(action.service, kind, operation, place):
            by_arn.setdefault(arn, Target(kind, arn))
    unnamed = [kind for kind in action.resource_types if not any(target.kind == kind for target in by_arn.values())]
    if not by_arn or is_making(operation):
        for kind in unnamed:
            if action.rows[kind].required:
                for arn in _unnamed(action.service, kind, operation, place):
                    by_arn.setdefault(arn, Target(kind, arn))
    return list(by_arn.values()) or [Target(None, EVERYTHING)]


def is_making(operation: Operation) -> bool:
    """Return whether an operation makes something, which it may not be able to name."""
    return operation.name.startswith(MAKING)


def created_targets(operation: Operation, place: Place) -> list[Target]:
    """Return what an operation makes, on which its tags are decided."""
    kind = MADE.get((operation.service, operation.name))
    tagging = reference().action(operation.service, TAGGING.get(operation.service, ""))
    if tagging is None:
        return []
    if kind is None:
        making = reference().action(operation.service, operation.name)
        kinds = making.resource_types if making is not None else ()
        kind = kinds[0] if len(kinds) == 1 else None
    if kind is None:
        return []
    if operation.name in ("CreateListener", "CreateRule"):
        return [Target(kind, arn) for arn in _parts_of_balancer(operation)]
    if operation.service == "ec2":
        return [Target(kind, filled("ec2", kind, place))]
    arns = named(operation.service, kind, operation, place) or [filled(operation.service, kind, place)]
    return [Target(kind, arn.removesuffix(":log-stream:")) for arn in arns]


def _parts_of_balancer(operation: Operation) -> Iterator[str]:
    """Yield the ARN that a listener or a listener's rule will have."""
    for before, after in (("loadbalancer/", "listener/"), ("listener/", "listener-rule/")):
        for arn in _arns(operation):
            if f":{before}" in arn and operation.name == ("CreateListener" if after == "listener/" else "CreateRule"):
                yield f"{arn.replace(f':{before}', f':{after}')}/{EVERYTHING}"


def named(service: str, kind: str, operation: Operation, place: Place) -> list[str]:
    """Return the ARNs of the resources of one type that a request names."""
    special = SPECIAL.get((service, kind))
    if special is not None:
        return list(special(operation, place))
    arns = []
    members = MEMBERS.get(service, {}).get(kind, ())
    for name in members:
        for value in _values(operation, name):
            arn = value if value.startswith("arn:") else filled(service, kind, place, value)
            if _shape(service, kind).fullmatch(arn):
                arns.append(arn)
    arns += [value for value in _arns(operation) if _shape(service, kind).fullmatch(value)]
    return list(dict.fromkeys(arns))


def filled(service: str, kind: str, place: Place, *values: str) -> str:
    """Return the ARN of a resource by what its last variables stand for; those that are not given are any."""
    rest = list(values)

    def value(variable: re.Match[str]) -> str:
        match variable[1]:
            case "Partition":
                return kept.PARTITION
            case "Region":
                return place.region
            case "Account":
                return place.account
        return rest.pop(0) if rest else EVERYTHING

    return VARIABLE.sub(value, reference().resource_type(service, kind).arn)


def _unnamed(service: str, kind: str, operation: Operation, place: Place) -> list[str]:
    """Return what stands for a required type that a request names nothing of."""
    if service == "rds" and kind in ("og", "cluster-pg") and operation.name.startswith(("Create", "Restore")):
        # Without a name it is AWS's default group of that engine (RDS API Reference, CreateDBCluster).
        major = str(operation.given.get("EngineVersion", "16")).partition(".")[0]
        engine = str(operation.given.get("Engine", ""))
        return [
            filled(service, kind, place, f"default:{engine}-{major}" if kind == "og" else f"default.{engine}{major}")
        ]
    if service == "elasticache" and kind == "parametergroup":
        return [filled(service, kind, place, "default")]
    return [filled(service, kind, place)]


@functools.cache
def _shape(service: str, kind: str) -> re.Pattern[str]:
    """Return what an ARN of this type looks like; a name may have slashes and colons only where it is the last part."""
    parts = VARIABLE.split(reference().resource_type(service, kind).arn)
    last = len(parts) - 2
    expression = "".join(
        ("[^:]*" if index != last else "[^:/]+(?::[^:]*)?" if kind in COLONS else ".+" if kind in PATHS else "[^:/]+")
        if index % 2
        else re.escape(part)
        for index, part in enumerate(parts)
    )
    return re.compile(expression)


COLONS = frozenset({"task-definition"})
PATHS = frozenset(
    {"role", "user", "policy", "group", "log-group", "repository", "parameter", "object", "alarm", "Secret"}
    | {"cluster-snapshot", "og", "webacl", "recoveryPoint"}
)
"""Types whose names may have slashes or colons."""


def _arns(operation: Operation) -> Iterator[str]:
    """Yield the ARNs among the request's own members, and those in lists."""
    for value in operation.given.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and item.startswith("arn:"):
                # Logs tells a group with a star for its streams.
                yield item.removesuffix(":*")


def _values(operation: Operation, name: str) -> list[str]:
    """Return the values of a member, or of one within it."""
    value: Any = operation.given
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return [str(item) for item in (value if isinstance(value, list) else [value]) if item]


def _first_value(operation: Operation, *names: str) -> str:
    return next((value for name in names for value in _values(operation, name)), "")


def _ec2(kind: str) -> Callable[[Operation, Place], Iterator[str]]:
    def find(operation: Operation, place: Place) -> Iterator[str]:
        for value in operation.given.values():
            for item in value if isinstance(value, list) else [value]:
                match = EC2_ID.fullmatch(item) if isinstance(item, str) else None
                if match and EC2_KINDS.get(match[1]) == kind:
                    yield filled("ec2", kind, place, item)
        if kind == "security-group-rule" and operation.name.startswith("Authorize"):
            yield filled("ec2", kind, place)
        finder = ASSOCIATED.get(kind)
        if finder is not None and (association := _first_value(operation, "AssociationId")):
            identifier = finder(place.account, place.region, association)
            if identifier is not None:
                yield filled("ec2", kind, place, identifier)

    return find


ASSOCIATED = {"elastic-ip": kept.address_of, "route-table": kept.route_table_of}
"""How what is associated is found by its association's id."""


def _roles(operation: Operation, place: Place) -> Iterator[str]:
    for name in _values(operation, "RoleName"):
        yield kept.role_arn(place.account, name, _first_value(operation, "Path") or "/")
    yield from (arn for arn in _values(operation, "RoleArn") if operation.service == "sts")


def _policies(operation: Operation, place: Place) -> Iterator[str]:
    yield from _values(operation, "PolicyArn")
    for name in _values(operation, "PolicyName") if operation.name == "CreatePolicy" else ():
        yield f"arn:aws:iam::{place.account}:policy{_first_value(operation, 'Path') or '/'}{name}"


def _log_groups(operation: Operation, place: Place) -> Iterator[str]:
    """Yield log groups: with ``:log-stream:`` behind the name for all but tags.

    CloudWatch Logs User Guide, "Overview of managing access permissions": a group's ARN without a star behind it is
    for tagging alone, and one with a star for all else.
    """
    names = _values(operation, "logGroupName") + _values(operation, "logGroupNames")
    identifiers = [
        *_values(operation, "logGroupIdentifier"),
        *_values(operation, "logGroupIdentifiers"),
        *_values(operation, "resourceArn"),
    ]
    arns = [identifier.removesuffix(":*") for identifier in identifiers if identifier.startswith("arn:")]
    names += [identifier for identifier in identifiers if not identifier.startswith("arn:")]
    arns += [filled("logs", "log-group", place, name) for name in names]
    ending = "" if "Tag" in operation.name else ":log-stream:"
    yield from (f"{arn}{ending}" for arn in arns if ":log-group:" in arn)


def _log_streams(operation: Operation, place: Place) -> Iterator[str]:
    stream = _first_value(operation, "logStreamName")
    for arn in _log_groups(operation, place):
        if stream:
            yield f"{arn}{stream}"


def _keys(operation: Operation, place: Place) -> Iterator[str]:
    named_by = _values(operation, "KeyId") + _values(operation, "TargetKeyId")
    if operation.name in ("DeleteAlias", "UpdateAlias"):
        named_by += _values(operation, "AliasName")
    for name in named_by:
        arn = kept.key_arn(place.account, place.region, name)
        if arn is not None:
            yield arn


def _aliases(operation: Operation, place: Place) -> Iterator[str]:
    for name in _values(operation, "AliasName"):
        yield filled("kms", "alias", place, name.removeprefix("alias/"))


def _queues(operation: Operation, place: Place) -> Iterator[str]:
    for url in _values(operation, "QueueUrl"):
        account, name = url.rstrip("/").split("/")[-2:]
        yield filled("sqs", "queue", Place(account if account.isdigit() else place.account, place.region), name)
    for name in _values(operation, "QueueName"):
        yield filled("sqs", "queue", place, name)


def _secrets(operation: Operation, place: Place) -> Iterator[str]:
    for name in [*_values(operation, "SecretId"), *_values(operation, "Name")]:
        yield kept.secret_arn(place.account, place.region, name)


def _buckets(operation: Operation, _place: Place) -> Iterator[str]:
    yield from (f"arn:aws:s3:::{name}" for name in _values(operation, "Bucket"))


def _objects(operation: Operation, _place: Place) -> Iterator[str]:
    bucket = _first_value(operation, "Bucket")
    keys = _values(operation, "Key")
    deleted = operation.given.get("Delete", {})
    keys += [entry["Key"] for entry in deleted.get("Objects", [])] if isinstance(deleted, dict) else []
    yield from (f"arn:aws:s3:::{bucket}/{key}" for key in keys)


def _services(operation: Operation, place: Place) -> Iterator[str]:
    cluster = _first_value(operation, "cluster").rpartition("/")[2] or "default"
    for name in [*_values(operation, "service"), *_values(operation, "services"), *_values(operation, "serviceName")]:
        yield name if name.startswith("arn:") else filled("ecs", "service", place, cluster, name)
    yield from (arn for arn in _values(operation, "resourceArn") if ":service/" in arn)


def _tasks(operation: Operation, place: Place) -> Iterator[str]:
    cluster = _first_value(operation, "cluster").rpartition("/")[2] or "default"
    for id_ in [*_values(operation, "tasks"), *_values(operation, "task")]:
        yield id_ if id_.startswith("arn:") else filled("ecs", "task", place, cluster, id_)


def _task_definitions(operation: Operation, place: Place) -> Iterator[str]:
    for family in _values(operation, "family"):
        yield filled("ecs", "task-definition", place, family)
    for definition in _values(operation, "taskDefinition"):
        if definition.startswith("arn:"):
            yield definition
        elif ":" in definition:
            yield filled("ecs", "task-definition", place, *definition.split(":"))
        else:
            yield kept.task_definition_arn(place.account, place.region, definition)
    yield from (arn for arn in _values(operation, "resourceArn") if ":task-definition/" in arn)


def _web_acls(operation: Operation, place: Place) -> Iterator[str]:
    parameters = operation.given
    if parameters.get("Name") and parameters.get("Scope"):
        scope = "regional" if parameters["Scope"] == "REGIONAL" else "global"
        yield filled("wafv2", "webacl", place, scope, str(parameters["Name"]), str(parameters.get("Id") or EVERYTHING))
    for arn in [*_arns(operation), *_values(operation, "LoggingConfiguration.ResourceArn")]:
        if ":wafv2:" in arn and "/webacl/" in arn:
            yield arn


def _rule_groups(operation: Operation, place: Place) -> Iterator[str]:
    """Yield the managed groups of a list; the caller's account stands in their ARN (AWS WAF, resource types)."""
    for rule in operation.given.get("Rules", []):
        group = rule.get("Statement", {}).get("ManagedRuleGroupStatement")
        if group:
            yield filled("wafv2", "managedruleset", place, "regional", group["VendorName"], group["Name"])


def _balancers(operation: Operation, place: Place) -> Iterator[str]:
    yield from (arn for arn in _arns(operation) if ":loadbalancer/app/" in arn)
    if operation.name == "CreateLoadBalancer" and operation.given.get("Type", "application") == "application":
        yield filled("elasticloadbalancing", "loadbalancer/app/", place, str(operation.given["Name"]))


def _target_groups(operation: Operation, place: Place) -> Iterator[str]:
    yield from (arn for arn in _arns(operation) if ":targetgroup/" in arn)
    if operation.name == "CreateTargetGroup":
        yield filled("elasticloadbalancing", "targetgroup", place, str(operation.given["Name"]))


def _scalable_targets(operation: Operation, place: Place) -> Iterator[str]:
    yield from _values(operation, "ResourceARN")
    resource, dimension = _first_value(operation, "ResourceId"), _first_value(operation, "ScalableDimension")
    arn = kept.scalable_target_arn(place.account, place.region, resource, dimension) if resource else None
    if arn is not None:
        yield arn


def _vaults_points(operation: Operation, _place: Place) -> Iterator[str]:
    yield from _values(operation, "RecoveryPointArn")


SPECIAL: dict[tuple[str, str], Callable[[Operation, Place], Iterator[str]]] = {
    **{("ec2", kind): _ec2(kind) for kind in EC2_KINDS.values()},
    ("application-autoscaling", "ScalableTarget"): _scalable_targets,
    ("backup", "recoveryPoint"): _vaults_points,
    ("ecs", "service"): _services,
    ("ecs", "task"): _tasks,
    ("ecs", "task-definition"): _task_definitions,
    ("elasticloadbalancing", "loadbalancer/app/"): _balancers,
    ("elasticloadbalancing", "targetgroup"): _target_groups,
    ("iam", "policy"): _policies,
    ("iam", "role"): _roles,
    ("kms", "alias"): _aliases,
    ("kms", "key"): _keys,
    ("logs", "log-group"): _log_groups,
    ("logs", "log-stream"): _log_streams,
    ("s3", "bucket"): _buckets,
    ("s3", "object"): _objects,
    ("secretsmanager", "Secret"): _secrets,
    ("sqs", "queue"): _queues,
    ("sts", "role"): _roles,
    ("wafv2", "managedruleset"): _rule_groups,
    ("wafv2", "webacl"): _web_acls,
}
"""Types whose names have to be put together, or looked up."""

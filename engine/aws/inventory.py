"""Asks AWS, not Terraform, what of a district still exists: by its tag, and by name where AWS's tag index has gaps.

`coverage` says for each kind of the stack how it is seen here. A read that fails is tried again; one that keeps failing
is an error, never an empty answer.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from string import Formatter
from typing import Any

from botocore.exceptions import ClientError

from engine.aws.clients import PATIENT, DeployRole, answering, client, error_code, session_of_its_own
from engine.aws.named_kinds import BY_NAME
from engine.kinds import KINDS
from engine.kinds.kind import Kind
from engine.kinds.listing import Lingering, NamedKind, Scope
from engine.settings import EngineSettings
from messages.message import Message, message, term

GONE = {
    "ClientException",
    "ClusterNotFoundException",
    "InvalidVpcEndpointId.NotFound",
    "NatGatewayNotFound",
    "NoSuchEntity",
    "NoSuchHostedZone",
    "NotFoundException",
    "ResourceNotFoundException",
}


@dataclass(frozen=True)
class InventoryItem:
    """Something that exists; `scheduled` says why AWS itself keeps it for a time, and is empty otherwise.

    `kept` says why somebody wanted it to stay.
    """

    service: str
    kind: str
    identifier: str
    scheduled: str = ""
    kept: str = ""


@dataclass(frozen=True)
class Wanted:
    """Whose things are looked for; `keep` holds the ARNs of what was kept on purpose, with the reason of each."""

    region: str
    suffix: str
    hosted_zone_id: str = ""
    domain_name: str = ""
    keep: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Inventory:
    """What AWS has of a district, and how that was found out: when, where, by which calls."""

    at: datetime
    scope: Scope
    items: tuple[InventoryItem, ...]
    calls: tuple[tuple[str, int], ...]
    """Operations, such as ``iam:ListRoles``, and how often each was called."""

    @property
    def left_behind(self) -> tuple[InventoryItem, ...]:
        """What ought to be gone."""
        return left_behind(self.items)

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Every kind that was looked for by name, and the expression that names were held against."""
        return tuple((kind.called, kind.searched(self.scope.suffix)) for kind in BY_NAME)


Make = Callable[[str], Any]


def take_inventory(settings: EngineSettings, wanted: Wanted, role: DeployRole | None = None) -> Inventory:
    """Return the inventory of a district now; raises AwsUnavailableError.

    With a role, in the account that the role is in.
    """
    # Its own, since a client that is kept would count for nobody: it has the handlers of when it was made.
    session = session_of_its_own(settings, wanted.region, role)
    calls: Counter[str] = Counter()

    def count(model: Any, **more: Any) -> None:
        calls[f"{model.service_model.service_name}:{model.name}"] += 1

    session.events.register("before-call", count)

    @functools.cache
    def make(service: str) -> Any:
        return client(settings, service, wanted.region, session, PATIENT)

    with answering(message("name the account")):
        account = str(make("sts").get_caller_identity()["Account"])
    scope = Scope(account, wanted.region, wanted.suffix)
    by_identifier: dict[str, InventoryItem] = {}
    keep = dict(wanted.keep)
    for item in _everything(make, scope, wanted, by_identifier):
        by_identifier.setdefault(item.identifier, replace(item, kept=keep.get(item.identifier, "")))
    items = sorted(by_identifier.values(), key=lambda item: (item.service, item.kind, item.identifier))
    return Inventory(datetime.now(UTC), scope, tuple(items), tuple(sorted(calls.items())))


def remaining(
    settings: EngineSettings, region: str, suffix: str, role: DeployRole | None = None
) -> tuple[InventoryItem, ...]:
    """Return everything of the district that AWS still has, by service; raises AwsUnavailableError."""
    return take_inventory(settings, Wanted(region, suffix), role).items


def left_behind(items: Iterable[InventoryItem]) -> tuple[InventoryItem, ...]:
    """Return what ought to be gone: all but what AWS deletes after its own waiting time, and what was to stay."""
    return tuple(item for item in items if not item.scheduled and not item.kept)


def _everything(make: Make, scope: Scope, wanted: Wanted, identifiers: Collection[str]) -> Iterator[InventoryItem]:
    yield from _tagged(make, scope.suffix)
    for kind in BY_NAME:
        yield from _named(make, scope, kind, identifiers)
    networks = [arn.rpartition("/")[2] for arn in identifiers if ":vpc/" in arn]
    if networks:
        yield from _interfaces(make, scope, networks)
    if wanted.hosted_zone_id and wanted.domain_name:
        yield from _records(make, wanted)


def _tagged(make: Make, suffix: str) -> Iterator[InventoryItem]:
    with answering(message("list the district's resources by tag")):
        pages = make("resourcegroupstaggingapi").get_paginator("get_resources")
        filters = [{"Key": "Suffix", "Values": [suffix]}]
        arns = [
            mapping["ResourceARN"]
            for page in pages.paginate(TagFilters=filters)
            for mapping in page["ResourceTagMappingList"]
        ]
        for arn in arns:
            service, kind = _parts(arn)
            note = _note(make, service, kind, arn)
            if note is not None:
                yield InventoryItem(service, kind, arn, note)


def _parts(arn: str) -> tuple[str, str]:
    """Return service and kind of an ARN (AWS, "Amazon Resource Names": three formats of the resource part)."""
    service, rest = arn.split(":", 5)[2], arn.split(":", 5)[5]
    separators = [mark for mark in ("/", ":") if mark in rest]
    kind = rest.split(min(separators, key=rest.index))[0] if separators else ""
    if service == "s3":
        kind = "bucket"
    return service, kind or service


def _named(make: Make, scope: Scope, kind: NamedKind, identifiers: Collection[str]) -> Iterator[InventoryItem]:
    with answering(message("list {kind}s of {service}", kind=kind.kind, service=kind.service)):
        for part in _listed(make(kind.service), kind, scope):
            if not kind.owns(part, scope.suffix):
                continue
            identifier = kind.identifier_of(part, scope)
            if identifier in identifiers:
                continue
            note = _note(make, kind.service, kind.kind, identifier)
            if note is not None:
                yield InventoryItem(kind.service, kind.kind, identifier, note)


def _listed(service: Any, kind: NamedKind, scope: Scope) -> Iterator[Any]:
    parameters = kind.asks(scope)
    if kind.paginated:
        for page in service.get_paginator(kind.operation).paginate(**parameters):
            yield from page.get(kind.collection) or []
        return
    # WAF pages by a marker that the next call is given.
    while True:
        answer = getattr(service, kind.operation)(**parameters)
        yield from answer.get(kind.collection) or []
        if not answer.get("NextMarker") or not answer.get(kind.collection):
            return
        parameters = {**parameters, "NextMarker": answer["NextMarker"]}


def _interfaces(make: Make, scope: Scope, networks: list[str]) -> Iterator[InventoryItem]:
    """Find what keeps a network of ours from going: interfaces of tasks carry neither tag nor name of ours."""
    with answering(message("list the network interfaces in the district's network")):
        pages = make("ec2").get_paginator("describe_network_interfaces")
        for page in pages.paginate(Filters=[{"Name": "vpc-id", "Values": networks}]):
            for part in page["NetworkInterfaces"]:
                interface = part["NetworkInterfaceId"]
                arn = f"arn:aws:ec2:{scope.region}:{scope.account}:network-interface/{interface}"
                yield InventoryItem("ec2", "network-interface", arn)


def _records(make: Make, wanted: Wanted) -> Iterator[InventoryItem]:
    """Find the records of the district's name: its own, and the ones by which its certificate was validated."""
    domain = wanted.domain_name.rstrip(".").lower()
    with answering(
        message("list the records of the hosted zone {hosted_zone_id}", hosted_zone_id=wanted.hosted_zone_id)
    ):
        pages = make("route53").get_paginator("list_resource_record_sets")
        try:
            for page in pages.paginate(HostedZoneId=wanted.hosted_zone_id):
                for record in page["ResourceRecordSets"]:
                    name = record["Name"].rstrip(".").lower()
                    validates = name.startswith("_") and name.partition(".")[2] == domain and record["Type"] == "CNAME"
                    if validates or (name == domain and record["Type"] in {"A", "AAAA"}):
                        identifier = f"{wanted.hosted_zone_id}/{name}/{record['Type']}"
                        yield InventoryItem("route53", "record", identifier)
        except ClientError as error:
            # The zone is not ours: where it has been deleted, our records went with it.
            if error_code(error) not in GONE:
                raise


def _note(make: Make, service: str, kind: str, arn: str) -> str | None:
    """Return why AWS keeps what it has deleted; nothing where it exists, None where it is gone."""
    lingering = LINGERING.get((service, kind))
    if lingering is None:
        return ""
    parts = arn.split("/")
    values = {"arn": arn, "id": parts[-1], "parent": parts[1] if len(parts) > 1 else ""}
    parameters = {
        name: [part.format_map(values) for part in value] if isinstance(value, list) else value.format_map(values)
        for name, value in lingering.parameters.items()
    }
    try:
        answer = getattr(make(service), lingering.operation)(**parameters)
    except ClientError as error:
        if lingering.refuses_what_is_gone and error_code(error) in GONE:
            return None
        raise
    thing = answer[lingering.collection] if lingering.collection else answer
    thing = next(iter(thing), None) if isinstance(thing, list) else thing
    if not thing:
        return None
    state = str(thing.get(lingering.field) or "").lower()
    is_deleted = state == lingering.deleted if lingering.deleted else bool(state)
    return _noted(lingering.note, thing) if is_deleted else ""


def _noted(note: str, thing: Mapping[str, Any]) -> Message:
    """Return a row's note with what AWS says of the thing, each value written as the note wants it."""
    parts = list(Formatter().parse(note))
    template = "".join(text + (f"{{{name}}}" if name else "") for text, name, _, _ in parts)
    return term(template).having({name: format(thing[name], form or "") for _, name, form, _ in parts if name})


def _key(kind: Kind) -> tuple[str, str]:
    service, _, name = (kind.coverage.name or kind.coverage.tag).partition(" ")
    return service, name


LINGERING: dict[tuple[str, str], Lingering] = {
    _key(kind): kind.lingering for kind in KINDS.values() if kind.lingering is not None
}
"""Kinds that outlive their deletion, by service and kind."""

"""The row of an AWS kind: all that adoption, inventory, policy, drift, cost, console and diagram know about it.

Pure values. A field that says nothing is left out: the kind then has no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal

from engine.kinds.adoption import Rule
from engine.kinds.listing import Lingering, NamedKind


@dataclass(frozen=True)
class Service:
    """An AWS service, as pages group by it; a type that has no row belongs to it by its prefix."""

    title: str
    prefixes: tuple[str, ...] = ()
    data_rank: int | None = None
    """For a service that holds student data or its keys: its place among those that a teardown names first."""


NETWORK = Service("VPC")
"""What no prefix claims belongs to the network."""


@dataclass(frozen=True)
class Coverage:
    """How a kind is seen that stayed: in the tag index, by name, or with the kind that it cannot outlive, and why."""

    tag: str = ""
    """Service and kind in the ARN of AWS's tag index."""
    name: str = ""
    """Service and kind of a `NamedKind`: the service itself is asked, by name or, in EC2, by tag."""
    lookup: str = ""
    """A question of its own in `engine.aws.inventory`."""
    parent: str = ""
    why: str = ""


def goes_with(parent: str, why: str) -> Coverage:
    """Return how a kind is seen that its parent takes along."""
    return Coverage(parent=parent, why=why)


class Charge(Enum):
    """How AWS charges for a kind."""

    FREE = auto()
    """Without a charge of its own; a cluster's charge is its instances'."""
    BY_USE = auto()
    """By use alone; `infra.cost.NOT_COUNTED` says of what."""
    STANDING = auto()
    """By its being there: `infra.cost` counts it, beside the prices, since the stack's room depends on no other."""


@dataclass(frozen=True)
class Drift:
    """What of a kind changes without anybody's hand, and what hangs on it that is no resource of the stack."""

    parts: Mapping[str, str] = field(default_factory=dict)
    """Attributes whose parts are resources of their own, of this type: a part that is none of them is foreign."""
    told_by_another: tuple[str, ...] = ()
    """Attributes that a resource of its own holds, which tells its drift."""
    by_aws: Mapping[str, str] = field(default_factory=dict)
    """Attributes that AWS changes by itself, or that say nothing, each with the reason."""


@dataclass(frozen=True)
class SettingPath:
    """An attribute that a district's setting holds, so that its drift can be accepted."""

    path: str
    """An expression that the attribute's whole path matches."""
    setting: str
    is_whole_number: bool = False


@dataclass(frozen=True)
class Keeping:
    """An attribute that says for how many days something is kept: what is older is deleted where it falls."""

    path: tuple[str, ...]
    """By name, through lists: of several the shortest counts."""
    setting: str
    """The district's setting that decides it (`infra.shortening` says what is deleted)."""
    forever: int | None = None
    """The number that keeps it without end."""


@dataclass(frozen=True)
class SettingEntry:
    """Resources of which each stands for one entry of a district's setting that is a list."""

    setting: str
    name: str
    """An expression for the resource's name; its first group is the entry's number, from 1."""
    path: str = ""
    """The attribute that holds the entry; without one only a deletion is a change of the setting."""


class Exposure(Enum):
    """How a kind can open something to the internet."""

    ADMITTING_RULE = auto()
    """It is one rule of a security group, with `cidr_ipv4` and `cidr_ipv6`."""
    RULES_WITHIN = auto()
    """It has rules in its `ingress`."""
    PUBLIC_ADDRESS = auto()
    """By `publicly_accessible`."""
    CLOSED_BUCKET = auto()
    """It is what closes a bucket to the public."""
    PUBLIC_SUBNET = auto()
    """By `map_public_ip_on_launch`."""
    LEFT_NETWORK = auto()
    """By `internal`, once it is false."""


@dataclass(frozen=True)
class Access:
    """Which attribute of a kind says who may do what; at most one is said."""

    rights: str = ""
    """A document with the rights of whoever has it."""
    resource_policy: str = ""
    """A document that says who may do what with this resource."""
    managed_policy: str = ""
    """The ARN of a policy that is attached."""
    trust: str = ""
    """A document that says who may take the role."""


Place = Literal["DOOR", "PUBLIC", "APPLICATION", "DATA", "REGION"]


@dataclass(frozen=True)
class Box:
    """A part of the district's diagram: which resources are it, by their names, and where it stands."""

    key: str
    title: str
    place: Place
    name: str = r"\w+"


@dataclass(frozen=True)
class Flow:
    """A line of the district's diagram, from box to box: the resource of this name lets it through."""

    source: str
    target: str
    sentence: str
    name: str = r"\w+"


@dataclass(frozen=True)
class InNetwork:
    """Where a resource says its security groups and its subnets, or the group of subnets that it is in."""

    groups: str
    subnets: str
    block: str = ""
    """The block in which both stand."""
    subnet_group: str = ""
    """The type of the group of subnets that `subnets` names."""


@dataclass(frozen=True)
class Kind:
    """One type of resource of a district's stack."""

    type: str
    """Terraform's name, such as `aws_sqs_queue`."""
    service: Service
    adoption: Rule
    """What a lost state means for it."""
    charge: Charge
    seen: Coverage = Coverage()
    """How the inventory sees it, beside `listing`."""
    listing: NamedKind | None = None
    """How its own service lists it, and which names are a district's."""
    lingering: Lingering | None = None
    drift: Drift = Drift()
    settings: tuple[SettingPath, ...] = ()
    entries: SettingEntry | None = None
    keeps: tuple[Keeping, ...] = ()
    sized: tuple[str, ...] = ()
    """Attributes that the district's size decides, by the beginning of their paths."""
    loss: str | None = None
    """What is lost with it, where it holds something; nothing where AWS or the program makes that anew."""
    holds: str = ""
    """What it holds, in a sentence, where a teardown tells of it; buckets are counted."""
    holds_data: bool = False
    """Whether it holds the data of its service, before that service's settings."""
    exposure: Exposure | None = None
    access: Access = Access()
    withheld: tuple[str, ...] = ()
    """Attributes that the provider does not mark as sensitive and people put secrets into."""
    sends_late: bool = False
    """Whether AWS writes logs of it for some minutes after it has gone (`engine.aws.late_log_groups`)."""
    quota: str = ""
    """The code of the quota in which each of it counts (`engine.aws.quotas`)."""
    console: Callable[[str], str] | None = None
    """Its page in AWS's console by its id, below the console's address."""
    boxes: tuple[Box, ...] = ()
    flows: tuple[Flow, ...] = ()
    network: InNetwork | None = None

    @property
    def coverage(self) -> Coverage:
        """How it would be seen if it stayed after a teardown."""
        name = self.listing.called if self.listing else self.seen.name
        return Coverage(self.seen.tag, name, self.seen.lookup, self.seen.parent, self.seen.why)


@dataclass(frozen=True)
class MadeByAws:
    """What AWS makes beside the stack, or keeps after it, and how that is seen."""

    title: str
    seen: Coverage = Coverage()
    listings: tuple[NamedKind, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """How it would be seen if it stayed after a teardown."""
        name = self.listings[0].called if self.listings else self.seen.name
        return Coverage(self.seen.tag, name, self.seen.lookup)

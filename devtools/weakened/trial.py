"""Tries every policy of a stack by what was decided during a whole run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devtools.weakened.decisions import of_preflight, recorded
from devtools.weakened.documented import DOCUMENTED
from devtools.weakened.documents import Document, of_account, of_stack
from devtools.weakened.narrowed import Calls, Part, parts, unmissed
from devtools.weakened.order import Resources
from devtools.weakened.rights import Survivor, World, refused, survivors, unrefused
from devtools.weakened.widened import Wider, admitted, foreign, unnoticed

REGION = "us-east-1"
UNUSED = "no task or function calls it today: the key is used by services, and metrics go by the log"
EXCUSED: dict[tuple[str, str], str] = {
    ("aws_vpc_endpoint.endpoints_kms", "OwnCalls"): UNUSED,
    ("aws_vpc_endpoint.endpoints_monitoring", "OwnCalls"): UNUSED,
    ("aws_vpc_endpoint.endpoints_sts", "OwnCalls"): UNUSED,
}
"""Statements that no recorded call needs, each with the reason why it stands there."""

EXCUSED_PARTS: dict[Part, str] = {}
"""Parts of statements that no call needs, each with the reason why it stands there."""

EXCUSED_WIDER: dict[Wider, str] = {
    Wider(
        "aws_iam_role_policy.rotation_function_role_network",
        "JoinNetwork",
        "arn:aws:ec2:us-east-1:123456789012:*/* as arn:aws:ec2:*",
    ): "all of the account's resources, as Lambda asks for: another account's have to be shared by that one",
}
"""Ways in which a statement may say more without that anything is admitted, each with the reason."""


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    refused: list[str]
    survivors: list[Survivor]
    idle: list[Survivor]
    """Deny statements that refuse nothing."""


def tried(resources: Resources, *, account: str, suffix: str) -> Trial:
    """Decide every call of a run by a stack's policies, whole and without each of their statements."""
    documents = documents_of(resources, account=account, suffix=suffix)
    world, decisions = World(documents, account, REGION), calls_of(account, suffix)
    return Trial(
        refused(world, decisions),
        [
            *survivors(world, documents, decisions),
            *(survivor for survivor, idle in unrefused(world, documents) if not idle),
        ],
        [survivor for survivor, idle in unrefused(world, documents) if idle],
    )


def calls_of(account: str, suffix: str) -> Calls:
    """Return all calls that are tried, as a district asks them."""
    fill = {"account": account, "region": REGION, "suffix": suffix}
    return [(decided, decided.access_request(fill)) for decided in (*recorded(), *of_preflight(), *DOCUMENTED)]


def narrowed(stacks: Mapping[str, Resources], *, account: str) -> set[Part]:
    """Return which parts of statements no call of a run would miss, in none of the stacks that have them, by suffix."""
    have: dict[Part, list[bool]] = {}
    for suffix, resources in stacks.items():
        documents = documents_of(resources, account=account, suffix=suffix)
        missing = set(unmissed(World(documents, account, REGION), documents, calls_of(account, suffix)))
        for part in parts(documents):
            have.setdefault(part, []).append(part in missing)
    return {part for part, of_stacks in have.items() if all(of_stacks)}


@dataclass(frozen=True)
class WideTrial:
    """What came of making each statement of a stack's own policies say more."""

    admitted: list[str]
    unnoticed: set[Wider]


def widened(resources: Resources, *, account: str, suffix: str) -> WideTrial:
    """Decide every call that nobody may make by a stack's policies, and with each of their statements made wider."""
    documents = documents_of(resources, account=account, suffix=suffix)
    world = World(documents, account, REGION)
    calls = foreign(calls_of(account, suffix), documents, account=account, suffix=suffix)
    own = [document for document in documents if document.place.startswith("aws_")]
    return WideTrial(admitted(world, calls), set(unnoticed(world, own, calls)))


def documents_of(resources: Resources, *, account: str, suffix: str) -> list[Document]:
    """Return all policies by which a district's calls are decided."""
    fill = {"account": account, "region": REGION, "suffix": suffix}
    return [*of_account(account), *of_stack(resources, fill)]

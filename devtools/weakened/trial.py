"""Tries every policy of a stack by what was decided during a whole run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devtools.weakened.decisions import Decided, recorded
from devtools.weakened.documented import DOCUMENTED
from devtools.weakened.documents import Document, of_account, of_stack
from devtools.weakened.order import Resources
from devtools.weakened.rights import Survivor, World, refused, survivors, unrefused
from sandbox.authorization.decision import AccessRequest

REGION = "us-east-1"
UNUSED = "no task or function calls it today: the key is used by services, and metrics go by the log"
EXCUSED: dict[tuple[str, str], str] = {
    ("aws_vpc_endpoint.endpoints_kms", "OwnCalls"): UNUSED,
    ("aws_vpc_endpoint.endpoints_monitoring", "OwnCalls"): UNUSED,
    ("aws_vpc_endpoint.endpoints_sts", "OwnCalls"): UNUSED,
}
"""Statements that no recorded call needs, each with the reason why it stands there."""


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    refused: list[str]
    survivors: list[Survivor]
    idle: list[Survivor]
    """Deny statements that refuse nothing."""


def tried(resources: Resources, *, account: str, suffix: str, calls: Sequence[Decided] | None = None) -> Trial:
    """Decide every call of a run by a stack's policies, whole and without each of their statements."""
    fill = {"account": account, "region": REGION, "suffix": suffix}
    documents = documents_of(resources, account=account, suffix=suffix)
    world = World(documents, account, REGION)
    decisions: list[tuple[Decided, AccessRequest]] = [
        (decided, decided.access_request(fill)) for decided in (*(recorded() if calls is None else calls), *DOCUMENTED)
    ]
    return Trial(
        refused(world, decisions),
        [
            *survivors(world, documents, decisions),
            *(survivor for survivor, idle in unrefused(world, documents) if not idle),
        ],
        [survivor for survivor, idle in unrefused(world, documents) if idle],
    )


def documents_of(resources: Resources, *, account: str, suffix: str) -> list[Document]:
    """Return all policies by which a district's calls are decided."""
    fill = {"account": account, "region": REGION, "suffix": suffix}
    return [*of_account(account), *of_stack(resources, fill)]

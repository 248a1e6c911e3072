"""Takes each statement out of each policy in turn, and asks which call of a run is then refused, or admitted."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from devtools.weakened.decisions import Decided
from devtools.weakened.documents import Document
from infra.deploy_rights import DEPLOY_ROLE
from infra.worker_rights import WORKER
from sandbox.authorization.decision import AccessRequest, decide
from sandbox.authorization.documents import Document as Statements
from sandbox.authorization.documents import statements
from sandbox.authorization.identities import EVERYTHING, Caller, Kind
from sandbox.authorization.notes import PASSAGE


@dataclass(frozen=True)
class Survivor:
    """A statement that may be taken out without that any call of a run is decided otherwise."""

    place: str
    statement: str


class World:
    """All policies of a stack and its account; decides a call by them."""

    def __init__(self, documents: Sequence[Document], account: str, region: str) -> None:
        self.account = self._account = account
        self._region = region
        self._read: dict[tuple[str, str], list[tuple[str, Statements]]] = {}
        for document in documents:
            read = statements(list(document.statements), document.place)
            self._read.setdefault((document.kind, document.holder), []).append((document.place, read))

    def instead(self, document: Document) -> World:
        """Return a world in which one document stands where another one of its kind and place stood."""
        world = copy.copy(self)
        read = statements(list(document.statements), document.place)
        at = (document.kind, document.holder)
        there = [(place, read if place == document.place else whole) for place, whole in self._read[at]]
        world._read = self._read | {at: there}
        return world

    def allows(self, decided: Decided, call: AccessRequest) -> bool:
        """Return whether a call is allowed."""
        if decided.kind == PASSAGE:
            return self._passes(decided, call)
        policy = self._of("resource", _holder(call.resource))
        account = _account(call.resource) or self._account
        whole = AccessRequest(call.action, call.resource, account, call.context, policy or None, call.policy_rules)
        return decide(self._caller(decided), whole).allowed and self._passes(decided, whole)

    def _of(self, kind: str, holder: str) -> Statements:
        return tuple(statement for _, read in self._read.get((kind, holder), []) for statement in read)

    def _caller(self, decided: Decided) -> Caller:
        if decided.kind == Kind.SERVICE.value:
            return Caller(Kind.SERVICE, decided.by.replace("{region}", self._region), account="")
        if decided.by == WORKER:
            user = f"arn:aws:iam::{self._account}:user/homeroom-portal"
            return Caller(Kind.USER, user, self._account, policies=self._of("identity", WORKER))
        if decided.kind == PERSON:
            # A person of the account with every right: what they may do is the resource's own to refuse.
            user = f"arn:aws:iam::{self._account}:user/{decided.by}"
            return Caller(Kind.USER, user, self._account, policies=EVERYTHING)
        if decided.kind == STRANGER:
            user = f"arn:aws:iam::{STRANGERS}:user/{decided.by}"
            return Caller(Kind.USER, user, STRANGERS, policies=EVERYTHING)
        is_deploy = decided.by == DEPLOY_ROLE
        boundary = self._of("boundary", DEPLOY_ROLE if is_deploy else "")
        role = next((arn for key, (arn,) in dict(decided.context).items() if key == "aws:principalarn"), "")
        return Caller(
            Kind.SESSION,
            f"arn:aws:sts::{self._account}:assumed-role/{decided.by}/session",
            self._account,
            role,
            self._of("identity", decided.by),
            boundary,
        )

    def _passes(self, decided: Decided, call: AccessRequest) -> bool:
        """Return whether the endpoint lets a call through that tasks and functions make, where there is one for it."""
        if not _is_inside(decided) or ("endpoint", decided.through) not in self._read:
            return True
        policy = self._of("endpoint", decided.through)
        through = Caller(Kind.USER, "somebody", self._account, policies=EVERYTHING, boundary=policy)
        return decide(through, AccessRequest(call.action, call.resource, self._account, call.context)).allowed


def _account(resource: str) -> str:
    """Return the account that an ARN names, or nothing."""
    return resource.split(":")[4] if resource.startswith("arn:") else ""


def _holder(resource: str) -> str:
    """Return what a policy is of: an object's bucket; all else is itself."""
    return resource.partition("/")[0] if resource.startswith("arn:aws:s3:::") else resource


PERSON, STRANGER = "person", "stranger"
"""Somebody of the account, and of another one, who may do everything."""
STRANGERS = "210987654321"


def _is_inside(decided: Decided) -> bool:
    """Return whether a call comes from a task or a function in the district's network."""
    return decided.kind == PASSAGE or (decided.kind == Kind.SESSION.value and decided.by in INSIDE)


INSIDE = frozenset(
    {"api-task", "api-execution", "worker-task", "worker-execution", "migrate-task", "migrate-execution"}
) | {"rotation"}


def concerns(document: Document, decided: Decided, call: AccessRequest) -> bool:
    """Return whether a call is decided by a document at all."""
    if document.kind == "endpoint":
        return _is_inside(decided) and decided.through == document.holder
    if decided.kind == PASSAGE:
        return False
    match document.kind:
        case "identity":
            return decided.by == document.holder
        case "boundary":
            own = decided.by == DEPLOY_ROLE
            return decided.kind == Kind.SESSION.value and own == (document.holder == DEPLOY_ROLE)
        case _:
            return _holder(call.resource) == document.holder


def refused(world: World, calls: Iterable[tuple[Decided, AccessRequest]]) -> list[str]:
    """Return the calls of a run that today's policies do not allow, in words."""
    return [
        f"{decided.by}: {decided.action} on {call.resource} {dict(call.context)}"
        for decided, call in calls
        if not world.allows(decided, call)
    ]


TYPICAL = {"s3:*": "s3:PutObject", "secretsmanager:*": "secretsmanager:DescribeSecret", "sqs:*": "sqs:SendMessage"}
"""What of all of a service's actions nothing but the one statement refuses."""


def unrefused(world: World, documents: Sequence[Document]) -> Iterator[tuple[Survivor, bool]]:
    """Yield each Deny statement without which what it refuses is refused all the same; True where it refuses nothing.

    Who asks may do everything, and is whom the statement is about: by plain HTTP, by no role that it names, or of
    another account.
    """
    for document in documents:
        for index, statement in enumerate(document.statements):
            if statement["Effect"] != "Deny":
                continue
            decided, call = against(statement, world.account)
            if world.allows(decided, call):
                yield Survivor(document.place, document.named(index)), True
            elif not world.instead(document.without(index)).allows(decided, call):
                yield Survivor(document.place, document.named(index)), False


def against(statement: dict[str, Any], account: str) -> tuple[Decided, AccessRequest]:
    """Return a call that a statement refuses, by somebody who may do everything else."""
    conditions = statement.get("Condition", {})
    names = {key.lower() for keys in conditions.values() for key in keys}
    theirs = STRANGERS if "aws:principalaccount" in names else account
    context = {
        "aws:principalaccount": (theirs,),
        "aws:principalarn": (f"arn:aws:iam::{theirs}:user/somebody",),
        "aws:principalisawsservice": ("false",),
        "aws:securetransport": ("false" if "aws:securetransport" in names else "true",),
    }
    action = _first(statement["Action"])
    action = TYPICAL.get(action, action)
    resource = _first(statement["Resource"]).replace("/*", "/x")
    decided = Decided("somebody", PERSON, action, resource, (), False, "")
    return decided, AccessRequest(action, resource, account, context)


def _first(value: Any) -> str:
    return str(value[-1] if isinstance(value, list) else value)


def survivors(
    world: World, documents: Sequence[Document], calls: Sequence[tuple[Decided, AccessRequest]]
) -> Iterator[Survivor]:
    """Yield each Allow statement without which every call of a run is allowed all the same."""
    for document in documents:
        about = [(decided, call) for decided, call in calls if concerns(document, decided, call)]
        for index, statement in enumerate(document.statements):
            if statement["Effect"] != "Allow":
                continue
            weakened = world.instead(document.without(index))
            if all(weakened.allows(decided, call) for decided, call in about):
                yield Survivor(document.place, document.named(index))

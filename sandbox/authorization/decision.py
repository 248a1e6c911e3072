"""Whether a call is allowed: IAM's evaluation of the policies of caller and resource, and what would have allowed it.

Pure. Sources: IAM User Guide, "Policy evaluation for requests within a single account", "Cross-account policy
evaluation logic", "Permissions boundaries for IAM entities", "Session policies"; KMS Developer Guide, "Key policies".
Organizations' policies are not played: an account here is in no organization.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.authorization.documents import Document, Effect, Statement
from sandbox.authorization.identities import Caller, Grant, Kind
from sandbox.authorization.matching import Context


class Source(StrEnum):
    """The kinds of policy, as AWS's messages name them."""

    IDENTITY = "identity-based"
    BOUNDARY = "permissions boundary"
    SESSION = "session"
    RESOURCE = "resource-based"
    ENDPOINT = "VPC endpoint"


@dataclass(frozen=True)
class Asked:
    """One action on one resource, with all that conditions may ask for."""

    action: str
    resource: str
    account: str
    """The resource's."""
    context: Context = field(repr=False)
    policy: Document | None = field(default=None, repr=False)
    """The resource's own policy: a bucket's, a key's, the trust policy of a role."""
    policy_rules: bool = False
    """The resource's policy has to allow whatever is done: KMS's keys, and roles that are assumed."""


@dataclass(frozen=True)
class Decision:
    """What was decided, and for what reason."""

    allowed: bool
    missing: Source | None = None
    """The kind of policy that would have had to allow it."""
    denied_by: tuple[Source, Statement] | None = None
    nearest: str = ""
    """Which statement would have allowed it, and what failed of it."""


ALLOWED = Decision(True)


def decide(caller: Caller, asked: Asked) -> Decision:
    """Decide one call."""
    denied = _denial(caller, asked)
    if denied is not None:
        source, statement = denied
        return Decision(False, denied_by=denied, nearest=f"{statement} says Deny ({source})")
    grant = _grant(caller, asked)
    if caller.kind in (Kind.SERVICE, Kind.ANYBODY):
        return ALLOWED if grant is not Grant.NONE else _lacking(Source.RESOURCE, asked.policy, caller, asked)
    crosses = caller.account != asked.account
    if grant is Grant.NONE and (crosses or asked.policy_rules):
        return _lacking(Source.RESOURCE, asked.policy, caller, asked)
    if grant is Grant.ITSELF and not crosses:
        return ALLOWED
    by_resource = grant is Grant.ROLE and not crosses
    if not by_resource and not _allows(caller.policies, asked):
        return _lacking(Source.IDENTITY, caller.policies, caller, asked)
    for source, document in ((Source.BOUNDARY, caller.boundary), (Source.SESSION, caller.session)):
        if document is not None and not _allows(document, asked):
            return _lacking(source, document, caller, asked)
    return ALLOWED


def _denial(caller: Caller, asked: Asked) -> tuple[Source, Statement] | None:
    documents = (
        (Source.IDENTITY, caller.policies),
        (Source.BOUNDARY, caller.boundary),
        (Source.SESSION, caller.session),
    )
    for source, document in documents:
        for statement in document or ():
            if statement.effect is Effect.DENY and _applies(statement, asked):
                return source, statement
    for statement in asked.policy or ():
        if (
            statement.effect is Effect.DENY
            and caller.named_by(statement.principals) is not Grant.NONE
            and _applies(statement, asked)
        ):
            return Source.RESOURCE, statement
    return None


def _grant(caller: Caller, asked: Asked) -> Grant:
    """Return the nearest that the resource's policy comes to the caller in a statement that allows the call."""
    found = Grant.NONE
    for statement in asked.policy or ():
        if statement.effect is Effect.ALLOW and _applies(statement, asked):
            found = max(found, caller.named_by(statement.principals), key=lambda grant: grant.value)
    return found


def _allows(document: Iterable[Statement], asked: Asked) -> bool:
    return any(statement.effect is Effect.ALLOW and _applies(statement, asked) for statement in document)


def _applies(statement: Statement, asked: Asked) -> bool:
    return statement.applies(asked.action, asked.resource, asked.context)


def _lacking(source: Source, document: Document | None, caller: Caller, asked: Asked) -> Decision:
    return Decision(False, missing=source, nearest=_nearest(source, document or (), caller, asked))


def _nearest(source: Source, document: Document, caller: Caller, asked: Asked) -> str:
    """Say which of the statements that name the action comes nearest, and what it lacks."""
    lacks = []
    for statement in document:
        if statement.effect is not Effect.ALLOW or not statement.names_action(asked.action):
            continue
        failed = []
        if source is Source.RESOURCE and caller.named_by(statement.principals) is Grant.NONE:
            failed.append("it names other principals")
        if not statement.names_resource(asked.resource, asked.context):
            assert statement.resources is not None
            failed.append(f"it names {', '.join(statement.resources.patterns)}")
        for condition in statement.unmet(asked.context):
            given = " or ".join(asked.context.get(condition.key.lower(), ())) or "absent"
            failed.append(f"it asks for {condition}, which is {given}")
        lacks.append((len(failed), statement, failed))
    if not lacks:
        return f"no statement of the {source} policies allows {asked.action}"
    _, statement, failed = min(lacks, key=lambda lack: lack[0])
    return f"{statement} would have allowed it, but {' and '.join(failed)}"

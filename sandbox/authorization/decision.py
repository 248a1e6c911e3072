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
class AccessRequest:
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


def decide(caller: Caller, call: AccessRequest) -> Decision:
    """Decide one call."""
    denied = _denial(caller, call)
    if denied is not None:
        source, statement = denied
        return Decision(False, denied_by=denied, nearest=f"{statement} says Deny ({source})")
    grant = _grant(caller, call)
    if caller.kind in (Kind.SERVICE, Kind.ANYBODY):
        return ALLOWED if grant is not Grant.NONE else _lacking(Source.RESOURCE, call.policy, caller, call)
    crosses = caller.account != call.account
    if grant is Grant.NONE and (crosses or call.policy_rules):
        return _lacking(Source.RESOURCE, call.policy, caller, call)
    if grant is Grant.ITSELF and not crosses:
        return ALLOWED
    by_resource = grant is Grant.ROLE and not crosses
    if not by_resource and not _allows(caller.policies, call):
        return _lacking(Source.IDENTITY, caller.policies, caller, call)
    for source, document in ((Source.BOUNDARY, caller.boundary), (Source.SESSION, caller.session)):
        if document is not None and not _allows(document, call):
            return _lacking(source, document, caller, call)
    return ALLOWED


def _denial(caller: Caller, call: AccessRequest) -> tuple[Source, Statement] | None:
    documents = (
        (Source.IDENTITY, caller.policies),
        (Source.BOUNDARY, caller.boundary),
        (Source.SESSION, caller.session),
    )
    for source, document in documents:
        for statement in document or ():
            if statement.effect is Effect.DENY and _applies(statement, call):
                return source, statement
    for statement in call.policy or ():
        if (
            statement.effect is Effect.DENY
            and caller.named_by(statement.principals) is not Grant.NONE
            and _applies(statement, call)
        ):
            return Source.RESOURCE, statement
    return None


def _grant(caller: Caller, call: AccessRequest) -> Grant:
    """Return the nearest that the resource's policy comes to the caller in a statement that allows the call."""
    nearest = Grant.NONE
    for statement in call.policy or ():
        if statement.effect is Effect.ALLOW and _applies(statement, call):
            nearest = max(nearest, caller.named_by(statement.principals), key=lambda grant: grant.value)
    return nearest


def _allows(document: Iterable[Statement], call: AccessRequest) -> bool:
    return any(statement.effect is Effect.ALLOW and _applies(statement, call) for statement in document)


def _applies(statement: Statement, call: AccessRequest) -> bool:
    return statement.applies(call.action, call.resource, call.context)


def _lacking(source: Source, document: Document | None, caller: Caller, call: AccessRequest) -> Decision:
    return Decision(False, missing=source, nearest=_nearest(source, document or (), caller, call))


def _nearest(source: Source, document: Document, caller: Caller, call: AccessRequest) -> str:
    """Say which of the statements that name the action comes nearest, and what it lacks."""
    lacks = []
    for statement in document:
        if statement.effect is not Effect.ALLOW or not statement.names_action(call.action):
            continue
        failed = []
        if source is Source.RESOURCE and caller.named_by(statement.principals) is Grant.NONE:
            failed.append("it names other principals")
        if not statement.names_resource(call.resource, call.context):
            assert statement.resources is not None
            failed.append(f"it names {', '.join(statement.resources.patterns)}")
        for condition in statement.unmet(call.context):
            actual = " or ".join(call.context.get(condition.key.lower(), ())) or "absent"
            failed.append(f"it asks for {condition}, which is {actual}")
        lacks.append((len(failed), statement, failed))
    if not lacks:
        return f"no statement of the {source} policies allows {call.action}"
    _, statement, failed = min(lacks, key=lambda lack: lack[0])
    return f"{statement} would have allowed it, but {' and '.join(failed)}"

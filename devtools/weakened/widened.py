"""Makes each statement say more than it does, and asks which call that nobody may make is then admitted.

Such calls are those of a run with one thing changed: made by another service, on behalf of another account, by somebody
of another account who may do everything, or by a district's role on what is another district's.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from devtools.weakened.decisions import Decided
from devtools.weakened.documents import MANAGED, Document
from devtools.weakened.documents import Statement as Source
from devtools.weakened.narrowed import Calls
from devtools.weakened.rights import PERSON, STRANGER, STRANGERS, World
from infra.deploy_rights import DEPLOY_ROLE
from sandbox.authorization.decision import AccessRequest
from sandbox.authorization.identities import Kind
from sandbox.authorization.notes import PASSAGE

ANOTHER = "another-district"
OTHER_SERVICE = "ec2.amazonaws.com"
"""One that no policy of a stack names."""
SERVICE_PARTS = len(["arn", "aws", "service"])
SOMEBODYS = "arn:aws:s3:::payroll/x"
OF_ONE_SOURCE = {("s3.amazonaws.com", "sqs:SendMessage"), ("cloudtrail.amazonaws.com", "s3:PutObject")}
"""What is done on behalf of one resource alone, and of no other one of the account."""
WITHOUT_MFA = {"aws:multifactorauthpresent": ("false",)}
OF_WHOM = "aws:principal"
"""How the keys begin that say who asks."""


@dataclass(frozen=True, order=True)
class Wider:
    """One way in which a statement might say more."""

    place: str
    statement: str
    how: str


def widenings(statement: Source) -> Iterator[tuple[str, Source]]:
    """Yield a statement that says more, and how: a condition fewer, all of a service, everybody.

    A resource's own policy reaches nothing else, whatever it names: of a bucket's, all of its objects.
    """
    for operator, keys in statement.get("Condition", {}).items():
        for key in keys:
            wider = copy.deepcopy(statement)
            del wider["Condition"][operator][key]
            if not wider["Condition"][operator]:
                del wider["Condition"][operator]
            yield f"without {key}", wider
    values = _listed(statement.get("Resource", []))
    for value in values:
        everything = _everything(value, of_itself="Principal" in statement)
        if value != everything:
            others = [other for other in values if other != value]
            yield f"{value} as {everything}", statement | {"Resource": [*others, everything]}
    if statement.get("Principal", "*") != "*":
        yield "for everybody", statement | {"Principal": "*"}


def _everything(arn: str, *, of_itself: bool) -> str:
    if arn == "*":
        return arn
    bucket, slash, _ = arn.partition("/")
    if not of_itself:
        return ":".join([*arn.split(":")[:SERVICE_PARTS], "*"])
    return f"{bucket}/*" if slash and bucket.startswith("arn:aws:s3:::") else arn


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def foreign(
    calls: Calls, documents: Sequence[Document], *, account: str, suffix: str
) -> list[tuple[Decided, AccessRequest]]:
    """Return the calls that nobody may make."""
    requests: dict[str, tuple[Decided, AccessRequest]] = {}
    for decided, call in calls:
        if decided.kind == Kind.SERVICE.value:
            others = _of_services(decided, call, account, suffix)
        elif decided.kind == PERSON:
            others = iter([(decided, replace(call, context=dict(call.context) | WITHOUT_MFA))])
        elif decided.kind == Kind.SESSION.value and decided.by not in (DEPLOY_ROLE, *MANAGED):
            others = _of_another_district(decided, call, suffix)
        else:
            others = iter(())
        for other in (*others, *_by_a_stranger(call)):
            requests.setdefault(repr((other[0], other[1], sorted(other[1].context.items()))), other)
    return [*requests.values(), *(passing for document in documents for passing in _by_an_endpoint(document, account))]


Foreign = Iterator[tuple[Decided, AccessRequest]]


def _of_services(decided: Decided, call: AccessRequest, account: str, suffix: str) -> Foreign:
    """Yield it as another service makes it, as the service makes it for others, and elsewhere in the bucket.

    Source: IAM User Guide, "The confused deputy problem". S3 tells by its ARN no account, and another one's bucket may
    have the name of one that is gone: there the account counts alone.
    """
    yield replace(decided, by=OTHER_SERVICE), call
    context = {
        key: tuple(value.replace(account, STRANGERS) for value in values) for key, values in call.context.items()
    }
    if context != call.context:
        yield decided, replace(call, context=context)
    if (decided.by, call.action) in OF_ONE_SOURCE:
        (source,) = call.context["aws:sourcearn"]
        others = {"aws:sourcearn": (source.replace(suffix, ANOTHER),)}
        yield decided, replace(call, context=dict(call.context) | others)
        if account not in source.split(":"):
            yield decided, replace(call, context=dict(call.context) | {"aws:sourceaccount": (STRANGERS,)})
    bucket, slash, _ = call.resource.partition("/")
    if bucket.startswith("arn:aws:s3:::") and slash:
        yield decided, replace(call, resource=f"{bucket}/elsewhere")


def _by_an_endpoint(document: Document, account: str) -> Foreign:
    """Yield what goes by an endpoint with somebody else's credentials, and by S3's to somebody else's bucket.

    Either is a way out for what a district keeps (AWS PrivateLink Guide, "Control access to VPC endpoints using
    endpoint policies").
    """
    if document.kind != "endpoint":
        return
    ours = {"aws:principalaccount": (account,), "aws:resourceaccount": (account,)}
    actions = ("s3:GetObject", "s3:PutObject") if document.holder == "s3" else (_anything_of(document),)
    for action in actions:
        for key in ours if document.holder == "s3" else ("aws:principalaccount",):
            through = Decided("worker-task", PASSAGE, action, SOMEBODYS, (), False, document.holder)
            yield through, AccessRequest(action, SOMEBODYS, account, ours | {key: (STRANGERS,)})


def _anything_of(document: Document) -> str:
    return f"{_listed(document.statements[0]['Action'])[0].partition(':')[0]}:Anything"


def _by_a_stranger(call: AccessRequest) -> Foreign:
    if call.resource != "*":
        stranger = Decided("somebody", STRANGER, call.action, call.resource, (), False, "")
        who = {"aws:principalaccount": (STRANGERS,), "aws:principalarn": (f"arn:aws:iam::{STRANGERS}:user/somebody",)}
        yield stranger, replace(call, context=dict(call.context) | who)


def _of_another_district(decided: Decided, call: AccessRequest, suffix: str) -> Foreign:
    """Yield it on what is another district's, or another program's image: their own policies leave it to IAM."""
    context = {
        key: values if key.startswith(OF_WHOM) else tuple(value.replace(suffix, ANOTHER) for value in values)
        for key, values in call.context.items()
    }
    resource = call.resource.replace(suffix, ANOTHER).replace(":key/id", f":key/{ANOTHER}")
    resource = resource.replace("repository/homeroom/processor", f"repository/homeroom/{ANOTHER}")
    if resource != call.resource:
        yield decided, replace(call, resource=resource, context=context, policy_rules=False)


def admitted(world: World, calls: Calls) -> list[str]:
    """Return which of the calls that nobody may make are allowed, in words."""
    return [f"{decided.by}: {call.action} on {call.resource}" for decided, call in calls if world.allows(decided, call)]


def unnoticed(world: World, documents: Sequence[Document], calls: Calls) -> Iterator[Wider]:
    """Yield each way in which a statement might say more without that any of these calls is admitted."""
    for document in documents:
        for index, statement in enumerate(document.statements):
            if statement["Effect"] != "Allow":
                continue
            for how, wider in widenings(statement):
                wide = world.instead(document.with_statement(index, wider))
                if not any(wide.allows(decided, call) for decided, call in calls):
                    yield Wider(document.place, document.named(index), how)


def of_whole_services(statement: Source) -> Iterator[tuple[str, Source]]:
    """Yield a statement with all of a service's actions in place of each of its own."""
    for action in _listed(statement["Action"]):
        everything = f"{action.partition(':')[0]}:*"
        if action != everything:
            others = [other for other in _listed(statement["Action"]) if other != action]
            yield f"{action} as {everything}", statement | {"Action": [*others, everything]}

"""What a task needs to start, and a function to run: decided by the roles that ECS and Lambda assume for them.

Sources: Amazon ECS Developer Guide, "Amazon ECS task execution IAM role", "Amazon ECS task IAM role" (the trust policy
and the keys that ECS gives); Lambda Developer Guide, "Defining Lambda function permissions with an execution role".
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.authorization import kept
from sandbox.authorization.callers import role_session
from sandbox.authorization.facts import Facts, Surroundings
from sandbox.authorization.identities import Caller, service
from sandbox.authorization.services import Refusing, ServiceAsk, decided_for_service, from_source

TASKS, FUNCTIONS = "ecs-tasks.amazonaws.com", "lambda.amazonaws.com"
REGISTRY = re.compile(r"([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^@:]+)")
PULL = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
NOTHING = Refusing("", "")


@dataclass(frozen=True)
class TaskStart:
    """A task that is to start."""

    arn: str
    execution_role: str
    task_role: str
    image: str
    secrets: tuple[str, ...]
    """ARNs, without field, stage and version."""
    log_stream: str
    """The ARN of the stream that its lines go to; empty where they go nowhere."""


def refused_start(start: TaskStart) -> str | None:
    """Return why a task cannot start, or nothing; its caller holds moto's lock."""
    for ask in _of_task(start):
        if (why := _refused(ask)) is not None:
            return why
    return None


def may_log(role: str, stream: str) -> bool:
    """Say whether what a function writes reaches its log: without the right Lambda drops it."""
    return all(_refused(ask) is None for ask in _logging(role_session(role, "function"), stream))


def refused_invocation(role: str) -> str | None:
    """Return why Lambda cannot run a function of this role, or nothing; its caller holds moto's lock."""
    return _refused(ServiceAsk(service(FUNCTIONS), "sts:AssumeRole", role, NOTHING))


def _of_task(start: TaskStart) -> Iterator[ServiceAsk]:
    _, region, account, _ = kept.parts(start.arn)
    about = from_source(start.arn, account)
    for role in (start.execution_role, start.task_role):
        if role:
            yield ServiceAsk(service(TASKS), "sts:AssumeRole", role, NOTHING, about)
    starter = (
        role_session(start.execution_role, "ecs")
        if start.execution_role
        else role_session(f"arn:aws:iam::{account}:role/none", "ecs")
    )
    if found := REGISTRY.match(start.image):
        repository = f"arn:aws:ecr:{found[2]}:{found[1]}:repository/{found[3]}"
        yield ServiceAsk(starter, "ecr:GetAuthorizationToken", "*", NOTHING)
        yield from (ServiceAsk(starter, f"ecr:{action}", repository, NOTHING) for action in PULL)
    for secret in start.secrets:
        yield ServiceAsk(starter, "secretsmanager:GetSecretValue", secret, NOTHING)
        yield from _opening(starter, secret, region)
    if start.log_stream:
        yield from _logging(starter, start.log_stream)


def _opening(starter: Caller, secret: str, region: str) -> Iterator[ServiceAsk]:
    """Yield the use of a secret's key, by way of Secrets Manager."""
    _, where, account, _ = kept.parts(secret)
    found = kept.backend("secretsmanager", account, where).secrets.get(secret)
    named = getattr(found, "kms_key_id", None)
    key = kept.key_arn(account, where, str(named)) if named else None
    if key is not None and kept.policy_of(key) is not None:
        via: Facts = {"kms:viaservice": (f"secretsmanager.{region}.amazonaws.com",)}
        yield ServiceAsk(starter, "kms:Decrypt", key, NOTHING, via)


def _logging(caller: Caller, stream: str) -> Iterator[ServiceAsk]:
    for action in ("CreateLogStream", "PutLogEvents"):
        yield ServiceAsk(caller, f"logs:{action}", stream, NOTHING)


def _refused(ask: ServiceAsk) -> str | None:
    around = Surroundings(dt.datetime.now(dt.UTC), "", "us-east-1")
    account = ask.caller.account or kept.account_of(ask.arn)
    decision = decided_for_service(ask, around, account)
    if decision.allowed:
        return None
    who, on = ask.caller.arn, ask.arn
    return (
        f"AccessDeniedException: {who} is not authorized to perform: {ask.action} on resource: {on}: {decision.nearest}"
    )

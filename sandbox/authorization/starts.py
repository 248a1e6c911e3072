"""What a task needs to start, and a function to run: decided by the roles that ECS and Lambda assume for them.

Sources: Amazon ECS Developer Guide, "Amazon ECS task execution IAM role", "Amazon ECS task IAM role" (the trust policy
and the keys that ECS gives); Lambda Developer Guide, "Defining Lambda function permissions with an execution role".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.authorization import kept
from sandbox.authorization.callers import role_session
from sandbox.authorization.decision import AccessRequest, Decision
from sandbox.authorization.facts import Facts
from sandbox.authorization.identities import Caller, service
from sandbox.authorization.notes import note
from sandbox.authorization.services import NOTHING, ServiceAsk, from_source, refused
from sandbox.authorization.ways import INTERNET, NoWay, Seat, refused_by_endpoint, way, zone_without
from sandbox.authorization.ways import REGISTRY as REGISTRY_ENDPOINT

TASKS, FUNCTIONS = "ecs-tasks.amazonaws.com", "lambda.amazonaws.com"
REGISTRY = re.compile(r"([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^@:]+)")
PULL = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")


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
    seat: Seat | None = None
    """Where it has its interface; None outside a network."""


UNINITIALIZED, NOT_PULLED = "ResourceInitializationError", "CannotPullContainerError"
AUTH = "unable to pull secrets or registry auth: unable to reach {service}"
LOGGER = "failed to validate logger args: unable to reach {service}"
MANIFEST = "pull image manifest has been retried 5 time(s): failed to resolve reference {image}"
WITHOUT_FARGATE = frozenset({"apne1-az3", "use1-az3", "usw1-az2"})
"""Zones where no task with ARM64 runs (Amazon ECS Developer Guide, "Supported Regions for Amazon ECS on AWS Fargate",
"Amazon ECS task definitions for 64-bit ARM workloads")."""
NO_FARGATE = "Fargate with ARM64 is not supported in the availability zone {zone}"
LAYERS = "failed to copy the layers of {image}"


def refused_start(start: TaskStart) -> str | None:
    """Return why a task cannot start, in ECS's words, or nothing; its caller holds moto's lock.

    Fargate signs in to the registry and fetches secrets first, then pulls, then opens the log; all by the task's own
    interface (Amazon ECS Developer Guide, "Stopped tasks error codes": ResourceInitializationError,
    CannotPullContainerError). What may be put into any of several subnets needs Fargate in each one's zone.
    """
    if start.seat is not None and (zone := zone_without(start.seat, WITHOUT_FARGATE)):
        return f"{UNINITIALIZED}: {NO_FARGATE.format(zone=zone)}"
    for ask in _of_task(start):
        if (why := refused(ask)) is not None:
            return f"{UNINITIALIZED}: {why}"
    return None if start.seat is None else _cut_off(start, start.seat)


def _cut_off(start: TaskStart, seat: Seat) -> str | None:
    """Return for want of which way it does not start."""
    starter = role_session(start.execution_role or f"arn:aws:iam::{seat.account}:role/none", "ecs")
    for endpoint, code, telling, asks in _reached(start, seat):
        text = f"{code}: {telling.format(service=endpoint or 'the registry', image=start.image)}"
        route = way(seat, endpoint)
        if isinstance(route, NoWay):
            return f"{text}: i/o timeout: {route.why}. Please check your task network configuration."
        for action, resource in asks:
            about: Facts = {}
            if endpoint != "s3":
                # Layers are fetched by addresses that ECR has signed; all else is called by the execution role.
                owner = starter.account if resource == "*" else kept.account_of(resource)
                about = {"aws:principalaccount": (starter.account,), "aws:resourceaccount": (owner,)}
            call = AccessRequest(action, resource, starter.account, about)
            refused = refused_by_endpoint(route, starter, call)
            note(starter, call, Decision(not refused), through=route.service or endpoint, passage=True)
            if refused:
                return f"{text}: 403 Forbidden: no VPC endpoint policy allows the {action} action on {resource}"
    return None


def _reached(start: TaskStart, seat: Seat) -> Iterator[tuple[str, str, str, list[tuple[str, str]]]]:
    """Yield what a start reaches: an endpoint's name, the error without it, and what is asked there."""
    registry = REGISTRY.match(start.image)
    if registry is not None:
        repository = f"arn:aws:ecr:{registry[2]}:{registry[1]}:repository/{registry[3]}"
        yield "ecr.api", UNINITIALIZED, AUTH, [("ecr:GetAuthorizationToken", "*")]
    if start.secrets:
        asks = [("secretsmanager:GetSecretValue", secret) for secret in start.secrets]
        yield "secretsmanager", UNINITIALIZED, AUTH, asks
    if registry is not None:
        yield REGISTRY_ENDPOINT, NOT_PULLED, MANIFEST, [(f"ecr:{action}", repository) for action in PULL]
        layer = f"arn:aws:s3:::prod-{registry[2]}-starport-layer-bucket/layer"
        yield "s3", NOT_PULLED, LAYERS, [("s3:GetObject", layer)]
    else:
        yield INTERNET, NOT_PULLED, MANIFEST, []
    if start.log_stream:
        yield "logs", UNINITIALIZED, LOGGER, [("logs:CreateLogStream", start.log_stream)]


def may_log(role: str, stream: str) -> bool:
    """Return whether what a function writes reaches its log: without the right Lambda drops it."""
    return all(refused(ask) is None for ask in _logging(role_session(role, "function"), stream))


def refused_invocation(role: str) -> str | None:
    """Return why Lambda cannot run a function of this role, or nothing; its caller holds moto's lock."""
    return refused(ServiceAsk(service(FUNCTIONS), "sts:AssumeRole", role, NOTHING))


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
    if registry := REGISTRY.match(start.image):
        repository = f"arn:aws:ecr:{registry[2]}:{registry[1]}:repository/{registry[3]}"
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
    stored = kept.backend("secretsmanager", account, where).secrets.get(secret)
    named = getattr(stored, "kms_key_id", None)
    key = kept.key_arn(account, where, str(named)) if named else None
    if key is not None and kept.policy_of(key) is not None:
        via: Facts = {"kms:viaservice": (f"secretsmanager.{region}.amazonaws.com",)}
        yield ServiceAsk(starter, "kms:Decrypt", key, NOTHING, via)


def _logging(caller: Caller, stream: str) -> Iterator[ServiceAsk]:
    for action in ("CreateLogStream", "PutLogEvents"):
        yield ServiceAsk(caller, f"logs:{action}", stream, NOTHING)

"""Functions and tasks: names, reserved variables, sizes that Fargate has, bounds of scaling."""

from __future__ import annotations

import re
from typing import Any

from sandbox.requests.prose.networks import matches
from sandbox.requests.prose.rule import Rule

RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
MOST_VARIABLES_BYTES = 4096
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
GIB = 1024
FARGATE = {
    256: (512, 1 * GIB, 2 * GIB),
    512: tuple(range(1 * GIB, 4 * GIB + 1, GIB)),
    1024: tuple(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: tuple(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: tuple(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
}
"""MiB of memory for each number of CPU units."""


def units(text: str, *, of_cpu: bool) -> int | None:
    """Return CPU units or MiB of what a task definition says: `256`, `.25 vCPU`, `1 GB`; None for what is neither."""
    number, _, unit = text.strip().partition(" ")
    try:
        amount = float(number)
    except ValueError:
        return None
    if unit:
        amount *= {"vcpu": GIB, "gb": GIB}.get(unit.strip().lower(), 0)
    return round(amount) if amount > 0 and (of_cpu or amount >= 1) else None


def is_of_fargate(definition: dict[str, Any]) -> bool:
    """Return whether a task definition for Fargate names a size that Fargate has, and the network mode awsvpc."""
    if "FARGATE" not in (definition.get("requiresCompatibilities") or ()):
        return True
    cpu, memory = units(definition.get("cpu") or "", of_cpu=True), units(definition.get("memory") or "", of_cpu=False)
    return definition.get("networkMode") == "awsvpc" and cpu is not None and memory in FARGATE.get(cpu, ())


def has_bounds(parameters: dict[str, Any]) -> bool:
    """Return whether the least capacity is not above the most."""
    least, most = parameters.get("MinCapacity"), parameters.get("MaxCapacity")
    return least is None or most is None or 0 <= least <= most


RULES = (
    Rule(
        "lambda",
        ("CreateFunction", "UpdateFunctionConfiguration"),
        "Environment.Variables",
        lambda variables: not RESERVED & variables.keys(),
        "InvalidParameterValueException",
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "contains reserved keys that are currently not supported for modification.",
        "Lambda Developer Guide, 'Defined runtime environment variables': reserved environment variables",
    ),
    Rule(
        "lambda",
        ("CreateFunction", "UpdateFunctionConfiguration"),
        "Environment.Variables",
        lambda variables: sum(len(key) + len(value) for key, value in variables.items()) <= MOST_VARIABLES_BYTES,
        "InvalidParameterValueException",
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "exceeded the 4KB limit.",
        "Lambda Developer Guide, 'Lambda quotas': environment variables, 4 KB",
    ),
    Rule(
        "ecs",
        ("CreateCluster",),
        "clusterName",
        matches(NAME),
        "InvalidParameterException",
        "Identifier is not one of up to 255 letters, digits, underscores and hyphens: {value}",
        "Amazon ECS API Reference, CreateCluster, clusterName",
    ),
    Rule(
        "ecs",
        ("CreateService",),
        "serviceName",
        matches(NAME),
        "InvalidParameterException",
        "Identifier is not one of up to 255 letters, digits, underscores and hyphens: {value}",
        "Amazon ECS API Reference, CreateService, serviceName",
    ),
    Rule(
        "ecs",
        ("RegisterTaskDefinition",),
        "[family, containerDefinitions[].name][]",
        matches(NAME),
        "ClientException",
        "Name should not be empty or longer than 255, nor hold other than letters, digits, hyphens and underscores: "
        "{value}",
        "Amazon ECS API Reference, RegisterTaskDefinition, family; ContainerDefinition, name",
    ),
    Rule(
        "ecs",
        ("RegisterTaskDefinition",),
        "@",
        is_of_fargate,
        "ClientException",
        "No Fargate configuration exists for given values.",
        "Amazon ECS Developer Guide, 'Task CPU and memory'; Fargate has the network mode awsvpc alone",
    ),
    Rule(
        "application-autoscaling",
        ("RegisterScalableTarget",),
        "@",
        has_bounds,
        "ValidationException",
        "Maximum capacity cannot be less than minimum capacity",
        "Application Auto Scaling API Reference, RegisterScalableTarget",
    ),
)

"""Runs a district's migration task and waits for its end: it brings the database to the schema of the stack's program.

Never changes the stack. A second run of the task changes nothing, and two at once take turns (docs/pipeline.md).
Source: Amazon ECS API Reference, RunTask, DescribeTasks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from engine.aws.clients import PATIENT, DeployRole, answering, client, session_in
from engine.errors import MigrationFailedError
from engine.settings import EngineSettings
from messages.message import listed, message

LOOK_SECONDS = 3.0
NAMES = ("cluster_name", "worker_service_name", "migrate_task_family")
"""The stack's outputs that say what to run, and where."""


@dataclass(frozen=True)
class MigrationTask:
    """A stack's migration task, and the service whose network it runs in."""

    cluster: str
    service: str
    family: str

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> Self | None:
        """Return the task that a stack's outputs name, or nothing where it has none."""
        named = [str(outputs.get(name) or "") for name in NAMES]
        return cls(*named) if all(named) else None


def migrate(
    settings: EngineSettings,
    region: str,
    role: DeployRole | None,
    task: MigrationTask,
    *,
    pause: Callable[[float], None],
) -> None:
    """Run the task to its end, calling `pause` between looks. Raises MigrationFailedError, AwsUnavailableError."""
    ecs = client(settings, "ecs", region, session_in(settings, region, role), PATIENT)
    with answering(message("run the migration task")):
        services = ecs.describe_services(cluster=task.cluster, services=[task.service])["services"]
        if not services:
            raise MigrationFailedError(message("The service {service} is not there.", service=task.service))
        started = ecs.run_task(
            cluster=task.cluster,
            taskDefinition=task.family,
            launchType="FARGATE",
            networkConfiguration=services[0]["networkConfiguration"],
        )
    if not started["tasks"]:
        raise MigrationFailedError(
            message("ECS did not start the migration task."), detail=_reasons(started["failures"])
        )
    arn = started["tasks"][0]["taskArn"]
    while True:
        with answering(message("look at the migration task")):
            now = ecs.describe_tasks(cluster=task.cluster, tasks=[arn])["tasks"]
        if now and now[0]["lastStatus"] == "STOPPED":
            break
        pause(LOOK_SECONDS)
    problem = failure(now[0])
    if problem:
        raise MigrationFailedError(message("The migration task failed: {problem}", problem=problem), detail=arn)


def failure(task: Mapping[str, Any]) -> str:
    """Return why a stopped task has failed; empty where all of its containers ended with status 0."""
    containers = task.get("containers", [])
    if containers and all(container.get("exitCode") == 0 for container in containers):
        return ""
    reasons = [
        str(
            container.get("reason")
            or message(
                "{container} ended with status {status}", container=container.get("name"), status=container["exitCode"]
            )
        )
        for container in containers
        if container.get("reason") or container.get("exitCode") is not None
    ]
    return listed([*reasons, str(task.get("stoppedReason") or message("ECS gave no reason"))], between="; ")


def _reasons(failures: list[dict[str, Any]]) -> str:
    return "\n".join(f"{entry.get('arn', '')}: {entry.get('reason', '')}" for entry in failures)

"""Runs one task's container as a process: its command, its environment, its secrets, its log.

Source: Amazon ECS API Reference, ContainerDefinition; "Pass Secrets Manager secrets through environment variables".
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.authorization.starts import TaskStart, refused_start
from sandbox.authorization.ways import seat_in
from sandbox.standins import access, images
from sandbox.standins.children import Child
from sandbox.standins.context import StandinContext
from sandbox.standins.logs import Destination, LogSink

STOP_SECONDS = 30.0
"""What ECS gives a container that names no `stopTimeout`."""


class ContainerFailedError(RuntimeError):
    """A container could not be started; its sentence says why."""


@dataclass(frozen=True)
class Spec:
    """A container that is to run, read out of moto while its lock was held."""

    account: str
    region: str
    task_id: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)
    log: Destination | None
    stop_seconds: float
    mounts: tuple[str, ...] = ()
    """Where in the container its volume lies."""
    memory_mib: int | None = None
    authority: Path = Path()


def spec_of(context: StandinContext, definition: Any, task: Any, address: str) -> Spec:
    """Read a task's only container; its caller holds moto's lock. Raises ContainerFailedError."""
    account, region = definition.arn.split(":")[4], definition.arn.split(":")[3]
    container = definition.container_definitions[0]
    changed: dict[str, Any] = next(
        (
            override
            for override in task.overrides.get("containerOverrides", [])
            if override.get("name") == container["name"]
        ),
        {},
    )
    variables = {
        variable["name"]: variable["value"] for variable in [*container["environment"], *changed.get("environment", [])]
    }
    role = getattr(definition, "task_role_arn", "") or f"arn:aws:iam::{account}:role/none"
    log = _destination(account, container, task.id)
    why = refused_start(
        TaskStart(
            arn=task.task_arn,
            execution_role=getattr(definition, "execution_role_arn", "") or "",
            task_role=getattr(definition, "task_role_arn", "") or "",
            image=str(container["image"]),
            secrets=tuple(
                ":".join(reference["valueFrom"].split(":")[:7]) for reference in container.get("secrets", [])
            ),
            log_stream=log.arn if log is not None else "",
            seat=seat_in(account, region, getattr(task, "network_configuration", None)),
        )
    )
    if why is not None:
        raise ContainerFailedError(why)
    secret = {
        reference["name"]: secret_value(account, region, reference["valueFrom"])
        for reference in container.get("secrets", [])
    }
    return Spec(
        account=account,
        region=region,
        task_id=task.id,
        command=tuple(changed.get("command") or container.get("command") or ()),
        environment={
            **variables,
            **secret,
            # What the network does on AWS: each task has an address of its own.
            "BIND": address,
            **access.variables(context, role_arn=role, region=region, session=task.id),
        },
        log=log,
        stop_seconds=float(container.get("stopTimeout") or STOP_SECONDS),
        mounts=tuple(mount["containerPath"] for mount in container.get("mountPoints") or []),
        memory_mib=int(memory) if (memory := getattr(definition, "memory", None)) else None,
        authority=context.authority.path,
    )


def _destination(account: str, container: dict[str, Any], task_id: str) -> Destination | None:
    configuration = container.get("logConfiguration") or {}
    if configuration.get("logDriver") != "awslogs":
        return None
    options = configuration["options"]
    stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task_id}"
    return Destination(account, options["awslogs-region"], options["awslogs-group"], stream)


def secret_value(account: str, region: str, value_from: str) -> str:
    """Return what `valueFrom` names: a secret's ARN, with a field, a stage and a version where they are given."""
    from moto.secretsmanager.models import secretsmanager_backends
    from werkzeug.exceptions import HTTPException

    parts = value_from.split(":")
    arn, (key, stage, version) = ":".join(parts[:7]), [*parts[7:10], "", "", ""][:3]
    try:
        answer = secretsmanager_backends[account][region].get_secret_value(arn, version or None, stage or None)
        whole = str(answer["SecretString"])
        return str(json.loads(whole)[key]) if key else whole
    except (HTTPException, KeyError, ValueError) as error:
        raise ContainerFailedError(f"ResourceInitializationError: unable to pull secrets: {error}") from error


class Container:
    """One running process of a task."""

    def __init__(self, spec: Spec, folder: Path, sink: LogSink) -> None:
        self.spec, self._folder = spec, folder
        self.started = time.monotonic()
        self.asked_to_stop = False
        scratch = folder / "tmp"
        scratch.mkdir(parents=True)
        place = images.Place(folder, spec.authority, spec.mounts, spec.memory_mib)
        started = images.program(spec.command, place, spec.environment)
        self.child = Child(started.command, cwd=scratch, environment=started.environment, grace=spec.stop_seconds)
        self._reader = threading.Thread(target=self._follow, args=(sink,), name="sandbox-task-log", daemon=True)
        self._reader.start()

    def _follow(self, sink: LogSink) -> None:
        if self.spec.log is not None:
            sink.follow(self.child.output, self.spec.log)
        else:
            for _ in self.child.output:
                continue

    @property
    def status(self) -> int | None:
        """The exit status, or nothing while it runs."""
        return self.child.status

    def ask_to_stop(self) -> None:
        """Send SIGTERM; SIGKILL follows when the container's time is over."""
        if not self.asked_to_stop:
            self.asked_to_stop = True
            self.child.ask_to_stop()

    def finish(self) -> None:
        """After its end: all its lines have arrived, and its volume is removed."""
        self._reader.join(5)
        shutil.rmtree(self._folder, ignore_errors=True)

"""ECS: a service's tasks and one-off tasks as processes, as many as are wanted, started again when they end.

Source: Amazon ECS API Reference, CreateService, UpdateService, DeleteService, RunTask, StopTask, ListTasks.
"""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from sandbox.gaps.extension import wrap
from sandbox.standins import moto_tasks
from sandbox.standins.addresses import PortTakenError, free_address
from sandbox.standins.containers import Container, ContainerFailedError, spec_of
from sandbox.standins.context import StandinContext, backends
from sandbox.standins.images import has_process
from sandbox.standins.logs import LogSink
from sandbox.standins.planning import STEADY_SECONDS, Running, breaks, pause, plan

log = logging.getLogger("sandbox.standins")
NOT_STARTED = "TaskFailedToStart"


@dataclass
class RunningTask:
    """A task, its service where it has one, and its process."""

    task: Any
    definition: Any
    address: str
    service: Any | None = None
    container: Container | None = None
    stopping: bool = False

    def is_of(self, definition: str) -> bool:
        """Return whether it runs, and is a task of this definition."""
        return self.container is not None and self.definition.arn == definition


@dataclass
class Service:
    """How a service's starts went lately."""

    account: str
    region: str
    backend: Any
    service: Any
    failures: int = 0
    not_before: float = 0.0
    deployment: str = ""
    unstarted: int = 0
    """Tasks of this deployment that failed to start, since the last one that did."""
    ended: bool = False
    """The deployment has come to its end, good or bad: the circuit breaker watches no more."""
    good: str | None = None
    """The task definition of the last deployment that came to its end well."""


@dataclass
class Tasks:
    """All tasks that have processes."""

    context: StandinContext
    sink: LogSink
    _kept: dict[str, RunningTask] = field(default_factory=dict)
    _services: dict[str, Service] = field(default_factory=dict)

    def install(self) -> None:
        """Take over what moto says about tasks whose image has a process."""
        from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
        from moto.ecs.models import EC2ContainerServiceBackend

        wrap(EC2ContainerServiceBackend, "run_task", self._run_task)
        wrap(EC2ContainerServiceBackend, "stop_task", self._stop_task)
        wrap(EC2ContainerServiceBackend, "list_tasks", _list_tasks)
        for name in ("create_service", "update_service", "delete_service"):
            wrap(EC2ContainerServiceBackend, name, self._service_changed)
        wrap(ApplicationAutoscalingBackend, "register_scalable_target", self._scalable)

    def _run_task(self, original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        tasks = original(backend, *args, **kwargs)
        for task in tasks:
            definition = backend.describe_task_definition(task.task_definition_arn)
            if _is_ours(definition):
                self._keep(task, definition, None)
        self.context.wake()
        return tasks

    def _stop_task(self, original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        task = original(backend, *args, **kwargs)
        standin = self._kept.get(task.id)
        if standin is not None:
            # It is stopped once its process has ended.
            task.status = task.containers[0].last_status = "RUNNING"
            standin.stopping = True
            self.context.wake()
        return task

    def _service_changed(self, original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        service = original(backend, *args, **kwargs)
        if _is_ours(_definition(backend, service)):
            moto_tasks.count(service, len(self._running(service)))
            self.context.wake()
        return service

    def _scalable(self, original: Any, backend: Any, namespace: str, *args: Any, **kwargs: Any) -> Any:
        target = original(backend, namespace, *args, **kwargs)
        if namespace == "ecs":
            scale_within(backend, target)
            self.context.wake()
        return target

    def round(self) -> None:
        """Settle what ended, start and stop what differs from what moto says."""
        for standin in list(self._kept.values()):
            if standin.container is not None and standin.container.status is not None:
                self._ended(standin, standin.container)
            elif standin.stopping and standin.container is not None:
                standin.container.ask_to_stop()
        with self.context.moto():
            self._find_services()
            starting = [candidate for candidate in self._kept.values() if candidate.container is None]
            for service in list(self._services.values()):
                starting += self._plan(service)
        for standin in starting:
            self._start(standin)
        with self.context.moto():
            for key, record in list(self._services.items()):
                moto_tasks.count(record.service, len(self._running(record.service)))
                if record.service.status != "ACTIVE" and not any(
                    candidate.service is record.service for candidate in self._kept.values()
                ):
                    del self._services[key]

    def _find_services(self) -> None:
        from moto.ecs.models import ecs_backends

        for account, region, backend in backends(ecs_backends):
            for service in backend.services.values():
                if service.status == "ACTIVE" and _is_ours(_definition(backend, service)):
                    key = service.__dict__.setdefault("sandbox_key", uuid.uuid4().hex)
                    self._services.setdefault(key, Service(account, region, backend, service))

    def _plan(self, record: Service) -> list[RunningTask]:
        service, now = record.service, time.monotonic()
        definition = _definition(record.backend, service)
        desired = service.desired_count if service.status == "ACTIVE" and _is_ours(definition) else 0
        running = self._running(service)
        if self._stalled(record, definition.arn, desired, running):
            return []
        decided = plan(
            desired=desired,
            definition=definition.arn,
            running=[Running(standin.task.id, standin.definition.arn) for standin in running],
        )
        for task_id in decided.stop:
            self._kept[task_id].stopping = True
            self.context.wake()
        if now < record.not_before:
            return []
        return [
            self._keep(moto_tasks.make(record.backend, service, definition), definition, service)
            for _ in range(decided.start)
        ]

    def _stalled(self, record: Service, definition: str, desired: int, running: list[RunningTask]) -> bool:
        """Watch a deployment: say whether it has failed and starts no tasks any more."""
        service = record.service
        if record.deployment != moto_tasks.deployment_of(service):
            record.deployment, record.unstarted, record.ended = moto_tasks.deployment_of(service), 0, False
            moto_tasks.begun(service)
        if not record.ended and len([standin for standin in running if standin.is_of(definition)]) >= desired:
            record.ended, record.good = True, definition
        enabled, rollback = moto_tasks.breaker_of(service)
        if enabled and not record.ended and breaks(record.unstarted, desired):
            good = record.good if rollback and record.good != definition else None
            log.error("the deployment of %s has failed: %d tasks failed to start", service.name, record.unstarted)
            moto_tasks.broken(service, record.unstarted, to=good)
            record.ended = True
        return record.ended and service.deployments[0]["rolloutState"] == moto_tasks.FAILED

    def _keep(self, task: Any, definition: Any, service: Any | None) -> RunningTask:
        # A task behind no load balancer listens nowhere: any address will do.
        port = int(service.load_balancers[0]["containerPort"]) if service and service.load_balancers else 0
        try:
            address = free_address(port)
        except PortTakenError as error:
            address = ""
            log.error("the task %s has no address: %s", task.task_arn, error)
        standin = self._kept[task.id] = RunningTask(task, definition, address, service)
        moto_tasks.adopt(task, standin.address)
        return standin

    def _start(self, standin: RunningTask) -> None:
        try:
            if standin.stopping:
                raise ContainerFailedError("Task was stopped before it started.")
            if not standin.address:
                raise ContainerFailedError("ResourceInitializationError: no loopback address has the port free.")
            with self.context.moto():
                spec = spec_of(self.context, standin.definition, standin.task, standin.address)
            standin.container = Container(spec, self.context.folder / "tasks" / standin.task.id, self.sink)
        except (ContainerFailedError, OSError) as error:
            log.error("the task %s: %s", standin.task.task_arn, error)
            self._settle(standin, exit_code=None, reason=str(error), code=NOT_STARTED, lived=0.0)
            return
        if standin.service is not None:
            self._services[standin.service.sandbox_key].unstarted = 0
        with self.context.moto():
            moto_tasks.started(standin.task)
            if standin.service is not None:
                moto_tasks.register(standin.service, standin.address, spec.account, spec.region, there=True)

    def _ended(self, standin: RunningTask, container: Container) -> None:
        container.finish()
        lived = time.monotonic() - container.started
        if standin.stopping or container.asked_to_stop:
            code, reason = "UserInitiated" if standin.service is None else "ServiceSchedulerInitiated", "Stopped"
        else:
            code, reason = "EssentialContainerExited", "Essential container in task exited"
        self._settle(standin, exit_code=container.status, reason=reason, code=code, lived=lived)

    def _settle(self, standin: RunningTask, *, exit_code: int | None, reason: str, code: str, lived: float) -> None:
        del self._kept[standin.task.id]
        with self.context.moto():
            moto_tasks.stopped(standin.task, exit_code=exit_code, reason=reason, code=code)
            if standin.service is None:
                return
            arn = standin.definition.arn.split(":")
            moto_tasks.register(standin.service, standin.address, arn[4], arn[3], there=False)
        record = self._services[standin.service.sandbox_key]
        if not standin.stopping and code == NOT_STARTED:
            record.unstarted += 1
        if not standin.stopping:
            record.failures = 1 if lived >= STEADY_SECONDS else record.failures + 1
            record.not_before = time.monotonic() + pause(record.failures)
            log.warning("%s ended with status %s: %s", standin.task.task_arn, exit_code, reason)

    def _running(self, service: Any) -> list[RunningTask]:
        return [standin for standin in self._kept.values() if standin.service is service and not standin.stopping]

    def close(self) -> None:
        """Have all processes end."""
        for standin in list(self._kept.values()):
            if standin.container is not None:
                standin.container.ask_to_stop()

    def listing(self) -> list[dict[str, Any]]:
        """Return what runs."""
        return [
            {
                "kind": "task",
                "arn": standin.task.task_arn,
                "service": standin.service.name if standin.service is not None else None,
                "command": list(standin.container.spec.command),
                "pid": standin.container.child.pid,
                "address": standin.address,
                "running": not standin.stopping,
            }
            for standin in list(self._kept.values())
            if standin.container is not None
        ]


def _definition(backend: Any, service: Any) -> Any:
    return backend.describe_task_definition(service.task_definition) if service.task_definition else None


def _is_ours(definition: Any) -> bool:
    """Return whether a task of this definition has a process: it has one container, of an image that is known here."""
    containers = definition.container_definitions if definition is not None else []
    return len(containers) == 1 and has_process(str(containers[0].get("image", "")))


def _list_tasks(
    original: Any,
    backend: Any,
    cluster_str: str | None = None,
    container_instance: str | None = None,
    family: str | None = None,
    started_by: str | None = None,
    service_name: str | None = None,
    desiredStatus: str | None = None,  # noqa: N803 - moto's own name
) -> Any:
    """Filter by service, which moto does not; what runs is what is listed unless another state is asked for."""
    tasks = original(backend, cluster_str, container_instance, family, started_by, None, desiredStatus or "RUNNING")
    if service_name is None:
        return tasks
    return [task for task in tasks if task.group == f"service:{service_name.rpartition('/')[2]}"]


def scale_within(backend: Any, target: Any) -> None:
    """Bring a service's desired count between the target's bounds; its caller holds moto's lock."""
    from moto.ecs.models import ecs_backends

    _, cluster, name = target.resource_id.split("/")
    service = ecs_backends[backend.account_id][backend.region_name].services.get(f"{cluster}:{name}")
    if service is not None:
        service.desired_count = max(target.min_capacity, min(target.max_capacity, service.desired_count))

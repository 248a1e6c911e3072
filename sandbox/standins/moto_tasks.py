"""A task as moto keeps it: made, shown as it truly is, and ended; every caller holds moto's lock.

Source: Amazon ECS API Reference, Task, Container, StopTask; "Task lifecycle".
"""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any


def make(backend: Any, service: Any, definition: Any) -> Any:
    """Make a service's task and keep it."""
    from moto.ecs.models import Task

    cluster = backend.clusters[service.cluster_name]
    task = Task(
        cluster=cluster,
        task_definition=definition,
        container_instance_arn=None,
        resource_requirements=None,
        backend=backend,
        group=f"service:{service.name}",
        launch_type=service.launch_type or "",
        started_by=service.deployments[0]["id"] if service.deployments else "",
        networking_configuration=service.network_configuration or None,
        platform_version=service.platform_version,
    )
    backend.tasks.setdefault(cluster.name, {})[task.task_arn] = task
    return task


def adopt(task: Any, address: str) -> None:
    """Have a task change its state by what happens, not by being looked at, and show its address."""
    task.advance = lambda: None
    task.created_at = _now()
    _show(task, "PENDING")
    task.containers[0].exitCode = None
    # ECS runs the container's own check; no such check is run here.
    task.containers[0].health_status = "UNKNOWN"
    for attachment in task.attachments:
        for detail in attachment["details"]:
            if detail["name"] == "privateIPv4Address":
                detail["value"] = address


def started(task: Any) -> None:
    """Show that its process runs."""
    task.started_at = _now()
    _show(task, "RUNNING")


def stopped(task: Any, *, exit_code: int | None, reason: str, code: str) -> None:
    """Show that it ended and why, and give its network interface back."""
    from moto.ec2.exceptions import InvalidNetworkInterfaceIdError
    from moto.ec2.models import ec2_backends

    task.desired_status = "STOPPED"
    task.stopped_at = _now()
    task.stopped_reason = task.stopped_reason or reason
    task.stop_code = code
    task.containers[0].exitCode = exit_code
    _show(task, "STOPPED")
    for attachment in task.attachments:
        attachment["status"] = "DELETED"
        details = {detail["name"]: detail["value"] for detail in attachment["details"]}
        with contextlib.suppress(InvalidNetworkInterfaceIdError):
            ec2_backends[task._account_id][task.region_name].delete_network_interface(details["networkInterfaceId"])


def _show(task: Any, status: str) -> None:
    task.status = status
    task.containers[0].last_status = status


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def count(service: Any, running: int) -> None:
    """Show how many of a service's tasks run."""
    if service.status != "ACTIVE":
        service.desired_count = 0
    service.running_count = running
    service.pending_count = max(0, service.desired_count - running)
    for deployment in service.deployments[:1]:
        deployment["desiredCount"] = service.desired_count
        deployment["runningCount"] = running
        deployment["pendingCount"] = service.pending_count
        deployment["taskDefinition"] = service.task_definition
        if deployment["rolloutState"] != FAILED:
            deployment["rolloutState"] = "COMPLETED" if service.pending_count == 0 else "IN_PROGRESS"


FAILED = "FAILED"


def deployment_of(service: Any) -> str:
    """Return what tells a service's deployment from another: its id, and which tasks it brings."""
    identity = service.deployments[0]["id"] if service.deployments else ""
    return f"{identity} {service.task_definition}"


def breaker_of(service: Any) -> tuple[bool, bool]:
    """Return whether a service's deployments are ended when they fail, and whether the last good one comes back."""
    breaker = (getattr(service, "deployment_configuration", None) or {}).get("deploymentCircuitBreaker") or {}
    return bool(breaker.get("enable")), bool(breaker.get("rollback"))


def begun(service: Any) -> None:
    """Show that a deployment is on its way, whatever the last one came to."""
    for deployment in service.deployments[:1]:
        deployment["rolloutState"], deployment["failedTasks"] = "IN_PROGRESS", 0


def broken(service: Any, failures: int, *, to: str | None) -> None:
    """Show that a deployment has failed, and go back to another task definition where there is one."""
    for deployment in service.deployments[:1]:
        deployment["failedTasks"] = failures
        deployment["rolloutState"] = FAILED if to is None else "IN_PROGRESS"
        back = f" rolling back to {to}." if to is not None else ""
        deployment["rolloutStateReason"] = f"ECS deployment circuit breaker: tasks failed to start.{back}"
    if to is not None:
        service.task_definition = to


def register(service: Any, address: str, account: str, region: str, *, there: bool) -> None:
    """Enter a task into its service's target groups, or take it out."""
    from moto.elbv2.exceptions import InvalidTargetError, TargetGroupNotFoundError
    from moto.elbv2.models import elbv2_backends

    backend = elbv2_backends[account][region]
    for balancer in service.load_balancers:
        target = [{"Id": address, "Port": int(balancer["containerPort"])}]
        with contextlib.suppress(InvalidTargetError, TargetGroupNotFoundError):
            if there:
                backend.register_targets(balancer["targetGroupArn"], target)
            else:
                backend.deregister_targets(balancer["targetGroupArn"], target)

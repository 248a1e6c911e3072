"""ECS: a Fargate task runs whose containers name no memory of their own, also in a network without host names.

Source: Amazon ECS API Reference, RegisterTaskDefinition (cpu, memory), ContainerDefinition.
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import wrap


def fill() -> None:
    """Take the task's own size; let a network interface have no name."""
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface
    from moto.ecs.models import EC2ContainerServiceBackend

    wrap(EC2ContainerServiceBackend, "_calculate_task_resource_requirements", _requirements)
    NetworkInterface.private_dns_name = ""


def _requirements(original: Any, *arguments: Any) -> Any:
    definition = arguments[-1]
    if "FARGATE" not in (definition.requires_compatibilities or []):
        return original(*arguments)
    ports = [
        port["hostPort"]
        for container in definition.container_definitions
        for port in container["portMappings"]
        if "hostPort" in port
    ]
    return {"CPU": int(definition.cpu), "MEMORY": int(definition.memory), "PORTS": ports, "PORTS_UDP": []}

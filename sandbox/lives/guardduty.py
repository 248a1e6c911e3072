"""GuardDuty: where Runtime Monitoring manages Fargate's agent, the first task in a network brings an endpoint into it.

Endpoint and security group bear the tag `GuardDutyManaged`, and stay when the tasks have gone. Deleted under a task
that runs, they come back with the next task that starts. Source: GuardDuty User Guide, "How Runtime Monitoring works
with Fargate" and "Disabling, uninstalling, and cleaning up resources in Runtime Monitoring".
"""

from __future__ import annotations

import inspect
from typing import Any

from sandbox.clock import CLOCK, MINUTE
from sandbox.gaps.extension import wrap
from sandbox.lives.keepers import endpoints_of

APPEAR_SECONDS = MINUTE
TAGS = {"GuardDutyManaged": "true"}
FEATURE, AGENT = "RUNTIME_MONITORING", "ECS_FARGATE_AGENT_MANAGEMENT"
ON = "ENABLED"


def fill() -> None:
    """Look at every task and service that starts."""
    from moto.ecs.models import EC2ContainerServiceBackend

    for name in ("create_service", "run_task"):
        wrap(EC2ContainerServiceBackend, name, _start)


def _start(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    answer = original(backend, *args, **kwargs)
    arguments = inspect.signature(original).bind(backend, *args, **kwargs).arguments
    configuration = arguments.get("network_configuration") or arguments.get("networking_configuration") or {}
    subnets = list((configuration.get("awsvpcConfiguration") or {}).get("subnets") or ())
    if subnets and arguments.get("launch_type") == "FARGATE" and _is_on(backend):
        what = f"GuardDuty makes its endpoint in {', '.join(subnets)}"
        CLOCK.after(APPEAR_SECONDS, what, lambda: _appear(backend, subnets))
    return answer


def _is_on(backend: Any) -> bool:
    from moto.guardduty.models import guardduty_backends

    detectors = guardduty_backends[backend.account_id][backend.region_name].detectors.values()
    return any(_manages(detector) for detector in detectors)


def _manages(detector: Any) -> bool:
    for feature in getattr(detector, "features", None) or ():
        parts = {part.get("name"): part.get("status") for part in feature.get("additionalConfiguration") or ()}
        if feature.get("name") == FEATURE and feature.get("status") == ON:
            return parts.get(AGENT) == ON
    return False


def _appear(backend: Any, subnets: list[str]) -> None:
    from moto.ec2.models import ec2_backends

    network = ec2_backends[backend.account_id][backend.region_name]
    by_id = {subnet_id: subnet for zone in network.subnets.values() for subnet_id, subnet in zone.items()}
    present = [by_id[subnet_id] for subnet_id in subnets if subnet_id in by_id]
    if not present:
        return
    vpc = present[0].vpc_id
    service = f"com.amazonaws.{backend.region_name}.guardduty-data"
    if any(endpoint.vpc_id == vpc and endpoint.service_name == service for endpoint in endpoints_of(network)):
        return
    name = f"GuardDutyManagedSecurityGroup-{vpc}"
    group = network.get_security_group_by_name_or_id(name, vpc_id=vpc) or network.create_security_group(
        name, "Associated with VPC endpoint guardduty-data", vpc_id=vpc, tags=dict(TAGS)
    )
    network.create_vpc_endpoint(
        vpc,
        service,
        "Interface",
        None,
        [],
        subnet_ids=[subnet.id for subnet in present],
        security_group_ids=[group.id],
        tags=dict(TAGS),
        private_dns_enabled=True,
    )

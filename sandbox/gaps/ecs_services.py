"""ECS: a service answers the settings it was created or updated with.

Source: ECS API Reference, CreateService, UpdateService, Service.
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import wrap

SETTINGS = {
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "deploymentConfiguration": "deployment_configuration",
    "loadBalancers": "load_balancers",
}
"""Parameters of the requests, and the attributes of moto's service that answer them."""


def fill() -> None:
    """Keep the settings that moto drops."""
    from moto.ecs.responses import EC2ContainerServiceResponse

    wrap(EC2ContainerServiceResponse, "create_service", _keep)
    wrap(EC2ContainerServiceResponse, "update_service", _keep)


def _keep(original: Any, response: Any) -> Any:
    answer = original(response)
    service = answer.result["service"]
    for parameter, attribute in SETTINGS.items():
        value = response._get_param(parameter)
        if value is not None:
            setattr(service, attribute, value)
    return answer

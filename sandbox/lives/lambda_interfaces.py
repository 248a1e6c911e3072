"""Lambda: a function in a network has interfaces, one for each pair of subnet and groups, which outlive it.

Lambda removes them with the function's role, as long after the last function that used them as the provider allows
for; where the role is gone by then, or may not, they stay. Sources: Lambda Developer Guide, "Giving Lambda functions
access to resources in an Amazon VPC" (Hyperplane elastic network interfaces); provider, `deleteLingeringLambdaENIs` (35
minutes are Lambda's own P99).
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from sandbox.authorization.late import refused_removal
from sandbox.clock import CLOCK, MINUTE
from sandbox.gaps.extension import wrap
from sandbox.lives.keepers import OwnAttachment

log = logging.getLogger("sandbox.authorization")
LINGER_SECONDS = 35 * MINUTE
Place = tuple[str, tuple[str, ...]]
"""A subnet and the security groups in it."""


def fill() -> None:
    """Give functions interfaces, and take them again when they are due."""
    from moto.awslambda.models import LambdaBackend

    wrap(LambdaBackend, "create_function", _create)
    wrap(LambdaBackend, "update_function_configuration", _update)
    wrap(LambdaBackend, "delete_function", _delete)


def _create(original: Any, backend: Any, spec: dict[str, Any]) -> Any:
    function = original(backend, spec)
    _attach(backend, function)
    return function


def _update(original: Any, backend: Any, function_name: str, qualifier: str, body: dict[str, Any]) -> Any:
    function = backend.get_function(function_name, qualifier)
    before = _places(function)
    answer = original(backend, function_name, qualifier, body)
    _attach(backend, function)
    _let_go(backend, function, [place for place in before if place not in _places(function)])
    return answer


def _delete(original: Any, backend: Any, function_name: str, qualifier: str | None = None) -> Any:
    function = None if qualifier else backend.get_function(function_name)
    answer = original(backend, function_name, qualifier)
    if function is not None:
        _let_go(backend, function, _places(function))
    return answer


def _places(function: Any) -> list[Place]:
    config = function._vpc_config or {}
    groups = tuple(sorted(config.get("SecurityGroupIds") or ()))
    return [(subnet, groups) for subnet in config.get("SubnetIds") or ()]


def _interfaces(backend: Any) -> dict[Place, Any]:
    interfaces: dict[Place, Any] = backend.__dict__.setdefault("sandbox_interfaces", {})
    return interfaces


def _network(backend: Any) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[backend.account_id][backend.region_name]


def _attach(backend: Any, function: Any) -> None:
    for place in _places(function):
        if place not in _interfaces(backend):
            subnet, groups = place
            interface = _network(backend).create_network_interface(
                subnet,
                None,
                group_ids=list(groups),
                description=f"AWS Lambda VPC ENI-{function.function_name}-{uuid.uuid4()}",
            )
            interface.status, interface.interface_type, interface.requester_managed = "in-use", "lambda", True
            interface.sandbox_attachment = OwnAttachment(f"ela-attach-{uuid.uuid4().hex[:17]}")
            _interfaces(backend)[place] = interface


def _let_go(backend: Any, function: Any, places: list[Place]) -> None:
    for place in places:
        what = f"Lambda removes the interface of {function.function_name} in {place[0]}"
        CLOCK.after(LINGER_SECONDS, what, lambda place=place: _remove(backend, place, function.role))  # type: ignore[misc]


def _remove(backend: Any, place: Place, role: str) -> None:
    used = any(place in _places(function) for function in backend._lambdas.latest())
    if used or place not in _interfaces(backend):
        return
    interface = _interfaces(backend)[place]
    arn = f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:network-interface/{interface.id}"
    if why := refused_removal(role, arn):
        log.warning("Lambda leaves %s: %s", interface.id, why)
        return
    del _interfaces(backend)[place]
    _network(backend).enis.pop(interface.id, None)

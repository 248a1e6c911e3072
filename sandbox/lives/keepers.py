"""EC2: a subnet, a security group and a network stay while an interface or an endpoint of AWS's own is in them.

moto deletes each of them at once. Judged are the interfaces of Lambda and of interface endpoints, and groups within a
network; not those of tasks, which moto keeps for ever. Source: EC2 API Reference, DeleteSubnet, DeleteSecurityGroup,
DeleteVpc, DeleteNetworkInterface, error `DependencyViolation`; EC2 User Guide, "Requester-managed network interfaces".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.gaps.extension import wrap

AMAZON = "amazon-aws"
"""Whom an interface of AWS's own is attached to."""


@dataclass(frozen=True)
class OwnAttachment:
    """How an interface of a service's own is attached: to nothing that the account has."""

    attachment_id: str
    instance_owner_id: str = AMAZON
    status: str = "attached"
    device_index: int = 1
    delete_on_termination: bool = False


def fill() -> None:
    """Refuse what EC2 refuses."""
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface

    wrap(EC2Backend, "delete_subnet", _delete_subnet)
    wrap(EC2Backend, "delete_security_group", _delete_group)
    wrap(EC2Backend, "delete_vpc", _delete_vpc)
    wrap(EC2Backend, "delete_network_interface", _delete_interface)
    whole = NetworkInterface.attachment.fget
    NetworkInterface.attachment = property(
        lambda interface: getattr(interface, "sandbox_attachment", None) or whole(interface)
    )


def endpoints_of(backend: Any) -> Iterator[Any]:
    """Yield the interface endpoints that are there."""
    for endpoint in backend.vpc_end_points.values():
        is_interface = str(endpoint.vpc_endpoint_type or "").lower() == "interface"
        if is_interface and str(endpoint.state).lower() != "deleted":
            yield endpoint


def _owned(backend: Any) -> Iterator[Any]:
    """Yield the interfaces that their service alone removes."""
    yield from (
        interface for interface in backend.enis.values() if getattr(interface, "sandbox_attachment", None) is not None
    )


def _delete_subnet(original: Any, backend: Any, subnet_id: str) -> Any:
    in_use = any(interface.subnet.id == subnet_id for interface in _owned(backend))
    if in_use or any(subnet_id in (endpoint.subnet_ids or ()) for endpoint in endpoints_of(backend)):
        raise _violation(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    return original(backend, subnet_id)


def _delete_group(original: Any, backend: Any, name: str | None = None, group_id: str | None = None) -> Any:
    if group_id is not None:
        in_use = any(group_id in {group.id for group in interface._group_set} for interface in _owned(backend))
        if in_use or any(group_id in (endpoint.security_group_ids or ()) for endpoint in endpoints_of(backend)):
            raise _violation(f"resource {group_id} has a dependent object")
    return original(backend, name, group_id)


def _delete_vpc(original: Any, backend: Any, vpc_id: str) -> Any:
    others = [group for group in backend.groups.get(vpc_id, {}).values() if group.name != "default"]
    if others or any(endpoint.vpc_id == vpc_id for endpoint in endpoints_of(backend)):
        raise _violation(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    return original(backend, vpc_id)


def _delete_interface(original: Any, backend: Any, eni_id: str) -> Any:
    interface = backend.enis.get(eni_id)
    if (
        interface is not None
        and getattr(interface, "sandbox_attachment", None) is not None
        and interface.status == "in-use"
    ):
        from moto.ec2.exceptions import EC2ClientError

        raise EC2ClientError("InvalidParameterValue", f"Network interface '{eni_id}' is currently in use.")
    return original(backend, eni_id)


def _violation(message: str) -> Exception:
    from moto.ec2.exceptions import DependencyViolationError

    violation: Exception = DependencyViolationError(message)
    return violation

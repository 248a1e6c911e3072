"""The tag index also lists addresses, VPC endpoints, rules of security groups and listeners.

Source: Resource Groups Tagging API, "Services that support the Resource Groups Tagging API", and GetResources.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.gaps.extension import wrap


def fill() -> None:
    """Add the kinds that moto tags and does not list."""
    from moto.ec2.models import EC2Backend
    from moto.elbv2.models import ELBv2Backend

    wrap(EC2Backend, "iter_tagged_resources", _of_ec2)
    wrap(ELBv2Backend, "iter_tagged_resources", _of_balancers)


def _of_ec2(original: Any, backend: Any) -> Iterator[Any]:
    from moto.core.resource_tagging import TaggedResource

    yield from original(backend)
    groups = [group for by_vpc in backend.groups.values() for group in by_vpc.values()]
    kinds = {
        "elastic-ip": [address.allocation_id for address in backend.addresses if address.allocation_id],
        "vpc-endpoint": [end.id for end in backend.vpc_end_points.values() if end.state != "deleted"],
        "security-group-rule": [rule.id for group in groups for rule in (*group.ingress_rules, *group.egress_rules)],
    }
    for kind, identifiers in kinds.items():
        for identifier in identifiers:
            arn = f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:{kind}/{identifier}"
            yield TaggedResource(arn=arn, tags=dict(backend.tags.get(identifier, {})), resource_type=f"ec2:{kind}")


def _of_balancers(original: Any, backend: Any) -> Iterator[Any]:
    from moto.core.resource_tagging import TaggedResource

    yield from original(backend)
    for balancer in backend.load_balancers.values():
        for arn in balancer.listeners:
            tags = backend.tagging_service.get_tag_dict_for_resource(arn)
            yield TaggedResource(arn=arn, tags=tags, resource_type="elasticloadbalancing:listener")

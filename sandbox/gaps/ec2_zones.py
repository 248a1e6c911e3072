"""Zones by other names than in every other account: us-east-1b is `use1-az3`, where Fargate has no ARM64.

moto gives each zone the same id in every account. AWS deals the names out anew for each account, so that a stack that
takes the first zones by name may come to any of them. Source: AWS RAM User Guide, "Availability Zone IDs for your AWS
resources"; Amazon ECS Developer Guide, "Amazon ECS task definitions for 64-bit ARM workloads", "Supported Regions for
Amazon ECS on AWS Fargate".
"""

from __future__ import annotations

REGION, NAMES = "us-east-1", ("us-east-1b", "us-east-1e")


def fill() -> None:
    """Change the ids of two zones for each other."""
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

    first, other = (zone for zone in RegionsAndZonesBackend.zones[REGION] if zone.name in NAMES)
    first.zone_id, other.zone_id = sorted((first.zone_id, other.zone_id), reverse=True)

"""What a service does on another with its caller's rights, beside tags, roles and keys (see `asks`).

Sources: Service Authorization Reference, "Dependent actions" of EC2's ``CreateVpcEndpoint`` and of AWS WAF's
``AssociateWebACL`` and ``DisassociateWebACL``; AWS WAF Developer Guide, "Sending web ACL traffic logs to an Amazon
CloudWatch Logs log group"; ElastiCache User Guide, "Log delivery"; AWS Backup Developer Guide, "API permissions";
Application Auto Scaling User Guide, "Permissions validation for API calls on target resources" (alarms without a name,
the target resource itself, `ValidationException`) and "Identity-based policy examples" (which actions).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.authorization.resources import Place

Dependent = tuple[str, str, str | None, str]
"""Service, action, and the resource's type and ARN; no type where AWS decides the action on all or none."""

BALANCERS = ":elasticloadbalancing:"
SCALE = ("DeleteAlarms", "DescribeAlarms", "PutMetricAlarm")
SCALE_A_SERVICE = ("DescribeServices", "UpdateService")
VALIDATED = frozenset({"application-autoscaling"})
"""Services that try their caller's rights themselves, and answer `ValidationException` where one is lacking."""
DELIVER = ("CreateLogDelivery", "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups")


def dependent(service: str, name: str, parameters: Mapping[str, Any], place: Place) -> Iterator[Dependent]:
    """Yield the actions that an operation with these members takes besides its own, in the caller's place."""
    match service, name:
        case "ec2", "CreateVpcEndpoint":
            if parameters.get("PrivateDnsEnabled"):
                # The endpoint's names lie in a zone of AWS's own, which nobody sees.
                yield "route53", "AssociateVPCWithHostedZone", "hostedzone", "arn:aws:route53:::hostedzone/ZOFAWS"
        case "wafv2", "AssociateWebACL" | "DisassociateWebACL":
            if BALANCERS in str(parameters.get("ResourceArn", "")):
                yield "elasticloadbalancing", "SetWebAcl", None, "*"
        case "wafv2", "PutLoggingConfiguration":
            if any(":logs:" in str(arn) for arn in parameters["LoggingConfiguration"]["LogDestinationConfigs"]):
                yield from (("logs", action, None, "*") for action in DELIVER)
        case "elasticache", "CreateReplicationGroup" | "ModifyReplicationGroup":
            configurations = parameters.get("LogDeliveryConfigurations") or []
            if any(configuration.get("DestinationType") == "cloudwatch-logs" for configuration in configurations):
                yield from (("logs", action, None, "*") for action in DELIVER)
        case "application-autoscaling", "RegisterScalableTarget" | "PutScalingPolicy":
            yield from (("cloudwatch", action, None, "*") for action in SCALE)
            if parameters["ServiceNamespace"] == "ecs":
                scaled = f"arn:aws:ecs:{place.region}:{place.account}:{parameters['ResourceId']}"
                yield from (("ecs", action, "service", scaled) for action in SCALE_A_SERVICE)
                # On which service it tries to update one is in no document: on either that it could be.
                yield "ecs", "UpdateService", "service", scaled.rpartition("/")[0] + "/"
        case "backup", "CreateBackupVault":
            yield "backup-storage", "MountCapsule", None, "*"

"""Application Auto Scaling: what scales the services of ECS."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Charge, Drift, Kind, Service, goes_with
from engine.kinds.listing import NamedKind, just

SERVICE = Service("Application Auto Scaling", ("aws_appautoscaling",))
IN_NAMESPACE = {"ServiceNamespace": "{given.service_namespace}"}

KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_appautoscaling_target",
        SERVICE,
        adoption=Adopt(
            Question("application-autoscaling", "describe_scalable_targets", "ScalableTargets", IN_NAMESPACE),
            {"ResourceId": "resource_id", "ScalableDimension": "scalable_dimension"},
            "{item.ServiceNamespace}/{item.ResourceId}/{item.ScalableDimension}",
            attributes={"id": "{item.ResourceId}", "arn": "{item.ScalableTargetARN}"},
            tags=Question(
                "application-autoscaling", "list_tags_for_resource", "Tags", {"ResourceARN": "{item.ScalableTargetARN}"}
            ),
        ),
        charge=Charge.FREE,
        listing=NamedKind(
            "application-autoscaling",
            "scalable-target",
            "describe_scalable_targets",
            "ScalableTargets",
            "ResourceId",
            r"service/processing-SUFFIX/.*",
            "ScalableTargetARN",
            asks=just(ServiceNamespace="ecs"),
        ),
        sized=(
            "min_capacity",
            "max_capacity",
        ),
    ),
    Kind(
        "aws_appautoscaling_policy",
        SERVICE,
        adoption=Adopt(
            Question("application-autoscaling", "describe_scaling_policies", "ScalingPolicies", IN_NAMESPACE),
            {"PolicyName": "name", "ResourceId": "resource_id", "ScalableDimension": "scalable_dimension"},
            "{item.ServiceNamespace}/{item.ResourceId}/{item.ScalableDimension}/{item.PolicyName}",
        ),
        charge=Charge.FREE,
        seen=goes_with(
            "aws_appautoscaling_target", "Deregistering a target deletes its policies (DeregisterScalableTarget)."
        ),
        drift=Drift(by_aws={"alarm_arns": "Application Auto Scaling makes and renews its alarms"}),
    ),
)

"""ECS and its scaling, and the rotation function."""

from __future__ import annotations

import json
from typing import Any

from engine.adoption.rules import Adopt, Item, Question, Rule

INACTIVE = {"status": frozenset({"INACTIVE"})}
ECS_TAGS = Question("ecs", "list_tags_for_resource", "tags", {"resourceArn": "{item.taskDefinitionArn}"})
IN_NAMESPACE = {"ServiceNamespace": "{given.service_namespace}"}


def _revisions(arns: list[str]) -> list[Item]:
    """Return a family's definitions with the numbers that AWS counts them by."""
    return [
        {
            "taskDefinitionArn": arn,
            "family": arn.rpartition("/")[2].rpartition(":")[0],
            "revision": int(arn.rpartition(":")[2]),
        }
        for arn in arns
    ]


def _services(services: list[Item]) -> list[Item]:
    return [{**service, "clusterName": service["clusterArn"].rpartition("/")[2]} for service in services]


def _statements(policy: Any) -> list[Item]:
    told = json.loads(policy)["Statement"]
    return told if isinstance(told, list) else [told]


ROWS: tuple[Rule, ...] = (
    Adopt(
        "aws_ecs_cluster",
        Question("ecs", "describe_clusters", "clusters", {"clusters": ["{given.name}"], "include": ["TAGS"]}),
        {"clusterName": "name"},
        "{item.clusterName}",
        attributes={"id": "{item.clusterArn}", "arn": "{item.clusterArn}"},
        tags="tags",
        dead=INACTIVE,
    ),
    Adopt(
        "aws_ecs_task_definition",
        Question(
            "ecs",
            "list_task_definitions",
            "taskDefinitionArns",
            {"familyPrefix": "{given.family}", "status": "ACTIVE"},
            read=_revisions,
        ),
        {"family": "family"},
        "{item.taskDefinitionArn}",
        attributes={"id": "{item.family}", "arn": "{item.taskDefinitionArn}", "family": "{item.family}"},
        tags=ECS_TAGS,
        newest="revision",
    ),
    Adopt(
        "aws_ecs_service",
        Question(
            "ecs",
            "describe_services",
            "services",
            {"cluster": "{given.cluster}", "services": ["{given.name}"], "include": ["TAGS"]},
            read=_services,
        ),
        {"serviceName": "name"},
        "{item.clusterName}/{item.serviceName}",
        attributes={"id": "{item.serviceArn}"},
        tags="tags",
        dead={"status": frozenset({"INACTIVE", "DRAINING"})},
    ),
    Adopt(
        "aws_appautoscaling_target",
        Question("application-autoscaling", "describe_scalable_targets", "ScalableTargets", IN_NAMESPACE),
        {"ResourceId": "resource_id", "ScalableDimension": "scalable_dimension"},
        "{item.ServiceNamespace}/{item.ResourceId}/{item.ScalableDimension}",
        attributes={"id": "{item.ResourceId}", "arn": "{item.ScalableTargetARN}"},
        tags=Question(
            "application-autoscaling", "list_tags_for_resource", "Tags", {"ResourceARN": "{item.ScalableTargetARN}"}
        ),
    ),
    Adopt(
        "aws_appautoscaling_policy",
        Question("application-autoscaling", "describe_scaling_policies", "ScalingPolicies", IN_NAMESPACE),
        {"PolicyName": "name", "ResourceId": "resource_id", "ScalableDimension": "scalable_dimension"},
        "{item.ServiceNamespace}/{item.ResourceId}/{item.ScalableDimension}/{item.PolicyName}",
    ),
    Adopt(
        "aws_lambda_function",
        Question("lambda", "list_functions", "Functions"),
        {"FunctionName": "function_name"},
        "{item.FunctionName}",
        attributes={"arn": "{item.FunctionArn}", "function_name": "{item.FunctionName}"},
        tags=Question("lambda", "list_tags", "Tags", {"Resource": "{item.FunctionArn}"}),
    ),
    Adopt(
        "aws_lambda_permission",
        Question("lambda", "get_policy", "Policy", {"FunctionName": "{given.function_name}"}, read=_statements),
        {"Sid": "statement_id"},
        "{given.function_name}/{given.statement_id}",
    ),
)

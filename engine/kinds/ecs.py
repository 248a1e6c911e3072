"""Amazon ECS: the cluster and its services."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Item, Question
from engine.kinds.kind import Box, Charge, Coverage, InNetwork, Kind, Service
from engine.kinds.listing import Lingering, NamedKind, just

SERVICE = Service("ECS", ("aws_ecs",))
INACTIVE = {"status": frozenset({"INACTIVE"})}
ECS_TAGS = Question("ecs", "list_tags_for_resource", "tags", {"resourceArn": "{item.taskDefinitionArn}"})


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


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_ecs_cluster",
        SERVICE,
        adoption=Adopt(
            Question("ecs", "describe_clusters", "clusters", {"clusters": ["{given.name}"], "include": ["TAGS"]}),
            {"clusterName": "name"},
            "{item.clusterName}",
            attributes={"id": "{item.clusterArn}", "arn": "{item.clusterArn}"},
            tags="tags",
            dead=INACTIVE,
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="ecs cluster"),
        listing=NamedKind("ecs", "cluster", "list_clusters", "clusterArns", "", r"processing-SUFFIX", after="/"),
        lingering=Lingering(
            "describe_clusters",
            {"clusters": ["{arn}"]},
            "clusters",
            "status",
            "inactive",
            "inactive; ECS shows what was deleted for a time",
            refuses_what_is_gone=False,
        ),
        sends_late=True,
        console=lambda id_: f"ecs/v2/clusters/{id_.rpartition('/')[2]}",
    ),
    Kind(
        "aws_ecs_task_definition",
        SERVICE,
        adoption=Adopt(
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
        charge=Charge.FREE,
        seen=Coverage(tag="ecs task-definition"),
        listing=NamedKind(
            "ecs",
            "task-definition",
            "list_task_definitions",
            "taskDefinitionArns",
            "",
            r"(api|worker|migrate)-SUFFIX:\d+",
            after="/",
            asks=just(status="ACTIVE"),
        ),
        lingering=Lingering(
            "describe_task_definition",
            {"taskDefinition": "{arn}"},
            "taskDefinition",
            "status",
            "inactive",
            "inactive; ECS keeps the text of a deregistered definition",
        ),
    ),
    Kind(
        "aws_ecs_service",
        SERVICE,
        adoption=Adopt(
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
        charge=Charge.STANDING,
        seen=Coverage(
            tag="ecs service", parent="aws_ecs_cluster", why="AWS deletes no cluster that has services (DeleteCluster)."
        ),
        lingering=Lingering(
            "describe_services",
            {"cluster": "{parent}", "services": ["{arn}"]},
            "services",
            "status",
            "inactive",
            "inactive; ECS shows what was deleted for a time",
        ),
        boxes=(
            Box("api", "Analytics API", "APPLICATION", "compute_api"),
            Box("worker", "Ingest worker", "APPLICATION", "compute_worker"),
        ),
        network=InNetwork("security_groups", "subnets", block="network_configuration"),
    ),
)

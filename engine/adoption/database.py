"""Aurora and its groups, and the secrets with its passwords."""

from __future__ import annotations

from engine.adoption.rules import Adopt, Question, Recreate, Rule

AT_WORK = frozenset(
    {"creating", "backing-up", "modifying", "rebooting", "upgrading", "configuring-enhanced-monitoring"}
)
DELETING = {"Status": frozenset({"deleting"})}


def _tags(arn: str) -> Question:
    return Question("rds", "list_tags_for_resource", "TagList", {"ResourceName": f"{{item.{arn}}}"})


def _group(resource: str, operation: str, collection: str, name: str, arn: str) -> Adopt:
    return Adopt(
        resource,
        Question("rds", operation, collection),
        {name: "name"},
        f"{{item.{name}}}",
        attributes={"arn": f"{{item.{arn}}}"},
        tags=_tags(arn),
    )


ROWS: tuple[Rule, ...] = (
    _group(
        "aws_db_subnet_group", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName", "DBSubnetGroupArn"
    ),
    _group(
        "aws_db_parameter_group",
        "describe_db_parameter_groups",
        "DBParameterGroups",
        "DBParameterGroupName",
        "DBParameterGroupArn",
    ),
    _group(
        "aws_rds_cluster_parameter_group",
        "describe_db_cluster_parameter_groups",
        "DBClusterParameterGroups",
        "DBClusterParameterGroupName",
        "DBClusterParameterGroupArn",
    ),
    _group(
        "aws_db_event_subscription",
        "describe_event_subscriptions",
        "EventSubscriptionsList",
        "CustSubscriptionId",
        "EventSubscriptionArn",
    ),
    Adopt(
        "aws_rds_cluster",
        Question("rds", "describe_db_clusters", "DBClusters"),
        {"DBClusterIdentifier": "cluster_identifier"},
        "{item.DBClusterIdentifier}",
        attributes={"arn": "{item.DBClusterArn}", "endpoint": "{item.Endpoint}"},
        tags="TagList",
        dead=DELETING,
        unfinished={"Status": AT_WORK},
    ),
    Adopt(
        "aws_rds_cluster_instance",
        Question("rds", "describe_db_instances", "DBInstances"),
        {"DBInstanceIdentifier": "identifier"},
        "{item.DBInstanceIdentifier}",
        attributes={"arn": "{item.DBInstanceArn}"},
        tags="TagList",
        dead={"DBInstanceStatus": frozenset({"deleting"})},
        unfinished={"DBInstanceStatus": AT_WORK},
    ),
    Adopt(
        "aws_secretsmanager_secret",
        Question("secretsmanager", "list_secrets", "SecretList"),
        {"Name": "name"},
        "{item.ARN}",
        attributes={"arn": "{item.ARN}"},
        tags="Tags",
    ),
    Recreate(
        "aws_secretsmanager_secret_version",
        "An import would read the password into the state, and be replaced. Its create puts a new version, with the "
        "password that the same apply gives the database. It goes with its secret.",
    ),
    Recreate(
        "aws_secretsmanager_secret_policy",
        "Its create is PutResourcePolicy, which says the same again. It goes with its secret.",
    ),
    Recreate(
        "aws_secretsmanager_secret_rotation",
        "Its create is RotateSecret without an immediate rotation, which says the same again. It goes with its secret.",
    ),
)

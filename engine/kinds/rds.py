"""Amazon RDS: Aurora and its groups."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import (
    Box,
    Charge,
    Coverage,
    Drift,
    Exposure,
    InNetwork,
    Keeping,
    Kind,
    MadeByAws,
    Service,
    SettingPath,
)
from engine.kinds.listing import NamedKind, just

SERVICE = Service("RDS", ("aws_db", "aws_rds"), data_rank=1)
AT_WORK = frozenset(
    {"creating", "backing-up", "modifying", "rebooting", "upgrading", "configuring-enhanced-monitoring"}
)
DELETING = {"Status": frozenset({"deleting"})}
MINOR_VERSIONS = "AWS applies minor versions in the maintenance window"


def _tags(arn: str) -> Question:
    return Question("rds", "list_tags_for_resource", "TagList", {"ResourceName": f"{{item.{arn}}}"})


def _group(operation: str, collection: str, name: str, arn: str) -> Adopt:
    return Adopt(
        Question("rds", operation, collection),
        {name: "name"},
        f"{{item.{name}}}",
        attributes={"arn": f"{{item.{arn}}}"},
        tags=_tags(arn),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_db_subnet_group",
        SERVICE,
        adoption=_group("describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName", "DBSubnetGroupArn"),
        charge=Charge.FREE,
        seen=Coverage(tag="rds subgrp"),
        listing=NamedKind(
            "rds",
            "subgrp",
            "describe_db_subnet_groups",
            "DBSubnetGroups",
            "DBSubnetGroupName",
            r"aurora-SUFFIX",
            "DBSubnetGroupArn",
        ),
    ),
    Kind(
        "aws_db_parameter_group",
        SERVICE,
        adoption=_group(
            "describe_db_parameter_groups",
            "DBParameterGroups",
            "DBParameterGroupName",
            "DBParameterGroupArn",
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="rds pg"),
        listing=NamedKind(
            "rds",
            "pg",
            "describe_db_parameter_groups",
            "DBParameterGroups",
            "DBParameterGroupName",
            r"aurora-SUFFIX",
            "DBParameterGroupArn",
        ),
    ),
    Kind(
        "aws_rds_cluster_parameter_group",
        SERVICE,
        adoption=_group(
            "describe_db_cluster_parameter_groups",
            "DBClusterParameterGroups",
            "DBClusterParameterGroupName",
            "DBClusterParameterGroupArn",
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="rds cluster-pg"),
        listing=NamedKind(
            "rds",
            "cluster-pg",
            "describe_db_cluster_parameter_groups",
            "DBClusterParameterGroups",
            "DBClusterParameterGroupName",
            r"aurora-SUFFIX",
            "DBClusterParameterGroupArn",
        ),
    ),
    Kind(
        "aws_db_event_subscription",
        SERVICE,
        adoption=_group(
            "describe_event_subscriptions",
            "EventSubscriptionsList",
            "CustSubscriptionId",
            "EventSubscriptionArn",
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="rds es"),
        listing=NamedKind(
            "rds",
            "es",
            "describe_event_subscriptions",
            "EventSubscriptionsList",
            "CustSubscriptionId",
            r"database-events-SUFFIX",
            "EventSubscriptionArn",
        ),
    ),
    Kind(
        "aws_rds_cluster_instance",
        SERVICE,
        adoption=Adopt(
            Question("rds", "describe_db_instances", "DBInstances"),
            {"DBInstanceIdentifier": "identifier"},
            "{item.DBInstanceIdentifier}",
            attributes={"arn": "{item.DBInstanceArn}"},
            tags="TagList",
            dead={"DBInstanceStatus": frozenset({"deleting"})},
            unfinished={"DBInstanceStatus": AT_WORK},
        ),
        charge=Charge.STANDING,
        seen=Coverage(tag="rds db"),
        listing=NamedKind(
            "rds",
            "db",
            "describe_db_instances",
            "DBInstances",
            "DBInstanceIdentifier",
            r"aurora-\d-SUFFIX",
            "DBInstanceArn",
        ),
        drift=Drift(
            by_aws={
                "engine_version_actual": MINOR_VERSIONS,
                "writer": "a failover moves the writer",
            }
        ),
        settings=(SettingPath("engine_version", "postgres_version"),),
        loss="",
        holds="An instance of the database.",
        exposure=Exposure.PUBLIC_ADDRESS,
        console=lambda id_: f"rds/home#database:id={id_};is-cluster=false",
        boxes=(
            Box("writer", "Aurora writer", "DATA", "database_writer"),
            Box("reader", "Aurora reader", "DATA", "database_reader"),
        ),
    ),
    Kind(
        "aws_rds_cluster",
        SERVICE,
        adoption=Adopt(
            Question("rds", "describe_db_clusters", "DBClusters"),
            {"DBClusterIdentifier": "cluster_identifier"},
            "{item.DBClusterIdentifier}",
            attributes={"arn": "{item.DBClusterArn}", "endpoint": "{item.Endpoint}"},
            tags="TagList",
            dead=DELETING,
            unfinished={"Status": AT_WORK},
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="rds cluster"),
        listing=NamedKind(
            "rds",
            "cluster",
            "describe_db_clusters",
            "DBClusters",
            "DBClusterIdentifier",
            r"aurora-SUFFIX",
            "DBClusterArn",
        ),
        drift=Drift(
            by_aws={
                "engine_version_actual": MINOR_VERSIONS,
                "ca_certificate_valid_till": "AWS renews the server's certificate",
            }
        ),
        settings=(
            SettingPath("backup_retention_period", "backup_days", is_whole_number=True),
            SettingPath("engine_version", "postgres_version"),
        ),
        keeps=(Keeping(("backup_retention_period",), "backup_days"),),
        sized=("serverlessv2_scaling_configuration",),
        loss="the database",
        holds="The database, its tables and its automated backups. The portal never sees what is in them.",
        holds_data=True,
        sends_late=True,
        quota="L-952B80B8",  # database clusters
        console=lambda id_: f"rds/home#database:id={id_};is-cluster=true",
        boxes=(Box("writer", "Aurora writer", "DATA"),),
        network=InNetwork("vpc_security_group_ids", "db_subnet_group_name", subnet_group="aws_db_subnet_group"),
    ),
)

MADE_BY_AWS: tuple[MadeByAws, ...] = (
    MadeByAws(
        "snapshots of the database, automated ones and those of AWS Backup",
        Coverage(tag="rds cluster-snapshot"),
        listings=(
            NamedKind(
                "rds",
                "cluster-snapshot",
                "describe_db_cluster_snapshots",
                "DBClusterSnapshots",
                "DBClusterIdentifier",
                r"aurora-SUFFIX",
                "DBClusterSnapshotArn",
            ),
            NamedKind(
                "rds",
                "cluster-snapshot",
                "describe_db_cluster_snapshots",
                "DBClusterSnapshots",
                "DBClusterIdentifier",
                r"aurora-SUFFIX",
                "DBClusterSnapshotArn",
                # Without the type RDS leaves these out (DescribeDBClusterSnapshots).
                asks=just(SnapshotType="awsbackup"),
            ),
        ),
    ),
    MadeByAws(
        "automated backups that outlive their cluster",
        listings=(
            NamedKind(
                "rds",
                "cluster-automated-backup",
                "describe_db_cluster_automated_backups",
                "DBClusterAutomatedBackups",
                "DBClusterIdentifier",
                r"aurora-SUFFIX",
                "DBClusterAutomatedBackupsArn",
            ),
        ),
    ),
)

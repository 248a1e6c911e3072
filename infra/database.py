"""Aurora PostgreSQL Serverless v2: encrypted, TLS only, audited; its password is in no plan and no state."""

from __future__ import annotations

from infra.cdk import (
    CloudwatchLogGroup,
    Construct,
    DbParameterGroup,
    DbParameterGroupParameter,
    DbSubnetGroup,
    IamRolePolicyAttachment,
    RdsCluster,
    RdsClusterInstance,
    RdsClusterParameterGroup,
    RdsClusterParameterGroupParameter,
    RdsClusterServerlessv2ScalingConfiguration,
)
from infra.frame import Frame
from infra.lifecycles import versions_left_to_aws
from infra.roles import ServiceRole
from infra.sizes import PAUSE_SECONDS

FAMILY = "aurora-postgresql16"
DATABASE_NAME = "assessments"
MASTER = "homeroom_admin"
MONITORING_SECONDS = 60
AT_REBOOT = "pending-reboot"
"""How every parameter is applied: groups are made before what uses them, so that none waits. A static one takes no
other way, and of one that is set to its default RDS keeps no other: each later plan would ask for it again (provider,
`aws_db_parameter_group`, "Problematic Plan Changes")."""
PARAMETERS = {
    "rds.force_ssl": "1",
    "shared_preload_libraries": "pg_stat_statements,pgaudit",
    # Reads too: the record of access asks who saw what (34 CFR 99.32). Statements' values are not logged.
    "pgaudit.log": "ddl,read,role,write",
    "pgaudit.log_parameter": "0",
    "log_statement": "none",
    "log_connections": "1",
    "log_disconnections": "1",
}
INSTANCE_PARAMETERS = {
    # Without statements' texts, which hold people's data; Performance Insights shows the load by its digest.
    "log_min_duration_statement": "-1",
    "log_lock_waits": "1",
}
INSIGHTS_DAYS = 7
"""What Performance Insights keeps without a charge."""


class Database(Construct):
    """Cluster, writer, and a reader where there are two instances."""

    def __init__(
        self,
        scope: Construct,
        frame: Frame,
        *,
        key_arn: str,
        subnets: list[str],
        zones: list[str],
        security_group: str,
        password: str,
        password_version: int,
    ) -> None:
        super().__init__(scope, "database")
        name = frame.name("aurora")
        group = DbSubnetGroup(self, "subnets", name=name, subnet_ids=subnets)
        parameters = RdsClusterParameterGroup(
            self,
            "parameters",
            name=name,
            family=FAMILY,
            description="TLS is required, statements are audited",
            parameter=[
                RdsClusterParameterGroupParameter(name=key, value=value, apply_method=AT_REBOOT)
                for key, value in PARAMETERS.items()
            ],
        )
        instance_parameters = DbParameterGroup(
            self,
            "instance_parameters",
            name=name,
            family=FAMILY,
            description="Locks are logged, statements are not",
            parameter=[
                DbParameterGroupParameter(name=key, value=value, apply_method=AT_REBOOT)
                for key, value in INSTANCE_PARAMETERS.items()
            ],
        )
        log_group = CloudwatchLogGroup(
            self,
            "log_group",
            name=f"/aws/rds/cluster/{name}/postgresql",
            retention_in_days=frame.spec.retention_days,
            kms_key_id=key_arn,
        )
        cluster = RdsCluster(
            self,
            "cluster",
            cluster_identifier=name,
            engine="aurora-postgresql",
            engine_mode="provisioned",
            engine_version=frame.spec.postgres_version,
            database_name=DATABASE_NAME,
            master_username=MASTER,
            db_subnet_group_name=group.name,
            db_cluster_parameter_group_name=parameters.name,
            vpc_security_group_ids=[security_group],
            storage_encrypted=True,
            kms_key_id=key_arn,
            iam_database_authentication_enabled=True,
            enabled_cloudwatch_logs_exports=["postgresql"],
            backup_retention_period=frame.spec.backup_days,
            copy_tags_to_snapshot=True,
            deletion_protection=False,
            # Terraform's own would be encrypted with the key that goes with the stack: who tears down takes it before.
            skip_final_snapshot=True,
            apply_immediately=True,
            serverlessv2_scaling_configuration=RdsClusterServerlessv2ScalingConfiguration(
                min_capacity=frame.acu_min,
                max_capacity=frame.sizing.acu_max,
                seconds_until_auto_pause=PAUSE_SECONDS if frame.acu_min == 0 else None,
            ),
            lifecycle=versions_left_to_aws(pinned=frame.pins_postgres),
            depends_on=[log_group],
        )
        # Write-only arguments are in neither plan nor state (Terraform, "Write-only arguments").
        cluster.add_override("master_password_wo", password)
        cluster.add_override("master_password_wo_version", password_version)
        monitoring = ServiceRole(
            self, "monitoring", frame, kind="aurora-monitoring", service="monitoring.rds.amazonaws.com"
        )
        attached = IamRolePolicyAttachment(
            self,
            "monitoring_policy",
            role=monitoring.name,
            policy_arn="arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
        )
        instances: list[RdsClusterInstance] = []
        for index in range(frame.database_instances):
            is_placed = index == 1 and frame.spec.database_instances == 2
            instance = RdsClusterInstance(
                self,
                "writer" if index == 0 else "reader",
                identifier=frame.name(f"aurora-{index + 1}"),
                cluster_identifier=cluster.id,
                engine="aurora-postgresql",
                engine_version=frame.spec.postgres_version,
                instance_class="db.serverless",
                availability_zone=other_zone(zones, instances[0]) if is_placed else None,
                publicly_accessible=False,
                auto_minor_version_upgrade=not frame.pins_postgres,
                performance_insights_enabled=True,
                performance_insights_kms_key_id=key_arn,
                performance_insights_retention_period=INSIGHTS_DAYS,
                db_parameter_group_name=instance_parameters.name,
                monitoring_interval=MONITORING_SECONDS,
                monitoring_role_arn=monitoring.arn,
                promotion_tier=index,
                copy_tags_to_snapshot=True,
                apply_immediately=True,
                # One that is there could only be replaced to be in another zone.
                lifecycle=versions_left_to_aws(
                    pinned=frame.pins_postgres, besides=("availability_zone",) if is_placed else ()
                ),
                depends_on=[attached],
            )
            instances.append(instance)
        self.reader_count = len(instances) - 1
        self.identifier: str = name
        self.arn: str = cluster.arn
        self.endpoint: str = cluster.endpoint
        self.port = f"${{{cluster.fqn}.port}}"
        self.reader_endpoint: str = cluster.reader_endpoint
        self.log_group_name: str = log_group.name


def other_zone(zones: list[str], writer: RdsClusterInstance) -> str:
    """Return the expression of a zone that the writer is not in; `zones` are expressions of the subnets' zones.

    Without a zone RDS takes any of the subnet group's (RDS API Reference, CreateDBInstance, AvailabilityZone).
    """
    return f"${{[for zone in [{', '.join(zones)}] : zone if zone != {writer.fqn}.availability_zone][0]}}"

"""What moto lacks, one module per gap; `fill_all` puts them in before the first request.

Each gap follows AWS's published API reference and carries its link; none invents behaviour of its own.
"""

from __future__ import annotations

from sandbox.gaps import (
    application_autoscaling,
    backup,
    budgets,
    cloudtrail,
    cloudtrail_events,
    cloudtrail_selectors,
    cost_explorer,
    ec2_dry_runs,
    ec2_flow_logs,
    ec2_security_group_rules,
    ecs_services,
    ecs_tasks,
    elasticache_members,
    elasticache_parameters,
    elasticache_users,
    engine_versions,
    iam_policies,
    iam_simulation,
    lambda_permissions,
    lookups,
    rds_automated_backups,
    rds_automated_snapshots,
    rds_instances,
    rds_parameters,
    routing,
    s3_logging,
    s3_notifications,
    s3_policy_conditions,
    s3_versions,
    secretsmanager,
    service_quotas,
    sqs,
    sqs_receiving,
)

GAPS = (
    routing,
    application_autoscaling,
    backup,
    budgets,
    cloudtrail,
    cloudtrail_events,
    cloudtrail_selectors,
    cost_explorer,
    ec2_dry_runs,
    ec2_flow_logs,
    ec2_security_group_rules,
    ecs_services,
    ecs_tasks,
    elasticache_members,
    elasticache_parameters,
    elasticache_users,
    engine_versions,
    iam_policies,
    iam_simulation,
    lambda_permissions,
    lookups,
    rds_automated_backups,
    rds_automated_snapshots,
    rds_instances,
    rds_parameters,
    s3_logging,
    s3_notifications,
    s3_policy_conditions,
    s3_versions,
    secretsmanager,
    service_quotas,
    sqs,
    sqs_receiving,
)


def fill_all() -> None:
    """Fill every gap, once per process."""
    for gap in GAPS:
        gap.fill()

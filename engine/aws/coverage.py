"""How each kind of resource that the stack can make would be seen if it stayed after a teardown.

A table for reviewers and tests: a new kind in the stack has no row here, and a test says so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """How a kind is seen: in the tag index, by name, or with the kind that it cannot outlive, and why it cannot."""

    tag: str = ""
    """Service and kind in the ARN of AWS's tag index."""
    name: str = ""
    """Service and kind of `named_kinds.BY_NAME`: the service itself is asked, by name or, in EC2, by tag."""
    lookup: str = ""
    """A question of its own in `inventory`."""
    parent: str = ""
    why: str = ""


def _with(parent: str, why: str) -> Seen:
    return Seen(parent=parent, why=why)


OF_BUCKET = _with("aws_s3_bucket", "It is a setting of the bucket.")
OF_SECRET = _with("aws_secretsmanager_secret", "It is a part of the secret.")
OF_QUEUE = _with("aws_sqs_queue", "It is an attribute of the queue.")

COVERAGE: dict[str, Seen] = {
    "aws_acm_certificate": Seen(tag="acm certificate"),
    "aws_acm_certificate_validation": _with("aws_acm_certificate", "It is Terraform's wait, and nothing in AWS."),
    "aws_appautoscaling_policy": _with(
        "aws_appautoscaling_target", "Deregistering a target deletes its policies (DeregisterScalableTarget)."
    ),
    "aws_appautoscaling_target": Seen(name="application-autoscaling scalable-target"),
    "aws_backup_plan": Seen(tag="backup backup-plan", name="backup backup-plan"),
    "aws_backup_selection": _with(
        "aws_backup_plan", "AWS deletes no plan that has a selection (DeleteBackupPlan), and lists none without a plan."
    ),
    "aws_backup_vault": Seen(tag="backup backup-vault", name="backup backup-vault"),
    "aws_budgets_budget": Seen(name="budgets budget"),
    "aws_cloudtrail": Seen(tag="cloudtrail trail", name="cloudtrail trail"),
    "aws_cloudwatch_dashboard": Seen(name="cloudwatch dashboard"),
    "aws_cloudwatch_log_group": Seen(tag="logs log-group", name="logs log-group"),
    "aws_cloudwatch_metric_alarm": Seen(tag="cloudwatch alarm", name="cloudwatch alarm"),
    "aws_db_event_subscription": Seen(tag="rds es", name="rds es"),
    "aws_db_parameter_group": Seen(tag="rds pg", name="rds pg"),
    "aws_db_subnet_group": Seen(tag="rds subgrp", name="rds subgrp"),
    "aws_default_security_group": _with("aws_vpc", "Every network has one, and it goes with the network."),
    "aws_ecs_cluster": Seen(tag="ecs cluster", name="ecs cluster"),
    "aws_ecs_service": Seen(
        tag="ecs service", parent="aws_ecs_cluster", why="AWS deletes no cluster that has services (DeleteCluster)."
    ),
    "aws_ecs_task_definition": Seen(tag="ecs task-definition", name="ecs task-definition"),
    "aws_eip": Seen(tag="ec2 elastic-ip", name="ec2 elastic-ip"),
    "aws_elasticache_parameter_group": Seen(tag="elasticache parametergroup", name="elasticache parametergroup"),
    "aws_elasticache_replication_group": Seen(tag="elasticache replicationgroup", name="elasticache replicationgroup"),
    "aws_elasticache_subnet_group": Seen(tag="elasticache subnetgroup", name="elasticache subnetgroup"),
    "aws_elasticache_user": Seen(tag="elasticache user", name="elasticache user"),
    "aws_elasticache_user_group": Seen(tag="elasticache usergroup", name="elasticache usergroup"),
    "aws_flow_log": Seen(tag="ec2 vpc-flow-log", name="ec2 vpc-flow-log"),
    "aws_iam_role": Seen(name="iam role"),
    "aws_iam_role_policy": _with("aws_iam_role", "AWS deletes no role that has a policy in it (DeleteRole)."),
    "aws_iam_role_policy_attachment": _with("aws_iam_role", "AWS deletes no role with an attachment (DeleteRole)."),
    "aws_internet_gateway": Seen(tag="ec2 internet-gateway", name="ec2 internet-gateway"),
    "aws_kms_alias": Seen(name="kms alias"),
    "aws_kms_key": Seen(tag="kms key"),
    "aws_lambda_function": Seen(tag="lambda function", name="lambda function"),
    "aws_lambda_permission": _with("aws_lambda_function", "It is a statement in the function's policy."),
    "aws_lb": Seen(tag="elasticloadbalancing loadbalancer", name="elbv2 loadbalancer"),
    "aws_lb_listener": Seen(
        tag="elasticloadbalancing listener",
        parent="aws_lb",
        why="DeleteLoadBalancer deletes the balancer's listeners.",
    ),
    "aws_lb_target_group": Seen(tag="elasticloadbalancing targetgroup", name="elbv2 targetgroup"),
    "aws_nat_gateway": Seen(tag="ec2 natgateway", name="ec2 natgateway"),
    "aws_rds_cluster": Seen(tag="rds cluster", name="rds cluster"),
    "aws_rds_cluster_instance": Seen(tag="rds db", name="rds db"),
    "aws_rds_cluster_parameter_group": Seen(tag="rds cluster-pg", name="rds cluster-pg"),
    "aws_route": _with("aws_route_table", "It is a line of the table."),
    "aws_route53_record": Seen(lookup="route53 record"),
    "aws_route_table": Seen(tag="ec2 route-table", name="ec2 route-table"),
    "aws_route_table_association": _with("aws_route_table", "AWS deletes no table that is in use (DeleteRouteTable)."),
    "aws_s3_bucket": Seen(tag="s3 bucket", name="s3 bucket"),
    "aws_s3_bucket_cors_configuration": OF_BUCKET,
    "aws_s3_bucket_lifecycle_configuration": OF_BUCKET,
    "aws_s3_bucket_logging": OF_BUCKET,
    "aws_s3_bucket_notification": OF_BUCKET,
    "aws_s3_bucket_ownership_controls": OF_BUCKET,
    "aws_s3_bucket_policy": OF_BUCKET,
    "aws_s3_bucket_public_access_block": OF_BUCKET,
    "aws_s3_bucket_server_side_encryption_configuration": OF_BUCKET,
    "aws_s3_bucket_versioning": OF_BUCKET,
    "aws_secretsmanager_secret": Seen(tag="secretsmanager secret", name="secretsmanager secret"),
    "aws_secretsmanager_secret_policy": OF_SECRET,
    "aws_secretsmanager_secret_rotation": OF_SECRET,
    "aws_secretsmanager_secret_version": OF_SECRET,
    "aws_security_group": Seen(tag="ec2 security-group", name="ec2 security-group"),
    "aws_sns_topic": Seen(tag="sns topic", name="sns topic"),
    "aws_sns_topic_policy": _with("aws_sns_topic", "It is an attribute of the topic."),
    "aws_sns_topic_subscription": _with("aws_sns_topic", "DeleteTopic deletes the topic's subscriptions."),
    "aws_sqs_queue": Seen(tag="sqs queue", name="sqs queue"),
    "aws_sqs_queue_policy": OF_QUEUE,
    "aws_sqs_queue_redrive_allow_policy": OF_QUEUE,
    "aws_subnet": Seen(tag="ec2 subnet", name="ec2 subnet"),
    "aws_vpc": Seen(tag="ec2 vpc", name="ec2 vpc"),
    "aws_vpc_endpoint": Seen(tag="ec2 vpc-endpoint", name="ec2 vpc-endpoint"),
    "aws_vpc_security_group_egress_rule": Seen(tag="ec2 security-group-rule", name="ec2 security-group-rule"),
    "aws_vpc_security_group_ingress_rule": Seen(tag="ec2 security-group-rule", name="ec2 security-group-rule"),
    "aws_wafv2_web_acl": Seen(tag="wafv2 regional", name="wafv2 webacl"),
    "aws_wafv2_web_acl_association": _with("aws_wafv2_web_acl", "AWS deletes no list that is in use (DeleteWebACL)."),
    "aws_wafv2_web_acl_logging_configuration": _with("aws_wafv2_web_acl", "DeleteWebACL deletes its logging as well."),
}
"""Every type of the stack."""

MADE_BY_AWS: dict[str, Seen] = {
    "log group of the rotation function": Seen(name="logs log-group"),
    "log group of Container Insights": Seen(name="logs log-group"),
    "log group of the database's exports": Seen(name="logs log-group"),
    "snapshots of the database, automated ones and those of AWS Backup": Seen(
        tag="rds cluster-snapshot", name="rds cluster-snapshot"
    ),
    "automated backups that outlive their cluster": Seen(name="rds cluster-automated-backup"),
    "snapshots of the cache": Seen(name="elasticache snapshot"),
    "members of the cache": Seen(name="elasticache cluster"),
    "network interfaces of Lambda and of the load balancer": Seen(name="ec2 network-interface"),
    "network interfaces of tasks": Seen(lookup="ec2 network-interface"),
    "secrets in scheduled deletion": Seen(name="secretsmanager secret"),
    "the key in scheduled deletion": Seen(tag="kms key"),
    "records that validate the certificate": Seen(lookup="route53 record"),
}
"""What AWS makes beside the stack, or keeps after it."""

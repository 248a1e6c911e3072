"""Which AWS service a Terraform resource type belongs to, in the words that pages group by."""

from __future__ import annotations

PREFIXES = {
    "aws_acm": "Certificate Manager",
    "aws_appautoscaling": "Application Auto Scaling",
    "aws_backup": "Backup",
    "aws_budgets": "Budgets",
    "aws_cloudtrail": "CloudTrail",
    "aws_cloudwatch_event": "EventBridge",
    "aws_cloudwatch_log": "CloudWatch Logs",
    "aws_cloudwatch": "CloudWatch",
    "aws_db": "RDS",
    "aws_ecs": "ECS",
    "aws_elasticache": "ElastiCache",
    "aws_iam": "IAM",
    "aws_kms": "KMS",
    "aws_lambda": "Lambda",
    "aws_lb": "Load Balancing",
    "aws_rds": "RDS",
    "aws_route53": "Route 53",
    "aws_s3": "S3",
    "aws_secretsmanager": "Secrets Manager",
    "aws_sns": "SNS",
    "aws_sqs": "SQS",
    "aws_wafv2": "WAF",
}
NETWORK = "VPC"
DATA_SERVICES = ("RDS", "S3", "ElastiCache", "SQS", "Secrets Manager", "KMS", "Backup")
"""Services that hold student data or its keys: a teardown names them first."""


def service_of(resource_type: str) -> str:
    """Return the service of a type such as `aws_rds_cluster`; what has no entry belongs to the network."""
    matching = [prefix for prefix in PREFIXES if resource_type == prefix or resource_type.startswith(f"{prefix}_")]
    return PREFIXES[max(matching, key=len)] if matching else NETWORK

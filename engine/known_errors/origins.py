"""Where errors are documented: AWS's API references, and the source of Terraform and of its AWS provider."""

from __future__ import annotations

from engine.known_errors.entry import Origin

DOCS = "https://docs.aws.amazon.com/"
SOURCE = "https://github.com/"

# How AWS writes the service, and the folder of its API reference; the key is boto3's name of it.
API_REFERENCES = {
    "acm": ("ACM", "acm/latest/APIReference/API_"),
    "application-autoscaling": ("Application Auto Scaling", "autoscaling/application/APIReference/API_"),
    "backup": ("AWS Backup", "aws-backup/latest/devguide/API_"),
    "cloudtrail": ("CloudTrail", "awscloudtrail/latest/APIReference/API_"),
    "ecs": ("ECS", "AmazonECS/latest/APIReference/API_"),
    "elasticache": ("ElastiCache", "AmazonElastiCache/latest/APIReference/API_"),
    "elbv2": ("Elastic Load Balancing", "elasticloadbalancing/latest/APIReference/API_"),
    "iam": ("IAM", "IAM/latest/APIReference/API_"),
    "kms": ("KMS", "kms/latest/APIReference/API_"),
    "lambda": ("Lambda", "lambda/latest/api/API_"),
    "logs": ("CloudWatch Logs", "AmazonCloudWatchLogs/latest/APIReference/API_"),
    "rds": ("RDS", "AmazonRDS/latest/APIReference/API_"),
    "route53": ("Route 53", "Route53/latest/APIReference/API_"),
    "s3": ("S3", "AmazonS3/latest/API/API_"),
    "secretsmanager": ("Secrets Manager", "secretsmanager/latest/apireference/API_"),
    "sqs": ("SQS", "AWSSimpleQueueService/latest/APIReference/API_"),
    "wafv2": ("WAF", "waf/latest/APIReference/API_"),
}

EC2 = Origin("EC2: error codes", DOCS + "AWSEC2/latest/APIReference/errors-overview.html")
S3 = Origin("S3: error responses", DOCS + "AmazonS3/latest/API/ErrorResponses.html")
COMMON = Origin("STS: common errors", DOCS + "STS/latest/APIReference/CommonErrors.html")
IAM_DENIALS = Origin("IAM: access denied messages", DOCS + "IAM/latest/UserGuide/troubleshoot_access-denied.html")


def api(service: str, operation: str, error: str) -> Origin:
    """Return the page of an operation; `error` is the code that AWS's model of the operation lists."""
    name, folder = API_REFERENCES[service]
    return Origin(f"{name}: {operation}", f"{DOCS}{folder}{operation}.html", service, operation, error)


def terraform(path: str) -> Origin:
    """Return a file of Terraform's source."""
    return Origin(f"Terraform: {path}", f"{SOURCE}hashicorp/terraform/blob/main/{path}")


def provider(path: str) -> Origin:
    """Return a file of the AWS provider's source."""
    return Origin(f"AWS provider: {path}", f"{SOURCE}hashicorp/terraform-provider-aws/blob/main/{path}")

"""Loads services before their first request: those that every client begins with, or all that a stack uses.

The second is for an embedded AWS that is forked: what it has loaded, none of its forks loads again.
"""

from __future__ import annotations

from sandbox.application import SandboxApplication, backend_for_service

FIRST = ("sts", "iam", "s3", "ec2")
"""Loading these takes a second or more."""
OF_A_STACK = {
    "acm": "acm",
    "application-autoscaling": "application-autoscaling",
    "backup": "backup",
    "cloudtrail": "cloudtrail",
    "dynamodb": "dynamodb",
    "ec2": "ec2",
    "ecs": "ecs",
    "elasticache": "elasticache",
    "elasticloadbalancing": "elbv2",
    "events": "events",
    "guardduty": "guardduty",
    "iam": "iam",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "rds": "rds",
    "route53": "route53",
    "s3": "s3",
    "scheduler": "scheduler",
    "secretsmanager": "secretsmanager",
    "servicequotas": "service-quotas",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "sts": "sts",
    "tagging": "resourcegroupstaggingapi",
    "wafv2": "wafv2",
}
"""Each service's host, and the name of its model in botocore."""


def warm_first(application: SandboxApplication) -> None:
    """Load what every client begins with."""
    for host in FIRST:
        application.load(backend_for_service(host))


def warm_all(application: SandboxApplication) -> None:
    """Load the code, the models and the managed policies that a district's stack needs."""
    from moto.core.utils import get_service_model
    from moto.iam.models import get_account_id_from

    for host, model in OF_A_STACK.items():
        application.load(backend_for_service(host))
        get_service_model(model)
    get_service_model("budgets")
    # Every request asks whose access key it is, and the first makes IAM's backends.
    get_account_id_from("")

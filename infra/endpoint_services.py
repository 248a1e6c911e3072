"""Which of AWS's services the application's subnets have an interface endpoint for. Loads nothing of CDKTF."""

from __future__ import annotations

SERVICES = {
    "ecr.api": "ecr",
    "ecr.dkr": "ecr",
    "kms": "kms",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "secretsmanager": "secretsmanager",
    "sqs": "sqs",
    "sts": "sts",
}
"""Endpoint and the prefix of its actions (Service Authorization Reference)."""

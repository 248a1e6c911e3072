"""What a district's trail and its account's have in common: who writes and reads their files, and who audits."""

from __future__ import annotations

from typing import Any

from infra.frame import allow

READ_LOGS = tuple(
    f"logs:{action}"
    for action in ("DescribeLogStreams", "FilterLogEvents", "GetLogEvents", "GetQueryResults", "StartQuery")
)


def with_second_factor(account: str) -> dict[str, Any]:
    """Return the trust in people of an account who have signed in with a second factor."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": ["sts:AssumeRole"],
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }


def record_rights(bucket_arn: str, account: str, *, trail_arn: str, auditor_arn: str) -> tuple[dict[str, Any], ...]:
    """Return who may do what with a trail's files: CloudTrail writes them, the auditor's role alone reads them."""
    trail = {"Service": "cloudtrail.amazonaws.com"}
    source = {"StringEquals": {"aws:SourceArn": trail_arn}}
    written = f"{bucket_arn}/AWSLogs/{account}/*"
    return (
        allow("TrailWrites", ["s3:PutObject"], [written], Principal=trail, Condition=source),
        allow("TrailChecks", ["s3:GetBucketAcl"], [bucket_arn], Principal=trail, Condition=source),
        {
            "Sid": "AuditorAloneReads",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": [f"{bucket_arn}/*"],
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": auditor_arn}},
        },
    )

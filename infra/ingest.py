"""Where results come in: a bucket that tells a queue, and a second queue for messages that cannot be worked on."""

from __future__ import annotations

import json

from infra.buckets import ClosedBucket, LogTarget
from infra.cdk import (
    Construct,
    S3BucketCorsConfiguration,
    S3BucketCorsConfigurationCorsRule,
    S3BucketNotification,
    S3BucketNotificationQueue,
    SqsQueue,
    SqsQueuePolicy,
    SqsQueueRedriveAllowPolicy,
)
from infra.frame import Frame, policy

INCOMING = "incoming/"
VISIBILITY_SECONDS = 900
RETENTION_SECONDS = 14 * 24 * 3600
"""The longest that SQS keeps a message (SetQueueAttributes: MessageRetentionPeriod)."""
ATTEMPTS = 5
PREFLIGHT_SECONDS = 3000


def queue_tls_only(queue_arn: str) -> dict[str, object]:
    """Return the statement that refuses a queue's messages over plain HTTP."""
    return {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": [queue_arn],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


class Ingest(Construct):
    """Results bucket, queue and dead-letter queue."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str, logs: LogTarget) -> None:
        super().__init__(scope, "ingest")
        bucket = ClosedBucket(self, "results", frame, kind="results", key_arn=key_arn, logs=logs)
        dead = SqsQueue(
            self,
            "dead_letters",
            name=frame.name("dead-letters"),
            message_retention_seconds=RETENTION_SECONDS,
            kms_master_key_id=key_arn,
        )
        queue = SqsQueue(
            self,
            "queue",
            name=frame.name("results"),
            visibility_timeout_seconds=VISIBILITY_SECONDS,
            message_retention_seconds=RETENTION_SECONDS,
            receive_wait_time_seconds=20,
            kms_master_key_id=key_arn,
            redrive_policy=json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": ATTEMPTS}),
        )
        # Only this queue may send its failures there.
        SqsQueueRedriveAllowPolicy(
            self,
            "redrive_allowed",
            queue_url=dead.url,
            redrive_allow_policy=json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}),
        )
        only_ours = {
            "ArnEquals": {"aws:SourceArn": bucket.arn},
            "StringEquals": {"aws:SourceAccount": frame.spec.account_id},
        }
        admitted = SqsQueuePolicy(
            self,
            "queue_policy",
            queue_url=queue.url,
            policy=policy(
                {
                    "Sid": "ResultsBucketTells",
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": ["sqs:SendMessage"],
                    "Resource": [queue.arn],
                    "Condition": only_ours,
                },
                queue_tls_only(queue.arn),
            ),
        )
        SqsQueuePolicy(self, "dead_letters_policy", queue_url=dead.url, policy=policy(queue_tls_only(dead.arn)))
        S3BucketNotification(
            self,
            "notification",
            bucket=bucket.name,
            queue=[
                S3BucketNotificationQueue(
                    queue_arn=queue.arn, events=["s3:ObjectCreated:*"], filter_prefix=INCOMING, id="results"
                )
            ],
            depends_on=[admitted],
        )
        self.bucket_name = bucket.name
        self.bucket_arn = bucket.arn
        self.queue_name: str = frame.name("results")
        self.queue_url: str = queue.url
        self.queue_arn: str = queue.arn
        self.dead_letter_name: str = frame.name("dead-letters")
        self.dead_letter_url: str = dead.url
        self.dead_letter_arn: str = dead.arn

    def admit_browsers(self, origin: str) -> None:
        """Let a browser on the API's own pages send a form to the bucket; what is allowed the form's signature says."""
        S3BucketCorsConfiguration(
            self,
            "browsers",
            bucket=self.bucket_name,
            cors_rule=[
                S3BucketCorsConfigurationCorsRule(
                    id="upload-page",
                    allowed_methods=["POST"],
                    allowed_origins=[origin],
                    max_age_seconds=PREFLIGHT_SECONDS,
                )
            ],
        )

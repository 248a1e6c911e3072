"""The bucket that takes the load balancer's and S3's own access logs: who asked for what, from where."""

from __future__ import annotations

from infra.buckets import ClosedBucket, LogTarget, bucket_name
from infra.cdk import Construct
from infra.frame import Frame, allow, only_account

BALANCER_PREFIX = "balancer"


class AccessLogs(Construct):
    """One bucket; server access logs and load balancer logs can be encrypted by S3's own keys only.

    Sources: Amazon S3, "Enabling server access logging"; Elastic Load Balancing, "Enable access logs".
    """

    def __init__(self, scope: Construct, frame: Frame) -> None:
        super().__init__(scope, "access_logs")
        account = frame.spec.account_id
        arn = f"arn:aws:s3:::{bucket_name(frame, 'logs')}"
        statements = (
            allow(
                "BalancerWrites",
                ["s3:PutObject"],
                [f"{arn}/{BALANCER_PREFIX}/AWSLogs/{account}/*"],
                Principal={"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                Condition={"ArnLike": {"aws:SourceArn": frame.arn("elasticloadbalancing", "loadbalancer/*")}},
            ),
            allow(
                "BucketsWrite",
                ["s3:PutObject"],
                [f"{arn}/s3/*"],
                Principal={"Service": "logging.s3.amazonaws.com"},
                Condition=only_account(account),
            ),
        )
        bucket = ClosedBucket(
            self,
            "bucket",
            frame,
            kind="logs",
            key_arn=None,
            statements=statements,
            keep_days=frame.spec.retention_days,
        )
        self.target = LogTarget(bucket.name, bucket.policy)

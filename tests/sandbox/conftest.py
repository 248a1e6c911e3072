"""One running sandbox for the session, and boto3 clients of it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.launch import Sandbox, running_sandbox

Clients = Callable[[str], Any]


def admit_trails(s3: Any, bucket: str) -> None:
    """Make a bucket that takes what CloudTrail writes (CloudTrail User Guide, "Amazon S3 bucket policy")."""
    s3.create_bucket(Bucket=bucket)
    writer = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    arn = f"arn:aws:s3:::{bucket}"
    parts = [("s3:GetBucketAcl", arn), ("s3:PutObject", f"{arn}/AWSLogs/*")]
    statements = [{**writer, "Action": action, "Resource": resource} for action, resource in parts]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


def clients_of(sandbox: Sandbox) -> Clients:
    """Return a function that makes a client; it never retries, so that a test sees the first answer."""
    session: Any = boto3.session.Session(region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)

    @functools.cache
    def make(service: str) -> Any:
        return session.client(service, endpoint_url=sandbox.url, config=config)

    return make


@pytest.fixture(scope="session")
def client(sandbox: Sandbox) -> Clients:
    """Make clients of the session's sandbox."""
    return clients_of(sandbox)

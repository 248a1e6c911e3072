"""A bucket that refuses plain HTTP is open over the loopback address, and a refusal without a condition holds."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError


def policy(bucket: str, **more: object) -> str:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_bucket_for_tls_only_is_open(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="tls-only")
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    s3.put_bucket_policy(Bucket="tls-only", Policy=policy("tls-only", Condition=condition))
    s3.put_object(Bucket="tls-only", Key="a", Body=b"x")
    assert s3.get_object(Bucket="tls-only", Key="a")["Body"].read() == b"x"
    assert json.loads(s3.get_bucket_policy(Bucket="tls-only")["Policy"])["Statement"][0]["Condition"] == condition


def test_a_refusal_without_a_condition_holds(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="closed")
    s3.put_object(Bucket="closed", Key="a", Body=b"x")
    s3.put_bucket_policy(Bucket="closed", Policy=policy("closed"))
    with pytest.raises(ClientError, match=r"Forbidden|AccessDenied|403"):
        s3.get_object(Bucket="closed", Key="a")

"""Trails are described as they are asked for."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import admit_trails


def test_one_of_two_trails_is_described_by_name_and_by_arn(client):
    trail, s3 = client("cloudtrail"), client("s3")
    admit_trails(s3, "trails")
    arns = [trail.create_trail(Name=name, S3BucketName="trails")["TrailARN"] for name in ("first", "second")]
    for key in ("first", arns[0]):
        assert [entry["Name"] for entry in trail.describe_trails(trailNameList=[key])["trailList"]] == ["first"]
    assert {entry["Name"] for entry in trail.describe_trails()["trailList"]} >= {"first", "second"}
    assert trail.describe_trails(trailNameList=["nobody"])["trailList"] == []


def test_a_trail_is_deleted_by_name_and_by_arn(client):
    trail, s3 = client("cloudtrail"), client("s3")
    admit_trails(s3, "leaving-trails")
    by_name, by_arn = (
        trail.create_trail(Name=name, S3BucketName="leaving-trails")["TrailARN"] for name in ("by-name", "by-arn")
    )
    trail.delete_trail(Name="by-name")
    trail.delete_trail(Name=by_arn)
    assert not {by_name, by_arn} & {entry["TrailARN"] for entry in trail.list_trails()["Trails"]}
    with pytest.raises(ClientError, match="TrailNotFound"):
        trail.delete_trail(Name=by_arn)

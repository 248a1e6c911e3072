"""Trails are described as they are asked for."""

from __future__ import annotations


def test_one_of_two_trails_is_described_by_name_and_by_arn(client):
    trail, s3 = client("cloudtrail"), client("s3")
    s3.create_bucket(Bucket="trails")
    arns = [trail.create_trail(Name=name, S3BucketName="trails")["TrailARN"] for name in ("first", "second")]
    for key in ("first", arns[0]):
        assert [told["Name"] for told in trail.describe_trails(trailNameList=[key])["trailList"]] == ["first"]
    assert {told["Name"] for told in trail.describe_trails()["trailList"]} >= {"first", "second"}
    assert trail.describe_trails(trailNameList=["nobody"])["trailList"] == []

"""Application Auto Scaling: tags, whole targets, policies that go with their target."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

TARGET = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/x",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}


def test_a_scalable_target_carries_tags_and_answers_whole(client):
    scaling = client("application-autoscaling")
    arn = scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2, Tags={"Suffix": "a"})[
        "ScalableTargetARN"
    ]
    scaling.tag_resource(ResourceARN=arn, Tags={"More": "b"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["Suffix"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"More": "b"}
    target = scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"][0]
    assert target["RoleARN"].startswith("arn:aws:iam::")
    assert set(target["SuspendedState"].values()) == {False}
    scaling.deregister_scalable_target(**TARGET)
    with pytest.raises(ClientError, match="No scalable target found"):
        scaling.list_tags_for_resource(ResourceARN=arn)

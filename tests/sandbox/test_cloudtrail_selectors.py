"""A trail says whether it has event selectors of its own, and takes those alone that CloudTrail knows."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import admit_trails


def test_a_trail_with_selectors_says_so_and_shows_them(client):
    trail, s3 = client("cloudtrail"), client("s3")
    admit_trails(s3, "selected-trails")
    trail.create_trail(Name="selected", S3BucketName="selected-trails")

    def told() -> bool:
        return bool(trail.describe_trails(trailNameList=["selected"])["trailList"][0]["HasCustomEventSelectors"])

    assert not told()
    selector = {"Name": "Management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
    trail.put_event_selectors(TrailName="selected", AdvancedEventSelectors=[selector])
    assert told()
    assert trail.get_event_selectors(TrailName="selected")["AdvancedEventSelectors"] == [selector]


MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
DATA = {"Field": "eventCategory", "Equals": ["Data"]}
OBJECTS = {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}
OWN = {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::own/"]}
REFUSED = {
    "management events narrowed to resources": [[MANAGEMENT, OWN]],
    "management events of one service alone": [[MANAGEMENT, {"Field": "eventSource", "Equals": ["s3.amazonaws.com"]}]],
    "management events twice": [[MANAGEMENT], [MANAGEMENT]],
    "no category": [[OBJECTS]],
    "another category": [[{"Field": "eventCategory", "Equals": ["Everything"]}]],
    "a category that begins so": [[{"Field": "eventCategory", "StartsWith": ["Data"]}, OBJECTS]],
    "data without a type": [[DATA, OWN]],
    "two types in one": [[DATA, {"Field": "resources.type", "Equals": ["AWS::S3::Object", "AWS::Lambda::Function"]}]],
    "a field that is none": [[DATA, OBJECTS, {"Field": "tags.Suffix", "Equals": ["maple-sbx"]}]],
}


def selecting(client: Any, *selectors: list[dict[str, Any]]) -> None:
    trail, s3 = client("cloudtrail"), client("s3")
    admit_trails(s3, "choosing-trails")
    trail.create_trail(Name="choosing", S3BucketName="choosing-trails")
    trail.put_event_selectors(
        TrailName="choosing", AdvancedEventSelectors=[{"FieldSelectors": fields} for fields in selectors]
    )


@pytest.mark.parametrize("given", REFUSED.values(), ids=list(REFUSED))
def test_what_cloudtrail_cannot_select_by_is_refused(client, given):
    with pytest.raises(ClientError) as refused:
        selecting(client, *given)
    assert refused.value.response["Error"]["Code"] == "InvalidEventSelectorsException"
    client("cloudtrail").delete_trail(Name="choosing")


def test_what_it_can_select_by_is_taken(client):
    read = {"Field": "readOnly", "Equals": ["true"]}
    without_keys = {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}
    selecting(client, [MANAGEMENT, without_keys, read], [DATA, OBJECTS, OWN], [DATA, OBJECTS, read])
    client("cloudtrail").delete_trail(Name="choosing")

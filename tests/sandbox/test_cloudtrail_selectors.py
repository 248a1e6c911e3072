"""A trail says whether it has event selectors of its own."""

from __future__ import annotations

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

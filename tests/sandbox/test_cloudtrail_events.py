"""The event history of the embedded AWS: changes by the names that they name; reads and other names are not there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError


def test_a_change_is_found_by_the_resources_name_and_a_read_is_not(client):
    sqs, trail = client("sqs"), client("cloudtrail")
    url = sqs.create_queue(QueueName="told-results")["QueueUrl"]
    sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    sqs.send_message(QueueUrl=url, MessageBody="x")

    def named(name: str, **more: object) -> list[str]:
        attributes = [{"AttributeKey": "ResourceName", "AttributeValue": name}]
        return [event["EventName"] for event in trail.lookup_events(LookupAttributes=attributes, **more)["Events"]]

    assert named("told-results") == ["CreateQueue"]
    assert named("other") == []
    assert named("told-results", StartTime=datetime.now(UTC) + timedelta(hours=1)) == []


def test_another_attribute_is_refused(client):
    with pytest.raises(ClientError, match="ResourceName alone"):
        client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": "x"}])

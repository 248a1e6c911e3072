"""What is taken out of a state, and what never is: the same as `terraform show` tells of ids, ARNs and outputs."""

from __future__ import annotations

from engine.state.contents import contents_of
from engine.terraform.command import OutputValue, ResourceRecord

STATE = {
    "version": 4,
    "outputs": {"url": {"value": "https://x", "type": "string"}, "key": {"value": "s3cret", "sensitive": True}},
    "resources": [
        {
            "mode": "managed",
            "type": "aws_vpc",
            "name": "v",
            "instances": [{"attributes": {"id": "vpc-1", "arn": "arn:vpc", "cidr_block": "10.0.0.0/22"}}],
        },
        {"mode": "data", "type": "aws_region", "name": "r", "instances": [{"attributes": {"id": "us-east-1"}}]},
        {
            "mode": "managed",
            "type": "aws_subnet",
            "name": "s",
            "instances": [
                {"index_key": "a", "attributes": {"id": "subnet-1"}},
                {"index_key": 0, "attributes": {"id": 7, "arn": None}},
            ],
        },
        {
            "module": "module.m",
            "mode": "managed",
            "type": "aws_x",
            "name": "hidden",
            "instances": [
                {
                    "attributes": {"id": "secret-id", "arn": "arn:x"},
                    "sensitive_attributes": [[{"type": "get_attr", "value": "id"}]],
                }
            ],
        },
    ],
}


def test_a_state_is_told_by_address_id_and_arn_and_secrets_stay_in_it():
    contents = contents_of(STATE)
    assert contents.resources == (
        ResourceRecord('aws_subnet.s["a"]', "aws_subnet", "s", "subnet-1", ""),
        ResourceRecord("aws_subnet.s[0]", "aws_subnet", "s", "", ""),
        ResourceRecord("aws_vpc.v", "aws_vpc", "v", "vpc-1", "arn:vpc"),
        ResourceRecord("module.m.aws_x.hidden", "aws_x", "hidden", "", "arn:x"),
    )
    assert contents.outputs == {"key": OutputValue(None, True), "url": OutputValue("https://x", False)}
    assert "s3cret" not in repr(contents)
    assert "10.0.0.0/22" not in repr(contents)


def test_an_empty_state_holds_nothing():
    assert contents_of({"version": 4}).resources == ()

"""How AWS is asked: every page, each question once, and a refusal is never taken for "nothing there"."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from engine.adoption.looking import Look, RefusedError
from engine.errors import AwsUnavailableError
from engine.kinds.adoption import Question
from engine.settings import EngineSettings

QUEUES = Question("sqs", "list_queues", "QueueUrls")
FIREWALLS = Question("wafv2", "list_web_acls", "WebACLs", {"Scope": "REGIONAL"})
TABLES = Question("ec2", "describe_route_tables", "RouteTables", within="Routes")


def looking(tmp_path, question: Question) -> tuple[Look, Stubber]:
    """Return what asks, with AWS's answers of one service to be given."""
    look = Look(EngineSettings(work_dir=tmp_path, state_bucket="states"), "us-east-1", None)
    session: Any = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
    look.clients[question.service] = session.client(question.service)
    return look, Stubber(look.clients[question.service])


def test_every_page_is_read_and_the_same_question_is_asked_once(tmp_path):
    look, aws = looking(tmp_path, QUEUES)
    aws.add_response("list_queues", {"QueueUrls": ["one"], "NextToken": "more"}, {})
    aws.add_response("list_queues", {"QueueUrls": ["two"]}, {"NextToken": "more"})
    with aws:
        for _ in range(2):
            assert look.items(QUEUES, {}) == [{"value": "one"}, {"value": "two"}]
    aws.assert_no_pending_responses()
    assert look.calls == 2


def test_a_service_without_a_paginator_is_asked_until_it_has_no_more(tmp_path):
    look, aws = looking(tmp_path, FIREWALLS)
    for names, marker in ((["one"], "a"), (["two"], "b"), ([], "c")):
        parameters = {"Scope": "REGIONAL"} | ({} if marker == "a" else {"NextMarker": chr(ord(marker) - 1)})
        aws.add_response(
            "list_web_acls", {"WebACLs": [{"Name": name} for name in names], "NextMarker": marker}, parameters
        )
    with aws:
        assert [item["Name"] for item in look.items(FIREWALLS, {"Scope": "REGIONAL"})] == ["one", "two"]


def test_the_parts_of_an_item_come_with_it(tmp_path):
    look, aws = looking(tmp_path, TABLES)
    routes = [{"DestinationCidrBlock": cidr} for cidr in ("0.0.0.0/0", "10.0.0.0/22")]
    aws.add_response("describe_route_tables", {"RouteTables": [{"RouteTableId": "rtb-1", "Routes": routes}]}, {})
    with aws:
        items = look.items(TABLES, {})
    assert [(item["DestinationCidrBlock"], item["parent"]["RouteTableId"]) for item in items] == [
        ("0.0.0.0/0", "rtb-1"),
        ("10.0.0.0/22", "rtb-1"),
    ]


@pytest.mark.parametrize("code", ["QueueDoesNotExist.NotFound", "AWS.SimpleQueueService.NonExistentQueue", "NoSuchX"])
def test_what_is_not_there_is_no_item(tmp_path, code):
    look, aws = looking(tmp_path, QUEUES)
    aws.add_client_error("list_queues", service_error_code=code)
    with aws:
        assert look.items(QUEUES, {}) == []


def test_a_missing_right_is_told_by_its_name_and_any_other_failure_as_such(tmp_path):
    for code, kind in (("AccessDenied", RefusedError), ("InternalFailure", AwsUnavailableError)):
        look, aws = looking(tmp_path, QUEUES)
        aws.add_client_error("list_queues", service_error_code=code)
        with aws, pytest.raises(kind, match="ask sqs for list_queues"):
            look.items(QUEUES, {})

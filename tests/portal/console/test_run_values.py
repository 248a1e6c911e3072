"""A run's page shows what its plan changes, value by value, and no secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import unescape
from typing import Any

import pytest
from django.test import Client

from engine.terraform.plan_values import told_changes
from portal.console.change_page import AT_ONCE
from provisioning.models import PlannedChange, Run
from provisioning.runs.planned_changes import store_changes
from registry.accounts.roles import Role
from tests.builders import a_person, a_run

pytestmark = pytest.mark.django_db

SECRET = "correct-horse-battery"
SHOWN = {
    "resource_changes": [
        {
            "address": "aws_cloudwatch_log_group.this",
            "type": "aws_cloudwatch_log_group",
            "change": {
                "actions": ["update"],
                "before": {"retention_in_days": 365, "policy": '{"Action":["s3:Get*"]}', "token": SECRET},
                "after": {"retention_in_days": 30, "policy": '{"Action":["s3:*"]}', "token": "another-secret"},
                "after_unknown": {"arn": True},
                "before_sensitive": {"token": True},
            },
        },
        {
            "address": "aws_subnet.new",
            "previous_address": "aws_subnet.old",
            "type": "aws_subnet",
            "action_reason": "replace_because_cannot_update",
            "change": {
                "actions": ["delete", "create"],
                "before": {"cidr": "10.0.0.0/24", "note": "<script>alert(1)</script>"},
                "after": {"cidr": "10.0.1.0/24", "note": f"password is {SECRET}"},
                "replace_paths": [["cidr"]],
            },
        },
        {
            "address": "aws_sqs_queue.taken",
            "type": "aws_sqs_queue",
            "change": {"actions": ["no-op"], "before": {}, "after": {}, "importing": {"id": "https://queue"}},
        },
    ]
}


def page(run: Run, query: str = "", role: Role = Role.VIEWER) -> str:
    client = Client()
    client.force_login(a_person(role))
    return client.get(f"/runs/{run.number}{query}").content.decode()


def planned(shown: Mapping[str, Any]) -> Run:
    run = a_run()
    store_changes(run, told_changes(shown))
    Run.objects.filter(pk=run.pk).update(add_count=0, change_count=1, remove_count=0)
    return run


def test_before_and_after_of_each_value_and_why():
    shown = unescape(page(planned(SHOWN)))
    for text in (
        *("retention_in_days", "365", "30", "policy.Action[0]", '"s3:Get*"', '"s3:*"', "known after the apply"),
        *("changes; withheld: sensitive", "forces the replacement", "It cannot be changed in place.", "aws_subnet.old"),
        *("It exists, and is taken into the state.", "https://queue"),
    ):
        assert text in shown, text


def test_no_secret_is_in_a_row_or_on_the_page_and_markup_is_text():
    run = planned(SHOWN)
    rows = json.dumps(list(PlannedChange.objects.filter(run=run).values()))
    shown = page(run)
    for secret in (SECRET, "another-secret"):
        assert secret not in rows
        assert secret not in shown
    assert "<script>alert(1)" not in shown


def test_so_many_changes_stand_on_a_page_and_the_others_on_the_next():
    change = {"actions": ["create"], "before": None, "after": {"name": "x"}}
    many = [{"address": f"aws_x.r{place:03}", "type": "aws_x", "change": change} for place in range(AT_ONCE + 1)]
    run = planned({"resource_changes": many})
    first, second = page(run), page(run, "?changes=2")
    assert ("aws_x.r000" in first, f"aws_x.r{AT_ONCE:03}" in first) == (True, False)
    assert ("aws_x.r000" in second, f"aws_x.r{AT_ONCE:03}" in second) == (False, True)
    assert f"Changes 1 to {AT_ONCE} of {AT_ONCE + 1}." in first
    assert "?changes=2#changes" in first
    assert "?changes=1#changes" in second
    for nonsense in ("?changes=0", "?changes=x", "?changes=²", "?changes=99999", "?changes=-1"):
        assert page(run, nonsense)

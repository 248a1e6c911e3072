"""Lines of `terraform -json` become typed events; nothing is lost, and nothing sensitive comes through."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.known_errors.hints import hint_for
from engine.terraform.command import action_of, read_plan
from engine.terraform.events import (
    ApplyComplete,
    ChangeSummary,
    Diagnostic,
    LogLine,
    OutputsEvent,
    PlannedChange,
    UnknownEvent,
    VersionEvent,
    parse_event,
)
from engine.terraform.redaction import WITHHELD

RESOURCE = {"addr": "aws_vpc.this", "resource_type": "aws_vpc"}


def line(kind: str, **fields: object) -> str:
    common = {"@level": "info", "@message": "words", "@timestamp": "2026-01-02T03:04:05.678901Z", "type": kind}
    return json.dumps(common | fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line("version", terraform="1.11.4"), VersionEvent),
        (line("planned_change", change={"resource": RESOURCE, "action": "create"}), PlannedChange),
        (line("apply_complete", hook={"resource": RESOURCE, "action": "create", "elapsed_seconds": 7}), ApplyComplete),
        (line("change_summary", changes={"add": 1, "change": 2, "remove": 3, "operation": "plan"}), ChangeSummary),
        (line("diagnostic", diagnostic={"severity": "error", "summary": "No", "detail": "Why"}), Diagnostic),
        (line("outputs", outputs={}), OutputsEvent),
        (line("something_new", thing=1), UnknownEvent),
        (line("apply_complete"), UnknownEvent),
        ("plain words", LogLine),
        ("[1, 2]", LogLine),
    ],
)
def test_a_line_becomes_its_event(text, expected):
    assert type(parse_event(text)) is expected


def test_an_event_keeps_its_facts():
    event = parse_event(line("apply_complete", hook={"resource": RESOURCE, "action": "create", "elapsed_seconds": 7}))
    assert isinstance(event, ApplyComplete)
    assert (event.address, event.action, event.seconds, event.at.year) == ("aws_vpc.this", "create", 7, 2026)


def test_a_sensitive_output_is_withheld():
    outputs = {"a": {"sensitive": True, "type": "string", "value": "hush"}, "b": {"sensitive": False, "value": "open"}}
    event = parse_event(line("outputs", outputs=outputs))
    assert "hush" not in repr(event.raw)
    assert event.raw["outputs"]["a"]["value"] == WITHHELD
    assert event.raw["outputs"]["b"]["value"] == "open"


@given(st.text())
def test_any_line_at_all_is_taken(text):
    assert parse_event(text).message is not None


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.text() | st.integers(), st.lists)))
def test_any_object_at_all_is_taken(raw):
    for kind in ("planned_change", "apply_start", "change_summary", "diagnostic", "outputs", "version"):
        parse_event(json.dumps(raw | {"type": kind}))


def test_a_plan_is_read_without_values(tmp_path):
    def change(address: str, *actions: str) -> dict[str, object]:
        return {
            "address": address,
            "type": "aws_vpc",
            "change": {"actions": list(actions), "after": {"secret": "hush"}},
        }

    shown = {
        "resource_changes": [
            change("a", "create"),
            change("b", "delete", "create"),
            change("c", "no-op"),
            change("d", "read"),
            change("e", "update"),
            change("f", "delete"),
        ],
        "output_changes": {"x": {"actions": ["no-op"]}},
    }
    plan = read_plan(tmp_path, shown)
    assert (plan.add, plan.change, plan.remove) == (2, 1, 2)
    assert [resource.action for resource in plan.resources] == ["create", "replace", "update", "delete"]
    assert not plan.is_empty
    assert "hush" not in repr(plan)
    assert read_plan(tmp_path, {"resource_changes": [change("c", "no-op")]}).is_empty
    assert action_of(["create", "delete"]) == "replace"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("dial tcp 127.0.0.1:5000: connect: connection refused", "aws_unreachable"),
        ("operation error EC2: CreateVpc, api error VpcLimitExceeded: maximum", "vpc_quota_reached"),
        ("api error AccessDenied: User is not authorized to perform: s3:CreateBucket", "access_denied"),
        ("Error acquiring the state lock", "state_locked"),
        ("ExpiredToken: The security token included in the request is expired", "credentials_expired"),
    ],
)
def test_a_known_error_has_a_remedy(text, code):
    hint = hint_for(text)
    assert hint is not None
    assert hint.code == code

"""Lines of `terraform -json` become typed events; nothing is lost, and nothing sensitive comes through."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.known_errors.hints import hint_for
from engine.processes.child import Ended
from engine.terraform.command import action_of, failure, read_plan
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


KINDS = ("planned_change", "apply_start", "apply_errored", "change_summary", "diagnostic", "outputs", "version")
ANYTHING = st.text(st.characters(exclude_categories=())) | st.sampled_from(["\0", "\ud800", "a\udfff\0b"])
"""Text with what JSON may hold and no database takes: NUL, and halves of surrogate pairs."""
DATA = st.recursive(
    st.none() | st.integers() | st.floats() | ANYTHING,
    lambda part: st.lists(part) | st.dictionaries(ANYTHING, part),
    max_leaves=10,
)


@given(
    st.dictionaries(ANYTHING, DATA),
    st.sampled_from(KINDS),
    st.fixed_dictionaries({"addr": ANYTHING, "resource_type": ANYTHING}),
    ANYTHING,
)
def test_any_object_at_all_is_taken_and_all_of_it_can_be_stored(raw, kind, resource, text):
    part = {"resource": resource, "action": text, "elapsed_seconds": 1, "severity": "error", "summary": text}
    about = {"type": kind, "@message": text, "hook": part, "change": part, "diagnostic": part | {"detail": text}}
    event = parse_event(json.dumps(raw | about))
    assert not isinstance(event, LogLine)
    assert_storable(asdict(event))


@given(ANYTHING)
def test_any_line_at_all_can_be_stored(text):
    assert_storable(asdict(parse_event(text)))


def assert_storable(value: Any) -> None:
    """Fail where a text or a key of the value is none that PostgreSQL takes."""
    if isinstance(value, str):
        assert "\0" not in value
        value.encode()
    elif isinstance(value, dict):
        for name, part in value.items():
            assert_storable(name)
            assert_storable(part)
    elif isinstance(value, list | tuple):
        for part in value:
            assert_storable(part)


def test_what_cannot_be_stored_is_replaced_and_the_rest_is_kept():
    event = parse_event(
        line("diagnostic", diagnostic={"severity": "error", "summary": "a\0b", "detail": "é\ud800\U0001f600"})
    )
    assert isinstance(event, Diagnostic)
    assert (event.summary, event.detail) == ("a\ufffdb", "é\ufffd\U0001f600")


def test_a_line_of_more_depth_than_is_read_is_kept_as_it_is():
    deep = "[" * 100_000
    assert parse_event(deep).message == deep


def test_what_terraform_says_of_its_end_can_be_stored():
    error = failure("apply", Ended(1, "panic: \0", False), [], [])
    assert error.detail == "panic: \ufffd"


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

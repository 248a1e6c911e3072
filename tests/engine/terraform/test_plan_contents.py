"""An approval is for what a plan does, value by value; what nobody could know then may be known later."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.terraform.plan_contents import beyond, contents_of

KEY = b"a key"


def change(actions: list[str], before: Any, after: Any, unknown: Any = False, **more: Any) -> dict[str, Any]:
    return {"actions": actions, "before": before, "after": after, "after_unknown": unknown, **more}


def plan(**changes: dict[str, Any]) -> dict[str, Any]:
    return {"resource_changes": [{"address": f"aws_x.{name}", "change": entry} for name, entry in changes.items()]}


APPROVED = plan(
    subnet=change(["create"], None, {"cidr": "10.0.0.0/24", "tags": {"a": "b"}}, {"id": True, "vpc_id": True}),
    group=change(["update"], {"days": 365}, {"days": 400}),
    role=change(["no-op"], {"name": "x"}, {"name": "x"}),
    rules=change(["create"], None, {"rules": [{"port": 443}, {}]}, {"rules": [{}, {"port": True}]}),
)
CONTENTS = contents_of(APPROVED, KEY)


def with_(name: str, **values: Any) -> dict[str, Any]:
    changed = copy.deepcopy(APPROVED)
    (of,) = [resource["change"] for resource in changed["resource_changes"] if resource["address"] == f"aws_x.{name}"]
    of.update(values)
    return changed


def test_what_changes_nothing_is_no_content():
    assert set(CONTENTS) == {"aws_x.subnet", "aws_x.group", "aws_x.rules"}
    assert all(len(content["digest"]) == 64 for content in CONTENTS.values())


def test_the_same_plan_and_what_is_left_of_it_are_as_approved():
    assert beyond(APPROVED, CONTENTS, KEY) == []
    left = {"resource_changes": APPROVED["resource_changes"][1:2]}
    assert beyond(left, CONTENTS, KEY) == []


def test_what_was_unknown_may_be_known():
    known = {"cidr": "10.0.0.0/24", "tags": {"a": "b"}, "vpc_id": "vpc-1"}
    assert beyond(with_("subnet", after=known, after_unknown={"id": True}), CONTENTS, KEY) == []
    filled = {"rules": [{"port": 443}, {"port": 80}]}
    assert beyond(with_("rules", after=filled, after_unknown={}), CONTENTS, KEY) == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("group", {"after": {"days": 30}}),
        ("group", {"before": {"days": 30}}),
        ("group", {"actions": ["delete"], "after": None}),
        ("group", {"actions": ["delete", "create"]}),
        ("group", {"replace_paths": [["days"]]}),
        ("group", {"after": {}, "after_unknown": {"days": True}}),
        ("subnet", {"after": {"cidr": "0.0.0.0/0", "tags": {"a": "b"}}}),
        ("subnet", {"after": {"cidr": "10.0.0.0/24", "tags": {"a": "c"}}}),
        ("subnet", {"after": {"cidr": "10.0.0.0/24", "tags": {"a": "b"}, "public": True}}),
        ("rules", {"after": {"rules": [{"port": 22}, {}]}}),
        ("rules", {"after": {"rules": [{"port": 443}, {}, {"port": 22}]}}),
        ("role", {"actions": ["update"], "after": {"name": "y"}}),
    ],
)
def test_any_other_value_act_or_address_is_beyond_it(name: str, values: dict[str, Any]):
    assert beyond(with_(name, **values), CONTENTS, KEY) == [f"aws_x.{name}"]


def test_an_output_is_a_content_too():
    shown = {**APPROVED, "output_changes": {"url": change(["create"], None, "https://a")}}
    assert beyond(shown, CONTENTS, KEY) == ["output.url"]
    assert beyond(shown, contents_of(shown, KEY), KEY) == []


def test_a_digest_says_nothing_without_the_key():
    assert beyond(APPROVED, contents_of(APPROVED, b"another"), KEY) == ["aws_x.group", "aws_x.rules", "aws_x.subnet"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from("abcd"), json_values, min_size=1), st.data())
def test_whatever_values_there_are_the_same_is_the_same_and_another_is_not(after: dict[str, Any], data: st.DataObject):
    shown = plan(any=change(["create"], None, after, {"id": True}))
    contents = contents_of(shown, KEY)
    assert beyond(shown, contents, KEY) == []
    name = data.draw(st.sampled_from(sorted(after)))
    other = data.draw(json_values.filter(lambda value: repr(value) != repr(after[name])))
    assert beyond(plan(any=change(["create"], None, {**after, name: other}, {"id": True})), contents, KEY) == [
        "aws_x.any"
    ]
    known = {**after, "id": other}
    assert beyond(plan(any=change(["create"], None, known)), contents, KEY) == []


def with_deposed(days: int, size: str = "S") -> dict[str, Any]:
    """Return a plan as Terraform shows it after a replacement that stopped between its create and its delete."""
    common = {"address": "aws_x.cache", "mode": "managed", "type": "aws_x", "name": "cache"}
    lives = change(["update"], {"days": 30}, {"days": days})
    deposed = change(["delete"], {"days": 30, "size": size}, None)
    return {
        "format_version": "1.2",
        "resource_changes": [
            {**common, "change": lives},
            {**common, "deposed": "3a1f0c55", "change": deposed, "action_reason": "delete_because_no_resource_config"},
        ],
    }


def test_a_deposed_object_hides_no_change_of_the_one_that_lives():
    approved = contents_of(with_deposed(365), KEY)
    assert set(approved) == {"aws_x.cache", "aws_x.cache (deposed 3a1f0c55)"}
    assert beyond(with_deposed(365), approved, KEY) == []
    assert beyond(with_deposed(1), approved, KEY) == ["aws_x.cache"]
    assert beyond(with_deposed(365, "L"), approved, KEY) == ["aws_x.cache (deposed 3a1f0c55)"]


def test_a_deposed_object_that_was_not_there_when_the_plan_was_approved_is_approved_anew():
    approved = contents_of({"resource_changes": with_deposed(365)["resource_changes"][:1]}, KEY)
    assert beyond(with_deposed(365), approved, KEY) == ["aws_x.cache (deposed 3a1f0c55)"]


def kinds(shown: dict[str, Any]) -> dict[str, str]:
    return {address: content["kind"] for address, content in contents_of(shown, KEY).items()}


def test_plans_that_do_the_same_with_other_values_are_of_one_kind():
    here = plan(group=change(["update"], {"days": 365, "tags": {"a": "x"}}, {"days": 400, "tags": {"a": "x"}}))
    there = plan(group=change(["update"], {"days": 30, "tags": {"a": "y"}}, {"days": 60, "tags": {"a": "y"}}))
    assert kinds(here) == kinds(there)
    places = plan(rules=change(["update"], {"rules": [{"port": 1}]}, {"rules": [{"port": 2}]}))
    others = plan(rules=change(["update"], {"rules": [{}, {"port": 1}]}, {"rules": [{}, {"port": 2}]}))
    assert kinds(places) == kinds(others), "a place in a list is none of the kind"


BEFORE = {"days": 365, "name": "x", "rules": [{"port": 1}]}
SEEN = change(["update"], BEFORE, BEFORE | {"days": 400})


@pytest.mark.parametrize(
    "other",
    [
        change(["delete", "create"], BEFORE, BEFORE | {"days": 400}),
        change(["update"], BEFORE, BEFORE | {"days": 400, "name": "y"}),
        change(["update"], BEFORE, BEFORE | {"days": 400, "rules": [{"port": 2}]}),
        change(["update"], BEFORE, BEFORE | {"days": 400, "rules": []}),
        change(["update"], BEFORE, BEFORE | {"days": 400}, {"name": True}),
        change(["update"], BEFORE, BEFORE | {"days": 400}, replace_paths=[["days"]]),
        change(["update"], BEFORE, {name: value for name, value in BEFORE.items() if name != "name"} | {"days": 400}),
    ],
)
def test_a_plan_that_does_something_else_is_of_another_kind(other):
    assert kinds(plan(group=other)) != kinds(plan(group=SEEN))
    assert kinds(plan(another=SEEN)) != kinds(plan(group=SEEN)), "the address is a part of it"

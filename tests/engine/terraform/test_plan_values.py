"""What a plan changes is told value by value; what is secret in it is not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.terraform.document_lines import MOST_LINES
from engine.terraform.plan_values import (
    ABSENT,
    LONGEST,
    MOST_VALUES,
    Difference,
    Steps,
    ToldChange,
    differences,
    path_steps,
    path_text,
    told_changes,
)
from engine.terraform.secret_values import document

SECRET = "hunter2-hunter2"


def change(actions: list[str], before: Any, after: Any, **more: Any) -> dict[str, Any]:
    return {"actions": actions, "before": before, "after": after, **more}


def resource(change: dict[str, Any], address: str = "aws_x.this", **more: Any) -> dict[str, Any]:
    return {"address": address, "mode": "managed", "type": address.split(".")[0], "change": change, **more}


def told(*resources: dict[str, Any], **more: Any) -> list[ToldChange]:
    return told_changes({"resource_changes": list(resources), **more})


def shown(change: ToldChange) -> list[tuple[str, str, str]]:
    """Return the values as a reader sees them."""
    return [
        (
            value.path,
            "hidden" if value.sensitive else value.before.text if value.before else "",
            "later" if value.later else "hidden" if value.sensitive else value.after.text if value.after else "",
        )
        for value in change.values
    ]


def updated(before: Any, after: Any, **more: Any) -> list[tuple[str, str, str]]:
    (planned,) = told(resource(change(["update"], before, after, **more)))
    return shown(planned)


def test_an_update_is_told_by_what_differs():
    assert updated({"days": 365, "name": "x", "on": True}, {"days": 30, "name": "x", "on": 1}) == [
        ("days", "365", "30"),
        ("on", "true", "1"),
    ]


def test_blocks_and_lists_are_told_where_they_differ():
    before = {"ingress": [{"port": 443, "cidr_blocks": ["10.0.0.0/8", "10.9.0.0/16"]}], "tags": {"a b": "1"}}
    after = {"ingress": [{"port": 443, "cidr_blocks": ["10.0.0.0/8", "0.0.0.0/0", "::"]}], "tags": {"a b": "2"}}
    assert updated(before, after) == [
        ("ingress[0].cidr_blocks[1]", '"10.9.0.0/16"', '"0.0.0.0/0"'),
        ("ingress[0].cidr_blocks[2]", "", '"::"'),
        ('tags["a b"]', '"1"', '"2"'),
    ]


def test_what_is_made_or_deleted_is_told_attribute_by_attribute():
    values: dict[str, Any] = {"name": "x", "none": None, "tags": {}}
    created, gone = told(
        resource(change(["create"], None, values, after_unknown={"arn": True, "tags": {}})),
        resource(change(["delete"], values, None), "aws_y.this"),
    )[::-1]
    assert shown(created) == [("arn", "", "later"), ("name", "", '"x"'), ("tags", "", "{}")]
    assert shown(gone) == [("name", '"x"', ""), ("tags", "{}", "")]


def test_what_is_known_after_the_apply_is_told_so_wherever_it_stands():
    before, after = {"arn": "a", "rules": [{"id": 1, "port": 1}]}, {"rules": [{"port": 2}]}
    assert updated(before, after, after_unknown={"arn": True, "rules": [{"id": True}]}) == [
        ("arn", '"a"', "later"),
        ("rules[0].id", "1", "later"),
        ("rules[0].port", "1", "2"),
    ]
    assert updated({"x": "text"}, {}, after_unknown={"x": {"y": True}}) == [("x", '"text"', "later")]


def test_policies_are_compared_inside():
    before = json.dumps({"Statement": [{"Effect": "Allow", "Action": ["s3:Get*"]}]})
    after = json.dumps({"Statement": [{"Action": ["s3:*"], "Effect": "Allow"}]}, indent=1)
    (planned,) = told(resource(change(["update"], {"policy": before}, {"policy": after})))
    (value,) = planned.values
    assert (value.path, value.before, value.after) == ("policy", None, None)
    assert value.lines == (
        (" ", '  "Statement": ['),
        (" ", "    {"),
        (" ", '      "Action": ['),
        ("-", '        "s3:Get*"'),
        ("+", '        "s3:*"'),
        (" ", "      ],"),
        (" ", '      "Effect": "Allow"'),
        (" ", "    }"),
    )
    for sides in ((None, {"policy": after}), ({"policy": after}, None)):
        (whole,) = told(resource(change(["create"] if sides[0] is None else ["delete"], *sides)))[0].values
        assert {mark for mark, _ in whole.lines} == {"+" if sides[0] is None else "-"}
    assert len(updated({"policy": '{"a":1}'}, {"policy": '{ "a":1}'})) == 1, "another layout is told as a text"
    assert updated({"policy": '{"a":1}'}, {"policy": "gone"}) == [("policy", '"{\\"a\\":1}"', '"gone"')]


def test_why_a_resource_is_replaced_is_told():
    replacement = change(
        ["delete", "create"], {"a": 1, "z": [{"n": 1}]}, {"a": 2, "z": [{"n": 2}]}, replace_paths=[["z", 0]]
    )
    (planned,) = told(resource(replacement, action_reason="replace_because_cannot_update"))
    assert (planned.action, planned.reason, planned.forced_by) == (
        "replace",
        "replace_because_cannot_update",
        ("z[0]",),
    )
    assert [(value.path, value.forces) for value in planned.values] == [("z[0].n", True), ("a", False)]


def test_a_move_and_an_import_are_changes_too_and_a_data_source_is_none():
    same = {"name": "x"}
    changes = told(
        resource(change(["no-op"], same, same)),
        resource(change(["no-op"], same, same), "aws_x.b", previous_address="aws_x.a"),
        resource(change(["no-op"], same, same, importing={"id": "sg-1"}), "aws_x.c"),
        resource(change(["update"], same, {"name": "y"}, importing={"id": "sg-2"}), "aws_x.d"),
        {**resource(change(["read"], None, same)), "mode": "data"},
        resource(change(["delete"], same, None), "aws_x.e", deposed="0af1"),
    )
    assert [(planned.address, planned.action, planned.previous_address, planned.import_id) for planned in changes] == [
        ("aws_x.e (deposed 0af1)", "delete", "", ""),
        ("aws_x.d", "update", "", "sg-2"),
        ("aws_x.c", "import", "", "sg-1"),
        ("aws_x.b", "move", "aws_x.a", ""),
    ]


def test_an_output_is_a_change_too():
    (planned,) = told(output_changes={"url": change(["create"], None, "https://a"), "old": change(["no-op"], 1, 1)})
    assert (planned.address, planned.type, shown(planned)) == ("output.url", "output", [("", "", '"https://a"')])


class TestSecrets:
    def test_a_secret_in_a_policy_is_in_none_of_its_lines_and_that_it_changes_is_told(self):
        def policy(word: str, actions: list[str]) -> str:
            return json.dumps({"Statement": [{"Action": actions, "Condition": {"password": word}}]})

        (planned,) = told(
            resource(change(["update"], {"p": policy(SECRET, ["a"])}, {"p": policy("another-secret", ["b"])}))
        )
        assert [(value.path, value.sensitive, bool(value.lines)) for value in planned.values] == [
            ("p", False, True),
            ("p.Statement[0].Condition.password", True, False),
        ]
        for secret in (SECRET, "another-secret"):
            assert secret not in json.dumps(planned.as_data())

    def test_a_marked_value_says_only_that_it_changes(self):
        masks = {"before_sensitive": {"token": True, "same": True}, "after_sensitive": {"token": True, "same": True}}
        values = {"before": {"token": SECRET, "same": "x"}, "after": {"token": "another-secret", "same": "x"}}
        assert updated(values["before"], values["after"], **masks) == [("token", "hidden", "hidden")]
        assert updated({}, {"token": SECRET}, after_sensitive={"token": True}) == [("token", "hidden", "hidden")]
        assert updated({"token": SECRET}, {}, **masks, after_unknown={"token": True}) == [("token", "hidden", "later")]

    def test_a_value_that_is_marked_on_one_side_is_told_on_neither(self):
        assert updated({"v": SECRET}, {"v": "open"}, after_sensitive={"v": True}) == [("v", "hidden", "hidden")]
        assert updated({"v": SECRET}, {"v": "open"}, before_sensitive={"v": True}) == [("v", "hidden", "hidden")]

    @pytest.mark.parametrize(
        ("kind", "values"),
        [
            ("aws_rds_cluster", {"master_password": SECRET}),
            ("aws_secretsmanager_secret_version", {"secret_string": SECRET}),
            ("aws_elasticache_replication_group", {"auth_token": SECRET}),
            ("aws_lambda_function", {"environment": [{"variables": {"ANYTHING": SECRET}}]}),
            (
                "aws_ecs_task_definition",
                {"container_definitions": json.dumps([{"name": "DB_PASSWORD", "value": SECRET}])},
            ),
            ("aws_x", {"passwords": {"nested": {"password": [SECRET]}}}),
        ],
    )
    @pytest.mark.parametrize("actions", [["create"], ["update"], ["delete"]])
    def test_what_a_provider_forgot_to_mark_is_found_by_where_it_stands(self, kind, values, actions):
        other = json.loads(json.dumps(values).replace(SECRET, "something-else"))
        before, after = (None if "create" in actions else other), (None if "delete" in actions else values)
        for sides in ((before, after), (after, before)) if actions == ["update"] else ((before, after),):
            changes = told(resource(change(actions, *sides), f"{kind}.this"))
            assert changes[0].values, "that it changes is told"
            assert SECRET not in repr(changes)
            assert "something-else" not in repr(changes)

    def test_a_secret_is_found_wherever_else_it_stands(self):
        cluster = resource(change(["create"], None, {"password": SECRET}, after_sensitive={"password": True}))
        values = {
            "url": f"postgres://owner:{SECRET}@db",
            "policy": json.dumps({"a": [SECRET, "open"]}),
            "by_key": {SECRET: 1},
            "name": "app",
        }
        changes = told(cluster, resource(change(["create"], None, values), "aws_y.this", previous_address="aws_y.that"))
        assert SECRET not in json.dumps([planned.as_data() for planned in changes])
        assert "app" in repr(changes)
        assert "open" in repr(changes)

    def test_a_secret_inside_a_secret_document_is_known_and_a_user_name_is_not_hidden(self):
        text = json.dumps({"username": "homeroom_owner", "password": SECRET})
        secret = resource(change(["create"], None, {"text": text}, after_sensitive={"text": True}))
        changes = told(
            secret, resource(change(["create"], None, {"a": f"x{SECRET}", "b": "homeroom_owner"}), "aws_y.this")
        )
        assert shown(changes[1]) == [("a", "hidden", "hidden"), ("b", "", '"homeroom_owner"')]

    def test_a_sensitive_variable_is_known(self):
        more = {
            "variables": {"key": {"value": SECRET}, "open": {"value": "not-a-secret"}},
            "configuration": {"root_module": {"variables": {"key": {"sensitive": True}, "open": {}}}},
        }
        (planned,) = told(resource(change(["create"], None, {"a": SECRET, "b": "not-a-secret"})), **more)
        assert shown(planned) == [("a", "hidden", "hidden"), ("b", "", '"not-a-secret"')]


class TestBounds:
    def test_a_long_value_is_cut_and_a_change_behind_the_cut_is_told(self):
        (planned,) = told(resource(change(["update"], {"v": "x" * 5000 + "a"}, {"v": "x" * 5000 + "b"})))
        before, after = planned.values[0].before, planned.values[0].after
        assert before is not None
        assert after is not None
        assert (len(before.text), before.length, before.text) == (LONGEST, 5003, after.text)
        assert before.sha256 != after.sha256

    def test_of_very_many_values_the_reason_of_a_replacement_is_never_left_out(self):
        many = {f"v{number:04}": number for number in range(1000)}
        replacement = change(["delete", "create"], None, many, replace_paths=[["v0999"]])
        (planned,) = told(resource(replacement))
        assert (len(planned.values), planned.left_out, planned.values[0].path) == (
            MOST_VALUES,
            1000 - MOST_VALUES,
            "v0999",
        )

    def test_of_a_long_document_many_lines_are_told_and_the_others_counted(self):
        document_ = json.dumps({f"k{number:04}": number for number in range(1000)})
        (planned,) = told(resource(change(["create"], None, {"d": document_})))
        assert (len(planned.values[0].lines), planned.values[0].more_lines) == (MOST_LINES, 1002 - MOST_LINES)

    def test_a_long_line_is_cut_and_a_change_behind_the_cut_is_told(self):
        before, after = (json.dumps({"a": "x" * 5000 + end}) for end in "pq")
        (planned,) = told(resource(change(["update"], {"d": before}, {"d": after})))
        gone, comes = [line for line in planned.values[0].lines if line[0] in "+-"]
        assert len(gone[1]) < 500
        assert gone[1] != comes[1]

    def test_a_document_without_end_is_a_text(self):
        deep = "[" * 900 + "]" * 900
        assert document(deep) is None
        assert updated({"v": deep}, {"v": deep + " "})[0][0] == "v"

    def test_what_no_database_takes_is_written_as_an_escape(self):
        (planned,) = told(resource(change(["create"], None, {"v": "\x00", "w": '{"a":"\\ud800"}'})))
        assert "\x00" not in json.dumps(planned.as_data(), ensure_ascii=False)
        json.dumps(told(resource(change(["update"], {"w": "[1]"}, {"w": '["\ud800"]'})))[0].as_data()).encode()


def applied(before: Any, told_differences: list[Difference]) -> Any:
    """Return what the differences make of a tree; a list's end is taken off from behind."""
    root = {"": copy.deepcopy(before)}
    for difference in sorted(told_differences, key=lambda candidate: candidate.after is ABSENT):
        if difference.after is not ABSENT:
            put(root, ("", *difference.steps), difference.after)
    gone = [missing for missing in told_differences if missing.after is ABSENT]
    for difference in sorted(
        gone, key=lambda candidate: [step if isinstance(step, int) else 0 for step in candidate.steps], reverse=True
    ):
        put(root, ("", *difference.steps), ABSENT)
    return root.get("")


def put(tree: Any, steps: Steps, value: Any) -> None:
    step: Any = steps[0]
    rest = steps[1:]
    content = document(tree[step]) if isinstance(tree, list) and step < len(tree) else None
    if isinstance(tree, dict):
        content = document(tree.get(step))
    if rest and content is not None:
        # A document is data from here on: the text's layout is none of the difference.
        tree[step] = content
    if isinstance(tree, list) and isinstance(step, int):
        while len(tree) <= step:
            tree.append(None)
    if not rest:
        if value is ABSENT:
            del tree[step]
        else:
            tree[step] = value
        return
    inner = tree.get(step) if isinstance(tree, dict) else tree[step]
    if inner is None:
        inner = tree[step] = [] if isinstance(rest[0], int) else {}
    put(inner, rest, value)


def plain(value: Any) -> Any:
    """Return a tree as differences see it: a document by its data, an attribute that is null as none."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [plain(part) for part in value]
    data = document(value)
    return value if data is None else plain(data)


leaves = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab[{", max_size=3)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c d"]), inner, max_size=3)
        | st.dictionaries(st.sampled_from("ab"), inner, max_size=2).map(json.dumps)
    ),
    max_leaves=8,
)
resources = st.dictionaries(st.sampled_from("abcd"), trees, max_size=3)


@given(resources, resources)
def test_the_differences_make_what_is_to_be_of_what_was(before: dict[str, Any], after: dict[str, Any]):
    changes = differences(before, after)
    assert json.dumps(plain(applied(before, changes)), sort_keys=True) == json.dumps(plain(after), sort_keys=True)
    assert differences(after, after) == []
    assert len({path_text(difference.steps) for difference in changes}) == len(changes), "each value is told once"


@given(st.lists(st.integers(0, 20) | st.text(max_size=6), max_size=5))
def test_a_path_is_read_as_it_was_written(steps: list[str | int]):
    assert path_steps(path_text(steps)) == tuple(steps)


@pytest.mark.parametrize("text", [".a", "a..b", "a b", "[x]", 'a."b"', "a[1", "a]"])
def test_what_is_no_path_is_refused(text: str):
    with pytest.raises(ValueError, match="no path"):
        path_steps(text)


SHORT = "s3cr3t!"
"""Too short to be looked for elsewhere: only its mask hides it."""


def masked(draw: st.DrawFn, value: Any, secret: str) -> tuple[Any, Any]:
    """Return the value with secrets planted in it, and their mask."""
    if isinstance(value, dict):
        parts = {key: masked(draw, part, secret) for key, part in value.items()}
        return {key: part[0] for key, part in parts.items()}, {key: part[1] for key, part in parts.items() if part[1]}
    if isinstance(value, list):
        pairs = [masked(draw, part, secret) for part in value]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return (secret, True) if draw(st.booleans()) else (value, False)


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, Any, Any]:
    secret = draw(st.sampled_from([SECRET, SHORT]))
    return secret, *masked(draw, draw(resources), secret)


@given(st.none() | resources, planted(), st.booleans())
def test_a_planted_secret_is_in_no_output(other: Any, given_: tuple[str, Any, Any], reverse: bool):
    secret, value, mask = given_
    sides = {"before": other, "before_sensitive": False, "after": value, "after_sensitive": mask}
    if reverse:
        sides = {"before": value, "before_sensitive": mask, "after": other, "after_sensitive": False}
    # Marked in one place, it is none to show in another either.
    beside = resource(change(["create"], None, {"note": "see " + secret if secret == SECRET else ""}), "aws_y.this")
    changes = told(resource({"actions": ["update"], **sides}), beside)
    if secret in json.dumps(value):
        assert secret not in repr(changes)
        assert secret not in json.dumps([planned.as_data() for planned in changes])

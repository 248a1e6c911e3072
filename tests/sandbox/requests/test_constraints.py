"""Each kind of a model's constraints is found where it is broken. The tests' embedded AWS compiles every operation."""

from __future__ import annotations

from typing import Any

import pytest
from moto.core.utils import get_service_model

from sandbox.requests.constraints import Breach, Constraints, Kind, compiled_pattern
from sandbox.requests.speech import fault_for


def breaches(service: str, operation: str, **members: Any) -> list[Breach]:
    shape = get_service_model(service).operation_model(operation).input_shape
    check = Constraints().of(shape)
    assert check is not None
    return list(check(members, ()))


def said(service: str, operation: str, **members: Any) -> str:
    return fault_for(service, breaches(service, operation, **members)).message


def test_each_kind_of_constraint_is_found_where_it_is_broken():
    broken = breaches(
        "kms",
        "CreateKey",
        Description="x" * 8193,
        KeySpec="RSA_1",
        Tags=[{"TagKey": "", "TagValue": "v"}, {"TagValue": "v"}],
    )
    assert {(breach.path, breach.kind) for breach in broken} == {
        (("Description",), Kind.LENGTH),
        (("KeySpec",), Kind.ENUM),
        (("Tags", "1", "member", "TagKey"), Kind.LENGTH),
        (("Tags", "2", "member", "TagKey"), Kind.MISSING),
    }
    assert [breach.kind for breach in breaches("kms", "CreateAlias", AliasName="a b", TargetKeyId="k")] == [
        Kind.PATTERN
    ]
    assert [breach.kind for breach in breaches("kms", "ScheduleKeyDeletion", KeyId="k", PendingWindowInDays=0)] == [
        Kind.RANGE
    ]


def test_a_list_of_texts_is_told_as_a_whole_as_aws_tells_it():
    message = said("logs", "UntagLogGroup", logGroupName="a", tags=["ok", "", "no!"])
    assert message.startswith(
        "1 validation error detected: Value '[ok, , no!]' at 'tags' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length greater than or equal to 1, Member must satisfy "
    )


def test_a_value_that_is_secret_is_told_to_nobody():
    message = said("secretsmanager", "CreateSecret", Name="a", SecretString="", SecretBinary=b"")
    assert "at 'secretString' failed to satisfy constraint" in message
    assert message.startswith("2 validation errors detected: Value at ")


def test_a_shape_inside_itself_is_checked_at_every_depth():
    inner: dict[str, Any] = {"GeoMatchStatement": {"CountryCodes": []}}
    for _ in range(3):
        inner = {"NotStatement": {"Statement": inner}}
    broken = breaches("wafv2", "CheckCapacity", Scope="REGIONAL", Rules=[{"Statement": inner}])
    deepest = [breach.path for breach in broken if breach.path[-1] == "CountryCodes"]
    assert [path.count("NotStatement") for path in deepest] == [3]


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Schüler 7", "no!"),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "a\U0001f3eb", "\x01"),
        (r"[\w-_]*", "a-b_c", "a b"),
        (r"[\w+=,.@-]+", "task-lakeside", "task lakeside"),
    ],
)
def test_javas_patterns_are_read_as_java_reads_them(pattern, fits, fails):
    assert compiled_pattern(pattern).fullmatch(fits)
    assert not compiled_pattern(pattern).fullmatch(fails)

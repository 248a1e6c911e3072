"""Every condition operator, with values that meet it, that do not, and none at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.authorization.conditions import NEGATIVE, POSITIVE, Condition, MalformedPolicyError, check, is_met
from sandbox.authorization.matching import UnknownVariableError, arn_matches, likened, matches

KEY = "aws:RequestTag/Team"
MET = [
    ("StringEquals", "a", "a", "A"),
    ("StringEqualsIgnoreCase", "Ab", "aB", "b"),
    ("StringLike", "a*c?", "abbbcd", "abb"),
    ("NumericEquals", "10", "10.0", "11"),
    ("NumericLessThan", "10", "9", "10"),
    ("NumericLessThanEquals", "10", "10", "11"),
    ("NumericGreaterThan", "10", "11", "10"),
    ("NumericGreaterThanEquals", "10", "10", "9"),
    ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", "1767225601"),
    ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
    ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-02"),
    ("DateGreaterThan", "2026-01-01", "2026-01-02", "2026-01-01"),
    ("DateGreaterThanEquals", "2026-01-01", "2026-01-01", "2025-12-31"),
    ("Bool", "true", "true", "false"),
    ("BinaryEquals", "YWJj", "YWJj", "YWJk"),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", "11.1.2.3"),
    ("ArnEquals", "arn:aws:s3:::a*", "arn:aws:s3:::abc", "arn:aws:sqs:::abc"),
    ("ArnLike", "arn:aws:sns:*:123456789012:*", "arn:aws:sns:us-east-1:123456789012:x", "arn:aws:sns:us-east-1:9:x"),
]


def met(operator: str, wanted: str, *values: str) -> bool:
    return is_met(Condition(operator, KEY, (wanted,)), {KEY.lower(): values} if values else {})


def test_every_operator_of_iam_has_a_case():
    assert {operator for operator, *_ in MET} == set(POSITIVE)


@pytest.mark.parametrize(("operator", "wanted", "good", "bad"), MET)
def test_a_condition_is_met_by_its_value_alone(operator, wanted, good, bad):
    assert met(operator, wanted, good)
    assert not met(operator, wanted, bad)
    assert not met(operator, wanted), "a missing key meets no positive condition"
    assert met(f"{operator}IfExists", wanted)
    assert not met(f"{operator}IfExists", wanted, bad)


@pytest.mark.parametrize("operator", NEGATIVE)
def test_a_negated_condition_is_met_where_the_positive_one_is_not_and_without_the_key(operator):
    _, wanted, good, bad = next(case for case in MET if case[0] == NEGATIVE[operator])
    assert not met(operator, wanted, good)
    assert met(operator, wanted, bad)
    assert met(operator, wanted)


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAllValues:StringEquals", (), True),
        ("ForAnyValue:StringEquals", ("a", "c"), True),
        ("ForAnyValue:StringEquals", ("c",), False),
        ("ForAnyValue:StringEquals", (), False),
        ("ForAnyValue:StringEqualsIfExists", (), True),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("a", "d"), False),
        ("ForAnyValue:StringNotEquals", ("a", "d"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
    ],
)
def test_set_operators_ask_for_all_values_or_any(operator, values, expected):
    condition = Condition(operator, KEY, ("a", "b"))
    assert is_met(condition, {KEY.lower(): values} if values else {}) is expected


def test_null_asks_whether_a_key_is_there():
    assert met("Null", "true")
    assert not met("Null", "true", "a")
    assert met("Null", "false", "a")
    assert not met("Null", "false")


@pytest.mark.parametrize("operator", ["StringEqual", "NullIfExists", "ForAnyValue:Null", "Stringequals"])
def test_what_is_no_operator_is_an_error(operator):
    with pytest.raises(MalformedPolicyError):
        check(operator)


def test_a_variable_stands_for_what_the_call_knows_and_for_nothing_else():
    context = {"aws:principaltag/team": ("a*",), "aws:tagkeys": ("x", "y")}
    assert matches("home/${aws:PrincipalTag/Team}/?", "home/a*/1", context)
    assert not matches("home/${aws:PrincipalTag/Team}/?", "home/ab/1", context), "its star is no wildcard"
    assert matches("${*}${?}${$}", "*?$", {})
    assert matches("${aws:username, 'nobody'}", "nobody", {})
    for unknown in ("${aws:username}", "${aws:TagKeys}"):
        with pytest.raises(UnknownVariableError):
            matches(unknown, "x", context)
    assert not is_met(Condition("StringNotEquals", "aws:tagkeys", ("${aws:username}",)), context)


def test_a_star_of_an_arns_condition_stays_within_its_part():
    assert arn_matches("arn:aws:s3:::*", "arn:aws:s3:::a:b", {})
    assert not arn_matches("arn:aws:*:x", "arn:aws:sns:us-east-1:1:x", {})
    assert not arn_matches("arn:aws:s*:1:x", "arn:aws:sns:us-east-1:1:x", {})


TEXT = st.text(st.characters(codec="ascii", exclude_characters="*?$"), max_size=12)


@given(TEXT, TEXT, TEXT)
def test_a_pattern_matches_what_its_stars_are_filled_with(before, between, after):
    assert likened(f"{before}*{after}", before + between + after)
    assert likened(before.upper(), before.lower(), ignore_case=True) is (before.upper().lower() == before.lower())
    assert likened("?" * len(between), between)
    assert not likened("?" * (len(between) + 1), between)

"""Whether a statement's conditions are met: every operator of IAM, with its set and ``IfExists`` forms.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Set operators for multivalued context keys".
An operator that IAM does not have is an error, not a no.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial

from sandbox.authorization.matching import Context, UnknownVariableError, arn_matches, filled, matches

Test = Callable[[str, str, Context], bool]
"""Says whether a value of the call meets a value of the policy."""

IF_EXISTS, FOR_ALL, FOR_ANY = "IfExists", "ForAllValues:", "ForAnyValue:"


class MalformedPolicyError(ValueError):
    """A policy document that IAM would not take; its sentence says where."""


@dataclass(frozen=True)
class Condition:
    """One operator on one key."""

    operator: str
    key: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.operator} {self.key} {' or '.join(self.values)}"


def _equal(actual: str, expected: str, context: Context) -> bool:
    return actual == filled(expected, context)


def _equal_in_any_case(actual: str, expected: str, context: Context) -> bool:
    return actual.casefold() == filled(expected, context).casefold()


def _like(actual: str, expected: str, context: Context) -> bool:
    return matches(expected, actual, context)


def _arn(actual: str, expected: str, context: Context) -> bool:
    return arn_matches(expected, actual, context)


def _bool(actual: str, expected: str, context: Context) -> bool:
    return actual.casefold() == filled(expected, context).casefold()


def _binary(actual: str, expected: str, _context: Context) -> bool:
    try:
        return base64.b64decode(actual, validate=True) == base64.b64decode(expected, validate=True)
    except binascii.Error:
        return False


def _address(actual: str, expected: str, context: Context) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(filled(expected, context), strict=False)
    except ValueError:
        return False


def _number(compare: Callable[[Decimal, Decimal], bool], actual: str, expected: str, context: Context) -> bool:
    try:
        return compare(Decimal(actual), Decimal(filled(expected, context)))
    except InvalidOperation:
        return False


def _moment(text: str) -> dt.datetime:
    """Return a moment in ISO 8601 or in seconds since 1970; raises ValueError."""
    if text.lstrip("-").isdigit():
        return dt.datetime.fromtimestamp(int(text), dt.UTC)
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _date(compare: Callable[[dt.datetime, dt.datetime], bool], actual: str, expected: str, context: Context) -> bool:
    try:
        return compare(_moment(actual), _moment(filled(expected, context)))
    except (ValueError, OverflowError):
        return False


POSITIVE: dict[str, Test] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_in_any_case,
    "StringLike": _like,
    "NumericEquals": partial(_number, lambda actual, expected: actual == expected),
    "NumericLessThan": partial(_number, lambda actual, expected: actual < expected),
    "NumericLessThanEquals": partial(_number, lambda actual, expected: actual <= expected),
    "NumericGreaterThan": partial(_number, lambda actual, expected: actual > expected),
    "NumericGreaterThanEquals": partial(_number, lambda actual, expected: actual >= expected),
    "DateEquals": partial(_date, lambda actual, expected: actual == expected),
    "DateLessThan": partial(_date, lambda actual, expected: actual < expected),
    "DateLessThanEquals": partial(_date, lambda actual, expected: actual <= expected),
    "DateGreaterThan": partial(_date, lambda actual, expected: actual > expected),
    "DateGreaterThanEquals": partial(_date, lambda actual, expected: actual >= expected),
    "Bool": _bool,
    "BinaryEquals": _binary,
    "IpAddress": _address,
    # IAM makes no difference between the two: both take wildcards, part by part.
    "ArnEquals": _arn,
    "ArnLike": _arn,
}
NEGATIVE = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
"""Each is met where the positive one is not, and where the key is missing."""


def check(operator: str) -> None:
    """Raise MalformedPolicyError for what is no operator."""
    name = _bare(operator)
    if name == "Null" and operator == "Null":
        return
    if name not in POSITIVE and name not in NEGATIVE:
        raise MalformedPolicyError(f"{operator} is no condition operator")


def _bare(operator: str) -> str:
    for prefix in (FOR_ALL, FOR_ANY):
        operator = operator.removeprefix(prefix)
    return operator.removesuffix(IF_EXISTS)


def unmet(conditions: tuple[Condition, ...], context: Context) -> Iterator[Condition]:
    """Yield the conditions that a call does not meet; a statement applies where there is none."""
    for condition in conditions:
        if not is_met(condition, context):
            yield condition


def is_met(condition: Condition, context: Context) -> bool:
    """Return whether a call meets one condition."""
    values = context.get(condition.key.lower(), ())
    if condition.operator == "Null":
        return any((not values) == (expected.casefold() == "true") for expected in condition.values)
    if not values:
        return _met_without(condition.operator)
    name = _bare(condition.operator)
    negated = name in NEGATIVE
    test = POSITIVE[NEGATIVE.get(name, name)]

    def meets(value: str) -> bool:
        try:
            matched = any(test(value, expected, context) for expected in condition.values)
        except UnknownVariableError:
            return False
        return matched != negated

    if condition.operator.startswith(FOR_ALL):
        return all(meets(value) for value in values)
    if condition.operator.startswith(FOR_ANY) or not negated:
        return any(meets(value) for value in values)
    return all(meets(value) for value in values)


def _met_without(operator: str) -> bool:
    """Return whether an operator is met by a call that does not have its key."""
    if operator.startswith(FOR_ANY):
        return operator.endswith(IF_EXISTS)
    return operator.startswith(FOR_ALL) or operator.endswith(IF_EXISTS) or _bare(operator) in NEGATIVE

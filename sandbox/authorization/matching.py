"""How a text matches a pattern of a policy: ``*``, ``?``, policy variables, ARNs part by part.

Source: IAM User Guide, "IAM policy elements: Variables and tags", "IAM JSON policy elements: Resource", "Amazon
Resource Name (ARN) condition operators".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

Context = Mapping[str, tuple[str, ...]]
"""What is known of a call, by condition key in lower case. A key without a value is not in it."""

VARIABLE = re.compile(r"\$\{([^{}]*)\}")
LITERALS = {"*": "*", "?": "?", "$": "$"}
"""Characters that a variable stands for as they are: ``${*}``."""
ARN_PARTS = 6


class UnknownVariableError(LookupError):
    """A pattern names a variable that this call has no value for: the element that holds it matches nothing."""


@functools.lru_cache(4096)
def _pattern(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@functools.lru_cache(1024)
def _between(pattern: str) -> tuple[str, ...]:
    """Return the pattern's parts: text and names of variables in turn."""
    return tuple(VARIABLE.split(pattern))


def likened(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Return whether a text matches a pattern with ``*`` and ``?`` alone."""
    if not ignore_case and "*" not in pattern and "?" not in pattern:
        return pattern == text
    return _pattern(pattern, ignore_case=ignore_case).fullmatch(text) is not None


def matches(pattern: str, text: str, context: Context, *, ignore_case: bool = False) -> bool:
    """Return whether a text matches a pattern with wildcards and variables; raises UnknownVariableError.

    What a variable stands for is taken as it is: its own stars match nothing but stars.
    """
    if "${" not in pattern:
        return likened(pattern, text, ignore_case=ignore_case)
    parts = _between(pattern)
    expression = "".join(
        re.escape(value_of(part, context)) if index % 2 else re.escape(part).replace(r"\*", ".*").replace(r"\?", ".")
        for index, part in enumerate(parts)
    )
    return re.fullmatch(expression, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def filled(pattern: str, context: Context) -> str:
    """Return a text with its variables' values in their places; raises UnknownVariableError."""
    if "${" not in pattern:
        return pattern
    return VARIABLE.sub(lambda match: value_of(match[1], context), pattern)


def value_of(variable: str, context: Context) -> str:
    """Return a variable's value, or the default that it names (``${key, 'default'}``); raises UnknownVariableError."""
    name, _, default = variable.partition(",")
    name = name.strip()
    if name in LITERALS:
        return LITERALS[name]
    values = context.get(name.lower(), ())
    # A variable has to have one value: one with several stands for nothing.
    if len(values) == 1:
        return values[0]
    if default:
        return default.strip().strip("'")
    raise UnknownVariableError(name)


def arn_matches(pattern: str, arn: str, context: Context) -> bool:
    """Return whether an ARN matches, each of its six parts by itself; raises UnknownVariableError."""
    if pattern == "*":
        return True
    pattern_parts, arn_parts = pattern.split(":", ARN_PARTS - 1), arn.split(":", ARN_PARTS - 1)
    return len(pattern_parts) == len(arn_parts) and all(
        matches(part, text, context) for part, text in zip(pattern_parts, arn_parts, strict=True)
    )

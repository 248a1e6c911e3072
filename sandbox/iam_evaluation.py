"""What IAM's documents decide of a call: one function, so that whoever simulates need not know how it is done.

Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators". An operator that
is not known here is an error, never a yes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

Document = Mapping[str, Any]
Context = Mapping[str, list[str]]


class Decision(StrEnum):
    """What a set of documents says, in the words of IAM's simulator."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


def decide(documents: Iterable[Document], action: str, resource: str, context: Context) -> Decision:
    """Return what the documents say of an action on a resource; raises NotImplementedError for an unknown operator."""
    known = {key.lower(): values for key, values in context.items()}
    said = {
        part["Effect"]
        for document in documents
        for part in _many(document.get("Statement"))
        if _applies(part, action, resource, known)
    }
    if "Deny" in said:
        return Decision.EXPLICIT_DENY
    return Decision.ALLOWED if "Allow" in said else Decision.IMPLICIT_DENY


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    made = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(made, text, re.IGNORECASE | re.DOTALL if ignore_case else re.DOTALL) is not None


def _applies(part: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    def named(element: str, value: str, *, ignore_case: bool) -> bool:
        if f"Not{element}" in part:
            return not any(_matches(one, value, ignore_case=ignore_case) for one in _many(part[f"Not{element}"]))
        return any(_matches(one, value, ignore_case=ignore_case) for one in _many(part.get(element)))

    return (
        named("Action", action, ignore_case=True)
        and named("Resource", resource, ignore_case=False)
        and all(_holds(operator, wanted, context) for operator, wanted in part.get("Condition", {}).items())
    )


def _equals(wanted: str, given: str) -> bool:
    return wanted == given


def _equals_in_any_case(wanted: str, given: str) -> bool:
    return wanted.lower() == given.lower()


COMPARED: dict[str, Callable[[str, str], bool]] = {
    "ArnEquals": _matches,
    "ArnLike": _matches,
    "Bool": _equals_in_any_case,
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_in_any_case,
    "StringLike": _matches,
}
NEGATED = {
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
}
"""They hold where the key is missing too."""


def _holds(operator: str, wanted: Mapping[str, Any], context: Context) -> bool:
    """Say whether every key of one operator holds; each by any of its values."""
    name = operator.removesuffix("IfExists")
    for key, values in wanted.items():
        given = context.get(key.lower())
        texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in _many(values)]
        if name == "Null":
            holds = (given is None) == (texts[0] == "true")
        elif name in COMPARED:
            is_left_out = given is None and operator != name
            holds = is_left_out or any(COMPARED[name](text, one) for text in texts for one in given or [])
        elif name in NEGATED:
            compared = COMPARED[NEGATED[name]]
            holds = not any(compared(text, one) for text in texts for one in given or [])
        else:
            raise NotImplementedError(f"The condition operator {operator} is not known.")
        if not holds:
            return False
    return True

"""Decides whether IAM documents allow a call: by action, resource and the conditions that our documents use.

Source: IAM User Guide, "Policy evaluation logic". An operator or key that is not known here is an error, not a yes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Context = Mapping[str, str]


def likened(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Say whether a text matches a pattern with ``*`` and ``?``."""
    made = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(made, text, re.IGNORECASE if ignore_case else 0) is not None


def listed(value: Any) -> list[str]:
    """Return one or many as many."""
    return value if isinstance(value, list) else [value]


def holds(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Say whether all of a statement's conditions hold; a key that is missing fails them, but for ``Null``."""
    for operator, wanted in condition.items():
        if operator not in {"StringEquals", "Null"}:
            raise NotImplementedError(operator)
        for key, values in wanted.items():
            if operator == "Null" and (key not in context) != (values == "true"):
                return False
            if operator == "StringEquals" and context.get(key) not in listed(values):
                return False
    return True


def applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    """Say whether a statement speaks of a call."""
    return (
        any(likened(pattern, action, ignore_case=True) for pattern in listed(statement["Action"]))
        and any(likened(pattern, resource) for pattern in listed(statement["Resource"]))
        and holds(statement.get("Condition", {}), context)
    )


def allowed(statements: list[dict[str, Any]], action: str, resource: str, context: Context) -> bool:
    """Say whether the statements allow a call: one says yes and none says no."""
    said = {part["Effect"] for part in statements if applies(part, action, resource, context)}
    return said == {"Allow"}

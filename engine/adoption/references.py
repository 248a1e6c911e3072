"""Reads the values of a declared resource, with Terraform's references put in from what is known to exist.

Understands what a synthesized stack holds: whole and embedded references to another resource's attribute, and the
element of a list attribute. Everything else is unknown before Terraform runs, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.adoption.rules import at

EXPRESSION = re.compile(r"\$\{([^{}]*)\}")
ATTRIBUTE = re.compile(r"(aws_\w+)\.(\w+)\.(\w+)")
ELEMENT = re.compile(r"tolist\((aws_\w+)\.(\w+)\.(\w+)\)\[(\d+)\]\.(\w+)")
ESCAPED = re.compile(r"([$%])\1\{")

Attribute = Callable[[str, str], Any]
"""Returns an attribute of a resource by its address; raises UnknownReferenceError."""


class UnknownReferenceError(Exception):
    """A value is not known: what it refers to neither is in the state nor exists."""


class DeclaredValues:
    """The values that one resource declares."""

    def __init__(self, declared: Mapping[str, Any], attribute: Attribute) -> None:
        self.declared = declared
        self.attribute = attribute

    def at(self, path: str) -> Any:
        """Return the value at a path, or at the first of several between bars that is declared.

        Raises UnknownReferenceError.
        """
        values = (at(self.declared, alternative) for alternative in path.split("|"))
        return self._resolved(next((value for value in values if value is not None), None))

    def _resolved(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if whole := EXPRESSION.fullmatch(value):
            return self._expression(whole[1])
        if "${" not in value and "%{" not in value:
            return value
        masked = ESCAPED.sub(lambda match: f"{match[1]}\0", value)
        filled = EXPRESSION.sub(lambda match: str(self._expression(match[1])), masked)
        if "${" in filled or "%{" in filled:
            raise UnknownReferenceError(value)
        return filled.replace("\0", "{")

    def _expression(self, text: str) -> Any:
        if match := ATTRIBUTE.fullmatch(text):
            return self.attribute(f"{match[1]}.{match[2]}", match[3])
        if match := ELEMENT.fullmatch(text):
            values = self.attribute(f"{match[1]}.{match[2]}", match[3])
            number = int(match[4])
            if isinstance(values, list) and number < len(values) and match[5] in values[number]:
                return values[number][match[5]]
        raise UnknownReferenceError(text)

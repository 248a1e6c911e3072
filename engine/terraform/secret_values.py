"""Which values of a plan are secret: what Terraform marks, what a provider forgot to, and the same value elsewhere.

Pure. A mask has the shape of Terraform's `before_sensitive`: true where all below is secret, else the parts that are.
Inside a string that is a JSON document it goes on with the document's own parts.
Source: Terraform, "JSON Output Format": `before_sensitive`, `after_sensitive`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.terraform.redaction import UNMARKED

SECRET_NAME = re.compile(
    r"pass_?(word|wd|phrase)$|secret_?(string|binary|key|access_?key)$|(auth|access|refresh|session|bearer|api)_?token$"
    r"|private_?key(_pem)?$|api_?key$|client_?secret$",
    re.IGNORECASE,
)
"""Names of attributes, and of variables of an environment, whose text is a secret whoever marked it or not."""

SHORTEST = 8
"""A shorter secret is not looked for in other values: it would be found in half of them."""

DEEPEST = 50
"""A document that is nested deeper is a text: nobody's policy is, and what walks over it would not come back."""


def document(value: Any) -> Any:
    """Return the data of a string that is a JSON object or array (policies); None for everything else."""
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return None
    try:
        data = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict | list) and _depth(data) <= DEEPEST else None


def known_secrets(plan: Mapping[str, Any]) -> frozenset[str]:
    """Return the secret texts of a plan that are long enough to be told from other texts."""
    texts: set[str] = set()
    for change in [resource_change["change"] for resource_change in _changes(plan)] + list(
        plan.get("output_changes", {}).values()
    ):
        for side in ("before", "after"):
            texts.update(_marked(change.get(side), change.get(f"{side}_sensitive")))
    declared = plan.get("configuration", {}).get("root_module", {}).get("variables", {})
    for name, variable in plan.get("variables", {}).items():
        if declared.get(name, {}).get("sensitive"):
            texts.update(_texts(variable.get("value")))
    return frozenset(text for text in texts if len(text) >= SHORTEST)


def secret_mask(kind: str, value: Any, mask: Any, secrets: frozenset[str]) -> Any:
    """Return the mask of all that is secret in a resource's values: of `mask`, by their names, and the `secrets`."""
    marked = {top: True for of, top in UNMARKED if of == kind}
    if marked and isinstance(value, dict) and mask is not True:
        mask = {**(mask if isinstance(mask, dict) else {}), **marked}
    return _mask(value, mask, secrets, "")


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting and deepest <= DEEPEST:
        part, depth = waiting.pop()
        if isinstance(part, dict | list):
            deepest = max(deepest, depth)
            waiting += [(inner, depth + 1) for inner in (part.values() if isinstance(part, dict) else part)]
    return deepest


def _changes(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*plan.get("resource_changes", []), *plan.get("resource_drift", [])]


def _marked(value: Any, mask: Any) -> Iterator[str]:
    """Yield the texts that a mask covers."""
    if mask is True:
        yield from _texts(value)
    elif isinstance(mask, dict) and isinstance(value, dict):
        for name, part in value.items():
            yield from _marked(part, mask.get(name))
    elif isinstance(mask, list) and isinstance(value, list):
        for part, inner in zip(value, mask, strict=False):
            yield from _marked(part, inner)


def _texts(value: Any, name: str = "") -> Iterator[str]:
    """Yield a secret's texts: a document as a whole, and of what stands in it what its name says is secret."""
    if isinstance(value, str):
        yield value
        for inner, text in _named(document(value)):
            if SECRET_NAME.search(inner):
                yield text
    elif isinstance(value, dict):
        for inner, part in value.items():
            yield from _texts(part, inner)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, name)


def _named(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for inner, part in value.items():
            yield from _named(part, inner)
    elif isinstance(value, list):
        for part in value:
            yield from _named(part, name)


def _mask(value: Any, mask: Any, secrets: frozenset[str], name: str) -> Any:
    if mask is True:
        return True
    if isinstance(value, dict):
        if any(secret in key for key in value for secret in secrets):
            return True
        named = value.get("name")
        pair = isinstance(named, str) and bool(SECRET_NAME.search(named))
        of = mask if isinstance(mask, dict) else {}
        parts = {
            key: inner
            for key, part in value.items()
            if (inner := True if pair and key == "value" else _mask(part, of.get(key), secrets, key))
        }
        # What is marked and has no value keeps its mark: it may get one.
        return {**{key: inner for key, inner in of.items() if inner and key not in value}, **parts} or False
    if isinstance(value, list):
        marks = mask if isinstance(mask, list) else []
        wide = [*marks, *[False] * (len(value) - len(marks))]
        inner = [_mask(part, wide[place], secrets, name) for place, part in enumerate(value)]
        return inner if any(inner) else False
    if isinstance(value, str) and value:
        return _mask_of_text(value, mask, secrets, name)
    return mask or False


def _mask_of_text(value: str, mask: Any, secrets: frozenset[str], name: str) -> Any:
    if mask or SECRET_NAME.search(name):
        return True
    holds_secret = any(secret in value for secret in secrets)
    data = document(value)
    inner = _mask(data, False, secrets, name) if data is not None else False
    return inner or holds_secret

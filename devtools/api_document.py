"""``python -m devtools.api_document``: writes docs/openapi.json, unless that would break those who call the API.

A change breaks that takes a path, an operation, a parameter, a field or a value away, gives one another type, or asks
for more than before. ``--breaking`` writes it all the same: for a new version of the API.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devtools.paths import ROOT

PATH = ROOT / "docs" / "openapi.json"
Document = dict[str, Any]
NARROWER = {"maxLength": -1, "maximum": -1, "maxItems": -1, "minLength": 1, "minimum": 1, "minItems": 1}
"""Bounds of what is sent, and the direction in which they let less through."""


def breaking_changes(before: Document, after: Document) -> list[str]:
    """Return what of the document of before no longer holds, a sentence each."""
    return sorted(set(_breaking(before, after)))


def _breaking(before: Document, after: Document) -> Iterator[str]:
    for path, operations in before["paths"].items():
        for method, old in operations.items():
            name, new = f"{method.upper()} {path}", after["paths"].get(path, {}).get(method)
            if new is None:
                yield f"{name} is gone"
                continue
            yield from _parameters(name, before, after, old, new)
            for status in old["responses"]:
                if status.startswith("2") and status not in new["responses"]:
                    yield f"{name} no longer answers {status}"
    sent = _sent(before)
    for name, old in before["components"]["schemas"].items():
        new = after["components"]["schemas"].get(name)
        if new is not None:
            yield from _schema(name, old, new, is_sent=name in sent)


def _parameters(name: str, before: Document, after: Document, old: Document, new: Document) -> Iterator[str]:
    had, has = _by_name(before, old), _by_name(after, new)
    for key, parameter in has.items():
        if parameter["required"] and not had.get(key, {}).get("required"):
            yield f"{name} asks for {key[1]}"
    for key, parameter in had.items():
        if key not in has:
            yield f"{name} no longer takes {key[1]}"
        else:
            yield from _schema(f"{name} {key[1]}", parameter["schema"], has[key]["schema"], is_sent=True)
    if new.get("requestBody", {}).get("required") and not old.get("requestBody", {}).get("required"):
        yield f"{name} asks for a body"


def _by_name(document: Document, operation: Document) -> dict[tuple[str, str], Document]:
    parameters = [_resolved(document, parameter) for parameter in operation.get("parameters", [])]
    return {(parameter["in"], parameter["name"]): parameter for parameter in parameters}


def _resolved(document: Document, part: Document) -> Document:
    if "$ref" not in part:
        return part
    node: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        node = node[name]
    resolved: Document = node
    return resolved


def _schema(name: str, old: Document, new: Document, *, is_sent: bool) -> Iterator[str]:
    for part in ("type", "$ref", "const", "format", "pattern"):
        if part in old and old[part] != new.get(part):
            yield f"{name} is no longer {part} {old[part]}"
    had: list[Any] = old.get("enum") or []
    has: list[Any] = new.get("enum") or had
    if gone := {str(value) for value in had} - {str(value) for value in has}:
        yield f"{name} no longer has {', '.join(sorted(gone))}"
    if is_sent:
        for field in set(new.get("required", [])) - set(old.get("required", [])):
            yield f"{name} asks for {field}"
        for bound, direction in NARROWER.items():
            if bound in new and (bound not in old or (new[bound] - old[bound]) * direction > 0):
                yield f"{name} has a narrower {bound}"
    else:
        for field in set(old.get("required", [])) - set(new.get("required", [])):
            yield f"{name} may lack {field}"
    for field, part in old.get("properties", {}).items():
        if field not in new.get("properties", {}):
            yield f"{name} no longer has {field}"
        else:
            yield from _schema(f"{name}.{field}", part, new["properties"][field], is_sent=is_sent)
    if "items" in old:
        yield from _schema(f"{name}[]", old["items"], new.get("items", {}), is_sent=is_sent)
    ways = [json.dumps(_bare(schema), sort_keys=True) for schema in new.get("anyOf", [])]
    for variant in old.get("anyOf", []):
        if json.dumps(_bare(variant), sort_keys=True) not in ways:
            yield f"{name} can no longer be {variant.get('type', variant.get('$ref'))}"


def _bare(schema: Document) -> Document:
    return {name: value for name, value in schema.items() if name in {"type", "$ref", "items"}}


def _sent(document: Document) -> set[str]:
    """Return the schemas of what is sent, with those that they are made of."""
    texts = [
        json.dumps(operation.get("requestBody", {}))
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    names: set[str] = set()
    while texts:
        text = texts.pop()
        for name, schema in document["components"]["schemas"].items():
            if f'schemas/{name}"' in text and name not in names:
                names.add(name)
                texts.append(json.dumps(schema))
    return names


def main(arguments: list[str]) -> int:
    """Write the document; 1 where that would break something."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from portal.api.document import document, text

    broken = breaking_changes(json.loads(PATH.read_text()), document()) if PATH.exists() else []
    for sentence in broken:
        print(sentence)
    if broken and "--breaking" not in arguments:
        return 1
    Path(PATH).write_text(text())
    print(f"{PATH.relative_to(ROOT)} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

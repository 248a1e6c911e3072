"""The OpenAPI document is in step with the code, and no change of it breaks those who call."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

import pytest
from pydantic import ConfigDict, TypeAdapter

from devtools.api_document import PATH, breaking_changes
from portal.api.document import document, text
from portal.api.schemas.base import RequestBody


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(PATH.read_text())
    return schema


def test_nothing_breaks_those_who_call(committed: dict[str, Any]):
    assert breaking_changes(committed, document()) == []


def test_the_committed_document_is_the_one_that_is_served():
    assert PATH.read_text() == text(), "call `.venv/bin/python -m devtools.api_document`"


def test_it_is_3_1_and_every_operation_has_its_problems_and_its_words():
    schema = document()
    assert schema["openapi"].startswith("3.1")
    for path, operations in schema["paths"].items():
        for method, details in operations.items():
            assert details["summary"], (method, path)
            assert {"400", "401", "403", "404", "429"} <= set(details["responses"])
            assert ("422" in details["responses"]) == bool(details.get("security")), "OAuth's own answer is 400"
            assert {"409", "413"} <= set(details["responses"]) or method == "get"


def changed(schema: dict[str, Any], *place: str, to: Any = None, remove: bool = False) -> dict[str, Any]:
    edited = copy.deepcopy(schema)
    part: Any = edited
    for name in place[:-1]:
        part = part[name]
    if remove:
        del part[place[-1]]
    else:
        part[place[-1]] = to
    return edited


SCHEMAS = ("components", "schemas")
RUN = (*SCHEMAS, "RunOut")
COMMENT = (*SCHEMAS, "CommentIn")
LIST = ("paths", "/api/v1/runs", "get")


@pytest.mark.parametrize(
    ("place", "to"),
    [
        (("paths", "/api/v1/runs"), None),
        (("paths", "/api/v1/rollouts", "post"), None),
        ((*RUN, "properties", "state"), None),
        ((*RUN, "properties", "reason"), {"type": "integer"}),
        ((*COMMENT, "required"), ["comment", "more"]),
        ((*COMMENT, "properties", "comment"), None),
        ((*COMMENT, "properties", "comment"), {"type": "string", "maxLength": 10}),
        ((*LIST, "parameters"), []),
        ((*LIST, "parameters"), [{"in": "query", "name": "new", "required": True, "schema": {"type": "string"}}]),
        ((*LIST, "responses", "200"), None),
        ((*SCHEMAS, "RunKind", "enum"), ["apply"]),
    ],
)
def test_what_breaks_is_named(committed: dict[str, Any], place: tuple[str, ...], to: Any):
    edited = changed(committed, *place, to=to, remove=to is None)
    assert breaking_changes(committed, edited)


@pytest.mark.parametrize(
    ("place", "to"),
    [
        (("paths", "/api/v1/more"), {"get": {"responses": {}}}),
        ((*RUN, "properties", "more"), {"type": "string"}),
        ((*COMMENT, "properties", "more"), {"type": "string"}),
        ((*COMMENT, "properties", "comment"), {"type": "string", "maxLength": 5000}),
        ((*LIST, "summary"), "Other words"),
    ],
)
def test_what_only_adds_breaks_nothing(committed: dict[str, Any], place: tuple[str, ...], to: Any):
    assert breaking_changes(committed, changed(committed, *place, to=to)) == []


def bodies(kind: type[RequestBody] = RequestBody) -> Iterator[type[RequestBody]]:
    """Yield every body that the API takes."""
    for body in kind.__subclasses__():
        yield body
        yield from bodies(body)


def enumeration_of(annotation: Any) -> type[Enum] | None:
    """Return the enumeration within a field's type."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return annotation
    return next((enumeration for part in get_args(annotation) if (enumeration := enumeration_of(part))), None)


def test_every_field_that_is_of_an_enumeration_takes_its_values_as_json_has_them():
    """Bodies are strict: without a word of it a list of environments would want Python's own."""
    tried, refused = 0, []
    for body in bodies():
        for name, field in body.model_fields.items():
            if (kind := enumeration_of(field.annotation)) is None:
                continue
            adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation(), config=ConfigDict(strict=True))
            value = next(iter(kind)).value
            payload = [value] if '"array"' in json.dumps(adapter.json_schema()) else value
            tried += 1
            try:
                adapter.validate_python(payload)
            except ValueError as error:
                refused.append(f"{body.__name__}.{name}: {error}")
    assert tried > 10
    assert not refused

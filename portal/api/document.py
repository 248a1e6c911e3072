"""The OpenAPI document: what the router tells, and what all operations have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja.openapi.schema import OpenAPISchema

from portal.api.assembly import api
from portal.api.door import unless_known
from portal.api.oauth import FORM
from portal.api.problems import MEDIA_TYPE

PREFIX = "api/v1/"
FILES = {
    "/export": {"application/x-ndjson": {"schema": {"type": "string"}}},
    "/evidence/{number}/file": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
}
"""By the end of their paths: operations that answer with a file in place of JSON."""
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Names the request: sent again within a day, it is answered alike and done once.",
}
NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "An ETag that was answered before: 304 where nothing has changed.",
}
MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of what the change was made for: 412 where it has changed.",
}
LIMITS = {
    name: {"schema": {"type": "integer"}, "description": text}
    for name, text in (
        ("RateLimit-Limit", "Requests of this token in a minute."),
        ("RateLimit-Remaining", "Of these, how many are left."),
        ("RateLimit-Reset", "Seconds until the minute is over."),
    )
}
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "Changes with the content."}}
LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where what was asked for is found."}}
RETRY = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}


class _Schema(OpenAPISchema):
    """The document as Django Ninja makes it of the router; each type that is answered with is read once.

    Every operation answers with the same problem under ten statuses, in a model of its own for each: to read all of
    them is nine tenths of the time.
    """

    def __init__(self, *of: Any) -> None:
        self._answers: dict[Any, Any] = {}
        super().__init__(*of)

    def _create_schema_from_model(self, model: Any, *args: Any, **kwargs: Any) -> Any:
        field = model.model_fields.get("response")
        if model.__name__ != "NinjaResponseSchema" or field.metadata:
            return super()._create_schema_from_model(model, *args, **kwargs)
        answered = field.annotation, args, tuple(kwargs.items())
        if answered not in self._answers:
            self._answers[answered] = super()._create_schema_from_model(model, *args, **kwargs)
        return self._answers[answered]


@cache
def document() -> dict[str, Any]:
    """Return the document as plain data."""
    schema: dict[str, Any] = json.loads(json.dumps(_Schema(api, PREFIX)))
    shared = schema["components"]
    shared["headers"] = LIMITS | ETAG | LOCATION | RETRY
    shared["parameters"] = {"IdempotencyKey": KEY, "IfNoneMatch": NONE_MATCH, "IfMatch": MATCH}
    shared["responses"] = {}
    for path, operations in schema["paths"].items():
        for method, details in operations.items():
            _complete(path, method, details, shared["responses"])
    return schema


@cache
def text() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Hand the document out to whoever asks: it says nothing of anybody."""
    return unless_known(request, HttpResponse(text(), content_type="application/json"))


def _complete(path: str, method: str, details: dict[str, Any], problems: dict[str, Any]) -> None:
    responses = details["responses"]
    is_open = not details.get("security")
    for status, answer in list(responses.items()):
        headers = [] if status == "401" or is_open else list(LIMITS)
        if int(status) >= 400:
            name = f"Problem{status}" + ("Open" if is_open else "")
            content = answer["content"] if is_open else {MEDIA_TYPE: answer["content"]["application/json"]}
            retry = ["Retry-After"] if status in {"429", "503"} else []
            problems[name] = answer | {"content": content, "headers": _named("headers", headers + retry)}
            responses[status] = {"$ref": f"#/components/responses/{name}"}
        else:
            answer["headers"] = _named("headers", headers + (["Location"] if status in {"201", "202"} else []))
    if is_open:
        taken = details["requestBody"]["content"]
        taken[FORM] = taken["application/json"]
    parameters = details.setdefault("parameters", [])
    if file := next((content for end, content in FILES.items() if path.endswith(end)), None):
        responses["200"]["content"] = file
    # An export is written while it is sent, and has no tag.
    if method == "get" and not path.endswith("/export"):
        parameters += _named("parameters", ["IfNoneMatch"]).values()
        responses["304"] = {"description": "Not Modified", "headers": _named("headers", [*LIMITS, *ETAG])}
        responses["200"]["headers"] |= _named("headers", ETAG)
    if method in {"post", "patch"} and not is_open:
        parameters += _named("parameters", ["IdempotencyKey"]).values()
    if method == "patch":
        parameters += _named("parameters", ["IfMatch"]).values()


def _named(kind: str, names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/{kind}/{name}"} for name in names}

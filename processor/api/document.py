"""The OpenAPI document of the data office: what FastAPI tells, and the refusals that any operation may answer with."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "A sentence for people."},
        "status": {"type": "integer"},
    },
}
REFUSALS = {
    "400": "The request cannot be read.",
    "401": "Nobody comes in so.",
    "403": "The token lets nobody do this.",
    "404": "There is no such thing.",
    "409": "Not as things stand.",
    "411": "The body has no length.",
    "413": "The body is larger than is taken.",
    "415": "The body is of another kind.",
    "422": "A field or parameter cannot be so.",
    "503": "Something that is needed does not answer; come again.",
}


def describe_refusals(app: FastAPI) -> None:
    """Let the application's document say of each operation how it refuses, as problems (RFC 9457)."""

    def document() -> dict[str, Any]:
        """Return the document, made once."""
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            schema.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
            content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
            refusals = {status: {"description": words, "content": content} for status, words in REFUSALS.items()}
            for operations in schema["paths"].values():
                for details in operations.values():
                    details["responses"] |= refusals
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]

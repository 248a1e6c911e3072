"""Problem details (RFC 9457) with our codes."""

from __future__ import annotations

from pydantic import Field

from portal.api.schemas.base import Given


class FieldError(Given):
    """What is wrong with one field."""

    field: str = Field(description="Where it stands, such as `body.name`.")
    detail: str


class Problem(Given):
    """Why a request was refused."""

    type: str = Field(description="A URN that ends with the code.")
    title: str
    status: int
    detail: str = Field(description="A sentence for people.")
    code: str = Field(description="A word for programs; it does not change.")
    errors: list[FieldError] = Field(description="What is wrong, field by field.")

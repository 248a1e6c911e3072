"""Problem details (RFC 9457) with our codes."""

from __future__ import annotations

from pydantic import Field

from portal.api.schemas.base import MessageOut, ResponsePart


class FieldError(ResponsePart):
    """What is wrong with one field."""

    field: str = Field(description="Where it stands, such as `body.name`.")
    detail: str
    messages: list[MessageOut] = Field(description="The sentence's code and values.")


class Problem(ResponsePart):
    """Why a request was refused."""

    type: str = Field(description="A URN that ends with the code.")
    title: str
    status: int
    detail: str = Field(description="A sentence for people.")
    messages: list[MessageOut] = Field(description="The codes and values of that, sentence by sentence.")
    code: str = Field(description="A word for programs; it does not change.")
    errors: list[FieldError] = Field(description="What is wrong, field by field.")

"""The bases: what comes in is strict, what goes out is as it is, and sentences are told with their codes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from messages.message import Message
from messages.stored import codes_of

MESSAGES = "messages"


class RequestBody(BaseModel):
    """A body that is sent: no field that there is not, and none of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ResponsePart(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid")


class MessageOut(ResponsePart):
    """One sentence as programs read it."""

    code: str = Field(description="Which sentence it is; `verbatim` for text that is not Homeroom's.")
    values: dict[str, str | int] = Field(description="What stands in it, by name.")


class Telling(ResponsePart):
    """A part of an answer in which sentences stand."""

    messages: dict[str, list[MessageOut]] = Field(
        default_factory=dict,
        description="By field, the codes and values of the sentences in it; by `field.0` and so on for a list.",
    )

    @model_validator(mode="before")
    @classmethod
    def _tell(cls, given: Any) -> Any:
        """Add the codes of the sentences that are given."""
        return {**given, MESSAGES: told_of(given)} if isinstance(given, dict) else given


def told_of(values: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return code and values of every message among values, by name."""
    parts = {name: value for name, value in values.items() if isinstance(value, Message)}
    for name, value in values.items():
        if isinstance(value, list):
            parts |= {f"{name}.{place}": part for place, part in enumerate(value) if isinstance(part, Message)}
    return {name: codes_of(part) for name, part in parts.items() if part}


def copied(row: object, model: type[BaseModel], *excluded: str) -> dict[str, Any]:
    """Return a row's values for a model's fields, but for these others."""
    return {name: getattr(row, name) for name in model.model_fields if name not in {MESSAGES, *excluded}}

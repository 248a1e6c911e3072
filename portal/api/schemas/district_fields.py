"""A district's fields as a request or an answer has them: made of the rows of `infra.fields`, a field a row.

The bounds here are wider than the rows' own. What fits is for the specification and the registration's rules to say:
in a sentence with a code, which a schema's refusal has not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, create_model

from infra.fields import DistrictField, Kind
from infra.spec import Egress, Size

Model = TypeVar("Model", bound=BaseModel)

UNLIMITED = {"cidr": 18, "note": 4000}
"""Characters of the texts whose rows have no limit: a request's have one."""
LONGEST_ENTRY, MOST_ENTRIES = 254, 200
LONGEST_TAG, MOST_TAGS = 256, 50
GREATEST = 36_500
WORDS: dict[str, type[Any]] = {"size": Size, "egress": Egress}
"""Choices that have an enumeration; of a file or a person they come as text."""


def with_fields(fields: dict[str, Any]) -> Callable[[type[Model]], type[Model]]:
    """Return what adds these fields, each a type with its default, to a model; those that it declares are its own."""

    def completed(model: type[Model]) -> type[Model]:
        more = {name: field for name, field in fields.items() if name not in model.model_fields}
        whole: type[Model] = create_model(
            model.__name__, __base__=model, __doc__=model.__doc__, __module__=model.__module__, **more
        )
        return whole

    return completed


def asked(rows: Iterable[DistrictField]) -> dict[str, Any]:
    """Return fields that have their default where nothing is sent."""
    return {row.name: (_type_of(row), _default(row)) for row in rows}


def left_out(rows: Iterable[DistrictField]) -> dict[str, Any]:
    """Return fields that may all be left out."""
    return {row.name: (_type_of(row) | None, None) for row in rows}


def answered(rows: Iterable[DistrictField]) -> dict[str, Any]:
    """Return fields as they are stored."""
    return {row.name: (_stored(row), ...) for row in rows}


def _stored(row: DistrictField) -> Any:
    match row.kind:
        case Kind.WHOLE | Kind.WHOLE_CHOICE:
            return int if row.default is not None else int | None
        case Kind.SWITCH:
            return bool
        case Kind.LINES:
            return list[str]
        case Kind.TAGS:
            return dict[str, str]
        case _:
            return str


def _type_of(row: DistrictField) -> Any:
    match row.kind:
        case Kind.WHOLE | Kind.WHOLE_CHOICE:
            number = Annotated[int, Field(ge=0, le=max(GREATEST, row.most or 0))]
            return number if row.default is not None else number | None
        case Kind.SWITCH:
            return bool
        case Kind.LINES:
            return Annotated[list[Annotated[str, Field(max_length=LONGEST_ENTRY)]], Field(max_length=MOST_ENTRIES)]
        case Kind.TAGS:
            return Annotated[dict[str, Annotated[str, Field(max_length=LONGEST_TAG)]], Field(max_length=MOST_TAGS)]
        case _ if row.name in WORDS:
            return Annotated[WORDS[row.name], Field(strict=False)]
        case _:
            return Annotated[str, Field(max_length=row.longest or UNLIMITED[row.name])]


def _default(row: DistrictField) -> Any:
    if row.name in WORDS:
        return WORDS[row.name](row.default)
    return list(row.default) if row.kind is Kind.LINES else {} if row.kind is Kind.TAGS else row.default

"""Reads a request's body: JSON in UTF-8, or OAuth's form, within bounds, of texts that the database can keep."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, NoReturn, cast

from django.http import HttpRequest
from ninja.parser import Parser

from messages.message import Message, message
from portal.api.oauth import FORM
from portal.api.problems import ProblemError

DEEPEST = 32
LARGEST_NUMBER = 2**53
"""Beyond it numbers are not the same to all who read JSON (RFC 8259, section 6)."""


class StrictParser(Parser):
    """Refuses what is no JSON, and what no field of ours could hold, before any field is looked at."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body's value; raises ProblemError."""
        if request.content_type == FORM:
            return form(request)
        try:
            body = json.loads(request.body.decode(), parse_constant=_no_number, object_pairs_hook=_no_name_twice)
        except (ValueError, RecursionError) as error:
            raise unreadable(message("The body is no JSON in UTF-8.")) from error
        check(body)
        return cast(dict[str, Any], body)


def form(request: HttpRequest) -> dict[str, str]:
    """Return a form's parameters: one without a value is none, and none may be given twice (RFC 6749, 3.2)."""
    if any(len(values) > 1 for _name, values in request.POST.lists()):
        raise unreadable(message("A parameter is given twice."))
    parameters = {str(name): str(value) for name, value in request.POST.items() if value}
    check(parameters)
    return parameters


def check(value: Any, depth: int = 0) -> None:
    """Raise ProblemError for a value that no database keeps."""
    if depth > DEEPEST:
        raise unreadable(message("The body is too deep."))
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise unreadable(message("The body holds a character that is none."))
    elif isinstance(value, dict):
        for name, part in value.items():
            check(name, depth + 1)
            check(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            check(part, depth + 1)
    elif isinstance(value, int | float) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise unreadable(message("The body holds a number that is too large."))


def unreadable(detail: Message) -> ProblemError:
    """Return the refusal of a body."""
    return ProblemError(HTTPStatus.BAD_REQUEST, "unreadable", detail)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is given twice")
    return members

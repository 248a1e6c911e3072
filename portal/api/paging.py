"""Lists by keyset: a cursor names the last row that was read, so that rows that come and go skip and repeat none."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import Annotated, TypeVar

from django.db.models import Model, QuerySet
from ninja import Query

from messages.message import message
from portal.api.problems import ProblemError

Row = TypeVar("Row", bound=Model)
LARGEST = 200
Limit = Annotated[int, Query(50, ge=1, le=LARGEST, description="How many rows to return.")]
Cursor = Annotated[
    str, Query("", max_length=64, description="The `next` of the page before; empty begins at the newest.")
]
Number = int


def cursor_of(number: int) -> str:
    """Return the cursor that stands behind a row."""
    return base64.urlsafe_b64encode(f"1:{number}".encode()).decode().rstrip("=")


def number_of(cursor: str) -> int | None:
    """Return the row behind which a cursor stands, None for the beginning; raises ProblemError."""
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _unknown() from error
    version, _, number = text.partition(":")
    if version != "1" or not (number.isascii() and number.isdigit() and len(number) < 19):
        raise _unknown()
    return int(number)


def page_of(rows: QuerySet[Row], cursor: str, limit: int) -> tuple[list[Row], str | None]:
    """Return so many rows, the newest first, and the cursor of the next page, or None; raises ProblemError."""
    behind = number_of(cursor)
    queryset = rows.order_by("-pk") if behind is None else rows.filter(pk__lt=behind).order_by("-pk")
    read = list(queryset[: limit + 1])
    return read[:limit], cursor_of(read[limit - 1].pk) if len(read) > limit else None


def _unknown() -> ProblemError:
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid",
        message("This is no cursor."),
        errors={"query.cursor": [message("No list gave it.")]},
    )

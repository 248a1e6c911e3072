"""How much a request may hold, and how it must be written, decided before anybody is asked who they are.

What no form of ours sends is refused with 400 or 413 here, once for all views: NUL characters, other charsets than
UTF-8, bytes that are no UTF-8, look-ups by regular expression in the admin, bodies larger than any of ours.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes: a file of districts has one megabyte at most, and grows when a form sends it on."""
LARGEST_ANONYMOUS_BODY = 256 * 1024
"""Bytes before a sign-in: the answer of an identity provider is the largest that is sent."""
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)
_REGEX = re.compile(r"__i?regex\b")


class LimitsMiddleware:
    """Refuses what no view has to look at; stands behind Django's authentication, which reads no body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or refuse it by its headers alone."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            return refused(request, BadRequest("The length of the body is no number."))
        if request.headers.get("Transfer-Encoding"):
            return refusal(request, HTTPStatus.LENGTH_REQUIRED)
        if int(length) > LARGEST_BODY or (int(length) > LARGEST_ANONYMOUS_BODY and not request.user.is_authenticated):
            return refusal(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            check_head(request)
        except BadRequest as error:
            return refused(request, error)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Look at the fields of a form, whose size is known to be bearable by now."""
        for names in (request.POST, request.FILES):
            for name, values in names.lists():
                if "\x00" in name or any("\x00" in str(getattr(value, "name", value)) for value in values):
                    return refused(request, BadRequest("A field holds a NUL character."))
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 400 where the database could not read a value: out of its range, or of another form than its type.

        The class 22 of PostgreSQL's error codes ("Data Exception"). Such a value came with the request: none of ours
        is kept anywhere that a form or an address has not been checked for.
        """
        state = getattr(error.__cause__, "sqlstate", "") or ""
        by_database = isinstance(error, DataError) and state.startswith("22")
        # The admin makes look-ups of an address's parameters; the driver reads some values before it sends them.
        by_driver = (
            isinstance(error, ValueError) and request.method == "GET" and request.path_info.startswith("/admin/")
        )
        if by_database or (by_driver and request.GET):
            logger.warning("A value of the request is none for the database.", exc_info=error)
            return refusal(request, HTTPStatus.BAD_REQUEST)
        return None


def refused(request: HttpRequest, error: BadRequest) -> HttpResponse:
    """Answer 400 and log the reason in one line: nothing of the request stands in it."""
    logger.warning("A request was refused: %s", error)
    return refusal(request, HTTPStatus.BAD_REQUEST)


def check_head(request: HttpRequest) -> None:
    """Raise BadRequest for an address, a cookie or a charset that nobody has to read."""
    query = unquote_to_bytes(request.META.get("QUERY_STRING", "").replace("+", " "))
    for text in (query, request.path.encode("utf-8", "surrogateescape"), *cookies(request)):
        if b"\x00" in text:
            raise BadRequest("The request holds a NUL character.")
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadRequest("The request is not UTF-8.") from error
    charset = _CHARSET.search(request.META.get("CONTENT_TYPE", ""))
    if charset is not None and charset[1].lower() not in CHARSETS:
        raise BadRequest("The body is in another charset than UTF-8.")
    if request.path_info.startswith("/admin/") and any(_REGEX.search(name) for name in request.GET):
        raise BadRequest("The admin looks nothing up by regular expressions.")


def cookies(request: HttpRequest) -> Iterator[bytes]:
    """Yield what the cookies hold."""
    yield from (value.encode("utf-8", "surrogateescape") for value in request.COOKIES.values())


def refusal(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    """Return the page that says what was wrong with the request, in words of ours alone."""
    sentence = {
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("This is more than the portal takes."),
        HTTPStatus.LENGTH_REQUIRED: _("The request does not say how long it is."),
    }.get(status, _("The request holds something that cannot be read."))
    return render(request, "400.html", {"sentence": sentence}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 400 (Django's `handler400`)."""
    return refusal(request, HTTPStatus.BAD_REQUEST)

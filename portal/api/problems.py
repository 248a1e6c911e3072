"""Refusals of the API as problem details (RFC 9457), whichever layer refused: one form for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar

from django.http import HttpRequest, HttpResponse

from messages.message import Message, message, verbatim
from messages.stored import codes_of
from portal.api.oauth import is_oauth, oauth_refusal

Row = TypeVar("Row")
PREFIX = "/api/"
MEDIA_TYPE = "application/problem+json"
TYPE = "urn:homeroom:problem:"

CODES = {
    HTTPStatus.BAD_REQUEST: ("unreadable", message("The request holds something that cannot be read.")),
    HTTPStatus.NOT_FOUND: ("not_found", message("There is nothing here that this token reaches.")),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", message("This address does not take this method.")),
    HTTPStatus.LENGTH_REQUIRED: ("length_required", message("The request does not say how long it is.")),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_large", message("This is more than the portal takes.")),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "internal",
        message("Something went wrong here. The log has it under the request's id."),
    ),
}
"""Code and sentence for what Django or a middleware answers by itself."""


class ProblemError(Exception):
    """Ends a request with a problem; `errors` are messages by field."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: Message,
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors or {}
        self.headers = headers or {}


def or_not_found(row: Row | None, sentence: Message) -> Row:
    """Return what was looked for; raises ProblemError with the sentence where there is nothing."""
    if row is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "not_found", sentence)
    return row


def problem(error: ProblemError) -> HttpResponse:
    """Write a problem as an answer."""
    body = {
        "type": f"{TYPE}{error.code}",
        "title": error.status.phrase,
        "status": int(error.status),
        "detail": error.detail,
        "messages": codes_of(error.detail),
        "code": error.code,
        "errors": [
            {"field": name, "detail": text, "messages": codes_of(text)}
            for name, some in error.errors.items()
            for text in some
        ],
    }
    answer = HttpResponse(json.dumps(body, ensure_ascii=False), status=int(error.status), content_type=MEDIA_TYPE)
    answer["Cache-Control"] = "no-store"
    for name, value in error.headers.items():
        answer[name] = value
    return answer


class ProblemMiddleware:
    """Turns what others refuse below `/api/` into problems; stands before all middleware that refuses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        if not request.path_info.startswith(PREFIX) or response.status_code < 400:
            return response
        answer = self._problem(response)
        return oauth_refusal(answer) if is_oauth(request) else answer

    @staticmethod
    def _problem(response: HttpResponse) -> HttpResponse:
        """Return a refusal as a problem."""
        if response.get("Content-Type", "").startswith(MEDIA_TYPE):
            return response
        status = HTTPStatus(response.status_code)
        code, detail = CODES.get(status, ("refused", verbatim(status.phrase)))
        headers = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
        return problem(ProblemError(status, code, detail, headers=headers))

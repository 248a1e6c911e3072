"""Who a request below `/api/` comes from, by its token alone, and how many requests a minute that one has left.

No cookie counts here: a browser that is led to an address of the API does nothing in its person's name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from messages.message import message, verbatim
from portal.api.oauth import FORM, is_oauth
from portal.api.problems import PREFIX, ProblemError, problem
from portal.api.reach import Caller
from registry.accounts import throttle
from registry.accounts.keyed import keyed_digest
from registry.accounts.models import ApiToken
from registry.accounts.tokens.service import TokenInvalidError, known_token
from registry.request_id import with_token

JSON = "application/json"
MINUTE = timedelta(minutes=1)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="homeroom"'}


class ApiRequest(HttpRequest):
    """A request below `/api/`: with who calls, or None."""

    caller: Caller | None


def check_kind(request: HttpRequest) -> None:
    """Raise ProblemError for a body that is no JSON, before anything reads it as a form."""
    taken = {"", JSON, FORM} if is_oauth(request) else {"", JSON}
    if request.method not in {"GET", "HEAD"} and request.content_type not in taken:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "no_json",
            message("Send JSON, with the header Content-Type: application/json."),
        )


class ApiMiddleware:
    """Knows the token, counts the request, and puts the token's name on all that is recorded; stands innermost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        request.user = AnonymousUser()
        request.caller = None  # type: ignore[attr-defined]
        # Sentences for programs are the same in every language.
        with translation.override("en"):
            try:
                check_kind(request)
                token = self._token(request)
            except ProblemError as error:
                return problem(error)
            if token is None:
                return self.get_response(request)
            request.user, request.caller = token.user, Caller(token)  # type: ignore[attr-defined]
            with with_token(token.name):
                return self._counted(request, token)

    def _token(self, request: HttpRequest) -> ApiToken | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer":
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "token_missing",
                message("Send the token as Authorization: Bearer."),
                headers=CHALLENGE,
            )
        try:
            return known_token(text.strip())
        except TokenInvalidError as error:
            raise ProblemError(HTTPStatus.UNAUTHORIZED, error.code, verbatim(str(error)), headers=CHALLENGE) from error

    def _counted(self, request: HttpRequest, token: ApiToken) -> HttpResponse:
        most = settings.API_REQUESTS_PER_MINUTE
        used, until = throttle.count(keyed_digest("api.token", token.sha256), MINUTE)
        seconds = max(1, math.ceil((until - timezone.now()).total_seconds()))
        if used > most:
            sentence = message(
                "This token has had its {most} requests of this minute. Try again in {seconds} s.",
                most=most,
                seconds=seconds,
            )
            error = ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", sentence, headers={"Retry-After": str(seconds)}
            )
            response = problem(error)
        else:
            response = self.get_response(request)
        response["RateLimit-Limit"] = str(most)
        response["RateLimit-Remaining"] = str(max(0, most - used))
        response["RateLimit-Reset"] = str(seconds)
        return response

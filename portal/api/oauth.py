"""The two addresses at which a program signs in, as any client of OAuth asks and is answered.

They take forms as well as JSON, and refuse with 400 and `error` beside the members of a problem.
Sources: RFC 8628 (Device Authorization Grant), 3.1 to 3.5; RFC 6749 (OAuth 2.0), 5.1 and 5.2.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

FORM = "application/x-www-form-urlencoded"
AUTHORIZE, TOKEN = "/device/authorize", "/device/token"
PATHS = frozenset(f"/api/v1{path}" for path in (AUTHORIZE, TOKEN))
ERRORS = (
    *("authorization_pending", "slow_down", "access_denied", "expired_token"),
    *("invalid_grant", "invalid_scope", "unsupported_grant_type", "invalid_request", "server_error"),
)
_NOT_SAID = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
"""What `error_description` has no place for (RFC 6749, 5.2)."""


def is_oauth(request: HttpRequest) -> bool:
    """Return whether a request goes to one of the two addresses."""
    return request.path_info in PATHS


def oauth_refusal(answer: HttpResponse) -> HttpResponse:
    """Return a problem as OAuth's answer, with all that a problem says beside it."""
    body: dict[str, Any] = json.loads(answer.content)
    if body["status"] == HTTPStatus.UNPROCESSABLE_ENTITY:
        body |= {"status": int(HTTPStatus.BAD_REQUEST), "title": HTTPStatus.BAD_REQUEST.phrase}
    body |= {"error": _error(body), "error_description": _NOT_SAID.sub("'", body["detail"])}
    refusal = HttpResponse(json.dumps(body, ensure_ascii=False), status=body["status"], content_type="application/json")
    for name, value in answer.headers.items():
        if name not in {"Content-Type", "Content-Length"}:
            refusal[name] = value
    return refusal


def _error(body: dict[str, Any]) -> str:
    """Return OAuth's word for a problem; a program that asks too often is to ask more slowly (RFC 8628, 3.5)."""
    if body["code"] in ERRORS:
        return str(body["code"])
    if body["status"] == HTTPStatus.TOO_MANY_REQUESTS:
        return "slow_down"
    return "server_error" if body["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request"

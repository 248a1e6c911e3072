"""What the services refuse, as problems: one table, so that each refusal has the same status everywhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

from messages.message import Message, message, verbatim
from portal.api.problems import CODES, ProblemError, problem
from portal.sign_in.refusals import record_refusal
from provisioning.calendar.service import CalendarRefusedError
from provisioning.errors import ServiceRefusedError
from provisioning.rollouts.service import RolloutRefusedError
from provisioning.runs.archive import ArchiveUnavailableError
from registry.accounts.grants import GrantRefusedError
from registry.accounts.models import User
from registry.accounts.roles import NotAllowedError
from registry.districts.accounts import AccountRefusedError
from registry.districts.changes import ChangeRefusedError
from registry.districts.registration import RegistrationRefusedError

INVALID = {
    "slug_differs": "confirm",
    "name_differs": "confirm",
    "number_differs": "confirm",
    "reason_missing": "reason",
    "comment_missing": "comment",
    "comment_long": "comment",
    "region_unknown": "region",
    "nothing_to_change": "",
    "until": "until",
    "reason_long": "reason",
    "no_consent": "consent",
    "no_reason": "reason",
    "quota_unknown": "code",
    "limit_refused": "limit",
}
"""Refusals of what was sent, and of which field; all others are of how things stand."""
BODY = {"suffixes": "districts"}
"""Fields that a request calls otherwise than the service does."""
FORBIDDEN = {"own_request", "own_token", "credentials_given", "no_person"}
"""Refusals of who asks."""
WITH_FIELDS = (
    *(RegistrationRefusedError, ChangeRefusedError, RolloutRefusedError),
    *(CalendarRefusedError, GrantRefusedError),
)
"""Refusals that say of each field what is wrong."""
LONGEST = 200


def install(api: NinjaAPI) -> None:
    """Answer each kind of refusal in its way."""
    api.add_exception_handler(ProblemError, _problem)
    api.add_exception_handler(ServiceRefusedError, _service)
    api.add_exception_handler(NotAllowedError, _not_allowed)
    api.add_exception_handler(AccountRefusedError, _account)
    api.add_exception_handler(ValidationError, _validation)
    api.add_exception_handler(ArchiveUnavailableError, _archive)
    api.add_exception_handler(RequestDataTooBig, _too_big)
    api.add_exception_handler(BadRequest, _bad)
    for kind in WITH_FIELDS:
        api.add_exception_handler(kind, _fields)


def _problem(request: HttpRequest, error: Any) -> HttpResponse:
    if error.status is HTTPStatus.FORBIDDEN and isinstance(request.user, User):
        record_refusal(request, request.user)
    return problem(error)


def _service(request: HttpRequest, error: Any) -> HttpResponse:
    refusal: ServiceRefusedError = error
    detail = verbatim(str(refusal))
    if refusal.code in FORBIDDEN:
        return _problem(request, ProblemError(HTTPStatus.FORBIDDEN, refusal.code, detail))
    if refusal.code in INVALID:
        errors = {f"body.{INVALID[refusal.code]}".rstrip("."): [detail]}
        return problem(ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, refusal.code, detail, errors=errors))
    return problem(ProblemError(HTTPStatus.CONFLICT, refusal.code, detail))


def _not_allowed(request: HttpRequest, error: Any) -> HttpResponse:
    return _problem(request, ProblemError(HTTPStatus.FORBIDDEN, NotAllowedError.code, verbatim(str(error))))


def _account(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(ProblemError(HTTPStatus.CONFLICT, error.code, verbatim(str(error))))


def _fields(request: HttpRequest, error: Any) -> HttpResponse:
    errors = {f"body.{BODY.get(name, name)}".rstrip("."): sentences for name, sentences in error.problems.items()}
    detail = message("What was sent cannot be accepted: see the errors of its fields.")
    return problem(ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, error.code, detail, errors=errors))


def _validation(request: HttpRequest, error: Any) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    for entry in error.errors[:50]:
        # The body's own name, which stands behind "body", is none of the caller's.
        place = [str(part) for part in entry["loc"]]
        place = [place[0], *place[2:]] if place[0] == "body" else place
        ours = entry.get("ctx", {}).get("error")
        text = ours if isinstance(ours, Message) else str(entry["msg"])[:LONGEST]
        errors.setdefault(".".join(place)[:LONGEST], []).append(text)
    detail = message("The request does not have the form that its document describes.")
    return problem(ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail, errors=errors))


def _archive(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(
        ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE, "archive_unavailable", verbatim(str(error)), headers={"Retry-After": "30"}
        )
    )


def _too_big(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, *CODES[HTTPStatus.REQUEST_ENTITY_TOO_LARGE]))


def _bad(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(ProblemError(HTTPStatus.BAD_REQUEST, "unreadable", message("The request cannot be read.")))

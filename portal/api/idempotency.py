"""A request that names itself by `Idempotency-Key` is carried out once, however often it is sent within a day.

What is done and what is answered are one transaction: a second request with the key waits for the first one's end, and
is then answered alike; where the first one died, nothing of it was done, and the second one does it. What was refused
has changed nothing and is not kept: the same key may be sent again.
Source: IETF, "The Idempotency-Key HTTP Header Field" (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from messages.message import message
from portal.api.models import IdempotentAnswer
from portal.api.problems import ProblemError
from registry.accounts.models import ApiToken
from registry.outbound.sealing import UnsealedError, seal, unseal

KEPT = timedelta(hours=24)
WELL_FORMED = re.compile(r"[!-~]{1,255}")
FORGOTTEN_AT_ONCE = 100
WAIT = "10s"
"""How long a second request waits for the first one's end."""
SEALED, PURPOSE = "sealed:", "api.answer"
"""No answer in JSON begins so."""
TAKE = """
INSERT INTO api_idempotentanswer AS kept (token_id, key, request_sha256, status, body, location, etag, created_at)
VALUES (%(token)s, %(key)s, %(sha256)s, 0, '', '', '', %(now)s)
ON CONFLICT (token_id, key) DO UPDATE SET request_sha256 = EXCLUDED.request_sha256, status = 0, created_at = %(now)s
WHERE kept.created_at < %(old)s
RETURNING id
"""


def once(
    request: HttpRequest, token: ApiToken, act: Callable[[], HttpResponse], *, together: bool, sealed: bool = False
) -> HttpResponse:
    """Answer a request that changes something, in one transaction; raises ProblemError.

    The answer is kept `sealed` where it tells a secret: who reads the database reads none, and no cache on the way
    stores it.

    `together` is not so where a service tells others before its transaction ends: then the act goes first, and twice if
    two come at the same moment.
    """
    response = _once(request, token, act, together=together, sealed=sealed)
    response["Cache-Control"] = "no-store" if sealed else "private, no-cache"
    return response


def _once(
    request: HttpRequest, token: ApiToken, act: Callable[[], HttpResponse], *, together: bool, sealed: bool
) -> HttpResponse:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        if not together:
            return act()
        with transaction.atomic():
            return act()
    if WELL_FORMED.fullmatch(key) is None:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            "idempotency_key_malformed",
            message("An Idempotency-Key has 1 to 255 visible characters."),
        )
    _forget_old()
    sha256 = digest(request)
    if not together:
        answer = IdempotentAnswer.objects.filter(token=token, key=key, created_at__gte=timezone.now() - KEPT).first()
        if answer is not None:
            return _again(answer, sha256)
        response = act()
        with transaction.atomic():
            if (number := _take(token, key, sha256)) is not None:
                _keep(number, response, sealed)
        return response
    with transaction.atomic():
        number = _take(token, key, sha256)
        if number is None:
            return _again(IdempotentAnswer.objects.get(token=token, key=key), sha256)
        response = act()
        _keep(number, response, sealed)
    return response


def digest(request: HttpRequest) -> str:
    """Return the SHA-256 of what a request asks for."""
    content = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(content).hexdigest()


def _take(token: ApiToken, key: str, sha256: str) -> int | None:
    """Make the key this request's own; None where another has had it. Waits for one that is being answered."""
    now = timezone.now()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)", [WAIT])
            (before, _) = cursor.fetchone()
            cursor.execute(TAKE, {"token": token.pk, "key": key, "sha256": sha256, "now": now, "old": now - KEPT})
            row = cursor.fetchone()
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
    except OperationalError as error:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "request_in_progress",
            message("The first request with this key is still being answered. Send it again in a moment."),
            headers={"Retry-After": "1"},
        ) from error
    return int(row[0]) if row else None


def _keep(number: int, response: HttpResponse, sealed: bool) -> None:
    body = response.content.decode()
    IdempotentAnswer.objects.filter(pk=number).update(
        status=response.status_code,
        body=SEALED + seal(PURPOSE, body) if sealed else body,
        location=response.get("Location", ""),
        etag=response.get("ETag", ""),
    )


def _again(answer: IdempotentAnswer, sha256: str) -> HttpResponse:
    if answer.request_sha256 != sha256:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            message("Another request came with this key. Give each request a key of its own."),
        )
    response = HttpResponse(_body(answer), status=answer.status, content_type="application/json")
    response["Idempotency-Replayed"] = "true"
    for header, value in (("Location", answer.location), ("ETag", answer.etag)):
        if value:
            response[header] = value
    return response


def _body(answer: IdempotentAnswer) -> str:
    if not answer.body.startswith(SEALED):
        return answer.body
    try:
        return unseal(PURPOSE, answer.body.removeprefix(SEALED))
    except UnsealedError as error:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "answer_lost",
            message("The request was carried out, and its answer cannot be read any more."),
        ) from error


def _forget_old() -> None:
    """Delete what is over, a little with each request; rows that another holds are left to it."""
    old = IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).order_by("created_at")
    with transaction.atomic():
        ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
        IdempotentAnswer.objects.filter(pk__in=ids).delete()

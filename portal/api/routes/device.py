"""Signing a program in by a person's browser (RFC 8628), with forms or JSON."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from ninja import Router

from messages.message import verbatim
from portal.api.door import open_operation
from portal.api.oauth import AUTHORIZE, TOKEN
from portal.api.problems import ProblemError
from portal.api.schemas.device import DeviceIn, DeviceOut, DeviceTokenIn, DeviceTokenOut, OAuthProblem
from registry import request_id
from registry.accounts.tokens import devices
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["device"])


@open_operation(router, AUTHORIZE, returns=DeviceOut, refuses=OAuthProblem)
def authorize_device(request: HttpRequest, body: DeviceIn) -> DeviceOut:
    """Ask for a code that a person confirms in the console."""
    try:
        authorization = devices.begin(
            client=body.client_id, scopes=body.wanted(), address=request_id.current().remote_addr or None
        )
    except devices.TooManyError as error:
        raise too_many(error) from error
    place = reverse("console:device")
    where = f"{settings.PUBLIC_URL.rstrip('/')}{place}" if settings.PUBLIC_URL else request.build_absolute_uri(place)
    return DeviceOut(
        device_code=authorization.device_code,
        user_code=authorization.user_code,
        verification_uri=where,
        verification_uri_complete=f"{where}?user_code={authorization.user_code}",
        expires_in=int(devices.HOLDS.total_seconds()),
        interval=authorization.interval,
    )


@open_operation(router, TOKEN, returns=DeviceTokenOut, refuses=OAuthProblem)
@sensitive_variables("secret")
def take_device_token(request: HttpRequest, body: DeviceTokenIn) -> DeviceTokenOut:
    """Take the token of a code that was confirmed: once, and not more often than the interval says."""
    try:
        token, secret = devices.collect(
            body.device_code, client=body.client_id, address=request_id.current().remote_addr or None
        )
    except devices.TooManyError as error:
        raise too_many(error) from error
    except devices.NotYetError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, error.code, verbatim(str(error))) from error
    return DeviceTokenOut(
        access_token=secret,
        expires_in=int((token.expires_at - timezone.now()).total_seconds()),
        scope=" ".join(token.scopes),
        name=token.name,
        scopes=[Scope(scope) for scope in token.scopes],
        expires_at=token.expires_at,
    )


def too_many(error: devices.TooManyError) -> ProblemError:
    """Return the refusal of whoever asks too often."""
    waits = {"Retry-After": str(error.seconds)}
    return ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", verbatim(str(error)), headers=waits)

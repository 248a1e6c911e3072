"""Endpoints that notices go to: added, changed, tested and removed, and what was delivered there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.http import HttpRequest
from ninja import Router

from messages.message import message, verbatim
from portal.api.door import Answer, caller_of, operation, require_unchanged
from portal.api.paging import Cursor, Limit, page_of
from portal.api.parameters import Number
from portal.api.problems import ProblemError, or_not_found
from portal.api.schemas.endpoints import (
    DeliveryOut,
    DeliveryPage,
    EndpointChange,
    EndpointIn,
    EndpointMade,
    EndpointOut,
    EndpointPage,
    SecretOut,
    SwitchIn,
    delivery_out,
    endpoint_fields,
    endpoint_out,
)
from provisioning.errors import ServiceRefusedError
from provisioning.models import Notice, NoticeEndpoint
from provisioning.notices import endpoints
from registry.accounts.acts import Act
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["notices"])
FIELDS = {"name", "kind", "address", "districts"}
"""The codes of refusals that are the names of fields."""


@operation(router, "GET", "/endpoints", scope=Scope.ADMINISTER, returns=EndpointPage)
def list_endpoints(request: HttpRequest, cursor: Cursor, limit: Limit) -> EndpointPage:
    """Endpoints that notices go to; for tokens that reach all districts."""
    caller_of(request).require_of_all(Act.ADMINISTER)
    read, following = page_of(NoticeEndpoint.objects.prefetch_related("districts"), cursor, limit)
    return EndpointPage(items=[endpoint_out(endpoint) for endpoint in read], next=following)


@operation(
    router, "POST", "/endpoints", scope=Scope.ADMINISTER, returns=EndpointMade, status=HTTPStatus.CREATED, sealed=True
)
def create_endpoint(request: HttpRequest, body: EndpointIn) -> Answer:
    """Add an endpoint; the secret of a webhook is told in this answer alone."""
    caller = caller_of(request)
    caller.require_of_all(Act.ADMINISTER)
    with _by_field():
        endpoint, secret = endpoints.create_endpoint(values=body.values(), actor=caller.user)
    created = EndpointMade(**endpoint_fields(endpoint), secret=secret)
    return Answer(created, location=f"/api/v1/endpoints/{endpoint.pk}")


@operation(router, "GET", "/endpoints/{number}", scope=Scope.ADMINISTER, returns=EndpointOut)
def show_endpoint(request: HttpRequest, number: Number) -> EndpointOut:
    """An endpoint; its ETag is for If-Match."""
    return endpoint_out(_endpoint(request, number))


@operation(router, "PATCH", "/endpoints/{number}", scope=Scope.ADMINISTER, returns=EndpointOut, others=(412,))
def change_endpoint(request: HttpRequest, number: Number, body: EndpointChange) -> EndpointOut:
    """Change what is sent of an endpoint."""
    endpoint = _endpoint(request, number)
    now = endpoint_out(endpoint)
    require_unchanged(request, now.etag)
    with _by_field():
        endpoints.change_endpoint(endpoint=endpoint, values=body.values(now), actor=caller_of(request).user)
    return endpoint_out(_endpoint(request, number))


@operation(router, "POST", "/endpoints/{number}/secret", scope=Scope.ADMINISTER, returns=SecretOut, sealed=True)
def rotate_endpoint_secret(request: HttpRequest, number: Number) -> SecretOut:
    """Give a webhook a new secret, told in this answer alone; for a day the one before signs as well."""
    endpoint = _endpoint(request, number)
    with _by_field():
        secret = endpoints.rotate_secret(endpoint=endpoint, actor=caller_of(request).user)
    endpoint.refresh_from_db()
    return SecretOut(secret=secret, former_secret_until=endpoint.former_until)


@operation(router, "POST", "/endpoints/{number}/switch", scope=Scope.ADMINISTER, returns=EndpointOut)
def switch_endpoint(request: HttpRequest, number: Number, body: SwitchIn) -> EndpointOut:
    """Switch an endpoint on or off."""
    endpoints.switch(endpoint=_endpoint(request, number), on=body.on, actor=caller_of(request).user)
    return endpoint_out(_endpoint(request, number))


@operation(router, "POST", "/endpoints/{number}/remove", scope=Scope.ADMINISTER, returns=EndpointOut)
def remove_endpoint(request: HttpRequest, number: Number) -> EndpointOut:
    """Remove an endpoint with its deliveries; the answer is what it was."""
    endpoint = _endpoint(request, number)
    was = endpoint_out(endpoint)
    endpoints.remove_endpoint(endpoint=endpoint, actor=caller_of(request).user)
    return was


@operation(router, "POST", "/endpoints/{number}/test", scope=Scope.ADMINISTER, returns=DeliveryOut, status=202)
def send_endpoint_test(request: HttpRequest, number: Number) -> DeliveryOut:
    """Have a notice sent there that tells nothing; within seconds its delivery has the answer."""
    endpoint = _endpoint(request, number)
    with _by_field():
        notice = endpoints.send_test(endpoint=endpoint, actor=caller_of(request).user)
    return delivery_out(notice)


@operation(router, "GET", "/endpoints/{number}/deliveries", scope=Scope.ADMINISTER, returns=DeliveryPage)
def list_deliveries(request: HttpRequest, number: Number, cursor: Cursor, limit: Limit) -> DeliveryPage:
    """What was delivered to an endpoint, or was to be, with each answer; the newest first."""
    rows = Notice.objects.filter(endpoint=_endpoint(request, number)).prefetch_related("tries")
    read, following = page_of(rows, cursor, limit)
    return DeliveryPage(items=[delivery_out(notice) for notice in read], next=following)


@operation(router, "POST", "/deliveries/{number}/redeliver", scope=Scope.ADMINISTER, returns=DeliveryOut, status=202)
def redeliver(request: HttpRequest, number: Number) -> DeliveryOut:
    """Have a delivery sent again, with the id that it had."""
    caller = caller_of(request)
    caller.require_of_all(Act.ADMINISTER)
    rows = Notice.objects.exclude(endpoint=None).select_related("endpoint")
    notice = or_not_found(rows.filter(pk=number).first(), message("There is no delivery {number}.", number=number))
    with _by_field():
        endpoints.redeliver(notice=notice, actor=caller.user)
    return delivery_out(rows.get(pk=number))


def _endpoint(request: HttpRequest, number: int) -> NoticeEndpoint:
    caller_of(request).require_of_all(Act.ADMINISTER)
    return or_not_found(
        NoticeEndpoint.objects.filter(pk=number).first(), message("There is no endpoint {number}.", number=number)
    )


@contextmanager
def _by_field() -> Iterator[None]:
    """Tell of which field a refusal is, where it is one of what was sent."""
    try:
        yield
    except ServiceRefusedError as refusal:
        detail = verbatim(str(refusal))
        if refusal.code == "off":
            raise ProblemError(HTTPStatus.CONFLICT, "endpoint_off", detail) from refusal
        if refusal.code not in FIELDS:
            raise
        errors = {f"body.{refusal.code}": [detail]}
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "endpoint_refused", detail, errors=errors) from refusal

"""Gives every request an id that its answer, its log lines and its audit events share."""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from registry.client_address import client_address, from_proxy


@dataclass(frozen=True)
class RequestContext:
    """What an audit event says of the request that caused it."""

    request_id: str = ""
    remote_addr: str | None = None
    """The client's own address, which nobody can write himself (`registry.client_address`)."""
    token: str = ""
    """The name of the API token that it came with; empty where a person's session asks."""


META_KEY = "homeroom.request_id"
"""Where the request itself keeps its id: Django tells of a refused one when all middleware is done with it."""

WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""What a proxy's own id is made of: a UUID, hexadecimal digits, a ULID. Nothing that could break a line or a page."""

_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current() -> RequestContext:
    """Return the request being answered, or an empty one outside of any."""
    return _current.get() or RequestContext()


@contextlib.contextmanager
def with_token(name: str) -> Iterator[None]:
    """Say for as long as this lasts that the request came with the API token of this name."""
    before = _current.set(replace(current(), token=name))
    try:
        yield
    finally:
        _current.reset(before)


def well_formed(value: str) -> str:
    """Return an id that was sent along, or empty where it is not made as one."""
    return value if WELL_FORMED.fullmatch(value) else ""


class RequestIdMiddleware:
    """Names each request and sends the name back as ``X-Request-ID``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request under the id that it brings, where that is well formed, or a fresh one.

        An id is a name and no proof: two requests may bring the same.
        """
        named = well_formed(request.headers.get("X-Request-ID", "")) or uuid.uuid4().hex
        peer, forwarded = request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", "")
        context = RequestContext(named, client_address(peer, forwarded, settings.TRUSTED_PROXIES))
        request.META[META_KEY] = named
        if settings.TRUSTED_PROXIES and not from_proxy(peer, settings.TRUSTED_PROXIES):
            # Only a proxy of ours says whether its client came over TLS.
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        token = _current.set(context)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response["X-Request-ID"] = context.request_id
        return response

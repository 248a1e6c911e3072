"""Gives every request an id that its answer, its log lines and its audit events share."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class RequestContext:
    """What an audit event says of the request that caused it."""

    request_id: str = ""
    remote_addr: str | None = None


_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current() -> RequestContext:
    """Return the request being answered, or an empty one outside of any."""
    return _current.get() or RequestContext()


class RequestIdMiddleware:
    """Names each request and sends the name back as ``X-Request-ID``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request under a fresh id; one sent by the client is not trusted."""
        context = RequestContext(uuid.uuid4().hex, request.META.get("REMOTE_ADDR") or None)
        token = _current.set(context)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response["X-Request-ID"] = context.request_id
        return response


class RequestIdFilter(logging.Filter):
    """Puts the request's id on each log record, or a dash outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, named."""
        record.request_id = current().request_id or "-"
        return True

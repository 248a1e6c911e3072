"""Who acts: for what is recorded far from the view or command that was asked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from registry.accounts.models import User

_asks: ContextVar[Callable[[], User | None] | None] = ContextVar("who_asks", default=None)


def who_asks() -> User | None:
    """Return the person whose request is being answered; None for a command's, and before a sign-in."""
    asks = _asks.get()
    return asks() if asks is not None else None


@contextlib.contextmanager
def asking_as(actor: User | None) -> Iterator[None]:
    """Let this person, or nobody, be who asks as long as this lasts."""
    token = _asks.set(lambda: actor)
    try:
        yield
    finally:
        _asks.reset(token)


class AskingMiddleware:
    """Remembers who asks while a request is answered; stands behind Django's authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        token = _asks.set(lambda: request.user if isinstance(request.user, User) else None)
        try:
            return self.get_response(request)
        finally:
            _asks.reset(token)

"""The sessions of a token's person: which browsers came in, and their end.

A token that may only read ends none: it changes nothing, its own person's included. They belong to no district, so a
token that reaches some districts alone does not see them.
"""

from __future__ import annotations

from http import HTTPStatus

from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from ninja import Router

from messages.message import message
from portal.api.door import caller_of, operation
from portal.api.parameters import Number
from portal.api.problems import ProblemError, or_not_found
from portal.api.schemas.facts import OwnSessionOut, OwnSessionsOut, of_session
from registry.accounts.models import User
from registry.accounts.own_sessions import revoke, revoke_all, sessions_of
from registry.accounts.reach import reach_of
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["me"])


@operation(router, "GET", "/me/sessions", scope=Scope.READ, returns=OwnSessionsOut)
def list_own_sessions(request: HttpRequest) -> OwnSessionsOut:
    """The browsers that the token's person came in with, the newest first."""
    return _remaining(_person(request))


@operation(router, "POST", "/me/sessions/{number}/end", scope=Scope.PERSONAL, returns=OwnSessionsOut)
def end_own_session(request: HttpRequest, number: Number) -> OwnSessionsOut:
    """End one session of the token's person; the answer has those that are left."""
    user = _person(request)
    session = or_not_found(
        UserSession.objects.filter(user=user, pk=number).first(),
        message("You have no session {number}.", number=number),
    )
    revoke(user, [session])
    return _remaining(user)


@operation(router, "POST", "/me/sessions/end", scope=Scope.PERSONAL, returns=OwnSessionsOut)
def end_own_sessions(request: HttpRequest) -> OwnSessionsOut:
    """End every session of the token's person; tokens stay."""
    user = _person(request)
    revoke_all(user)
    return _remaining(user)


def _person(request: HttpRequest) -> User:
    """Return whose sessions they are; raises ProblemError for a token that reaches some districts alone."""
    caller = caller_of(request)
    if reach_of(caller.token).is_narrow:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "reach_narrow",
            message("Sessions belong to no district, and this token reaches some districts alone."),
        )
    return caller.user


def _remaining(user: User) -> OwnSessionsOut:
    return OwnSessionsOut(
        items=[OwnSessionOut(number=session.pk, **of_session(session)) for session in sessions_of(user)]
    )

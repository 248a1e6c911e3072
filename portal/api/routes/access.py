"""What administrators do about people and service accounts: invite, give roles and grants, let in, keep out.

In the console each of these takes a sign-in of lately. A token has no such thing: it needs a scope of its own for them,
and lets no administrator in, who would outlast the token and could make others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from ninja import Path

from messages.message import message, sentences
from portal.api.door import Answer, caller_of, operation
from portal.api.paging import LARGEST
from portal.api.parameters import Number
from portal.api.problems import ProblemError, or_not_found
from portal.api.routes.people import router as router
from portal.api.schemas.facts import SessionOut, SessionsOut, of_session
from portal.api.schemas.people import (
    GrantIn,
    GrantOut,
    InviteIn,
    LinkOut,
    PersonDetail,
    RoleIn,
    ServiceIn,
    grant_out,
    person_detail,
)
from registry.accounts import people
from registry.accounts.acts import Act
from registry.accounts.grants import end_grant, give_grant
from registry.accounts.models import Grant, User
from registry.accounts.review import access_of, with_access
from registry.accounts.roles import Role
from registry.accounts.services import set_service_account
from registry.accounts.tokens.scopes import Scope

Username = Annotated[str, Path(..., pattern=r"^[A-Za-z0-9@.+_-]{1,150}$", description="A user name.")]
AS_THINGS_STAND = {"oneself", "last", "no_link", "came_in_before"}
"""Refusals of how things stand; all others are of what was sent."""


@operation(router, "POST", "/people", scope=Scope.PEOPLE, returns=PersonDetail, status=HTTPStatus.CREATED)
def invite_person(request: HttpRequest, body: InviteIn) -> Answer:
    """Make an account without a password; its link is asked for beside."""
    actor = _administrator(request)
    _check_role(body.role)
    with _by_field("username"):
        user = people.invite(username=body.username, email=body.email, role=body.role, actor=actor)
    return _created(user)


@operation(router, "POST", "/service-accounts", scope=Scope.PEOPLE, returns=PersonDetail, status=HTTPStatus.CREATED)
def create_service_account(request: HttpRequest, body: ServiceIn) -> Answer:
    """Make a service account, or give one this role; its tokens take a person's sign-in."""
    actor = _administrator(request)
    _check_role(body.role)
    with _by_field("username"):
        user = set_service_account(username=body.username, role=body.role, actor=actor)
    return _created(user)


@operation(
    router,
    "GET",
    "/people/{username}",
    scope=Scope.ADMINISTER,
    besides=(Scope.PEOPLE, Scope.AUDIT),
    returns=PersonDetail,
)
def show_person(request: HttpRequest, username: Username) -> PersonDetail:
    """A person or a service account, with role and grants."""
    caller_of(request).require_of_all(Act.REVIEW)
    return _detail_of(_person(username))


@operation(
    router,
    "GET",
    "/people/{username}/sessions",
    scope=Scope.ADMINISTER,
    besides=(Scope.PEOPLE, Scope.AUDIT),
    returns=SessionsOut,
)
def list_person_sessions(request: HttpRequest, username: Username) -> SessionsOut:
    """The browsers that a person came in with, the newest first."""
    caller_of(request).require_of_all(Act.REVIEW)
    rows = UserSession.objects.filter(user=_person(username)).order_by("-created_at")[:LARGEST]
    return SessionsOut(items=[SessionOut(**of_session(row)) for row in rows])


@operation(router, "POST", "/people/{username}/link", scope=Scope.PEOPLE, returns=LinkOut, sealed=True)
def create_person_link(request: HttpRequest, username: Username) -> LinkOut:
    """Make a link by which somebody who never came in chooses a first password."""
    actor, user = _administrator(request), _person(username)
    _check_person(user)
    with _by_field("username"):
        token = people.invitation(user, actor=actor, first_alone=True)
    return LinkOut(link=request.build_absolute_uri(reverse("console:person-invited", args=[token])))


@operation(router, "POST", "/people/{username}/role", scope=Scope.PEOPLE, returns=PersonDetail)
def set_person_role(request: HttpRequest, username: Username, body: RoleIn) -> PersonDetail:
    """Give a role for everything, or none; sessions end with a role that changes."""
    actor, user = _administrator(request), _person(username)
    _check_role(body.role)
    with _by_field("role"):
        people.give_role(user, body.role, actor=actor)
    return _detail_of(user)


@operation(router, "POST", "/people/{username}/activate", scope=Scope.PEOPLE, returns=PersonDetail)
def activate_person(request: HttpRequest, username: Username) -> PersonDetail:
    """Let somebody come in again."""
    return _let_in(request, username, active=True)


@operation(router, "POST", "/people/{username}/deactivate", scope=Scope.PEOPLE, returns=PersonDetail)
def deactivate_person(request: HttpRequest, username: Username) -> PersonDetail:
    """Keep somebody out: sessions and tokens end at once."""
    return _let_in(request, username, active=False)


@operation(router, "POST", "/people/{username}/sessions/end", scope=Scope.PEOPLE, returns=PersonDetail)
def end_person_sessions(request: HttpRequest, username: Username) -> PersonDetail:
    """End every session of a person at once."""
    actor, user = _administrator(request), _person(username)
    people.end_all_sessions(user, actor=actor)
    return _detail_of(user)


@operation(
    router,
    "POST",
    "/people/{username}/grants",
    scope=Scope.PEOPLE,
    returns=GrantOut,
    status=HTTPStatus.CREATED,
)
def grant_person_role(request: HttpRequest, username: Username, body: GrantIn) -> Answer:
    """Grant a role for some of the districts, or for a time."""
    actor, user = _administrator(request), _person(username)
    _check_role(body.role)
    with _by_field("role"):
        grant = give_grant(user, role=body.role, reach=body.reach(), expires_at=body.expires_at, actor=actor)
    return Answer(grant_out(grant), location=f"/api/v1/people/{username}")


@operation(router, "POST", "/people/{username}/grants/{number}/end", scope=Scope.PEOPLE, returns=GrantOut)
def end_person_grant(request: HttpRequest, username: Username, number: Number) -> GrantOut:
    """End a grant at once, and with it the person's sessions and tokens."""
    actor, user = _administrator(request), _person(username)
    grant = or_not_found(
        Grant.objects.select_related("user", "granted_by").filter(pk=number, user=user).first(),
        message("There is no grant {number} of this person.", number=number),
    )
    with _by_field("role"):
        return grant_out(end_grant(grant, actor=actor))


def _let_in(request: HttpRequest, username: str, *, active: bool) -> PersonDetail:
    actor, user = _administrator(request), _person(username)
    if active:
        _check_person(user)
    with _by_field("username"):
        people.let_in(user, active=active, actor=actor)
    return _detail_of(user)


def _administrator(request: HttpRequest) -> User:
    """Return who asks, who may administer people everywhere; raises ProblemError, NotAllowedError."""
    caller = caller_of(request)
    caller.require_of_all(Act.ADMINISTER)
    return caller.user


def _check_role(role: Role | None) -> None:
    """Raise ProblemError for the role that a person alone gives."""
    if role is Role.ADMINISTRATOR:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "needs_person",
            message("No token makes an administrator. A person does, under People in the console."),
        )


def _check_person(user: User) -> None:
    """Raise ProblemError for somebody who is an administrator of anything: a person alone lets them in."""
    # Whoever is kept out has no role meanwhile, and has it again once let in.
    everywhere = user.is_superuser or user.groups.filter(name=Role.ADMINISTRATOR).exists()
    if everywhere or user.grants.filter(role=Role.ADMINISTRATOR, ended_at=None).exists():
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "needs_person",
            message("No token lets an administrator in. A person does, under People in the console."),
        )


def _person(username: str) -> User:
    return or_not_found(User.objects.filter(username=username).first(), message("Nobody has this user name."))


def _detail_of(user: User) -> PersonDetail:
    return person_detail(access_of(with_access(User.objects.all()).get(pk=user.pk)))


def _created(user: User) -> Answer:
    return Answer(_detail_of(user), location=f"/api/v1/people/{user.get_username()}")


@contextmanager
def _by_field(field: str) -> Iterator[None]:
    """Tell a refusal as a problem: of how things stand, or of a field."""
    try:
        yield
    except ValidationError as refusal:
        detail, code = sentences(*refusal.messages), str(refusal.code)
        if code in AS_THINGS_STAND:
            raise ProblemError(HTTPStatus.CONFLICT, code, detail) from refusal
        where = "email" if code == "invalid" else field
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "person_refused", detail, errors={f"body.{where}": [detail]}
        ) from refusal

"""The door of every page: who is signed in, with which rights, and refusals turned into answers. Holds no rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from portal.reach import Within
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.reach import Place
from registry.accounts.rights import Rights, enter, rights_of
from registry.accounts.roles import NotAllowedError
from registry.districts.models import District

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def person(request: HttpRequest) -> User:
    """Return who is signed in; only behind `require_role`."""
    if not isinstance(request.user, User):
        raise PermissionDenied(_("Sign in first."))
    return request.user


def rights_here(user: User) -> Rights:
    """Return the rights of who asks, read once for each request."""
    if not hasattr(user, "_rights"):
        user._rights = rights_of(user)  # type: ignore[attr-defined]
    rights: Rights = user._rights  # type: ignore[attr-defined]
    return rights


def within(request: HttpRequest) -> Within:
    """Return what the person who asks reaches: every page reads districts, and what belongs to them, through it."""
    return Within(rights_here(person(request)))


def about(request: HttpRequest, district: District) -> None:
    """Note which district a page is about: what it offers is what the person may do there."""
    person(request)._place = district.place  # type: ignore[attr-defined]


def may_here(user: object, act: Act) -> bool:
    """Return whether to offer an act: in the district that the page is about, or where it is about none, somewhere."""
    if not isinstance(user, User):
        return False
    place: Place | None = getattr(user, "_place", None)
    rights = rights_here(user)
    return rights.somewhere(act) if place is None or act.is_whole else rights.may(act, place)


def require_role(act: Act) -> Callable[[View[P]], View[P]]:
    """Let only signed-in people in who have a role for this act somewhere; a service's own refusal is the same page."""

    def door(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                enter(rights_here(person(request)), act)
                return view(request, *args, **kwargs)
            except NotAllowedError as refusal:
                raise PermissionDenied(str(refusal)) from refusal

        return login_required(guarded)

    return door

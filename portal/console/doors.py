"""The door of every page: who is signed in, with which role, and refusals turned into answers. Holds no rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from registry.accounts.models import User
from registry.accounts.roles import NotAllowedError, Role, require_role

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def person(request: HttpRequest) -> User:
    """Return who is signed in; only behind `role_required`."""
    if not isinstance(request.user, User):
        raise PermissionDenied(_("Sign in first."))
    return request.user


def role_required(role: Role) -> Callable[[View[P]], View[P]]:
    """Let only signed-in people with at least this role in; a service's own refusal becomes the same page."""

    def door(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                require_role(person(request), role)
                return view(request, *args, **kwargs)
            except NotAllowedError as refusal:
                raise PermissionDenied(str(refusal)) from refusal

        return login_required(guarded)

    return door

"""Signs in by user name and password: the one door for it, with its limits, whichever form asked."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from registry import request_id
from registry.accounts import throttle
from registry.accounts.failed_sign_ins import password_throttled
from registry.accounts.models import User
from registry.accounts.passwords import LONGEST


class PasswordBackend(ModelBackend):
    """Django's own, after a count of tries; a service account has no password, whoever gave it one."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        """Return the person, or None. Raises TooManyTriesError and Busy, which are answers of their own."""
        if not username or password is None or len(password) > LONGEST or "\x00" in username:
            return None
        try:
            throttle.count_try(username, request_id.current().remote_addr)
        except throttle.TooManyTriesError as refusal:
            if refusal.is_first:
                password_throttled(username)
            raise
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if isinstance(user, User) and user.is_service:
            return None
        if isinstance(user, User):
            throttle.forget(username)
        return user

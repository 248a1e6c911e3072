"""What every page may show of its reader: how much of the inbox is unread. Asked of the database only where shown."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from provisioning.notices.inbox import unread_count
from registry.accounts.models import User


def inbox(request: HttpRequest) -> dict[str, Any]:
    """Return `inbox_count`, a number up to a hundred; nothing for who is not signed in."""
    user = getattr(request, "user", None)
    return {"inbox_count": SimpleLazyObject(lambda: unread_count(user))} if isinstance(user, User) else {}

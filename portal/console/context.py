"""What every page may show of its reader: how much of the inbox is unread. Asked of the database only where shown."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.console.doors import rights_here
from provisioning.notices.inbox import MOST_COUNTED, unread_count
from registry.accounts.models import User


def inbox(request: HttpRequest) -> dict[str, Any]:
    """Return `inbox_count`, a number up to a hundred, and `inbox_most`; nothing for who is not signed in."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {
        "inbox_count": SimpleLazyObject(lambda: unread_count(user, rights_here(user))),
        "inbox_most": MOST_COUNTED - 1,
    }

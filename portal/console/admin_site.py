"""What the admin's pages have in common: roles decide who sees and acts, and nothing is deleted or edited by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from portal.accounts.models import User
from portal.accounts.roles import Role, has_role
from portal.texts import StrOrPromise, said


def holds(request: HttpRequest, role: Role) -> bool:
    """Say whether the person who asks has at least this role."""
    return isinstance(request.user, User) and has_role(request.user, role)


def told(name: str, description: StrOrPromise) -> Callable[[Any, Model], str]:
    """Return a column that shows a stored word or sentence in the reader's language."""

    @admin.display(description=description)
    def column(self: Any, row: Model) -> str:
        return str(said(getattr(row, name)))

    return column


class ReadOnlyMixin:
    """For what services and workers write: everybody with a role reads, nobody adds, changes or deletes."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Viewers see it on the admin's first page."""
        return holds(request, Role.VIEWER)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Viewers read."""
        return holds(request, Role.VIEWER)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes: the record stays whole."""
        return False


class ReadOnlyInline(ReadOnlyMixin, admin.TabularInline):  # type: ignore[type-arg]
    """Rows of another table on its parent's page."""

    extra = 0
    can_delete = False
    show_change_link = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Show every column as text, those that the database fills in as well."""
        return [str(name) for name in self.fields or ()]

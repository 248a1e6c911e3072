"""People and their roles in the admin; a change of roles goes to the audit record."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.credentials import role_set
from portal.accounts.models import User
from portal.accounts.roles import Role, role_of
from portal.console.admin_site import AuditHistoryMixin, holds
from portal.console.doors import person

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(AuditHistoryMixin, DjangoUserAdmin):  # type: ignore[type-arg]
    """Administrators add people and give roles; nobody is deleted, since the record names them."""

    list_display = ("username", "email", "first_name", "last_name", "is_active", "role")
    list_filter = ("is_active", "groups")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Role"), {"fields": ("is_active", "groups")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Read the groups with the people: the list shows each one's role."""
        return super().get_queryset(request).prefetch_related("groups")

    def audit_filter(self, obj: Any) -> dict[str, str]:
        """Return what the person did; what was done to them names them in words."""
        return {"actor": obj.get_username()}

    @admin.display(description=_("Role"))
    def role(self, user: User) -> str:
        """Name the person's role."""
        role = role_of(user)
        return gettext("none") if role is None else role.label

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Administrators only."""
        return holds(request, Role.ADMINISTRATOR)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators only."""
        return holds(request, Role.ADMINISTRATOR)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators only."""
        return holds(request, Role.ADMINISTRATOR)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators only."""
        return holds(request, Role.ADMINISTRATOR)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: take `is active` away instead."""
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Make the flags follow the role that was given, and record it."""
        super().save_related(request, form, formsets, change)
        user: User = form.instance
        names = set(user.groups.values_list("name", flat=True))
        user.is_superuser = Role.ADMINISTRATOR in names
        user.is_staff = bool(names & {Role.OPERATOR, Role.ADMINISTRATOR})
        user.save(update_fields=["is_superuser", "is_staff"])
        role = role_of(user)
        role_set(user, person(request), str(role) if role else None)

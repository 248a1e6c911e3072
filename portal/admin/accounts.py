"""People and their roles in the admin, by the services that the console calls."""

from __future__ import annotations

from typing import Any

from allauth.account import admin as account_admin
from allauth.mfa import admin as mfa_admin
from allauth.socialaccount import admin as social_admin
from allauth.usersessions import admin as sessions_admin
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.admin.site import AuditHistoryMixin, FreshSignInMixin, holds
from portal.console.doors import person
from portal.console.pages.people.views import role_choices
from portal.sign_in.reauthentication import sign_in_again, signed_in_lately
from registry.accounts.acts import Act
from registry.accounts.credentials import address_set, role_set
from registry.accounts.models import User
from registry.accounts.names import check_username
from registry.accounts.people import give_role, let_in
from registry.accounts.roles import Role, highest_of, role_of

admin.site.unregister(Group)
# Sign-in has pages of its own; what the library would list here are keys, tokens and sessions.
for module in (account_admin, mfa_admin, social_admin, sessions_admin):
    own = [model for model, page in admin.site._registry.items() if type(page).__module__ == module.__name__]
    admin.site.unregister(own)


class NewPersonForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """Refuses a name that could be taken for another's."""

    class Meta(AdminUserCreationForm.Meta):
        model = User

    def clean_username(self) -> str:
        """Return the name; raises ValidationError."""
        username = str(self.cleaned_data["username"])
        check_username(username)
        return username


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    """Gives one role, or none; refuses to change a name into one that could be taken for another's."""

    held = forms.ChoiceField(label=_("Role"), required=False, choices=role_choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Of somebody who is kept out as well: the role comes back with the right to come in.
        role = highest_of(group.name for group in self.instance.groups.all())
        self.initial["held"] = role.value if role is not None else ""

    def clean_username(self) -> str:
        """Return the name; raises ValidationError."""
        username = str(self.cleaned_data["username"])
        if username != self.instance.username:
            check_username(username, but=self.instance.pk)
        return username


@admin.register(User)
class UserAdmin(FreshSignInMixin, AuditHistoryMixin, DjangoUserAdmin):  # type: ignore[type-arg]
    """Administrators add people and give roles; nobody is deleted, since the record names them."""

    list_display = ("username", "email", "first_name", "last_name", "is_active", "role")
    list_filter = ("is_active", "groups")
    filter_horizontal = ()
    form = PersonForm
    add_form = NewPersonForm
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Role"), {"fields": ("is_active", "held")}),
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
        return holds(request, Act.ADMINISTER)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators only."""
        return holds(request, Act.ADMINISTER)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators only."""
        return holds(request, Act.ADMINISTER)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators only."""
        return holds(request, Act.ADMINISTER)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: take `is active` away instead."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Store names and address; role and entry are given and taken by the services that the console calls."""
        actor = person(request)
        if not change:
            super().save_model(request, obj, form, change)
            role_set(obj, actor, None)
            return
        let, obj.is_active = obj.is_active, User.objects.get(pk=obj.pk).is_active
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            address_set(obj, actor)
        if "held" in form.changed_data:
            chosen = form.cleaned_data["held"]
            give_role(obj, Role(chosen) if chosen else None, actor=actor)
        let_in(obj, active=let, actor=actor)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Say what a service refused; nothing of the form was stored then."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            return redirect(request.get_full_path())

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Let somebody set a password who has signed in lately."""
        if not signed_in_lately(request):
            return redirect(sign_in_again(request.get_full_path()))
        return super().user_change_password(request, id, form_url)

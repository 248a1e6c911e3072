"""What the admin's pages have in common: roles decide who sees and acts, and nothing is deleted or edited by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import override

from portal.sign_in.reauthentication import sign_in_again, signed_in_lately
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import may
from registry.messages.translation import StrOrPromise, translated


def holds(request: HttpRequest, act: Act) -> bool:
    """Return whether the person who asks may do this everywhere: the admin shows all, and is for nobody with less."""
    return isinstance(request.user, User) and may(request.user, act)


def translated_column(
    name: str, description: StrOrPromise, shown: Callable[[Any], Any] = translated
) -> Callable[[Any, Model], str]:
    """Return a column that shows a stored message in the reader's language; `shown` translates what is none."""

    @admin.display(description=description)
    def column(self: Any, row: Model) -> str:
        return str(shown(getattr(row, name)))

    return column


class ReadOnlyMixin:
    """For what services and workers write: everybody with a role reads, nobody adds, changes or deletes."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Viewers see it on the admin's first page."""
        return holds(request, Act.SEE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Viewers read."""
        return holds(request, Act.SEE)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes: the record stays whole."""
        return False


class FreshSignInMixin:
    """Forms that change what the console changes after a sign-in of lately alone: no weaker door leads there."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead whoever may write here to the page that asks again, before anything is filled in."""
        may_write = self.has_add_permission if object_id is None else self.has_change_permission  # type: ignore[attr-defined]
        if may_write(request) and not signed_in_lately(request):
            return redirect(sign_in_again(request.get_full_path()))
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
        return answer


class AuditHistoryMixin:
    """The history of an object is the audit record: the admin's own log is written by its forms alone."""

    def audit_filter(self, obj: Any) -> dict[str, str]:
        """Return the filter of the audit page that shows what happened to the object; the record is in English."""
        with override(settings.LANGUAGE_CODE):
            return {"words": str(obj)}

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the audit page."""
        obj = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if not self.has_view_permission(request, obj):  # type: ignore[attr-defined]
            raise PermissionDenied
        query = QueryDict(mutable=True)
        query.update(self.audit_filter(obj) if obj is not None else {})
        return redirect(f"{reverse('console:audit')}?{query.urlencode()}")


class ReadOnlyInline(ReadOnlyMixin, admin.TabularInline):  # type: ignore[type-arg]
    """Rows of another table on its parent's page."""

    template = "admin/console/read_only_inline.html"
    extra = 0
    can_delete = False
    show_change_link = False
    newest: int | None = None
    """So many of the newest rows are shown; the console has all."""
    related: tuple[str, ...] = ()
    parent = "district"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows with what they name, in one query; of a long list the newest."""
        rows = super().get_queryset(request).select_related(*self.related)
        owner = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        if self.newest is None or not str(owner).isdigit():
            return rows
        newest = self.model._default_manager.filter(**{self.parent: owner}).order_by("-pk")
        return rows.filter(pk__in=list(newest.values_list("pk", flat=True)[: self.newest]))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Show every column as text, those that the database fills in as well."""
        return [str(name) for name in self.fields or ()]

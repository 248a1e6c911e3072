"""Runs and rollouts in the admin, read-only: workers write them, services ask for them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.admin.site import (
    AuditHistoryMixin,
    FreshSignInMixin,
    ReadOnlyInline,
    ReadOnlyMixin,
    holds,
    translated_column,
)
from portal.console.doors import person
from portal.console.pages.run.page import live_context
from portal.console.templatetags.console import badge, run_badge
from provisioning.capacity.quotas import set_limit
from provisioning.models import (
    AccountQuota,
    DriftItem,
    Presence,
    RemovalCertificate,
    Rollout,
    RolloutMember,
    Run,
    RunStep,
)
from registry.accounts.acts import Act
from registry.messages.translation import translated_term

LARGEST_LIMIT = 1e9


class StepInline(ReadOnlyInline):
    """The steps that the run took."""

    model = RunStep
    parent = "run"
    fields = ("step", "started_at", "finished_at")


@admin.register(Run)
class RunAdmin(AuditHistoryMixin, ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows runs; one that is active updates itself."""

    list_display = ("__str__", "district", "kind", "state_shown", "requested_by", "created_at", "finished_at")
    list_filter = ("state", "kind", "priority", "district__environment", "district__region")
    list_select_related = ("district", "requested_by")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=id", "district__name", "district__suffix", "error_code")
    inlines = (StepInline,)
    exclude = ("claim_token",)
    change_form_template = "admin/provisioning/run/change_form.html"

    @admin.display(description=_("State"), ordering="state")
    def state_shown(self, run: Run) -> SafeString:
        """Draw the run's badge."""
        return run_badge(run)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """Leave the long columns of a list unread."""
        rows = super().get_queryset(request)
        is_list = request.resolver_match is not None and "object_id" not in request.resolver_match.kwargs
        return rows.defer("spec", "plan_resources", "error_detail") if is_list else rows

    def audit_filter(self, obj: Any) -> dict[str, str]:
        """Return the run's own events."""
        return {"run": str(obj.pk)}

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the run as the console does, above its fields."""
        run = self.get_object(request, object_id)
        live = live_context(run, request.GET) if run else {}
        return super().change_view(request, object_id, form_url, {**live, **(extra_context or {})})


class MemberInline(ReadOnlyInline):
    """The districts of the rollout."""

    model = RolloutMember
    parent = "rollout"
    related = ("district", "run")
    fields = ("wave", "district", "run", "skipped", "accepted")


@admin.register(Rollout)
class RolloutAdmin(AuditHistoryMixin, ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rollouts; the console's page of one has its buttons."""

    list_display = ("__str__", "change_shown", "state_shown", "requested_by", "created_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("requested_by",)
    inlines = (MemberInline,)
    change_shown = translated_column("what", _("What"))

    @admin.display(description=_("State"), ordering="state")
    def state_shown(self, rollout: Rollout) -> SafeString:
        """Draw the rollout's badge."""
        return badge(rollout.state_badge)


@admin.register(AccountQuota)
class AccountQuotaAdmin(FreshSignInMixin, AuditHistoryMixin, ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Quotas as AWS told them; an administrator may have a limit of their own count, by the service."""

    list_display = ("account", "region", "name_shown", "limit", "set_limit", "used", "source", "read_at")
    list_filter = ("account", "region", "source")
    list_select_related = ("account",)
    search_fields = ("name", "=code")
    name_shown = translated_column("name", _("Name"), translated_term)
    fields = ("account", "region", "code", "name", "limit", "used", "source", "read_at", "set_limit")
    readonly_fields = ("account", "region", "code", "name", "limit", "used", "source", "read_at")

    def audit_filter(self, obj: Any) -> dict[str, str]:
        """Return the events that name the quota."""
        return {"words": obj.name}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators set a limit."""
        return holds(request, Act.ADMINISTER)

    def save_model(self, request: HttpRequest, obj: AccountQuota, form: Any, change: bool) -> None:
        """Set the limit through its service, which records it."""
        limit = obj.set_limit
        set_limit(account=obj.account, region=obj.region, code=obj.code, limit=limit, actor=person(request))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Refuse a limit below 0 beside its field."""
        form = super().get_form(request, obj, change, **kwargs)

        class Checked(form):  # type: ignore[misc,valid-type]
            def clean_set_limit(self) -> float | None:
                value: float | None = self.cleaned_data["set_limit"]
                if value is not None and not 0 <= value < LARGEST_LIMIT:
                    self.add_error("set_limit", "Give a number of 0 or more, or nothing to let AWS's count.")
                return value

        return Checked


@admin.register(RemovalCertificate)
class RemovalCertificateAdmin(ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Certificates of removal, as they were signed."""

    list_display = ("__str__", "district", "run", "issued_at", "key_id")
    list_select_related = ("district", "run")
    search_fields = ("district__name", "district__suffix", "sha256")


@admin.register(DriftItem)
class DriftItemAdmin(ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """What drifted, attribute by attribute, as the last checks found it."""

    list_display = ("address", "path", "district", "gone", "foreign", "repairable")
    list_filter = ("gone", "foreign", "repairable", "type")
    list_select_related = ("district",)
    search_fields = ("address", "district__name", "district__suffix")
    show_full_result_count = False


@admin.register(Presence)
class PresenceAdmin(ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Signs of life of the workers."""

    list_display = ("name", "queues", "started_at", "seen_at")

"""Runs and rollouts in the admin, read-only: workers write them, services ask for them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.console.admin_site import ReadOnlyInline, ReadOnlyMixin, told
from portal.console.run_page import live_context
from portal.console.templatetags.console import badge
from provisioning.models import Rollout, RolloutMember, Run, RunStep


class StepInline(ReadOnlyInline):
    """The steps that the run took."""

    model = RunStep
    fields = ("step", "started_at", "finished_at")


@admin.register(Run)
class RunAdmin(ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows runs; one that is active updates itself."""

    list_display = ("__str__", "district", "kind", "state_shown", "requested_by", "created_at", "finished_at")
    list_filter = ("state", "kind")
    list_select_related = ("district", "requested_by")
    search_fields = ("district__name", "district__suffix")
    inlines = (StepInline,)
    exclude = ("claim_token",)
    change_form_template = "admin/provisioning/run/change_form.html"

    @admin.display(description=_("State"), ordering="state")
    def state_shown(self, run: Run) -> SafeString:
        """Draw the run's badge."""
        return badge(run.state_badge)

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
    fields = ("wave", "district", "run", "skipped", "accepted")


@admin.register(Rollout)
class RolloutAdmin(ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rollouts; the console's page of one has its buttons."""

    list_display = ("__str__", "change_shown", "state_shown", "requested_by", "created_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("requested_by",)
    inlines = (MemberInline,)
    change_shown = told("what", _("What"))

    @admin.display(description=_("State"), ordering="state")
    def state_shown(self, rollout: Rollout) -> SafeString:
        """Draw the rollout's badge."""
        return badge(rollout.state_badge)

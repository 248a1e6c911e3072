"""The audit record in the admin: to read, never to write."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from portal.admin.site import ReadOnlyMixin, translated_column
from registry.audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Every event, newest first."""

    list_display = ("at", "actor_name", "action", "sentence", "outcome", "district", "run_number")
    list_filter = ("outcome", "action")
    date_hierarchy = "at"
    list_per_page = 50
    list_select_related = ("district",)
    search_fields = ("actor_name", "message", "subject_id")
    show_full_result_count = False
    sentence = translated_column("message", _("Sentence"))

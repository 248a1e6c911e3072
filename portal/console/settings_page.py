"""The form over a district's settings, and a change of them in words. The rules are the services' own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from infra.spec import LOG_RETENTION_DAYS
from portal.console.forms import DATABASE_INSTANCES, EGRESS, SIZE_CHOICES, GroupedForm, LinesField, TagsField
from provisioning.models import Run
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.changes import EDITABLE
from registry.districts.models import District
from registry.texts import said, said_lazy


@dataclass(frozen=True)
class Difference:
    """One setting as it was and as it is to be, in words."""

    name: str
    before: str
    after: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return the settings of `after` in the order of their list, with what they were."""
    return [
        Difference(said(EDITABLE[name]), words(before.get(name)), words(after[name]))
        for name in EDITABLE
        if name in after
    ]


def words(value: Any) -> str:
    """Write a setting's value as people read it."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, Mapping):
        value = [f"{key}={text}" for key, text in sorted(value.items())]
    if isinstance(value, list | tuple):
        value = ", ".join(str(part) for part in value)
    return gettext("not set") if value in (None, "") else str(value)


def change_of(run: Run) -> list[Difference]:
    """Return what a run changes of the settings; once the district has them, the audit record knows the old ones."""
    if not run.change:
        return []
    taken = AuditEvent.objects.filter(run_number=run.number, action=AuditAction.DISTRICT_CHANGED).first()
    before = {name: getattr(run.district, name) for name in run.change} | ((taken.before or {}) if taken else {})
    return differences(before, run.change)


class SettingsForm(GroupedForm):
    """What of a district may change after its registration."""

    size = forms.ChoiceField(label=said_lazy(EDITABLE["size"]), choices=SIZE_CHOICES)
    database_instances = forms.TypedChoiceField(
        label=said_lazy(EDITABLE["database_instances"]),
        choices=DATABASE_INSTANCES,
        coerce=int,
        empty_value=None,
        required=False,
    )
    zones = forms.TypedChoiceField(label=said_lazy(EDITABLE["zones"]), choices=[("2", "2"), ("3", "3")], coerce=int)
    image = forms.CharField(
        label=said_lazy(EDITABLE["image"]),
        required=False,
        max_length=512,
        help_text=_("By its digest: repository@sha256:…"),
    )
    postgres_version = forms.CharField(
        label=said_lazy(EDITABLE["postgres_version"]),
        required=False,
        max_length=16,
        help_text=_("Such as 16.6; the stack's own where it is empty. AWS goes to no older version."),
    )
    cache_version = forms.CharField(
        label=said_lazy(EDITABLE["cache_version"]),
        required=False,
        max_length=16,
        help_text=_("The newest known where it is empty."),
    )
    egress = forms.ChoiceField(
        label=said_lazy(EDITABLE["egress"]), choices=[(part.value, word) for part, word in EGRESS.items()]
    )
    allowed_client_cidrs = LinesField(
        label=said_lazy(EDITABLE["allowed_client_cidrs"]), help_text=_("One a line; 0.0.0.0/0 admits everybody.")
    )
    certificate_arn = forms.CharField(
        label=said_lazy(EDITABLE["certificate_arn"]),
        required=False,
        max_length=255,
        help_text=_("Its ARN in Certificate Manager."),
    )
    hosted_zone_id = forms.CharField(
        label=said_lazy(EDITABLE["hosted_zone_id"]),
        required=False,
        max_length=32,
        help_text=_("In place of a certificate."),
    )
    domain_name = forms.CharField(
        label=said_lazy(EDITABLE["domain_name"]), required=False, max_length=253, help_text=_("In the hosted zone.")
    )
    oidc_issuer = forms.CharField(
        label=said_lazy(EDITABLE["oidc_issuer"]),
        required=False,
        max_length=255,
        help_text=_("Without one nobody is let in."),
    )
    oidc_audience = forms.CharField(
        label=said_lazy(EDITABLE["oidc_audience"]),
        required=False,
        max_length=200,
        help_text=_("The suffix where it is empty."),
    )
    oidc_keys = forms.CharField(
        label=said_lazy(EDITABLE["oidc_keys"]),
        required=False,
        max_length=24_576,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("What its jwks_uri answers, where the API has no internet egress to fetch it."),
    )
    district_ids = LinesField(
        label=said_lazy(EDITABLE["district_ids"]),
        required=False,
        help_text=_("One a line; rows that name another are refused."),
    )
    retention_days = forms.TypedChoiceField(
        label=said_lazy(EDITABLE["retention_days"]),
        choices=[(str(days), str(days)) for days in LOG_RETENTION_DAYS],
        coerce=int,
        help_text=_("CloudWatch Logs takes these only. Fewer days delete what is older."),
    )
    backup_days = forms.IntegerField(
        label=said_lazy(EDITABLE["backup_days"]),
        min_value=1,
        max_value=35,
        help_text=_("1 to 35. Fewer days delete older backups."),
    )
    final_snapshot = forms.BooleanField(
        label=said_lazy(EDITABLE["final_snapshot"]),
        required=False,
        help_text=_("Keep a snapshot of the database at the teardown."),
    )
    monthly_budget_usd = forms.IntegerField(
        label=said_lazy(EDITABLE["monthly_budget_usd"]), min_value=1, max_value=1_000_000
    )
    alarm_emails = LinesField(
        label=said_lazy(EDITABLE["alarm_emails"]), required=False, help_text=_("One a line; AWS asks each to confirm.")
    )
    tags = TagsField(label=said_lazy(EDITABLE["tags"]), required=False, help_text=_("One a line: key=value."))

    GROUPS = (
        (_("Stack"), ("size", "database_instances", "zones", "image", "postgres_version", "cache_version")),
        (_("Network"), ("egress", "allowed_client_cidrs", "certificate_arn", "hosted_zone_id", "domain_name")),
        (_("Results"), ("oidc_issuer", "oidc_audience", "oidc_keys", "district_ids")),
        (_("Records"), ("retention_days", "backup_days", "final_snapshot")),
        (_("Governance"), ("monthly_budget_usd", "alarm_emails", "tags")),
    )

    @classmethod
    def of(cls, district: District, data: Any = None) -> SettingsForm:
        """Return the form with what the district has, or with what was typed."""
        return cls(data, initial={name: getattr(district, name) for name in EDITABLE})

    def change(self) -> dict[str, Any]:
        """Return every setting as the district stores it; only for a valid form."""
        return {
            name: list(value) if isinstance(value, tuple) else value.strip() if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
        }

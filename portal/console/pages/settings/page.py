"""The form over a district's settings, and a change of them in words. The rules are the services' own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from infra.fields import CHANGEABLE
from infra.shortening import deleted_by
from portal.console.district_fields import groups, setting
from portal.console.forms import GroupedForm
from provisioning.models import Run
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.changes import EDITABLE
from registry.districts.models import District
from registry.messages.translation import translated


@dataclass(frozen=True)
class Difference:
    """One setting as it was and as it is to be, in words."""

    name: str
    before: str
    after: str
    deletes: str = ""
    """What is lost by it, in a sentence; nothing is where that is empty."""


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return the settings of `after` in the order of their list, with what they were."""
    return [
        Difference(
            translated(EDITABLE[name]),
            words(before.get(name)),
            words(after[name]),
            translated(deleted_by(name, before.get(name), after[name]) or ""),
        )
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
    """What of a district may change after its registration: the fields of `infra.fields` that somebody may change."""

    GROUPS = groups(CHANGEABLE)

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


SettingsForm.base_fields = {row.name: setting(row.name) for row in CHANGEABLE}

"""The form that starts a rollout, and what it would reach. The rules are the services' own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django import forms
from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy as _

from infra.shortening import deleted_by
from messages.message import message
from portal.console.district_fields import ENVIRONMENTS, SIZE_LABELS, LinesField
from portal.console.forms import DescribedForm
from portal.console.pages.calendar.forms import in_zone, moment_field, zone_field
from provisioning.rollouts.selection import Selection, at_places, matching
from provisioning.rollouts.service import MOST_AT_ONCE, RolloutRequest, check_rollout
from provisioning.rollouts.waves import DEFAULT_WAVES, WavesRefusedError, bounds, parse
from registry.accounts.models import User
from registry.accounts.rights import Rights
from registry.districts.changes import EDITABLE
from registry.districts.models import District
from registry.districts.registration import REGIONS
from registry.districts.time_zones import UNKNOWN
from registry.messages.translation import translated_lazy

STACK = "stack"
CHANGES = ("image", "postgres_version", "cache_version", "size", "retention_days", "backup_days")
"""The settings that a rollout changes; the others are a district's own."""

NUMBERS = {"retention_days", "backup_days"}
SHOWN = 10
"""So many districts of each wave are named in the preview."""


class RolloutForm(DescribedForm):
    """What changes, where, in which steps, and when to stop."""

    what = forms.ChoiceField(
        label=_("What changes"),
        choices=[(STACK, _("Latest stack version")), *((name, translated_lazy(EDITABLE[name])) for name in CHANGES)],
        initial="image",
    )
    value = forms.CharField(
        label=_("New value"),
        required=False,
        max_length=512,
        help_text=_("Such as repository@sha256:… for an image; empty for the stack."),
    )
    environments = forms.MultipleChoiceField(
        label=_("Environments"),
        required=False,
        choices=[(part.value, word) for part, word in ENVIRONMENTS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    regions = forms.MultipleChoiceField(
        label=_("Regions"),
        required=False,
        choices=[(name, name) for name in REGIONS],
        widget=forms.CheckboxSelectMultiple,
    )
    sizes = forms.MultipleChoiceField(
        label=_("Sizes"),
        required=False,
        choices=[(size.value, word) for size, word in SIZE_LABELS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    suffixes = LinesField(
        label=_("Or these districts"),
        required=False,
        help_text=_("Suffixes, one per line. If any are given, the filters above are ignored."),
    )
    waves = forms.CharField(
        label=_("Waves"),
        max_length=100,
        initial=DEFAULT_WAVES,
        help_text=_("How many districts are reached after each: numbers first, then percentages up to 100%."),
    )
    at_once = forms.IntegerField(
        label=_("Runs at a time"), min_value=1, max_value=MOST_AT_ONCE, initial=5, help_text=_("Of this rollout.")
    )
    halt_failures = forms.IntegerField(
        label=_("Halt at failures"), required=False, min_value=1, initial=3, help_text=_("So many failed runs halt it.")
    )
    halt_percent = forms.IntegerField(
        label=_("Halt above percent"),
        required=False,
        min_value=0,
        max_value=100,
        initial=10,
        help_text=_("Of the finished runs."),
    )
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000)
    starts_at = moment_field(label=_("Starts at"), required=False, help_text=_("Empty: at once."))
    time_zone = zone_field(required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Make the change out of what and value."""
        cleaned = super().clean() or {}
        what, value = cleaned.get("what"), str(cleaned.get("value") or "").strip()
        if what == STACK and value:
            self.add_error("value", _("The stack takes no value. Leave this empty, or choose what changes."))
        elif what and what != STACK and not value:
            self.add_error("value", _("Give the new value."))
        elif what in NUMBERS and not (value.isascii() and value.isdigit()):
            self.add_error("value", _("Give a whole number."))
        elif what:
            cleaned["change"] = {} if what == STACK else {what: int(value) if what in NUMBERS else value}
        return cleaned

    def request(self) -> RolloutRequest:
        """Return what was typed, as the service takes it; raises KeyError where a field has an error."""
        data = self.cleaned_data
        return RolloutRequest(
            reason=data["reason"],
            change=data["change"],
            selection=self.selection(),
            waves=data["waves"],
            at_once=data["at_once"],
            halt_percent=data["halt_percent"],
            halt_failures=data["halt_failures"],
            starts_at=in_zone(data["starts_at"], data["time_zone"] or UNKNOWN),
            key=data["key"],
        )

    def selection(self) -> Selection:
        """Return which districts are chosen, as far as the form can be read."""
        data = getattr(self, "cleaned_data", {})
        names = ("suffixes", "environments", "regions", "sizes")
        return Selection(**{name: tuple(data.get(name) or ()) for name in names})

    def check(self, actor: User) -> None:
        """Ask the service about what is filled in; nothing is written."""
        if self.is_valid():
            self.refuse(check_rollout(self.request(), actor))
            return
        data = self.cleaned_data
        draft = RolloutRequest(
            reason=message("checked later"),
            change=data.get("change", {}),
            selection=self.selection(),
            waves=data.get("waves") or DEFAULT_WAVES,
            key=uuid.uuid4(),
        )
        problems = {
            name: sentences for name, sentences in check_rollout(draft, actor).items() if name not in self.errors
        }
        self.refuse(problems)


@dataclass(frozen=True)
class WavePreview:
    """A wave, the first of its districts by name, and how many more there are."""

    number: int
    total: int
    districts: list[District]
    more: int


@dataclass(frozen=True)
class RolloutPreview:
    """Which districts would be reached, wave by wave; `problem` where that cannot be said."""

    total: int
    waves: list[WavePreview]
    problem: str = ""
    deletes: str = ""
    """What of these districts' history goes with it, in a sentence; nothing where that is empty."""


def preview(form: RolloutForm, rights: Rights) -> RolloutPreview:
    """Return what can be said, to somebody with these rights, of a form that may be half filled in.

    Only districts that are shown are read.
    """
    rows = matching(form.selection(), rights)
    total = rows.count()
    deletes = _deletes(getattr(form, "cleaned_data", {}).get("change") or {}, rows)
    try:
        reached = bounds(parse(str(form["waves"].value() or "")), total)
    except WavesRefusedError as refusal:
        return RolloutPreview(total, [], str(refusal), deletes)
    parts = list(enumerate(pairwise([0, *reached]), 1))
    districts = at_places(rows, [place for _, (begin, end) in parts for place in range(begin, min(end, begin + SHOWN))])
    return RolloutPreview(
        total,
        [
            WavePreview(
                number,
                end - begin,
                [districts[place] for place in range(begin, min(end, begin + SHOWN)) if place in districts],
                max(0, end - begin - SHOWN),
            )
            for number, (begin, end) in parts
        ],
        deletes=deletes,
    )


def _deletes(change: Mapping[str, Any], rows: QuerySet[District]) -> str:
    """Return what the change deletes where the district that keeps longest of these has it; empty for nothing."""
    for name in NUMBERS & set(change):
        longest = rows.order_by().aggregate(longest=Max(name))["longest"]
        if sentence := deleted_by(name, longest, change[name]):
            return sentence
    return ""

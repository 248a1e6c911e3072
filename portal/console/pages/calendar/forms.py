"""The forms of the calendar. Times are typed by the clock of a chosen time zone; the rules are the services'."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from portal.console.forms import DescribedForm, LongSelect, time_zones
from provisioning.calendar.service import LONGEST_REASON, SHORTEST_MINUTES
from provisioning.calendar.windows import LONGEST_MINUTES
from provisioning.lifetimes.service import MOST_NOTICE_DAYS
from provisioning.models import EndKind


class MomentInput(forms.DateTimeInput):
    """A day and a time of day, as browsers let people choose them."""

    input_type = "datetime-local"


def moment_field(**options: Any) -> forms.DateTimeField:
    """Return a field for a moment by the clock of the zone beside it (`in_zone`)."""
    return forms.DateTimeField(
        widget=MomentInput(format="%Y-%m-%dT%H:%M"), input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **options
    )


def zone_field(*, required: bool = True) -> forms.ChoiceField:
    """Return the field in which a time zone is chosen."""
    return forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: time_zones()[1:],
        widget=LongSelect,
        required=required,
        help_text=_("Times are by its clock."),
    )


def in_zone(moment: datetime | None, zone: str) -> datetime | None:
    """Return what was typed as the moment that a zone's clock shows so; of two the first (RFC 5545, 3.3.5)."""
    return None if moment is None else moment.replace(tzinfo=ZoneInfo(zone), fold=0)


class FreezeForm(DescribedForm):
    """From when to when no apply starts, and why."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        help_text=_("Shown by every run that is held, such as: State testing."),
    )
    starts_at = moment_field(label=_("From"), help_text=_("Applies that have begun by then go on to their end."))
    ends_at = moment_field(label=_("Until"), help_text=_("Held runs then continue automatically."))
    time_zone = zone_field()

    def values(self) -> dict[str, Any]:
        """Return what was typed, as the service takes it; only of a valid form."""
        data = self.cleaned_data
        zone = data["time_zone"]
        return {
            "reason": data["reason"],
            "starts_at": in_zone(data["starts_at"], zone),
            "ends_at": in_zone(data["ends_at"], zone),
        }


class WindowForm(DescribedForm):
    """On which days, from when on and for how long applies that nobody asked for now may start."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"),
        choices=lambda: [(str(number), name) for number, name in WEEKDAYS.items()],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The days on which it begins."),
    )
    starts = forms.TimeField(
        label=_("Begins"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("By the clock of the time zone."),
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=SHORTEST_MINUTES,
        max_value=LONGEST_MINUTES,
        initial=240,
        help_text=_("How long it stays open; applies in progress finish."),
    )
    time_zone = zone_field()


class ZoneForm(DescribedForm):
    """By whose clock a district's windows and last days go."""

    time_zone = zone_field()
    time_zone.help_text = _("The district's own windows keep their time of day, by this clock.")


class EndForm(DescribedForm):
    """The last day of a lifetime or a contract, and how many days ahead people are told."""

    last_day = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Over from the midnight behind it, in the district's time zone."),
    )
    notice_days = forms.IntegerField(
        label=_("Days of notice"),
        min_value=1,
        max_value=MOST_NOTICE_DAYS,
        initial=14,
        help_text=_("So many days ahead a notice goes out."),
    )
    typed_name = forms.CharField(
        label=_("Full name of the environment"),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "Type it to have the teardown requested in your name on the day. Empty: a notice asks to confirm it."
        ),
    )

    def __init__(self, *args: Any, kind: EndKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind is not EndKind.LIFETIME:
            del self.fields["typed_name"]

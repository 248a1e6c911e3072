"""The forms that people fill in: register a district, confirm a teardown, filter the audit record.

They turn text into typed values and refusals into errors beside fields; the rules are the services' own.
"""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import QuerySet
from django.forms import BoundField
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from infra.fields import ASKED
from infra.naming import ENVIRONMENT_CODES
from messages.message import message
from portal.console.district_fields import form_field, groups
from portal.console.hints import HINTS
from provisioning.onboarding.service import check_room
from registry.accounts.rights import Rights
from registry.audit.actions import AuditAction
from registry.audit.filters import EventFilter
from registry.audit.models import AuditEvent
from registry.districts import rules, services
from registry.districts.reach import accounts_to_choose
from registry.districts.registration import Registration
from registry.messages.translation import StrOrPromise, translated

TEARDOWN_FIELDS = {"name_differs": "full_name", "reason_missing": "reason"}

ACCOUNTS_LISTED = 100
"""Up to so many accounts are a list to choose from; of more the account's id is typed, and the rules know it or not."""


def act_choices() -> list[tuple[str, StrOrPromise]]:
    """Return every act of the record, by its words in the reader's language."""
    return [("", _("Any")), *sorted(((act.value, act.label) for act in AuditAction), key=lambda choice: choice[1])]


@cache
def time_zones() -> list[tuple[str, str]]:
    """Return the time zones of the United States first, then all others."""
    zones = sorted(zoneinfo.available_timezones())
    near = [name for name in zones if name.startswith(("America/", "Pacific/Honolulu", "US/"))]
    return [("", "—"), *((name, name) for name in [*near, *(name for name in zones if name not in set(near))])]


class LongSelect(forms.Select):
    """A list of hundreds to choose from, drawn at once: a template for each option takes a tenth of a second."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Draw the list."""
        widget = self.get_context(name, value, attrs)["widget"]
        attributes = {"name": widget["name"], **widget["attrs"]}
        options = [option for _, group, _ in widget["optgroups"] for option in group]
        rows = (
            (option["value"], mark_safe(" selected") if option["selected"] else "", option["label"])
            for option in options
        )
        drawn = format_html_join("\n", '  <option value="{}"{}>{}</option>', rows)
        return format_html("<select{}>\n{}\n</select>", flatatt(attributes), drawn)


class DescribedForm(forms.Form):
    """Gives each field its hint, and ties its widget to hint and error, for those who hear the page.

    `own_hints` has those of fields whose name says something else in another form.
    """

    own_hints: ClassVar[Mapping[str, StrOrPromise]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if not field.widget.is_hidden:
                field.help_text = field.help_text or str(self.own_hints.get(name, HINTS.get(name, "")))
                help_id = f"id_{name}_helptext " if field.help_text else ""
                field.widget.attrs["aria-describedby"] = f"{help_id}id_{name}_error"

    def refuse(self, problems: Mapping[str, Sequence[str]]) -> None:
        """Put a service's sentences beside their fields; those of what the form does not have stand above it."""
        for name, sentences in problems.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class GroupedForm(DescribedForm):
    """A form whose fields stand in titled groups."""

    GROUPS: ClassVar[tuple[tuple[StrOrPromise, tuple[str, ...]], ...]]

    def groups(self) -> list[tuple[StrOrPromise, list[BoundField]]]:
        """Return the groups with their fields."""
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]


class RegistrationForm(GroupedForm):
    """What it takes to register a district: four fields, and groups of others that have defaults."""

    GROUPS = groups(ASKED)
    ESSENTIAL = GROUPS[0][1]
    """What has to be looked at; all others have defaults that fit most districts."""

    @property
    def opens_advanced(self) -> bool:
        """Return whether an error stands among the fields that the page keeps folded."""
        return self.is_bound and bool(set(self.errors) - {*self.ESSENTIAL, NON_FIELD_ERRORS})

    def __init__(self, rights: Rights, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rights = rights
        listed = self.fields["account_id"]
        rows = accounts_to_choose(rights)
        if rows.order_by()[ACCOUNTS_LISTED:].exists():
            digits = forms.TextInput(attrs={**listed.widget.attrs, "inputmode": "numeric", "pattern": "[0-9]{12}"})
            typed = forms.CharField(label=listed.label, max_length=12, widget=digits, help_text=listed.help_text)
            self.fields["account_id"] = typed
        else:
            assert isinstance(listed, forms.ChoiceField)
            listed.choices = lambda: [(account.account_id, str(account)) for account in rows]

    def clean_account_id(self) -> str:
        """Refuse an account that the person may not choose: where there are many, its id is typed."""
        account = str(self.cleaned_data["account_id"])
        if self._rights.is_narrow and not accounts_to_choose(self._rights).filter(account_id=account).exists():
            raise forms.ValidationError(
                translated(message("Choose one of the AWS accounts; an administrator adds them."))
            )
        return account

    def registration(self) -> Registration:
        """Return what was typed, as the service takes it; raises KeyError where a field has an error."""
        values = dict(self.cleaned_data)
        return Registration(key=values.pop("registration_key"), **values)

    def check(self) -> None:
        """Ask the service about what is filled in, with defaults for all that is not yet; nothing is written."""
        if self.is_valid():
            registration = self.registration()
            self.refuse(check_room(registration) | services.check(registration, self._rights))
            return
        filled = {name: value for name, value in self.cleaned_data.items() if name != "registration_key"}
        draft = Registration(**{"name": "", "account_id": "", **filled, "key": uuid.uuid4()})
        problems = {
            field: sentences
            for field, sentences in (check_room(draft) | services.check(draft, self._rights)).items()
            if field not in self.errors and field in filled
        }
        self.refuse(problems)


WIDGETS: dict[str, dict[str, Any]] = {
    "state_code": {"choices": [("", "—"), *((code, code) for code in sorted(rules.STATES))]},
    # The rule's own sentence says more than how many characters there may be.
    "nces_id": {"max_length": None},
    "time_zone": {"choices": time_zones, "widget": LongSelect},
    "size": {"widget": forms.RadioSelect},
    "account_id": {"choices": []},
}
"""What the registration's fields have beside what `infra.fields` says."""

RegistrationForm.base_fields = {
    **{row.name: form_field(row.name, **WIDGETS.get(row.name, {})) for row in ASKED},
    "registration_key": forms.UUIDField(widget=forms.HiddenInput),
}


class TeardownForm(DescribedForm):
    """The typed full name, the reason, and whether the database is kept as a snapshot."""

    full_name = forms.CharField(
        label=_("Type the full name to confirm"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000)
    final_snapshot = forms.BooleanField(
        label=_("Keep a final snapshot of the database"),
        required=False,
        help_text=_("Under the account's own key, until somebody deletes it: the certificate then names it as kept."),
    )


class StateForm(DescribedForm):
    """What an administrator does about a district's state, and why."""

    act = forms.ChoiceField(label=_("What to do"), help_text=_("Only what can be done now is offered."))
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000)

    def __init__(self, *args: Any, acts: Sequence[tuple[str, StrOrPromise]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        act = self.fields["act"]
        assert isinstance(act, forms.ChoiceField)
        act.choices = [("", _("Choose")), *acts]


class SignInForm(DescribedForm, AuthenticationForm):
    """Django's own, with a hint below each field."""


class CodeForm(DescribedForm):
    """A code of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        help_text=_("From your authenticator app, or one of your recovery codes."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class NewPasswordForm(DescribedForm, PasswordChangeForm):
    """Django's own, with a hint below each field."""


class ChosenPasswordForm(DescribedForm, SetPasswordForm):  # type: ignore[type-arg]
    """Django's own, for who comes by a link that was sent."""


class ResetForm(DescribedForm):
    """Whom to send a link to."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, help_text=_("The address of your Homeroom account.")
    )


class PasswordForm(DescribedForm):
    """The password of who is signed in already."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class AuditFilter(DescribedForm):
    """Narrows the audit record down."""

    actor = forms.CharField(label=_("Who"), required=False, max_length=150)
    district = forms.CharField(label=_("District"), required=False, max_length=120)
    act = forms.ChoiceField(
        label=_("Action"),
        required=False,
        choices=act_choices,
    )
    run = forms.IntegerField(label=_("Run"), required=False, min_value=1, max_value=2**53)
    since = forms.DateField(label=_("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    outcome = forms.ChoiceField(
        label=_("Outcome"), required=False, choices=[("", _("Any")), *AuditEvent.Outcome.choices]
    )
    words = forms.CharField(label=_("Words"), required=False, max_length=120)

    def apply(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Return the events that match every field given; a field with an error shows it and matches nothing."""
        if not self.is_valid():
            return events.none()
        return EventFilter(**self.cleaned_data).apply(events)


def environment_code(environment: str) -> str:
    """Return the short form that ends a suffix, or nothing for an unknown environment."""
    return ENVIRONMENT_CODES.get(environment, "")

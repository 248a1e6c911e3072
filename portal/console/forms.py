"""The forms that people fill in: register a district, confirm a teardown, filter the audit record.

They turn text into typed values and refusals into errors beside fields; the rules are the services' own.
"""

from __future__ import annotations

import re
import uuid
import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from functools import cache
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Q, QuerySet
from django.forms import BoundField
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from infra.naming import ENVIRONMENT_CODES, SLUG_LENGTH
from infra.sizes import SIZES
from infra.spec import Egress, Environment
from portal.console.hints import HINTS
from provisioning.onboarding.service import check_room
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts import rules, services
from registry.districts.changes import EDITABLE
from registry.districts.models import AwsAccount
from registry.districts.registration import DEFAULT_REGION, EVERYBODY, REGIONS, Registration
from registry.texts import StrOrPromise, said_lazy

EGRESS = {Egress.NAT: _("Through NAT gateways"), Egress.NONE: _("None: AWS services only")}
ENVIRONMENTS = {
    Environment.SANDBOX: _("Sandbox"),
    Environment.STAGING: _("Staging"),
    Environment.PRODUCTION: _("Production"),
}
SIZE_LABELS = {size: said_lazy(row.label) for size, row in SIZES.items()}
SIZE_CHOICES = [
    (size.value, format_lazy("{}: {}", SIZE_LABELS[size], said_lazy(row.enrolment))) for size, row in SIZES.items()
]
DATABASE_INSTANCES = [
    ("", _("As the environment has: one in a sandbox, two elsewhere")),
    ("1", _("One")),
    ("2", _("Two, in two zones")),
]
TEARDOWN_FIELDS = {"slug_differs": "slug", "reason_missing": "reason"}

ACCOUNTS_LISTED = 100
"""Up to so many accounts are a list to choose from; of more the account's id is typed, and the rules know it or not."""


def accounts() -> list[tuple[str, str]]:
    """Return the AWS accounts to choose from."""
    return [(account.account_id, str(account)) for account in AwsAccount.objects.all()]


def act_choices() -> list[tuple[str, StrOrPromise]]:
    """Return every act of the record, by its words in the reader's language."""
    return [("", _("Any")), *sorted(((act.value, act.label) for act in AuditAction), key=lambda choice: choice[1])]


@cache
def time_zones() -> list[tuple[str, str]]:
    """Return the time zones of the United States first, then all others."""
    known = sorted(zoneinfo.available_timezones())
    near = [name for name in known if name.startswith(("America/", "Pacific/Honolulu", "US/"))]
    return [(name, name) for name in [*near, *(name for name in known if name not in set(near))]]


class LongSelect(forms.Select):
    """A list of hundreds to choose from, drawn at once: a template for each option takes a tenth of a second."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Draw the list."""
        widget = self.get_context(name, value, attrs)["widget"]
        given = {"name": widget["name"], **widget["attrs"]}
        options = [option for _, group, _ in widget["optgroups"] for option in group]
        rows = (
            (option["value"], mark_safe(" selected") if option["selected"] else "", option["label"])
            for option in options
        )
        drawn = format_html_join("\n", '  <option value="{}"{}>{}</option>', rows)
        return format_html("<select{}>\n{}\n</select>", flatatt(given), drawn)


class DescribedForm(forms.Form):
    """Gives each field its hint, and ties its widget to hint and error, for those who hear the page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if not field.widget.is_hidden:
                field.help_text = field.help_text or str(HINTS.get(name, ""))
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


def lines_of(text: str) -> tuple[str, ...]:
    """Return the entries of a list that is typed one a line; commas part too."""
    return tuple(part for part in re.split(r"[\s,;]+", text) if part)


class LinesField(forms.CharField):
    """A list that is typed and shown one entry a line; commas part too."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        """Write the entries as lines."""
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        """Return the entries without blanks."""
        return lines_of(super().clean(value))


class TagsField(forms.CharField):
    """Tags that are typed one a line, as key=value."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        """Write the tags as lines."""
        return "\n".join(f"{key}={text}" for key, text in value.items()) if isinstance(value, Mapping) else value

    def clean(self, value: Any) -> Any:
        """Return the tags; raises ValidationError for a line without a sign of equality, and for a key given twice."""
        tags: dict[str, str] = {}
        for line in (line.strip() for line in super().clean(value).splitlines()):
            if not line:
                continue
            key, sign, text = line.partition("=")
            if not sign or not key.strip():
                raise forms.ValidationError(_("Write %(line)s as key=value."), params={"line": line[:40]})
            if key.strip() in tags:
                raise forms.ValidationError(_("The tag %(key)s is given twice."), params={"key": key.strip()[:40]})
            tags[key.strip()] = text.strip()
        return tags


class RegistrationForm(GroupedForm):
    """What it takes to register a district: four fields, and groups of others that have defaults."""

    name = forms.CharField(label=_("District's name"), max_length=rules.NAME_LENGTH)
    state_code = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", "—"), *((code, code) for code in sorted(rules.STATES))]
    )
    nces_id = forms.CharField(label=_("NCES id"), required=False, help_text=_("7 digits, such as 3904380."))
    contact_name = forms.CharField(label=_("Technical contact"), required=False, max_length=rules.NAME_LENGTH)
    contact_email = forms.EmailField(label=_("Contact's e-mail"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=time_zones, initial="America/New_York", widget=LongSelect
    )
    slug = forms.CharField(
        label=_("Slug"),
        required=False,
        max_length=SLUG_LENGTH,
        help_text=_(
            "Part of every name in AWS. Made from the district's name unless you enter one. Can't be changed later."
        ),
    )
    environment = forms.ChoiceField(
        label=_("Environment"),
        choices=[(part.value, word) for part, word in ENVIRONMENTS.items()],
        initial=Environment.SANDBOX.value,
    )
    region = forms.ChoiceField(label=_("Region"), choices=[(name, name) for name in REGIONS], initial=DEFAULT_REGION)
    size = forms.ChoiceField(
        label=said_lazy(EDITABLE["size"]),
        choices=SIZE_CHOICES,
        widget=forms.RadioSelect,
        initial="S",
    )
    zones = forms.TypedChoiceField(
        label=said_lazy(EDITABLE["zones"]), choices=[("2", "2"), ("3", "3")], coerce=int, initial="2"
    )
    database_instances = forms.TypedChoiceField(
        label=said_lazy(EDITABLE["database_instances"]),
        choices=DATABASE_INSTANCES,
        coerce=int,
        empty_value=None,
        required=False,
    )
    cidr = forms.CharField(
        label=_("Network"), required=False, help_text=_("Such as 10.0.4.0/22. The next free one unless you give one.")
    )
    egress = forms.ChoiceField(
        label=said_lazy(EDITABLE["egress"]),
        choices=[(part.value, word) for part, word in EGRESS.items()],
        initial=Egress.NAT.value,
    )
    certificate_arn = forms.CharField(label=said_lazy(EDITABLE["certificate_arn"]), required=False, max_length=255)
    hosted_zone_id = forms.CharField(
        label=said_lazy(EDITABLE["hosted_zone_id"]),
        required=False,
        max_length=32,
        help_text=_("Its id in Route 53, in place of a certificate."),
    )
    domain_name = forms.CharField(
        label=said_lazy(EDITABLE["domain_name"]),
        required=False,
        max_length=253,
        help_text=_("Such as lakeside.results.example.org, in the hosted zone; the certificate is made for it."),
    )
    allowed_client_cidrs = LinesField(
        label=said_lazy(EDITABLE["allowed_client_cidrs"]),
        initial=EVERYBODY,
        help_text=_("Networks that may reach the service, one a line; 0.0.0.0/0 admits everybody."),
    )
    image = forms.CharField(
        label=said_lazy(EDITABLE["image"]),
        required=False,
        max_length=512,
        help_text=_(
            "By its digest: repository@sha256:… Required in production; elsewhere a placeholder stands in for it."
        ),
    )
    oidc_issuer = forms.CharField(
        label=said_lazy(EDITABLE["oidc_issuer"]),
        required=False,
        max_length=255,
        help_text=_(
            "The district's OpenID Connect provider, such as https://login.example.org. Without one nobody is "
            "let into the analytics."
        ),
    )
    oidc_audience = forms.CharField(
        label=said_lazy(EDITABLE["oidc_audience"]),
        required=False,
        max_length=200,
        help_text=_("What its tokens name as their audience; the district's suffix where it is empty."),
    )
    oidc_keys = forms.CharField(
        label=said_lazy(EDITABLE["oidc_keys"]),
        required=False,
        max_length=24_576,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_(
            "What its jwks_uri answers. Needed in production and without internet egress: the API cannot fetch them."
        ),
    )
    district_ids = LinesField(
        label=said_lazy(EDITABLE["district_ids"]),
        required=False,
        help_text=_("The district's own, one a line: rows that name another are refused. Empty refuses none."),
    )
    account_id = forms.ChoiceField(label=_("AWS account"), choices=accounts)
    monthly_budget_usd = forms.IntegerField(
        label=said_lazy(EDITABLE["monthly_budget_usd"]), min_value=1, max_value=1_000_000, initial=500
    )
    alarm_emails = LinesField(
        label=said_lazy(EDITABLE["alarm_emails"]),
        required=False,
        help_text=_("E-mail addresses, one a line; AWS asks each to confirm."),
    )
    tags = TagsField(
        label=said_lazy(EDITABLE["tags"]),
        required=False,
        help_text=_("On every resource, one a line: key=value. Cost reports group by them."),
    )
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    registration_key = forms.UUIDField(widget=forms.HiddenInput)

    ESSENTIAL = ("name", "state_code", "environment", "account_id")
    """What has to be looked at; all others have defaults that fit most districts."""
    GROUPS = (
        (_("District"), ESSENTIAL),
        (_("Names and contact"), ("slug", "nces_id", "contact_name", "contact_email", "time_zone", "note")),
        (_("Stack"), ("region", "size", "database_instances", "zones", "image")),
        (
            _("Network"),
            ("cidr", "egress", "allowed_client_cidrs", "certificate_arn", "hosted_zone_id", "domain_name"),
        ),
        (_("Results"), ("oidc_issuer", "oidc_audience", "oidc_keys", "district_ids")),
        (_("Governance"), ("monthly_budget_usd", "alarm_emails", "tags")),
    )

    def opens_advanced(self) -> bool:
        """Return whether an error stands among the fields that the page keeps folded."""
        return self.is_bound and bool(set(self.errors) - {*self.ESSENTIAL, NON_FIELD_ERRORS})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if AwsAccount.objects.order_by()[ACCOUNTS_LISTED:].exists():
            listed = self.fields["account_id"]
            digits = forms.TextInput(attrs={**listed.widget.attrs, "inputmode": "numeric", "pattern": "[0-9]{12}"})
            typed = forms.CharField(label=listed.label, max_length=12, widget=digits, help_text=listed.help_text)
            self.fields["account_id"] = typed

    def registration(self) -> Registration:
        """Return what was typed, as the service takes it; raises KeyError where a field has an error."""
        values = dict(self.cleaned_data)
        return Registration(key=values.pop("registration_key"), **values)

    def check(self) -> None:
        """Ask the service about what is filled in, with defaults for all that is not yet; nothing is written."""
        if self.is_valid():
            given = self.registration()
            self.refuse(check_room(given) | services.check(given))
            return
        known = {name: value for name, value in self.cleaned_data.items() if name != "registration_key"}
        draft = Registration(**{"name": "", "account_id": "", **known, "key": uuid.uuid4()})
        problems = {
            field: sentences
            for field, sentences in (check_room(draft) | services.check(draft)).items()
            if field not in self.errors and field in known
        }
        self.refuse(problems)


class TeardownForm(DescribedForm):
    """The typed slug, the reason, and whether the database is kept as a snapshot."""

    slug = forms.CharField(label=_("Type the slug to confirm"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
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

    email = forms.EmailField(label=_("E-mail address"), max_length=254, help_text=_("The one of your account here."))


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
        given = self.cleaned_data
        if given["actor"]:
            events = events.filter(actor_name__icontains=given["actor"])
        if given["district"]:
            text = given["district"]
            events = events.filter(Q(district__name__icontains=text) | Q(district__suffix__icontains=text))
        if given["act"]:
            events = events.filter(action=given["act"])
        if given["run"]:
            events = events.filter(run_number=given["run"])
        if given["words"]:
            events = events.filter(message__icontains=given["words"])
        if given["outcome"]:
            events = events.filter(outcome=given["outcome"])
        zone = timezone.get_current_timezone()
        if given["since"]:
            events = events.filter(at__gte=datetime.combine(given["since"], time.min, zone))
        if given["until"]:
            events = events.filter(at__lte=datetime.combine(given["until"], time.max, zone))
        return events


def environment_code(environment: str) -> str:
    """Return the short form that ends a suffix, or nothing for an unknown environment."""
    return ENVIRONMENT_CODES.get(environment, "")

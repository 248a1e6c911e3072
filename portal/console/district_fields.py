"""Form fields out of the table of a district's fields (`infra.fields`): the registration's and the settings page's.

Words of choices are the pages' own and stand here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from infra.fields import FIELDS, ROWS, DistrictField, Kind
from infra.sizes import SIZES
from infra.spec import Egress, Environment
from messages.message import term
from registry.messages.translation import StrOrPromise, translated_lazy

Choices = list[tuple[str, StrOrPromise]]

EGRESS = {Egress.NAT: _("Through NAT gateways"), Egress.NONE: _("None: AWS services only")}
ENVIRONMENTS = {
    Environment.SANDBOX: _("Sandbox"),
    Environment.STAGING: _("Staging"),
    Environment.PRODUCTION: _("Production"),
}
SIZE_LABELS = {size: translated_lazy(term(row.label)) for size, row in SIZES.items()}
SIZE_CHOICES: Choices = [
    (size.value, format_lazy("{}: {}", SIZE_LABELS[size], translated_lazy(term(row.enrolment))))
    for size, row in SIZES.items()
]
DATABASE_INSTANCES: Choices = [
    ("", _("As the environment has: one in a sandbox, two elsewhere")),
    ("1", _("One")),
    ("2", _("Two, in two zones")),
]
CHOICES: dict[str, Choices] = {
    "size": SIZE_CHOICES,
    "database_instances": DATABASE_INSTANCES,
    "egress": [(part.value, word) for part, word in EGRESS.items()],
    "environment": [(part.value, word) for part, word in ENVIRONMENTS.items()],
}
"""How choices are said that do not speak for themselves."""

GROUP_TITLES = {
    "District": _("District"),
    "Names and contact": _("Names and contact"),
    "Stack": _("Stack"),
    "Network": _("Network"),
    "Results": _("Results"),
    "Records": _("Records"),
    "Governance": _("Governance"),
}


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


def form_field(name: str, **more: Any) -> forms.Field:
    """Return the registration's field of this name; `more` goes to Django's field."""
    row = FIELDS[name]
    initial = "\n".join(row.default) if row.kind is Kind.LINES else row.default
    value = str(initial) if row.kind is Kind.WHOLE_CHOICE and initial is not None else initial
    arguments = {"label": _(row.label), "help_text": _(row.question_hint or row.hint)}
    return _field(row, arguments | {"initial": None if value in ("", ()) else value} | more)


def setting(name: str) -> forms.Field:
    """Return the settings page's field of this name."""
    row = FIELDS[name]
    return _field(row, {"label": translated_lazy(term(row.label)), "help_text": _(row.hint)})


def groups(rows: Iterable[DistrictField]) -> tuple[tuple[StrOrPromise, tuple[str, ...]], ...]:
    """Return the rows' names by their groups, with the groups' titles."""
    by_group: dict[str, list[str]] = {}
    for row in rows:
        by_group.setdefault(row.group, []).append(row.name)
    return tuple((GROUP_TITLES[group], tuple(names)) for group, names in by_group.items())


REQUIRED_IN_PRODUCTION = frozenset(row.name for row in ROWS if row.is_required_in_production)
"""What a form lets be empty, and the specification does not in production."""


def _field(row: DistrictField, arguments: dict[str, Any]) -> forms.Field:
    arguments = {"required": row.is_required} | arguments
    if row.kind is Kind.SWITCH:
        return forms.BooleanField(**arguments)
    if row.kind is Kind.WHOLE:
        return forms.IntegerField(min_value=row.least, max_value=row.most, **arguments)
    if row.kind in {Kind.CHOICE, Kind.WHOLE_CHOICE}:
        arguments = {
            "choices": CHOICES.get(row.name) or [(str(choice), str(choice)) for choice in row.choices]
        } | arguments
    if row.kind is Kind.WHOLE_CHOICE:
        return forms.TypedChoiceField(coerce=int, empty_value=None, **arguments)
    if row.kind is Kind.CHOICE:
        return forms.ChoiceField(**arguments)
    if row.kind is Kind.LINES:
        return LinesField(**arguments)
    if row.kind is Kind.TAGS:
        return TagsField(**arguments)
    if row.kind is Kind.LONG_TEXT:
        attributes = {"rows": 2} | ({"spellcheck": "false"} if row.spec else {})
        arguments = {"widget": forms.Textarea(attrs=attributes)} | arguments
    arguments = {"max_length": row.longest} | arguments
    return forms.EmailField(**arguments) if row.kind is Kind.EMAIL else forms.CharField(**arguments)

"""The forms that make an API token, here or for a program that signs in. The rules are the services' own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.console.reach_form import ReachForm
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import rights_of
from registry.accounts.tokens.scopes import ACTS, Scope

DAYS = (7, 30, 90, 180, 365)


def terms() -> list[tuple[str, str]]:
    """Return how long a token may hold, in the reader's language."""
    return [(str(days), gettext("%(days)s days") % {"days": days}) for days in DAYS]


class TermsForm(ReachForm):
    """How far a token goes, and how long."""

    days = forms.TypedChoiceField(
        label=_("Expires after"),
        coerce=int,
        initial="90",
        choices=terms,
        help_text=_("A year at most."),
    )

    field_order: Sequence[str] = ("days", "environments", "account_ids", "suffixes")


class TokenForm(TermsForm):
    """Whose token, what for, how far, and how long."""

    owner = forms.ChoiceField(
        label=_("For"), required=False, help_text=_("A token never has more permissions than its owner.")
    )
    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("What uses it, such as github-actions. Shown in the audit log.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What it may be used for. Reading is part of each."),
    )

    field_order = ("owner", "name", "scopes", "days", "environments", "account_ids", "suffixes")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user, rights = user, rights_of(user)
        self._services: dict[str, User] = {}
        scopes, owner = self.fields["scopes"], self.fields["owner"]
        assert isinstance(scopes, forms.ChoiceField)
        assert isinstance(owner, forms.ChoiceField)
        scopes.choices = [(scope.value, scope.label) for scope in Scope if rights.somewhere(ACTS[scope])]
        if rights.may(Act.ADMINISTER):
            services = User.objects.filter(is_service=True, is_active=True).order_by("username")
            self._services = {str(service.pk): service for service in services}
        if self._services:
            named = [(key, service.get_username()) for key, service in self._services.items()]
            owner.choices = [("", _("Yourself")), *named]
        else:
            del self.fields["owner"]

    def wanted(self) -> dict[str, Any]:
        """Return what was chosen, as the service takes it; only for a valid form."""
        data = self.cleaned_data
        return {
            "owner": self._services.get(data.get("owner", ""), self._user),
            "name": data["name"],
            "scopes": [Scope(scope) for scope in data["scopes"]],
            "days": data["days"],
            "reach": self.reach(),
        }

"""The forms of notices: where they go, and what somebody wants by mail. The rules are the services' own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.console.district_fields import ENVIRONMENTS, LinesField
from portal.console.forms import DescribedForm
from provisioning.models import NoticeEndpoint
from provisioning.notices.endpoints import EndpointValues
from provisioning.notices.occasions import CHOOSABLE, Occasion
from registry.messages.translation import StrOrPromise

OCCASIONS: dict[Occasion, StrOrPromise] = {
    Occasion.AWAITING_APPROVAL: _("A plan awaits approval"),
    Occasion.FAILED: _("A run failed"),
    Occasion.LIVE: _("A district went live"),
    Occasion.REMOVED: _("A district was removed"),
    Occasion.EXPOSED: _("Drift widened who can reach a district"),
    Occasion.DRIFTED: _("A district drifted"),
    Occasion.ENDING: _("A lifetime or contract ends"),
    Occasion.ROLLOUT_HALTED: _("A rollout halted"),
    Occasion.CREDENTIAL_CHANGED: _("A password or role was set"),
    Occasion.ENDPOINT_DISABLED: _("An endpoint was switched off"),
    Occasion.AUDIT_ANCHORED: _("The audit chain's head, each hour (only where selected)"),
    Occasion.TEST: _("A test"),
}
KINDS: dict[str, StrOrPromise] = {
    NoticeEndpoint.Kind.WEBHOOK: _("Webhook"),
    NoticeEndpoint.Kind.SLACK: "Slack",
    NoticeEndpoint.Kind.TEAMS: "Microsoft Teams",
    NoticeEndpoint.Kind.MAIL: _("E-mail"),
}


def occasion_choices() -> list[tuple[str, StrOrPromise]]:
    """Return the kinds of notices that can be asked for."""
    return [(occasion.value, OCCASIONS[occasion]) for occasion in CHOOSABLE]


class EndpointForm(DescribedForm):
    """An endpoint: what it is called, where it is, and of what it hears."""

    name = forms.CharField(
        label=_("Endpoint's name"), max_length=80, help_text=_("As the list and the audit log show it.")
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=list(KINDS.items()), help_text=_("How a notice is written. Can't be changed later.")
    )
    address = forms.CharField(
        label=_("Endpoint's address"),
        max_length=2000,
        help_text=_("The URL that is posted to, or addresses of mail, parted by commas. It is not shown again."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    occasions = forms.MultipleChoiceField(
        label=_("Kinds of notices"),
        required=False,
        choices=occasion_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None selected: all of them."),
    )
    environments = forms.MultipleChoiceField(
        label=_("Environments"),
        required=False,
        choices=[(part.value, word) for part, word in ENVIRONMENTS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None selected: all of them."),
    )
    districts = LinesField(
        label=_("Districts by suffix"), required=False, help_text=_("One per line. Empty: all of them.")
    )

    def __init__(self, *args: Any, endpoint: NoticeEndpoint | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if endpoint is not None:
            del self.fields["kind"]
            self.fields["address"].required = False
            self.fields["address"].help_text = _("Leave empty to keep it. It is not shown again.")

    def values(self, kind: str = "") -> EndpointValues:
        """Return what was chosen; only of a valid form."""
        data = self.cleaned_data
        return EndpointValues(
            name=data["name"],
            kind=data.get("kind", kind),
            address=data["address"],
            occasions=tuple(data["occasions"]),
            environments=tuple(data["environments"]),
            districts=tuple(data["districts"]),
        )


def initial_of(endpoint: NoticeEndpoint) -> dict[str, Any]:
    """Return what the form shows of an endpoint."""
    return {
        "name": endpoint.name,
        "occasions": endpoint.occasions,
        "environments": endpoint.environments,
        "districts": list(endpoint.districts.order_by("suffix").values_list("suffix", flat=True)),
    }


class MailForm(DescribedForm):
    """Which kinds of notices a person wants by mail."""

    by_mail = forms.MultipleChoiceField(
        label=_("By e-mail"),
        required=False,
        choices=occasion_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("To the address of your account, beside this list."),
    )

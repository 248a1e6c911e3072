"""The part of a form that says which districts something is for."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.console.district_fields import ENVIRONMENTS, LinesField
from portal.console.forms import DescribedForm
from registry.accounts.reach import Reach


class ReachForm(DescribedForm):
    """For which districts: of which environments and accounts, or named ones; all where nothing is chosen."""

    environments = forms.MultipleChoiceField(
        label=_("Environments"),
        required=False,
        choices=[(part.value, word) for part, word in ENVIRONMENTS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only districts of these; none selected is all."),
    )
    account_ids = LinesField(
        label=_("AWS accounts"), required=False, help_text=_("Only districts in these, by their ids, one per line.")
    )
    suffixes = LinesField(
        label=_("Districts"), required=False, help_text=_("Only these, by their suffixes, one per line.")
    )

    def reach(self) -> Reach:
        """Return which districts were chosen; only for a valid form."""
        data = self.cleaned_data
        return Reach(
            environments=tuple(data["environments"]),
            account_ids=data["account_ids"],
            suffixes=data["suffixes"],
        )

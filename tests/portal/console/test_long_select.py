"""A list of hundreds is drawn at once, and says what Django's own list says."""

from __future__ import annotations

import re

import pytest
from django import forms

from portal.console.forms import LongSelect

CHOICES = [("", "—"), ("a", "A & <b>"), ('b"', "B"), ("c", "C")]


@pytest.mark.parametrize("value", ["", "a", 'b"', "unknown"])
@pytest.mark.parametrize("required", [True, False])
def test_it_draws_what_a_select_draws(value: str, required: bool) -> None:
    def drawn(widget: type[forms.Select]) -> set[str]:
        field = forms.ChoiceField(choices=CHOICES, widget=widget, required=required)
        form = type("Form", (forms.Form,), {"place": field})({"place": value})
        form.fields["place"].widget.attrs["aria-describedby"] = "x"
        html = str(form["place"])
        head, _, rest = html.partition(">")
        return {*head.split(), *(line.strip() for line in re.split(r"\n", rest) if line.strip())}

    assert drawn(LongSelect) == drawn(forms.Select)

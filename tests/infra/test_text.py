"""People's text can neither be read as a template, nor refused as a tag."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from infra.text import TAG_LENGTH, tag_value

ACCEPTED = re.compile(r"[\w\s+\-=.:/@]*")


@given(st.text(max_size=400))
def test_a_tag_has_only_what_aws_accepts(text):
    assert ACCEPTED.fullmatch(tag_value(text))
    assert len(tag_value(text)) <= TAG_LENGTH


@given(st.from_regex(r"[a-z $%{}\[\].]*(TfToken\[TOKEN\.0\])?[}]*", fullmatch=True))
def test_no_template_and_no_token_is_left(text):
    assert not set("${}%[]") & set(tag_value(text))

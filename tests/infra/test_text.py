"""People's text ends where it cannot be read as a template, nor refused as a tag."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from infra.text import TAG_LENGTH, escape_template, tag_value

ACCEPTED = re.compile(r"[\w\s+\-=.:/@]*")


@given(st.text() | st.from_regex(r"[a$%{}]*", fullmatch=True))
def test_an_escaped_text_holds_no_template_and_reads_as_it_was(text):
    escaped = escape_template(text)
    assert escaped.replace("$${", "${").replace("%%{", "%{").count("{") == text.count("{")
    assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", escaped.replace("$${", "").replace("%%{", ""))


@given(st.text(max_size=400))
def test_a_tag_has_only_what_aws_accepts(text):
    assert ACCEPTED.fullmatch(tag_value(text))
    assert len(tag_value(text)) <= TAG_LENGTH

"""People's text ends where it cannot be read as a template, nor refused as a tag."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from infra.text import TAG_LENGTH, escape_template, tag_value

ACCEPTED = re.compile(r"[\w\s+\-=.:/@]*")


def read_by_terraform(template: str) -> str:
    """Return what Terraform makes of a template that only has escapes, or fail where one is alive."""
    read = re.sub(r"\$\$\{|%%\{", lambda found: found[0][1:].replace("{", "\0"), template)
    assert "${" not in read, template
    assert "%{" not in read, template
    return read.replace("\0", "{")


@given(st.text(alphabet=st.characters(exclude_characters="\0")) | st.from_regex(r"[a$%{}]*", fullmatch=True))
def test_an_escaped_text_is_read_as_it_was_written(text):
    assert read_by_terraform(escape_template(text)) == text


@given(st.text(max_size=400))
def test_a_tag_has_only_what_aws_accepts(text):
    assert ACCEPTED.fullmatch(tag_value(text))
    assert len(tag_value(text)) <= TAG_LENGTH

"""Makes people's text safe where it ends up: in Terraform's templates, and in tags."""

from __future__ import annotations

import re

NOT_IN_TAGS = re.compile(r"[^\w\s+\-=.:/@]")
TAG_LENGTH = 256


def escape_template(text: str) -> str:
    """Return the text so that Terraform reads it as it is (Terraform, "Strings and Templates": escape sequences)."""
    return text.replace("${", "$${").replace("%{", "%%{")


def tag_value(text: str) -> str:
    """Return the text with only what every AWS service accepts in a tag, at most 256 characters."""
    plain = " ".join(NOT_IN_TAGS.sub(" ", text).split())
    return plain[:TAG_LENGTH]

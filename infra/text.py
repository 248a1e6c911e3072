"""Makes people's text safe where it ends up: in Terraform's templates, beside CDKTF's tokens, in AWS's tags.

What could be read as any of these is left out in this one place, rather than escaped differently for each reader.
"""

from __future__ import annotations

import re

NOT_PLAIN = re.compile(r"[^\w\s+\-=.:/@]")
TAG_LENGTH = 256


def tag_value(text: str) -> str:
    """Return the text with only what every AWS service accepts in a tag, at most 256 characters.

    Source: AWS, "Tag naming limits and requirements". No brace, dollar or percent sign is among it, so that neither
    Terraform nor CDKTF finds a template in it.
    """
    return " ".join(NOT_PLAIN.sub(" ", text).split())[:TAG_LENGTH]

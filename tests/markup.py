"""HTML as a browser reads it: without the white space that shapes a template and shows nothing."""

from __future__ import annotations

import re

BLOCKS = (
    "html|head|body|title|header|nav|main|section|article|aside|footer|div|p|ul|ol|li|dl|dt|dd|table|caption|thead|tbody|"
    "tr|td|th|form|fieldset|legend|details|summary|figure|figcaption|h1|h2|h3|h4|br|dialog|option|button|select"
)
KEPT = re.compile(r"(<(pre|textarea|ins|del)\b.*?</\2>)", re.DOTALL)
"""Elements whose white space shows; a difference of documents stands in `ins` and `del`."""
TAG = re.compile(r"<[a-z/][^<>]*>")
AROUND_A_BLOCK = re.compile(rf" ?(</?(?:{BLOCKS})(?: [^<>]*)?>) ?")


def squeezed(page: str) -> str:
    """Return the page with one space for any white space, none beside a block, and what is preformatted as it is."""
    parts, end = [], 0
    for match in KEPT.finditer(page):
        parts += [_squeezed(page[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, _squeezed(page[end:])])


def _squeezed(part: str) -> str:
    flat = re.sub(r"\s+", " ", part)
    flat = TAG.sub(lambda tag: re.sub(r" >$", ">", tag[0]), flat)
    return AROUND_A_BLOCK.sub(r"\1", flat)

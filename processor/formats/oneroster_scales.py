"""OneRoster 1.2 scoreScales.csv: which words a score can be, and which of them stands above which.

A scale is written `{A:90-100},{B:80-89}`: a word, and what it stands for. Where all stand for numbers, these order the
words; otherwise the first that is listed is the highest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, RowRefusedError, Sink, Write, fixed
from processor.formats.oneroster import HEAD, PREFIX, SOURCE, version

FIELDS = (
    *HEAD,
    Field("title", fixed(values.text()), required=True),
    Field("scoreScaleValue", fixed(values.text(20_000)), required=True),
)
VALUE = re.compile(r"\{\s*([^:{}]+?)\s*:\s*([^{}]*?)\s*\}")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
MOST_WORDS = 200


def words_of(scale_value: str) -> list[str]:
    """Return a scale's words, the lowest first."""
    pairs = VALUE.findall(scale_value)
    least = [float(number[0]) if (number := NUMBER.match(stands_for)) else None for _, stands_for in pairs]
    if pairs and None not in least:
        order = sorted(range(len(pairs)), key=lambda at: (least[at] or 0.0, -at))
        return list(dict.fromkeys(pairs[at][0] for at in order))
    return list(dict.fromkeys(word for word, _ in reversed(pairs)))


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one scale."""

    def write(line: int, row: Sequence[str]) -> None:
        source_id, status, modified, title, scale_value = row
        if status == DELETED:
            sink.put("score_scale", PREFIX + source_id, values.NULL, values.NULL, *version(status, modified))
            return
        words = words_of(scale_value.replace("\\\\", "\\"))
        if not words or len(words) > MOST_WORDS:
            raise RowRefusedError("scoreScaleValue", "not_a_scale", "This is no scale, such as {A:90},{B:80}.")
        listed = json.dumps(words, ensure_ascii=False).replace("\\", "\\\\")
        sink.put("score_scale", PREFIX + source_id, title, listed, *version(status, modified))

    return write


FORMAT = Format(
    name="oneroster scoreScales",
    title="OneRoster scoreScales.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "title", "scoreScaleValue"}),
    file_names=frozenset({"scoreScales.csv"}),
)

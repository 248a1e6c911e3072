"""OneRoster 1.2 lineItemScoreScales.csv: which scale the results of a line item are of."""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, Sink, Write, fixed
from processor.formats.oneroster import HEAD, PREFIX, SOURCE, version

FIELDS = (
    *HEAD,
    Field("lineItemSourcedId", fixed(values.identifier), required=True),
    Field("scoreScaleSourcedId", fixed(values.identifier), required=True),
)


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one line item's scale; a deletion names no line item, and the item's next scale counts."""

    def write(line: int, row: Sequence[str]) -> None:
        _, status, modified, item, scale = row
        if status == DELETED and not item:
            return
        scale_id = values.NULL if status == DELETED else PREFIX + scale
        sink.put("item_scale", PREFIX + item, scale_id, *version(status, modified))

    return write


FORMAT = Format(
    name="oneroster lineItemScoreScales",
    title="OneRoster lineItemScoreScales.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "lineItemSourcedId", "scoreScaleSourcedId"}),
    file_names=frozenset({"lineItemScoreScales.csv"}),
)

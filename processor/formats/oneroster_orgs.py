"""OneRoster orgs.csv: schools and what they belong to. An org of type district must be this district."""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, Sink, Write, fixed
from processor.formats.oneroster import HEAD, SOURCE, version

KINDS = ("department", "school", "district", "local", "state", "national")
"""Source: OneRoster CSV, orgs.csv, "type"; since 1.2 it may be extended."""

FIELDS = (
    *HEAD,
    Field("name", fixed(values.text()), required=True),
    Field("type", fixed(values.extensible(values.choice(KINDS))), required=True),
    Field("identifier", fixed(values.text())),
    Field("parentSourcedId", fixed(values.text()), part=True),
)


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one org."""

    def write(line: int, row: Sequence[str]) -> None:
        source_id, status, modified, name, kind, own_id, parent = row
        if kind == "district" and own_id:
            reading.refuse_other_district("identifier", (own_id,))
        payload = (values.NULL,) * 4 if status == DELETED else (name, kind, own_id, parent)
        sink.put("school", source_id, *payload, *version(status, modified))

    return write


FORMAT = Format(
    name="oneroster orgs",
    title="OneRoster orgs.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "name", "type", "parentSourcedId"}),
    file_names=frozenset({"orgs.csv"}),
)

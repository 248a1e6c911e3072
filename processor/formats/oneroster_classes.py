"""OneRoster classes.csv: which school a class belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, Sink, Write, fixed
from processor.formats.oneroster import HEAD, SOURCE, version

FIELDS = (
    *HEAD,
    Field("title", fixed(values.text()), required=True),
    Field("grades", fixed(values.first_of(values.any_grade)), part=True),
    Field("schoolSourcedId", fixed(values.identifier), required=True),
    Field("subjects", fixed(values.first_of(values.text())), part=True),
)


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one class."""

    def write(line: int, row: Sequence[str]) -> None:
        source_id, status, modified, title, grade, school, subject = row
        if status != DELETED and subject:
            reading.class_subjects[source_id] = subject
        payload = (values.NULL,) * 4 if status == DELETED else (title, school, grade, subject)
        sink.put("class", source_id, *payload, *version(status, modified))

    return write


FORMAT = Format(
    name="oneroster classes",
    title="OneRoster classes.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "title", "courseSourcedId", "classType", "schoolSourcedId"}),
    file_names=frozenset({"classes.csv"}),
)

"""Ed-Fi School: what the schools are called whose numbers results name."""

from __future__ import annotations

from typing import Any

from processor.formats import values
from processor.formats.base import Field, Format, Reading, Sink, fixed, modified
from processor.formats.edfi import SOURCE

AGENCY = "localEducationAgencyReference.localEducationAgencyId"
FIELDS = (
    Field("schoolId", fixed(values.identifier), required=True, of_deleted=True),
    Field("nameOfInstitution", fixed(values.text()), required=True),
    Field(AGENCY, fixed(values.text()), part=True),
    Field("_lastModifiedDate", modified(), of_deleted=True, part=True),
)


def write(reading: Reading, sink: Sink, line: int, row: list[str], item: dict[str, Any]) -> None:
    """Write one school."""
    school, name, agency, modified_at = row
    gone = "keyValues" in item
    if not gone and agency:
        reading.refuse_other_district(AGENCY, (agency,))
    payload = (values.NULL,) * 4 if gone else (name, "school", school, agency)
    sink.put("school", school, *payload, modified_at, "t" if gone else "f")


FORMAT = Format(
    name="ed-fi school",
    title="Ed-Fi School",
    source=SOURCE,
    fields=FIELDS,
    object_writer=write,
    marks=frozenset({"schoolId", "nameOfInstitution"}),
    is_json=True,
)

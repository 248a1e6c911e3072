"""Ed-Fi ObjectiveAssessment: what the objectives are called under whose codes results by objective stand."""

from __future__ import annotations

from typing import Any

from processor.formats import values
from processor.formats.base import Field, Format, Reading, Sink, fixed, modified
from processor.formats.edfi import SOURCE, assessment_id, at

FIELDS = (
    Field("identificationCode", fixed(values.identifier), required=True, of_deleted=True),
    Field("assessmentReference.assessmentIdentifier", fixed(values.identifier), required=True, of_deleted=True),
    Field("assessmentReference.namespace", fixed(values.identifier), required=True, of_deleted=True),
    Field("description", fixed(values.text(1024)), part=True),
    Field("parentObjectiveAssessmentReference.identificationCode", fixed(values.identifier), part=True),
    Field("_lastModifiedDate", modified(), of_deleted=True, part=True),
)


def write(reading: Reading, sink: Sink, line: int, row: list[str], item: dict[str, Any]) -> None:
    """Write one objective; one that is deleted keeps its code alone."""
    code, identifier, namespace, title, parent, modified_at = row
    gone = "keyValues" in item
    title = title or values.text(1024)(at(item, "nomenclature"))
    payload = (values.NULL, values.NULL) if gone else (title, parent)
    sink.put("objective", assessment_id(namespace, identifier), code, *payload, modified_at, "t" if gone else "f")


FORMAT = Format(
    name="ed-fi objective assessment",
    title="Ed-Fi ObjectiveAssessment",
    source=SOURCE,
    fields=FIELDS,
    object_writer=write,
    marks=frozenset({"identificationCode", "assessmentReference", "description"}),
    is_json=True,
)

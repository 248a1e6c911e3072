"""Ed-Fi Assessment: a test, its subject, the bounds of its scores, and its levels in their order.

Its objectives are a resource of their own (`edfi_objectives.py`); its items say nothing about results: they are passed
over.
"""

from __future__ import annotations

from typing import Any

from processor.formats import values
from processor.formats.base import Field, Format, Reading, Sink, fixed, modified
from processor.formats.edfi import SOURCE, assessment_id, at, descriptor, listed, tolerant
from processor.formats.edfi_choice import NONE, score_of

FIELDS = (
    Field("assessmentIdentifier", fixed(values.identifier), required=True, of_deleted=True),
    Field("namespace", fixed(values.identifier), required=True, of_deleted=True),
    Field("assessmentTitle", fixed(values.text()), required=True),
    Field("_lastModifiedDate", modified(), of_deleted=True),
)


def read_levels(item: dict[str, Any]) -> list[str]:
    """Return the levels, the lowest first where their least scores are told, otherwise as they come."""
    least: dict[str, float] = {}
    for place, level in enumerate(listed(item, "performanceLevels")):
        word = values.text()(descriptor(level.get("performanceLevelDescriptor")))
        minimum = tolerant(at(level, "minimumScore"))
        if word and word not in least:
            least[word] = float(minimum) if minimum else float(place)
    return sorted(least, key=lambda word: least[word])


def write(reading: Reading, sink: Sink, line: int, row: list[str], item: dict[str, Any]) -> None:
    """Write one assessment and its levels."""
    identifier, namespace, title, modified_at = row
    which = assessment_id(namespace, identifier)
    if "keyValues" in item:
        sink.put("assessment", which, *[values.NULL] * 4, modified_at, "t")
        return
    subjects = [descriptor(entry.get("academicSubjectDescriptor")) for entry in listed(item, "academicSubjects")]
    scores = listed(item, "scores")
    choice = reading.choices.get(which, NONE)
    most_of, least_of = (score_of(scores, key, namespace, choice) for key in ("maximumScore", "minimumScore"))
    bounds = most_of or least_of or {}
    least, most = (tolerant(at(bounds, key)) for key in ("minimumScore", "maximumScore"))
    subject = values.text()(subjects[0]) if subjects else values.NULL
    sink.put("assessment", which, title, subject, least, most, modified_at, "f")
    for rank, level in enumerate(read_levels(item), start=1):
        sink.put("performance_level", which, level, str(rank), modified_at, "f")


FORMAT = Format(
    name="ed-fi assessment",
    title="Ed-Fi Assessment",
    source=SOURCE,
    fields=FIELDS,
    object_writer=write,
    marks=frozenset({"assessmentIdentifier", "namespace", "assessmentTitle"}),
    is_json=True,
)

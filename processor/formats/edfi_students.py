"""Ed-Fi Student: who the students are, with the ids that other systems know them by.

`identificationCodes` stood in Student up to Data Standard 2 and stand in StudentEducationOrganizationAssociation since;
both are read. A social security number is never taken.
"""

from __future__ import annotations

from typing import Any

from processor.formats import ids, values
from processor.formats.base import LOCAL, STATE, VENDOR, Field, Format, Reading, Sink, fixed, modified
from processor.formats.edfi import SOURCE, at, descriptor, listed

FIELDS = (
    Field("studentUniqueId", fixed(ids.copyable), required=True, of_deleted=True),
    Field("firstName", fixed(values.text()), required=True),
    Field("lastSurname", fixed(values.text()), required=True),
    Field("middleName", fixed(values.text()), part=True),
    Field("_lastModifiedDate", modified(), of_deleted=True, part=True),
)


def claim_codes(reading: Reading, item: dict[str, Any], student: str, line: int) -> None:
    """Note the ids that a student has in other systems."""
    for list_name, key in (
        ("studentIdentificationCodes", "studentIdentificationSystemDescriptor"),
        ("identificationCodes", "studentIdentificationSystemDescriptor"),
    ):
        for entry in listed(item, list_name):
            system = descriptor(entry.get(key)).casefold()
            if "ssn" in system or "social" in system:
                continue
            local = any(word in system for word in ("local", "district", "school", "sis", "lea"))
            kind = STATE if "state" in system else LOCAL if local else VENDOR
            reading.claim(kind, at(entry, "identificationCode"), student, line)


def write(reading: Reading, sink: Sink, line: int, row: list[str], item: dict[str, Any]) -> None:
    """Write one student: pseudonym, identity and name."""
    local, given, family, middle, modified_at = row
    student = reading.numbered(local.replace("\\\\", "\\"))
    gone = "keyValues" in item
    at_moment = (modified_at, "t" if gone else "f")
    if gone:
        local = given = middle = family = values.NULL
    else:
        claim_codes(reading, item, student, line)
    sink.put("student", student, *at_moment)
    sink.put("student_identity", student, local, values.NULL, *at_moment)
    sink.put("student_name", student, given, middle, family, *at_moment)


FORMAT = Format(
    name="ed-fi student",
    title="Ed-Fi Student",
    source=SOURCE,
    fields=FIELDS,
    object_writer=write,
    marks=frozenset({"studentUniqueId", "firstName", "lastSurname"}),
    is_json=True,
    student_field="studentUniqueId",
)

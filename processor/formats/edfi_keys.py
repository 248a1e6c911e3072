"""Names of Ed-Fi's keys as other programs write them: in small letters, with underscores, or with a capital first.

An object is written out by the standard's own names only where it has none of them: what a database's view or another
language's serializer has made of them says the same.
"""

from __future__ import annotations

import functools
from typing import Any

from processor.formats.registry import formats

INNER = (
    *("studentObjectiveAssessments", "objectiveAssessmentReference", "identificationCode", "scoreResults", "result"),
    *("performanceLevels", "performanceLevelDescriptor", "performanceLevelMet", "assessmentReportingMethodDescriptor"),
    *("resultDatatypeTypeDescriptor", "academicSubjects", "academicSubjectDescriptor", "scores", "minimumScore"),
    *("maximumScore", "identificationCodes", "studentIdentificationCodes", "studentIdentificationSystemDescriptor"),
    *("races", "raceDescriptor", "disabilities", "disabilityDescriptor", "studentCharacteristics", "periods"),
    *("studentCharacteristicDescriptor", "beginDate", "endDate", "keyValues", "nameOfInstitution", "schoolId"),
    *("reportedSchoolReference", "schoolReference", "studentSchoolAssociationReference", "enrolledSchoolReference"),
    *("educationOrganizationReference", "educationOrganizationId", "educationOrganizationAssociationTypeDescriptor"),
    *("parentObjectiveAssessmentReference", "description", "identificationSystemDescriptor", "id"),
)
"""Keys within lists and choices, which no table of fields has."""


@functools.cache
def known() -> dict[str, str]:
    """Return the standard's names by how they are compared: in small letters, without underscores."""
    paths = [name for kind in formats() if kind.is_json for name in (*kind.names(), *kind.marks)]
    return {_plain(key): key for key in (*INNER, *(part for path in paths for part in path.split(".")))}


def _plain(key: str) -> str:
    """Return a name as it is compared; a leading underscore is the API's own and stays."""
    return ("_" if key.startswith("_") else "") + key.replace("_", "").casefold()


@functools.cache
def own() -> frozenset[str]:
    """Return those of the standard's names that another writing changes."""
    return frozenset(name for name in known().values() if name != name.lower())


def is_foreign(item: dict[str, Any]) -> bool:
    """Return whether an object's keys are the standard's in another writing, and none is in its own."""
    return own().isdisjoint(item) and any(_plain(key) in known() for key in item)


def in_own_words(item: dict[str, Any]) -> dict[str, Any]:
    """Return an object by the standard's own names."""
    written: dict[str, Any] = written_out(item) if is_foreign(item) else item
    return written


def written_out(value: Any) -> Any:
    """Return an object, and all within it, by the standard's own names; keys that it does not know stay."""
    if isinstance(value, list):
        return [written_out(element) for element in value]
    if not isinstance(value, dict):
        return value
    names = known()
    return {names.get(_plain(key), key): written_out(inner) for key, inner in value.items()}

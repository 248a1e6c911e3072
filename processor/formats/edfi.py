"""What Ed-Fi's resources have in common: how an assessment is named, what a descriptor says, which score counts.

Source: Ed-Fi Data Standard 3.2 to 5.2, Assessment domain (`Schemas/Bulk/Ed-Fi-Core.xsd`, `Descriptors/`), in the names
that the ODS/API's JSON gives its elements. What an API adds (`id`, `_etag`, `_lastModifiedDate`, `link`, `_ext`) is no
error, nor is what a later version has. A null says no more than that a value is missing.
"""

from __future__ import annotations

from typing import Any

from processor.formats import values
from processor.formats.edfi_methods import (
    NO_WORDS,
    Rank,
    is_untested,
    level_rank,
    names_a_level,
    plainly,
    rank_of,
    transformed_from,
)

SOURCE = "Ed-Fi Data Standard 3.2 to 5.2, Assessment domain (JSON of the ODS/API)"
PREFIX = "ef:"
METHOD = "assessmentReportingMethodDescriptor"
LEVEL = "performanceLevelDescriptor"
SCHOOL_PATHS = (
    "reportedSchoolReference.schoolId",
    "schoolReference.schoolId",
    "studentSchoolAssociationReference.schoolId",
    "studentSchoolAssociationReference.schoolReference.schoolId",
    "studentSchoolAssociation.schoolReference.schoolId",
    "enrolledSchoolReference.schoolId",
    "educationOrganizationReference.educationOrganizationId",
    "educationOrganizationReference.schoolId",
)
"""Where an object names a school, the nearest first."""


def assessment_id(namespace: str, identifier: str) -> str:
    """Return the id of an assessment: Ed-Fi knows it by namespace and identifier."""
    return f"{PREFIX}{namespace}|{identifier}"


def descriptor(value: Any) -> str:
    """Return the word of a descriptor: what comes after the # of its address, or all of it where it has none."""
    told = str(value or "")
    return told.rpartition("#")[2] if "#" in told or "://" not in told else ""


def at(item: dict[str, Any], path: str) -> str:
    """Return the text at a path of keys with dots between them; nothing where a key is missing or null."""
    found: Any = item
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    if found is None or isinstance(found, dict | list):
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found)


def listed(item: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of a list; none where there is no list. What was XML once has no list around a single one."""
    found = item.get(key)
    if isinstance(found, dict):
        return [found]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def school_of(item: dict[str, Any]) -> str:
    """Return the school that an object names, by whichever reference."""
    return next((told for path in SCHOOL_PATHS if (told := at(item, path).strip())), "")


def is_number(text: str) -> bool:
    """Say whether a result is a number."""
    return bool(values.NUMBER(text.strip()))


def counting(found: list[dict[str, Any]], key: str, namespace: str = "") -> dict[str, Any] | None:
    """Return the one of `scoreResults` or `scores` that is the score: it has a number under `key`."""
    fitting = []
    transformed = transformed_from(descriptor(one.get(METHOD)) for one in found)
    for place, one in enumerate(found):
        method = descriptor(one.get(METHOD))
        rank = rank_of(method, namespace)
        if rank[0] == Rank.OTHER and plainly(method) in transformed:
            rank = Rank.STANDARD, 0
        if rank[0] < Rank.NEVER and is_number(at(one, key)):
            fitting.append((rank, place))
    return found[min(fitting)[1]] if fitting else None


def met(level: dict[str, Any]) -> bool:
    """Say whether a level was met: up to Data Standard 3.3 those that were not are listed as well."""
    return at(level, "performanceLevelMet").strip().casefold() not in ("false", "0", "no", "n")


def level_of(item: dict[str, Any]) -> str:
    """Return the level that was met by the best method, or a result in words whose method names levels."""
    ranked = []
    for place, one in enumerate(listed(item, "performanceLevels")):
        told, rank = descriptor(one.get(LEVEL)).strip(), level_rank(descriptor(one.get(METHOD)))
        if rank is not None and met(one) and told and told.casefold() not in NO_WORDS:
            ranked.append((rank, place, told))
    if ranked:
        return min(ranked)[2]
    for one in listed(item, "scoreResults"):
        told = at(one, "result").strip()
        if (
            told
            and not is_number(told)
            and told.casefold() not in NO_WORDS
            and names_a_level(descriptor(one.get(METHOD)), told)
        ):
            return told
    return ""


def untested(item: dict[str, Any]) -> bool:
    """Say whether a level or a result says that the student was not tested."""
    told = [(one.get(METHOD), descriptor(one.get(LEVEL))) for one in listed(item, "performanceLevels") if met(one)]
    told += [(one.get(METHOD), at(one, "result")) for one in listed(item, "scoreResults")]
    return any(is_untested(descriptor(method), word) for method, word in told)


def tolerant(cell: str) -> str:
    """Read a number where Ed-Fi has text of any kind (its type `Result`); what is no number is nothing."""
    return values.number()(cell) if values.NUMBER(cell.strip()) else values.NULL


def says_nothing(item: dict[str, Any]) -> bool:
    """Say whether an object is an item of an assessment (assessmentItems): nobody's result."""
    return "identificationCode" in item and "assessmentReference" in item and "studentReference" not in item

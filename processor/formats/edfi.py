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
    numbers_levels,
    plainly,
    rank_of,
    same_scale,
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
    uri = str(value or "")
    return uri.rpartition("#")[2] if "#" in uri or "://" not in uri else ""


def at(item: dict[str, Any], path: str) -> str:
    """Return the text at a path of keys with dots between them; nothing where a key is missing or null."""
    value: Any = item
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def listed(item: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of a list; none where there is no list. What was XML once has no list around a single one."""
    value = item.get(key)
    if isinstance(value, dict):
        return [value]
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def school_of(item: dict[str, Any]) -> str:
    """Return the school that an object names, by whichever reference."""
    return next((school for path in SCHOOL_PATHS if (school := at(item, path).strip())), "")


def is_number(text: str) -> bool:
    """Return whether a result is a number."""
    return bool(values.NUMBER(text.strip()))


def counting(entries: list[dict[str, Any]], key: str, namespace: str = "") -> dict[str, Any] | None:
    """Return the one of `scoreResults` or `scores` that is the score: it has a number under `key`.

    Where the method that would be the score is there without a number, a number of another method is of another scale:
    it is none among the scale scores of others.
    """
    fitting: list[tuple[tuple[Rank, int], int]] = []
    without: list[tuple[tuple[Rank, int], int]] = []
    transformed = transformed_from(descriptor(entry.get(METHOD)) for entry in entries)
    for place, entry in enumerate(entries):
        method = descriptor(entry.get(METHOD))
        rank = rank_of(method, namespace)
        if rank[0] == Rank.OTHER and plainly(method) in transformed:
            rank = Rank.STANDARD, 0
        if rank[0] < Rank.NEVER:
            (fitting if is_number(at(entry, key)) else without).append((rank, place))
    if not fitting:
        return None
    best = min(fitting)
    if best[0][0] == Rank.OTHER:
        # Of several numbers of unknown kinds, a code or a date of birth among them, the one that is called a score.
        others = [place for rank, place in fitting if rank[0] == Rank.OTHER]
        called = [place for place in others if "score" in plainly(descriptor(entries[place].get(METHOD))).split()]
        if len(others) > 1 and len(called) != 1:
            return None
        best = (best[0], (called or others)[0])
    missing = min(without, default=best)
    if missing < best and missing[0][0] < Rank.OTHER:
        other, method = (plainly(descriptor(entries[place].get(METHOD))) for _, place in (missing, best))
        if not same_scale(other, method):
            return None
    return entries[best[1]]


def met(level: dict[str, Any]) -> bool:
    """Return whether a level was met: up to Data Standard 3.3 those that were not are listed as well."""
    return at(level, "performanceLevelMet").strip().casefold() not in ("false", "0", "no", "n")


def level_of(item: dict[str, Any]) -> str:
    """Return the level that was met by the best method, or a result in words whose method names levels."""
    ranked = []
    for place, entry in enumerate(listed(item, "performanceLevels")):
        word, rank = descriptor(entry.get(LEVEL)).strip(), level_rank(descriptor(entry.get(METHOD)))
        if rank is not None and met(entry) and word and word.casefold() not in NO_WORDS:
            ranked.append((rank, place, word))
    if ranked:
        return min(ranked)[2]
    for entry in listed(item, "scoreResults"):
        word = at(entry, "result").strip()
        method = descriptor(entry.get(METHOD))
        if is_number(word) and numbers_levels(method):
            return word
        if word and not is_number(word) and word.casefold() not in NO_WORDS and names_a_level(method, word):
            return word
    return ""


def untested(item: dict[str, Any]) -> bool:
    """Return whether a level or a result says that the student was not tested."""
    pairs = [
        (entry.get(METHOD), descriptor(entry.get(LEVEL))) for entry in listed(item, "performanceLevels") if met(entry)
    ]
    pairs += [(entry.get(METHOD), at(entry, "result")) for entry in listed(item, "scoreResults")]
    return any(
        is_untested(descriptor(method), word)
        or (values.is_untested(values.worded(word)) and names_a_level(descriptor(method), word))
        for method, word in pairs
    )


def tolerant(cell: str) -> str:
    """Read a number where Ed-Fi has text of any kind (its type `Result`); what is no number is nothing."""
    return values.number()(cell) if values.NUMBER(cell.strip()) else values.NULL


def says_nothing(item: dict[str, Any]) -> bool:
    """Return whether an object is an item of an assessment (assessmentItems): nobody's result."""
    return "identificationCode" in item and "assessmentReference" in item and "studentReference" not in item

"""What Ed-Fi's resources have in common: how an assessment is named, what a descriptor says, which score counts.

Source: Ed-Fi Data Standard 3.2 to 5.2, Assessment domain (`Schemas/Bulk/Ed-Fi-Core.xsd`, `Descriptors/`), in the names
that the ODS/API's JSON gives its elements. What an API adds (`id`, `_etag`, `_lastModifiedDate`, `link`, `_ext`) is no
error, nor is what a later version has.
"""

from __future__ import annotations

from typing import Any

from processor.formats import values

SOURCE = "Ed-Fi Data Standard 3.2 to 5.2, Assessment domain (JSON of the ODS/API)"
PREFIX = "ef:"
METHODS = (
    *("scale score", "scale", "vertical scale score", "rit scale score", "adaptive scale score", "vertical score"),
    *("act score", "college board examination scores", "composite score", "number score", "raw score"),
)
"""AssessmentReportingMethodDescriptor: whose number is taken for the scale score, the first of these that is there."""
RELATIVE = (
    *("percentile", "percentile rank", "national college-bound percentile", "state college-bound percentile"),
    *("ranking", "normal curve equivalent"),
)
"""A place among others: taken where there is no score."""
NO_SCORE = ("standard error measurement",)


def assessment_id(namespace: str, identifier: str) -> str:
    """Return the id of an assessment: Ed-Fi knows it by namespace and identifier."""
    return f"{PREFIX}{namespace}|{identifier}"


def descriptor(value: Any) -> str:
    """Return the word of a descriptor: what comes after the # of its address."""
    return str(value or "").rpartition("#")[2]


def at(item: dict[str, Any], path: str) -> str:
    """Return the text at a path of keys with dots between them; nothing where a key is missing."""
    found: Any = item
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    if found is None or isinstance(found, dict | list):
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found)


def listed(item: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of a list; none where there is no list."""
    found = item.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def order_of(method: str) -> int:
    """Return where a reporting method stands among those whose number may be the scale score."""
    word = method.casefold()
    if word in METHODS:
        return METHODS.index(word)
    return len(METHODS) + (word in RELATIVE)


def counting(found: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    """Return the one of `scoreResults` or `scores` that is the scale score: it has a number under `key`."""
    methods = [descriptor(one.get("assessmentReportingMethodDescriptor")) for one in found]
    fitting = [
        (order_of(method), place)
        for place, (one, method) in enumerate(zip(found, methods, strict=True))
        if values.NUMBER(at(one, key).strip()) and method.casefold() not in NO_SCORE
    ]
    return found[min(fitting)[1]] if fitting else None


def tolerant(cell: str) -> str:
    """Read a number where Ed-Fi has text of any kind (its type `Result`); what is no number is nothing."""
    return values.number()(cell) if values.NUMBER(cell.strip()) else values.NULL


def says_nothing(item: dict[str, Any]) -> bool:
    """Say whether an object is of an assessment's parts (objectiveAssessments, assessmentItems): nobody's result."""
    return "identificationCode" in item and "assessmentReference" in item and "studentReference" not in item

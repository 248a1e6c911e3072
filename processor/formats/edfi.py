"""What Ed-Fi's resources have in common: how an assessment is named, and what a descriptor says.

Source: Ed-Fi Data Standard v5, Assessment domain, as the ODS/API's JSON has it.
"""

from __future__ import annotations

from typing import Any

SOURCE = "Ed-Fi Data Standard v5, Assessment domain (JSON of the ODS/API)"
PREFIX = "ef:"


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

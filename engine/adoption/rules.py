"""How a rule of the adoption table is read: places, paths in values, placeholders in texts, tags. Nothing does I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PLACEHOLDER = re.compile(r"\{(item|given|place)\.([^}]+)\}")


@dataclass(frozen=True)
class Place:
    """Where a district lives, and the suffix that all its names end in."""

    region: str
    account: str
    suffix: str


def at(value: Any, path: str) -> Any:
    """Return what is at a dotted path, or None; a number counts into a list."""
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value


def filled(value: Any, read: Callable[[str, str], Any]) -> Any:
    """Return a text, a list or a mapping of them with each placeholder replaced by what `read` says of its path."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda match: str(read(match[1], match[2])), value)
    if isinstance(value, Mapping):
        return {key: filled(part, read) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, read) for part in value]
    return value


def same(value: Any, other: Any) -> bool:
    """Return whether two values name the same: a number and its text do, and a domain with and without its last dot."""
    return str(value).rstrip(".") == str(other).rstrip(".")


def tag_map(tags: Any) -> dict[str, str]:
    """Return tags as a mapping, whichever of AWS's ways they came in."""
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    by_key = {}
    for tag in tags or ():
        lowered = {key.lower().removeprefix("tag"): value for key, value in tag.items()}
        by_key[str(lowered["key"])] = str(lowered.get("value", ""))
    return by_key

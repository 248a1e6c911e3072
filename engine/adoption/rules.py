"""The vocabulary of the adoption table: how AWS lists a kind, which item is ours, and how its import id reads.

Values are named by paths: ``{item.VpcId}`` is of AWS's answer, ``{given.name}`` of the declared resource,
``{place.account}`` of the district. A dot goes one level down. Nothing in here does I/O.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Item = dict[str, Any]
PLACEHOLDER = re.compile(r"\{(item|given|place)\.([^}]+)\}")


class Asking(Protocol):
    """What asks AWS; a row's own attributes may need one more question."""

    def answer(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Return AWS's answer; an empty one where AWS says that there is no such thing."""


@dataclass(frozen=True)
class Place:
    """Where a district lives, and the suffix that all its names end in."""

    region: str
    account: str
    suffix: str


@dataclass(frozen=True)
class Question:
    """A call to AWS and where in its answer the items are; `within` takes the parts of each, with their `parent`."""

    service: str
    operation: str
    collection: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    within: str = ""
    read: Callable[[Any], Sequence[Any]] | None = None
    """Turns what stands at `collection` into items, where it is no list of them."""


@dataclass(frozen=True)
class Adopt:
    """A type that is imported: found where each path of `where` in AWS's item equals what the resource declares."""

    type: str
    question: Question
    where: Mapping[str, str]
    import_id: str
    attributes: Mapping[str, str | Callable[[Asking, Item], Any]] = field(default_factory=dict)
    """What others refer to, beside what is declared literally; `id` is the import id unless it is said here."""
    tags: Question | str | None = None
    """Where its tags are: a path in the item, a question, or None for a kind without tags, which goes by name."""
    chosen_by_tags: bool = False
    """True where several may be called the same, so that one without our tags is not ours and no matter."""
    tagged_later: bool = False
    """True where the provider tags in a second call, so that one without any Suffix tag is ours as well."""
    detail: Question | None = None
    """One more question about an item that matches; its answer is laid over the item."""
    dead: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Values, by path, of what AWS still shows and has deleted."""
    unfinished: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Values, by path, of what AWS has not finished making."""
    must_equal: Mapping[str, str] = field(default_factory=dict)
    """Like `where`, for names that are not the district's alone: one that differs here is foreign."""
    goes_along: bool = False
    """True for what AWS deletes with what it belongs to: a teardown has no need to import it."""
    newest: str = ""
    """A path whose greatest value wins where several are ours by right, as with revisions."""


@dataclass(frozen=True)
class Recreate:
    """A type that is not imported: its create is safe where the thing exists, and the reason says why."""

    type: str
    reason: str


Rule = Adopt | Recreate


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
        return PLACEHOLDER.sub(lambda found: str(read(found[1], found[2])), value)
    if isinstance(value, Mapping):
        return {key: filled(part, read) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, read) for part in value]
    return value


def same(one: Any, other: Any) -> bool:
    """Return whether two values name the same: a number and its text do, and a domain with and without its last dot."""
    return str(one).rstrip(".") == str(other).rstrip(".")


def tag_map(tags: Any) -> dict[str, str]:
    """Return tags as a mapping, whichever of AWS's ways they came in."""
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    found = {}
    for tag in tags or ():
        lowered = {key.lower().removeprefix("tag"): value for key, value in tag.items()}
        found[str(lowered["key"])] = str(lowered.get("value", ""))
    return found

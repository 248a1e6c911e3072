"""How a row says what of a kind is adopted: how AWS lists it, which item is ours, and how its import id reads.

Values are named by paths: ``{item.VpcId}`` is of AWS's answer, ``{given.name}`` of the declared resource,
``{place.account}`` of the district. A dot goes one level down. Nothing in here does I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Item = dict[str, Any]


class Asking(Protocol):
    """What asks AWS; a row's own attributes may need one more question."""

    def answer(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Return AWS's answer; an empty one where AWS says that there is no such thing."""


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

    reason: str


Rule = Adopt | Recreate

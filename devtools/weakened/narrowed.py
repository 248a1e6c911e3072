"""Takes each action, resource, value and principal out of each statement in turn, and asks which call is then refused.

A statement with one of each is tried whole, in `rights`. What nothing would miss is a right too many, or one that no
recorded or documented call tries.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from devtools.weakened.decisions import Decided
from devtools.weakened.documents import AWSS_OWN, Document
from devtools.weakened.documents import Statement as Source
from devtools.weakened.rights import World, concerns
from sandbox.authorization.decision import AccessRequest
from sandbox.authorization.documents import statements

Calls = Sequence[tuple[Decided, AccessRequest]]


@dataclass(frozen=True, order=True)
class Part:
    """One entry of a statement's list: ``Action``, ``Resource``, ``Principal``, or the key of a condition."""

    place: str
    statement: str
    element: str
    value: str


def unmissed(world: World, documents: Sequence[Document], calls: Calls) -> Iterator[Part]:
    """Yield each entry of an Allow statement without which every call of a run is allowed all the same."""
    for document in documents:
        resting = _by_statement(document, calls)
        for index, statement in _allowing(document):
            for element, value, narrowed in narrowings(statement):
                (left,) = statements(narrowed, document.place)
                lost = [
                    (decided, call)
                    for decided, call in resting.get(index, ())
                    if element == "Principal" or not left.applies(call.action, call.resource, call.context)
                ]
                weakened = world.instead(document.with_statement(index, narrowed))
                if all(weakened.allows(decided, call) for decided, call in lost):
                    yield Part(document.place, document.named(index), element, value)


def parts(documents: Sequence[Document]) -> Iterator[Part]:
    """Yield each entry of each Allow statement that is not the only one of its list."""
    for document in documents:
        for index, statement in _allowing(document):
            for element, value, _ in narrowings(statement):
                yield Part(document.place, document.named(index), element, value)


def _allowing(document: Document) -> Iterator[tuple[int, Source]]:
    if document.place != AWSS_OWN:
        yield from (
            (at, statement) for at, statement in enumerate(document.statements) if statement["Effect"] == "Allow"
        )


def _by_statement(document: Document, calls: Calls) -> dict[int, list[tuple[Decided, AccessRequest]]]:
    """Return the calls that may be decided otherwise where a statement says less: no other one allows them.

    A resource's own policy also says to whom: there each statement that allows a call counts.
    """
    read = statements(list(document.statements), document.place)
    resting: dict[int, list[tuple[Decided, AccessRequest]]] = {}
    for decided, call in calls:
        if not concerns(document, decided, call):
            continue
        allowing = [
            index for index, statement in enumerate(read) if statement.applies(call.action, call.resource, call.context)
        ]
        if document.kind == "resource" or len(allowing) == 1:
            for index in allowing:
                resting.setdefault(index, []).append((decided, call))
    return resting


def narrowings(statement: Source) -> Iterator[tuple[str, str, Source]]:
    """Yield the statement without each entry of each of its lists: which list, which entry, and what is left."""
    for path in _lists(statement):
        for value in _at(statement, path):
            narrowed = copy.deepcopy(statement)
            _at(narrowed, path).remove(value)
            yield path[-1] if path[0] == "Condition" else path[0], value, narrowed


def _lists(statement: Source) -> Iterator[tuple[str, ...]]:
    """Yield where a statement has lists of more than one entry."""
    paths: list[tuple[str, ...]] = [("Action",), ("Resource",)]
    paths += [("Principal", kind) for kind in statement.get("Principal", {}) if statement["Principal"] != "*"]
    paths += [("Condition", operator, key) for operator, keys in statement.get("Condition", {}).items() for key in keys]
    for path in paths:
        values = _at(statement, path)
        if isinstance(values, list) and len(values) > 1:
            yield path


def _at(statement: Source, path: tuple[str, ...]) -> Any:
    part: Any = statement
    for name in path:
        part = part.get(name, [])
    return part

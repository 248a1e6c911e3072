"""Holds a value against a shape of a service's model: required members, lengths, patterns, enumerations, ranges.

A shape is compiled into one function, kept per service; what carries no constraint costs nothing. Sources: Smithy 2.0,
"Constraint traits", of which botocore's models carry `required`, `min`, `max`, `pattern` and `enum`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

import regex

JAVA_SURROGATES = {
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
    r"\u10000-\u10FFFF": r"\U00010000-\U0010FFFF",
}
"""How models write the characters beyond the first plane, and how Python does."""
NUMBERS = frozenset({"integer", "long", "float", "double"})


class Kind(Enum):
    """Which kind of constraint a value broke."""

    MISSING = auto()
    LENGTH = auto()
    PATTERN = auto()
    ENUM = auto()
    RANGE = auto()


@dataclass(frozen=True)
class Breach:
    """One constraint that a request broke: where, by which value, and what AWS says that it ought to be."""

    path: tuple[str, ...]
    value: Any
    kind: Kind
    must: str
    """As AWS's services say it, without a full stop: ``Member must not be null``."""
    sensitive: bool = False


Check: TypeAlias = Callable[[Any, tuple[str, ...]], Iterator[Breach]]
"""Yields what a value breaks; the second argument is where it stands."""


class Constraints:
    """The compiled shapes of one service."""

    def __init__(self) -> None:
        self._kept: dict[str, Check | None] = {}
        self._open: set[str] = set()

    def of(self, shape: Any) -> Check | None:
        """Return the check of a shape, or None where nothing in it is constrained; raises regex.error."""
        name = str(shape.name)
        if name in self._kept:
            return self._kept[name]
        if name in self._open:
            # A shape inside itself, as WAF's statements are: it is looked up once it is whole.
            return lambda value, path: self._later(name, value, path)
        self._open.add(name)
        try:
            check = self._compiled(shape)
        finally:
            self._open.discard(name)
        self._kept[name] = check
        return check

    def _later(self, name: str, value: Any, path: tuple[str, ...]) -> Iterator[Breach]:
        check = self._kept[name]
        return check(value, path) if check is not None else iter(())

    def _compiled(self, shape: Any) -> Check | None:
        match shape.type_name:
            case "structure":
                return self._structure(shape)
            case "list":
                return self._list(shape)
            case "map":
                return self._map(shape)
            case "string" | "blob":
                return _together(_lengths(shape), _enum(shape), _pattern(shape))
            case number if number in NUMBERS:
                return _ranges(shape)
        return None

    def _structure(self, shape: Any) -> Check | None:
        required = tuple(shape.required_members)
        # A structure without members of its own is AWS's empty object; a document holds what it likes.
        members = {} if getattr(shape, "is_document_type", False) else shape.members
        within = {name: inner for name, member in members.items() if (inner := self.of(member)) is not None}
        if not required and not within:
            return None

        def check(value: Any, path: tuple[str, ...]) -> Iterator[Breach]:
            for name in required:
                if value.get(name) is None:
                    yield Breach((*path, name), None, Kind.MISSING, "Member must not be null")
            for name, inside in within.items():
                member = value.get(name)
                if member is not None:
                    yield from inside(member, (*path, name))

        return check

    def _list(self, shape: Any) -> Check | None:
        check, is_structure = self.of(shape.member), shape.member.type_name == "structure"

        def elements(value: Any, path: tuple[str, ...]) -> Iterator[Breach]:
            if check is None:
                return
            broken: dict[str, Breach] = {}
            for number, element in enumerate(value, start=1):
                if element is None:
                    continue
                if is_structure:
                    yield from check(element, (*path, str(number), "member"))
                else:
                    broken |= {breach.must: breach for breach in check(element, path)}
            if broken:
                first = next(iter(broken.values()))
                must = f"Member must satisfy constraint: [{', '.join(broken)}]"
                yield Breach(path, value, first.kind, must, first.sensitive)

        return _together(_lengths(shape), elements if check is not None else None)

    def _map(self, shape: Any) -> Check | None:
        keys, values = self.of(shape.key), self.of(shape.value)
        is_structure = shape.value.type_name == "structure"

        def entries(value: Any, path: tuple[str, ...]) -> Iterator[Breach]:
            for key, item in value.items():
                for breach in keys(key, path) if keys is not None else ():
                    yield Breach(path, value, breach.kind, f"Map keys must satisfy constraint: [{breach.must}]")
                if values is None:
                    continue
                if is_structure:
                    yield from values(item, (*path, str(key), "member"))
                    continue
                for breach in values(item, path):
                    yield Breach(path, value, breach.kind, f"Map value must satisfy constraint: [{breach.must}]")

        return _together(_lengths(shape), entries if keys is not None or values is not None else None)


def compiled_pattern(text: str) -> Any:
    """Return a model's pattern as Python matches it; raises regex.error. Java's and Smithy's classes are the same."""
    for java, python in JAVA_SURROGATES.items():
        text = text.replace(java, python)
    return regex.compile(text)


def _together(*checks: Check | None) -> Check | None:
    active = tuple(check for check in checks if check is not None)
    if len(active) < 2:
        return active[0] if active else None

    def all_of_them(value: Any, path: tuple[str, ...]) -> Iterator[Breach]:
        for check in active:
            yield from check(value, path)

    return all_of_them


def _lengths(shape: Any) -> Check | None:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max")
    if not least and most is None:
        return None
    sensitive = bool(shape.metadata.get("sensitive"))

    def check(value: Any, path: tuple[str, ...]) -> Iterator[Breach]:
        if len(value) < least:
            must = f"Member must have length greater than or equal to {least}"
            yield Breach(path, value, Kind.LENGTH, must, sensitive)
        elif most is not None and len(value) > most:
            must = f"Member must have length less than or equal to {most}"
            yield Breach(path, value, Kind.LENGTH, must, sensitive)

    return check


def _ranges(shape: Any) -> Check | None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is None and most is None:
        return None

    def check(value: Any, path: tuple[str, ...]) -> Iterator[Breach]:
        if least is not None and value < least:
            yield Breach(path, value, Kind.RANGE, f"Member must have value greater than or equal to {least}")
        elif most is not None and value > most:
            yield Breach(path, value, Kind.RANGE, f"Member must have value less than or equal to {most}")

    return check


def _enum(shape: Any) -> Check | None:
    values = shape.metadata.get("enum")
    if not values:
        return None
    allowed = frozenset(values)
    must = f"Member must satisfy enum value set: [{', '.join(values)}]"

    def check(value: Any, path: tuple[str, ...]) -> Iterator[Breach]:
        if value not in allowed:
            yield Breach(path, value, Kind.ENUM, must)

    return check


def _pattern(shape: Any) -> Check | None:
    text = shape.metadata.get("pattern")
    if not text or shape.type_name == "blob":
        return None
    pattern, sensitive = compiled_pattern(text), bool(shape.metadata.get("sensitive"))
    must = f"Member must satisfy regular expression pattern: {text}"

    def check(value: Any, path: tuple[str, ...]) -> Iterator[Breach]:
        # The whole value has to match, whether or not the model anchors its pattern, as Java's Pattern.matches does.
        if pattern.fullmatch(value) is None:
            yield Breach(path, value, Kind.PATTERN, must, sensitive)

    return check

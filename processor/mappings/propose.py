"""Proposes a mapping for a file that nobody knows: after the library's nearest, or out of the names of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Any

from processor.mappings import names
from processor.mappings.model import Mapping, Value, values_of

ENOUGH = 0.6
"""The share of a mapping's marks that must be there for a file to be taken for a variant of it."""
TARGETS: dict[str, tuple[str, str]] = {
    "student_id": ("student", "id"),
    "state_id": ("student", "state_id"),
    "given_name": ("student", "given_name"),
    "family_name": ("student", "family_name"),
    "gender": ("student", "gender"),
    "school_id": ("school", "id"),
    "school_name": ("school", "name"),
    "grade": ("row", "grade"),
    "assessment": ("results", "assessment"),
    "subject": ("row", "subject"),
    "administration": ("row", "administration"),
    "school_year": ("row", "school_year"),
    "date": ("row", "date"),
    "score": ("results", "score"),
    "level": ("results", "level"),
    "standard": ("results", "standard"),
}
"""The fields that a person chooses columns for, and where each stands in a mapping."""
NEEDED = (("student_id",), ("score", "level"), ("date", "school_year"), ("assessment",))
"""Of each of these one must be there."""
CONSTANTS = frozenset({"assessment", "subject", "administration", "school_year"})
"""Fields that a whole file may have in common, without a column for them."""


@dataclass(frozen=True)
class Choice:
    """Which column makes a field, or what the whole file has in common."""

    column: str = ""
    value: str = ""


@dataclass(frozen=True)
class Missing:
    """What a mapping names and a file has not, and the columns that are named nearly so."""

    column: str
    nearest: tuple[str, ...]


def slug(text: str) -> str:
    """Return a name that a mapping may have, made of a title or a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60].strip("-") or "mapping"


def share(mapping: Mapping, header: Sequence[str]) -> float:
    """Return how many of a mapping's marks a header has, from 0 to 1."""
    present = set(names.places(header))
    groups, absent = mapping.marks
    if not groups or absent & present:
        return 0.0
    return sum(bool(group & present) for group in groups) / len(groups)


def nearest_mapping(mappings: Iterable[Mapping], header: Sequence[str]) -> Mapping | None:
    """Return the mapping that a file is most likely a variant of; nothing where none is near."""
    present = set(names.places(header))
    best = max(mappings, key=lambda mapping: (share(mapping, header), len(present & mapping.named)), default=None)
    return best if best is not None and share(best, header) >= ENOUGH else None


def missing(mapping: Mapping, header: Sequence[str]) -> list[Missing]:
    """Return the marks that are not there, each with what is named nearly so."""
    present = set(names.places(header))
    gaps = []
    for group in mapping.recognize.columns:
        if not present & set(map(names.plain, group)):
            near = dict.fromkeys(name for mark in group for name in names.nearest(mark, header))
            gaps.append(Missing(group[0], tuple(near)[:3]))
    return gaps


def adapted(mapping: Mapping, header: Sequence[str], name: str, title: str) -> Mapping:
    """Return a mapping for files with this header, after another one: nearest names stand in for those missing."""
    present = set(names.places(header))
    content = mapping.model_dump(exclude_defaults=True)
    renamed: dict[str, str] = {}
    for value in values_of(mapping):
        if present & set(map(names.plain, value.columns)):
            continue
        for column in value.columns:
            if near := [
                candidate
                for candidate in names.nearest(column, header, 1)
                if names.plain(candidate) not in mapping.named
            ]:
                renamed[column] = near[0]
                break
    changed = _renamed(content, renamed)
    return Mapping.model_validate(
        {**changed, "name": name, "title": title, "origin": "saved", "version": 1, "layouts": [],
         "recognize": whole(header)}
    )  # fmt: skip


def _renamed(content: Any, names_of: MappingOf[str, str]) -> Any:
    """Add to each list of columns the column that stands in for one of them."""
    if isinstance(content, dict):
        renamed = {key: _renamed(value, names_of) for key, value in content.items()}
        if "columns" in content:
            renamed["columns"] = [
                *content["columns"],
                *(names_of[column] for column in content["columns"] if column in names_of),
            ]
        return renamed
    return [_renamed(value, names_of) for value in content] if isinstance(content, (list, tuple)) else content


def synonyms(mappings: Iterable[Mapping]) -> dict[str, list[str]]:
    """Return the names that the library knows for each field."""
    by_target: dict[str, dict[str, None]] = {target: {} for target in TARGETS}
    for mapping in mappings:
        for target in TARGETS:
            for value in _places(mapping, target):
                by_target[target].update(dict.fromkeys(value.columns))
    return {target: list(columns) for target, columns in by_target.items()}


def _places(mapping: Mapping, target: str) -> list[Value]:
    room, name = TARGETS[target]
    if room == "results":
        return [getattr(result, name) for result in mapping.results]
    own = [getattr(getattr(mapping, room), name)]
    return own + [getattr(result, name) for result in mapping.results] if room == "row" else own


def choices(mapping: Mapping, header: Sequence[str]) -> dict[str, Choice]:
    """Return a mapping's choices for the fields that a person chooses: the columns that are there, or constants."""
    places = names.places(header)
    chosen: dict[str, Choice] = {}
    for target in TARGETS:
        for value in _places(mapping, target):
            current: Value | None = value
            while current is not None and target not in chosen:
                column = next((column for column in current.columns if names.plain(column) in places), "")
                if column:
                    chosen[target] = Choice(header[places[names.plain(column)]])
                elif current.value and target in CONSTANTS:
                    chosen[target] = Choice(value=current.value)
                current = current.otherwise
    return {target: chosen.get(target, Choice()) for target in TARGETS}


def guessed(mappings: Iterable[Mapping], header: Sequence[str], title: str) -> dict[str, Choice]:
    """Return choices out of the columns' names alone; each column makes one field."""
    places = names.places(header)
    guesses: dict[str, Choice] = {}
    taken: set[int] = set()
    known = synonyms(mappings)
    for exact in (True, False):
        for target in TARGETS:
            if target in guesses:
                continue
            for synonym in known[target]:
                near = [synonym] if exact else names.nearest(synonym, header, 1)
                place = places.get(names.plain(near[0])) if near else None
                if place is not None and place not in taken:
                    guesses[target] = Choice(header[place])
                    taken.add(place)
                    break
    guesses.setdefault("assessment", Choice(value=title))
    return {target: guesses.get(target, Choice()) for target in TARGETS}


def mapping_of(
    choices: MappingOf[str, Choice],
    header: Sequence[str],
    *,
    name: str,
    title: str,
    vendor: str = "",
    base: Mapping | None = None,
) -> Mapping:
    """Return the mapping of a person's choices for files with this header, within another one where they began with it.

    Raises pydantic's ValidationError, or ValueError where a field that is needed is chosen nowhere.
    """
    for group in NEEDED:
        if not any(choices.get(target, Choice()).column or choices.get(target, Choice()).value for target in group):
            raise ValueError(f"Choose a column for {' or '.join(group).replace('_', ' ')}.")
    start = base.model_dump(exclude_defaults=True) if base is not None else {"results": [{}]}
    for target, choice in choices.items():
        room, field = TARGETS[target]
        if room == "results":
            start["results"] = [
                {**result, field: _value(result.get(field), choice)} if place == 0 else result
                for place, result in enumerate(start["results"])
            ]
        else:
            start[room] = {**start.get(room, {}), field: _value(start.get(room, {}).get(field), choice)}
    return Mapping.model_validate(
        {**start, "name": name, "title": title, "version": 1, "origin": "saved", "layouts": [],
         "vendor": vendor or (base.vendor if base is not None else "plain"),
         "source": base.source if base is not None else "chosen by the data office",
         "recognize": whole(header)}
    )  # fmt: skip


def whole(header: Sequence[str]) -> dict[str, Any]:
    """Return what recognizes files with exactly these columns: other files have the few that were chosen as well."""
    return {"columns": [[header[place]] for place in names.places(header).values()], "whole": True}


def _value(before: Any, choice: Choice) -> dict[str, Any]:
    """Return a value that is read from the chosen column by the steps of before, or the constant."""
    if choice.column:
        steps = before.get("do", ()) if isinstance(before, dict) else ()
        return {"columns": [choice.column], "do": list(steps)}
    return {"value": choice.value} if choice.value else {}

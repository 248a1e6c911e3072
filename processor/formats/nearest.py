"""What a file that is of no format comes nearest to: which columns were found, which are missing, and what they may be.

Column names are told, cells never: what does not look like a name stays out of the sentence, since a file without a
header has a student's row in its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from processor.formats.base import Format

MOST_NAMES = 40
MOST_FORMATS = 2
LEAST_ALIKE = 0.6
LEAST_NAME = 0.3
SURELY_ALIKE = 0.8
LEAST_SHARE = 0.2
"""How much of what a format needs has to be there, or nearly, for it to be named."""
NAME = re.compile(r"['\"]?[^\W\d][\w .:/()'\"#%-]{0,58}").fullmatch
WORD = re.compile(r"[a-z]+|[0-9]+")


@dataclass(frozen=True)
class Near:
    """One format that a file may be meant to be: what it needs and has not, with the column most like it."""

    title: str
    missing: tuple[tuple[str, str], ...]
    found: int


def plainly(name: str) -> str:
    """Return a name without case, blanks and signs."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def alike(name: str, other: str) -> float:
    """Return how much two names are alike, from 0 to 1: the same letters, or the same words in another order."""
    first, second = plainly(name), plainly(other)
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    overlap = min(len(first), len(second)) / max(len(first), len(second)) if first in second or second in first else 0.0
    return max(SequenceMatcher(None, first, second).ratio(), 0.5 + overlap / 2 if overlap >= LEAST_NAME else 0.0)


def near(names: Sequence[str], kinds: Sequence[Format]) -> list[Near]:
    """Return the formats that these names come nearest to, the nearest first; none where none is near."""
    candidates = [name for name in names if looks_like_a_name(name)][:500]
    exact = {name.casefold() for name in candidates}
    ranked: list[tuple[float, Near]] = []
    for kind in kinds:
        needed = dict.fromkeys([*kind.marks, *(field.name for field in kind.fields if field.required)])
        needed = dict.fromkeys(sorted(needed, key=lambda name: _place(kind, name)))
        missing: list[tuple[str, str]] = []
        sum_alike, matched = 0.0, 0
        for name in needed:
            if name.casefold() in exact:
                matched += 1
                sum_alike += 1
                continue
            best = max(candidates, key=lambda candidate: alike(name.rpartition(".")[2], candidate), default="")
            share = alike(name.rpartition(".")[2], best)
            sum_alike += share if share >= LEAST_ALIKE else 0
            missing.append((name, best if share >= LEAST_ALIKE else ""))
        if sum_alike:
            ranked.append((sum_alike / max(1, len(needed)), Near(kind.title, tuple(missing), matched)))
    ranked.sort(key=lambda pair: (-pair[0], pair[1].title))
    if not ranked or ranked[0][0] < LEAST_SHARE:
        return []
    return [neighbour for share, neighbour in ranked[:MOST_FORMATS] if share >= ranked[0][0] - 0.15]


def sentence(names: Sequence[str], kinds: Sequence[Format], *, what: str = "column") -> str:
    """Return what was found, and for each near format what is missing and nearest; `what` is a column or a key."""
    candidates = [name for name in names if looks_like_a_name(name)]
    nearest = near(names, kinds)
    if not nearest and not _has_a_known_name(candidates, kinds):
        first = "The first line does not look like the column names" if what == "column" else "The keys are not those"
        return f"{first} of any format that can be read."
    listed = ", ".join(candidates[:MOST_NAMES]) + (
        f" and {len(candidates) - MOST_NAMES:,} more" if len(candidates) > MOST_NAMES else ""
    )
    parts = [f"Of no format that can be read. {what.capitalize()}s found: {listed}."]
    for neighbour in nearest:
        if neighbour.missing:
            missing = ", ".join(
                name + (f" (nearest: {closest})" if closest else "") for name, closest in neighbour.missing
            )
            parts.append(f"Missing for {neighbour.title}: {missing}.")
        else:
            parts.append(f"Nearest: {neighbour.title}.")
    return " ".join(parts)


def _has_a_known_name(names: Sequence[str], kinds: Sequence[Format]) -> bool:
    """Return whether one name at least is surely one of a format's: then the others are names, and can be told."""
    known = {plainly(name.rpartition(".")[2]) for kind in kinds for name in kind.names()}
    return any(alike(name, other) >= SURELY_ALIKE for name in names[:100] for other in known)


def looks_like_a_name(cell: str) -> bool:
    """Return whether a cell of a first line can be a column's name: no number, no date, no address."""
    return bool(NAME(cell)) and "@" not in cell and sum(map(str.isdigit, cell)) <= len(cell) // 3


def _place(kind: Format, name: str) -> int:
    names = kind.names()
    return names.index(name) if name in names else len(names)

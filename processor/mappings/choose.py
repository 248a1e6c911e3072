"""Which mapping a file is of: by its columns, the lines before them, or the layout of its records. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from processor.mappings import names
from processor.mappings.model import Layout, Mapping


def marks(mapping: Mapping, there: set[str]) -> int:
    """Return how many of the marks are there, by the plain names of a header: all of them, or 0."""
    groups, absent = mapping.marks
    if not groups or absent & there or not all(group & there for group in groups):
        return 0
    return len(groups)


def choose(mappings: Iterable[Mapping], header: Sequence[str], titles: Sequence[str] = ()) -> Mapping | None:
    """Return the mapping with the most marks; a person's own before the library's, a title that fits before none."""
    there = set(names.places(header))
    text = " ".join(titles).casefold()
    best: tuple[tuple[bool, bool, int, int, int], Mapping] | None = None
    for one in mappings:
        if not (count := marks(one, there)):
            continue
        told = any(title.casefold() in text for title in one.recognize.titles)
        rank = (one.origin == "saved", told, count, len(there & one.named), one.version)
        if best is None or rank > best[0]:
            best = (rank, one)
    return best[1] if best else None


def header_marks(mappings: Iterable[Mapping], cells: Sequence[str]) -> int:
    """Return how much a line looks like a header that is known: the marks of the mapping that fits best."""
    there = set(names.places(cells))
    return max((marks(one, there) for one in mappings), default=0)


def fits(layout: Layout, line: str) -> bool:
    """Say whether a record is of a layout."""
    if not layout.least <= len(line) <= layout.length or (not layout.least and len(line) != layout.length):
        return False
    return all(cut(line, *layout.fields[name]) in words for name, words in layout.where.items())


def cut(line: str, start: int, length: int) -> str:
    """Return a field of a record; its first character is 1."""
    return line[start - 1 : start - 1 + length].strip()


def choose_layout(mappings: Iterable[Mapping], line: str) -> tuple[Mapping, Layout] | None:
    """Return the mapping and the layout of records like this one; the strictest first, a person's own before ours."""
    found = [(one, layout) for one in mappings for layout in one.layouts if fits(layout, line)]
    return max(found, key=lambda pair: (pair[0].origin == "saved", len(pair[1].where)), default=None)

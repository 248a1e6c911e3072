"""Which mapping a file is of: by its columns, the lines before them, or the layout of its records. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from processor.mappings import names
from processor.mappings.model import Layout, Mapping


def marks(mapping: Mapping, present: set[str]) -> int:
    """Return how many of the marks are there, by the plain names of a header: all of them, or 0."""
    groups, absent = mapping.marks
    if not groups or absent & present or not all(group & present for group in groups):
        return 0
    return len(groups)


def choose(mappings: Iterable[Mapping], header: Sequence[str], titles: Sequence[str] = ()) -> Mapping | None:
    """Return the mapping with the most marks; a person's own before the library's, a title that fits before none."""
    present = set(names.places(header))
    text = " ".join(titles).casefold()
    best: tuple[tuple[bool, bool, int, int, int], Mapping] | None = None
    for mapping in mappings:
        if not (count := marks(mapping, present)):
            continue
        titled = any(title.casefold() in text for title in mapping.recognize.titles)
        rank = (mapping.origin == "saved", titled, count, len(present & mapping.named), mapping.version)
        if best is None or rank > best[0]:
            best = (rank, mapping)
    return best[1] if best else None


def header_marks(mappings: Iterable[Mapping], cells: Sequence[str]) -> int:
    """Return how much a line looks like a header that is known: the marks of the mapping that fits best."""
    present = set(names.places(cells))
    return max((marks(mapping, present) for mapping in mappings), default=0)


def fits(layout: Layout, line: str) -> bool:
    """Return whether a record is of a layout."""
    if not layout.least <= len(line) <= layout.length or (not layout.least and len(line) != layout.length):
        return False
    return all(cut(line, *layout.fields[name]) in words for name, words in layout.where.items())


def cut(line: str, start: int, length: int) -> str:
    """Return a field of a record; its first character is 1."""
    return line[start - 1 : start - 1 + length].strip()


def choose_layout(mappings: Iterable[Mapping], line: str) -> tuple[Mapping, Layout] | None:
    """Return the mapping and the layout of records like this one; the strictest first, a person's own before ours."""
    fitting = [(mapping, layout) for mapping in mappings for layout in mapping.layouts if fits(layout, line)]
    return max(fitting, key=lambda pair: (pair[0].origin == "saved", len(pair[1].where)), default=None)

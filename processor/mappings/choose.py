"""Which mapping a file is of: by its columns, the lines before them, or the layout of its records. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from processor.mappings import names
from processor.mappings.model import Layout, Mapping

WORDS = re.compile(r"[a-z]+|\d+")


def marks(mapping: Mapping, present: set[str]) -> int:
    """Return how many of the marks are there, by the plain names of a header: all of them, or 0."""
    groups, absent = mapping.marks
    if not groups or absent & present or not all(group & present for group in groups):
        return 0
    if mapping.recognize.whole and not present <= frozenset().union(*groups):
        return 0
    return len(groups)


def choose(
    mappings: Iterable[Mapping], header: Sequence[str], titles: Sequence[str] = (), file_name: str = ""
) -> Mapping | None:
    """Return the mapping that a file is of: a title that fits before none, the one with more marks, who reads more.

    A person's own comes before one of ours that reads no more of the file's columns.
    """
    present = set(names.places(header))
    text = " ".join(titles).casefold()
    said = " ".join(WORDS.findall(f"{text} {file_name.casefold()}"))
    best: dict[str, tuple[tuple[bool, int, int], Mapping]] = {}
    for mapping in mappings:
        if not (count := marks(mapping, present)) or not _is_of_the_vendor(mapping, present, said):
            continue
        titled = any(title.casefold() in text for title in mapping.recognize.titles)
        rank = (titled, count, len(present & mapping.named))
        if mapping.origin not in best or rank > best[mapping.origin][0]:
            best[mapping.origin] = (rank, mapping)
    if not best:
        return None
    # How many marks a mapping has says nothing of one that a person has written: it is compared by what it reads.
    return max(best.values(), key=lambda chosen: (chosen[0][0], chosen[0][2], chosen[1].origin == "saved"))[1]


def _is_of_the_vendor(mapping: Mapping, present: set[str], said: str) -> bool:
    """Return whether a file whose marks any district's table may have is the vendor's: by a column, or by its name."""
    if not mapping.own or mapping.own & present:
        return True
    return any(f" {' '.join(WORDS.findall(word.casefold()))} " in f" {said} " for word in mapping.recognize.words)


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

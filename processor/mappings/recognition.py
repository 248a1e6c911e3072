"""What a file is: of the mapping that a person has saved for its columns, of a format, or of another mapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from processor.formats import plain
from processor.formats.base import Format
from processor.formats.nearest import plainly
from processor.formats.registry import recognize
from processor.mappings.bind import PLAIN, Bound, bind
from processor.mappings.choose import choose, choose_layout, header_marks, marks
from processor.mappings.library import library
from processor.mappings.model import Layout, Mapping
from processor.mappings.names import places
from processor.mappings.names import plain as plain_name

OF_PLAIN_ALONE = frozenset(map(plainly, ("status", "modified_at", "district_id", "sourced_id")))
"""What the plain CSV says and no mapping can: a file that says so is no table of one's own."""
PLAIN_TABLE = "plain-csv"
"""The mapping of a table of one's own."""
SURE = 1_000
"""What a header of a format counts: more than the marks of any mapping."""


@dataclass(frozen=True)
class Recognition:
    """Every mapping that a file may be of, and what is asked about it."""

    saved: tuple[Mapping, ...] = ()
    """A person's own."""
    ours: tuple[Mapping, ...] = field(default_factory=library)
    only: Mapping | None = None
    """The mapping that a person has chosen for the one file that is looked at."""

    @property
    def all(self) -> tuple[Mapping, ...]:
        """Return all mappings, a person's own first."""
        return (self.only,) if self.only is not None else (*self.saved, *self.ours)

    def known(self, cells: list[str]) -> int:
        """Say how much of a known header a line's cells are."""
        if recognize(cells, is_json=False) is not None:
            return SURE
        return min(header_marks(self.all, cells), SURE - 1)

    def sheet(self, name: str, rows: list[list[str]]) -> int:
        """Say how much a workbook's sheet looks like a file that is known."""
        best = max((self.known(cells) for cells in rows if cells), default=0)
        named = any(name.casefold() == sheet.casefold() for mapping in self.all for sheet in mapping.recognize.sheets)
        return best * 2 + named

    def table(self, header: Sequence[str], titles: Sequence[str] = (), file_name: str = "") -> Format | None:
        """Return the format of a table, bound to its header where a mapping is; nothing where it is unknown."""
        if self.only is not None:
            return bind(self.only, header) if choose((self.only,), header, titles, file_name) is not None else None
        # Who has mapped exactly these columns has decided; any other mapping takes no file of a format that is known.
        if (own := choose([mapping for mapping in self.saved if mapping.recognize.whole], header)) is not None:
            return bind(own, header)
        recognized = recognize(header, is_json=False, file_name=file_name)
        if recognized is plain.FORMAT and _passes_over_scores(header):
            return None
        if recognized is not None and not (recognized is plain.FORMAT and _is_ones_own(header)):
            return recognized
        mapping = choose(self.all, header, titles, file_name)
        if (mapping is None or mapping.vendor == PLAIN) and _is_plain(header):
            return plain.FORMAT
        if mapping is not None and mapping.name == PLAIN_TABLE and _passes_over_scores(header):
            return None
        return bind(mapping, header) if mapping is not None else None

    def records(self, first: str) -> tuple[Bound, Layout] | None:
        """Return the format and the layout of records without delimiters, by the first of them."""
        chosen = choose_layout(self.all, first)
        if chosen is None:
            return None
        mapping, layout = chosen
        return bind(mapping, list(layout.fields)), layout


def _passes_over_scores(header: Sequence[str]) -> bool:
    """Return whether a table of one's own has scores in columns of unknown names alone: a person says which counts."""
    table = next(mapping for mapping in library() if mapping.name == PLAIN_TABLE)
    (result,) = table.results
    present = set(places(header))
    bounds = {plain_name(name) for name in ("score_min", "score_max")}
    return not present & set(map(plain_name, result.score.columns)) and any(
        name.endswith(("score", "scores")) for name in present - bounds
    )


def _is_ones_own(header: Sequence[str]) -> bool:
    """Return whether some of the plain CSV's columns are called otherwise, and a table of one's own has them all."""
    there = set(map(plainly, header))
    if _has_either(there) or there & OF_PLAIN_ALONE:
        return False
    table = next(mapping for mapping in library() if mapping.name == PLAIN_TABLE)
    present = set(places(header))
    found = table.school.id, table.school.name
    has_school = any(plain_name(name) in present for value in found for name in value.columns)
    return bool(marks(table, present)) and has_school


def _is_plain(header: Sequence[str]) -> bool:
    """Return whether these are the plain CSV's columns, written otherwise: `Student ID`, `Modified At`."""
    there = set(map(plainly, header))
    needed = {*plain.FORMAT.marks, *(field.name for field in plain.FORMAT.fields if field.required)}
    return {plainly(name) for name in needed} <= there and _has_either(there) and bool(there & OF_PLAIN_ALONE)


def _has_either(there: set[str]) -> bool:
    """Return whether of the plain CSV's columns that stand for one another one each is among these plain names."""
    return all(there & set(map(plainly, several)) for several in plain.FORMAT.either)

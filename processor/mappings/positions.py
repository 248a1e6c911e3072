"""Records without delimiters, as a person tells their layout: a line for each field, with its name and its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from processor.mappings.model import MOST_RECORD, Mapping
from processor.mappings.transforms import chained

LINE = re.compile(
    r"\s*(?P<name>[^\s,=].*?)[\s,]+(?P<start>\d{1,6})[\s,]+(?P<length>\d{1,6})"
    r"(?:[\s,]+(?P<order>[MDY]{4,8}))?(?:[\s,]+=\s*(?P<words>.+?))?\s*"
).fullmatch
MOST_FIELDS = 500
SHOWN = 3
FEWEST, FEWEST_SIGNS = 2, 8
MASKS = str.maketrans(dict.fromkeys("0123456789", "9"))


@dataclass(frozen=True)
class Positions:
    """The fields of a record: where each stands, how a date is written, and what must stand in some of them."""

    fields: dict[str, tuple[int, int]]
    orders: dict[str, str]
    where: dict[str, tuple[str, ...]]


def parsed(text: str) -> Positions:
    """Return what a person has written, a field a line: name, first position from 1 on, length; then, where it helps,
    a date's order as MMDDYYYY, and `= word` for what stands there in every record of the kind.

    Raises ValueError for the first line that cannot be read.
    """
    fields: dict[str, tuple[int, int]] = {}
    orders: dict[str, str] = {}
    where: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        told = LINE(line)
        if told is None:
            what = f"is no name, first position and length: {line.strip()[:60]}"
            raise ValueError(f"Line {number} of the positions {what}")
        name, start, length = told["name"].strip(), int(told["start"]), int(told["length"])
        if name in fields:
            raise ValueError(f"Two positions are called {name[:60]}.")
        if not (start and length) or start + length - 1 > MOST_RECORD:
            raise ValueError(f"Line {number} of the positions lies outside of a record.")
        if len(fields) == MOST_FIELDS:
            raise ValueError(f"{MOST_FIELDS} positions can be named.")
        fields[name] = (start, length)
        if told["order"]:
            chained([{"date": told["order"]}])
            orders[name] = told["order"]
        if told["words"]:
            where[name] = tuple(word.strip() for word in told["words"].split("|"))
    return Positions(fields, orders, where)


def records(lines: Sequence[str]) -> list[str]:
    """Return the lines that look like records: all of the same length, or nearly so, since editors cut blanks."""
    told = [line.rstrip("\r\n\x1a") for line in lines if line.strip()]
    return told if len(told) >= FEWEST and min(map(len, told)) >= FEWEST_SIGNS else []


def shapes(lines: Sequence[str]) -> list[str]:
    """Return the first records with all letters and digits alike: where a field begins shows, whose it is does not."""
    return [re.sub(r"[^\W\d_]", "A", line.translate(MASKS)) for line in records(lines)[:SHOWN]]


def ruler(lines: Sequence[str]) -> str:
    """Return a line of positions for above these: a number ends where every tenth is."""
    width = max(map(len, lines), default=0)
    return "".join(f"{place:·>10}" for place in range(10, width + 10, 10))[:width]


def with_layout(mapping: Mapping, positions: Positions, lines: Sequence[str]) -> Mapping:
    """Return a mapping for records with these positions, as long as the file's first ones; raises ValueError.

    Where nothing is told that stands in every record, its exact length alone tells such a file.
    """
    lengths = [len(line) for line in records(lines)]
    ends = max(start + length - 1 for start, length in positions.fields.values())
    if not lengths or ends > max(lengths):
        raise ValueError("The positions reach behind the end of the records.")
    if min(lengths) < max(lengths) and not positions.where:
        reason = "The records are not of one length"
        raise ValueError(f"{reason}: say of one position what stands in all of them, behind an equals sign.")
    content: dict[str, Any] = mapping.model_dump(exclude_defaults=True)
    layout: dict[str, Any] = {"length": max(lengths), "fields": positions.fields, "where": positions.where}
    if positions.where:
        layout["least"] = min(*lengths, max(start for start, _ in positions.fields.values()) - 1)
    date = content.get("row", {}).get("date", {})
    for column in date.get("columns", ()):
        if column in positions.orders:
            date["do"] = [{"date": positions.orders[column]}]
    return Mapping.model_validate({**content, "recognize": {}, "layouts": [layout]})

"""What all OneRoster files have in common: their first three columns, their ids, their manifest.

Source: 1EdTech, "OneRoster v1.1.1: CSV Tables" (22 August 2023) and "OneRoster: CSV Binding 1.2.1" (22 August 2023).
`status` and `dateLastModified` are required in delta files and blank in bulk files; a bulk file that fills them is
read by them all the same, since its rows take precedence over the manifest's word (1.2.1, 3.1). A bulk file does not
delete what it does not name. Columns of a later version, `metadata` columns and columns out of order are no error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from processor.formats import values
from processor.formats.base import DELETED, STATUS, Field, fixed, modified
from processor.problems import FileProblemError

SOURCE = "1EdTech OneRoster CSV 1.1.1 and 1.2.1"
PREFIX = "or:"
"""Keeps OneRoster's ids apart from those of other formats."""

HEAD = (
    Field("sourcedId", fixed(values.identifier), required=True, of_deleted=True),
    Field("status", fixed(STATUS), in_delta=True, of_deleted=True),
    Field("dateLastModified", modified(), in_delta=True, of_deleted=True, part=True),
)

IGNORED = frozenset(
    f"{name}.csv".casefold()
    for name in (
        "categories",
        "classResources",
        "courseResources",
        "courses",
        "enrollments",
        "lineItemLearningObjectiveIds",
        "resources",
        "resultScoreScales",
        "userProfiles",
        "userResources",
    )
)
"""Files of the specifications that are passed over, by their names in lower case."""
MANIFEST = "manifest.csv"
NUMBER = re.compile(r"\d+(?:\.\d+)?")

VERSIONS = ("1.0", "1.1", "1.2")


def version(status: str, modified_at: str) -> tuple[str, str]:
    """Return the last two values of a row: its moment of change and whether it is deleted."""
    return modified_at, "t" if status == DELETED else "f"


@dataclass(frozen=True)
class Manifest:
    """What a manifest says: OneRoster's version, which files are deltas, and which must be there."""

    version: str
    deltas: frozenset[str]
    files: frozenset[str]
    """All files that are not absent; names in lower case."""
    system: str = ""
    """Which system has made the export, where it is named."""


def manifest(rows: Iterable[tuple[str, str]]) -> Manifest:
    """Read a manifest's properties and values; raises FileProblemError for a version that is not read.

    The version is empty where the manifest names none: rows are then read by what both versions allow.
    """
    properties = {name.casefold(): value.strip().casefold() for name, value in rows}
    number = NUMBER.search(properties.get("oneroster.version", ""))
    version = number[0] if number else ""
    if version and version not in VERSIONS:
        raise FileProblemError(
            "unknown_version",
            "The manifest names no version of OneRoster that can be read.",
            f"Export OneRoster 1.1 or 1.2; the manifest's oneroster.version must be one of {', '.join(VERSIONS)}.",
        )
    modes = {f"{name.removeprefix('file.')}.csv": mode for name, mode in properties.items() if name.startswith("file.")}
    deltas = frozenset(name for name, mode in modes.items() if mode == "delta")
    system = properties.get("source.systemname", "") or properties.get("source.systemcode", "")
    return Manifest(version, deltas, deltas | {name for name, mode in modes.items() if mode == "bulk"}, system)

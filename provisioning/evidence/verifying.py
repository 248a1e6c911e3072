"""Verifies an evidence package with nothing but the file and a public key: its list, its files and its chain."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from provisioning.evidence.package import ANCHORS, EVENTS, MANIFEST, PURPOSE, moments_of
from provisioning.teardown.signatures import NotGenuineError, verify
from registry.audit.canonical import canonical
from registry.audit.chain import BEGINNING

LARGEST = 2 << 30
"""Bytes that an archive may unpack to: whoever sends one does not decide how much this machine reads."""

UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(NotImplementedError, RuntimeError, EOFError, UnicodeDecodeError, OverflowError),
)
"""What Python's zipfile raises for an archive that was damaged, encrypted, or packed as ours are not."""


@dataclass(frozen=True)
class Verified:
    """What a genuine package says of itself."""

    document: dict[str, Any]
    events: int


def verify_package(path: Path, trusted: Collection[str]) -> Verified:
    """Return what a package says, once all of it holds; raises NotGenuineError, or OSError for a file that is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            rows = archive.infolist()
            if sum(row.file_size for row in rows) > LARGEST or len({row.filename for row in rows}) != len(rows):
                raise NotGenuineError("The archive is larger than any of ours, or names a file twice.")
            files = {row.filename: archive.read(row) for row in rows}
    except UNREADABLE as error:
        raise NotGenuineError("This is no archive that can be read.") from error
    if MANIFEST not in files:
        raise NotGenuineError("The archive has no list of its files.")
    document = verify(files.pop(MANIFEST).decode(errors="replace"), trusted, PURPOSE)
    entries: dict[str, Any] = document["files"]
    if set(entries) != set(files):
        raise NotGenuineError("The archive has other files than its list.")
    for name, text in files.items():
        if hashlib.sha256(text).hexdigest() != entries[name]["sha256"]:
            raise NotGenuineError(f"The file {name} is not the one that was signed.")
    return Verified(document, _verify_chain(files[EVENTS].decode(), document, json.loads(files[ANCHORS])))


def _verify_chain(lines: str, document: dict[str, Any], anchors: list[dict[str, Any]]) -> int:
    """Return how many links there are, each computed anew, continuing the one before, and as it was anchored."""
    chain, anchored = document["chain"], {row["position"]: row["hash"] for row in anchors}
    position = int(chain["first"]) - 1
    previous = BEGINNING if position == 0 else None
    # A sentence may hold a sign that `splitlines` takes for the end of a line.
    for line in lines.split("\n")[:-1]:
        link = json.loads(line)
        position += 1
        content = {"position": position, "previous": link["previous"], "event": link["event"]}
        computed = hashlib.sha256(canonical(content).encode()).hexdigest()
        follows = previous is None or link["previous"] == previous
        if link["position"] != position or computed != link["hash"] or not follows:
            raise NotGenuineError(f"Link {position} of the audit chain does not hold.")
        if anchored.get(position, computed) != computed:
            raise NotGenuineError(f"Link {position} of the audit chain is not the one that was anchored.")
        previous = link["hash"]
    is_empty = chain["last"] < chain["first"]
    if position != chain["last"] or (not is_empty and previous != chain["hash"]):
        raise NotGenuineError("The audit chain does not end where the list says.")
    first, behind = moments_of(document["since"], document["until"])
    behind_the_end = [row for row in anchors if row["position"] > position]
    if any(first <= datetime.fromisoformat(row["at"]) < behind for row in behind_the_end):
        raise NotGenuineError(
            "The audit chain ends before a link that was anchored in the period: its end was cut off."
        )
    return position - int(chain["first"]) + 1

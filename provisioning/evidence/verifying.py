"""Verifies an evidence package with nothing but the file and a public key: its list, its files and its chain."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioning.evidence.package import EVENTS, MANIFEST, PURPOSE
from provisioning.teardown.signatures import NotGenuineError, verify
from registry.audit.canonical import canonical

LARGEST = 2 << 30
"""Bytes that an archive may unpack to: whoever sends one does not decide how much this machine reads."""


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
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise NotGenuineError("This is no archive that can be read.") from error
    if MANIFEST not in files:
        raise NotGenuineError("The archive has no list of its files.")
    document = verify(files.pop(MANIFEST).decode(errors="replace"), trusted, PURPOSE)
    told: dict[str, Any] = document["files"]
    if set(told) != set(files):
        raise NotGenuineError("The archive has other files than its list.")
    for name, text in files.items():
        if hashlib.sha256(text).hexdigest() != told[name]["sha256"]:
            raise NotGenuineError(f"The file {name} is not the one that was signed.")
    return Verified(document, _verify_chain(files[EVENTS].decode(), document["chain"]))


def _verify_chain(lines: str, chain: dict[str, Any]) -> int:
    """Return how many links there are, each computed anew and each continuing the one before."""
    position, previous = int(chain["first"]) - 1, None
    for line in lines.splitlines():
        link = json.loads(line)
        position += 1
        content = {"position": position, "previous": link["previous"], "event": link["event"]}
        computed = hashlib.sha256(canonical(content).encode()).hexdigest()
        follows = previous is None or link["previous"] == previous
        if link["position"] != position or computed != link["hash"] or not follows:
            raise NotGenuineError(f"Link {position} of the audit chain does not hold.")
        previous = link["hash"]
    if position != chain["last"] or previous != chain["hash"]:
        raise NotGenuineError("The audit chain does not end where the list says.")
    return position - int(chain["first"]) + 1

"""Verifies a package of evidence without the portal: its signed list, its files, its certificates and its chain.

A list, and whatever it names, could be made anew by whoever has the portal's key and its database. Against that helps
what is kept elsewhere: anchors, which are held against the chain besides.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from homeroom_cli.canonical import canonical
from homeroom_cli.exits import CommandError, Exit
from homeroom_cli.genuine import NotGenuineError, no_name_twice, verified
from homeroom_cli.inputs import text_of

PURPOSE = b"homeroom evidence package 1\n"
MANIFEST, EVENTS, ANCHORS = "manifest.json", "audit/events.ndjson", "audit/anchors.json"
CERTIFICATES = "certificates/"
FORMAT = 1
BEGINNING = "0" * 64
"""What the chain's first link continues."""
LARGEST = 2 << 30
LARGEST_READ = 64 << 20
"""Bytes that an archive, and a file that is read whole, may unpack to: its sender does not decide what is read."""
AT_ONCE = 1 << 16
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(NotImplementedError, RuntimeError, EOFError, UnicodeDecodeError, OverflowError),
)
"""What Python's zipfile raises for an archive that was damaged, encrypted, or packed as ours are not."""


@dataclass(frozen=True)
class Anchor:
    """That a link with this hash was the chain's last one; when, unless that is not told."""

    position: int
    hash: str
    at: datetime | None


@dataclass(frozen=True)
class Package:
    """What a genuine package says of itself, and how much in it was held."""

    document: dict[str, Any]
    events: int
    anchors: int
    certificates: int


def verified_package(path: Path, pems: Sequence[str], kept: Sequence[Anchor] = ()) -> Package:
    """Return what a package says, once all of it holds; raises NotGenuineError, or OSError for a file that is none.

    `pems` are the public keys that are trusted, `kept` the anchors that were kept outside of it.
    """
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return _verified(archive, pems, kept)
        # A damaged place in the file is one that the system refuses to go to.
        except (*UNREADABLE, OSError) as error:
            raise NotGenuineError("This is no archive that can be read.") from error


def anchors_in(path: Path) -> list[Anchor]:
    """Return the anchors of a file, one per line: objects of the evidence bucket, or what a webhook was given.

    Raises CommandError for anything else.
    """
    lines = text_of(path).split("\n")
    try:
        return [_anchor(json.loads(line)) for line in lines if line.strip()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CommandError(Exit.USAGE, f"{path} has a line that is no anchor of an audit log.") from error


def _verified(archive: zipfile.ZipFile, pems: Sequence[str], kept: Sequence[Anchor]) -> Package:
    names = [row.filename for row in archive.infolist()]
    if len(set(names)) != len(names):
        raise NotGenuineError("The archive names a file twice.")
    if sum(row.file_size for row in archive.infolist()) > LARGEST:
        raise NotGenuineError("The archive is larger than any of the portal's.")
    if MANIFEST not in names:
        raise NotGenuineError(f"The archive has no list of its files, {MANIFEST}.")
    listed = _text(archive, MANIFEST)
    document = verified(listed, pems, PURPOSE)
    if listed != json.dumps(json.loads(listed), indent=1, ensure_ascii=False) + "\n":
        raise NotGenuineError(f"The list {MANIFEST} is not written as it was.")
    if document.get("format") != FORMAT:
        raise NotGenuineError("It is of a format that this command does not know. Bring the command line up to date.")
    try:
        _hold_files(archive, document["files"], set(names) - {MANIFEST})
        certificates = _hold_certificates(archive, pems)
        own = [_anchor(anchor) for anchor in json.loads(_text(archive, ANCHORS))]
        chain = document["chain"]
        events, anchors = _hold_chain(archive, chain, [*own, *kept], _period(document))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotGenuineError("Its list is not written as the portal writes one.") from error
    return Package(document, events, anchors, certificates)


def _hold_files(archive: zipfile.ZipFile, files: dict[str, Any], present: set[str]) -> None:
    """Raise NotGenuineError unless the archive has these files and no other, each as it was signed."""
    if added := sorted(present - set(files)):
        raise NotGenuineError(f"The file {added[0]} is not on the signed list: it was added.")
    if missing := sorted(set(files) - present):
        raise NotGenuineError(f"The file {missing[0]} is on the signed list and is missing.")
    for name in sorted(present):
        digest, size = hashlib.sha256(), 0
        for part in _parts(archive, name):
            digest.update(part)
            size += len(part)
        if digest.hexdigest() != files[name]["sha256"] or size != files[name]["bytes"]:
            raise NotGenuineError(f"The file {name} is not the one that was signed.")


def _hold_certificates(archive: zipfile.ZipFile, pems: Sequence[str]) -> int:
    """Return how many certificates of removal there are, each signed by itself."""
    names = [name for name in archive.namelist() if name.startswith(CERTIFICATES)]
    for name in names:
        try:
            verified(_text(archive, name), pems)
        except NotGenuineError as error:
            raise NotGenuineError(f"The certificate {name} does not hold. {error}") from error
    return len(names)


def _hold_chain(
    archive: zipfile.ZipFile, chain: dict[str, Any], anchors: Sequence[Anchor], period: tuple[datetime, datetime]
) -> tuple[int, int]:
    """Return how many links and how many anchors hold; each link is computed anew and continues the one before."""
    first, last = int(chain["first"]), int(chain["last"])
    anchored = _by_position(anchors)
    position, previous, confirmed = first - 1, BEGINNING if first == 1 else None, 0
    for line in _lines(archive, EVENTS):
        link = json.loads(line, object_pairs_hook=no_name_twice)
        position += 1
        content = canonical({"position": position, "previous": link["previous"], "event": link["event"]})
        follows = previous is None or link["previous"] == previous
        if link["position"] != position or not follows:
            raise NotGenuineError(f"Link {position} of the audit chain does not continue the one before.")
        previous = hashlib.sha256(content.encode()).hexdigest()
        if previous != link["hash"]:
            raise NotGenuineError(f"Link {position} of the audit chain is not as it was written.")
        if anchored.get(position, previous) != previous:
            raise NotGenuineError(f"Link {position} of the audit chain is not the one that was anchored.")
        confirmed += position in anchored
    if position != last or (last >= first and previous != chain["hash"]):
        raise NotGenuineError(f"The audit chain ends at link {position}, and not where the list says: it was cut.")
    for anchor in anchors:
        if anchor.position > last and anchor.at is not None and period[0] <= anchor.at < period[1]:
            message = f"The audit chain ends at link {last}, and link {anchor.position} was anchored in the period"
            raise NotGenuineError(f"{message}: its end was cut off.")
    return max(position - first + 1, 0), confirmed


def _by_position(anchors: Iterable[Anchor]) -> dict[int, str]:
    hashes: dict[int, str] = {}
    for anchor in anchors:
        if hashes.setdefault(anchor.position, anchor.hash) != anchor.hash:
            raise NotGenuineError(f"Two anchors of link {anchor.position} differ: the chain was written anew.")
    return hashes


def _anchor(entry: dict[str, Any]) -> Anchor:
    inner = entry.get("data", {}).get("anchor", entry) if isinstance(entry, dict) else entry
    position, link_hash, at = inner["position"], inner["hash"], inner.get("at") or entry.get("timestamp")
    if not isinstance(position, int) or not isinstance(link_hash, str):
        raise TypeError("neither a link's place nor its hash")
    moment = datetime.fromisoformat(at) if at is not None else None
    if moment is not None and moment.tzinfo is None:
        raise ValueError("a time of nowhere")
    return Anchor(position, link_hash, moment)


def _period(document: dict[str, Any]) -> tuple[datetime, datetime]:
    """Return the first moment of the period and the first behind it."""
    since, until = date.fromisoformat(document["since"]), date.fromisoformat(document["until"])
    return datetime.combine(since, time.min, UTC), datetime.combine(until + timedelta(days=1), time.min, UTC)


def _text(archive: zipfile.ZipFile, name: str) -> str:
    content = b""
    for part in _parts(archive, name):
        content += part
        if len(content) > LARGEST_READ:
            raise NotGenuineError(f"The file {name} is larger than any of the portal's.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise NotGenuineError(f"The file {name} is no text.") from error


def _parts(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    try:
        with archive.open(name) as file:
            while part := file.read(AT_ONCE):
                yield part
    except UNREADABLE as error:
        raise NotGenuineError(f"The file {name} cannot be unpacked: it is not as it was packed.") from error


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    # A sentence may hold a sign that other readers take for the end of a line.
    with archive.open(name) as file, TextIOWrapper(file, "utf-8", newline="\n") as lines:
        yield from lines

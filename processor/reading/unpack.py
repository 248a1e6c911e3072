"""Containers: a plain file, gzip or zip, with a bound on what comes out of them."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from processor.problems import FileProblem

CHUNK = 32 * 1024
MOST_PARTS = 200
FREE_BYTES = 64 * 1024 * 1024
"""What may come out whatever the ratio."""
MOST_RATIO = 100
"""Result files shrink to a tenth; ten times that is no result file."""
MOST_BYTES = 50 * 1024**3

OLE, PDF = b"\xd0\xcf\x11\xe0", b"%PDF"
GZIP, ZIP, EMPTY_ZIP = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"


@dataclass(frozen=True)
class Part:
    """One file of an upload: its name within the archive, or the object's own, and its bytes in chunks."""

    name: str
    chunks: Iterator[bytes]
    archived: bool = False


def parts(stream: BinaryIO, *, name: str, size: int) -> Iterator[Part]:
    """Yield the files of an upload in the order in which they are to be read.

    `size` is what was uploaded, in bytes. Raises FileProblem for what cannot be unpacked.
    """
    start = stream.read(4)
    stream.seek(0)
    if not start:
        raise FileProblem("empty", "The file is empty.", "Send the file again; the upload may have been cut off.")
    if start == OLE:
        raise workbook("an Excel workbook of the old kind (.xls)")
    if start == PDF:
        raise FileProblem(
            "unknown_format", "This is a PDF, which is not read.", "Export the data as CSV and send that."
        )
    if start in (ZIP, EMPTY_ZIP):
        yield from _zipped(stream, size)
    elif start[:2] == GZIP:
        plain = cast(BinaryIO, gzip.GzipFile(fileobj=stream, mode="rb"))
        yield Part(name.removesuffix(".gz"), _guarded(_chunks(plain), Bound(size)))
    else:
        yield Part(name, _chunks(stream))


class Bound:
    """Counts what comes out of a container, and ends it when that is beyond all measure."""

    def __init__(self, size: int) -> None:
        self._most = min(MOST_BYTES, max(FREE_BYTES, size * MOST_RATIO))
        self._seen = 0

    def count(self, number: int) -> None:
        """Take note of so many bytes more; raises FileProblem at the bound."""
        self._seen += number
        if self._seen > self._most:
            raise FileProblem(
                "expands_too_far",
                f"The archive expands to more than {self._most:,} bytes, which no result file does.",
                "Send the file unpacked, or in several archives.",
            )


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _guarded(chunks: Iterator[bytes], bound: Bound) -> Iterator[bytes]:
    try:
        for chunk in chunks:
            bound.count(len(chunk))
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise _damaged() from error


def _damaged() -> FileProblem:
    return FileProblem(
        "damaged_archive",
        "The archive is damaged or cut off.",
        "Make the archive anew and send it again.",
    )


def _zipped(stream: BinaryIO, size: int) -> Iterator[Part]:
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, io.UnsupportedOperation, ValueError, OSError) as error:
        raise _damaged() from error
    names = {member.filename.casefold() for member in archive.infolist()}
    if "[content_types].xml" in names:
        excel = any(name.startswith("xl/") for name in names)
        raise workbook("an Excel workbook (.xlsx)" if excel else "an Office document")
    if {"mimetype", "content.xml"} <= names:
        raise workbook("a workbook of OpenDocument (.ods)")
    members = [member for member in archive.infolist() if _counts(member)]
    if not members or len(members) > MOST_PARTS:
        raise FileProblem(
            "archive_members",
            f"The archive holds {len(members)} files; 1 to {MOST_PARTS} can be read.",
            "Send an archive with result files only.",
        )
    bound = Bound(size)
    # The manifest says how to read the others.
    for member in sorted(members, key=lambda member: _base(member.filename).casefold() != "manifest.csv"):
        if member.flag_bits & 0x1:
            raise FileProblem(
                "encrypted_archive",
                "The archive is protected by a password.",
                "Send it without one: it travels and is stored encrypted.",
            )
        try:
            opened = archive.open(member)
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            raise _damaged() from error
        with opened:
            yield Part(_base(member.filename), _guarded(_chunks(cast(BinaryIO, opened)), bound), archived=True)


def workbook(what: str) -> FileProblem:
    """Return the problem of a workbook or document, which is an archive of XML to whoever does not know it."""
    return FileProblem(
        "unknown_format",
        f"This is {what}, which is not read as it is.",
        "Save the sheet with the results as CSV UTF-8 and send that.",
    )


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _counts(member: zipfile.ZipInfo) -> bool:
    base = _base(member.filename)
    return not member.is_dir() and not base.startswith(".") and "__MACOSX/" not in member.filename

"""Containers: a plain file, gzip or zip, with a bound on what comes out of them."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from processor.problems import FileProblem
from processor.reading import workbook

CHUNK = 32 * 1024
MOST_PARTS = 200
FREE_BYTES = 64 * 1024 * 1024
"""What may come out whatever the ratio."""
MOST_RATIO = 100
"""Result files shrink to a tenth; ten times that is no result file."""
MOST_BYTES = 50 * 1024**3

MOST_ENTRIES = 2000
"""Folders and what a system adds to an archive are entries too, and no files of results."""
MOST_DIRECTORY = 1024 * 1024
"""Bytes: 2,000 entries with names of some hundred characters."""
END_RECORD, END_LENGTH = b"PK\x05\x06", 22
ZIP64_LOCATOR, LOCATOR_LENGTH = b"PK\x06\x07", 20
TAIL = END_LENGTH + LOCATOR_LENGTH + 65_535
"""Bytes at an archive's end among which the record lies: a comment of any length may follow it."""

PDF = b"%PDF"
GZIP, ZIP, EMPTY_ZIP = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"


@dataclass(frozen=True)
class Part:
    """One file of an upload: its name within the archive, or the object's own, and its bytes in chunks."""

    name: str
    chunks: Iterator[bytes]
    archived: bool = False
    """Whether it lies in an archive, of which not every byte has to be read; a workbook is one too."""
    workbook: IO[bytes] | None = None
    """The whole as a file that can be read from anywhere, where it is a workbook."""
    size: int = 0


def parts(stream: BinaryIO, *, name: str, size: int) -> Iterator[Part]:
    """Yield the files of an upload in the order in which they are to be read.

    `size` is what was uploaded, in bytes. Raises FileProblem for what cannot be unpacked.
    """
    start = stream.read(8)
    stream.seek(0)
    if not start:
        raise FileProblem("empty", "The file is empty.", "Send the file again; the upload may have been cut off.")
    if start == workbook.OLD:
        raise workbook.old_kind()
    if start[:4] == PDF:
        raise not_read("a PDF", "Export the data as CSV and send that.")
    if start[:4] in (ZIP, EMPTY_ZIP):
        yield from _zipped(stream, name, size)
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


def _zipped(stream: BinaryIO, name: str, size: int) -> Iterator[Part]:
    check_directory(stream)
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, io.UnsupportedOperation, ValueError, OSError) as error:
        raise _damaged() from error
    if workbook.is_workbook(archive):
        stream.seek(0)
        yield Part(name, iter(()), True, stream, size)
        return
    _refuse_documents({member.filename.casefold() for member in archive.infolist()})
    members = [member for member in archive.infolist() if _counts(member)]
    if not members or len(members) > MOST_PARTS:
        raise FileProblem(
            "archive_members",
            f"The archive holds {len(members)} files; 1 to {MOST_PARTS} can be read.",
            "Send an archive with result files only.",
        )
    bound = Bound(size)
    for member in sorted(members, key=_turn):
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
            chunks = _guarded(_chunks(cast(BinaryIO, opened)), bound)
            if not member.filename.casefold().endswith(".xlsx"):
                yield Part(_base(member.filename), chunks, archived=True)
                continue
            with workbook.laid_on_disk(chunks) as held:
                yield Part(_base(member.filename), iter(()), True, held, member.file_size)


FIRST = ("manifest.csv", "resultlearningobjectiveids.csv")
"""Read before the others: what says how to read them, and what their rows take along."""


def _turn(member: zipfile.ZipInfo) -> int:
    name = _base(member.filename).casefold()
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _refuse_documents(names: set[str]) -> None:
    """Raise FileProblem for documents and workbooks that are archives of XML to whoever does not know them."""
    remedy = "Save the sheet with the results as CSV UTF-8, or as Excel Workbook (.xlsx), and send that."
    if "[content_types].xml" in names:
        binary = "xl/workbook.bin" in names
        raise not_read("an Excel workbook of the binary kind (.xlsb)" if binary else "an Office document", remedy)
    if {"mimetype", "content.xml"} <= names:
        raise not_read("a workbook of OpenDocument (.ods)", remedy)


def not_read(what: str, remedy: str) -> FileProblem:
    """Return the problem of a document that is no table."""
    return FileProblem("unknown_format", f"This is {what}, which is not read.", remedy)


def check_directory(stream: BinaryIO) -> None:
    """Refuse an archive by the size of its directory, before any of it is read into memory.

    Python reads the whole directory at once, an object for each entry. The record at the archive's end says how large
    it is, and what really lies before that record is measured as well. Source: PKWARE, APPNOTE.TXT, 4.3.16 and 4.3.15.
    """
    size = stream.seek(0, io.SEEK_END)
    start = max(0, size - TAIL)
    stream.seek(start)
    tail = stream.read(TAIL)
    stream.seek(0)
    at = tail.rfind(END_RECORD)
    if at < 0 or len(tail) - at < END_LENGTH:
        raise _damaged()
    entries, length = struct.unpack_from("<HL", tail, at + 10)
    is_large = tail[max(0, at - LOCATOR_LENGTH) : at].startswith(ZIP64_LOCATOR)
    if is_large or entries > MOST_ENTRIES or length > MOST_DIRECTORY:
        raise FileProblem(
            "archive_members",
            f"The archive lists more than {MOST_ENTRIES} entries; 1 to {MOST_PARTS} files can be read.",
            "Send an archive with result files only.",
        )


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _counts(member: zipfile.ZipInfo) -> bool:
    base = _base(member.filename)
    return not member.is_dir() and not base.startswith(".") and "__MACOSX/" not in member.filename

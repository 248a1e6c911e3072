"""Containers: a plain file, gzip or zip, with a bound on what comes out of them."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from processor.problems import FileProblemError
from processor.reading import signatures, workbook
from processor.reading.signatures import not_read

CHUNK = 64 * 1024
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

MOST_NESTED = 1
"""Archives within another: exports are zipped as they come, and once more to be sent."""
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
    path: str = ""
    """Where it lies, in an archive that holds several files of its name, or other archives."""
    problem: FileProblemError | None = None
    """Why it cannot be read, where its first bytes say so."""

    @property
    def shown(self) -> str:
        """Return what people know it by."""
        return self.path or self.name


@dataclass(frozen=True)
class Place:
    """Where a stream lies: how many archives are around it, and what is common to all of the upload."""

    bound: Bound
    within: int = 0
    path: str = ""


def parts(stream: BinaryIO, *, name: str, size: int) -> Iterator[Part]:
    """Yield the files of an upload in the order in which they are to be read.

    `size` is what was uploaded, in bytes. Raises FileProblemError for what cannot be unpacked.
    """
    start = _start(stream)
    if not start:
        raise FileProblemError("empty", "The file is empty.", "Send the file again; the upload may have been cut off.")
    if (problem := _unreadable(start)) is not None:
        raise problem
    bound = Bound(size)
    if start[:4] in (ZIP, EMPTY_ZIP):
        yield from _zipped(stream, name, size, Place(bound))
    elif start[:2] == GZIP:
        yield from _gunzipped(stream, name.removesuffix(".gz"), Place(bound), archived=False)
    else:
        yield Part(name, _chunks(stream))


def _start(stream: BinaryIO | IO[bytes]) -> bytes:
    """Return the first bytes, and let them be the next ones again."""
    start = stream.read(signatures.LONGEST)
    stream.seek(0)
    return start


def _unreadable(start: bytes) -> FileProblemError | None:
    """Return why what begins so cannot be read; nothing where it may be."""
    return workbook.old_kind() if start.startswith(workbook.OLD) else signatures.known(start)


class Bound:
    """Counts what comes out of a container, and ends it when that is beyond all measure."""

    def __init__(self, size: int) -> None:
        self._most = min(MOST_BYTES, max(FREE_BYTES, size * MOST_RATIO))
        self._seen = 0

    def count(self, number: int) -> None:
        """Take note of so many bytes more; raises FileProblemError at the bound."""
        self._seen += number
        if self._seen > self._most:
            raise FileProblemError(
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


def _damaged() -> FileProblemError:
    return FileProblemError(
        "damaged_archive",
        "The archive is damaged or cut off.",
        "Make the archive anew and send it again.",
    )


def _gunzipped(stream: BinaryIO | IO[bytes], name: str, place: Place, *, archived: bool) -> Iterator[Part]:
    """Yield what one file of gzip holds: itself a file, or an archive."""
    plain = cast(BinaryIO, gzip.GzipFile(fileobj=stream, mode="rb"))
    try:
        start = _start(plain)
    except (EOFError, zlib.error, OSError) as error:
        raise _damaged() from error
    chunks, problem = _guarded(_chunks(plain), place.bound), _unreadable(start)
    if start[:4] == ZIP:
        yield from _held(chunks, name, place)
    elif problem is not None and not archived:
        raise problem
    else:
        yield Part(name, chunks, archived, path=place.path, problem=problem)


def _held(chunks: Iterator[bytes], name: str, place: Place) -> Iterator[Part]:
    """Yield what an archive or a workbook within another holds, which is laid on disk to be read."""
    with workbook.laid_on_disk(chunks) as held:
        size = held.seek(0, io.SEEK_END)
        held.seek(0)
        yield from _zipped(cast(BinaryIO, held), name, size, Place(place.bound, place.within + 1, place.path))


def _zipped(stream: BinaryIO, name: str, size: int, place: Place) -> Iterator[Part]:
    check_directory(stream)
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, io.UnsupportedOperation, ValueError, OSError) as error:
        raise _damaged() from error
    if workbook.is_workbook(archive):
        stream.seek(0)
        yield Part(name, iter(()), True, stream, size, path=place.path)
        return
    problem = _is_document({member.filename.casefold() for member in archive.infolist()})
    if problem is None and place.within > MOST_NESTED:
        remedy = "Unpack it, and send the archive that holds the result files themselves."
        problem = not_read("an archive within several others", remedy)
    if problem is not None:
        if not place.within:
            raise problem
        yield Part(name, iter(()), True, path=place.path, problem=problem)
        return
    members = [member for member in archive.infolist() if _counts(member)]
    if not members or len(members) > MOST_PARTS:
        raise FileProblemError(
            "archive_members",
            f"The archive holds {len(members)} files; 1 to {MOST_PARTS} can be read.",
            "Send an archive with result files only.",
        )
    several = Counter(_base(member.filename).casefold() for member in members)
    for member in sorted(members, key=_turn):
        if member.flag_bits & 0x1:
            raise FileProblemError(
                "encrypted_archive",
                "The archive is protected by a password.",
                "Send it without one: it travels and is stored encrypted.",
            )
        base = _base(member.filename)
        path = member.filename if several[base.casefold()] > 1 else base
        path = f"{place.path}/{path}" if place.path else path
        where = Place(place.bound, place.within, path)
        try:
            opened = archive.open(member)
            start = _start(opened)
        except (EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, OSError) as error:
            raise _damaged() from error
        with opened:
            chunks = _guarded(_chunks(cast(BinaryIO, opened)), place.bound)
            if start[:2] == GZIP:
                yield from _gunzipped(opened, base.removesuffix(".gz"), where, archived=True)
            elif start[:4] == ZIP:
                yield from _held(chunks, base, where)
            else:
                yield Part(base, chunks, archived=True, path=path, problem=_unreadable(start))


FIRST = ("manifest.csv", "academicsessions.csv", "classes.csv", "resultlearningobjectiveids.csv")
"""Read before the others: what says how to read them, and what their rows take along."""


def _turn(member: zipfile.ZipInfo) -> int:
    name = _base(member.filename).casefold()
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _is_document(names: set[str]) -> FileProblemError | None:
    """Return the problem of documents and workbooks that are archives of XML to whoever does not know them."""
    remedy = "Save the sheet with the results as CSV UTF-8, or as Excel Workbook (.xlsx), and send that."
    if "[content_types].xml" in names:
        binary = "xl/workbook.bin" in names
        return not_read("an Excel workbook of the binary kind (.xlsb)" if binary else "an Office document", remedy)
    return not_read("a workbook of OpenDocument (.ods)", remedy) if {"mimetype", "content.xml"} <= names else None


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
        raise FileProblemError(
            "archive_members",
            f"The archive lists more than {MOST_ENTRIES} entries; 1 to {MOST_PARTS} files can be read.",
            "Send an archive with result files only.",
        )


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _counts(member: zipfile.ZipInfo) -> bool:
    base = _base(member.filename)
    return not member.is_dir() and not base.startswith(".") and "__MACOSX/" not in member.filename

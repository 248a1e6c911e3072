"""An archive with a million entries is refused by its directory's size, in no memory to speak of."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc
import zipfile

import pytest

from processor.problems import FileProblemError
from processor.reading.unpack import END_RECORD, MOST_ENTRIES, parts


def an_archive(entries: int, comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.comment = comment
        for number in range(entries):
            archive.writestr(f"{number}.csv", b"a")
    return stream.getvalue()


def a_million_entries() -> bytes:
    """Make the directory by hand: an empty file's local header and its entry, over and over."""
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 10, 0, 0, 0, 33, 0, 0, 0, 1, 0) + b"a"
    entry = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 10, 10, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * 1_000_000
    end = struct.pack("<4sHHHHIIH", END_RECORD, 0, 0, 16_960, 16_960, len(directory), len(local), 0)
    return local + directory + end


@pytest.mark.parametrize("count", [16_960, 1, 65_535])
def test_a_million_entries_are_refused_in_bounded_memory(count: int):
    raw = bytearray(a_million_entries())
    raw[-14:-10] = struct.pack("<HH", count, count)
    stream = io.BytesIO(bytes(raw))
    tracemalloc.start()
    with pytest.raises(FileProblemError) as refused:
        list(parts(stream, name="x.zip", size=len(raw)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.code == "archive_members"
    assert peak < 4 * 1024 * 1024


def test_a_directory_that_lies_about_its_size_is_refused_in_bounded_memory():
    raw = bytearray(a_million_entries())
    raw[-14:] = struct.pack("<HHIIH", 1, 1, 46, len(raw) - 22 - 46, 0)
    stream = io.BytesIO(bytes(raw))
    tracemalloc.start()
    with contextlib.suppress(FileProblemError):
        assert len(list(parts(stream, name="x.zip", size=len(raw)))) <= 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_a_comment_behind_the_directory_is_read_past():
    for comment in (b"", b"x" * 65_000):
        raw = an_archive(3, comment)
        contents = [b"".join(part.chunks) for part in parts(io.BytesIO(raw), name="x.zip", size=len(raw))]
        assert contents == [b"a"] * 3


def test_an_archive_with_more_than_its_share_of_entries_is_refused():
    raw = an_archive(MOST_ENTRIES + 1)
    with pytest.raises(FileProblemError):
        list(parts(io.BytesIO(raw), name="x.zip", size=len(raw)))

"""What a file is that holds no table, told by the signature that its format begins with."""

from __future__ import annotations

from processor.problems import FileProblemError

LONGEST = 512
"""So many bytes of the beginning are looked at: a tar archive's signature stands in its first block."""
AS_CSV = "Export the data as CSV and send that."
AS_ZIP = "Unpack it and send the files, or pack them as zip."
SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"%PDF", "a PDF", AS_CSV),
    (0, b"7z\xbc\xaf\x27\x1c", "an archive of 7-Zip", AS_ZIP),
    (0, b"Rar!\x1a\x07", "an archive of RAR", AS_ZIP),
    (0, b"\xfd7zXZ\x00", "an archive of xz", AS_ZIP),
    (0, b"BZh91AY&SY", "an archive of bzip2", AS_ZIP),
    (0, b"\x28\xb5\x2f\xfd", "an archive of Zstandard", AS_ZIP),
    (257, b"ustar", "a tar archive", AS_ZIP),
    (0, b"SQLite format 3\x00", "a database of SQLite", AS_CSV),
    (4, b"Standard Jet DB", "a database of Access", AS_CSV),
    (4, b"Standard ACE DB", "a database of Access", AS_CSV),
    (0, b"PAR1", "a file of Parquet", AS_CSV),
    (0, b"$FL2@(#)", "a file of SPSS", AS_CSV),
    (0, b"<stata_dta>", "a file of Stata", AS_CSV),
)
"""Place, signature, what it is and what to do. Sources: each format's own specification; PKWARE's and others' lists."""


def known(start: bytes) -> FileProblemError | None:
    """Return the problem of a file that begins like none that can be read; nothing where it may be a table."""
    for place, signature, what, remedy in SIGNATURES:
        if start[place : place + len(signature)] == signature:
            return not_read(what, remedy)
    return None


def not_read(what: str, remedy: str) -> FileProblemError:
    """Return the problem of a document that is no table."""
    return FileProblemError("unknown_format", f"This is {what}, which is not read.", remedy)

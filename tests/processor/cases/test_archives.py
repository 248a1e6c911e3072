"""Archives as people send them: one within another, files packed once more, documents beside the results."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import openpyxl
import pytest

from processor.problems import FileProblemError
from processor.reading import signatures
from tests.processor.cases.files import PLAIN_HEAD, plain, row
from tests.processor.mappings.reading import Read, read

RESULTS = plain(row("1001"))


def zipped(files: dict[str, bytes | str]) -> bytes:
    """Return an archive of these files by their paths."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("results.csv")
        member.size = len(RESULTS)
        archive.addfile(member, io.BytesIO(RESULTS.encode()))
    return out.getvalue()


def workbook() -> bytes:
    document = openpyxl.Workbook()
    assert document.active is not None
    for line in RESULTS.splitlines():
        document.active.append(line.split(","))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def codes(told: Read) -> list[tuple[str, str]]:
    return [(cell.part, cell.code) for cell in told.refused]


NESTED = {
    "a zip in a zip": zipped({"export/results.zip": zipped({"2025/results.csv": RESULTS})}),
    "a gzip in a zip": zipped({"results.csv.gz": gzip.compress(RESULTS.encode())}),
    "a zip in a gzip": gzip.compress(zipped({"results.csv": RESULTS})),
    "a workbook in a gzip": gzip.compress(workbook()),
    "a workbook without its ending": zipped({"results": workbook()}),
    "a workbook called csv": workbook(),
    "what a Mac adds": zipped({"__MACOSX/._results.csv": b"\0\5\x16\7", "results.csv": RESULTS, ".DS_Store": b"\0"}),
}


@pytest.mark.parametrize("name", NESTED)
def test_what_is_packed_twice_or_beside_a_systems_own_files_is_read(name: str):
    parsed = read(NESTED[name], "upload.csv")
    assert [cell["student"] for cell in parsed.rows] == ["1001"], parsed.refused
    assert parsed.refused == []


def test_an_archive_within_two_others_is_named_and_the_others_files_are_read():
    deep = zipped({"deep.zip": zipped({"x.zip": zipped({"lost.csv": RESULTS})}), "results.csv": RESULTS})
    parsed = read(deep, "upload.zip")
    assert len(parsed.rows) == 1
    assert codes(parsed) == [("deep.zip/x.zip", "unknown_format")]
    assert "Unpack it" in parsed.refused[0].reason


SIGNS = {
    "tar": (tarred(), "tar archive"),
    "tar.gz": (gzip.compress(tarred()), "tar archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(64), "7-Zip"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(64), "RAR"),
    "parquet": (b"PAR1" + bytes(64) + b"PAR1", "Parquet"),
    "accdb": (b"\0\1\0\0Standard ACE DB\0" + bytes(64), "Access"),
    "sav": (b"$FL2@(#) SPSS DATA FILE" + bytes(64), "SPSS"),
}


@pytest.mark.parametrize("ending", SIGNS)
def test_what_holds_no_table_is_called_what_it_is_alone_and_in_an_archive(ending: str):
    content, what = SIGNS[ending]
    with pytest.raises(FileProblemError, match=what) as error:
        read(content, f"results.{ending}")
    assert error.value.remedy
    parsed = read(zipped({f"other.{ending}": content, "results.csv": RESULTS}), "upload.zip")
    assert len(parsed.rows) == 1
    assert [(cell.code, what in cell.reason) for cell in parsed.refused] == [("unknown_format", True)]


def test_every_signature_says_what_to_do():
    assert all(what and remedy for *_, what, remedy in signatures.SIGNATURES)


def test_a_document_beside_the_results_keeps_them_not_out():
    letter = zipped({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"})
    parsed = read(zipped({"letter.docx": letter, "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
                        "results.csv": RESULTS}), "upload.zip")  # fmt: skip
    assert len(parsed.rows) == 1
    assert codes(parsed) == [("letter.docx", "unknown_format"), ("old.xls", "old_workbook")]


def test_two_files_of_one_name_are_told_apart_by_their_folders():
    parsed = read(
        zipped({"oak/results.csv": RESULTS, "elm/results.csv": plain(row("1002", score="high"))}), "upload.zip"
    )
    assert codes(parsed) == [("elm/results.csv", "not_a_number")]


def test_a_file_that_refuses_its_archive_is_named():
    with pytest.raises(FileProblemError, match=r"^second\.csv: .*score"):
        read(
            zipped({"first.csv": RESULTS, "second.csv": plain(f"{row()},1", head=f"{PLAIN_HEAD},score")}), "upload.zip"
        )

"""The quick ways of reading many rows at once say of any row what the careful ones say."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from processor.formats import oneroster_results
from processor.formats.base import Format, Reading
from processor.ingest.reading import Outcome, Parts
from processor.ingest.report import Report
from processor.mappings.recognition import Recognition
from processor.problems import FileProblemError
from processor.pseudonyms import Pseudonyms, loosest, normal
from processor.reading.lines import Lines
from processor.reading.table import Table
from tests.examples import examples

KEY = "a key that never leaves the secret"
CELLS = st.sampled_from(["", "1", "ab", " ", 'a"b', '"a"', '"a,b"', '"a""b"', '"a\nb"', "NULL", "\0", ";", "\u00e9"])
QUOTED = st.sampled_from(['""', '"1"', '"a,b"', '","', '"a b"'])
ROWS = st.one_of(
    st.lists(st.lists(CELLS, min_size=1, max_size=14), max_size=8),
    st.lists(st.lists(st.sampled_from(["", "1", "ab", " "]), min_size=12, max_size=12), max_size=8),
    st.lists(st.lists(QUOTED, min_size=12, max_size=12), max_size=8),
)


class Careful(Table):
    """A table each of whose lines the library's reader reads."""

    def _cut(self, lines: list[str]) -> list[list[str]]:
        return []


def told(kind: type[Table], chunks: Sequence[str], needed: Sequence[int]) -> object:
    """Return all that a table says of a file, or why it refuses it."""
    lines = Lines(chunks, most=60)
    try:
        table = kind(lines)
        table.reads(needed)
        rows = [
            (number, [row[place] for place in needed], table.is_blank(row))
            for numbers, rows in table.batches()
            for number, row in zip(numbers, rows, strict=True)
        ]
    except FileProblemError as problem:
        return problem.code
    problems = list(table.line_problems())
    return rows, problems, table.short, table.account, table.unaccounted()


@examples(300, 5000)
@given(parts=st.lists(ROWS, max_size=4), size=st.integers(1, 60), end=st.sampled_from(["", "\n", "\r\n"]))
def test_a_table_that_is_cut_is_the_table_that_is_read(parts: list[list[list[str]]], size: int, end: str):
    header = ",".join(f"c{number}" for number in range(12))
    text = "\n".join([header, *(",".join(row) for rows in parts for row in rows)]) + end
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    for needed in ((0, 2), tuple(range(12)), (11,)):
        assert told(Table, chunks, needed) == told(Careful, chunks, needed)


class Kept:
    """A sink that keeps every line in its order, by target."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {}

    def put(self, target: str, *values: str) -> None:
        """Keep a small row."""
        self.lines.setdefault(target, []).append("\t".join(values))

    def put_result(self, line: str) -> None:
        """Keep a result."""
        self.lines.setdefault("result", []).append(line)

    def put_results(self, lines: Iterable[str]) -> None:
        """Keep many."""
        self.lines.setdefault("result", []).extend(lines)

    def breathe(self) -> None:
        """Keep all of it."""


def stored(text: str, kind: Format) -> object:
    """Return what a file's rows leave in a sink, and what is reported of them."""
    sink, report = Kept(), Report()
    reading = Reading(Pseudonyms({"pseudonym_key": KEY}), datetime(2026, 8, 1, tzinfo=UTC))
    parts = Parts(Outcome(), reading, sink, report, "results.csv", Recognition())  # type: ignore[arg-type]
    try:
        parts._table(Table(Lines([text])), kind)
        return sink.lines, list(report.kept)
    except FileProblemError as problem:
        return problem.code
    finally:
        report.close()


RESULT = {
    "sourcedId": st.sampled_from(["r1", "r2", "", "a\\b", "NULL"]),
    "status": st.sampled_from(["", "active", "active", "tobedeleted", "gone"]),
    "dateLastModified": st.sampled_from(["", "2026-03-01T12:00:00.000Z", "tomorrow"]),
    "lineItemSourcedId": st.sampled_from(["l1", "l2", ""]),
    "studentSourcedId": st.sampled_from(["s1", "S1", "0001", "0", "NULL"]),
    "scoreStatus": st.sampled_from(["fully graded", "submitted", "exempt", "ext:later", "none"]),
    "score": st.sampled_from(["1", "2.5", "", "x"]),
    "scoreDate": st.sampled_from(["2026-03-01", "3/1/2026", "2099-01-01", ""]),
    "textScore": st.sampled_from(["", "Met", "Absent", "n/a"]),
}
USUAL = {"sourcedId": "r3", "status": "active", "lineItemSourcedId": "l1", "studentSourcedId": "s2",
         "scoreStatus": "fully graded", "score": "3", "scoreDate": "2026-03-02"}  # fmt: skip


@examples(300, 5000)
@given(st.lists(st.fixed_dictionaries({}, optional=RESULT), min_size=1, max_size=4))
def test_results_that_are_written_at_once_are_those_that_are_written_one_by_one(changes: list[dict[str, str]]):
    lines = [",".join(RESULT), *(",".join((USUAL | row).get(name, "") for name in RESULT) for row in changes)]
    text = "\n".join(lines)
    one_by_one = replace(oneroster_results.FORMAT, batch_writer=None)
    assert stored(text, oneroster_results.FORMAT) == stored(text, one_by_one)


@examples(100, 2000)
@given(
    st.text(min_size=20, max_size=200).filter(str.isascii),
    st.text().map(lambda text: text.encode("utf-8", "replace").decode()),
)
def test_a_begun_pseudonym_is_the_whole_one(key: str, local_id: str):
    pseudonyms, secret = Pseudonyms({"pseudonym_key": key}), key.encode()
    of = hmac.digest(secret, b"student\0" + normal(local_id).encode(), "sha256")
    loose = hmac.digest(secret, b"loose\0" + loosest(local_id).encode(), "sha256")
    assert (pseudonyms.of(local_id), pseudonyms.loose(local_id)) == (of[:16].hex(), loose[:16].hex())

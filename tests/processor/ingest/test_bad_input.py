"""Bad input: a clear word about the file or the row, and the worker goes on."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator

import pytest

from processes.postgres import Postgres
from processor.ingest.process import Ended
from tests.processor import samples
from tests.processor.pipeline import Pipeline, running_pipeline, zipped

HEAD = samples.PLAIN.splitlines()[0]


@pytest.fixture(scope="module")
def shared(pipeline_server: Postgres, sandbox_url: str) -> Iterator[Pipeline]:
    with running_pipeline(pipeline_server, sandbox_url) as pipeline:
        yield pipeline


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("results.csv", "w") as member:
        member.write(samples.RESULTS_HEAD.encode())
        for _ in range(96):
            member.write(b"0" * 2**20)
    return out.getvalue()


def plain(*rows: str) -> str:
    return "\n".join([HEAD, *rows]) + "\n"


GOOD = "1001,Reading,Fall,2025-10-03,212,Proficient,,s1,Oak School,4,,"

FILES: dict[str, tuple[bytes | str, str]] = {
    "empty": (b"", "empty"),
    "cut off zip": (zipped(results=samples.RESULTS)[:-40], "damaged_archive"),
    "damaged gzip": (gzip.compress(samples.RESULTS.encode())[:-12], "damaged_archive"),
    "zip bomb": (bomb(), "expands_too_far"),
    "10,000 columns": (",".join(f"c{number}" for number in range(10_000)) + "\n", "too_many_columns"),
    "no header": ("\n\n\n", "empty"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "unknown_encoding"),
    "another table": ("name,price\nbread,2\n", "unknown_format"),
    "a column too few": (samples.PLAIN.replace("date", "tag"), "column_missing"),
    "a column twice": (samples.PLAIN.replace("level", "score"), "column_twice"),
    "cut off JSON": ('[{"assessmentIdentifier": "a", "name', "broken_json"),
    "OneRoster 3": (zipped(manifest="propertyName,value\noneroster.version,3\n"), "unknown_version"),
}


def test_a_bad_file_is_refused_with_a_word_and_the_worker_goes_on(shared: Pipeline):
    for name, (content, _) in FILES.items():
        shared.upload(f"{name}.csv", content)
    shared.upload("after all.csv", samples.PLAIN)
    # One worker takes them all.
    *refused, good = shared.drain()
    assert {result.ended for result in refused} == {Ended.REJECTED}
    assert good.accepted == 2
    rows = shared.rows(
        "SELECT object_key, state, problem_code, problem <> '', remedy <> '' FROM homeroom.file "
        "WHERE file_id = ANY(%s)",
        [result.file_id for result in refused],
    )
    assert sorted(rows) == sorted(
        (f"incoming/{name}.csv", "rejected", code, True, True) for name, (_, code) in FILES.items()
    )


ROWS = {
    "a day that is not": (GOOD.replace("2025-10-03", "2025-02-30"), "not_a_date"),
    "a day with points": (GOOD.replace("2025-10-03", "03.10.2025"), "not_a_date"),
    "a day in words": (GOOD.replace("2025-10-03", "the third of October"), "not_a_date"),
    "a day long ago": (GOOD.replace("2025-10-03", "1825-10-03"), "date_out_of_range"),
    "a score in words": (GOOD.replace("212", "high"), "not_a_number"),
    "a score that is no number": (GOOD.replace("212", "NaN"), "not_a_number"),
    "a score beyond all": (GOOD.replace("212", "1e9"), "score_out_of_range"),
    "a formula": (GOOD.replace("212", '"=HYPERLINK(1)"'), "not_a_number"),
    "a NUL": (GOOD.replace("1001", "10\x0001"), "nul_character"),
    "no student": (GOOD.replace("1001", " "), "missing"),
    "an id too long": (GOOD.replace("1001", "1" * 300), "too_long"),
    "a cell too many": (GOOD + ",x", "wrong_width"),
    "10,000 cells": (GOOD + "," * 10_000, "wrong_width"),
}
ALONE = {
    "a line of 100 MB": (GOOD.replace("Reading", "R" * 100 * 2**20), "line_too_long"),
    "a quote that does not end": (GOOD.replace("Reading", '"Reading'), "wrong_width"),
    "the id of a row before": (GOOD, "duplicate_id"),
}


def test_bad_rows_are_refused_with_their_lines_and_the_others_are_taken(shared: Pipeline):
    good = [GOOD, GOOD.replace("1001", "1002")]
    result = shared.take("rows.csv", plain(good[0], *(row for row, _ in ROWS.values()), good[1]))
    assert result.ended is Ended.MERGED
    assert (result.accepted, result.rejected) == (2, len(ROWS))
    refused = shared.rows(
        "SELECT line, code, reason <> '' FROM homeroom.rejected_row WHERE file_id = %s ORDER BY line", result.file_id
    )
    assert dict(zip(ROWS, refused, strict=True)) == {
        name: (3 + number, code, True) for number, (name, (_, code)) in enumerate(ROWS.items())
    }


@pytest.mark.parametrize("name", ALONE)
def test_a_bad_row_is_refused_with_its_line_and_the_others_are_taken(shared: Pipeline, name: str):
    row, code = ALONE[name]
    # What a quote swallows is at the end.
    good = [GOOD, GOOD.replace("1001", "1002")]
    result = shared.take(f"{name}.csv", plain(*good, row))
    assert result.ended is Ended.MERGED
    assert (result.accepted, result.rejected) == (2, 1)
    ((line, actual, reason),) = shared.rows(
        "SELECT line, code, reason FROM homeroom.rejected_row WHERE file_id = %s", result.file_id
    )
    assert actual == code
    assert line in (2, 4), "the line is the row's, or of two that are alike the first"
    assert reason


def test_a_row_of_another_district_is_refused(pipeline_server: Postgres, sandbox_url: str):
    with running_pipeline(pipeline_server, sandbox_url) as pipeline:
        pipeline.district_ids = frozenset({"3400001"})
        text = HEAD + ",district_id\n" + GOOD + ",3400001\n" + GOOD.replace("1001", "1002") + ",3400002\n"
        result = pipeline.take("a.csv", text)
        assert (result.accepted, result.rejected) == (1, 1)
        assert pipeline.rows("SELECT line, field, code FROM homeroom.rejected_row") == [
            (3, "district_id", "wrong_district")
        ]


@pytest.mark.parametrize("body", ["no json", "{}", '{"Records": [{"eventName": "ObjectCreated:Put"}]}'])
def test_a_poison_message_goes_to_the_dead_letters_with_its_cause_and_can_be_sent_back(pipeline: Pipeline, body: str):
    sqs = pipeline.client("sqs")
    sqs.send_message(QueueUrl=pipeline.queue_url, MessageBody=body)
    assert pipeline.drain() == []
    ran = pipeline.start("redrive", "--list")
    output = ran.communicate(timeout=60)[0]
    assert ran.returncode == 0, output
    assert '"code": "not_' in output
    ran = pipeline.start("redrive")
    ran.communicate(timeout=60)
    message = pipeline.worker().queue.receive(wait_seconds=1)
    assert message is not None
    assert message.body == body

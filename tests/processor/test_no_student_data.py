"""Marked names, ids and scores go through everything; no log, metric or status ever holds one."""

from __future__ import annotations

import subprocess

from tests.processor import samples
from tests.processor.pipeline import Pipeline, Process, zipped

MARKS = ("Zaphodina", "Beeblebroxa", "STU-987654321", "2025-11-13", "4711.25", "Markedlevel")


def marked(text: str) -> str:
    return (
        text.replace("Ada", "Zaphodina")
        .replace("Lovelace", "Beeblebroxa")
        .replace("1001", "STU-987654321")
        .replace("u1", "STU-987654321")
        .replace("2025-10-03", "2025-11-13")
        .replace("212", "4711.25")
        .replace("Proficient", "Markedlevel")
    )


def test_nothing_of_a_student_is_in_any_log(pipeline: Pipeline):
    files: dict[str, bytes | str] = {
        "marked-key-Zaphodina.csv": marked(samples.PLAIN),
        "rejected.csv": marked(samples.PLAIN).replace("4711.25", "Zaphodina").replace("2025-11-13", "Beeblebroxa"),
        "unknown.csv": "Zaphodina,Beeblebroxa\nSTU-987654321,4711.25\n",
        "results.csv": marked(samples.RESULTS),
        "roster.zip": zipped(users=marked(samples.USERS), lineItems=samples.LINE_ITEMS),
        "marked.ndjson": '{"studentAssessmentIdentifier": "STU-987654321", "assessmentReference": "Zaphodina", '
        '"studentReference": {}}\n{"Zaphodina": \n',
        "cut.zip": zipped(users=marked(samples.USERS))[:-30],
    }
    for name, content in files.items():
        pipeline.upload(name, content)
    sqs = pipeline.client("sqs")
    sqs.send_message(QueueUrl=pipeline.queue_url, MessageBody='{"Zaphodina": "Beeblebroxa"}')
    # An error of PostgreSQL quotes the row that it is about: a constraint makes one.
    pipeline.admin.execute("ALTER TABLE homeroom.result ADD CONSTRAINT odd CHECK (scale_score <> 88.5)")
    process = pipeline.start("worker", "--wait-seconds=1", "--visible-seconds=60")
    query = "SELECT count(*) FROM homeroom.file WHERE state IN ('merged', 'rejected', 'failed')"
    try:
        while pipeline.rows(query) != [(len(files),)] and process.poll() is None:
            process_wait(process)
    finally:
        process.terminate()
    output = process.communicate(timeout=30)[0]
    options = (
        "--student", "STU-987654321", "--requested-by", "office", "--reason", "request",
    )  # fmt: skip
    for command in (("erase", *options), ("redrive", "--list"), ("check-chain",)):
        output += pipeline.start(*command).communicate(timeout=60)[0]
    assert "A file is merged." in output
    assert "CheckViolation" in output, "the error was there, without its text"
    for mark in MARKS:
        assert mark not in output.replace(certificate_objects(output), ""), mark
    states = pipeline.rows("SELECT state FROM homeroom.file WHERE object_key = 'incoming/results.csv'")
    assert states == [("failed",)]
    columns = "problem, remedy, format, encoding"
    assert not any(mark in repr(pipeline.rows(f"SELECT {columns} FROM homeroom.file")) for mark in MARKS)
    rows = pipeline.rows("SELECT field, code, reason FROM homeroom.rejected_row")
    rows += pipeline.rows("SELECT code, cause FROM homeroom.message_failure")
    assert rows
    assert not any(mark in repr(rows) for mark in MARKS)


def certificate_objects(output: str) -> str:
    """The certificate goes to whoever asked for it and names the uploads as the school did."""
    lines = [line for line in output.splitlines() if '"rows_left"' in line]
    assert len(lines) == 1
    return lines[0]


def process_wait(process: Process) -> None:
    """Let the worker work; it ends on its own only when it fails."""
    try:
        process.wait(0.2)
    except subprocess.TimeoutExpired:
        return

"""Exactly once in effect: whatever comes twice, late, half or at the same time, the tables end the same."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from processor.faults import POINTS, VARIABLE
from processor.ingest.process import Ended, Result
from processor.ingest.queue import Message, Queue
from processor.reading.objects import look_up
from tests.examples import first_of
from tests.processor import samples
from tests.processor.pipeline import Pipeline, zipped

ORDERS = ((1, 2, 0), (2, 0, 1))
"""The orders of three files that every run sees: the newest in the middle, and first."""

MORE = "9,Reading,Fall,2025-10-03,5,,,s1,,4,,\n"
ROSTER = {"users": samples.USERS, "lineItems": samples.LINE_ITEMS}
MAY, JUNE, JULY = (f"2026-0{month}-01T00:00:00.000Z" for month in (5, 6, 7))


def roster(pipeline: Pipeline) -> None:
    pipeline.take("roster.zip", zipped(**ROSTER))


def score(pipeline: Pipeline) -> list[tuple[object, ...]]:
    return pipeline.rows("SELECT record_id, scale_score FROM homeroom.result ORDER BY record_id")


def test_the_same_file_twice_changes_nothing(pipeline: Pipeline):
    text = samples.delta(f"r1,active,{MAY},l1,u1,fully graded,70,2026-05-01,")
    roster(pipeline)
    pipeline.take("a.csv", text)
    before, version = pipeline.tables(), pipeline.rows("SELECT version FROM homeroom.data_version")
    again = pipeline.take("b.csv", text)
    assert again.ended is Ended.MERGED
    assert pipeline.tables() == before
    assert pipeline.rows("SELECT version FROM homeroom.data_version") == version


def test_a_message_that_comes_again_is_known(pipeline: Pipeline):
    pipeline.upload("a.csv", samples.PLAIN)
    worker = pipeline.worker()
    message = worker.queue.receive(wait_seconds=0)
    assert message is not None
    assert [result.ended for result in worker.work_on(message)] == [Ended.MERGED]
    before = pipeline.tables()
    assert [result.ended for result in worker.work_on(message)] == [Ended.KNOWN]
    assert pipeline.tables() == before
    assert pipeline.rows("SELECT count(*) FROM homeroom.access_record") == [(1,)]


@pytest.mark.parametrize("order", first_of(itertools.permutations(range(3)), ORDERS), ids=str)
def test_corrections_out_of_order_end_with_the_newest(pipeline: Pipeline, order: tuple[int, ...]):
    roster(pipeline)
    files = [
        samples.delta(f"r1,active,{MAY},l1,u1,fully graded,70,2026-05-01,"),
        samples.delta(f"r1,active,{JUNE},l1,u1,fully graded,75,2025-06-01,"),
        samples.delta(f"r1,active,{JULY},l1,u1,fully graded,80,2026-05-01,"),
    ]
    for index in order:
        pipeline.take(f"{index}.csv", files[index])
    assert pipeline.rows("SELECT school_year, scale_score FROM homeroom.result") == [(2026, 80.0)]


@pytest.mark.parametrize("order", first_of(itertools.permutations(range(3)), ORDERS), ids=str)
def test_what_is_to_be_deleted_stays_deleted_until_something_newer_comes(pipeline: Pipeline, order: tuple[int, ...]):
    roster(pipeline)
    files = [
        samples.delta(f"r1,active,{MAY},l1,u1,fully graded,70,2026-05-01,"),
        samples.delta(f"r1,tobedeleted,{JUNE},,,,,,"),
        samples.delta(f"r2,active,{JUNE},l1,u2,fully graded,60,2026-05-01,", f"r2,tobedeleted,{MAY},,,,,,"),
    ]
    for index in order:
        pipeline.take(f"{index}.csv", files[index])
    assert score(pipeline) == [("or:r2", 60.0)]
    pipeline.take("back.csv", samples.delta(f"r1,active,{JULY},l1,u1,fully graded,71,2026-05-01,"))
    assert score(pipeline) == [("or:r1", 71.0), ("or:r2", 60.0)]


def test_of_a_file_that_is_replaced_each_version_is_read_as_it_was(pipeline: Pipeline):
    first = pipeline.upload("fall.csv", samples.PLAIN)
    second = pipeline.upload("fall.csv", samples.PLAIN.replace("212", "213") + MORE)
    worker = pipeline.worker()
    for answer in (second, first):
        message = Message("m", "", pipeline.event("fall.csv", version_id=answer["VersionId"], etag=answer["ETag"]), 1)
        assert [result.ended for result in worker._objects(message)] == [Ended.MERGED]
    # The first version was read last, and is older: its score does not come back.
    assert pipeline.rows("SELECT scale_score FROM homeroom.result ORDER BY 1") == [(5.0,), (190.0,), (213.0,)]


def test_a_replaced_object_without_versions_is_superseded(pipeline: Pipeline):
    first = pipeline.upload("fall.csv", samples.PLAIN)
    second = pipeline.upload("fall.csv", samples.PLAIN.replace("212", "213"))
    worker = pipeline.worker()
    outcomes = [
        worker._objects(Message("m", "", pipeline.event("fall.csv", etag=answer["ETag"]), 1))[0].ended
        for answer in (first, second)
    ]
    assert outcomes == [Ended.SUPERSEDED, Ended.MERGED]
    assert pipeline.rows("SELECT scale_score FROM homeroom.result ORDER BY 1") == [(190.0,), (213.0,)]


def test_an_object_that_grows_while_it_is_read_is_superseded(pipeline: Pipeline):
    answer = pipeline.upload("fall.csv", samples.PLAIN)
    s3 = pipeline.client("s3")
    which = look_up(s3, pipeline.bucket, "incoming/fall.csv", "", answer["ETag"].strip('"'))
    pipeline.upload("fall.csv", samples.PLAIN + MORE)
    worker = pipeline.worker()
    assert worker.ingest.process(worker._connected(), which, request="r").ended is Ended.SUPERSEDED
    assert pipeline.rows("SELECT count(*) FROM homeroom.result") == [(0,)]


def test_two_workers_on_one_file_merge_it_once(pipeline: Pipeline):
    pipeline.upload("a.csv", samples.PLAIN)
    workers = [pipeline.worker(), pipeline.worker()]
    message = workers[0].queue.receive(wait_seconds=0)
    assert message is not None
    outcomes: list[Ended] = []
    barrier = threading.Barrier(2)

    def work(worker: object) -> None:
        barrier.wait()
        outcomes.extend(result.ended for result in worker.work_on(message))  # type: ignore[attr-defined]

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(Ended.MERGED) == 1
    assert set(outcomes) <= {Ended.MERGED, Ended.BUSY, Ended.KNOWN}
    assert pipeline.rows("SELECT count(*) FROM homeroom.result") == [(2,)]
    assert pipeline.rows("SELECT count(*) FROM homeroom.access_record") == [(1,)]


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_leaves_nothing_half_done(pipeline: Pipeline, point: str):
    pipeline.upload("a.zip", zipped(**ROSTER, results=samples.RESULTS))
    process = pipeline.start("worker", "--wait-seconds=0", "--visible-seconds=2", **{VARIABLE: point})
    assert process.wait(60) == -9, process.stdout and process.stdout.read()
    # The kernel has closed its connection; the queue gives the message again when it has been invisible long enough.
    worker = pipeline.worker()
    results: list[Result] = []
    deadline = time.monotonic() + 30
    while not results and time.monotonic() < deadline:
        message = worker.queue.receive(wait_seconds=1)
        results = worker.work_on(message) if message else []
        if any(result.ended is Ended.BUSY for result in results):
            results = []
    expected = Ended.KNOWN if point == "merge committed" else Ended.MERGED
    assert [result.ended for result in results] == [expected]
    assert pipeline.rows("SELECT count(*) FROM homeroom.analytics_result") == [(2,)]
    assert pipeline.rows("SELECT state, rows_accepted, data_version FROM homeroom.file") == [("merged", 6, 1)]
    assert pipeline.rows("SELECT count(*), count(DISTINCT access_id) FROM homeroom.access_chain") == [(1, 1)]


def test_a_worker_that_is_asked_to_end_gives_its_message_back(pipeline: Pipeline):
    pipeline.upload("a.csv", samples.PLAIN)
    # Somebody else merges: the worker waits for its turn, in the middle of its file.
    with pipeline.admin.transaction():
        pipeline.admin.execute("SELECT pg_advisory_xact_lock(7301002)")
        process = pipeline.start_cold("worker", "--wait-seconds=1")
        deadline = time.monotonic() + 60
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7301002 AND NOT granted"
        while pipeline.rows(waiting) == [(0,)] and time.monotonic() < deadline:
            time.sleep(0.05)
        process.terminate()
        output = process.communicate(timeout=20)[0]
    assert process.returncode == 0, output
    assert Queue(pipeline.client("sqs"), pipeline.queue_url).waiting() == (1, 0)
    assert [result.ended for result in pipeline.drain()] == [Ended.MERGED]
